//! Reads one file of a log, in pieces of whole lines.

use std::io;
use std::time::{Duration, Instant};

use memchr::memchr;
use taffrail_event::Timestamp;

use super::content::{Content, Held};
use super::drops::Drops;
use super::fingerprint::Fingerprint;
use super::lines::{first_time, frame, frame_flows, last_time};

/// A piece: one request to the intake, one sync of the journal, one step of the checkpoint.
const PIECE_BYTES: usize = 4 << 20;

/// A writer that has moved on to the next file may still have lines for this one, until it has been silent for so long.
const SETTLED_AFTER: Duration = Duration::from_secs(1);

/// Lines to be handed on.
#[derive(Debug)]
pub(super) struct Piece {
    /// Where it begins: in a log of flow records, where its first line does.
    pub(super) start: u64,
    /// Where the next piece begins.
    pub(super) end: u64,
    /// The last bytes before that.
    pub(super) ending: Fingerprint,
    /// One JSON value a line, or one flow record. May be empty: there were only holes and noise.
    pub(super) body: Vec<u8>,
    pub(super) noise: u64,
    pub(super) legacy: u64,
    pub(super) dropped: Vec<Drops>,
    /// When the first and the last event were written, as far as they say.
    pub(super) first: Option<Timestamp>,
    pub(super) last: Option<Timestamp>,
}

/// What reading on has brought.
#[derive(Debug)]
pub(super) enum Next {
    Piece(Piece),
    /// Nothing more for now.
    Wait,
    /// Nothing more, ever.
    End,
    /// The file is shorter than it was, or begins otherwise.
    Truncated,
}

/// A file that is being read.
pub(super) struct Follow {
    held: Held,
    content: Content,
    fingerprint: Fingerprint,
    max_line_bytes: usize,
    /// Whether its lines are flow records, which are handed on as they are.
    has_flows: bool,
    /// Where `rest` begins.
    start: u64,
    /// Read, but not a whole line yet.
    rest: Vec<u8>,
    /// Inside a line that is too long: nothing is kept up to its end.
    skips: bool,
    grown: Instant,
    /// The size at which decompressing failed: there is no use in trying again before it changes.
    broken_at: Option<(u64, Timestamp)>,
}

impl Follow {
    /// Reads `held` from `offset` on.
    pub(super) fn new(
        held: Held,
        offset: u64,
        fingerprint: Fingerprint,
        max_line_bytes: u64,
        has_flows: bool,
    ) -> io::Result<Self> {
        let content = held.content(offset)?;
        let max_line_bytes = usize::try_from(max_line_bytes).unwrap_or(usize::MAX);
        Ok(Self {
            held,
            content,
            fingerprint,
            max_line_bytes,
            has_flows,
            start: offset,
            rest: Vec::new(),
            skips: false,
            grown: Instant::now(),
            broken_at: None,
        })
    }

    pub(super) fn held(&self) -> &Held {
        &self.held
    }

    pub(super) fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    /// Looks at a beginning that was not whole when last looked at, so that copies are told by it.
    pub(super) fn renew_fingerprint(&mut self) {
        if self.fingerprint.can_grow() {
            // If it does not fit, or cannot be read, reading on tells.
            self.begins_as_before().ok();
        }
    }

    /// Whether a compressed file could not be decompressed to its end.
    pub(super) fn is_broken(&self) -> bool {
        self.broken_at.is_some()
    }

    /// Bytes of the file behind `durable`; of a compressed one, those that were not looked at.
    pub(super) fn lag(&self, durable: u64) -> u64 {
        let size = self.held.size().unwrap_or(0);
        size.saturating_sub(if self.held.is_gzip { self.content.used() } else { durable })
    }

    /// Reads on. `is_final`: the writer has moved on to another file.
    pub(super) fn next(&mut self, is_final: bool) -> io::Result<Next> {
        if self.held.is_gzip {
            return self.next_of_gzip();
        }
        loop {
            let read = self.fill()?;
            if read > 0 {
                self.grown = Instant::now();
            }
            if !self.is_same(read > 0)? {
                return Ok(Next::Truncated);
            }
            let is_end = read == 0 && is_final && self.grown.elapsed() >= SETTLED_AFTER;
            if let Some(piece) = self.piece(is_end) {
                return Ok(Next::Piece(piece));
            }
            if is_end {
                return Ok(Next::End);
            }
            if read == 0 {
                return Ok(Next::Wait);
            }
        }
    }

    /// Reads on where decompressing works, and waits for another content of the file where it does not.
    fn next_of_gzip(&mut self) -> io::Result<Next> {
        let state = (self.held.size()?, self.held.modified()?);
        if let Some(broken) = self.broken_at {
            if broken == state {
                return Ok(Next::Wait);
            }
            self.broken_at = None;
            self.rest.clear();
            match self.held.content(self.start) {
                Ok(content) => self.content = content,
                Err(_) => self.broken_at = Some(state),
            }
            return Ok(Next::Wait);
        }
        loop {
            match self.fill() {
                Ok(read) => {
                    if let Some(piece) = self.piece(read == 0) {
                        return Ok(Next::Piece(piece));
                    }
                    if read == 0 {
                        return Ok(Next::End);
                    }
                }
                Err(_) => {
                    self.broken_at = Some(state);
                    // Whole lines before the broken place are good: the checksum that is missing guards against disks.
                    return Ok(self.piece(false).map_or(Next::Wait, Next::Piece));
                }
            }
        }
    }

    fn fill(&mut self) -> io::Result<usize> {
        let want = if self.rest.len() < PIECE_BYTES { PIECE_BYTES } else { self.rest.len() * 2 };
        let count = want - self.rest.len();
        self.content.read(&mut self.rest, count)
    }

    /// Whether what was read still is of the file that was begun.
    fn is_same(&mut self, has_grown: bool) -> io::Result<bool> {
        if self.held.size()? < self.start + self.rest.len() as u64 {
            return Ok(false);
        }
        if !has_grown { Ok(true) } else { self.begins_as_before() }
    }

    fn begins_as_before(&mut self) -> io::Result<bool> {
        let beginning = self.held.beginning()?;
        let fits = self.fingerprint.fits(&beginning);
        if fits && self.fingerprint.can_grow() {
            self.fingerprint = Fingerprint::of(&beginning);
        }
        Ok(fits)
    }

    /// The whole lines of what was read.
    fn piece(&mut self, is_end: bool) -> Option<Piece> {
        let before = self.start;
        if self.skips {
            self.skip_line();
        }
        // A hole may be as large as the file was: it is not kept until its line ends.
        let holes = self.rest.iter().take_while(|byte| **byte == 0).count();
        if holes > 0 {
            self.rest.drain(..holes);
            self.start += holes as u64;
        }
        let is_too_long = self.rest.len() > self.max_line_bytes;
        let frame = if self.has_flows { frame_flows } else { frame };
        let framed = frame(&self.rest, is_end);
        let framed = if framed.taken == 0 && is_too_long { frame(&self.rest, true) } else { framed };
        if framed.taken == 0 {
            return (self.start > before).then(|| Piece::empty(self.start));
        }
        let (taken, noise, legacy, dropped) = (framed.taken, framed.noise, framed.legacy, framed.dropped);
        self.skips = is_too_long && taken == self.rest.len() && self.rest.last() != Some(&b'\n');
        let copied = match framed.body {
            std::borrow::Cow::Owned(body) => Some(body),
            std::borrow::Cow::Borrowed(body) if body.len() == taken => None,
            std::borrow::Cow::Borrowed(body) => Some(body.to_vec()),
        };
        let ending = Fingerprint::of_end(&self.rest[..taken]);
        let rest = self.rest.split_off(taken);
        let read = std::mem::replace(&mut self.rest, rest);
        let start = self.start;
        self.start += taken as u64;
        let body = not_compressed(copied.unwrap_or(read));
        let (first, last) = (first_time(&body), last_time(&body));
        Some(Piece { start, end: self.start, ending, body, noise, legacy, dropped, first, last })
    }

    fn skip_line(&mut self) {
        let end = memchr(b'\n', &self.rest).map(|at| at + 1);
        self.skips = end.is_none();
        let skip = end.unwrap_or(self.rest.len());
        self.rest.drain(..skip);
        self.start += skip as u64;
    }
}

impl Piece {
    fn empty(end: u64) -> Self {
        let ending = Fingerprint::default();
        Self {
            start: end,
            end,
            ending,
            body: Vec::new(),
            noise: 0,
            legacy: 0,
            dropped: Vec::new(),
            first: None,
            last: None,
        }
    }
}

/// The intake recognises compression by the first bytes. A line that begins like that is a broken line.
fn not_compressed(mut body: Vec<u8>) -> Vec<u8> {
    if body.starts_with(&[0x1f, 0x8b]) || body.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        body.insert(0, b'\n');
    }
    body
}
