//! Cuts a byte stream into audit items without building a tree.
//!
//! Takes what API servers and shippers send, alone, one after the other or one per line: an `EventList` (its members in
//! any order), an event, an array of either. Items come out as byte slices that are well-formed JSON; whether they are
//! events is not decided here. What is not JSON comes out as [`Junk`], and reading goes on at the next item: whatever comes
//! before it, an event on a line of its own that begins as API servers write it is found, if it and what seems to contain it
//! are within the limit.
//!
//! Memory: one item, up to a limit. Of a larger one the bodies are dropped while they stream past. Time: one pass; a part
//! in which an item went wrong is read a second time, for items that the broken one swallowed.

mod check;
mod cut;
mod junk;
mod nesting;
mod resume;
mod scan;
#[cfg(test)]
mod tests;
mod window;

use std::io::{self, Read};

pub use junk::{Junk, JunkReason};

use check::{Checker, Outcome};
use cut::Cutter;
use junk::Collector;
use resume::{LOOK_AHEAD, Skip, item_line, swallowed};
use scan::is_space;
use window::Window;

/// Where the memory comes from.
pub trait Room {
    /// The splitter is about to hold this many bytes in all. `false`: it must not.
    fn hold(&mut self, bytes: usize) -> bool;
}

/// As much memory as one item needs.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unlimited;

impl Room for Unlimited {
    fn hold(&mut self, _bytes: usize) -> bool {
        true
    }
}

/// A part of the input.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// A JSON value where an event should be.
    Item {
        /// Its bytes.
        bytes: &'a [u8],
        /// Whether it was over the limit and its bodies are `null` now.
        cut: bool,
    },
    /// Something else.
    Junk(Junk),
}

/// Why splitting stopped.
#[derive(Debug, thiserror::Error)]
pub enum SplitError {
    /// The input failed. Nothing is said about what was read of the current item.
    #[error(transparent)]
    Read(io::Error),
    /// There is no memory for the next step.
    #[error("no memory left for the request")]
    NoRoom,
}

/// Reads items from `R`, one at a time.
#[derive(Debug)]
pub struct Splitter<R, G = Unlimited> {
    window: Window<R, G>,
    limit: usize,
    place: Place,
    /// Whether the lists stand in an array.
    in_array: bool,
    /// How much of the window was handed out and can go.
    used: usize,
    /// A cut item that was handed out.
    cut: Vec<u8>,
    /// Bytes that were read a second time.
    reread: u64,
}

/// Where the window begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Top,
    Array,
    List,
    /// After a list's items, inside its object.
    Tail,
}

enum Found {
    Item(usize),
    Cut(Vec<u8>),
    Junk(Junk),
}

/// What may be read a second time whatever the size of the input; beyond it, four times its size.
const FREE_REREAD: u64 = 16 << 20;

impl<R: Read> Splitter<R> {
    /// Items of `reader`, up to `max_item_bytes` each.
    pub fn new(reader: R, max_item_bytes: u64) -> Self {
        Self::with_room(reader, max_item_bytes, Unlimited)
    }
}

impl<R: Read, G: Room> Splitter<R, G> {
    /// Items of `reader`, up to `max_item_bytes` each, in memory that `room` grants.
    pub fn with_room(reader: R, max_item_bytes: u64, room: G) -> Self {
        let limit = usize::try_from(max_item_bytes).unwrap_or(usize::MAX);
        Self {
            window: Window::new(reader, room, limit),
            limit,
            place: Place::Top,
            in_array: false,
            used: 0,
            cut: Vec::new(),
            reread: 0,
        }
    }

    /// The next part of the input; `None` at its end.
    pub fn next_piece(&mut self) -> Result<Option<Piece<'_>>, SplitError> {
        self.window.consume(std::mem::take(&mut self.used));
        if self.cut.capacity() > 0 {
            self.cut = Vec::new();
            self.window.give_back();
        }
        Ok(match self.find()? {
            None => None,
            Some(Found::Item(len)) => {
                self.used = len;
                Some(Piece::Item { bytes: &self.window.bytes()[..len], cut: false })
            }
            Some(Found::Cut(item)) => {
                self.cut = item;
                Some(Piece::Item { bytes: &self.cut, cut: true })
            }
            Some(Found::Junk(junk)) => Some(Piece::Junk(junk)),
        })
    }

    /// How far the input was taken apart: where the current piece begins, or ends if it was junk or cut.
    pub fn offset(&self) -> u64 {
        self.window.offset()
    }

    /// The input.
    pub fn reader(&self) -> &R {
        self.window.reader()
    }

    /// Gives the input back.
    pub fn into_reader(self) -> R {
        self.window.into_reader()
    }

    fn find(&mut self) -> Result<Option<Found>, SplitError> {
        loop {
            if self.place == Place::Tail {
                self.tail()?;
                continue;
            }
            let Some(byte) = self.peek()? else { return Ok(self.end()) };
            match (self.place, byte) {
                (Place::Top, b'[') => {
                    self.window.consume(1);
                    self.place = Place::Array;
                    self.in_array = true;
                }
                (Place::Top, byte) if byte != b'{' => return self.text().map(Some),
                (Place::Array, b']') => {
                    self.window.consume(1);
                    self.leave_array();
                }
                (Place::List, b']') => {
                    self.window.consume(1);
                    self.place = Place::Tail;
                }
                (_, b'}') => {
                    if let Some(junk) = self.stray_brace()? {
                        return Ok(Some(junk));
                    }
                }
                _ => {
                    if let Some(found) = self.item()? {
                        return Ok(Some(found));
                    }
                }
            }
        }
    }

    /// The next byte that is neither white space nor a comma.
    fn peek(&mut self) -> Result<Option<u8>, SplitError> {
        loop {
            let bytes = self.window.bytes();
            let start = if self.window.offset() == 0 && bytes.starts_with(BOM) { BOM.len() } else { 0 };
            let skip = bytes[start..].iter().position(|byte| *byte != b',' && !is_space(*byte));
            let skip = skip.map_or(bytes.len(), |skip| start + skip);
            let found = bytes.get(skip).copied();
            self.window.consume(skip);
            if found.is_some() || self.window.ended() {
                return Ok(found);
            }
            self.window.fill()?;
        }
    }

    fn end(&mut self) -> Option<Found> {
        if self.place == Place::Top {
            return None;
        }
        self.leave_array();
        Some(Found::Junk(Junk::whole(b"", self.window.offset(), JunkReason::OpenList)))
    }

    fn item(&mut self) -> Result<Option<Found>, SplitError> {
        let mut checker = Checker::new(true);
        let mut pos = 0;
        loop {
            let bytes = self.window.bytes();
            match checker.run(bytes, pos, 0, self.window.ended()) {
                Outcome::Done(end) if checker.is_empty_list() => {
                    self.window.consume(end);
                    return Ok(None);
                }
                Outcome::Done(end) if end > self.limit => return self.cut(checker, end, true),
                Outcome::Done(end) => return Ok(Some(Found::Item(end))),
                Outcome::Items(start) => {
                    self.window.consume(start);
                    self.place = Place::List;
                    return Ok(None);
                }
                Outcome::Bad(at) => {
                    return self.bad(checker, at, JunkReason::Malformed { at: at as u64 }).map(Some);
                }
                Outcome::More(_) if self.window.ended() => {
                    let at = bytes.len();
                    return self.bad(checker, at, JunkReason::Truncated).map(Some);
                }
                Outcome::More(at) if bytes.len() >= self.limit && at > 0 => {
                    return self.cut(checker, at, false);
                }
                Outcome::More(at) => {
                    pos = at;
                    self.window.fill()?;
                }
            }
        }
    }

    /// Goes on with an item that is over the limit and of which `pos` bytes were checked.
    fn cut(&mut self, mut checker: Checker, pos: usize, done: bool) -> Result<Option<Found>, SplitError> {
        let mut whole = Collector::new(self.window.offset());
        whole.add(&self.window.bytes()[..pos]);
        let mut cutter = Cutter::new(self.window.take(pos)?, &mut checker, self.limit);
        let mut base = pos as u64;
        let mut done = done;
        while !done {
            let ended = self.window.ended();
            let outcome = checker.run(self.window.bytes(), 0, base, ended);
            let (Outcome::Done(at) | Outcome::Items(at) | Outcome::More(at) | Outcome::Bad(at)) = outcome;
            let bytes = &self.window.bytes()[..at];
            whole.add(bytes);
            cutter.add(bytes, base, &mut checker);
            self.window.consume(at);
            base += at as u64;
            match outcome {
                Outcome::Done(_) => done = true,
                Outcome::Items(_) => {
                    self.window.give_back();
                    self.place = Place::List;
                    return Ok(None);
                }
                Outcome::Bad(_) => {
                    self.window.give_back();
                    let reason = JunkReason::Malformed { at: base };
                    return self.skip(whole, Skip::item(checker.into_nesting()), reason).map(Some);
                }
                Outcome::More(_) if ended => {
                    self.window.give_back();
                    return self.skip(whole, Skip::Text, JunkReason::Truncated).map(Some);
                }
                Outcome::More(_) => self.window.fill()?,
            }
        }
        Ok(Some(match cutter.finish() {
            Some(item) => Found::Cut(item),
            None => {
                self.window.give_back();
                Found::Junk(whole.finish(JunkReason::TooLarge { limit: self.limit as u64 }))
            }
        }))
    }

    /// The item at the window's start is none, which showed at `at`.
    fn bad(&mut self, checker: Checker, at: usize, reason: JunkReason) -> Result<Found, SplitError> {
        while !self.window.ended() && self.window.bytes().len() < at + LOOK_AHEAD {
            self.window.fill()?;
        }
        let offset = self.window.offset();
        let bytes = self.window.bytes();
        let next_item = swallowed(bytes, at)
            .filter(|found| self.reread + (at - found) as u64 <= FREE_REREAD + 4 * offset)
            .or((at > 0 && bytes.get(at) == Some(&b'{') && checker.expects_key()).then_some(at));
        if let Some(next) = next_item {
            self.reread += (at - next) as u64;
            let junk = Junk::whole(&bytes[..next], offset, JunkReason::Malformed { at: next as u64 });
            self.window.consume(next);
            return Ok(Found::Junk(junk));
        }
        let mut collector = Collector::new(offset);
        let at = at.max(1).min(bytes.len());
        collector.add(&bytes[..at]);
        self.window.consume(at);
        self.skip(collector, Skip::item(checker.into_nesting()), reason)
    }

    fn text(&mut self) -> Result<Found, SplitError> {
        let collector = Collector::new(self.window.offset());
        self.skip(collector, Skip::Text, JunkReason::NotJson)
    }

    fn skip(&mut self, mut junk: Collector, mut skip: Skip, reason: JunkReason) -> Result<Found, SplitError> {
        loop {
            let ended = self.window.ended();
            let bytes = self.window.bytes();
            let (count, found) = skip.run(bytes, ended);
            junk.add(&bytes[..count]);
            self.window.consume(count);
            if found {
                break;
            }
            if ended {
                // The list that this stood in is open too; saying so once is enough.
                self.leave_array();
                break;
            }
            self.window.fill()?;
        }
        Ok(Found::Junk(junk.finish(reason)))
    }

    /// A `}` between items: the list's own if its bracket is missing, else one too many.
    fn stray_brace(&mut self) -> Result<Option<Found>, SplitError> {
        let mut after = 1;
        let next = loop {
            match self.window.bytes().get(after) {
                Some(b' ' | b'\t') => after += 1,
                None if !self.window.ended() && after < LOOK_AHEAD => self.window.fill()?,
                next => break next,
            }
        };
        if self.place == Place::List && !matches!(next, Some(b',' | b']' | b'}')) {
            self.window.consume(1);
            self.leave_list();
            return Ok(None);
        }
        let junk = Junk::whole(b"}", self.window.offset(), JunkReason::NotJson);
        self.window.consume(1);
        Ok(Some(Found::Junk(junk)))
    }

    /// The rest of a list's object. Nothing in it is missed if it is broken: it ends where a line begins like an item.
    fn tail(&mut self) -> Result<(), SplitError> {
        let mut checker = Checker::after_items();
        let mut at_line_start = false;
        loop {
            let ended = self.window.ended();
            let bytes = self.window.bytes();
            let item = item_line(bytes, at_line_start);
            // An item that is only half there can be told with what comes next.
            let sure = if ended { bytes.len() } else { bytes.len().saturating_sub(LOOK_AHEAD) };
            let end = item.unwrap_or(sure);
            match checker.run(&bytes[..end], 0, 0, ended && item.is_none()) {
                Outcome::Done(at) | Outcome::Bad(at) => {
                    self.window.consume(at);
                    self.leave_list();
                    return Ok(());
                }
                Outcome::Items(at) => {
                    self.window.consume(at);
                    self.place = Place::List;
                    return Ok(());
                }
                Outcome::More(_) if ended || item.is_some() => {
                    self.window.consume(end);
                    self.leave_list();
                    return Ok(());
                }
                Outcome::More(at) => {
                    at_line_start = at.checked_sub(1).map_or(at_line_start, |last| bytes[last] == b'\n');
                    self.window.consume(at);
                    self.window.fill()?;
                }
            }
        }
    }

    fn leave_list(&mut self) {
        self.place = if self.in_array { Place::Array } else { Place::Top };
    }

    fn leave_array(&mut self) {
        self.place = Place::Top;
        self.in_array = false;
    }
}

const BOM: &[u8] = b"\xef\xbb\xbf";
