//! The optional listener for probes and metrics.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

/// A plain listener of its own for `/livez`, `/readyz` and `/metrics`, without TLS and login. It serves nothing else.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HealthSettings {
    /// Address and port; none by default. Port 0 takes any free port.
    #[serde(deserialize_with = "crate::listen::deserialize_optional")]
    pub listen: Option<SocketAddr>,
}
