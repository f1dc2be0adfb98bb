//! How fast a log that is there already is followed: read, cut into lines, redacted, and durable in the journal.
//!
//! The directory is `TAFFRAIL_BENCH_DIR`, else the working directory: `/tmp` may be memory, where a sync is free.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use flate2::read::GzDecoder;
use taffrail_config::RedactionSettings;
use taffrail_event::{Gap, Position};
use taffrail_ingest::journal::{Journal, JournalOptions};
use taffrail_ingest::redact::Redactor;
use taffrail_ingest::tail::{TailOptions, TailSink, TailSource, TailStatus, run};
use taffrail_ingest::{DeadLetters, Intake, IntakeError, IntakeLimits, IntakeOrigin, Receipt};

/// Counts, and ends the run once everything is durable.
struct UntilAll<'a> {
    intake: &'a Intake,
    left: AtomicU64,
    stop: &'a AtomicBool,
}

impl TailSink for UntilAll<'_> {
    fn receive(&self, origin: &IntakeOrigin, lines: &[u8]) -> Result<Receipt, IntakeError> {
        let receipt = self.intake.receive(origin, lines)?;
        if self.left.fetch_sub(receipt.records, Ordering::Relaxed) == receipt.records {
            self.stop.store(true, Ordering::Relaxed);
        }
        Ok(receipt)
    }

    fn report_gap(&self, gap: &Gap) -> Result<Position, IntakeError> {
        self.intake.report_gap(gap)
    }
}

fn follow(criterion: &mut Criterion) {
    let compressed = concat!(env!("CARGO_MANIFEST_DIR"), "/../samples/audit/large.jsonl.gz");
    let file = std::fs::File::open(compressed).expect("the samples are in the repository");
    let mut lines = Vec::new();
    GzDecoder::new(file).read_to_end(&mut lines).expect("the sample is whole");
    let folder = std::env::var_os("TAFFRAIL_BENCH_DIR").map_or_else(|| PathBuf::from("."), PathBuf::from);
    let dir = tempfile::tempdir_in(folder).expect("a temporary directory");
    let log = dir.path().join("audit.log");
    std::fs::write(&log, &lines).expect("space for the sample");

    let mut group = criterion.benchmark_group("tail");
    group.sample_size(10).warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(10));
    group.throughput(Throughput::Bytes(lines.len() as u64));
    group.bench_function("plain", |bencher| {
        bencher.iter_custom(|rounds| (0..rounds).map(|_| follow_once(dir.path(), &log)).sum());
    });
    group.finish();
}

/// Into a fresh journal, from the start.
fn follow_once(dir: &Path, log: &Path) -> Duration {
    let data = tempfile::tempdir_in(dir).expect("a temporary directory");
    let options = JournalOptions { min_free_bytes: 0, ..JournalOptions::default() };
    let (journal, _) = Journal::open(&data.path().join("journal"), options, 0).expect("a journal");
    let dead = DeadLetters::open(&data.path().join("dead"), 1 << 20).expect("a store for dead letters");
    let redactor = Redactor::new(&RedactionSettings::default(), &[7; 32]).expect("the key is long enough");
    let limits =
        IntakeLimits { max_event_bytes: 64 << 20, budget_bytes: 256 << 20, max_decompressed_bytes: 2 << 30 };
    let intake = Intake::new(journal, Arc::new(redactor), Arc::new(dead), limits);
    let stop = AtomicBool::new(false);
    let sink = UntilAll { intake: &intake, left: AtomicU64::new(61_028), stop: &stop };
    let source = TailSource {
        patterns: vec![log.display().to_string()],
        cluster: "bench".into(),
        node: String::new(),
        has_flows: false,
        from_end: false,
    };
    let options =
        TailOptions { sources: vec![source], dir: data.path().join("tail"), max_line_bytes: 64 << 20 };
    let begun = Instant::now();
    run(&options, &sink, &TailStatus::default(), &stop).expect("the log can be followed");
    begun.elapsed()
}

criterion_group!(benches, follow);
criterion_main!(benches);
