//! Where in a story an event belongs.

use taffrail_event::flow::Verdict;
use taffrail_event::{Event, Timestamp};
use taffrail_query::quarantine::Quarantine;

/// Records of intervals that long may begin before what they tell of: the longest that any source is set to.
pub(super) const LONGEST_INTERVAL_MICROS: i64 = 600_000_000;

/// The place of an event in a story.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) time: Timestamp,
    /// Whether a quarantine began or ended in the interval that it tells of.
    pub(super) spans_change: bool,
}

impl Place {
    /// A record of an interval in which a quarantine began, and which tells of denied traffic, belongs behind the beginning; one in
    /// which it ended, and which tells of other traffic, behind the end.
    pub(super) fn of(event: &Event, quarantines: &[Quarantine]) -> Self {
        let (mut time, mut spans_change) = (event.time, false);
        if let Some(flow) = &event.flow {
            let is_denied = matches!(flow.effective_verdict, Verdict::Denied | Verdict::Rejected);
            let is_spanned = |change: Timestamp| flow.start < change && change < flow.end;
            for quarantine in quarantines {
                if is_spanned(quarantine.since) {
                    spans_change = true;
                    time = if is_denied { quarantine.since } else { time };
                }
                if let Some(until) = quarantine.until.filter(|until| is_spanned(*until)) {
                    spans_change = true;
                    // What began before the quarantine, too, may as well be of then.
                    let may_be_before = flow.start < quarantine.since;
                    time = if is_denied || may_be_before { time } else { until };
                }
            }
        }
        Self { time, spans_change }
    }

    pub(super) fn is_in(self, quarantine: &Quarantine) -> bool {
        quarantine.since <= self.time && quarantine.until.is_none_or(|until| self.time < until)
    }

    pub(super) fn phase(self, quarantines: &[Quarantine]) -> &'static str {
        if quarantines.iter().any(|quarantine| self.is_in(quarantine)) {
            "quarantined"
        } else if quarantines.iter().all(|quarantine| self.time < quarantine.since) {
            "before"
        } else {
            "after"
        }
    }
}
