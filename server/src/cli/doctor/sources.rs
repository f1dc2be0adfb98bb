//! What the sources show: who is silent, whose clock is wrong, who sends late, twice, or without bodies.

use jiff::tz::TimeZone;
use taffrail_event::Timestamp;

use super::finding::Finding;
use crate::cli::status::view::Status;
use crate::cli::table::{counted, grouped};
use crate::cli::times::{length_in_words, shown};
use crate::read::SourceBody;
use crate::serve::GONE_MICROS;

/// A clock that is so far ahead puts events out of order with those of other machines.
const SKEW_MS: i64 = 2_000;

/// With the flags that `taffrail setup` prints, events come within seconds; an API server's own default is 30 s.
const LATE_MS: i64 = 20_000;

/// A cluster whose rhythm is not known yet is not missed for so long. Nor is it missed for ever: the node may be gone.
const QUIET_MICROS: i64 = 3_600_000_000;

/// Duplicates are a matter of course after a retry; a third of everything is not.
const TWICE_SHARE: u64 = 3;

/// So few records prove nothing.
const FEW: u64 = 1000;

pub(super) fn findings(status: &Status, now: Timestamp, zone: &TimeZone) -> Vec<Finding> {
    let of_source = |source| {
        let found = [
            silent(source, zone),
            quiet(source, now, zone),
            clock(source),
            late(source),
            twice(source),
            truncated(source),
        ];
        found.into_iter().flatten()
    };
    status.sources.iter().filter(|source| is_steady(source)).flat_map(of_source).collect()
}

/// Imports begin and end as people like.
fn is_steady(source: &SourceBody) -> bool {
    matches!(source.via.as_str(), "webhook" | "file")
}

fn name(source: &SourceBody) -> String {
    format!("{} of {}", source.source, source.cluster)
}

fn silent(source: &SourceBody, zone: &TimeZone) -> Option<Finding> {
    let since = source.silent_since?;
    let fix = if source.via == "file" {
        "See whether the API server still writes that file, and whether Taffrail may read it"
    } else {
        "See whether that API server runs; its log says `audit` when it cannot deliver, and its metric apiserver_audit_error_total counts what it dropped"
    };
    Some(Finding::urgent(
        "silence",
        format!("{} has been silent since {}", name(source), shown(since, zone)),
        "the API server is down, was replaced, or does not get through",
        fix,
    ))
}

fn quiet(source: &SourceBody, now: Timestamp, zone: &TimeZone) -> Option<Finding> {
    let last = source.last_received.filter(|_| source.silent_since.is_none())?;
    (QUIET_MICROS..GONE_MICROS).contains(&(now.micros() - last.micros())).then(|| {
        Finding::advice(
            "quiet",
            format!("{} was last heard at {}", name(source), shown(last, zone)),
            "nothing happened there, or nothing gets through; it has not spoken often enough to tell",
            "Do something in the cluster (kubectl get pods) and look again",
        )
    })
}

fn clock(source: &SourceBody) -> Option<Finding> {
    let ahead = source.lag_ms.filter(|lag| *lag <= -SKEW_MS)?.unsigned_abs() / 1000;
    Some(Finding::advice(
        "clock",
        format!("the clock of {} is {} ahead of this machine's", name(source), length_in_words(ahead)),
        "one of the two clocks is wrong, so events of different machines stand in the wrong order",
        "Set both by NTP: `timedatectl` says whether a machine is synchronised",
    ))
}

fn late(source: &SourceBody) -> Option<Finding> {
    let late = source.lag_ms.filter(|lag| *lag >= LATE_MS && source.via == "webhook")?.unsigned_abs() / 1000;
    Some(Finding::advice(
        "late",
        format!("events of {} come {} late", name(source), length_in_words(late)),
        "the API server collects events for up to 30 s before it sends them, or sends what it could not deliver before",
        "Set --audit-webhook-batch-max-wait=5s on the API server",
    ))
}

fn twice(source: &SourceBody) -> Option<Finding> {
    let is_much = source.records >= FEW && source.duplicates.saturating_mul(TWICE_SHARE) >= source.records;
    is_much.then(|| {
        Finding::advice(
            "twice",
            format!(
                "{} of {} of {} were there already",
                grouped(source.duplicates),
                counted(source.records, "record"),
                name(source)
            ),
            "another source brings the same events, or the API server sends again what was acknowledged too late for it",
            "Nothing is stored twice; to save the work, keep one source, and see that nothing between the two holds answers up",
        )
    })
}

fn truncated(source: &SourceBody) -> Option<Finding> {
    (source.truncated > 0).then(|| {
        Finding::advice(
            "truncated",
            format!("{} of {} came without bodies", counted(source.truncated, "record"), name(source)),
            "the API server (or a shipper on the way) cuts large events off",
            "Raise --audit-webhook-truncate-max-event-size to 1048576 or more, or read the audit log file too",
        )
    })
}
