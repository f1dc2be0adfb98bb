//! The status on a screen: what is wrong first, then clusters, sources and sizes.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::Write;

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use taffrail_event::{Timestamp, WriteCounts};

use super::view::Status;
use crate::cli::bytes::bytes_in_words;
use crate::cli::coverage;
use crate::cli::screen::Screen;
use crate::cli::table::{self, Text, Tone, counted, grouped};
use crate::cli::times::{length_in_words, shown, zone_name};
use crate::notify::{NotifyBody, NotifyFailure};
use crate::read::{RoomBody, SourceBody};
use crate::serve::TurnedAwayBody;

/// Nobody plans further ahead.
const MANY_DAYS: u64 = 1000;

/// From the least to the most that an event can hold.
const LEVELS: [&str; 3] = ["Metadata", "Request", "RequestResponse"];

/// A status with what it takes to show it.
pub(super) struct Shown<'a> {
    pub(super) status: &'a Status,
    pub(super) screen: Screen,
    pub(super) zone: &'a TimeZone,
    pub(super) now: Timestamp,
}

impl Shown<'_> {
    /// Writes it.
    pub(super) fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        self.write_problems(out)?;
        self.write_clusters(out)?;
        self.write_sources(out)?;
        self.write_levels(out)?;
        table::write_list(out, self.screen, self.sizes())
    }

    fn write_problems(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let status = self.status;
        let refuses = status.ingest.trouble.iter().map(|why| ("no events are accepted", why));
        let stands = status.index.trouble.iter().map(|why| ("what comes in does not become searchable", why));
        let grows = status.journal.trouble.iter().map(|why| ("the journal does not get smaller", why));
        let untold = status.notify.iter().filter_map(|target| {
            Some(format!("notify: {} takes nothing: {}", target.name, target.trouble.as_ref()?))
        });
        let turned_away = status.ingest.turned_away.iter().map(|sender| self.turned_away(sender));
        let warnings = status.warnings.iter().map(|why| ("warning", why));
        let mut rows: Vec<Vec<Text>> = refuses
            .chain(stands)
            .chain(grows)
            .map(|(what, why)| vec![Text::new(format!("{what}: {why}")).tone(Tone::Bad)])
            .collect();
        rows.extend(untold.chain(turned_away).map(|line| vec![Text::new(line).tone(Tone::Bad)]));
        rows.extend(
            warnings.map(|(what, why)| vec![Text::new(format!("{what}: {why}")).tone(Tone::Notable)]),
        );
        let coverage = status.coverage.iter().flat_map(|coverage| coverage::warnings(coverage, self.zone));
        rows.extend(coverage.map(|line| vec![Text::new(line).tone(Tone::Notable)]));
        if rows.is_empty() {
            return Ok(());
        }
        table::write_list(out, self.screen, rows)?;
        writeln!(out)
    }

    fn turned_away(&self, sender: &TurnedAwayBody) -> String {
        let TurnedAwayBody { sender, reason, path, requests, last, .. } = sender;
        let (times, ago) = (counted(*requests, "time"), self.ago(*last));
        format!(
            "{sender} was refused at {path} {times} ({reason}), the last time {ago}; `taffrail doctor` says what to do"
        )
    }

    fn write_clusters(&self, out: &mut dyn Write) -> std::io::Result<()> {
        if self.status.clusters.is_empty() {
            let why = self
                .status
                .coverage
                .as_ref()
                .map_or("no event has been received yet", coverage::nothing_there);
            return writeln!(out, "{why}\n");
        }
        let rows = self.status.clusters.iter().map(|cluster| {
            vec![
                Text::new(&cluster.cluster),
                Text::number(cluster.events),
                Text::new(shown(cluster.first, self.zone)),
                Text::new(format!("{} ({})", shown(cluster.last, self.zone), self.ago(cluster.last))),
            ]
        });
        table::write(out, self.screen, &["CLUSTER", "EVENTS", "FIRST EVENT", "LAST EVENT"], rows)?;
        writeln!(out)
    }

    fn write_sources(&self, out: &mut dyn Write) -> std::io::Result<()> {
        if self.status.sources.is_empty() {
            return Ok(());
        }
        let rows = self.status.sources.iter().map(|source| {
            vec![
                Text::new(&source.source),
                Text::new(&source.cluster),
                Text::number(source.records),
                Text::new(format!("{:.1}", source.records_per_second)).right(),
                Text::new(bytes_in_words(source.bytes_per_day)).right(),
                Text::number(source.duplicates),
                notable(source.dead_letters),
                notable(source.gaps),
                self.lag(source),
                self.heard(source),
            ]
        });
        let titles = [
            "SOURCE",
            "CLUSTER",
            "RECORDS",
            "PER S",
            "PER DAY",
            "COPIES",
            "DEAD",
            "GAPS",
            "LAG",
            "LAST HEARD",
        ];
        table::write(out, self.screen, &titles, rows)?;
        writeln!(out)
    }

    fn lag(&self, source: &SourceBody) -> Text {
        if let Some(bytes @ 1..) = source.lag_bytes {
            return Text::new(bytes_in_words(bytes)).tone(Tone::Notable);
        }
        match source.lag_ms {
            None => Text::new(""),
            Some(ahead @ ..=-1000) => {
                Text::new(format!("-{}", length_in_words(ahead.unsigned_abs() / 1000))).tone(Tone::Notable)
            }
            Some(..1000) => Text::new("<1s"),
            Some(lag) => Text::new(length_in_words(lag.unsigned_abs() / 1000)),
        }
    }

    fn heard(&self, source: &SourceBody) -> Text {
        let heard = source.last_received.map_or(String::new(), |time| self.ago(time));
        if source.trouble.is_some() {
            return Text::new("cannot be read").tone(Tone::Bad);
        }
        match source.silent_since {
            Some(_) => Text::new(format!("{heard}, silent")).tone(Tone::Bad),
            None => Text::new(heard),
        }
    }

    /// One line per cluster and level, with the resources whose changes came with no better one.
    fn write_levels(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let mut resources: BTreeMap<(&str, Reverse<usize>), Vec<&str>> = BTreeMap::new();
        for body in &self.status.levels {
            let best = LEVELS.iter().rposition(|level| body.levels.contains_key(*level)).unwrap_or_default();
            resources.entry((&body.cluster, Reverse(best))).or_default().push(&body.resource);
        }
        if resources.is_empty() {
            return Ok(());
        }
        let rows = resources.into_iter().map(|((cluster, Reverse(best)), resources)| {
            vec![Text::new(cluster), Text::new(LEVELS[best]), Text::new(resources.join(" "))]
        });
        table::write(out, self.screen, &["CLUSTER", "CHANGES AT LEVEL", "RESOURCES OF THE LAST DAY"], rows)?;
        writeln!(out)
    }

    fn sizes(&self) -> Vec<Vec<Text>> {
        let Status { index, dead_letters, disk, .. } = self.status;
        let line = |name: &str, text: String| vec![Text::new(name).tone(Tone::Quiet), Text::new(text)];
        let mut lines = Vec::new();
        if let (Some(version), Some(uptime)) = (&self.status.version, self.status.uptime_s) {
            lines.push(line("server", format!("version {version}, up {}", length_in_words(uptime))));
        }
        lines.push(line("data", self.status.data.clone()));
        if let Some(url) = &self.status.ingest.url {
            lines.push(line("ingest", format!("{url}/v1/audit/CLUSTER")));
        }
        lines.push(line("journal", self.journal()));
        let commit =
            index.last_commit.map_or(String::new(), |time| format!("; last commit {}", self.ago(time)));
        lines.push(line(
            "index",
            format!(
                "{} in {}, {}{commit}",
                counted(index.documents, "event"),
                counted(index.splits, "split"),
                bytes_in_words(index.bytes)
            ),
        ));
        if let Some(counts) = &index.counts {
            lines.push(line("since start", became(counts)));
        }
        for unwanted in &self.status.ingest.drop {
            let text = format!("{} that match {}", counted(unwanted.dropped, "record"), unwanted.query);
            lines.push(line("not kept", text));
        }
        if self.status.ingest.folded_flows > 0 {
            let text =
                format!("{} of ingest.fold_flows", counted(self.status.ingest.folded_flows, "flow record"));
            lines.push(line("folded", text));
        }
        lines.extend(self.status.notify.iter().map(|target| line("notify", self.notified(target))));
        let letters = match dead_letters.stored {
            0 => "none".to_owned(),
            count => format!(
                "{}, {}; `taffrail deadletters` lists them",
                grouped(count),
                bytes_in_words(dead_letters.bytes)
            ),
        };
        lines.push(line("dead letters", letters));
        lines.extend(self.status.retention.map(|room| line("retention", self::room(room))));
        lines.extend(disk.free_bytes.map(|bytes| line("disk", format!("{} free", bytes_in_words(bytes)))));
        lines.extend(self.status.coverage.iter().map(|coverage| {
            let lag = SignedDuration::from_millis(i64::try_from(coverage.lag_ms).unwrap_or(i64::MAX));
            let lag = if lag < SignedDuration::from_secs(1) {
                "less than a second".to_owned()
            } else {
                length_in_words(lag.as_secs().unsigned_abs())
            };
            line(
                "lag",
                format!(
                    "{lag}; everything received before {} is searchable",
                    shown(coverage.complete_to, self.zone)
                ),
            )
        }));
        lines.push(line("time zone", zone_name(self.zone)));
        lines
    }

    fn journal(&self) -> String {
        let journal = &self.status.journal;
        let size = bytes_in_words(journal.bytes);
        let waiting = match journal.waiting() {
            0 => "all searchable".to_owned(),
            1 => "1 is not yet searchable".to_owned(),
            count => format!("{} are not yet searchable", grouped(count)),
        };
        match journal.end.saturating_sub(journal.first) {
            0 => format!("no records, {size}"),
            count => {
                format!(
                    "{} up to number {}, {size}; {waiting}",
                    counted(count, "record"),
                    grouped(journal.end)
                )
            }
        }
    }

    /// What became of the events of a target.
    fn notified(&self, target: &NotifyBody) -> String {
        let NotifyBody { name, sent, waiting, .. } = target;
        let mut text = format!("{name}: {} sent", counted(*sent, "event"));
        if let Some(last) = target.last_sent {
            text.push_str(&format!(", the last one {}", self.ago(last)));
        }
        text.push_str(&format!(", {} waiting", grouped(*waiting)));
        let others = [
            (target.behind, "not looked at yet"),
            (target.refused, "refused for good"),
            (target.missed, "removed before they were sent"),
        ];
        for (count, what) in others.into_iter().filter(|(count, _)| *count > 0) {
            text.push_str(&format!(", {} {what}", grouped(count)));
        }
        if target.catching_up {
            text.push_str(", more to come from the index");
        }
        if let Some(NotifyFailure { time, reason }) = &target.last_failure {
            text.push_str(&format!("; last failure {}: {reason}", self.ago(*time)));
        }
        text
    }

    fn ago(&self, time: Timestamp) -> String {
        match (self.now.micros() - time.micros()) / 1_000_000 {
            seconds @ 0.. => format!("{} ago", length_in_words(seconds.unsigned_abs())),
            _ => "in the future".to_owned(),
        }
    }
}

/// What became of the records.
fn became(counts: &WriteCounts) -> String {
    let mut text = format!(
        "{}: {}, {} folded into one, {}, {} waiting for their end",
        counted(counts.read, "record"),
        counted(counts.kept, "new event"),
        grouped(counts.folded),
        counted(counts.duplicate, "duplicate"),
        grouped(counts.held)
    );
    if counts.expired > 0 {
        text.push_str(&format!(", {} older than index.retention keeps", grouped(counts.expired)));
    }
    text
}

/// What is taken of the room that there is.
fn room(room: RoomBody) -> String {
    let used = bytes_in_words(room.used_bytes);
    let mut text = match room.max_bytes {
        Some(max) => {
            format!("{used} of {} used, then the oldest events go", bytes_in_words(max))
        }
        None => format!("{used} used, without a limit"),
    };
    if let Some(growth) = room.bytes_per_day {
        text.push_str(&format!("; {} more a day", bytes_in_words(growth)));
    }
    if let Some(days) = room.days_left.filter(|days| *days < MANY_DAYS) {
        text.push_str(&format!(": {days} days left"));
    }
    text
}

/// A count that somebody should look at unless it is nothing.
fn notable(count: u64) -> Text {
    let text = Text::number(count);
    if count > 0 { text.tone(Tone::Notable) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: serde_json::Value, expected: &str) {
        let status: Status = serde_json::from_value(body).unwrap();
        let screen = Screen { width: 100, colour: false, is_terminal: false };
        let now = Timestamp::parse("2026-11-23T16:00:00Z").unwrap();
        let mut out = Vec::new();
        Shown { status: &status, screen, zone: &TimeZone::UTC, now }.write(&mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn a_server_in_trouble() {
        check(
            serde_json::json!({
                "version": "0.1.0", "started": "2026-11-23T13:59:00.000000Z", "uptime_s": 7260, "data": "/data",
                "warnings": ["allow_insecure is on"],
                "api": {"url": "http://127.0.0.1:8585"},
                "ingest": {"url": "http://127.0.0.1:8586", "in_flight_bytes": 0, "budget_bytes": 1, "trouble": "the disk is full", "turned_away": [{"sender": "10.0.0.9", "reason": "login_failed", "detail": "no", "path": "/v1/audit/prod", "requests": 1, "last": "2026-11-23T15:59:00.000000Z"}], "drop": [{"query": "uri:/healthz", "dropped": 1200}]},
                "journal": {"first": 1000, "end": 2500, "durable": 2500, "searchable": 2000, "bytes": 2048, "trouble": "no room"},
                "index": {
                    "documents": 1234567, "splits": 3, "bytes": 5000000, "last_commit": "2026-11-23T15:59:58.000000Z",
                    "counts": {"read": 10, "kept": 7, "folded": 2, "duplicate": 1, "held": 0, "conflicts": 0, "expired": 4},
                    "trouble": null,
                },
                "dead_letters": {"stored": 2, "bytes": 900, "received": 5}, "retention": {"used_bytes": 5242880, "max_bytes": 10485760, "bytes_per_day": 1048576, "days_left": 5}, "disk": {"free_bytes": 1073741824},
                "clusters": [{"name": "prod", "first": "2026-11-20T00:00:00.000000Z", "last": "2026-11-23T15:59:57.000000Z", "events": 1234567}],
                "sources": [{
                    "cluster": "prod", "source": "webhook \u{1b}", "requests": 3, "records": 2500, "bytes": 10, "dead_letters": 2,
                    "cut": 0, "last_received": "2026-11-23T15:59:57.000000Z", "records_per_second": 12.345,
                    "bytes_per_day": 5000000, "duplicates": 3, "gaps": 1, "lag_ms": -2500,
                }, {
                    "cluster": "prod", "source": "webhook:10.0.0.2", "lag_ms": 30100,
                    "last_received": "2026-11-23T15:50:00.000000Z", "silent_since": "2026-11-23T15:50:00.000000Z",
                }],
                "levels": [
                    {"cluster": "prod", "resource": "pods", "levels": {"Metadata": 3, "RequestResponse": 9}},
                    {"cluster": "prod", "resource": "secrets", "levels": {"Metadata": 3}},
                    {"cluster": "prod", "resource": "services", "levels": {"RequestResponse": 1}},
                ],
                "notify": [{
                    "name": "team", "url": "https://h/x", "query": "kind:gap", "sent": 1200, "failed": 3, "refused": 1, "missed": 0,
                    "waiting": 2, "behind": 30, "catching_up": true, "last_sent": "2026-11-23T15:00:00.000000Z",
                    "last_failure": {"time": "2026-11-23T15:59:00.000000Z", "reason": "answered 500: \u{1b}"}, "trouble": "answered 500: \u{1b}",
                }],
                "coverage": {"complete_to": "2026-11-23T15:59:55.000000Z", "lag_ms": 5000, "partial": false, "gaps": []},
                "new_in_a_later_release": {},
            }),
            "\
no events are accepted: the disk is full
the journal does not get smaller: no room
notify: team takes nothing: answered 500: \\u{1b}
10.0.0.9 was refused at /v1/audit/prod 1 time (login_failed), the last time 1m 0s ago; `taffrail
doctor` says what to do
warning: allow_insecure is on

CLUSTER  EVENTS     FIRST EVENT          LAST EVENT
prod     1,234,567  2026-11-20 00:00:00  2026-11-23 15:59:57 (3s ago)

SOURCE            CLUSTER  RECORDS  PER S  PER DAY  COPIES  DEAD  GAPS  LAG  LAST HEARD
webhook \\u{1b}    prod       2,500   12.3  4.7 MiB       3     2     1  -2s  3s ago
webhook:10.0.0.2  prod           0    0.0      0 B       0     0     0  30s  10m 0s ago, silent

CLUSTER  CHANGES AT LEVEL  RESOURCES OF THE LAST DAY
prod     RequestResponse   pods services
prod     Metadata          secrets

server        version 0.1.0, up 2h 1m
data          /data
ingest        http://127.0.0.1:8586/v1/audit/CLUSTER
journal       1,500 records up to number 2,500, 2.0 KiB; 500 are not yet searchable
index         1,234,567 events in 3 splits, 4.7 MiB; last commit 2s ago
since start   10 records: 7 new events, 2 folded into one, 1 duplicate, 0 waiting for their end, 4
              older than index.retention keeps
not kept      1,200 records that match uri:/healthz
notify        team: 1,200 events sent, the last one 1h 0m ago, 2 waiting, 30 not looked at yet, 1
              refused for good, more to come from the index; last failure 1m 0s ago: answered 500:
              \\u{1b}
dead letters  2, 900 B; `taffrail deadletters` lists them
retention     5.0 MiB of 10.0 MiB used, then the oldest events go; 1.0 MiB more a day: 5 days left
disk          1.0 GiB free
lag           5s; everything received before 2026-11-23 15:59:55 is searchable
time zone     UTC
",
        );
    }

    #[test]
    fn an_empty_directory() {
        check(
            serde_json::json!({"data": "/data", "journal": {}, "index": {}, "clusters": []}),
            "\
no event has been received yet

data          /data
journal       no records, 0 B
index         0 events in 0 splits, 0 B
dead letters  none
time zone     UTC
",
        );
    }
}
