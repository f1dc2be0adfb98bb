//! Tests of the whole journal; those of one part are beside it.

mod damaged;
mod failing;
mod group_commit;
mod harm;
mod limits;
mod model;
mod power_cut;
mod reading;
mod test_disk;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;

pub(crate) use self::test_disk::TestDisk;
use super::*;

/// Long enough for any machine; nothing waits for it unless a test fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// Segments of a few frames, so that a short test crosses many boundaries.
fn small() -> JournalOptions {
    JournalOptions { segment_bytes: 300, min_free_bytes: 0, ..JournalOptions::default() }
}

fn open(dir: &Path) -> (Journal, OpenReport) {
    Journal::open(dir, small(), 0).unwrap()
}

fn open_on(dir: &Path, disk: &Arc<TestDisk>) -> Result<(Journal, OpenReport), JournalError> {
    open_with(dir, small(), disk)
}

/// A journal on a disk that a test can fill.
pub(crate) fn open_with(
    dir: &Path,
    options: JournalOptions,
    disk: &Arc<TestDisk>,
) -> Result<(Journal, OpenReport), JournalError> {
    let disk: Arc<dyn disk::Disk> = Arc::<TestDisk>::clone(disk);
    recover::open(dir, options, 0, disk)
}

/// The frame number `n` of a test: one to three records, 0 to 119 bytes that depend on `n`.
fn frame(n: u64) -> (Vec<u8>, u32) {
    let payload = (0..(n * 37) % 120).map(|i| (n * 31 + i * 7) as u8).collect();
    (payload, 1 + (n % 3) as u32)
}

/// Appends the frames `from..to` and waits for the last.
fn fill(journal: &Journal, from: u64, to: u64) -> Vec<Frame> {
    let frames = (from..to).map(|n| append(journal, n)).collect::<Vec<_>>();
    journal.wait_durable(journal.end()).unwrap();
    frames
}

fn append(journal: &Journal, n: u64) -> Frame {
    let (payload, records) = frame(n);
    let (front, back) = payload.split_at(payload.len() / 3);
    let appended = journal.append(&[front, b"", back], records).unwrap();
    assert_eq!(appended.next - appended.first, u64::from(records));
    Frame { first: appended.first, records, payload: payload.into() }
}

/// Everything durable at or after `from`.
fn read_all(journal: &Journal, from: u64) -> Vec<Item> {
    let mut reader = journal.reader(from).unwrap();
    let mut items = Vec::new();
    loop {
        let batch = reader.next(200, Duration::ZERO).unwrap();
        if batch.is_empty() {
            return items;
        }
        items.extend(batch);
    }
}

fn frames_of(items: &[Item]) -> Vec<Frame> {
    let frame = |item: &Item| match item {
        Item::Frame(frame) => Some(frame.clone()),
        Item::Damage(_) => None,
    };
    items.iter().filter_map(frame).collect()
}

fn damage_of(items: &[Item]) -> Vec<Damage> {
    let damage = |item: &Item| match item {
        Item::Damage(damage) => Some(damage.clone()),
        Item::Frame(_) => None,
    };
    items.iter().filter_map(damage).collect()
}

/// Items must cover every sequence number from `from` to `end` once, in order, by a frame of `frames` or by
/// damage that says so.
#[track_caller]
fn assert_covered(items: &[Item], frames: &[Frame], from: u64, end: u64) {
    let mut at = from;
    for item in items {
        match item {
            Item::Frame(frame) => {
                assert!(frames.contains(frame), "never appended: {frame:?}");
                assert!(frame.first <= at && at < frame.next(), "at {at}: {frame:?} in {items:?}");
                assert!(frame.first == at || at == from, "at {at}: {frame:?}");
                at = frame.next();
            }
            Item::Damage(damage) => {
                let lost = damage.lost.expect("every loss before the end can be counted");
                assert!(damage.first_lost >= at || lost == 0, "at {at}: {damage:?} in {items:?}");
                if lost > 0 {
                    assert_eq!(damage.first_lost, at, "{damage:?} in {items:?}");
                    at += lost;
                    assert_eq!(damage.next_good, Some(at));
                }
            }
        }
    }
    assert_eq!(at, end, "{items:?}");
}

/// The segment files, oldest first.
fn segments(dir: &Path) -> Vec<PathBuf> {
    segment::list_segments(dir)
        .unwrap()
        .into_iter()
        .map(|(first, _)| segment::segment_path(dir, first))
        .collect()
}

fn copy_of(dir: &Path) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    for path in segments(dir) {
        fs::copy(&path, copy.path().join(path.file_name().unwrap())).unwrap();
    }
    copy
}

#[test]
fn an_empty_journal_starts_where_it_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, report) = Journal::open(&dir.path().join("a/journal"), small(), 17).unwrap();
    assert_eq!((report.first, report.next, report.segments, report.torn_bytes), (17, 17, 1, 0));
    assert_eq!((journal.first(), journal.end(), journal.durable()), (17, 17, 17));
    assert_eq!(read_all(&journal, 17), []);
    assert_eq!(append(&journal, 0).first, 17);
}

#[test]
fn what_was_durable_is_there_after_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = open(dir.path());
    let frames = fill(&journal, 0, 40);
    let end = journal.end();
    let bytes = journal.bytes();
    assert!(segments(dir.path()).len() > 5);
    drop(journal);

    let (journal, report) = open(dir.path());
    assert_eq!((report.next, report.torn_bytes, report.bytes), (end, 0, bytes));
    assert_eq!(report.damage, []);
    assert_eq!(frames_of(&read_all(&journal, 0)), frames);
    assert_eq!(append(&journal, 40).first, end);
}

#[test]
fn a_closed_journal_has_synced_everything() {
    let dir = tempfile::tempdir().unwrap();
    let disk = Arc::new(TestDisk::default());
    let (journal, _) = open_on(dir.path(), &disk).unwrap();
    append(&journal, 5);
    drop(journal);
    assert!(disk.unsynced(&segments(dir.path())[0]).is_empty());
}

#[test]
fn what_a_killed_process_left_in_the_page_cache_is_made_durable_first() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = open_on(dir.path(), &Arc::new(TestDisk::default())).unwrap();
    let frames = [append(&journal, 1), append(&journal, 2)];
    let copy = copy_of(dir.path());
    let disk = Arc::new(TestDisk::default());
    let (journal, report) = open_on(copy.path(), &disk).unwrap();
    assert_eq!((journal.durable(), report.torn_bytes), (frames[1].next(), 0));
    assert!(disk.unsynced(&segments(copy.path())[0]).is_empty());
    assert_eq!(frames_of(&read_all(&journal, 0)), frames);
}

#[test]
fn files_belong_to_the_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("journal");
    let (journal, _) = open(&dir);
    fill(&journal, 0, 9);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&dir), 0o700);
    for path in segments(&dir) {
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[test]
fn a_second_writer_is_refused_until_the_first_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = open(dir.path());
    let reader = journal.reader(0).unwrap();
    assert!(matches!(Journal::open(dir.path(), small(), 0), Err(JournalError::Locked { .. })));
    drop(journal);
    assert!(matches!(Journal::open(dir.path(), small(), 0), Err(JournalError::Locked { .. })));
    drop(reader);
    open(dir.path());
}

#[test]
fn the_start_position_moves_forward_only() {
    let dir = tempfile::tempdir().unwrap();
    let reopen = |start| Journal::open(dir.path(), small(), start).unwrap();
    assert_eq!(reopen(100).1.next, 100);
    assert_eq!(reopen(50).1.next, 100);
    // An empty segment is replaced: nothing was lost by the jump.
    let (journal, report) = reopen(200);
    assert_eq!((report.first, report.next, report.segments, report.damage.len()), (200, 200, 1, 0));
    let frames = fill(&journal, 3, 6);
    let end = journal.end();
    drop(journal);
    // With records in it, the journal ends before what the index has seen: that is a loss, and said.
    let (journal, report) = reopen(end + 10);
    assert_eq!((report.first, report.next), (200, end + 10));
    assert_eq!(report.damage.iter().map(|damage| damage.lost).collect::<Vec<_>>(), [Some(10)]);
    let more = fill(&journal, 6, 8);
    let items = read_all(&journal, 200);
    assert_covered(&items, &[frames, more].concat(), 200, journal.end());
    assert_eq!(damage_of(&items).len(), 1);
}

#[test]
fn a_newer_format_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = open(dir.path());
    fill(&journal, 0, 20);
    drop(journal);
    let path = segments(dir.path())[1].clone();
    let mut bytes = fs::read(&path).unwrap();
    for copy in [0, 32] {
        bytes[copy + 8] = 9;
        let crc = crc32c::crc32c(&bytes[copy..copy + 28]);
        bytes[copy + 28..copy + 32].copy_from_slice(&crc.to_le_bytes());
    }
    fs::write(&path, &bytes).unwrap();
    let before = segments(dir.path());
    let error = Journal::open(dir.path(), small(), 0).unwrap_err();
    assert!(matches!(error, JournalError::NewerFormat { found: 9, supported: 1, .. }));
    assert!(error.to_string().contains("journal format 9"), "{error}");
    assert_eq!(segments(dir.path()), before);
    assert_eq!(fs::read(&path).unwrap(), bytes);
}
