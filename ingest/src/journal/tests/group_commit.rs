use std::sync::atomic::Ordering::SeqCst;
use std::thread;

use super::*;

#[test]
fn appends_during_a_sync_share_the_next_one() {
    let dir = tempfile::tempdir().unwrap();
    let disk = Arc::new(TestDisk::default());
    let options = JournalOptions { min_free_bytes: 0, ..JournalOptions::default() };
    let for_journal: Arc<dyn disk::Disk> = Arc::<TestDisk>::clone(&disk);
    let (journal, _) = recover::open(dir.path(), options, 0, for_journal).unwrap();
    let before = disk.syncs.load(SeqCst);

    *disk.hold_syncs.lock().unwrap() = true;
    thread::scope(|scope| {
        for n in 0..40 {
            let journal = &journal;
            scope.spawn(move || {
                let frame = append(journal, n);
                journal.wait_durable(frame.next()).unwrap();
                assert!(journal.durable() >= frame.next());
            });
        }
        // The first sync may have begun with any of them; all the others wait for the second one.
        while journal.end() < (0..40).map(|n| u64::from(frame(n).1)).sum() {
            thread::yield_now();
        }
        assert_eq!(journal.durable(), 0);
        disk.release_syncs();
    });
    assert!(disk.syncs.load(SeqCst) - before <= 2, "{:?}", disk.steps.lock().unwrap());
    assert_eq!(journal.durable(), journal.end());
}

#[test]
fn concurrent_appenders_and_readers_agree_on_one_order() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) =
        Journal::open(dir.path(), JournalOptions { segment_bytes: 5000, ..small() }, 0).unwrap();
    let total: u64 = 8 * (0..50).map(|n| u64::from(frame(n).1)).sum::<u64>();
    let read = || {
        let mut reader = journal.reader(0).unwrap();
        let mut items = Vec::new();
        let mut next = 0;
        while next < total {
            let batch = reader.next(1000, PATIENCE).unwrap();
            assert!(!batch.is_empty(), "stuck at {next} of {total}");
            next = frames_of(&batch).last().unwrap().next();
            assert!(next <= journal.durable());
            items.extend(batch);
        }
        items
    };
    thread::scope(|scope| {
        let readers = [scope.spawn(read), scope.spawn(read)];
        let append_some = || {
            let frames = (0..50).map(|n| append(&journal, n)).collect::<Vec<_>>();
            journal.wait_durable(frames[49].next()).unwrap();
            frames
        };
        let appenders: Vec<_> = (0..8).map(|_| scope.spawn(append_some)).collect();
        let mut frames: Vec<Frame> =
            appenders.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        frames.sort_by_key(|frame| frame.first);
        for reader in readers {
            let items = reader.join().unwrap();
            assert_eq!(damage_of(&items), []);
            assert_eq!(frames_of(&items), frames);
        }
    });
    assert!(segments(dir.path()).len() > 2);
}

#[test]
fn waiting_for_what_was_never_handed_out_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = open(dir.path());
    append(&journal, 1);
    let end = journal.end();
    journal.wait_durable(0).unwrap();
    journal.wait_durable(end).unwrap();
    let error = journal.wait_durable(end + 1).unwrap_err();
    assert!(matches!(error, JournalError::BeyondEnd { position, end: e } if position == end + 1 && e == end));
}
