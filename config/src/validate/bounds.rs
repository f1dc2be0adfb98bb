//! Sizes, counts and times within which the system can work. The bounds catch slips (a lost unit, a digit too many),
//! not tastes.

use std::time::Duration;

use bytesize::{GIB, KIB, MIB, TIB};

use crate::byte_limit::ByteLimit;
use crate::settings::Settings;
use crate::{byte_size, duration};

const PIB: u64 = 1024 * TIB;

/// The engine's own bounds for the memory of one writer thread.
const WRITER_MEMORY: (u64, u64) = (15_000_000, 4_000_000_000);

pub(super) fn check(settings: &Settings, report: &mut impl FnMut(&str, String)) {
    let Settings { api, ingest, journal, index, .. } = settings;
    let sizes = [
        ("ingest.max_event_bytes", ingest.max_event_bytes, (64 * KIB, GIB)),
        ("ingest.budget_bytes", ingest.budget_bytes, (MIB, TIB)),
        ("ingest.max_decompressed_bytes", ingest.max_decompressed_bytes, (MIB, TIB)),
        ("ingest.dead_letter_bytes", ingest.dead_letter_bytes, (64 * KIB, TIB)),
        ("journal.segment_bytes", journal.segment_bytes, (64 * KIB, 4 * GIB)),
        ("journal.max_bytes", journal.max_bytes, (128 * KIB, PIB)),
        ("journal.min_free_bytes", journal.min_free_bytes, (0, PIB)),
        ("index.commit_bytes", index.commit_bytes, (64 * KIB, 4 * GIB)),
        ("index.hold_bytes", index.hold_bytes, (64 * KIB, 64 * GIB)),
        ("index.writer_memory_bytes", index.writer_memory_bytes, WRITER_MEMORY),
        // None at all is slow and right: every state is read from the index.
        ("index.state_cache_bytes", index.state_cache_bytes, (0, TIB)),
    ];
    for (path, value, (least, most)) in sizes {
        within(path, value, least, most, byte_size::format, report);
    }
    let counts = [
        ("api.max_concurrent_queries", api.max_concurrent_queries as u64, (1, 10_000)),
        ("index.commit_docs", index.commit_docs as u64, (1, 10_000_000)),
        ("index.dedup_keys", index.dedup_keys as u64, (1000, 1_000_000_000)),
        ("index.split_docs", index.split_docs, (100, 1_000_000_000)),
    ];
    for (path, value, (least, most)) in counts {
        within(path, value, least, most, |count| count.to_string(), report);
    }
    let millis = Duration::from_millis;
    let hours = |hours: u64| Duration::from_secs(hours * 3600);
    let times = [
        ("api.query_timeout", api.query_timeout, (millis(1), hours(1))),
        ("ingest.read_timeout", ingest.read_timeout, (millis(10), hours(1))),
        ("ingest.silence_after", ingest.silence_after, (millis(10), hours(24 * 7))),
        ("ingest.fold_flows", ingest.fold_flows, (millis(0), hours(1))),
        ("journal.segment_max_age", journal.segment_max_age, (millis(100), hours(24 * 30))),
        ("index.commit_interval", index.commit_interval, (millis(10), millis(60_000))),
        ("index.hold", index.hold, (millis(0), hours(24))),
        ("index.dedup_window", index.dedup_window, (millis(0), hours(24 * 7))),
        ("quarantine.settle", settings.quarantine.settle, (millis(0), hours(24))),
        ("index.compact_after", index.compact_after, (millis(0), hours(24 * 30))),
    ];
    for (path, value, (least, most)) in times {
        within(path, value, least, most, duration::format, report);
    }
    let retention = &index.retention;
    let ages = [
        ("index.retention.change", retention.change),
        ("index.retention.access", retention.access),
        ("index.retention.flow", retention.flow),
        ("index.retention.notice", retention.notice),
    ];
    for (path, age) in ages {
        // A hundred years; more is a slip, and `unlimited` says it better.
        age.into_iter()
            .for_each(|age| within(path, age, hours(1), hours(24 * 36_525), duration::format, report));
    }
    if let ByteLimit::Bytes(bytes) = retention.max_bytes {
        within("index.retention.max_bytes", bytes, MIB, PIB, byte_size::format, report);
    }
    if ingest.budget_bytes < ingest.max_event_bytes {
        let message = "less than ingest.max_event_bytes, so that the largest event would never fit; raise it";
        report("ingest.budget_bytes", message.to_owned());
    }
    if ingest.max_decompressed_bytes < ingest.max_event_bytes {
        let message = "less than ingest.max_event_bytes, so that the largest event would never fit; raise it";
        report("ingest.max_decompressed_bytes", message.to_owned());
    }
    if journal.max_bytes / 2 < journal.segment_bytes {
        let message =
            "less than two segments (journal.segment_bytes): one is written while the other is given back";
        report("journal.max_bytes", message.to_owned());
    }
}

fn within<T: PartialOrd + Copy>(
    path: &str,
    value: T,
    least: T,
    most: T,
    written: impl Fn(T) -> String,
    report: &mut impl FnMut(&str, String),
) {
    if value < least || value > most {
        let [value, least, most] = [value, least, most].map(written);
        report(path, format!("{value} is out of bounds; write a value from {least} to {most}"));
    }
}
