//! Counts what was made durable, by whatever route it came.

use std::sync::Arc;

use taffrail_event::Timestamp;
use taffrail_ingest::{IntakeError, IntakeOrigin, Receipt};

use super::freshness::Freshness;
use super::health::Health;
use super::sources::Sources;
use crate::metrics::Metrics;

/// Everybody who has to know of a receipt.
#[derive(Debug, Clone)]
pub(crate) struct Receipts {
    pub(crate) freshness: Arc<Freshness>,
    pub(crate) sources: Arc<Sources>,
    pub(crate) health: Arc<Health>,
    pub(crate) metrics: Arc<Metrics>,
}

impl Receipts {
    /// What came in at `received` is durable now.
    pub(crate) fn note(&self, origin: &IntakeOrigin, receipt: &Receipt, received: Timestamp) {
        self.health.journal_works();
        self.freshness.acknowledged(receipt.position.offset, received);
        self.sources.note(&origin.cluster, &origin.source, receipt);
        self.metrics.records.inc_by(receipt.records);
        self.metrics.acked_bytes.inc_by(receipt.bytes);
        self.metrics.dead_letters.inc_by(receipt.dead);
        self.metrics.cut.inc_by(receipt.cut);
        self.metrics.folded_flows.inc_by(receipt.folded);
        self.metrics.skipped.inc_by(receipt.skipped);
        let cluster = &*origin.cluster;
        if receipt.cut > 0 {
            tracing::warn!(
                cluster,
                events = receipt.cut,
                "bodies were cut: events over ingest.max_event_bytes"
            );
        }
        if receipt.dead > 0 {
            tracing::info!(
                cluster,
                items = receipt.dead,
                "items could not be decoded; see `taffrail deadletters`"
            );
        }
    }

    /// It was not taken.
    pub(crate) fn refused(&self, error: &IntakeError) {
        self.health.refused(error);
    }
}
