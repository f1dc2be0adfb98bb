//! Finds the end of one JSON value and the first place where it is not JSON, however its bytes arrive.
//!
//! Resumable at any byte, without recursion, one pass. Brackets are matched by kind and commas and colons by place, so a
//! bracket that is missing shows where the next item begins and not at the end of the input. What stands inside strings
//! and numbers is not judged (audit bodies hold invalid UTF-8 and `1e999999`), except that a raw line end ends a string:
//! every JSON encoder escapes it, and in a file of lines it is where a cut line stops.
//!
//! Along the way it notes what the splitter needs of the outermost object: its bodies, and whether it is a list.

use std::ops::Range;

use super::nesting::Nesting;
use super::scan::{End, is_number_byte, is_scalar, is_space, scalar_end, string_end};

/// Where [`Checker::run`] stopped. Offsets count from the start of the buffer it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The value ends here.
    Done(usize),
    /// The value is a list and its items begin here, after their opening bracket.
    Items(usize),
    /// Everything up to here is fine; give the rest again with more behind it.
    More(usize),
    /// Here is the first byte that cannot be.
    Bad(usize),
}

/// What may come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expect {
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    Colon,
    CommaOrEnd,
    /// Inside a string that began in an earlier buffer.
    String {
        is_key: bool,
        escape: bool,
    },
    /// Inside a number that began in an earlier buffer.
    Scalar,
}

/// A member of the outermost object that matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Member {
    Other,
    Kind,
    Items,
    Body,
}

#[derive(Debug)]
pub(super) struct Checker {
    nesting: Nesting,
    expect: Expect,
    member: Member,
    /// Whether an `items` array of the outermost object is to be entered.
    seeks_items: bool,
    is_list: bool,
    saw_items: bool,
    /// Closed bodies of the outermost object, in bytes from its start.
    bodies: Vec<Range<u64>>,
    open_body: Option<u64>,
}

/// More bodies than this in one event are no event's; they are not cut, so the event is too large.
const MAX_BODIES: usize = 64;

/// Longer tokens mean nothing to the splitter and need not be seen whole.
const MAX_WORD: usize = 64;

impl Checker {
    /// For one value of any kind.
    pub(super) fn new(seeks_items: bool) -> Self {
        Self {
            nesting: Nesting::default(),
            expect: Expect::Value,
            member: Member::Other,
            seeks_items,
            is_list: false,
            saw_items: false,
            bodies: Vec::new(),
            open_body: None,
        }
    }

    /// For the rest of a list object, after its items.
    pub(super) fn after_items() -> Self {
        let mut checker = Self::new(true);
        checker.nesting.push(true);
        checker.expect = Expect::CommaOrEnd;
        checker
    }

    /// Whether the value was a list without items.
    pub(super) fn is_empty_list(&self) -> bool {
        self.seeks_items && self.is_list
    }

    /// Whether a `{` is a surprise because a key should stand there: the start of the next item, most likely.
    pub(super) fn expects_key(&self) -> bool {
        matches!(self.expect, Expect::Key | Expect::KeyOrEnd)
    }

    /// The brackets that are open.
    pub(super) fn into_nesting(self) -> Nesting {
        self.nesting
    }

    /// The closed bodies since the last call, in order.
    pub(super) fn take_bodies(&mut self) -> Vec<Range<u64>> {
        std::mem::take(&mut self.bodies)
    }

    /// Where the body began that is still open.
    pub(super) fn open_body(&self) -> Option<u64> {
        self.open_body
    }

    /// Goes on at `pos` of `buf`, whose first byte is byte `base` of the value. `last`: nothing follows.
    pub(super) fn run(&mut self, buf: &[u8], pos: usize, base: u64, last: bool) -> Outcome {
        let mut pos = pos;
        loop {
            let Some(&byte) = buf.get(pos) else { return Outcome::More(pos) };
            match self.expect {
                Expect::Value | Expect::ValueOrEnd => match byte {
                    b'"' => {
                        self.begin_value(pos, base);
                        match string_end(buf, pos + 1, false) {
                            End::At(end) => {
                                if self.member != Member::Other {
                                    self.end_word(buf.get(pos + 1..end - 1).unwrap_or_default());
                                }
                                pos = end;
                                if self.end_value(pos, base) {
                                    return Outcome::Done(pos);
                                }
                            }
                            End::Newline(at) => return Outcome::Bad(at),
                            End::Missing { .. } if buf.len() - pos < MAX_WORD => return Outcome::More(pos),
                            End::Missing { escape } => {
                                self.expect = Expect::String { is_key: false, escape };
                                return Outcome::More(buf.len());
                            }
                        }
                    }
                    b'{' => {
                        self.begin_value(pos, base);
                        self.nesting.push(true);
                        self.expect = Expect::KeyOrEnd;
                        pos += 1;
                    }
                    b'[' => {
                        if self.member == Member::Items && self.nesting.depth() == 1 && self.seeks_items {
                            self.member = Member::Other;
                            return Outcome::Items(pos + 1);
                        }
                        self.begin_value(pos, base);
                        self.nesting.push(false);
                        self.expect = Expect::ValueOrEnd;
                        pos += 1;
                    }
                    b']' if self.expect == Expect::ValueOrEnd => {
                        pos += 1;
                        self.nesting.pop();
                        if self.end_value(pos, base) {
                            return Outcome::Done(pos);
                        }
                    }
                    b'-' | b'0'..=b'9' | b't' | b'f' | b'n' => {
                        let end = scalar_end(buf, pos);
                        self.begin_value(pos, base);
                        if end == buf.len() && !last {
                            if end - pos < MAX_WORD {
                                return Outcome::More(pos);
                            }
                            if !is_scalar(&buf[pos..end]) {
                                return Outcome::Bad(pos);
                            }
                            self.expect = Expect::Scalar;
                            return Outcome::More(end);
                        }
                        if !is_scalar(&buf[pos..end]) {
                            return Outcome::Bad(pos);
                        }
                        if self.member != Member::Other {
                            self.end_word(&buf[pos..end]);
                        }
                        pos = end;
                        if self.end_value(pos, base) {
                            return Outcome::Done(pos);
                        }
                    }
                    _ if is_space(byte) => pos += 1,
                    _ => return Outcome::Bad(pos),
                },
                Expect::Key | Expect::KeyOrEnd => match byte {
                    b'"' => match string_end(buf, pos + 1, false) {
                        End::At(end) => {
                            if self.nesting.depth() == 1 {
                                self.begin_member(buf.get(pos + 1..end - 1).unwrap_or_default());
                            }
                            pos = end;
                            self.expect = Expect::Colon;
                            if buf.get(pos) == Some(&b':') {
                                pos += 1;
                                self.expect = Expect::Value;
                            }
                        }
                        End::Newline(at) => return Outcome::Bad(at),
                        End::Missing { .. } if buf.len() - pos < MAX_WORD => return Outcome::More(pos),
                        End::Missing { escape } => {
                            self.expect = Expect::String { is_key: true, escape };
                            return Outcome::More(buf.len());
                        }
                    },
                    b'}' if self.expect == Expect::KeyOrEnd => {
                        pos += 1;
                        self.nesting.pop();
                        if self.end_value(pos, base) {
                            return Outcome::Done(pos);
                        }
                    }
                    _ if is_space(byte) => pos += 1,
                    _ => return Outcome::Bad(pos),
                },
                Expect::Colon => match byte {
                    b':' => {
                        self.expect = Expect::Value;
                        pos += 1;
                    }
                    _ if is_space(byte) => pos += 1,
                    _ => return Outcome::Bad(pos),
                },
                Expect::CommaOrEnd => match byte {
                    b',' => {
                        self.expect = if self.nesting.in_object() { Expect::Key } else { Expect::Value };
                        pos += 1;
                    }
                    b'}' | b']' if self.nesting.in_object() == (byte == b'}') => {
                        pos += 1;
                        self.nesting.pop();
                        if self.end_value(pos, base) {
                            return Outcome::Done(pos);
                        }
                    }
                    _ if is_space(byte) => pos += 1,
                    _ => return Outcome::Bad(pos),
                },
                Expect::String { is_key, escape } => match string_end(buf, pos, escape) {
                    End::At(end) => {
                        pos = end;
                        if is_key {
                            self.expect = Expect::Colon;
                        } else if self.end_value(pos, base) {
                            return Outcome::Done(pos);
                        }
                    }
                    End::Newline(at) => return Outcome::Bad(at),
                    End::Missing { escape } => {
                        self.expect = Expect::String { is_key, escape };
                        return Outcome::More(buf.len());
                    }
                },
                Expect::Scalar => {
                    let end = scalar_end(buf, pos);
                    if !buf[pos..end].iter().all(|byte| is_number_byte(*byte)) {
                        return Outcome::Bad(pos);
                    }
                    pos = end;
                    if end == buf.len() && !last {
                        return Outcome::More(end);
                    }
                    if self.end_value(pos, base) {
                        return Outcome::Done(pos);
                    }
                }
            }
        }
    }

    fn begin_member(&mut self, key: &[u8]) {
        self.member = match key {
            b"kind" => Member::Kind,
            b"items" => Member::Items,
            b"requestObject" | b"responseObject" => Member::Body,
            b"auditID" | b"stage" => {
                // An event: whatever it calls "items" is none of ours.
                self.seeks_items = false;
                Member::Other
            }
            _ => Member::Other,
        };
    }

    fn begin_value(&mut self, pos: usize, base: u64) {
        if self.member == Member::Body && self.nesting.depth() == 1 {
            self.open_body.get_or_insert(base + pos as u64);
        }
    }

    /// A string or scalar that is the whole value of `kind` or `items`.
    fn end_word(&mut self, word: &[u8]) {
        if self.nesting.depth() != 1 {
            return;
        }
        match self.member {
            Member::Kind if word == b"EventList" && !self.saw_items => self.is_list = true,
            Member::Items => {
                self.is_list = word == b"null";
                self.saw_items = true;
            }
            _ => {}
        }
    }

    /// Returns whether the outermost value has ended.
    fn end_value(&mut self, pos: usize, base: u64) -> bool {
        self.expect = Expect::CommaOrEnd;
        match self.nesting.depth() {
            0 => true,
            1 => {
                if let Some(start) = self.open_body.take()
                    && self.bodies.len() < MAX_BODIES
                {
                    self.bodies.push(start..base + pos as u64);
                }
                if self.member == Member::Items && !self.saw_items {
                    self.saw_items = true;
                    self.is_list = false;
                }
                self.member = Member::Other;
                false
            }
            _ => false,
        }
    }
}
