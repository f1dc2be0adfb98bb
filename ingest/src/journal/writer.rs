//! The end of the journal: appends frames, begins new segments, and undoes what it could not finish.

use std::fs::File;
use std::io::IoSlice;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Core;
use super::disk::write_all;
use super::error::JournalError;
use super::frame::{FRAME_HEADER_BYTES, FrameHeader};
use super::segment::{SEGMENT_HEADER_BYTES, segment_path};
use super::sync::Mark;

/// How long an answer about free space is believed. What is appended meanwhile is subtracted.
const FREE_SPACE_TTL: Duration = Duration::from_secs(1);

/// Where an appended frame lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// Sequence number of its first record.
    pub first: u64,
    /// The sequence number after its last record: what to wait for.
    pub next: u64,
}

/// A payload, measured and summed outside the lock.
pub(super) struct Payload<'a> {
    pub(super) parts: &'a [&'a [u8]],
    pub(super) bytes: u32,
    pub(super) crc: u32,
    pub(super) records: u32,
}

/// The current segment. Used by one appender at a time.
#[derive(Debug)]
pub(super) struct Writer {
    file: Arc<File>,
    segment: u64,
    bytes: u64,
    next: u64,
    /// When the segment got its first frame.
    begun: Option<Instant>,
    space: Space,
}

#[derive(Debug, Default)]
struct Space {
    asked: Option<Instant>,
    left: u64,
}

impl Writer {
    /// Continues the segment that ends at `mark`.
    pub(super) fn new(mark: &Mark) -> Self {
        Self {
            file: Arc::clone(&mark.file),
            segment: mark.segment,
            bytes: mark.offset,
            next: mark.seq,
            begun: (mark.offset > SEGMENT_HEADER_BYTES).then(Instant::now),
            space: Space::default(),
        }
    }

    pub(super) fn append(&mut self, core: &Core, payload: &Payload<'_>) -> Result<Appended, JournalError> {
        core.progress.check()?;
        let header = FrameHeader {
            payload_bytes: payload.bytes,
            first: self.next,
            records: payload.records,
            payload_crc: payload.crc,
        };
        let frame_bytes = header.frame_bytes();
        let next = self
            .next
            .checked_add(u64::from(payload.records))
            .ok_or_else(|| core.progress.fail("the last sequence number has been used".into()))?;
        self.make_room(core, frame_bytes)?;
        self.write(core, &header, payload.parts)?;

        let first = std::mem::replace(&mut self.next, next);
        self.bytes += frame_bytes;
        self.space.left = self.space.left.saturating_sub(frame_bytes);
        self.begun.get_or_insert_with(Instant::now);
        core.files.catalog.grow(self.segment, frame_bytes);
        taffrail_event::crash_point("journal.appended");
        core.progress.wrote(self.mark());
        Ok(Appended { first, next })
    }

    /// Begins a new segment if the current one holds frames and is older than allowed; whether it did.
    pub(super) fn roll_if_old(&mut self, core: &Core) -> Result<bool, JournalError> {
        let is_old = self.is_old(core);
        if is_old {
            self.roll(core)?;
        }
        Ok(is_old)
    }

    fn make_room(&mut self, core: &Core, frame_bytes: u64) -> Result<(), JournalError> {
        let limit = core.files.options.max_bytes;
        if frame_bytes + SEGMENT_HEADER_BYTES > limit {
            return Err(JournalError::TooLarge { bytes: frame_bytes, limit });
        }
        let bytes = core.files.catalog.bytes();
        if bytes + frame_bytes > limit {
            // Only a segment that is not current can be given back, so this one must stop being it.
            if !self.is_empty() {
                self.roll(core)?;
            }
            return Err(JournalError::Full { bytes, limit });
        }
        self.check_space(core, frame_bytes)?;
        let too_big = !self.is_empty() && self.bytes + frame_bytes > core.files.options.segment_bytes;
        if too_big || self.is_old(core) { self.roll(core) } else { Ok(()) }
    }

    fn check_space(&mut self, core: &Core, frame_bytes: u64) -> Result<(), JournalError> {
        let known = self.space.asked.is_some_and(|asked| asked.elapsed() < FREE_SPACE_TTL);
        if known && frame_bytes <= self.space.left {
            return Ok(());
        }
        let free = core
            .files
            .disk
            .free_bytes(&core.files.dir)
            .map_err(JournalError::io("ask for free space at", &core.files.dir))?;
        self.space = Space {
            asked: Some(Instant::now()),
            left: free.saturating_sub(core.files.options.min_free_bytes),
        };
        if frame_bytes <= self.space.left { Ok(()) } else { Err(core.files.disk_full(free)) }
    }

    fn write(&mut self, core: &Core, header: &FrameHeader, parts: &[&[u8]]) -> Result<(), JournalError> {
        let head: [u8; FRAME_HEADER_BYTES] = header.encode(core.files.salt);
        let mut slices = Vec::with_capacity(parts.len() + 1);
        slices.push(IoSlice::new(&head));
        slices.extend(parts.iter().map(|part| IoSlice::new(part)));
        let Err(error) = write_all(core.files.disk.as_ref(), &self.file, &mut slices, self.bytes) else {
            return Ok(());
        };
        if let Err(rollback) = core.files.disk.set_len(&self.file, self.bytes) {
            let reason = format!("a write failed ({error}) and could not be undone ({rollback})");
            return Err(core.progress.fail(reason));
        }
        Err(core.files.refused("write to", &segment_path(&core.files.dir, self.segment), error))
    }

    /// Everything in the old segment is durable before the new one exists, and the new one's name and header
    /// are durable before it gets a frame: a sync of its content is then all that an acknowledgement needs.
    fn roll(&mut self, core: &Core) -> Result<(), JournalError> {
        core.progress.sync()?;
        let created = core.files.create_segment(self.next);
        self.file = Arc::new(created.map_err(|error| match error {
            JournalError::Failed { reason } => core.progress.fail(reason.as_ref().into()),
            other => other,
        })?);
        self.segment = self.next;
        self.bytes = SEGMENT_HEADER_BYTES;
        self.begun = None;
        core.progress.rolled(self.mark());
        taffrail_event::crash_point("journal.rolled");
        Ok(())
    }

    fn is_empty(&self) -> bool {
        self.bytes <= SEGMENT_HEADER_BYTES
    }

    fn is_old(&self, core: &Core) -> bool {
        self.begun.is_some_and(|begun| begun.elapsed() >= core.files.options.segment_max_age)
    }

    fn mark(&self) -> Mark {
        Mark { seq: self.next, segment: self.segment, offset: self.bytes, file: Arc::clone(&self.file) }
    }
}
