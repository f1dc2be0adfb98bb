//! Reads what is durable, in order, and says where it cannot.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::damage::Damage;
use super::error::JournalError;
use super::frame::Frame;
use super::scan::{Hole, Scanner, Step};
use super::segment::{FORMAT_VERSION, SEGMENT_HEADER_BYTES, SegmentHeader, segment_path};
use super::sync::Mark;
use super::{Core, Journal};

/// What a reader gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// Records as they were appended.
    Frame(Frame),
    /// Records that cannot be given back. Reading goes on behind them.
    Damage(Damage),
}

/// A position in the journal that moves forward. Any number may read at once.
#[derive(Debug)]
pub struct JournalReader {
    journal: Journal,
    /// Everything below was returned or reported.
    next: u64,
    segment: Option<OpenSegment>,
    /// Found, but not yet asked for.
    held: VecDeque<Item>,
}

#[derive(Debug)]
struct OpenSegment {
    first: u64,
    scanner: Scanner,
    /// First sequence number of the segment after it; `None` while this one may still grow.
    sealed_by: Option<u64>,
}

impl JournalReader {
    pub(super) fn new(journal: Journal, from: u64) -> Result<Self, JournalError> {
        let end = journal.end();
        if from > end {
            return Err(JournalError::BeyondEnd { position: from, end });
        }
        Ok(Self { journal, next: from, segment: None, held: VecDeque::new() })
    }

    /// The next durable frames, up to `max_bytes` of payload (one frame may be larger and comes alone), and the
    /// damage between them. Waits up to `timeout` if there is nothing yet; then the answer is empty.
    ///
    /// The first frame after opening a reader may begin before the position asked for: a frame is whole. After a
    /// [`JournalError::Io`] nothing is missed by calling again.
    pub fn next(&mut self, max_bytes: usize, timeout: Duration) -> Result<Vec<Item>, JournalError> {
        let core = Arc::clone(self.journal.core());
        let durable = if self.held.is_empty() {
            core.progress.wait_past(self.next, timeout)?
        } else {
            core.progress.durable()
        };
        let mut batch = Vec::new();
        let mut bytes = 0;
        loop {
            while let Some(item) = self.held.pop_front() {
                if let Item::Frame(frame) = &item {
                    bytes += frame.payload.len();
                    if bytes > max_bytes && !batch.is_empty() {
                        self.held.push_front(item);
                        return Ok(batch);
                    }
                }
                batch.push(item);
            }
            if self.next >= durable.seq || (bytes >= max_bytes && !batch.is_empty()) {
                return Ok(batch);
            }
            match self.advance(&core, &durable) {
                Ok(()) => {}
                Err(error) if batch.is_empty() => return Err(error),
                // What was read before counts; the next call meets the error again.
                Err(_) => return Ok(batch),
            }
        }
    }

    /// Takes one step: afterwards there is something to return, or the position in the files has moved.
    fn advance(&mut self, core: &Core, durable: &Mark) -> Result<(), JournalError> {
        let Some(segment) = &mut self.segment else { return self.open_segment(core) };
        let path = segment_path(&core.files.dir, segment.first);
        segment.extend(core, durable).map_err(JournalError::io("read", &path))?;
        segment.scanner.wanted = self.next;
        let upper = segment.scanner.upper;
        match segment.scanner.step().map_err(JournalError::io("read", &path))? {
            Step::Frame(frame) => {
                self.next = frame.next();
                self.held.push_back(Item::Frame(frame));
            }
            Step::Hole(hole) => {
                let next_good = hole.next_good.unwrap_or(upper);
                segment.scanner.expected = next_good;
                core.files.catalog.mark_damaged(segment.first);
                if next_good > self.next || hole.first_lost >= self.next {
                    let hole = Hole { first_lost: hole.first_lost.max(self.next), ..hole };
                    let damage = Damage::in_segment(&path, hole, Some(upper));
                    self.held.push_back(Item::Damage(damage));
                    self.next = self.next.max(next_good);
                }
            }
            Step::End if segment.scanner.expected < upper => {
                segment.scanner.expected = upper;
                core.files.catalog.mark_damaged(segment.first);
                let damage = Damage::missing(&path, segment.scanner.offset, self.next, upper);
                self.skip_to(upper, damage);
            }
            Step::End => {
                if let Some(next) = segment.sealed_by {
                    let damage = Damage::missing(&path, segment.scanner.offset, self.next, next);
                    self.segment = None;
                    self.skip_to(next, damage);
                }
            }
        }
        Ok(())
    }

    fn open_segment(&mut self, core: &Core) -> Result<(), JournalError> {
        let Some(first) = core.files.catalog.at_or_before(self.next) else {
            let oldest = core.files.catalog.first().unwrap_or(self.next);
            self.skip_to(oldest, Damage::missing(&core.files.dir, 0, self.next, oldest));
            return Ok(());
        };
        let path = segment_path(&core.files.dir, first);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                // A truncation leaves the catalog before it deletes, so what is still listed was taken away.
                if core.files.catalog.at_or_before(self.next) == Some(first) {
                    let next = core
                        .files
                        .catalog
                        .after(first)
                        .ok_or_else(|| JournalError::io("open", &path)(error))?;
                    self.skip_to(next, Damage::missing(&path, 0, self.next, next));
                }
                return Ok(());
            }
            Err(error) => return Err(JournalError::io("open", &path)(error)),
        };
        let header = SegmentHeader::read(core.files.disk.as_ref(), &file, first);
        let header = header.map_err(JournalError::io("read", &path))?;
        match header {
            SegmentHeader::Good(_) => {}
            SegmentHeader::Worn(_) | SegmentHeader::Unreadable => {
                core.files.catalog.mark_damaged(first);
                self.held.push_back(Item::Damage(Damage::header(&path, SEGMENT_HEADER_BYTES, first)));
            }
            SegmentHeader::Newer(found) => {
                return Err(JournalError::NewerFormat { path, found, supported: FORMAT_VERSION });
            }
        }
        let salt = header.salt().unwrap_or(core.files.salt);
        let scanner = Scanner::new(Arc::clone(&core.files.disk), file, salt, first);
        self.segment = Some(OpenSegment { first, scanner, sealed_by: None });
        Ok(())
    }

    fn skip_to(&mut self, next: u64, damage: Damage) {
        if next > self.next {
            self.next = next;
            self.held.push_back(Item::Damage(damage));
        }
    }
}

impl OpenSegment {
    /// Lets the scanner see as much as is durable, and not a byte more.
    fn extend(&mut self, core: &Core, durable: &Mark) -> io::Result<()> {
        if self.sealed_by.is_some() {
            return Ok(());
        }
        if durable.segment > self.first {
            self.scanner.limit = self.scanner.file_bytes()?;
            self.sealed_by = core.files.catalog.after(self.first);
            self.scanner.upper = self.sealed_by.unwrap_or(durable.segment);
        } else {
            self.scanner.upper = durable.seq;
            self.scanner.limit = durable.offset;
        }
        Ok(())
    }
}
