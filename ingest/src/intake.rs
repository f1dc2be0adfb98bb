//! Takes one webhook request: decompresses, splits, redacts, and returns once all of it is durable.

mod body;
mod budget;
mod flow_lines;
mod replay;
mod request;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io::Read;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use taffrail_config::IngestSettings;
use taffrail_event::{BatchBuilder, FindingRecord, Gap, Origin, Position, RecordFlags, Timestamp, Via};

use crate::dead::DeadLetters;
use crate::error::IntakeError;
use crate::filter::Filter;
use crate::flows::FlowHints;
use crate::journal::{Journal, MAX_PAYLOAD_BYTES};
use crate::redact::Redactor;
use body::Body;
use budget::Budget;
pub use replay::ReplayReport;
use request::Request;

/// The source of findings.
const FINDINGS: &str = "findings";

/// Takes requests. One for the process; any number of threads call [`Intake::receive`] at once.
pub struct Intake {
    journal: Journal,
    redactor: Arc<Redactor>,
    dead: Arc<DeadLetters>,
    filter: Option<Arc<dyn Filter>>,
    fold_flows: Duration,
    limits: IntakeLimits,
    budget: Arc<Budget>,
    sums: Sums,
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
    /// Who sends: `webhook:10.0.0.1`, `flows:10.0.0.1`, `import`, `file:PATH`.
    pub source: Arc<str>,
    /// The route.
    pub via: Via,
    /// Whether these are flow records, one a line, and what is known of them; else they are audit events.
    pub flows: Option<FlowHints>,
}

impl IntakeOrigin {
    /// A webhook request for `cluster` from that address, as far as it is known.
    pub fn webhook(cluster: &str, sender: Option<IpAddr>) -> Self {
        let source = sender.map_or_else(|| "webhook".into(), |sender| format!("webhook:{sender}").into());
        Self { cluster: cluster.into(), source, via: Via::Webhook, flows: None }
    }

    /// Flow records of `cluster` that somebody at that address sends.
    pub fn flows(cluster: &str, sender: Option<IpAddr>, hints: FlowHints) -> Self {
        let source = sender.map_or_else(|| "flows".into(), |sender| format!("flows:{sender}").into());
        Self { cluster: cluster.into(), source, via: Via::Webhook, flows: Some(hints) }
    }

    /// A followed log of `cluster`, by its name as a source.
    pub fn file(cluster: &str, source: &str) -> Self {
        Self { cluster: cluster.into(), source: source.into(), via: Via::File, flows: None }
    }

    /// Files of `cluster` that an import sends instead of reading them into a directory.
    pub fn import(cluster: &str) -> Self {
        Self { cluster: cluster.into(), source: "import".into(), via: Via::Import, flows: None }
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
    /// Records that were not kept because `ingest.drop` names them.
    pub dropped: u64,
    /// Flow records that others stand for, because of `ingest.fold_flows`.
    pub folded: u64,
    /// Records whose bodies were cut because the event was over `ingest.max_event_bytes`.
    pub cut: u64,
    /// Records that have nothing to do with audit events or flows, in envelopes and among flow records. Nothing of them is kept.
    pub skipped: u64,
    /// Bytes of the body after decompression.
    pub bytes: u64,
}

/// Sums since the start, for metrics and status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct IntakeTotals {
    /// Requests that got a receipt.
    pub requests: u64,
    /// Requests that got an error.
    pub refused: u64,
    /// Records made durable.
    pub records: u64,
    /// Items that became dead letters, known ones included.
    pub dead: u64,
    /// Records whose bodies were cut.
    pub cut: u64,
    /// Flow records that others stand for.
    pub folded: u64,
    /// Records that have nothing to do with audit events or flows.
    pub skipped: u64,
    /// Bytes of bodies after decompression.
    pub bytes: u64,
    /// Requests in flight now.
    pub in_flight: u64,
    /// Bytes that they hold in memory now.
    pub held_bytes: u64,
}

#[derive(Debug, Default)]
struct Sums {
    requests: AtomicU64,
    refused: AtomicU64,
    records: AtomicU64,
    dead: AtomicU64,
    cut: AtomicU64,
    folded: AtomicU64,
    skipped: AtomicU64,
    bytes: AtomicU64,
}

impl Intake {
    /// An intake into `journal`.
    pub fn new(
        journal: Journal,
        redactor: Arc<Redactor>,
        dead: Arc<DeadLetters>,
        limits: IntakeLimits,
    ) -> Self {
        let max_event_bytes = limits.max_event_bytes.min(MAX_PAYLOAD_BYTES as u64 / 2);
        let limits = IntakeLimits { max_event_bytes, ..limits };
        let budget = Budget::new(limits.budget_bytes);
        Self {
            journal,
            redactor,
            dead,
            filter: None,
            fold_flows: Duration::ZERO,
            limits,
            budget,
            sums: Sums::default(),
        }
    }

    /// The intake, keeping nothing that `filter` drops.
    #[must_use]
    pub fn with_filter(self, filter: Option<Arc<dyn Filter>>) -> Self {
        Self { filter, ..self }
    }

    /// The intake, folding alike flow records; `interval` as in `ingest.fold_flows`.
    #[must_use]
    pub fn folding_flows(self, interval: Duration) -> Self {
        Self { fold_flows: interval, ..self }
    }

    /// Reads one request to its end and returns when all of it is durable. Blocks. How it is compressed, its first bytes say.
    ///
    /// A body that ends before it should must be an error of `body` ([`IntakeError::Body`]): what its end means, only
    /// the transport knows. Whatever else is wrong with its content becomes a dead letter and still is a receipt.
    pub fn receive(&self, origin: &IntakeOrigin, body: impl Read) -> Result<Receipt, IntakeError> {
        let received = self.receive_whole(origin, body);
        let sums = &self.sums;
        match &received {
            Ok(receipt) => {
                sums.requests.fetch_add(1, Ordering::Relaxed);
                sums.records.fetch_add(receipt.records, Ordering::Relaxed);
                sums.dead.fetch_add(receipt.dead, Ordering::Relaxed);
                sums.cut.fetch_add(receipt.cut, Ordering::Relaxed);
                sums.folded.fetch_add(receipt.folded, Ordering::Relaxed);
                sums.skipped.fetch_add(receipt.skipped, Ordering::Relaxed);
                sums.bytes.fetch_add(receipt.bytes, Ordering::Relaxed);
            }
            Err(_) => {
                sums.refused.fetch_add(1, Ordering::Relaxed);
            }
        }
        received
    }

    /// Makes a gap durable, as a record of its own: it is found like an event and shown in the coverage of every answer. A gap
    /// that has grown is reported again with the same start, source and reason.
    pub fn report_gap(&self, gap: &Gap) -> Result<Position, IntakeError> {
        self.report(&gap.cluster, &gap.source, &gap.encode(), RecordFlags::GAP)
    }

    /// Makes a finding durable, in the same way. One that is reported again is the same.
    pub fn report_finding(&self, finding: &FindingRecord) -> Result<Position, IntakeError> {
        self.report(&finding.cluster, FINDINGS, &finding.encode(), RecordFlags::FINDING)
    }

    fn report(
        &self,
        cluster: &str,
        source: &str,
        record: &[u8],
        flags: RecordFlags,
    ) -> Result<Position, IntakeError> {
        let origin = Origin {
            cluster: cluster.into(),
            source: source.into(),
            via: Via::Taffrail,
            received: Timestamp::now(),
        };
        let mut batch = BatchBuilder::new(Arc::new(origin));
        batch.push(record, flags);
        let batch = batch.finish();
        let appended = self.journal.append(&[&batch.encode_header(), batch.body()], 1)?;
        self.journal.wait_durable(appended.next)?;
        Ok(Position { partition: 0, offset: appended.next })
    }

    /// Sums since the start.
    pub fn totals(&self) -> IntakeTotals {
        let sums = &self.sums;
        IntakeTotals {
            requests: sums.requests.load(Ordering::Relaxed),
            refused: sums.refused.load(Ordering::Relaxed),
            records: sums.records.load(Ordering::Relaxed),
            dead: sums.dead.load(Ordering::Relaxed),
            cut: sums.cut.load(Ordering::Relaxed),
            folded: sums.folded.load(Ordering::Relaxed),
            skipped: sums.skipped.load(Ordering::Relaxed),
            bytes: sums.bytes.load(Ordering::Relaxed),
            in_flight: self.budget.holders(),
            held_bytes: self.budget.held(),
        }
    }

    fn receive_whole(&self, origin: &IntakeOrigin, body: impl Read) -> Result<Receipt, IntakeError> {
        let share = self.budget.enter();
        let hints = origin.flows.as_ref();
        let origin = Arc::new(Origin {
            cluster: Arc::clone(&origin.cluster),
            source: Arc::clone(&origin.source),
            via: origin.via,
            received: Timestamp::now(),
        });
        let body = Body::new(body, self.limits.max_decompressed_bytes).map_err(IntakeError::Body)?;
        let request = Request::new(self, origin, &share);
        match hints {
            Some(hints) => request.receive_flows(body, hints),
            None => request.receive(body),
        }
    }
}

impl fmt::Debug for Intake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Intake").field("limits", &self.limits).finish_non_exhaustive()
    }
}
