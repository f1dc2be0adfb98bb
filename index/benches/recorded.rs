//! Indexing the recorded benchmark input, without intake: how long the index takes for its part of an import.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use taffrail_config::IndexSettings;
use taffrail_event::{ActorRules, BatchBuilder, Origin, RecordBatch, RecordFlags, Timestamp, Via};
use taffrail_index::Store;

fn batches() -> (Vec<RecordBatch>, u64) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples/audit/large.jsonl.gz");
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).expect("samples are part of the checkout");
    flate2::read::MultiGzDecoder::new(file).read_to_end(&mut bytes).expect("the sample is whole");
    let origin = Arc::new(Origin {
        cluster: "bench".into(),
        source: "bench".into(),
        via: Via::Import,
        received: Timestamp::from_micros(0),
    });
    let mut batch = BatchBuilder::new(origin);
    let mut batches = Vec::new();
    for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        batch.push(line, RecordFlags::default());
        if batch.byte_len() > 4 * 1024 * 1024 {
            batches.push(batch.finish());
        }
    }
    batches.push(batch.finish());
    (batches, bytes.len() as u64)
}

fn index(criterion: &mut Criterion) {
    let (batches, bytes) = batches();
    let mut group = criterion.benchmark_group("index");
    group.throughput(Throughput::Bytes(bytes)).sample_size(10);
    group.bench_function("large.jsonl", |bencher| {
        bencher.iter(|| {
            let dir = tempfile::tempdir().expect("a directory for temporary files");
            let store = Store::open(dir.path(), &IndexSettings::default(), &ActorRules::default())
                .expect("an empty index opens");
            let mut sink = store.sink();
            for batch in &batches {
                sink.write(batch, None).expect("the disk has room");
            }
            sink.finish().expect("the disk has room");
            store.search().progress().bytes
        });
    });
    group.finish();
}

criterion_group!(benches, index);
criterion_main!(benches);
