//! What an answer cannot speak for, in words: nothing found must be told from nothing received.

use jiff::tz::TimeZone;
use taffrail_event::{Gap, Removed};

use super::table::grouped;
use super::times::{shown, zone_name};
use crate::exit::{FAILED, FOUND, NOTHING_FOUND};
use crate::read::Coverage;

/// Nobody reads more of them under a table.
const MAX_GAPS: usize = 10;

/// The exit code of an answer. A query that ran out of time before it found anything has not found nothing: it failed.
pub(crate) fn verdict(found: bool, partial: bool) -> u8 {
    match (found, partial) {
        (true, _) => FOUND,
        (false, false) => NOTHING_FOUND,
        (false, true) => FAILED,
    }
}

/// One line for each thing that is missing.
pub(crate) fn warnings(coverage: &Coverage, zone: &TimeZone) -> Vec<String> {
    let mut lines = Vec::new();
    if coverage.partial {
        lines.push(
            "incomplete: the query ran out of time; ask for a shorter time range or for fewer events"
                .to_owned(),
        );
    }
    lines.extend(coverage.gaps.iter().take(MAX_GAPS).map(|gap| self::gap(gap, zone)));
    if let Some(more @ 1..) = coverage.gaps.len().checked_sub(MAX_GAPS) {
        lines.push(format!("and {more} more gaps; `taffrail status` lists them"));
    }
    lines.extend(removed(&coverage.removed, zone));
    lines
}

/// Why there is no event at all, in a few words.
pub(crate) fn nothing_there(coverage: &Coverage) -> &'static str {
    if coverage.lag_ms > 0 {
        "nothing is searchable yet: what was received is still being indexed; ask again in a moment"
    } else if !coverage.removed.is_empty() {
        "no event is left: retention has removed what was received (index.retention)"
    } else {
        "no event has been received yet"
    }
}

/// One line for all classes: most have been kept for long.
fn removed(removed: &[Removed], zone: &TimeZone) -> Option<String> {
    let last = removed.iter().map(|removed| removed.at).max()?;
    let classes: Vec<_> = removed
        .iter()
        .map(|removed| format!("{} before {}", class_in_words(&removed.class), shown(removed.before, zone)))
        .collect();
    Some(format!(
        "older events were removed by retention: {} ({}), the last on {}",
        classes.join(", "),
        zone_name(zone),
        shown(last, zone)
    ))
}

fn class_in_words(class: &str) -> &str {
    match class {
        "change" => "changes",
        "access" => "reads and sessions",
        "notice" => "gaps",
        other => other,
    }
}

fn gap(gap: &Gap, zone: &TimeZone) -> String {
    let lost = match gap.lost {
        Some(0) => "not all is there".to_owned(),
        Some(1) => "1 record is missing".to_owned(),
        Some(lost) => format!("{} records are missing", grouped(lost)),
        None => "records may be missing".to_owned(),
    };
    let place = match (gap.cluster.as_str(), gap.source.as_str()) {
        ("", "") => String::new(),
        (cluster, "") => format!(" of cluster {cluster}"),
        ("", source) => format!(" from {source}"),
        (cluster, source) => format!(" of cluster {cluster} from {source}"),
    };
    format!(
        "gap: {lost}{place} between {} and {} ({}): {}",
        shown(gap.from, zone),
        shown(gap.to, zone),
        zone_name(zone),
        gap.reason
    )
}

#[cfg(test)]
mod tests {
    use taffrail_event::Timestamp;

    use super::*;

    fn hole(lost: Option<u64>) -> Gap {
        let time = |text| Timestamp::parse(text).unwrap();
        Gap {
            cluster: "prod".to_owned(),
            source: "journal".to_owned(),
            from: time("2026-11-23T13:00:00Z"),
            to: time("2026-11-23T13:01:00Z"),
            lost,
            reason: "damaged on disk".to_owned(),
        }
    }

    fn with_gaps(gaps: Vec<Gap>) -> Coverage {
        Coverage::new(Timestamp::default(), Timestamp::default(), gaps, Vec::new())
    }

    #[test]
    fn what_retention_removed_in_words() {
        let time = |text| Timestamp::parse(text).unwrap();
        let removed = |class: &str, before| Removed {
            class: class.to_owned(),
            before: time(before),
            at: time("2026-11-23T13:01:00Z"),
        };
        let removed =
            vec![removed("access", "2026-08-25T00:00:00Z"), removed("change", "2025-10-20T00:00:00Z")];
        let coverage = Coverage { removed, ..with_gaps(Vec::new()) };
        assert_eq!(
            warnings(&coverage, &TimeZone::UTC),
            [
                "older events were removed by retention: reads and sessions before 2026-08-25 00:00:00, changes before 2025-10-20 00:00:00 (UTC), the last on 2026-11-23 13:01:00"
            ]
        );
    }

    #[test]
    fn gaps_in_words() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let coverage = Coverage { partial: true, ..with_gaps(vec![hole(Some(1200)), hole(None)]) };
        assert_eq!(
            warnings(&coverage, &berlin)[1..],
            [
                "gap: 1,200 records are missing of cluster prod from journal between 2026-11-23 14:00:00 and 2026-11-23 14:01:00 (Europe/Berlin): damaged on disk",
                "gap: records may be missing of cluster prod from journal between 2026-11-23 14:00:00 and 2026-11-23 14:01:00 (Europe/Berlin): damaged on disk",
            ]
        );
    }

    #[test]
    fn nothing_left_is_told_from_nothing_received() {
        fn check(lag_ms: i64, is_removed: bool, expected: &str) {
            let now = Timestamp::from_micros(10_000_000);
            let removed = Removed { class: "access".to_owned(), before: now, at: now };
            let removed = if is_removed { vec![removed] } else { Vec::new() };
            let coverage = Coverage::new(now, now.plus_micros(-lag_ms * 1000), Vec::new(), removed);
            let found = nothing_there(&coverage);
            assert!(found.contains(expected), "{found}");
        }
        check(0, false, "received yet");
        check(0, true, "no event is left");
        check(1, true, "searchable yet");
    }

    #[test]
    fn exit_codes() {
        assert_eq!(verdict(true, false), FOUND);
        assert_eq!(verdict(true, true), FOUND);
        assert_eq!(verdict(false, false), NOTHING_FOUND);
        assert_eq!(verdict(false, true), FAILED);
    }

    #[test]
    fn many_gaps_are_cut() {
        let lines = warnings(&with_gaps(vec![hole(None); 13]), &TimeZone::UTC);
        assert_eq!(lines.len(), MAX_GAPS + 1);
        assert!(lines[MAX_GAPS].starts_with("and 3 more gaps"), "{lines:?}");
        assert!(warnings(&with_gaps(Vec::new()), &TimeZone::UTC).is_empty());
    }
}
