//! How much of the room that the data may take it has taken.

use std::path::Path;

use serde::{Deserialize, Serialize};
use taffrail_config::ByteLimit;
use taffrail_query::{Progress, RemovedTotals};
use utoipa::ToSchema;

use crate::serve::disk_total;

/// `retention` of the status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub(crate) struct RoomBody {
    /// Bytes of index, journal and dead letters.
    pub(crate) used_bytes: u64,
    /// Bytes beyond which the oldest splits are removed; null without a limit.
    pub(crate) max_bytes: Option<u64>,
    /// By how much the index grows in a day; null before the first day is over.
    pub(crate) bytes_per_day: Option<u64>,
    /// In how many days the limit bites if it goes on so; null where nobody can tell.
    pub(crate) days_left: Option<u64>,
    /// What was removed since the start, because of its age.
    pub(crate) removed_by_age: RemovedBody,
    /// What was removed since the start, to stay within the limit.
    pub(crate) removed_by_bytes: RemovedBody,
}

/// How much was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub(crate) struct RemovedBody {
    pub(crate) splits: u64,
    pub(crate) events: u64,
    pub(crate) bytes: u64,
}

impl RoomBody {
    /// Of the data in `data`: what the store says, and the bytes of journal and dead letters.
    pub(crate) fn new(progress: &Progress, elsewhere_bytes: u64, limit: ByteLimit, data: &Path) -> Self {
        let (used, max) = (progress.bytes + elsewhere_bytes, limit.of(disk_total(data)));
        Self {
            used_bytes: used,
            max_bytes: max,
            bytes_per_day: progress.bytes_per_day,
            days_left: days_left(used, max, progress.bytes_per_day),
            removed_by_age: progress.removed_by_age.into(),
            removed_by_bytes: progress.removed_by_bytes.into(),
        }
    }
}

fn days_left(used: u64, max: Option<u64>, per_day: Option<u64>) -> Option<u64> {
    max?.saturating_sub(used).checked_div(per_day?)
}

impl From<RemovedTotals> for RemovedBody {
    fn from(totals: RemovedTotals) -> Self {
        Self { splits: totals.splits, events: totals.documents, bytes: totals.bytes }
    }
}

#[cfg(test)]
mod tests {
    use super::days_left;

    #[test]
    fn days_until_the_limit_bites() {
        fn check(used: u64, max: Option<u64>, per_day: Option<u64>, expected: Option<u64>) {
            assert_eq!(days_left(used, max, per_day), expected, "{used} {max:?} {per_day:?}");
        }
        check(40, Some(100), Some(20), Some(3));
        check(200, Some(100), Some(20), Some(0));
        check(40, None, Some(20), None);
        check(40, Some(100), None, None);
        check(40, Some(100), Some(0), None);
    }
}
