//! Who may speak to a listener: TLS, and credentials.

use std::path::PathBuf;

use serde::{Deserialize, Serialize, Serializer};

/// TLS of one listener. Switched on by naming `cert` and `key`; the files are read again when they change.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TlsSettings {
    /// PEM file with the listener's certificate, followed by those between it and its authority.
    #[serde(serialize_with = "lossy")]
    pub cert: Option<PathBuf>,
    /// PEM file with the certificate's private key.
    #[serde(serialize_with = "lossy")]
    pub key: Option<PathBuf>,
    /// PEM file with the authorities whose client certificates are accepted as a login. What such a certificate may do,
    /// `auth.file` says.
    #[serde(serialize_with = "lossy")]
    pub client_ca: Option<PathBuf>,
}

impl TlsSettings {
    /// Whether the listener speaks TLS.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.cert.is_some() && self.key.is_some()
    }
}

/// Authentication of one listener. Switched on by naming a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuthSettings {
    /// File of credentials ([`crate::parse_credentials`]); one file may serve both listeners. It is read again when it changes.
    #[serde(serialize_with = "lossy")]
    pub file: Option<PathBuf>,
}

impl AuthSettings {
    /// Whether the listener asks who somebody is.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.file.is_some()
    }
}

/// How the commands of this program reach a server.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClientSettings {
    /// File that holds the token to show.
    #[serde(serialize_with = "lossy")]
    pub token_file: Option<PathBuf>,
    /// PEM file with the authorities that the server's certificate may come from, instead of the system's.
    #[serde(serialize_with = "lossy")]
    pub ca: Option<PathBuf>,
}

#[expect(clippy::ref_option, reason = "serde passes fields so")]
pub(super) fn lossy<S: Serializer>(path: &Option<PathBuf>, serializer: S) -> Result<S::Ok, S::Error> {
    path.as_ref().map(|path| path.to_string_lossy()).serialize(serializer)
}
