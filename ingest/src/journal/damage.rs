//! What a damaged journal tells its reader.

use std::fmt;
use std::path::{Path, PathBuf};

use super::scan::Hole;

/// A place where the journal cannot give back what was appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The segment file, or the journal directory if a whole segment is missing.
    pub segment: PathBuf,
    /// Where in the file.
    pub offset: u64,
    /// How many bytes cannot be used.
    pub bytes: u64,
    /// How many records they held, if that can be told.
    pub lost: Option<u64>,
    /// Sequence number of the first record concerned.
    pub first_lost: u64,
    /// Where reading goes on, if it is known.
    pub next_good: Option<u64>,
    /// What to do.
    pub advice: &'static str,
}

const RESEND: &str = "let the sources send the time around it again (the API server's audit log file, Kafka): \
    what arrived already is recognised; then check the disk and the kernel log";
const KEPT: &str = "no record is lost; check the disk and the kernel log";
const UNREADABLE: &str = "the file was set aside in journal/damaged; let the sources send the time around it again; \
    then check the disk and the kernel log";
const TAIL: &str = "if the machine lost power, these may be records that were never acknowledged; \
    otherwise let the sources send the time around it again and check the disk and the kernel log";
const MISSING: &str = "a segment file is missing or was cut: restore it from a backup, or let the sources send \
    the time around it again";
const JUMP: &str = "the journal ends before what the index has read from it: it was restored from an older copy, \
    or the disk lost what it had confirmed; nothing that is indexed is affected";

impl Damage {
    /// `upper` is the first sequence number that is not in the segment, if known.
    pub(super) fn in_segment(segment: &Path, hole: Hole, upper: Option<u64>) -> Self {
        let next_good = hole.next_good.or(upper);
        let lost = next_good.map(|next| next.saturating_sub(hole.first_lost));
        Self {
            segment: segment.to_path_buf(),
            offset: hole.offset,
            bytes: hole.bytes,
            lost,
            first_lost: hole.first_lost,
            next_good,
            advice: if lost == Some(0) { KEPT } else { RESEND },
        }
    }

    pub(super) fn in_last_segment(segment: &Path, hole: Hole) -> Self {
        Self { advice: TAIL, ..Self::in_segment(segment, hole, None) }
    }

    pub(super) fn header(segment: &Path, bytes: u64, first: u64) -> Self {
        let hole = Hole { offset: 0, bytes, first_lost: first, next_good: Some(first) };
        Self::in_segment(segment, hole, None)
    }

    pub(super) fn unreadable(segment: &Path, bytes: u64, first: u64, upper: Option<u64>) -> Self {
        let hole = Hole { offset: 0, bytes, first_lost: first, next_good: None };
        Self { advice: UNREADABLE, ..Self::in_segment(segment, hole, upper) }
    }

    pub(super) fn missing(segment: &Path, offset: u64, first_lost: u64, next_good: u64) -> Self {
        let hole = Hole { offset, bytes: 0, first_lost, next_good: Some(next_good) };
        Self { advice: MISSING, ..Self::in_segment(segment, hole, None) }
    }

    pub(super) fn jump(dir: &Path, end: u64, start_at_least: u64) -> Self {
        Self { advice: JUMP, ..Self::missing(dir, 0, end, start_at_least) }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { segment, offset, bytes, first_lost, advice, .. } = self;
        write!(f, "journal damage in {} at byte {offset} ({bytes} bytes): ", segment.display())?;
        match self.lost {
            Some(0) => {}
            Some(lost) => write!(f, "{lost} records lost from position {first_lost}: ")?,
            None => write!(f, "an unknown number of records lost from position {first_lost}: ")?,
        }
        f.write_str(advice)
    }
}
