//! How much of the room that the data may take it has taken.

use std::path::Path;

use serde::{Deserialize, Serialize};
use taffrail_config::ByteLimit;
use taffrail_query::{Progress, RemovedTotals};

use crate::serve::disk_total;

/// `retention` of the status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct RoomBody {
    /// Bytes of index, journal and dead letters.
    pub(crate) used_bytes: u64,
    /// Bytes beyond which the oldest splits are removed; null without a limit.
    pub(crate) max_bytes: Option<u64>,
    /// By how much the index grows in a day; null before the first day is over.
    pub(crate) bytes_per_day: Option<u64>,
    /// What was removed since the start, because of its age.
    pub(crate) removed_by_age: RemovedBody,
    /// What was removed since the start, to stay within the limit.
    pub(crate) removed_by_bytes: RemovedBody,
}

/// How much was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct RemovedBody {
    pub(crate) splits: u64,
    pub(crate) events: u64,
    pub(crate) bytes: u64,
}

impl RoomBody {
    /// Of the data in `data`: what the store says, and the bytes of journal and dead letters.
    pub(crate) fn new(progress: &Progress, elsewhere_bytes: u64, limit: ByteLimit, data: &Path) -> Self {
        Self {
            used_bytes: progress.bytes + elsewhere_bytes,
            max_bytes: limit.of(disk_total(data)),
            bytes_per_day: progress.bytes_per_day,
            removed_by_age: progress.removed_by_age.into(),
            removed_by_bytes: progress.removed_by_bytes.into(),
        }
    }
}

impl From<RemovedTotals> for RemovedBody {
    fn from(totals: RemovedTotals) -> Self {
        Self { splits: totals.splits, events: totals.documents, bytes: totals.bytes }
    }
}
