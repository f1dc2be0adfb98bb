//! What is looked at, the worst first.

use jiff::tz::TimeZone;
use taffrail_event::{Gap, Timestamp};

use super::finding::Finding;
use super::{sources, turned_away};
use crate::cli::bytes::bytes_in_words;
use crate::cli::status::view::{Certificate, Status};
use crate::cli::table::counted;
use crate::cli::times::{length_in_words, shown};

/// Below this a disk is full soon, whatever its size.
const LITTLE_ROOM_BYTES: u64 = 2 << 30;

/// Acknowledged to searchable is a second or two.
const LONG_LAG_MS: u64 = 30_000;

/// Older gaps are history.
pub(super) const RECENT_MICROS: i64 = 86_400_000_000;

/// A week is time enough to do something about it.
const FEW_DAYS: u64 = 7;

/// Whoever renews certificates by hand likes to know two weeks ahead; in the last three days it is late.
const CERTIFICATE_SOON_MICROS: i64 = 14 * 86_400_000_000;
const CERTIFICATE_URGENT_MICROS: i64 = 3 * 86_400_000_000;

/// Resources whose changes people ask for by field, and whose bodies hold no secrets.
const WANTED_WITH_BODIES: [&str; 8] = [
    "pods",
    "deployments",
    "statefulsets",
    "daemonsets",
    "services",
    "networkpolicies",
    "clusterrolebindings",
    "rolebindings",
];

/// Everything that is wrong.
pub(super) fn findings(status: &Status, now: Timestamp, zone: &TimeZone) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(troubles(status));
    findings.extend(nothing_received(status));
    findings.extend(sources::findings(status, now, zone));
    findings.extend(refused(status, now, zone));
    findings.extend(turned_away::findings(status, now, zone));
    findings.extend(certificates(status, now, zone));
    findings.extend(notifications(status));
    findings.extend(lag(status));
    findings.extend(disk(status));
    findings.extend(room(status));
    findings.extend(gaps(status, now, zone));
    findings.extend(dead_letters(status));
    findings.extend(missing_bodies(status));
    findings.extend(status.warnings.iter().map(|warning| {
        Finding::advice("settings", "a setting gives something up", warning, "See docs/configuration.md")
    }));
    findings.sort_by_key(|finding| !finding.is_urgent);
    findings
}

/// What the server itself says is in its way.
fn troubles(status: &Status) -> Vec<Finding> {
    let ingest = status.ingest.trouble.as_ref().map(|why| {
        let fix = "Make room, or see what the server's log says; it goes on by itself then";
        Finding::urgent("accepting", "no events are accepted", why, fix)
    });
    let index = status.index.trouble.as_ref().map(|why| {
        let fix = "What came in is safe in the journal; see the server's log, and restart it when the cause is gone";
        Finding::urgent("indexing", "what comes in does not become searchable", why, fix)
    });
    let journal = status.journal.trouble.as_ref().map(|why| {
        let fix = "Look at the disk and at the permissions of the data directory";
        Finding::urgent("journal", "the journal does not give back what is indexed", why, fix)
    });
    [ingest, index, journal].into_iter().flatten().collect()
}

fn nothing_received(status: &Status) -> Option<Finding> {
    if !status.clusters.is_empty() || !status.sources.is_empty() {
        return None;
    }
    let address = status.ingest.url.as_ref().map_or(String::new(), |url| format!(" to {url}/v1/audit/NAME"));
    Some(Finding::urgent(
        "no-events",
        "no event has ever been received",
        "no API server sends to this address yet, or none gets through",
        format!(
            "`taffrail setup PLATFORM --cluster NAME` prints what to configure; to see that the way is free, post an event{address} from a control plane node"
        ),
    ))
}

/// The receiver was slower than its senders.
fn refused(status: &Status, now: Timestamp, zone: &TimeZone) -> Option<Finding> {
    let last = status.ingest.last_refused?;
    (now.micros() - last.micros() < RECENT_MICROS).then(|| {
        Finding::urgent(
            "refused",
            format!(
                "{} told to come back, the last one at {}",
                counted(status.ingest.refused, "request"),
                shown(last, zone)
            ),
            "more came in at once than this server takes (memory, disk); API servers give up after about 80 s",
            "See what the server's log says at that time; raise ingest.budget_bytes, make room on the disk, or let it have more CPU",
        )
    })
}

fn certificates(status: &Status, now: Timestamp, zone: &TimeZone) -> Vec<Finding> {
    let finding = |certificate: &Certificate| {
        let left = certificate.not_after.micros() - now.micros();
        if left >= CERTIFICATE_SOON_MICROS {
            return None;
        }
        let Certificate { listener, not_after } = certificate;
        let when = if left < 0 { "ended" } else { "ends" };
        let found = Finding::advice(
            "certificate",
            format!("the certificate of the {listener} listener {when} at {}", shown(*not_after, zone)),
            "with a certificate that has ended, nobody connects any more",
            format!("Replace the files of {listener}.tls; the server reads them again by itself"),
        );
        Some(Finding { is_urgent: left < CERTIFICATE_URGENT_MICROS, ..found })
    };
    status.certificates.iter().filter_map(finding).collect()
}

fn notifications(status: &Status) -> impl Iterator<Item = Finding> {
    status.notify.iter().filter_map(|target| {
        let problem = format!(
            "{} takes no events at {}; {} waiting",
            target.name,
            target.url,
            counted(target.waiting, "event")
        );
        let fix = "Look at the receiver, and at url, token and ca of the target in the settings; what waits is sent by itself then";
        Some(Finding::urgent("notify", problem, target.trouble.as_ref()?, fix))
    })
}

fn lag(status: &Status) -> Option<Finding> {
    let lag_ms = status.coverage.as_ref().map_or(0, |coverage| coverage.lag_ms);
    (lag_ms >= LONG_LAG_MS).then(|| {
        let waiting = counted(status.journal.waiting(), "record");
        Finding::urgent(
            "lag",
            format!("answers are {} behind", length_in_words(lag_ms / 1000)),
            format!("{waiting} still to be read from the journal: more comes in than this machine indexes, or it catches up after a stop"),
            "If it does not shrink, give the machine more CPU, or drop what nobody asks for (ingest.drop, the audit policy)",
        )
    })
}

fn disk(status: &Status) -> Option<Finding> {
    let free = status.disk.free_bytes?;
    (free < LITTLE_ROOM_BYTES).then(|| {
        Finding::urgent(
            "disk",
            format!("{} of disk are left", bytes_in_words(free)),
            "when it is full, nothing more is accepted and API servers drop what they have",
            "Make room, or lower the limits of index.retention",
        )
    })
}

/// The byte limit takes events before their age does.
fn room(status: &Status) -> Option<Finding> {
    let room = status.retention?;
    let soon = room.days_left.filter(|days| *days < FEW_DAYS);
    let is_biting = room.removed_by_bytes.events > 0;
    (is_biting || soon.is_some()).then(|| {
        let problem = match soon {
            Some(days) if !is_biting => format!("in {days} days the oldest events are removed to make room"),
            _ => "the oldest events are removed to make room".to_owned(),
        };
        let used = bytes_in_words(room.used_bytes);
        let max = room.max_bytes.map_or("all of the disk".to_owned(), bytes_in_words);
        Finding::advice(
            "room",
            problem,
            format!("{used} of {max} are used (index.retention.max_bytes)"),
            "Raise the limit, shorten the ages of index.retention, or drop what nobody asks for (ingest.drop, the audit policy)",
        )
    })
}

/// One line per cluster, source and reason: the newest gap and how many there were.
fn gaps(status: &Status, now: Timestamp, zone: &TimeZone) -> Vec<Finding> {
    let recent = |gap: &&Gap| now.micros() - gap.to.micros() < RECENT_MICROS && gap.lost != Some(0);
    let mut gaps: Vec<&Gap> =
        status.coverage.iter().flat_map(|coverage| &coverage.gaps).filter(recent).collect();
    gaps.sort_by(|a, b| {
        (&a.cluster, &a.source, &a.reason, b.from).cmp(&(&b.cluster, &b.source, &b.reason, a.from))
    });
    let same = |a: &&Gap, b: &&Gap| (&a.cluster, &a.source, &a.reason) == (&b.cluster, &b.source, &b.reason);
    let silent = |gap: &Gap| {
        let is_of =
            |source: &&crate::read::SourceBody| source.cluster == gap.cluster && source.source == gap.source;
        status.sources.iter().find(is_of).is_some_and(|source| source.silent_since == Some(gap.from))
    };
    gaps.chunk_by(same)
        .filter_map(|chunk| {
            let newest = chunk.first().filter(|gap| !silent(gap))?;
            let times = match chunk.len() {
                1 => String::new(),
                count => format!(", the newest of {count} such gaps of the last day"),
            };
            let source = match newest.cluster.as_str() {
                "" => newest.source.clone(),
                cluster => format!("{cluster}, {}", newest.source),
            };
            Some(Finding::urgent(
                "gap",
                format!(
                    "records of {source} are missing between {} and {}{times}",
                    shown(newest.from, zone),
                    shown(newest.to, zone)
                ),
                newest.reason.clone(),
                "If the API server writes an audit log too, `taffrail import` of it fills the hole; what is there already is not stored twice",
            ))
        })
        .collect()
}

fn dead_letters(status: &Status) -> Option<Finding> {
    let stored = status.dead_letters.stored;
    (stored > 0).then(|| {
        Finding::advice(
            "dead-letters",
            format!("{} could not be decoded", counted(stored, "record")),
            "something sends what is no audit event, or cuts events on the way",
            "`taffrail deadletters` shows where they came from and why they were not understood",
        )
    })
}

fn missing_bodies(status: &Status) -> Vec<Finding> {
    let mut clusters: Vec<(&str, Vec<&str>)> = Vec::new();
    for body in &status.levels {
        let is_wanted = WANTED_WITH_BODIES.contains(&body.resource.as_str());
        if !is_wanted || body.levels.contains_key("RequestResponse") {
            continue;
        }
        match clusters.last_mut().filter(|(cluster, _)| *cluster == body.cluster) {
            Some((_, resources)) => resources.push(&body.resource),
            None => clusters.push((&body.cluster, vec![&body.resource])),
        }
    }
    let finding = |(cluster, resources): (&str, Vec<&str>)| {
        Finding::advice(
            "bodies",
            format!("changes of {} in {cluster} come without what they changed", resources.join(", ")),
            "the audit policy logs them below the level RequestResponse",
            "`taffrail setup PLATFORM` prints a policy that keeps what the answers need",
        )
    };
    clusters.into_iter().map(finding).collect()
}

#[cfg(test)]
mod tests;
