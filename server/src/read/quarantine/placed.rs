//! Where in a story an event belongs.

use taffrail_event::flow::Verdict;
use taffrail_event::{Event, Timestamp};
use taffrail_query::quarantine::{Place, PodFlow, Quarantine};

/// Records of intervals that long may begin before what they tell of: the longest that any source is set to.
pub(super) const LONGEST_INTERVAL_MICROS: i64 = 600_000_000;

/// The parts of a story, by their numbers in a [`Place`].
const PHASES: [&str; 3] = ["before", "quarantined", "after"];

/// The name of the part in which something lies.
pub(super) fn phase_name(place: Place) -> &'static str {
    PHASES.get(usize::from(place.phase)).copied().unwrap_or_default()
}

/// The place of an event that is no flow.
pub(super) fn place_of_event(event: &Event, quarantines: &[Quarantine]) -> Place {
    at(event.time, false, quarantines)
}

/// A record of an interval in which a quarantine began, and which tells of denied traffic, belongs behind the beginning; one in
/// which it ended, and which tells of other traffic, behind the end.
pub(super) fn place_of_flow(flow: &PodFlow, quarantines: &[Quarantine]) -> Place {
    let (mut time, mut spans_change) = (flow.start, false);
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
    at(time, spans_change, quarantines)
}

/// Whether the quarantine lasted then.
pub(super) fn is_in(place: Place, quarantine: &Quarantine) -> bool {
    quarantine.since <= place.time && quarantine.until.is_none_or(|until| place.time < until)
}

fn at(time: Timestamp, spans_change: bool, quarantines: &[Quarantine]) -> Place {
    let place = Place { time, spans_change, phase: 0 };
    let phase = if quarantines.iter().any(|quarantine| is_in(place, quarantine)) {
        1
    } else if quarantines.iter().all(|quarantine| time < quarantine.since) {
        0
    } else {
        2
    };
    Place { phase, ..place }
}
