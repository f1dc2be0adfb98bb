//! How fast the splitter cuts recorded events, from lines and from one list.

use std::hint::black_box;
use std::io::Read;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use flate2::read::GzDecoder;
use taffrail_ingest::split::{Piece, Splitter};

fn split(criterion: &mut Criterion) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../samples/audit/large.jsonl.gz");
    let file = std::fs::File::open(path).expect("the samples are in the repository");
    let mut lines = Vec::new();
    GzDecoder::new(file).read_to_end(&mut lines).expect("the sample is whole");
    let items = lines.trim_ascii_end().split(|byte| *byte == b'\n').collect::<Vec<_>>().join(&b","[..]);
    let list = [br#"{"kind":"EventList","items":["#, items.as_slice(), b"]}"].concat();

    let mut group = criterion.benchmark_group("split");
    group.sample_size(10).warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(4));
    for (name, bytes) in [("lines", &lines), ("list", &list)] {
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function(name, |bencher| bencher.iter(|| count(black_box(bytes))));
    }
    group.finish();
}

fn count(bytes: &[u8]) -> usize {
    let mut splitter = Splitter::new(bytes, 64 << 20);
    let mut items = 0;
    while let Some(piece) = splitter.next_piece().expect("memory does not fail") {
        items += usize::from(matches!(piece, Piece::Item { .. }));
    }
    items
}

criterion_group!(benches, split);
criterion_main!(benches);
