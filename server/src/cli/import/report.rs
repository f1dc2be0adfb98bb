//! What an import did, in a few lines.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use taffrail_event::WriteCounts;
use taffrail_ingest::import::ImportReport;

use crate::cli::answer::{answer, note};
use crate::cli::bytes::bytes_in_words;
use crate::cli::table::{counted, grouped};
use crate::data_dir::DataDir;
use crate::exit::{FOUND, NOTHING_FOUND};

/// What was sent to a server.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sent {
    pub(super) records: u64,
    /// What is no event and became a dead letter there.
    pub(super) broken: u64,
    /// What was too large to be sent whole, and is not marked as cut there.
    pub(super) cut: u64,
    /// Broken parts of standard input of which only the beginning was sent.
    pub(super) shortened: u64,
    /// Requests.
    pub(super) requests: u64,
    /// Bytes of their bodies.
    pub(super) bytes: u64,
    /// How often the server asked to come back.
    pub(super) put_off: u64,
    /// `None` when nobody could be asked.
    pub(super) outcome: Option<Outcome>,
    pub(super) took: Duration,
}

/// What a server made of what it was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Outcome {
    /// Records that were not searchable when waiting ended.
    pub(super) waiting: u64,
    /// What the server counted meanwhile, from all its senders.
    pub(super) counts: WriteCounts,
    /// What the server did not keep because of its `ingest.drop`.
    pub(super) dropped: u64,
    /// Flow records that others stand for, because of its `ingest.fold_flows`.
    pub(super) folded_flows: u64,
}

impl Outcome {
    /// The records that came to it.
    pub(super) fn seen(&self) -> u64 {
        self.counts.read + self.dropped + self.folded_flows
    }
}

/// Of an import into a directory.
pub(super) fn direct(report: &ImportReport, cluster: &str, dir: &DataDir) -> anyhow::Result<ExitCode> {
    let counts = report.counts;
    let mut lines = vec![format!(
        "read {} of cluster {cluster} into {}: {} in {:.1} s ({:.1} MB/s)",
        counted(counts.read + report.dead + report.dropped + report.folded, "record"),
        dir.path().display(),
        bytes_in_words(report.bytes),
        report.took.as_secs_f64(),
        rate(report.bytes, report.took),
    )];
    lines.extend(became(counts));
    lines.push(line("dead", report.dead, "that are no audit events; see `taffrail deadletters`"));
    if report.skipped > 0 {
        lines.push(line("skipped", report.skipped, "of other programs and services, in the same envelopes"));
    }
    lines.extend(alike(report.folded));
    lines.extend(dropped(report.dropped));
    if report.cut > 0 {
        lines.push(line("cut", report.cut, "whose bodies were over ingest.max_event_bytes"));
    }
    write(&lines, counts.read + report.dropped + report.folded, report.dead)
}

/// Of an import through a server.
pub(super) fn sent(sent: &Sent, cluster: &str, ingest: &str) -> anyhow::Result<ExitCode> {
    let mut lines = vec![format!(
        "sent {} of cluster {cluster} to {ingest} in {}: {} in {:.1} s ({:.1} MB/s); all are acknowledged",
        counted(sent.records, "record"),
        counted(sent.requests, "request"),
        bytes_in_words(sent.bytes),
        sent.took.as_secs_f64(),
        rate(sent.bytes, sent.took),
    )];
    if let Some(outcome) = sent.outcome {
        lines.extend(became(outcome.counts));
        lines.extend(alike(outcome.folded_flows));
        lines.extend(dropped(outcome.dropped));
        if outcome.counts.held > 0 {
            lines.push(line(
                "waiting",
                outcome.counts.held,
                "starts of requests, for their end, up to `index.hold`",
            ));
        }
    }
    if sent.broken > 0 {
        lines.push(line("dead", sent.broken, "parts that are no audit events; see `taffrail deadletters`"));
    }
    if sent.cut > 0 {
        lines.push(line(
            "cut",
            sent.cut,
            "too large to be sent whole: without their bodies, and not marked so",
        ));
    }
    if sent.shortened > 0 {
        lines.push(line(
            "shortened",
            sent.shortened,
            "of these parts, of which only the first 68 KiB were sent",
        ));
    }
    if sent.put_off > 0 {
        lines.push(line("put off", sent.put_off, "times the server asked to come back"));
    }
    lines.push(match sent.outcome {
        None => "  they become searchable within seconds; the server's status says when".to_owned(),
        Some(outcome) if outcome.waiting == 0 && outcome.seen() > sent.records => {
            "  all are searchable; others sent to the server meanwhile, and their records are in these counts"
                .to_owned()
        }
        Some(Outcome { waiting: 0, .. }) => "  all are searchable".to_owned(),
        Some(_) => "  the last are not searchable yet; the server's status says when".to_owned(),
    });
    write(&lines, sent.records, sent.broken)
}

fn became(counts: WriteCounts) -> Vec<String> {
    let mut lines = vec![
        line("kept", counts.kept, "new events"),
        line("folded", counts.folded, "further stages and better copies of an event's request"),
        line("duplicate", counts.duplicate, "copies of what was there"),
    ];
    if counts.expired > 0 {
        lines.push(line("expired", counts.expired, "older than index.retention keeps; not indexed"));
    }
    if counts.conflicts > 0 {
        lines.push(line(
            "conflicts",
            counts.conflicts,
            "of one request and stage that differ; both are kept",
        ));
    }
    lines
}

fn alike(folded: u64) -> Option<String> {
    let meaning = "flow records that differ from another in their time alone; by ingest.fold_flows that one stands for them";
    (folded > 0).then(|| line("alike", folded, meaning))
}

fn dropped(dropped: u64) -> Option<String> {
    (dropped > 0).then(|| line("dropped", dropped, "named by ingest.drop; not kept"))
}

fn line(what: &str, count: u64, meaning: &str) -> String {
    format!("  {what:<10} {:>12}  {meaning}", grouped(count))
}

fn rate(bytes: u64, took: Duration) -> f64 {
    bytes as f64 / 1e6 / took.as_secs_f64().max(0.001)
}

/// Whoever imports a file without a single event has probably named the wrong one.
fn write(lines: &[String], records: u64, dead: u64) -> anyhow::Result<ExitCode> {
    answer(|out| {
        for line in lines {
            writeln!(out, "{line}")?;
        }
        if records > 0 {
            return Ok(FOUND);
        }
        out.flush()?;
        note(match dead {
            0 => "there is no audit event in it: is it the right file?",
            _ => {
                "there is no audit event in it: is it the right file? `taffrail deadletters` shows what was found"
            }
        });
        Ok(NOTHING_FOUND)
    })
}
