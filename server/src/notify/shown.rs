//! A target as the status shows it.

use serde::{Deserialize, Serialize};
use taffrail_event::Timestamp;
use utoipa::ToSchema;

use super::target::Target;
use crate::read::schema::TimestampSchema;

/// A target of `notify`, how far it is, and what became of its events. Sums go on over restarts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct NotifyBody {
    pub(crate) name: String,
    /// Without what may be secret in it.
    pub(crate) url: String,
    pub(crate) query: String,
    /// Events that were taken.
    pub(crate) sent: u64,
    /// Tries that failed.
    pub(crate) failed: u64,
    /// Events that were refused for good, and given up.
    pub(crate) refused: u64,
    /// Events that were removed before they could be sent.
    pub(crate) missed: u64,
    /// Events that wait to be sent.
    pub(crate) waiting: u64,
    /// Searchable records that were not looked at yet.
    pub(crate) behind: u64,
    /// Whether what the journal no longer has is being asked of the index.
    pub(crate) catching_up: bool,
    #[schema(value_type = Option<TimestampSchema>)]
    pub(crate) last_sent: Option<Timestamp>,
    /// The last try that failed; null if none did.
    pub(crate) last_failure: Option<NotifyFailure>,
    /// Why nothing is taken; null while events are, as far as anybody knows.
    pub(crate) trouble: Option<String>,
}

/// A try that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct NotifyFailure {
    #[schema(value_type = TimestampSchema)]
    pub(crate) time: Timestamp,
    pub(crate) reason: String,
}

impl NotifyBody {
    pub(super) fn of(target: &Target, searchable: u64) -> Self {
        let progress = target.progress();
        let totals = progress.totals.clone();
        Self {
            name: target.settings.name.clone(),
            url: target.receiver.shown().to_owned(),
            query: target.settings.query.clone(),
            sent: totals.sent,
            failed: totals.failed,
            refused: totals.refused,
            missed: totals.missed,
            waiting: progress.waiting().len() as u64,
            behind: searchable.saturating_sub(progress.place.position),
            catching_up: progress.place.behind.is_some(),
            last_sent: totals.last_sent,
            last_failure: totals
                .last_failure
                .map(|failure| NotifyFailure { time: failure.time, reason: failure.reason }),
            trouble: progress.trouble.clone(),
        }
    }
}
