//! Looks at a journal from another process while its writer runs. Changes nothing.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use super::disk::{Disk, HostDisk};
use super::error::JournalError;
use super::scan::{Hole, Scanner, Step};
use super::segment::{FORMAT_VERSION, SegmentHeader, list_segments, segment_path};

/// How often a segment may vanish under the look before it is given up.
const ATTEMPTS: usize = 5;

/// What a journal directory holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct JournalSummary {
    /// First sequence number that is still there.
    pub first: u64,
    /// The sequence number after the last whole frame, durable or not.
    pub next: u64,
    /// Bytes of all segments.
    pub bytes: u64,
    /// How many segment files there are.
    pub segments: usize,
}

/// Summarises the journal in `dir`. A directory that does not exist is an empty journal.
pub fn inspect(dir: &Path) -> Result<JournalSummary, JournalError> {
    if !dir.try_exists().map_err(JournalError::io("open", dir))? {
        return Ok(JournalSummary::default());
    }
    let mut attempts = 0;
    loop {
        attempts += 1;
        match look(dir) {
            // The writer truncated between listing and opening.
            Err(JournalError::Io { source, .. })
                if source.kind() == io::ErrorKind::NotFound && attempts < ATTEMPTS => {}
            looked => return looked,
        }
    }
}

fn look(dir: &Path) -> Result<JournalSummary, JournalError> {
    let segments = list_segments(dir)?;
    let (Some((first, _)), Some((last, _))) = (segments.first(), segments.last()) else {
        return Ok(JournalSummary::default());
    };
    let path = segment_path(dir, *last);
    let file = File::open(&path).map_err(JournalError::io("open", &path))?;
    let header = SegmentHeader::read(&HostDisk, &file, *last).map_err(JournalError::io("read", &path))?;
    if let SegmentHeader::Newer(found) = header {
        return Err(JournalError::NewerFormat { path, found, supported: FORMAT_VERSION });
    }
    let next = match header.salt() {
        Some(salt) => {
            let disk: Arc<dyn Disk> = Arc::new(HostDisk);
            let scanner = Scanner::new(disk, file, salt, *last);
            end_of(scanner).map_err(JournalError::io("read", &path))?
        }
        // Just being created, or damaged: the name is all there is.
        None => *last,
    };
    let bytes = segments.iter().map(|(_, bytes)| bytes).sum();
    Ok(JournalSummary { first: *first, next, bytes, segments: segments.len() })
}

fn end_of(mut scanner: Scanner) -> io::Result<u64> {
    scanner.limit = scanner.file_bytes()?;
    loop {
        match scanner.step()? {
            Step::Frame(_) | Step::Hole(Hole { next_good: Some(_), .. }) => {}
            Step::Hole(_) | Step::End => return Ok(scanner.expected),
        }
    }
}
