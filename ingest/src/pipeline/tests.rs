use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::thread::ScopedJoinHandle;

use taffrail_event::{BatchBuilder, Origin, RecordFlags, Via};

use super::*;
use crate::fake_sink::FakeSink;
use crate::journal::JournalOptions;
use crate::journal::tests::{TestDisk, open_with};

fn open(dir: &Path) -> Journal {
    let options = JournalOptions { segment_bytes: 4096, min_free_bytes: 0, ..JournalOptions::default() };
    Journal::open(dir, options, 0).unwrap().0
}

fn append(journal: &Journal, received: i64, records: &[String]) {
    let mut builder = BatchBuilder::new(Arc::new(Origin {
        cluster: "prod".into(),
        source: "webhook".into(),
        via: Via::Webhook,
        received: Timestamp::from_micros(received),
    }));
    for record in records {
        builder.push(record.as_bytes(), RecordFlags::default());
    }
    let batch = builder.finish();
    let count = u32::try_from(records.len()).unwrap();
    let appended = journal.append(&[&batch.encode_header(), batch.body()], count).unwrap();
    journal.wait_durable(appended.next).unwrap();
}

fn records(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|n| format!("record {n} {}", "x".repeat(500))).collect()
}

/// Runs the pipeline beside `meanwhile`, then stops it.
fn run_while(
    journal: &Journal,
    sink: &mut FakeSink,
    status: &PipelineStatus,
    meanwhile: impl FnOnce(),
) -> Result<(), IngestError> {
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let running: ScopedJoinHandle<'_, _> = scope.spawn(|| run(journal, sink, &stop, status));
        meanwhile();
        stop.store(true, Ordering::Release);
        running.join().unwrap()
    })
}

fn wait_until(what: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !what() {
        assert!(Instant::now() < deadline, "it did not happen in 20 s");
        thread::yield_now();
    }
}

#[test]
fn what_is_durable_reaches_the_sink_in_order_and_the_journal_is_given_back() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    let (mut sink, status) = (FakeSink::default(), PipelineStatus::default());
    append(&journal, 1, &records(0..50));
    run_while(&journal, &mut sink, &status, || {
        wait_until(|| status.position() == 50);
        append(&journal, 2, &records(50..100));
        wait_until(|| status.position() == 100);
    })
    .unwrap();
    assert_eq!(sink.texts(), records(0..100));
    assert_eq!(sink.offsets, [Some(0), Some(50)]);
    assert_eq!((status.counts().read, sink.committed), (100, 100));
    assert_eq!(journal.first(), 50, "the first segment is not needed any more");

    // A new start goes on where the sink is.
    append(&journal, 3, &records(100..101));
    run_while(&journal, &mut sink, &status, || {}).unwrap();
    assert_eq!(sink.texts(), records(0..101));
}

#[test]
fn a_stop_reads_what_is_durable_first() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    for n in 0..100 {
        append(&journal, 1, &records(n..n + 1));
    }
    let (mut sink, status) = (FakeSink::default(), PipelineStatus::default());
    run_while(&journal, &mut sink, &status, || {}).unwrap();
    assert_eq!((sink.texts(), sink.committed), (records(0..100), 100));
}

#[test]
fn a_sink_that_asks_to_retry_is_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    append(&journal, 1, &records(0..3));
    append(&journal, 2, &records(3..5));
    let (mut sink, status) = (FakeSink::default(), PipelineStatus::default());
    sink.refusals
        .extend([SinkError::Retry("the disk is full".into()), SinkError::Retry("the disk is full".into())]);
    run_while(&journal, &mut sink, &status, || {
        wait_until(|| status.trouble().as_deref() == Some("the disk is full"));
        wait_until(|| status.position() == 5);
    })
    .unwrap();
    assert_eq!(sink.texts(), records(0..5));
    assert_eq!(status.trouble(), None);
}

#[test]
fn a_stop_does_not_wait_for_a_sink_in_trouble() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    append(&journal, 1, &records(0..3));
    let (mut sink, status) = (FakeSink::default(), PipelineStatus::default());
    sink.refusals.extend((0..1000).map(|_| SinkError::Retry("the disk is full".into())));
    run_while(&journal, &mut sink, &status, || wait_until(|| status.trouble().is_some())).unwrap();
    assert_eq!((sink.records.len(), sink.committed, journal.first()), (0, 0, 0));
}

#[test]
fn a_fatal_error_ends_it_and_what_was_taken_is_committed() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    append(&journal, 1, &records(0..3));
    let (mut sink, status) = (FakeSink::default(), PipelineStatus::default());
    run_while(&journal, &mut sink, &status, || {}).unwrap();
    append(&journal, 1, &records(3..4));
    sink.refusals.push_back(SinkError::Fatal("broken".into()));
    let error = run_while(&journal, &mut sink, &status, || {}).unwrap_err();
    assert!(matches!(&error, IngestError::Sink(reason) if reason == "broken"), "{error}");
    assert_eq!(sink.committed, 3);
}

/// The thread that reads ahead stands before a full queue then.
#[test]
fn a_fatal_error_ends_it_however_much_waits() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    let frames = 64;
    for n in 0..frames {
        append(&journal, 1, &["x".repeat(1 << 20), format!("record {n}")]);
    }
    let mut sink = FakeSink { refusals: [SinkError::Fatal("broken".into())].into(), ..FakeSink::default() };
    let error = run(&journal, &mut sink, &AtomicBool::new(false), &PipelineStatus::default()).unwrap_err();
    assert!(matches!(&error, IngestError::Sink(reason) if reason == "broken"), "{error}");

    let status = PipelineStatus::default();
    run_while(&journal, &mut sink, &status, || {}).unwrap();
    let numbers: Vec<_> = sink.texts().into_iter().filter(|text| text.starts_with("record")).collect();
    assert_eq!(numbers, (0..frames).map(|n| format!("record {n}")).collect::<Vec<_>>());
}

/// Breaks the disk while the pipeline is idle, appends a record, and mends the disk once the trouble is seen. `broken` is
/// told how many bytes the record takes.
fn passing_trouble(
    broken: impl FnOnce(&TestDisk, u64),
    trouble: impl Fn(&PipelineStatus) -> Option<String>,
    mended: impl FnOnce(&TestDisk),
) {
    let dir = tempfile::tempdir().unwrap();
    let disk = Arc::new(TestDisk::default());
    let options =
        JournalOptions { segment_max_age: Duration::ZERO, min_free_bytes: 0, ..JournalOptions::default() };
    let (journal, _) = open_with(dir.path(), options, &disk).unwrap();
    let empty = journal.bytes();
    append(&journal, 1, &records(0..1));
    let bytes = journal.bytes() - empty;
    let mut sink = FakeSink { commits_when_ticked: true, ..FakeSink::default() };
    let status = PipelineStatus::default();
    run_while(&journal, &mut sink, &status, || {
        wait_until(|| journal.first() == 1);
        broken(&disk, bytes);
        append(&journal, 2, &records(1..2));
        wait_until(|| trouble(&status).is_some());
        mended(&disk);
        wait_until(|| trouble(&status).is_none() && journal.first() == 2);
        append(&journal, 3, &records(2..3));
        wait_until(|| status.position() == 3);
    })
    .unwrap();
    assert_eq!(sink.texts(), records(0..3));
}

#[test]
fn a_disk_too_full_to_truncate_delays_and_does_not_end_it() {
    passing_trouble(
        |disk, bytes| *disk.room.lock().unwrap() = Some(bytes),
        PipelineStatus::journal_trouble,
        |disk| *disk.room.lock().unwrap() = None,
    );
}

#[test]
fn a_journal_that_cannot_be_read_for_the_moment_delays_and_does_not_end_it() {
    passing_trouble(
        |disk, _| *disk.reads_left.lock().unwrap() = Some(0),
        PipelineStatus::trouble,
        |disk| *disk.reads_left.lock().unwrap() = None,
    );
}

#[test]
fn the_sink_is_ticked_while_idle() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    let (mut sink, status) = (FakeSink::default(), PipelineStatus::default());
    let started = Instant::now();
    run_while(&journal, &mut sink, &status, || wait_until(|| started.elapsed() > Duration::from_millis(350)))
        .unwrap();
    assert!(sink.ticks >= 2, "{}", sink.ticks);
}

#[test]
fn damage_in_the_journal_becomes_a_gap_and_the_rest_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    append(&journal, 1_000, &records(0..2));
    append(&journal, 2_000, &records(2..4));
    append(&journal, 3_000, &records(4..6));
    drop(journal);
    let segment = fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.to_string_lossy().ends_with(".seg"))
        .unwrap();
    let bytes = fs::read(&segment).unwrap();
    let at = memchr::memmem::find(&bytes, b"record 2 ").unwrap();
    fs::File::options().write(true).open(&segment).unwrap().write_all_at(b"RECORD", at as u64).unwrap();

    let journal = open(dir.path());
    let (mut sink, status) = (FakeSink::default(), PipelineStatus::default());
    run_while(&journal, &mut sink, &status, || {}).unwrap();
    assert_eq!(sink.texts(), [records(0..2), records(4..6)].concat());
    assert_eq!(sink.gaps.len(), 1, "{:?}", sink.gaps);
    let gap = &sink.gaps[0];
    assert_eq!((gap.lost, gap.source.as_str(), gap.cluster.as_str()), (Some(2), "journal", ""));
    assert_eq!((gap.from.micros(), gap.to.micros()), (1_000, 3_000));
    assert!(gap.reason.contains("journal damage in"), "{}", gap.reason);
}
