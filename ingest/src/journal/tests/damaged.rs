use std::sync::atomic::Ordering::SeqCst;

use super::*;

/// A closed journal in three or more segments, its frames and its end.
pub(super) fn written(frames: u64) -> (TempDir, Vec<Frame>, u64) {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = open_on(dir.path(), &Arc::new(TestDisk::default())).unwrap();
    let frames = fill(&journal, 0, frames);
    let end = journal.end();
    drop(journal);
    (dir, frames, end)
}

fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 0x55;
    fs::write(path, bytes).unwrap();
}

/// Opens without waiting for a real disk.
pub(super) fn reopen(dir: &Path) -> (Journal, OpenReport) {
    open_on(dir, &Arc::new(TestDisk::default())).unwrap()
}

#[test]
fn a_torn_tail_is_cut_at_every_byte() {
    let (dir, frames, _) = written(14);
    let last = segments(dir.path()).pop().unwrap();
    let whole = fs::read(&last).unwrap();
    let name = last.file_name().unwrap();
    let check = |cut: usize, tail: &[u8]| {
        let copy = copy_of(dir.path());
        fs::write(copy.path().join(name), [&whole[..cut], tail].concat()).unwrap();
        let (journal, report) = reopen(copy.path());
        assert_eq!(report.damage, [], "cut at {cut}");
        let items = read_all(&journal, 0);
        assert_covered(&items, &frames, 0, report.next);
        let kept = frames_of(&items).len();
        assert_eq!(damage_of(&items), [], "cut at {cut}");
        assert_eq!(frames_of(&items), frames[..kept]);
        assert!(report.torn_bytes <= (cut + tail.len()) as u64);
        let more = fill(&journal, 50, 53);
        drop(journal);
        let (journal, report) = reopen(copy.path());
        assert_eq!((report.torn_bytes, report.damage), (0, vec![]), "cut at {cut}");
        assert_eq!(frames_of(&read_all(&journal, 0)), [&frames[..kept], &more].concat());
        kept
    };
    let mut kept = Vec::new();
    for cut in 0..=whole.len() {
        kept.push(check(cut, &[]));
        // The header was synced before there was anything else: a crash cannot leave more bytes without it.
        if (64..whole.len()).contains(&cut) {
            assert_eq!(check(cut, &vec![0; whole.len() - cut]), kept[cut], "zeros from {cut}");
            assert_eq!(check(cut, &[0xf6; 40]), kept[cut], "garbage from {cut}");
        }
    }
    assert!(kept.is_sorted());
    assert_eq!(kept.last(), Some(&frames.len()));
}

#[test]
fn a_flipped_byte_costs_at_most_its_frame_and_is_reported() {
    let (dir, frames, end) = written(14);
    let paths = segments(dir.path());
    for path in &paths {
        let is_last = Some(path) == paths.last();
        for at in 0..fs::metadata(path).unwrap().len() as usize {
            let copy = copy_of(dir.path());
            let path = copy.path().join(path.file_name().unwrap());
            flip(&path, at);
            let (journal, report) = reopen(copy.path());
            let items = read_all(&journal, 0);
            assert_covered(&items, &frames, 0, report.next);
            let lost_frames = frames.len() - frames_of(&items).len();
            let damage = damage_of(&items);
            let place = format!("byte {at} of {}: {report:?} {damage:?}", path.display());
            if at < 64 {
                assert_eq!((lost_frames, report.next, report.torn_bytes), (0, end, 0), "{place}");
                assert_eq!(damage.iter().map(|d| d.lost).collect::<Vec<_>>(), [Some(0)], "{place}");
            } else if is_last && report.next < end {
                // The last frame: not to be told from a torn tail.
                assert!(lost_frames == 1 && report.torn_bytes > 0 && damage.is_empty(), "{place}");
            } else {
                assert_eq!((lost_frames, report.torn_bytes, damage.len()), (1, 0, 1), "{place}");
                assert_eq!(report.damage.len(), usize::from(is_last), "{place}");
            }
            assert_eq!(report.damage.is_empty(), !is_last || (at >= 64 && damage.is_empty()), "{place}");
            let before = fs::read(&path).unwrap();
            let more = fill(&journal, 50, 53);
            assert_eq!(frames_of(&read_all(&journal, report.next)), more, "{place}");
            let is_untouched = fs::read(&path).unwrap() == before;
            assert!(is_untouched || report.damage.is_empty(), "appended to a damaged file: {place}");
        }
    }
}

#[test]
fn a_payload_cannot_pretend_to_be_frames() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = open(dir.path());
    let mut forged = Vec::new();
    for (first, salt) in [(1, 0), (2, 1), (3, u64::MAX)] {
        let salt = frame::Salt(salt);
        let payload_crc = salt.payload_crc(&[b"forged"]);
        let header = frame::FrameHeader { payload_bytes: 6, first, records: 1, payload_crc };
        forged.extend_from_slice(&header.encode(salt));
        forged.extend_from_slice(b"forged");
    }
    for payload in [b"before".as_slice(), &forged, b"after"] {
        journal.append(&[payload], 1).unwrap();
    }
    journal.wait_durable(3).unwrap();
    drop(journal);
    // The header of the frame in the middle.
    flip(&segments(dir.path())[0], 64 + 28 + 6 + 5);
    let (journal, _) = reopen(dir.path());
    let items = read_all(&journal, 0);
    let payloads: Vec<_> = frames_of(&items).into_iter().map(|frame| frame.payload).collect();
    assert_eq!(payloads, ["before".as_bytes(), b"after"]);
    assert_eq!(damage_of(&items)[0].lost, Some(1));
}

#[test]
fn looking_for_the_next_good_frame_takes_linear_time() {
    let dir = tempfile::tempdir().unwrap();
    let disk = Arc::new(TestDisk::default());
    let (journal, _) = open_on(dir.path(), &disk).unwrap();
    let header = frame::FrameHeader { payload_bytes: 1 << 22, first: 1, records: 1, payload_crc: 0 };
    let hostile = header.encode(frame::Salt(0)).repeat((1 << 23) / 28);
    for payload in [hostile.as_slice(), b"after"] {
        journal.append(&[payload], 1).unwrap();
    }
    journal.append(&[&[0; 400]], 1).unwrap();
    journal.wait_durable(3).unwrap();
    let size = journal.bytes();
    drop(journal);
    flip(&segments(dir.path())[0], 64 + 5);
    let (journal, _) = open_on(dir.path(), &disk).unwrap();
    disk.bytes_read.store(0, SeqCst);
    let items = read_all(&journal, 0);
    assert_eq!(frames_of(&items).len(), 2);
    assert_eq!(damage_of(&items)[0].lost, Some(1));
    let read = disk.bytes_read.load(SeqCst);
    assert!(read < 2 * size, "{read} bytes read of {size}");
}

#[test]
fn a_bad_sector_is_damage_and_not_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let disk = Arc::new(TestDisk::default());
    let options = JournalOptions { segment_bytes: 50_000, ..small() };
    let for_journal: Arc<dyn disk::Disk> = Arc::<TestDisk>::clone(&disk);
    let (journal, _) = recover::open(dir.path(), options, 0, for_journal).unwrap();
    let frames: Vec<Frame> = (0..60)
        .map(|n| {
            let payload = vec![n as u8; 1000];
            let first = journal.append(&[&payload], 2).unwrap().first;
            Frame { first, records: 2, payload: payload.into() }
        })
        .collect();
    journal.wait_durable(journal.end()).unwrap();
    *disk.bad_sector.lock().unwrap() = 20_000..20_001;
    let items = read_all(&journal, 0);
    assert_covered(&items, &frames, 0, journal.end());
    let lost = frames.len() - frames_of(&items).len();
    assert!((1..=6).contains(&lost), "{lost} frames lost to one bad sector");
    assert_eq!(damage_of(&items).len(), 1);
}

#[test]
fn a_damaged_segment_is_set_aside_instead_of_deleted() {
    let (dir, ..) = written(20);
    let paths = segments(dir.path());
    flip(&paths[1], 100);
    let bytes = fs::read(&paths[1]).unwrap();
    let (journal, _) = reopen(dir.path());
    let damage = damage_of(&read_all(&journal, 0));
    assert_eq!(damage[0].segment, paths[1]);
    assert!(damage[0].to_string().contains("check the disk"), "{}", damage[0]);
    journal.truncate_below(journal.end()).unwrap();
    let aside: Vec<PathBuf> =
        fs::read_dir(dir.path().join("damaged")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(aside.iter().map(|path| path.file_name()).collect::<Vec<_>>(), [paths[1].file_name()]);
    assert_eq!(fs::read(&aside[0]).unwrap(), bytes);
    assert_eq!(journal.bytes(), fs::metadata(&segments(dir.path())[0]).unwrap().len());
}

#[test]
fn only_so_many_damaged_segments_are_kept() {
    let (dir, ..) = written(100);
    let paths = segments(dir.path());
    assert!(paths.len() > 20);
    for path in &paths[..20] {
        flip(path, 70);
    }
    let (journal, _) = reopen(dir.path());
    read_all(&journal, 0);
    journal.truncate_below(journal.end()).unwrap();
    let mut kept: Vec<_> =
        fs::read_dir(dir.path().join("damaged")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    kept.sort();
    let newest: Vec<_> = paths[4..20].iter().map(|path| path.file_name().unwrap()).collect();
    assert_eq!(kept, newest);
}

#[test]
fn a_segment_without_a_header_is_read_with_the_salt_of_its_neighbours() {
    let (dir, frames, end) = written(20);
    let paths = segments(dir.path());
    for path in [&paths[1], &paths[paths.len() - 1]] {
        flip(path, 3);
        flip(path, 35);
    }
    let (journal, report) = reopen(dir.path());
    assert_eq!((report.next, report.damage.len()), (end, 1));
    let items = read_all(&journal, 0);
    assert_eq!(frames_of(&items), frames);
    assert_eq!(damage_of(&items).iter().map(|damage| damage.lost).collect::<Vec<_>>(), [Some(0), Some(0)]);
}

#[test]
fn a_journal_of_one_unreadable_segment_begins_anew() {
    let (dir, ..) = written(3);
    let path = segments(dir.path())[0].clone();
    flip(&path, 3);
    flip(&path, 35);
    let (journal, report) = reopen(dir.path());
    assert_eq!((report.next, report.torn_bytes, report.damage.len()), (0, 0, 1));
    assert_eq!(report.damage[0].lost, None);
    assert!(dir.path().join("damaged").join(path.file_name().unwrap()).try_exists().unwrap());
    let frames = fill(&journal, 0, 3);
    assert_eq!(frames_of(&read_all(&journal, 0)), frames);
}

#[test]
fn a_missing_segment_is_reported() {
    let (dir, frames, end) = written(20);
    let paths = segments(dir.path());
    fs::remove_file(&paths[2]).unwrap();
    let (journal, _) = reopen(dir.path());
    // One more is taken away while the journal is open.
    fs::remove_file(&paths[4]).unwrap();
    let items = read_all(&journal, 0);
    assert_covered(&items, &frames, 0, end);
    assert_eq!(damage_of(&items).len(), 2);
}

#[test]
fn a_frame_of_a_later_segment_is_not_believed() {
    let (dir, frames, end) = written(20);
    let paths = segments(dir.path());
    let stray = fs::read(&paths[3]).unwrap();
    let mut bytes = fs::read(&paths[1]).unwrap();
    bytes.extend_from_slice(&stray[64..]);
    fs::write(&paths[1], bytes).unwrap();
    let (journal, _) = reopen(dir.path());
    let items = read_all(&journal, 0);
    assert_eq!((frames_of(&items), journal.end()), (frames, end));
    assert_eq!(damage_of(&items).iter().map(|damage| damage.lost).collect::<Vec<_>>(), [Some(0)]);
}
