//! Opens a journal that may have been left at any point of any operation.
//!
//! Only the last segment is read: the ones before it were synced whole before it began, and their frames are
//! verified when they are read.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::catalog::Catalog;
use super::damage::Damage;
use super::disk::Disk;
use super::error::JournalError;
use super::files::Files;
use super::frame::Salt;
use super::scan::{Scanner, Step};
use super::segment::{FORMAT_VERSION, SEGMENT_HEADER_BYTES, SegmentHeader, list_segments, segment_path};
use super::sync::Mark;
use super::{Journal, JournalOptions};

/// What was found when a journal was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenReport {
    /// Bytes of unfinished writes that were cut off. They were never acknowledged.
    pub torn_bytes: u64,
    /// Damage in the last segment. The reader reports it again when it gets there, and that of other segments.
    pub damage: Vec<Damage>,
    /// First sequence number that is still there.
    pub first: u64,
    /// The next one to be handed out.
    pub next: u64,
    /// Bytes of all segments.
    pub bytes: u64,
    /// How many segment files there are.
    pub segments: usize,
    /// How long it took.
    pub took: Duration,
}

struct Found {
    first: u64,
    bytes: u64,
    header: SegmentHeader,
}

/// The last segment as the scan left it.
struct Tail {
    first: u64,
    file: File,
    path: PathBuf,
    /// End of the last good frame.
    end: u64,
    next: u64,
    /// Appending may go on in this file.
    sound: bool,
}

struct Recovery {
    files: Files,
    found: Vec<Found>,
    /// No sequence number below this may be handed out.
    floor: u64,
    torn_bytes: u64,
    damage: Vec<Damage>,
}

pub(super) fn open(
    dir: &Path,
    options: JournalOptions,
    start_at_least: u64,
    disk: Arc<dyn Disk>,
) -> Result<(Journal, OpenReport), JournalError> {
    let started = Instant::now();
    disk.create_dir(dir).map_err(JournalError::io("create", dir))?;
    let parent = dir.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    disk.sync_dir(parent).map_err(JournalError::io("sync", parent))?;
    let lock = lock(dir)?;

    let found = find_segments(dir, disk.as_ref())?;
    let salt = match found.iter().rev().find_map(|segment| segment.header.salt()) {
        Some(salt) => salt,
        None => new_salt(dir)?,
    };
    let files = Files { dir: dir.to_path_buf(), options, disk, salt, catalog: Catalog::default() };
    let mut recovery = Recovery { files, found, floor: start_at_least, torn_bytes: 0, damage: Vec::new() };
    let tail = recovery.find_tail()?;
    let mark = recovery.begin(tail)?;

    let Recovery { files, torn_bytes, damage, .. } = recovery;
    let report = OpenReport {
        torn_bytes,
        damage,
        first: files.catalog.first().unwrap_or(mark.seq),
        next: mark.seq,
        bytes: files.catalog.bytes(),
        segments: files.catalog.len(),
        took: started.elapsed(),
    };
    Ok((Journal::start(files, mark, lock)?, report))
}

impl Recovery {
    /// The last segment that can be used, cut at its last good frame and durable. What unfinished operations
    /// left after it is removed; the segments before it are listed.
    fn find_tail(&mut self) -> Result<Option<Tail>, JournalError> {
        let mut tail = None;
        while let Some(last) = self.found.pop() {
            tail = self.recover_tail(&last)?;
            if tail.is_some() {
                break;
            }
            self.floor = self.floor.max(last.first);
        }
        for segment in &self.found {
            // An empty segment before another one is what a jump to `start_at_least` leaves when interrupted.
            if segment.bytes == SEGMENT_HEADER_BYTES && segment.header.salt().is_some() {
                self.files.remove(&segment_path(&self.files.dir, segment.first))?;
            } else {
                self.files.catalog.insert(segment.first, segment.bytes);
            }
        }
        self.files.sync_dir()?;
        Ok(tail)
    }

    /// `None` if the segment held nothing that can be used; then its file is gone from the journal.
    fn recover_tail(&mut self, last: &Found) -> Result<Option<Tail>, JournalError> {
        let path = segment_path(&self.files.dir, last.first);
        let is_good = matches!(last.header, SegmentHeader::Good(_));
        if last.bytes <= SEGMENT_HEADER_BYTES && !is_good {
            self.torn_bytes += last.bytes;
            self.files.remove(&path)?;
            return Ok(None);
        }
        let opened = OpenOptions::new().read(true).write(true).open(&path);
        let file = opened.map_err(JournalError::io("open", &path))?;
        let (end, next, damage) = self.scan(last, &file, &path).map_err(JournalError::io("read", &path))?;
        if end == SEGMENT_HEADER_BYTES && !is_good {
            if last.header.salt().is_some() {
                self.torn_bytes += last.bytes;
                self.files.remove(&path)?;
            } else {
                self.damage.push(Damage::unreadable(&path, last.bytes, last.first, None));
                self.files.set_aside(&path)?;
            }
            return Ok(None);
        }
        if end < last.bytes {
            self.torn_bytes += last.bytes - end;
            self.files.disk.set_len(&file, end).map_err(JournalError::io("cut", &path))?;
        }
        // A killed process leaves frames that only the page cache has; readers are about to see them.
        self.files.disk.sync_file(&file).map_err(JournalError::io("sync", &path))?;
        self.files.salt = last.header.salt().unwrap_or(self.files.salt);
        let sound = is_good && damage.is_empty();
        if !is_good {
            self.damage.push(Damage::header(&path, SEGMENT_HEADER_BYTES, last.first));
        }
        self.damage.extend(damage);
        Ok(Some(Tail { first: last.first, file, path, end, next, sound }))
    }

    /// The end of the last good frame, the sequence after it, and the damage before it.
    fn scan(&self, last: &Found, file: &File, path: &Path) -> io::Result<(u64, u64, Vec<Damage>)> {
        let salt = last.header.salt().unwrap_or(self.files.salt);
        let mut scanner = Scanner::new(Arc::clone(&self.files.disk), file.try_clone()?, salt, last.first);
        scanner.limit = last.bytes;
        let mut end = SEGMENT_HEADER_BYTES;
        let mut damage = Vec::new();
        loop {
            match scanner.step()? {
                Step::Frame(_) => end = scanner.offset,
                Step::Hole(hole) if hole.next_good.is_some() => {
                    damage.push(Damage::in_last_segment(path, hole))
                }
                Step::Hole(_) | Step::End => return Ok((end, scanner.expected, damage)),
            }
        }
    }

    /// Where appending starts: in the last segment, or in a new one if that one is damaged or ends too early.
    fn begin(&mut self, tail: Option<Tail>) -> Result<Mark, JournalError> {
        let Some(tail) = tail else { return self.begin_segment(self.floor) };
        let next = self.floor.max(tail.next);
        if tail.end == SEGMENT_HEADER_BYTES && next > tail.next {
            let mark = self.begin_segment(next)?;
            self.files.remove(&tail.path)?;
            self.files.sync_dir()?;
            return Ok(mark);
        }
        self.files.catalog.insert(tail.first, tail.end);
        if !tail.sound {
            self.files.catalog.mark_damaged(tail.first);
        }
        if next > tail.next {
            self.damage.push(Damage::jump(&self.files.dir, tail.next, next));
        }
        if tail.sound && next == tail.next {
            return Ok(Mark { seq: next, segment: tail.first, offset: tail.end, file: Arc::new(tail.file) });
        }
        self.begin_segment(next)
    }

    fn begin_segment(&self, first: u64) -> Result<Mark, JournalError> {
        let file = Arc::new(self.files.create_segment(first)?);
        Ok(Mark { seq: first, segment: first, offset: SEGMENT_HEADER_BYTES, file })
    }
}

fn find_segments(dir: &Path, disk: &dyn Disk) -> Result<Vec<Found>, JournalError> {
    let mut found = Vec::new();
    for (first, bytes) in list_segments(dir)? {
        let path = segment_path(dir, first);
        let file = File::open(&path).map_err(JournalError::io("open", &path))?;
        let header = SegmentHeader::read(disk, &file, first).map_err(JournalError::io("read", &path))?;
        if let SegmentHeader::Newer(found) = header {
            return Err(JournalError::NewerFormat { path, found, supported: FORMAT_VERSION });
        }
        found.push(Found { first, bytes, header });
    }
    Ok(found)
}

/// The lock lives as long as the returned file, also across a `kill -9`.
fn lock(dir: &Path) -> Result<File, JournalError> {
    let file = File::open(dir).map_err(JournalError::io("open", dir))?;
    match rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(JournalError::Locked { path: dir.to_path_buf() }),
        Err(error) => Err(JournalError::io("lock", dir)(error.into())),
    }
}

fn new_salt(dir: &Path) -> Result<Salt, JournalError> {
    let drawn = getrandom::u64().map_err(|error| io::Error::other(error.to_string()));
    drawn.map(Salt).map_err(JournalError::io("draw random bytes for", dir))
}
