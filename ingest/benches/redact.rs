//! Redaction over recorded records: the whole benchmark file, and kinds of records by themselves. Before anything is
//! measured, no secret of the whole file may survive.

#[path = "../src/redact/tests/needles.rs"]
mod needles;

use std::fs::File;
use std::hint::black_box;
use std::io::Read;
use std::path::PathBuf;

use aho_corasick::AhoCorasick;
use criterion::{
    BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main, measurement::WallTime,
};
use taffrail_config::RedactionSettings;
use taffrail_event::AuditRecord;
use taffrail_ingest::redact::Redactor;

fn recorded() -> Vec<Vec<u8>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../samples/audit/large.jsonl.gz");
    let mut bytes = Vec::new();
    let file = File::open(path).expect("the samples are part of the repository");
    flate2::read::MultiGzDecoder::new(file).read_to_end(&mut bytes).expect("the samples are whole");
    bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(<[u8]>::to_vec).collect()
}

/// Panics if a secret of the file is still there after redaction.
fn check(records: &[Vec<u8>]) {
    let needles = needles::needles_of(records);
    assert!(needles.len() > 50, "the file holds only {} secrets", needles.len());
    let search = AhoCorasick::new(&needles).expect("a few hundred needles");
    let redactor = Redactor::new(&RedactionSettings::default(), &[7; 32]).expect("the key is long enough");
    let mut out = Vec::new();
    for record in records {
        out.clear();
        redactor.redact(record, &mut out).expect("recorded events are events");
        assert!(!search.is_match(&out), "a secret survives in {}", String::from_utf8_lossy(&out));
    }
}

fn measure(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, records: &[&Vec<u8>]) {
    let redactor = Redactor::new(&RedactionSettings::default(), &[7; 32]).expect("the key is long enough");
    let bytes: usize = records.iter().map(|record| record.len()).sum();
    group.throughput(Throughput::Bytes(bytes as u64));
    group.bench_function(name, |bencher| {
        let mut out = Vec::with_capacity(1 << 20);
        bencher.iter(|| {
            for record in records {
                if out.len() > 1 << 19 {
                    out.clear();
                }
                redactor.redact(black_box(record), &mut out).expect("recorded events are events");
            }
        });
    });
}

fn redact(criterion: &mut Criterion) {
    let all = recorded();
    check(&all);
    let of = |needle: &str| -> Vec<&Vec<u8>> {
        all.iter()
            .filter(|record| memchr::memmem::find(record, needle.as_bytes()).is_some())
            .take(2000)
            .collect()
    };
    let mut group = criterion.benchmark_group("redact");
    group.sample_size(10);
    measure(&mut group, "large", &all.iter().collect::<Vec<_>>());
    measure(&mut group, "pods", &of(r#""resource":"pods""#));
    measure(&mut group, "secrets", &of(r#""resource":"secrets""#));
    measure(&mut group, "last applied", &of("last-applied-configuration"));
    let records: Vec<_> = all.iter().collect();
    let bytes: usize = records.iter().map(|record| record.len()).sum();
    group.throughput(Throughput::Bytes(bytes as u64));
    group.bench_function("only decoded, for comparison", |bencher| {
        bencher
            .iter(|| records.iter().filter(|record| AuditRecord::decode(black_box(record)).is_ok()).count());
    });
    group.finish();
}

criterion_group!(benches, redact);
criterion_main!(benches);
