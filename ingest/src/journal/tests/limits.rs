use std::sync::atomic::Ordering::SeqCst;

use super::*;

const NO_AGE: JournalOptions = JournalOptions {
    segment_bytes: 1 << 20,
    segment_max_age: Duration::ZERO,
    max_bytes: 1 << 30,
    min_free_bytes: 0,
};

#[test]
fn truncation_deletes_only_what_lies_entirely_below() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = open(dir.path());
    let frames = fill(&journal, 0, 40);
    let firsts: Vec<u64> =
        segment::list_segments(dir.path()).unwrap().iter().map(|(first, _)| *first).collect();
    let check = |seq: u64, expected: u64| {
        journal.truncate_below(seq).unwrap();
        assert_eq!(journal.first(), expected, "truncated below {seq}");
        let on_disk: u64 = segments(dir.path()).iter().map(|path| fs::metadata(path).unwrap().len()).sum();
        assert_eq!(journal.bytes(), on_disk);
        assert_covered(&read_all(&journal, expected), &frames, expected, journal.end());
    };
    check(0, 0);
    check(firsts[1] - 1, 0);
    check(firsts[1], firsts[1]);
    check(firsts[4] + 1, firsts[4]);
    check(u64::MAX, firsts[firsts.len() - 1]);
}

#[test]
fn an_old_segment_is_closed_by_the_next_append_or_truncation() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(dir.path(), NO_AGE, 0).unwrap();
    fill(&journal, 0, 3);
    assert_eq!(segments(dir.path()).len(), 3);
    journal.truncate_below(journal.end()).unwrap();
    assert_eq!((journal.first(), segments(dir.path()).len()), (journal.end(), 1));
    // An empty segment does not age: an idle journal writes nothing.
    let before = segments(dir.path());
    journal.truncate_below(journal.end()).unwrap();
    assert_eq!(segments(dir.path()), before);
}

#[test]
fn a_full_journal_accepts_again_once_truncated() {
    let dir = tempfile::tempdir().unwrap();
    let options = JournalOptions { max_bytes: 2000, segment_bytes: 1 << 20, ..small() };
    let (journal, _) = Journal::open(dir.path(), options, 0).unwrap();
    let full = |journal: &Journal| loop {
        match journal.append(&[&[7; 150]], 1) {
            Ok(_) => {}
            Err(JournalError::Full { limit: 2000, bytes }) => return bytes,
            Err(error) => panic!("{error}"),
        }
    };
    for _ in 0..5 {
        assert!(full(&journal) <= 2000);
        full(&journal);
        assert!(journal.bytes() <= 2000 + 64);
        journal.truncate_below(journal.end()).unwrap();
        assert_eq!(journal.first(), journal.end());
    }
    let error = journal.append(&[&[7; 2000]], 1).unwrap_err();
    assert!(matches!(error, JournalError::TooLarge { limit: 2000, .. }), "{error}");
}

#[test]
fn frames_that_can_never_be_stored_are_refused_for_good() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = open(dir.path());
    assert!(matches!(journal.append(&[b"x"], 0), Err(JournalError::Empty)));
    let part = vec![0; 1 << 20];
    let parts = vec![part.as_slice(); (MAX_PAYLOAD_BYTES >> 20) + 1];
    assert!(matches!(journal.append(&parts, 1), Err(JournalError::TooLarge { .. })));
    assert_eq!(journal.end(), 0);
}

#[test]
fn a_frame_over_the_segment_size_gets_a_segment_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = open(dir.path());
    let sizes = [10, 5000, 10, 300, 0, 236, 1];
    let frames = sizes.map(|bytes| {
        let payload = vec![bytes as u8; bytes];
        let first = journal.append(&[&payload], 1).unwrap().first;
        Frame { first, records: 1, payload: payload.into() }
    });
    journal.wait_durable(7).unwrap();
    assert_eq!(frames_of(&read_all(&journal, 0)), frames);
    let firsts: Vec<u64> =
        segment::list_segments(dir.path()).unwrap().iter().map(|(first, _)| *first).collect();
    assert_eq!(firsts, [0, 1, 2, 3, 4, 5, 6]);
}

#[test]
fn thousands_of_parts_are_one_frame() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = open(dir.path());
    let parts: Vec<[u8; 3]> = (0..5000_u32).map(|n| [n as u8, (n >> 8) as u8, 1]).collect();
    let slices: Vec<&[u8]> = parts.iter().map(<[u8; 3]>::as_slice).collect();
    let appended = journal.append(&slices, 5000).unwrap();
    journal.wait_durable(appended.next).unwrap();
    assert_eq!(frames_of(&read_all(&journal, 0))[0].payload, parts.concat());
}

#[test]
fn the_reserve_of_free_space_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let disk = Arc::new(TestDisk::default());
    let options = JournalOptions { min_free_bytes: 1000, ..small() };
    let for_journal: Arc<dyn disk::Disk> = Arc::<TestDisk>::clone(&disk);
    let (journal, _) = recover::open(dir.path(), options, 0, for_journal).unwrap();
    disk.used.store(u64::MAX - 1250, SeqCst);
    // 250 bytes are above the reserve, and the answer about it is not asked for again while they last.
    journal.append(&[&[1; 100]], 1).unwrap();
    let error = journal.append(&[&[1; 230]], 1).unwrap_err();
    assert!(matches!(error, JournalError::DiskFull { free: 1250, min_free: 1000, .. }), "{error}");
    disk.used.store(0, SeqCst);
    journal.append(&[&[1; 230]], 1).unwrap();
}
