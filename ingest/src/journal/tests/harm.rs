use proptest::prelude::*;

use super::damaged::{reopen, written};
use super::*;

#[derive(Debug, Clone)]
enum Harm {
    Overwrite(Vec<u8>),
    Insert(Vec<u8>),
    Delete(usize),
    /// A good frame in the wrong place, between frames, behind some garbage.
    Repeat {
        file: usize,
        frame: usize,
        garbage: Vec<u8>,
    },
    Cut,
    Remove,
}

fn harm() -> impl Strategy<Value = Harm> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 1..200).prop_map(Harm::Overwrite),
        prop::collection::vec(any::<u8>(), 1..200).prop_map(Harm::Insert),
        (1_usize..300).prop_map(Harm::Delete),
        (any::<usize>(), any::<usize>(), prop::collection::vec(any::<u8>(), 0..4))
            .prop_map(|(file, frame, garbage)| Harm::Repeat { file, frame, garbage }),
        Just(Harm::Cut),
        Just(Harm::Remove),
    ]
}

fn apply(harm: &Harm, paths: &[PathBuf], path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap_or_default();
    let at = at % (bytes.len() + 1);
    match harm {
        Harm::Overwrite(with) => {
            let end = bytes.len().min(at + with.len());
            bytes.splice(at..end, with[..end - at].iter().copied());
        }
        Harm::Insert(with) => drop(bytes.splice(at..at, with.iter().copied())),
        Harm::Delete(len) => drop(bytes.drain(at..bytes.len().min(at + len))),
        Harm::Repeat { file, frame, garbage } => {
            let from = fs::read(&paths[file % paths.len()]).unwrap_or_default();
            let (starts, places) = (frame_starts(&from), frame_starts(&bytes));
            let frame = frame % starts.len();
            let piece = &from[starts[frame]..*starts.get(frame + 1).unwrap_or(&from.len())];
            let place = places[at % places.len()];
            bytes.splice(place..place, garbage.iter().chain(piece).copied());
        }
        Harm::Cut => bytes.truncate(at),
        Harm::Remove => {
            let _may_be_gone = fs::remove_file(path);
            return;
        }
    }
    fs::write(path, bytes).unwrap();
}

/// Where frames begin, and the end.
fn frame_starts(bytes: &[u8]) -> Vec<usize> {
    let starts = memchr::memmem::find_iter(bytes, &frame::FRAME_MAGIC);
    starts.chain([bytes.len()]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(250))]

    #[test]
    fn any_harm_is_survived_and_every_loss_is_reported(
        harms in prop::collection::vec((harm(), any::<usize>(), any::<usize>()), 1..5),
        from in 0..30_u64,
    ) {
        let (dir, frames, end) = written(20);
        let paths = segments(dir.path());
        for (harm, file, at) in &harms {
            apply(harm, &paths, &paths[file % paths.len()], *at);
        }
        let (journal, report) = reopen(dir.path());
        prop_assert!(report.next <= end);
        let from = from.min(report.next);
        assert_covered(&read_all(&journal, from), &frames, from, report.next);
        let more = fill(&journal, 50, 60);
        let all = [frames, more.clone()].concat();
        let items = read_all(&journal, from);
        assert_covered(&items, &all, from, journal.end());
        prop_assert!(frames_of(&items).ends_with(&more));
        journal.truncate_below(journal.end()).unwrap();
        drop(journal);
        let (journal, report) = reopen(dir.path());
        prop_assert_eq!(report.torn_bytes, 0);
        prop_assert!(report.damage.is_empty());
        prop_assert_eq!(journal.end(), more.last().unwrap().next());
    }

    #[test]
    fn any_bytes_in_a_segment_are_survived(
        bytes in prop::collection::vec(any::<u8>(), 0..2000),
        with_header: bool,
        first in prop_oneof![Just(0), Just(7), Just(u64::MAX), any::<u64>()],
    ) {
        let dir = tempfile::tempdir().unwrap();
        let header = segment::SegmentHeader::encode(first, frame::Salt(5));
        let content = if with_header { [header.as_slice(), &bytes].concat() } else { bytes };
        fs::write(segment::segment_path(dir.path(), first), content).unwrap();
        let (journal, report) = reopen(dir.path());
        prop_assert_eq!(report.next, first);
        prop_assert_eq!(read_all(&journal, first), []);
    }
}
