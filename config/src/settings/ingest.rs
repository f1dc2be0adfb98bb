//! The ingest listener.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use bytesize::{GIB, MIB};
use serde::{Deserialize, Serialize};

use super::access::{AuthSettings, TlsSettings};
use super::tail::TailSettings;

/// Loopback, because anything else needs authentication; the port next to `api.listen`.
pub(crate) const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8586);

/// Ten times the largest event seen in practice (6 MiB): only a hostile one is ever cut.
pub(crate) const DEFAULT_MAX_EVENT_BYTES: u64 = 64 * MIB;

/// Room for several of the largest events at once within the 512 MB a large batch may take.
pub(crate) const DEFAULT_BUDGET_BYTES: u64 = 256 * MIB;

/// Ten times the largest batch an API server's webhook sends (about 200 MB), and far below what a bomb wants.
pub(crate) const DEFAULT_MAX_DECOMPRESSED_BYTES: u64 = 2 * GIB;

/// The API server's webhook gives up after 30 s; a sender silent for that long is gone.
pub(crate) const DEFAULT_READ_TIMEOUT: Duration = Duration::from_secs(30);

/// An API server collects events for up to 30 s, and its network has moods: whoever speaks at least so often is not missed.
pub(crate) const DEFAULT_SILENCE_AFTER: Duration = Duration::from_secs(90);

/// Thousands of ordinary bad records: enough to find the cause, and never a share of the disk that matters.
pub(crate) const DEFAULT_DEAD_LETTER_BYTES: u64 = 256 * MIB;

/// The ingest listener, and what requests in flight may cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IngestSettings {
    /// Address and port that receives audit events. Port 0 takes any free port.
    #[serde(deserialize_with = "crate::listen::deserialize")]
    pub listen: SocketAddr,
    /// TLS of the listener.
    pub tls: TlsSettings,
    /// Who may send, and of which clusters.
    pub auth: AuthSettings,
    /// Largest event kept whole, in bytes; beyond it the bodies are cut, counted and marked.
    #[serde(with = "crate::byte_size")]
    pub max_event_bytes: u64,
    /// Bytes that all requests in flight may hold in memory; beyond it senders get 429 with `Retry-After`.
    #[serde(with = "crate::byte_size")]
    pub budget_bytes: u64,
    /// Bytes that one compressed request may expand to, against decompression bombs.
    #[serde(with = "crate::byte_size")]
    pub max_decompressed_bytes: u64,
    /// Time a sender may stay silent in the middle of a request, and over which it has to send at a least rate.
    #[serde(with = "crate::duration")]
    pub read_timeout: Duration,
    /// A source that is silent for longer than usual, and for at least so long, is noted as a gap.
    #[serde(with = "crate::duration")]
    pub silence_after: Duration,
    /// Bytes of dead letters kept; the oldest go first.
    #[serde(with = "crate::byte_size")]
    pub dead_letter_bytes: u64,
    /// Queries whose events are acknowledged and not kept. What they mean, only the query language knows.
    pub drop: Vec<String>,
    /// Flow records that tell of a moment, differ in nothing but their time, arrive together and are no further apart than this
    /// are kept as one; zero keeps each.
    #[serde(with = "crate::duration")]
    pub fold_flows: Duration,
    /// Log files that are followed while they grow.
    pub tail: Vec<TailSettings>,
}

impl Default for IngestSettings {
    fn default() -> Self {
        Self {
            listen: DEFAULT_LISTEN,
            tls: TlsSettings::default(),
            auth: AuthSettings::default(),
            max_event_bytes: DEFAULT_MAX_EVENT_BYTES,
            budget_bytes: DEFAULT_BUDGET_BYTES,
            max_decompressed_bytes: DEFAULT_MAX_DECOMPRESSED_BYTES,
            read_timeout: DEFAULT_READ_TIMEOUT,
            silence_after: DEFAULT_SILENCE_AFTER,
            dead_letter_bytes: DEFAULT_DEAD_LETTER_BYTES,
            drop: Vec::new(),
            fold_flows: Duration::ZERO,
            tail: Vec::new(),
        }
    }
}
