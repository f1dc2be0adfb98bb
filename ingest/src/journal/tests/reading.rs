use super::*;

fn setup() -> (TempDir, Journal, Vec<Frame>) {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = open(dir.path());
    let frames = fill(&journal, 0, 30);
    (dir, journal, frames)
}

#[test]
fn a_reader_starts_anywhere() {
    let (_dir, journal, frames) = setup();
    for from in 0..=journal.end() {
        let expected: Vec<Frame> = frames.iter().filter(|frame| frame.next() > from).cloned().collect();
        assert_eq!(frames_of(&read_all(&journal, from)), expected, "from {from}");
    }
    assert!(matches!(journal.reader(journal.end() + 1), Err(JournalError::BeyondEnd { .. })));
}

#[test]
fn a_batch_is_bounded_and_a_larger_frame_comes_alone() {
    let (_dir, journal, frames) = setup();
    for max_bytes in [0, 1, 50, 119, 500] {
        let mut reader = journal.reader(0).unwrap();
        let mut all = Vec::new();
        while all.len() < frames.len() {
            let batch = frames_of(&reader.next(max_bytes, Duration::ZERO).unwrap());
            let bytes: usize = batch.iter().map(|frame| frame.payload.len()).sum();
            assert!(bytes <= max_bytes || batch.len() == 1, "{bytes} bytes of {max_bytes}");
            assert!(!batch.is_empty());
            all.extend(batch);
        }
        assert_eq!(all, frames);
    }
}

#[test]
fn nothing_is_read_before_it_is_durable() {
    let dir = tempfile::tempdir().unwrap();
    let disk = Arc::new(TestDisk::default());
    let (journal, _) = open_on(dir.path(), &disk).unwrap();
    *disk.hold_syncs.lock().unwrap() = true;
    let frame = append(&journal, 3);
    let mut reader = journal.reader(0).unwrap();
    assert_eq!(reader.next(1000, Duration::from_millis(1)).unwrap(), []);
    disk.release_syncs();
    assert_eq!(reader.next(1000, PATIENCE).unwrap(), [Item::Frame(frame)]);
}

#[test]
fn a_waiting_reader_gets_what_nobody_waits_for() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = open(dir.path());
    std::thread::scope(|scope| {
        let reading = scope.spawn(|| journal.reader(0).unwrap().next(1000, PATIENCE).unwrap());
        // Its client left after the append.
        let frame = append(&journal, 3);
        assert_eq!(reading.join().unwrap(), [Item::Frame(frame)]);
    });
}

#[test]
fn a_reader_follows_across_segments_as_they_come() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = open(dir.path());
    let mut reader = journal.reader(0).unwrap();
    for n in 0..60 {
        let frame = append(&journal, n);
        journal.wait_durable(frame.next()).unwrap();
        assert_eq!(reader.next(1000, Duration::ZERO).unwrap(), [Item::Frame(frame)]);
        if n % 7 == 0 {
            journal.truncate_below(journal.end()).unwrap();
        }
    }
    assert_eq!(reader.next(1000, Duration::ZERO).unwrap(), []);
}

#[test]
fn what_was_given_back_is_reported_to_who_asks_for_it() {
    let (_dir, journal, frames) = setup();
    journal.truncate_below(frames[20].first).unwrap();
    let items = read_all(&journal, 3);
    assert_covered(&items, &frames, 3, journal.end());
    assert_eq!(damage_of(&items)[0].first_lost, 3);
    assert_eq!(damage_of(&items)[0].next_good, Some(journal.first()));
}

#[test]
fn a_reader_in_the_middle_survives_truncation() {
    let (_dir, journal, frames) = setup();
    let mut reader = journal.reader(0).unwrap();
    let mut items = reader.next(1, Duration::ZERO).unwrap();
    journal.truncate_below(frames[20].first).unwrap();
    while items.last() != Some(&Item::Frame(frames[29].clone())) {
        items.extend(reader.next(1000, Duration::ZERO).unwrap());
    }
    assert_covered(&items, &frames, 0, journal.end());
}

#[test]
fn another_process_can_look_while_the_journal_is_written() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(inspect(&dir.path().join("none")).unwrap(), JournalSummary::default());
    assert_eq!(inspect(dir.path()).unwrap(), JournalSummary::default());
    let (journal, _) = open(dir.path());
    for n in 0..30 {
        append(&journal, n);
        let summary = inspect(dir.path()).unwrap();
        assert_eq!((summary.first, summary.next, summary.bytes), (0, journal.end(), journal.bytes()));
        assert_eq!(summary.segments, segments(dir.path()).len());
    }
    journal.truncate_below(10).unwrap();
    assert_eq!(inspect(dir.path()).unwrap().first, journal.first());
    // A frame that is just being written is not counted, and not cut either.
    let last = segments(dir.path()).pop().unwrap();
    let whole = fs::read(&last).unwrap();
    fs::write(&last, [whole.as_slice(), &[0xf6, b'T', b'f']].concat()).unwrap();
    assert_eq!(inspect(dir.path()).unwrap().next, journal.end());
    assert_eq!(fs::read(&last).unwrap().len(), whole.len() + 3);
}

#[test]
fn another_process_finds_the_frame_at_a_position() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(frame_at(&dir.path().join("none"), 0).unwrap(), None);
    let (journal, _) = open(dir.path());
    assert_eq!(frame_at(dir.path(), 0).unwrap(), None);
    let frames = fill(&journal, 0, 40);
    let check = |expected: &[Frame]| {
        for seq in 0..journal.end() + 2 {
            let expected = expected.iter().find(|frame| frame.next() > seq);
            assert_eq!(frame_at(dir.path(), seq).unwrap().as_ref(), expected, "{seq}");
        }
    };
    check(&frames);
    journal.truncate_below(30).unwrap();
    let kept: Vec<_> = frames.iter().filter(|frame| frame.first >= journal.first()).cloned().collect();
    check(&kept);
}
