//! The part of the stream that is in memory.

use std::io::{self, Read};

use super::{Room, SplitError};

/// How much is read at once, at least: small enough for the cache, large enough for few calls.
const STEP: usize = 64 << 10;

#[derive(Debug)]
pub(super) struct Window<R, G> {
    reader: R,
    room: G,
    /// About the most that the window is asked to hold.
    limit: usize,
    /// Initialised to its full length; `head..end` is the window.
    buf: Vec<u8>,
    head: usize,
    end: usize,
    ended: bool,
    offset: u64,
    lent: usize,
}

impl<R: Read, G: Room> Window<R, G> {
    pub(super) fn new(reader: R, room: G, limit: usize) -> Self {
        Self { reader, room, limit, buf: Vec::new(), head: 0, end: 0, ended: false, offset: 0, lent: 0 }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.buf[self.head..self.end]
    }

    /// Whether nothing follows the window.
    pub(super) fn ended(&self) -> bool {
        self.ended
    }

    /// Where the window begins in the stream.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    pub(super) fn reader(&self) -> &R {
        &self.reader
    }

    pub(super) fn into_reader(self) -> R {
        self.reader
    }

    pub(super) fn consume(&mut self, count: usize) {
        self.head += count.min(self.end - self.head);
        self.offset += count as u64;
        if self.head == self.end {
            (self.head, self.end) = (0, 0);
        }
    }

    /// Moves the first `count` bytes out, with the memory they are in. It counts until [`Window::give_back`].
    pub(super) fn take(&mut self, count: usize) -> Result<Vec<u8>, SplitError> {
        let rest = self.bytes()[count..].to_vec();
        self.lent = self.buf.capacity();
        self.hold(rest.len())?;
        let mut front = std::mem::take(&mut self.buf);
        front.truncate(self.head + count);
        front.drain(..self.head);
        (self.head, self.end) = (0, rest.len());
        self.buf = rest;
        self.offset += count as u64;
        Ok(front)
    }

    /// What was taken is free again.
    pub(super) fn give_back(&mut self) {
        self.lent = 0;
    }

    /// Reads on until the window has grown by a good step or the stream has ended.
    pub(super) fn fill(&mut self) -> Result<(), SplitError> {
        let goal = self.make_space()?;
        while self.end < goal && !self.ended {
            match self.reader.read(&mut self.buf[self.end..]) {
                Ok(0) => self.ended = true,
                Ok(count) => self.end += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(SplitError::Read(error)),
            }
        }
        Ok(())
    }

    /// Space for another step behind the window; returns up to where it is to be filled.
    fn make_space(&mut self) -> Result<usize, SplitError> {
        if self.head > 0 && self.buf.len() - self.end < STEP {
            self.buf.copy_within(self.head..self.end, 0);
            (self.head, self.end) = (0, self.end - self.head);
        }
        let needed = self.end + STEP;
        if needed > self.buf.len() {
            // Doubling, so that one large item is not copied at every step.
            let size = needed.max((2 * needed).min(self.limit.saturating_add(2 * STEP)));
            self.hold(size)?;
            self.buf.reserve_exact(size - self.buf.len());
            self.buf.resize(size, 0);
        }
        Ok(needed)
    }

    fn hold(&mut self, size: usize) -> Result<(), SplitError> {
        if self.room.hold(size + self.lent) { Ok(()) } else { Err(SplitError::NoRoom) }
    }
}
