//! Walks the frames of one segment and finds the next good one after damage.
//!
//! The search costs time linear in the bytes passed, whatever they are: a candidate whose header checksum is
//! wrong is rejected in constant time, and one whose header is right is passed over whole.

use std::fs::File;
use std::io;
use std::sync::Arc;

use bytes::Bytes;

use super::disk::Disk;
use super::frame::{FRAME_HEADER_BYTES, FRAME_MAGIC, Frame, FrameHeader, Salt};
use super::segment::{SEGMENT_HEADER_BYTES, is_bad_sector};

/// Bytes read at once: a few frames of the usual 256 KiB.
const WINDOW_BYTES: usize = 1 << 20;

/// Unit in which a medium with bad sectors is read.
const SECTOR_BYTES: usize = 4096;

/// What comes next in a segment.
#[derive(Debug)]
pub(super) enum Step {
    Frame(Frame),
    Hole(Hole),
    /// Nothing more below the limit.
    End,
}

/// Bytes without a good frame, or a jump in the sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hole {
    pub(super) offset: u64,
    pub(super) bytes: u64,
    pub(super) first_lost: u64,
    /// `None`: there is no good frame after it in this segment.
    pub(super) next_good: Option<u64>,
}

/// A position in a segment file.
#[derive(Debug)]
pub(super) struct Scanner {
    disk: Arc<dyn Disk>,
    file: File,
    salt: Salt,
    /// Where the next frame is expected.
    pub(super) offset: u64,
    /// Nothing is read at or after this offset.
    pub(super) limit: u64,
    /// The sequence that the next frame should begin with.
    pub(super) expected: u64,
    /// No frame can hold this sequence or a higher one.
    pub(super) upper: u64,
    /// Frames that end at or below this are passed over unverified.
    pub(super) wanted: u64,
    window: Bytes,
    window_at: u64,
}

enum Found {
    Good(FrameHeader, Bytes),
    Unwanted(FrameHeader),
    BadPayload(FrameHeader),
    Nothing,
}

impl Scanner {
    /// At the first frame of the segment that begins with `first`.
    pub(super) fn new(disk: Arc<dyn Disk>, file: File, salt: Salt, first: u64) -> Self {
        Self {
            disk,
            file,
            salt,
            offset: SEGMENT_HEADER_BYTES,
            limit: SEGMENT_HEADER_BYTES,
            expected: first,
            upper: u64::MAX,
            wanted: 0,
            window: Bytes::new(),
            window_at: 0,
        }
    }

    /// Bytes of the file as it is now.
    pub(super) fn file_bytes(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    /// The next frame, hole or end.
    pub(super) fn step(&mut self) -> io::Result<Step> {
        while self.offset < self.limit {
            match self.look(self.offset)? {
                Found::Good(header, payload) if header.first == self.expected => {
                    self.pass(&header);
                    return Ok(Step::Frame(Frame { first: header.first, records: header.records, payload }));
                }
                Found::Unwanted(header) if header.first == self.expected => self.pass(&header),
                Found::Good(header, _) | Found::Unwanted(header) if header.first > self.expected => {
                    return Ok(self.hole(self.offset, Some(header.first)));
                }
                _ => return self.resync(),
            }
        }
        Ok(Step::End)
    }

    fn pass(&mut self, header: &FrameHeader) {
        self.offset += header.frame_bytes();
        self.expected = header.next();
    }

    fn hole(&mut self, resume_at: u64, next_good: Option<u64>) -> Step {
        let hole = Hole {
            offset: self.offset,
            bytes: resume_at - self.offset,
            first_lost: self.expected,
            next_good,
        };
        self.offset = resume_at;
        self.expected = next_good.unwrap_or(self.expected);
        Step::Hole(hole)
    }

    fn resync(&mut self) -> io::Result<Step> {
        let mut at = self.offset;
        loop {
            match self.look(at)? {
                Found::Good(header, _) | Found::Unwanted(header) if header.first >= self.expected => {
                    return Ok(self.hole(at, Some(header.first)));
                }
                Found::Good(header, _) | Found::Unwanted(header) | Found::BadPayload(header) => {
                    at += header.frame_bytes();
                }
                Found::Nothing => match self.find_magic(at + 1)? {
                    Some(candidate) => at = candidate,
                    None => return Ok(self.hole(self.limit, None)),
                },
            }
        }
    }

    fn look(&mut self, at: u64) -> io::Result<Found> {
        let head = self.window_at(at, FRAME_HEADER_BYTES)?;
        let Some(header) = FrameHeader::decode(&head, self.salt) else { return Ok(Found::Nothing) };
        if header.next() > self.upper || header.frame_bytes() > self.limit - at {
            return Ok(Found::Nothing);
        }
        if header.next() <= self.wanted {
            return Ok(Found::Unwanted(header));
        }
        let payload_bytes = header.payload_bytes as usize;
        let payload = self.window_at(at + FRAME_HEADER_BYTES as u64, payload_bytes)?.slice(..payload_bytes);
        if self.salt.payload_crc(&[&payload]) == header.payload_crc {
            Ok(Found::Good(header, payload))
        } else {
            Ok(Found::BadPayload(header))
        }
    }

    fn find_magic(&mut self, mut at: u64) -> io::Result<Option<u64>> {
        loop {
            let window = self.window_at(at, FRAME_MAGIC.len())?;
            if window.len() < FRAME_MAGIC.len() {
                return Ok(None);
            }
            match memchr::memmem::find(&window, &FRAME_MAGIC) {
                Some(index) => return Ok(Some(at + index as u64)),
                None => at += (window.len() - FRAME_MAGIC.len() + 1) as u64,
            }
        }
    }

    /// All that is at hand from `at` on: at least `min` bytes, fewer only before the limit.
    fn window_at(&mut self, at: u64, min: usize) -> io::Result<Bytes> {
        let left = usize::try_from(self.limit.saturating_sub(at)).unwrap_or(usize::MAX);
        let min = min.min(left);
        let held = at.checked_sub(self.window_at).and_then(|skip| usize::try_from(skip).ok());
        match held.filter(|skip| skip.checked_add(min).is_some_and(|end| end <= self.window.len())) {
            Some(skip) => Ok(self.window.slice(skip..)),
            None => {
                self.window = self.read(at, min.max(WINDOW_BYTES).min(left))?;
                self.window_at = at;
                Ok(self.window.clone())
            }
        }
    }

    /// Exactly `len` bytes. What the medium cannot give is zero, which no checksum takes for data.
    fn read(&self, at: u64, len: usize) -> io::Result<Bytes> {
        let mut buffer = vec![0; len];
        let mut filled = 0;
        let mut unit = len;
        while filled < len {
            let end = filled.saturating_add(unit).min(len);
            match self.disk.read(&self.file, &mut buffer[filled..end], at + filled as u64) {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if is_bad_sector(&error) && unit > SECTOR_BYTES => unit = SECTOR_BYTES,
                Err(error) if is_bad_sector(&error) => {
                    buffer[filled..end].fill(0);
                    filled = end;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Bytes::from(buffer))
    }
}
