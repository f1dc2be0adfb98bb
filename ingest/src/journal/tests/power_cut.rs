use std::ops::Range;

use proptest::prelude::*;

use super::*;

/// What a power cut does to bytes that were written but not synced.
#[derive(Debug, Clone)]
enum Loss {
    Cut(usize),
    /// The file has its length, but some pages never arrived.
    Zeros(Range<usize>),
    Garbage(Vec<u8>),
}

fn loss() -> impl Strategy<Value = Loss> {
    prop_oneof![
        any::<usize>().prop_map(Loss::Cut),
        (any::<usize>(), any::<usize>()).prop_map(|(from, to)| Loss::Zeros(from..to)),
        prop::collection::vec(any::<u8>(), 1..300).prop_map(Loss::Garbage),
    ]
}

fn lose(loss: &Loss, bytes: &mut Vec<u8>, unsynced: Range<u64>) {
    let (start, len) = (unsynced.start as usize, (unsynced.end - unsynced.start) as usize);
    match loss {
        Loss::Cut(at) => bytes.truncate(start + at % (len + 1)),
        Loss::Zeros(range) => {
            let from = start + range.start % (len + 1);
            let to = start + range.end % (len + 1);
            bytes[from.min(to)..from.max(to)].fill(0);
        }
        Loss::Garbage(with) => {
            let with = &with[..with.len().min(len)];
            bytes[start..start + with.len()].copy_from_slice(with);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn what_was_durable_survives_and_the_rest_is_whole_or_gone(
        synced in 0..25_u64,
        unsynced in 0..8_u64,
        segment_bytes in 100..1500_u64,
        loss in loss(),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let disk = Arc::new(TestDisk::default());
        let for_journal: Arc<dyn disk::Disk> = Arc::<TestDisk>::clone(&disk);
        let options = JournalOptions { segment_bytes, ..small() };
        let (journal, _) = recover::open(dir.path(), options, 0, for_journal).unwrap();
        let mut frames = fill(&journal, 0, synced);
        frames.extend((synced..synced + unsynced).map(|n| append(&journal, n)));
        let durable = journal.durable();

        let copy = copy_of(dir.path());
        for path in segments(dir.path()) {
            let mut bytes = fs::read(&path).unwrap();
            lose(&loss, &mut bytes, disk.unsynced(&path));
            fs::write(copy.path().join(path.file_name().unwrap()), bytes).unwrap();
        }
        let (after, report) = open_on(copy.path(), &Arc::new(TestDisk::default())).unwrap();
        prop_assert!(report.next >= durable, "{report:?}");
        let items = read_all(&after, 0);
        assert_covered(&items, &frames, 0, report.next);
        for damage in damage_of(&items) {
            prop_assert!(damage.first_lost >= durable, "{damage:?} although {durable} was durable");
        }
    }
}
