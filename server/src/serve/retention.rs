//! Removes what is not kept any longer, beside compaction: both change which splits there are.

use std::path::PathBuf;
use std::sync::Arc;

use taffrail_config::ByteLimit;
use taffrail_index::Store;
use taffrail_ingest::DeadLetters;
use taffrail_ingest::journal::Journal;

use super::system::disk_total;

/// Applies `index.retention`.
pub(super) struct Retention {
    pub(super) store: Store,
    pub(super) journal: Journal,
    pub(super) dead: Arc<DeadLetters>,
    pub(super) data: PathBuf,
    /// `index.retention.max_bytes`.
    pub(super) limit: ByteLimit,
    /// Whether it was over the limit with nothing left to remove at the last look.
    pub(super) is_over: bool,
}

impl Retention {
    /// One look.
    pub(super) fn enforce(&mut self) {
        let elsewhere = self.journal.bytes() + self.dead.totals().bytes;
        let max_bytes = self.limit.of(disk_total(&self.data));
        match self.store.enforce_retention(elsewhere, max_bytes) {
            Ok(over_bytes) => {
                if over_bytes > 0 && !self.is_over {
                    tracing::warn!(
                        over_bytes,
                        "the data is over index.retention.max_bytes, and the rest of it is written at the moment; raise the limit"
                    );
                }
                self.is_over = over_bytes > 0;
            }
            // It may be the disk, and then it comes right by itself: the next round tries again.
            Err(error) => tracing::warn!(%error, "retention could not remove everything and will try again"),
        }
    }
}
