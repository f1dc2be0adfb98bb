use std::sync::atomic::Ordering::SeqCst;

use super::*;

fn setup() -> (TempDir, Arc<TestDisk>, Journal) {
    let dir = tempfile::tempdir().unwrap();
    let disk = Arc::new(TestDisk::default());
    let (journal, _) = open_on(dir.path(), &disk).unwrap();
    (dir, disk, journal)
}

#[test]
fn a_full_disk_is_survived_at_every_byte() {
    for room in 0..500 {
        let (dir, disk, journal) = setup();
        *disk.room.lock().unwrap() = Some(room);
        let mut frames = Vec::new();
        let error = loop {
            let n = frames.len() as u64;
            let (payload, records) = frame(n);
            match journal.append(&[&payload], records) {
                Ok(appended) => {
                    frames.push(Frame { first: appended.first, records, payload: payload.into() })
                }
                Err(error) => break error,
            }
        };
        assert!(matches!(error, JournalError::DiskFull { .. }), "{error}");
        let on_disk: u64 = segments(dir.path()).iter().map(|path| fs::metadata(path).unwrap().len()).sum();
        assert_eq!(journal.bytes(), on_disk, "after {room} bytes");
        journal.wait_durable(journal.end()).unwrap();
        *disk.room.lock().unwrap() = None;
        frames.extend(fill(&journal, frames.len() as u64, frames.len() as u64 + 4));
        assert_eq!(frames_of(&read_all(&journal, 0)), frames, "after {room} bytes");
        drop(journal);
        let (journal, report) = open(dir.path());
        assert_eq!((report.torn_bytes, report.damage), (0, vec![]), "after {room} bytes");
        assert_eq!(frames_of(&read_all(&journal, 0)), frames, "after {room} bytes");
    }
}

#[test]
fn a_write_that_cannot_be_undone_stops_the_journal() {
    let (dir, disk, journal) = setup();
    let frames = fill(&journal, 0, 2);
    *disk.room.lock().unwrap() = Some(20);
    disk.refuse_cut.store(true, SeqCst);
    assert!(matches!(journal.append(&[b"lost"], 1), Err(JournalError::Failed { .. })));
    *disk.room.lock().unwrap() = None;
    disk.refuse_cut.store(false, SeqCst);
    assert!(matches!(journal.append(&[b"lost"], 1), Err(JournalError::Failed { .. })));
    assert_eq!(frames_of(&read_all_until_failed(&journal)), frames);
    drop(journal);
    let (journal, report) = open(dir.path());
    assert_eq!((report.torn_bytes, report.next), (20, frames[1].next()));
    assert_eq!(frames_of(&read_all(&journal, 0)), frames);
}

#[test]
fn a_failed_sync_stops_the_journal_for_good() {
    let (dir, disk, journal) = setup();
    let frames = fill(&journal, 0, 2);
    let lost = append(&journal, 2);
    disk.refuse_sync.store(true, SeqCst);
    let check = |result: Result<(), JournalError>| {
        let error = result.unwrap_err();
        assert!(matches!(error, JournalError::Failed { .. }), "{error}");
    };
    check(journal.wait_durable(lost.next()));
    // The kernel reports the error once and then calls the pages clean.
    disk.refuse_sync.store(false, SeqCst);
    let syncs = disk.syncs.load(SeqCst);
    check(journal.wait_durable(lost.next()));
    check(journal.append(&[b"more"], 1).map(drop));
    assert_eq!((journal.durable(), disk.syncs.load(SeqCst)), (frames[1].next(), syncs));
    journal.wait_durable(frames[1].next()).unwrap();
    assert_eq!(frames_of(&read_all_until_failed(&journal)), frames);
    drop(journal);
    assert_eq!(disk.syncs.load(SeqCst), syncs, "not even when closing");
    open(dir.path());
}

fn read_all_until_failed(journal: &Journal) -> Vec<Item> {
    let mut reader = journal.reader(0).unwrap();
    let mut items = Vec::new();
    loop {
        match reader.next(100, Duration::ZERO) {
            Ok(batch) => items.extend(batch),
            Err(JournalError::Failed { .. }) => return items,
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn a_failure_wakes_everybody_who_waits() {
    let (_dir, disk, journal) = setup();
    *disk.hold_syncs.lock().unwrap() = true;
    let frame = append(&journal, 1);
    std::thread::scope(|scope| {
        let waiters = [(); 4].map(|()| scope.spawn(|| journal.wait_durable(frame.next())));
        let reader = scope.spawn(|| journal.reader(0).unwrap().next(1, PATIENCE));
        disk.refuse_sync.store(true, SeqCst);
        disk.release_syncs();
        for waiter in waiters {
            assert!(matches!(waiter.join().unwrap(), Err(JournalError::Failed { .. })));
        }
        assert!(matches!(reader.join().unwrap(), Err(JournalError::Failed { .. })));
    });
}

#[test]
fn a_segment_that_cannot_be_begun_is_tried_again() {
    let (dir, disk, journal) = setup();
    let mut frames = fill(&journal, 0, 4);
    let before = segments(dir.path());
    disk.refuse_dir_sync.store(true, SeqCst);
    let big = [9; 250];
    assert!(matches!(journal.append(&[&big], 1), Err(JournalError::Io { .. })));
    assert_eq!(segments(dir.path()), before, "{:?}", disk.steps.lock().unwrap());
    disk.refuse_dir_sync.store(false, SeqCst);
    let first = journal.append(&[&big], 1).unwrap().first;
    frames.push(Frame { first, records: 1, payload: big.to_vec().into() });
    journal.wait_durable(journal.end()).unwrap();
    assert_eq!(frames_of(&read_all(&journal, 0)), frames);

    // If it can neither be made durable nor removed, trying again would repeat a failed sync.
    disk.refuse_dir_sync.store(true, SeqCst);
    disk.refuse_remove.store(true, SeqCst);
    assert!(matches!(journal.append(&[&big], 1), Err(JournalError::Failed { .. })));
    disk.refuse_dir_sync.store(false, SeqCst);
    disk.refuse_remove.store(false, SeqCst);
    assert!(matches!(journal.append(&[&big], 1), Err(JournalError::Failed { .. })));
    drop(journal);
    let (journal, _) = open(dir.path());
    assert_eq!(frames_of(&read_all(&journal, 0)), frames);
}

#[test]
fn a_new_segment_is_durable_before_its_first_frame_and_after_the_old_one() {
    let (_dir, disk, journal) = setup();
    fill(&journal, 0, 1);
    append(&journal, 1);
    disk.steps.lock().unwrap().clear();
    journal.append(&[&[1; 280]], 1).unwrap();
    journal.wait_durable(journal.end()).unwrap();
    let (old, new) = ("00000000000000000000.seg", format!("{:020}.seg", 3));
    let journal_dir = _dir.path().file_name().unwrap().to_string_lossy();
    let expected = [
        format!("sync {old}"),
        format!("create {new}"),
        format!("write {new}"),
        format!("sync {new}"),
        format!("sync-dir {journal_dir}"),
        format!("write {new}"),
        format!("sync {new}"),
    ];
    assert_eq!(*disk.steps.lock().unwrap(), expected);
}

#[test]
fn truncation_is_made_durable() {
    let (dir, disk, journal) = setup();
    fill(&journal, 0, 12);
    let gone: Vec<String> = segments(dir.path())
        .iter()
        .map(|path| format!("remove {}", path.file_name().unwrap().to_string_lossy()))
        .collect();
    disk.steps.lock().unwrap().clear();
    journal.truncate_below(journal.end()).unwrap();
    let steps = disk.steps.lock().unwrap().clone();
    let (last, removed) = steps.split_last().unwrap();
    assert_eq!(removed, &gone[..gone.len() - 1]);
    assert!(last.starts_with("sync-dir"), "{last}");
}

#[test]
fn a_truncation_on_a_full_disk_deletes_before_it_begins_anything() {
    let dir = tempfile::tempdir().unwrap();
    let disk = Arc::new(TestDisk::default());
    let options = JournalOptions { segment_max_age: Duration::ZERO, ..small() };
    let (journal, _) = open_with(dir.path(), options, &disk).unwrap();
    fill(&journal, 0, 4);
    assert_eq!(segments(dir.path()).len(), 4);
    *disk.room.lock().unwrap() = Some(0);
    let error = journal.truncate_below(journal.end()).unwrap_err();
    assert!(matches!(error, JournalError::DiskFull { .. }), "{error}");
    assert_eq!(segments(dir.path()).len(), 1, "what it could give back it gave back");
    *disk.room.lock().unwrap() = None;
    journal.truncate_below(journal.end()).unwrap();
    assert_eq!(journal.first(), journal.end());
}

#[test]
fn a_segment_that_could_not_be_deleted_is_deleted_by_the_next_truncation() {
    let (dir, disk, journal) = setup();
    fill(&journal, 0, 12);
    let before = (segments(dir.path()), journal.bytes());
    disk.refuse_remove.store(true, SeqCst);
    let error = journal.truncate_below(journal.end()).unwrap_err();
    assert!(matches!(error, JournalError::Io { .. }), "{error}");
    assert_eq!((segments(dir.path()), journal.bytes()), before);
    disk.refuse_remove.store(false, SeqCst);
    journal.truncate_below(journal.end()).unwrap();
    assert_eq!(segments(dir.path()).len(), 1);
}

#[test]
fn a_read_that_fails_for_the_moment_loses_nothing_that_was_read() {
    let (_dir, disk, journal) = setup();
    let frames = fill(&journal, 0, 40);
    for successes in 0..40 {
        *disk.reads_left.lock().unwrap() = Some(successes);
        let mut reader = journal.reader(0).unwrap();
        let mut items = Vec::new();
        loop {
            match reader.next(1 << 20, Duration::ZERO) {
                Ok(batch) if batch.is_empty() => break,
                Ok(batch) => items.extend(batch),
                Err(JournalError::Io { .. }) => *disk.reads_left.lock().unwrap() = None,
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!(frames_of(&items), frames, "after {successes} reads");
        assert_eq!(damage_of(&items), [], "after {successes} reads");
    }
}

#[test]
fn opening_reads_the_last_segment_only() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = open(dir.path());
    fill(&journal, 0, 400);
    let total = journal.bytes();
    drop(journal);
    let disk = Arc::new(TestDisk::default());
    let (_journal, report) = open_on(dir.path(), &disk).unwrap();
    assert_eq!(report.bytes, total);
    let headers = report.segments as u64 * 64;
    let read = disk.bytes_read.load(SeqCst);
    assert!(read <= headers + small().segment_bytes, "{read} of {total} bytes read");
}
