//! Takes one webhook request: decompresses, splits, redacts, and returns once all of it is durable.

use std::io::Read;
use std::sync::Arc;

use taffrail_config::IngestSettings;
use taffrail_event::{Position, Via};

use crate::dead::DeadLetters;
use crate::error::IntakeError;
use crate::journal::Journal;
use crate::redact::Redactor;

/// Takes requests. One for the process; any number of threads call [`Intake::receive`] at once.
#[derive(Debug)]
pub struct Intake {
    journal: Journal,
    redactor: Arc<Redactor>,
    dead: Arc<DeadLetters>,
    limits: IntakeLimits,
}

/// What requests in flight may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IntakeLimits {
    /// The largest event that is kept whole.
    pub max_event_bytes: u64,
    /// Bytes in memory over all requests.
    pub budget_bytes: u64,
    /// Bytes that one compressed request may expand to.
    pub max_decompressed_bytes: u64,
}

impl From<&IngestSettings> for IntakeLimits {
    fn from(settings: &IngestSettings) -> Self {
        Self {
            max_event_bytes: settings.max_event_bytes,
            budget_bytes: settings.budget_bytes,
            max_decompressed_bytes: settings.max_decompressed_bytes,
        }
    }
}

/// Where a request comes from.
#[derive(Debug, Clone)]
pub struct IntakeOrigin {
    /// The cluster of the path.
    pub cluster: Arc<str>,
    /// `webhook`.
    pub source: Arc<str>,
    /// The route.
    pub via: Via,
}

impl IntakeOrigin {
    /// A webhook request for `cluster`.
    pub fn webhook(cluster: &str) -> Self {
        Self { cluster: cluster.into(), source: "webhook".into(), via: Via::Webhook }
    }
}

/// How a body is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Not at all.
    Identity,
    /// One or more gzip members.
    Gzip,
    /// One or more Zstandard frames.
    Zstd,
}

impl Encoding {
    /// By the value of `Content-Encoding`; `None` for one that is not taken (415 would lose the batch for ever: treat it
    /// as [`Encoding::Identity`], and it becomes a dead letter).
    pub fn parse(header: &str) -> Option<Self> {
        match header.trim().to_ascii_lowercase().as_str() {
            "" | "identity" => Some(Self::Identity),
            "gzip" | "x-gzip" => Some(Self::Gzip),
            "zstd" => Some(Self::Zstd),
            _ => None,
        }
    }
}

/// What became of a request. All of it is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// The journal position after its last record (of a request without records: the journal's end).
    pub position: Position,
    /// Records in the journal.
    pub records: u64,
    /// Items that became dead letters, whether or not the same bytes were known already.
    pub dead: u64,
    /// Records whose bodies were cut because the event was over `ingest.max_event_bytes`.
    pub cut: u64,
    /// Bytes of the body after decompression.
    pub bytes: u64,
}

/// Sums since the start, for metrics and status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct IntakeTotals {
    /// Bytes that requests in flight hold now.
    pub reserved_bytes: u64,
}

impl Intake {
    /// An intake into `journal`.
    pub fn new(
        journal: Journal,
        redactor: Arc<Redactor>,
        dead: Arc<DeadLetters>,
        limits: IntakeLimits,
    ) -> Self {
        Self { journal, redactor, dead, limits }
    }

    /// Reads one request to its end and returns when all of it is durable. Blocks.
    ///
    /// A body that ends before it should must be an error of `body` ([`IntakeError::Body`]): what its end means, only
    /// the transport knows. Whatever else is wrong with its content becomes a dead letter and still is a receipt.
    pub fn receive(
        &self,
        _origin: &IntakeOrigin,
        _encoding: Encoding,
        _body: impl Read,
    ) -> Result<Receipt, IntakeError> {
        unimplemented!()
    }

    /// Sums since the start.
    pub fn totals(&self) -> IntakeTotals {
        unimplemented!()
    }
}
