//! What the journal costs: appending and syncing frames of the usual size, and reading them back.
//!
//! The directory is `TAFFRAIL_BENCH_DIR`, else the working directory: `/tmp` may be memory, where a sync is free.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use taffrail_ingest::journal::{Item, Journal, JournalOptions};

const FRAME_BYTES: usize = 256 << 10;
const FRAMES: u64 = 256;
const APPENDERS: u64 = 8;

criterion_group!(benches, append, read_back, reopen);
criterion_main!(benches);

fn append(c: &mut Criterion) {
    let dir = directory();
    let journal = open(dir.path());
    let payload = payload();
    let mut group = c.benchmark_group("journal_append");

    group.throughput(Throughput::Bytes(FRAME_BYTES as u64));
    group.bench_function("256KiB_and_sync", |bench| bench.iter(|| append_durably(&journal, &payload)));

    group.throughput(Throughput::Elements(1));
    group.bench_function("2KiB_and_sync", |bench| bench.iter(|| append_durably(&journal, &payload[..2048])));

    group.throughput(Throughput::Elements(APPENDERS * 32));
    group.bench_function("2KiB_and_sync_by_8_at_once", |bench| {
        bench.iter(|| {
            thread::scope(|scope| {
                for _ in 0..APPENDERS {
                    scope.spawn(|| (0..32).for_each(|_| append_durably(&journal, &payload[..2048])));
                }
            });
        });
    });
    group.finish();
}

fn read_back(c: &mut Criterion) {
    let dir = directory();
    let journal = open(dir.path());
    let payload = payload();
    for _ in 0..FRAMES {
        journal.append(&[&payload], 1).expect("there is room");
    }
    journal.wait_durable(journal.end()).expect("the disk works");
    let mut group = c.benchmark_group("journal_read");
    group.throughput(Throughput::Bytes(FRAMES * FRAME_BYTES as u64));
    group.bench_function("64MiB_in_batches_of_4MiB", |bench| {
        bench.iter(|| {
            let mut reader = journal.reader(0).expect("position 0 exists");
            let mut frames = 0;
            while frames < FRAMES {
                let batch = reader.next(4 << 20, Duration::ZERO).expect("the disk works");
                frames +=
                    batch.iter().filter(|item| matches!(black_box(item), Item::Frame(_))).count() as u64;
            }
        });
    });
    group.finish();
}

fn reopen(c: &mut Criterion) {
    let dir = directory();
    let journal = open(dir.path());
    let payload = payload();
    for _ in 0..FRAMES * 4 {
        journal.append(&[&payload], 1).expect("there is room");
    }
    drop(journal);
    c.bench_function("journal_open/256MiB", |bench| {
        bench.iter_batched(|| (), |()| open(dir.path()), BatchSize::PerIteration);
    });
}

fn append_durably(journal: &Journal, payload: &[u8]) {
    let appended = journal.append(&[payload], 1).expect("there is room");
    journal.wait_durable(appended.next).expect("the disk works");
    if journal.bytes() > 1 << 30 {
        journal.truncate_below(appended.first).expect("the disk works");
    }
}

fn open(dir: &Path) -> Journal {
    let options = JournalOptions { min_free_bytes: 0, ..JournalOptions::default() };
    Journal::open(&dir.join("journal"), options, 0).expect("the directory can be written").0
}

fn directory() -> tempfile::TempDir {
    let parent = std::env::var_os("TAFFRAIL_BENCH_DIR").map_or_else(|| PathBuf::from("."), PathBuf::from);
    tempfile::tempdir_in(parent).expect("the directory can be written")
}

/// Looks like compressed records: no zero pages for the file system to leave out.
fn payload() -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut byte = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 56) as u8
    };
    (0..FRAME_BYTES).map(|_| byte()).collect()
}
