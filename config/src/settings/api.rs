//! The API listener.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::access::{AuthSettings, TlsSettings};

/// Loopback, because anything else needs authentication; the port next to `ingest.listen`.
pub(crate) const DEFAULT_LISTEN: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8585);

/// Longer than any indexed query takes on 10 M events, shorter than the patience of the person asking.
pub(crate) const DEFAULT_QUERY_TIMEOUT: Duration = Duration::from_secs(10);

/// A dashboard's worth of panels for a handful of people. Queries are bound by the CPU: more at once only makes
/// each of them slower.
pub(crate) const DEFAULT_MAX_CONCURRENT_QUERIES: usize = 32;

/// The API and UI listener, and what a query may cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ApiSettings {
    /// Address and port of the API and the UI. Port 0 takes any free port.
    #[serde(deserialize_with = "crate::listen::deserialize")]
    pub listen: SocketAddr,
    /// TLS of the listener.
    pub tls: TlsSettings,
    /// Who may read.
    pub auth: AuthSettings,
    /// Whether each read becomes an event of the cluster [`OWN_CLUSTER`](crate::OWN_CLUSTER).
    pub audit_reads: bool,
    /// Time one query may take; it then answers with what it has, marked as partial.
    #[serde(with = "crate::duration")]
    pub query_timeout: Duration,
    /// Queries that run at once; further ones get 429 with `Retry-After`.
    pub max_concurrent_queries: usize,
}

impl Default for ApiSettings {
    fn default() -> Self {
        Self {
            listen: DEFAULT_LISTEN,
            tls: TlsSettings::default(),
            auth: AuthSettings::default(),
            audit_reads: true,
            query_timeout: DEFAULT_QUERY_TIMEOUT,
            max_concurrent_queries: DEFAULT_MAX_CONCURRENT_QUERIES,
        }
    }
}
