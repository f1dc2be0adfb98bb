//! How complete an answer is: nothing found must be told from nothing received.

use serde::{Deserialize, Serialize};
use taffrail_event::{Gap, Timestamp};
use taffrail_query::TimeRange;

/// How complete an answer is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Coverage {
    /// Everything acknowledged before this time is in the answer.
    pub(crate) complete_to: Timestamp,
    /// How long ago that is.
    pub(crate) lag_ms: u64,
    /// Whether the time of the query ran out: the answer may lack anything.
    pub(crate) partial: bool,
    /// Stretches for which records are known to be missing.
    pub(crate) gaps: Vec<Gap>,
}

impl Coverage {
    /// Of an answer given at `now` from all that was acknowledged before `complete_to`.
    pub(crate) fn new(now: Timestamp, complete_to: Timestamp, gaps: Vec<Gap>) -> Self {
        let lag_ms = (now.micros() - complete_to.micros()) / 1000;
        Self { complete_to, lag_ms: u64::try_from(lag_ms).unwrap_or(0), partial: false, gaps }
    }

    /// Without the gaps that lie outside of the question.
    pub(crate) fn about(mut self, range: TimeRange) -> Self {
        self.gaps.retain(|gap| {
            range.to.is_none_or(|to| gap.from < to) && range.from.is_none_or(|from| gap.to > from)
        });
        self
    }

    pub(super) fn partial(mut self, partial: bool) -> Self {
        self.partial = partial;
        self
    }
}
