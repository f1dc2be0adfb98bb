//! How complete an answer is: nothing found must be told from nothing received.

use serde::{Deserialize, Serialize};
use taffrail_event::{Gap, Removed, Timestamp};
use taffrail_query::TimeRange;
use utoipa::ToSchema;

use super::schema::{GapSchema, RemovedSchema, TimestampSchema};

/// The source of gaps that the journal reports.
const JOURNAL: &str = "journal";

/// How complete an answer is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Coverage {
    /// Everything acknowledged before this time is in the answer.
    #[schema(value_type = TimestampSchema)]
    pub(crate) complete_to: Timestamp,
    /// How long ago that is.
    pub(crate) lag_ms: u64,
    /// Whether the time of the query ran out: the answer may lack anything.
    pub(crate) partial: bool,
    /// Stretches for which records are known to be missing.
    #[schema(value_type = Vec<GapSchema>)]
    pub(crate) gaps: Vec<Gap>,
    /// What retention has removed of the time asked about, by class.
    #[serde(default)]
    #[schema(value_type = Vec<RemovedSchema>)]
    pub(crate) removed: Vec<Removed>,
}

impl Coverage {
    /// Of an answer given at `now` from all that was acknowledged before `complete_to`.
    pub(crate) fn new(now: Timestamp, complete_to: Timestamp, gaps: Vec<Gap>, removed: Vec<Removed>) -> Self {
        let lag_ms = (now.micros() - complete_to.micros()) / 1000;
        Self { complete_to, lag_ms: u64::try_from(lag_ms).unwrap_or(0), partial: false, gaps, removed }
    }

    /// Without what lies outside of the question. What the journal lost is dated by when it came in: the events may
    /// be older, by as much as they came late.
    pub(crate) fn about(mut self, range: TimeRange) -> Self {
        self.gaps.retain(|gap| {
            let is_before_end = gap.source == JOURNAL || range.to.is_none_or(|to| gap.from < to);
            is_before_end && range.from.is_none_or(|from| gap.to > from)
        });
        self.removed.retain(|removed| range.from.is_none_or(|from| removed.before > from));
        self
    }

    pub(super) fn partial(mut self, partial: bool) -> Self {
        self.partial = partial;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_shown_where_events_may_be_missing() {
        fn check(source: &str, from: i64, to: i64, expected: bool) {
            let [gap_from, gap_to] = [100, 200].map(Timestamp::from_micros);
            let (cluster, reason) = (String::new(), String::new());
            let gap =
                Gap { cluster, source: source.to_owned(), from: gap_from, to: gap_to, lost: None, reason };
            let range =
                TimeRange { from: Some(Timestamp::from_micros(from)), to: Some(Timestamp::from_micros(to)) };
            let now = Timestamp::default();
            let coverage = Coverage::new(now, now, vec![gap], Vec::new()).about(range);
            assert_eq!(!coverage.gaps.is_empty(), expected, "{source} {from} {to}");
        }
        check("api-1", 150, 160, true);
        check("api-1", 0, 100, false);
        check("api-1", 200, 300, false);
        check("journal", 0, 100, true);
        check("journal", 200, 300, false);
    }

    #[test]
    fn what_was_removed_is_shown_to_those_who_ask_about_it() {
        fn check(from: Option<i64>, expected: bool) {
            let (now, before) = (Timestamp::default(), Timestamp::from_micros(100));
            let removed = Removed { class: "access".to_owned(), before, at: now };
            let range = TimeRange { from: from.map(Timestamp::from_micros), to: None };
            let coverage = Coverage::new(now, now, Vec::new(), vec![removed]).about(range);
            assert_eq!(!coverage.removed.is_empty(), expected, "{from:?}");
        }
        check(None, true);
        check(Some(99), true);
        check(Some(100), false);
    }
}
