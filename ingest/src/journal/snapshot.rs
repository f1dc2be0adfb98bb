//! What a copy of a journal consists of, also while its writer runs.

use std::path::{Path, PathBuf};

use super::error::JournalError;
use super::segment::{list_segments, segment_path};

/// How many of the last segments may still be written to.
const WRITTEN_TO: usize = 2;

/// A segment file that a copy needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentFile {
    /// Where it is.
    pub path: PathBuf,
    /// The first position in it.
    pub first: u64,
    /// Whether nothing is written to it any more: a copy may share it by a hard link. The last one may be in the middle of
    /// an append; what is torn at its end is cut off when the copy is opened. The one before it may become the last one again,
    /// when the disk was full as the last one was begun.
    pub is_closed: bool,
}

/// The segments of the journal in `dir` that hold `from` or something behind it, oldest first. The writer may delete one
/// meanwhile.
pub fn segment_files(dir: &Path, from: u64) -> Result<Vec<SegmentFile>, JournalError> {
    if !dir.try_exists().map_err(JournalError::io("open", dir))? {
        return Ok(Vec::new());
    }
    let segments = list_segments(dir)?;
    let below = segments.iter().skip(1).take_while(|(first, _)| *first <= from).count();
    let closed = segments.len().saturating_sub(WRITTEN_TO);
    let file = |(at, (first, _)): (usize, &(u64, u64))| SegmentFile {
        path: segment_path(dir, *first),
        first: *first,
        is_closed: at < closed,
    };
    Ok(segments.iter().enumerate().skip(below).map(file).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_that_hold_the_position_or_more() {
        let dir = tempfile::tempdir().unwrap();
        for first in [0, 10, 20] {
            std::fs::write(segment_path(dir.path(), first), b"").unwrap();
        }
        let check = |from: u64, expected: &[(u64, bool)]| {
            let files = segment_files(dir.path(), from).unwrap();
            let found: Vec<_> = files.iter().map(|file| (file.first, file.is_closed)).collect();
            assert_eq!(found, expected, "{from}");
        };
        check(0, &[(0, true), (10, false), (20, false)]);
        check(9, &[(0, true), (10, false), (20, false)]);
        check(10, &[(10, false), (20, false)]);
        check(25, &[(20, false)]);
        assert_eq!(segment_files(&dir.path().join("missing"), 0).unwrap(), []);
    }
}
