//! How fast an import reads and redacts, with a sink that only counts: what is left of the budget is the index's.

use std::hint::black_box;
use std::io::Read;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use flate2::read::GzDecoder;
use taffrail_config::RedactionSettings;
use taffrail_event::{EventSink, Gap, RecordBatch, SinkError, WriteCounts};
use taffrail_ingest::DeadLetters;
use taffrail_ingest::import::{ImportInput, ImportOptions, import};
use taffrail_ingest::redact::Redactor;

/// A fake sink that only counts.
struct CountingSink;

impl EventSink for CountingSink {
    fn write(&mut self, batch: &RecordBatch, _offset: Option<u64>) -> Result<WriteCounts, SinkError> {
        let read = black_box(batch).len() as u64;
        Ok(WriteCounts { read, kept: read, ..WriteCounts::default() })
    }

    fn tick(&mut self) -> Result<WriteCounts, SinkError> {
        Ok(WriteCounts::default())
    }

    fn commit(&mut self) -> Result<(), SinkError> {
        Ok(())
    }

    fn finish(&mut self) -> Result<WriteCounts, SinkError> {
        Ok(WriteCounts::default())
    }

    fn report_gap(&mut self, _gap: Gap) {}

    fn replay_from(&self) -> u64 {
        0
    }
}

fn imports(criterion: &mut Criterion) {
    let compressed = concat!(env!("CARGO_MANIFEST_DIR"), "/../samples/audit/large.jsonl.gz");
    let file = std::fs::File::open(compressed).expect("the samples are in the repository");
    let mut lines = Vec::new();
    GzDecoder::new(file).read_to_end(&mut lines).expect("the sample is whole");
    let dir = tempfile::tempdir().expect("a temporary directory");
    let plain = dir.path().join("large.jsonl");
    std::fs::write(&plain, &lines).expect("space for the sample");
    let dead = DeadLetters::open(&dir.path().join("dead"), 1 << 20).expect("a store for dead letters");
    let redactor = Redactor::new(&RedactionSettings::default(), &[7; 32]).expect("the key is long enough");
    let options = ImportOptions {
        cluster: "bench".into(),
        max_event_bytes: 64 << 20,
        flows: taffrail_ingest::FlowHints::default(),
        filter: None,
        fold_flows: Duration::ZERO,
    };

    let mut group = criterion.benchmark_group("import");
    group.sample_size(10).warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(5));
    group.throughput(Throughput::Bytes(lines.len() as u64));
    for (name, path) in [("plain", plain), ("gzip", compressed.into())] {
        let inputs = [ImportInput::File(path)];
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let report = import(&inputs, &options, &redactor, &dead, &mut CountingSink, &mut |_| {});
                assert_eq!(report.expect("the sample is whole").counts.read, 61_028);
            });
        });
    }
    group.finish();
}

criterion_group!(benches, imports);
criterion_main!(benches);
