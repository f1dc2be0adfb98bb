//! Looks at a journal from another process while its writer runs. Changes nothing.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use super::disk::{Disk, HostDisk};
use super::error::JournalError;
use super::frame::Frame;
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
    retried(dir, |segments| summary(dir, segments))
}

/// The first whole frame in `dir` that holds `seq` or something behind it, durable or not.
pub fn frame_at(dir: &Path, seq: u64) -> Result<Option<Frame>, JournalError> {
    retried(dir, |segments| {
        let behind = segments.iter().skip(1).take_while(|(first, _)| *first <= seq).count();
        for (first, _) in segments.iter().skip(behind) {
            let path = segment_path(dir, *first);
            // What cannot be read might have been it.
            let Some(mut scanner) = scanner(&path, *first)? else { return Ok(None) };
            scanner.wanted = seq;
            if let Some(frame) = first_frame(scanner).map_err(JournalError::io("read", &path))? {
                return Ok(Some(frame));
            }
        }
        Ok(None)
    })
}

/// Gives `look` the segments, again if the writer deletes one meanwhile.
fn retried<T: Default>(
    dir: &Path,
    look: impl Fn(&[(u64, u64)]) -> Result<T, JournalError>,
) -> Result<T, JournalError> {
    if !dir.try_exists().map_err(JournalError::io("open", dir))? {
        return Ok(T::default());
    }
    let mut attempts = 0;
    loop {
        attempts += 1;
        match list_segments(dir).and_then(|segments| look(&segments)) {
            Err(JournalError::Io { source, .. })
                if source.kind() == io::ErrorKind::NotFound && attempts < ATTEMPTS => {}
            looked => return looked,
        }
    }
}

fn summary(dir: &Path, segments: &[(u64, u64)]) -> Result<JournalSummary, JournalError> {
    let (Some((first, _)), Some((last, _))) = (segments.first(), segments.last()) else {
        return Ok(JournalSummary::default());
    };
    let path = segment_path(dir, *last);
    let next = match scanner(&path, *last)? {
        Some(scanner) => end_of(scanner).map_err(JournalError::io("read", &path))?,
        // Just being created, or damaged: the name is all there is.
        None => *last,
    };
    let bytes = segments.iter().map(|(_, bytes)| bytes).sum();
    Ok(JournalSummary { first: *first, next, bytes, segments: segments.len() })
}

/// `None` if the segment has no readable header.
fn scanner(path: &Path, first: u64) -> Result<Option<Scanner>, JournalError> {
    let file = File::open(path).map_err(JournalError::io("open", path))?;
    let header = SegmentHeader::read(&HostDisk, &file, first).map_err(JournalError::io("read", path))?;
    if let SegmentHeader::Newer(found) = header {
        let path = path.to_path_buf();
        return Err(JournalError::NewerFormat { path, found, supported: FORMAT_VERSION });
    }
    let Some(salt) = header.salt() else { return Ok(None) };
    let disk: Arc<dyn Disk> = Arc::new(HostDisk);
    let mut scanner = Scanner::new(disk, file, salt, first);
    scanner.limit = scanner.file_bytes().map_err(JournalError::io("read", path))?;
    Ok(Some(scanner))
}

fn end_of(mut scanner: Scanner) -> io::Result<u64> {
    loop {
        match scanner.step()? {
            Step::Frame(_) | Step::Hole(Hole { next_good: Some(_), .. }) => {}
            Step::Hole(_) | Step::End => return Ok(scanner.expected),
        }
    }
}

fn first_frame(mut scanner: Scanner) -> io::Result<Option<Frame>> {
    loop {
        match scanner.step()? {
            Step::Frame(frame) => return Ok(Some(frame)),
            Step::Hole(Hole { next_good: Some(_), .. }) => {}
            Step::Hole(_) | Step::End => return Ok(None),
        }
    }
}
