//! The one pass over a JSON value that finds its secrets, whatever their form and the order of keys.
//!
//! It is a state machine over the tokens with a stack of open containers: no tree, no recursion over depth. What a member
//! means follows from its key and the [`Role`] of the object it stands in (`member.rs`). What only a later key can tell,
//! because `kind` may follow `data` and `name` may follow `value`, is held back until its object closes. JSON in a string
//! is walked as well, a few levels deep (`text.rs`).

mod member;
mod pointer;
mod text;

use std::ops::Range;

use taffrail_event::json::{self, Lexer, Token};

use super::edit::Edits;
use super::hash::{from_base64, is_masked};
use super::pattern::Options;
use super::resource::Families;
use super::scope::Scope;
use super::{MAX_DEPTH, Redactor, name};
pub(super) use member::Member;
use member::{Encoding, Role};

/// The value is no well-formed JSON.
#[derive(Debug, PartialEq)]
pub(super) struct Malformed;

/// A walk over values in one buffer.
pub(super) struct Walk<'w> {
    redactor: &'w Redactor,
    scope: &'w Scope<'w>,
    buf: &'w [u8],
    /// Where strings have to be read closely, in order; the rest of them at `anchor`.
    anchors: std::slice::Iter<'w, usize>,
    anchor: usize,
    work: &'w mut Work,
    /// How many strings this JSON stands in.
    level: u8,
    options: Options,
    patch_lists: u8,
}

/// What a walk gathers. The walks over the members of one record share it.
#[derive(Default)]
pub(super) struct Work {
    pub(super) edits: Edits,
    frames: Vec<Frame>,
    /// Secrets if an enclosing object turns out to be of that family.
    pending: Vec<(Families, Encoding, Held)>,
    /// Values of their objects whose name may turn out to be a secret's.
    named: Vec<Held>,
}

/// A value that may have to be masked later.
struct Held {
    place: Range<usize>,
    /// Whether `place` is the content of a string, or else a whole value.
    is_string: bool,
}

/// An open container.
struct Frame {
    is_object: bool,
    role: Role,
    /// What this container is to the one around it.
    member: Member,
    /// What `value` of a patch operation is.
    op_value: Member,
    start: usize,
    pending_from: usize,
    named_from: usize,
    found: Families,
    has_secret_name: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Expect {
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    Colon,
    CommaOrEnd,
}

impl<'w> Walk<'w> {
    pub(super) fn new(
        redactor: &'w Redactor,
        scope: &'w Scope<'w>,
        buf: &'w [u8],
        anchors: &'w [usize],
        work: &'w mut Work,
    ) -> Self {
        let mut anchors = anchors.iter();
        let anchor = anchors.next().copied().unwrap_or(usize::MAX);
        Self {
            redactor,
            scope,
            buf,
            anchors,
            anchor,
            work,
            level: 0,
            options: Options::default(),
            patch_lists: 0,
        }
    }

    /// Walks the value that starts at `at` and returns where it ends. On an error its edits are withdrawn.
    pub(super) fn value(&mut self, at: usize, root: Member) -> Result<usize, Malformed> {
        let mark = self.work.edits.mark();
        let walked = self.tokens(at, root);
        self.work.frames.clear();
        self.work.pending.clear();
        self.work.named.clear();
        self.patch_lists = 0;
        if walked.is_err() {
            self.work.edits.roll_back(&mark);
        }
        walked
    }

    fn tokens(&mut self, at: usize, root: Member) -> Result<usize, Malformed> {
        let mut lexer = Lexer::at(self.buf, at);
        let mut member = root;
        let mut expect = Expect::Value;
        while let Some(token) = lexer.next_token() {
            match (token, expect) {
                (Token::String { start, end, escaped }, Expect::Key | Expect::KeyOrEnd) => {
                    member = self.key(start, end, escaped);
                    expect = Expect::Colon;
                    continue;
                }
                (Token::Colon, Expect::Colon) => {
                    expect = Expect::Value;
                    if let Member::Whole(encoding) = member {
                        let place = lexer.value().ok_or(Malformed)?;
                        self.mask_whole(place, encoding);
                        expect = Expect::CommaOrEnd;
                    }
                    continue;
                }
                (Token::Comma, Expect::CommaOrEnd) => {
                    let frame = self.work.frames.last().ok_or(Malformed)?;
                    expect = if frame.is_object { Expect::Key } else { Expect::Value };
                    member = frame.role.element();
                    continue;
                }
                (Token::String { start, end, escaped }, Expect::Value | Expect::ValueOrEnd) => {
                    self.string(member, start, end, escaped);
                }
                (Token::Scalar { start, end }, Expect::Value | Expect::ValueOrEnd)
                    if is_scalar(&self.buf[start..end]) =>
                {
                    self.scalar(member, start..end);
                }
                (Token::ObjectOpen, Expect::Value | Expect::ValueOrEnd) => {
                    self.open(member, true, lexer.position() - 1)?;
                    expect = Expect::KeyOrEnd;
                    continue;
                }
                (Token::ArrayOpen, Expect::Value | Expect::ValueOrEnd) => {
                    let start = lexer.position() - 1;
                    if member == Member::SecretMap(Encoding::Base64) && self.is_certain(Families::SECRET)
                        || member == Member::SecretMap(Encoding::Plain) && self.is_certain(Families::SECRET)
                    {
                        lexer = Lexer::at(self.buf, start);
                        let place = lexer.value().ok_or(Malformed)?;
                        self.mask_whole(place, Encoding::Plain);
                    } else {
                        self.open(member, false, start)?;
                        member = self.work.frames.last().map_or(Member::Plain, |frame| frame.role.element());
                        expect = Expect::ValueOrEnd;
                        continue;
                    }
                }
                (Token::ObjectClose, Expect::KeyOrEnd | Expect::CommaOrEnd)
                | (Token::ArrayClose, Expect::ValueOrEnd | Expect::CommaOrEnd) => {
                    self.close(token == Token::ObjectClose, lexer.position())?;
                }
                _ => return Err(Malformed),
            }
            if self.work.frames.is_empty() {
                return Ok(lexer.position());
            }
            expect = Expect::CommaOrEnd;
        }
        Err(Malformed)
    }

    fn open(&mut self, member: Member, is_object: bool, start: usize) -> Result<(), Malformed> {
        if self.work.frames.len() == MAX_DEPTH {
            return Err(Malformed);
        }
        let mut role = member.role(is_object);
        let mut op_value = Member::Plain;
        match role {
            Role::Words => self.options.next_list(),
            // Operations do not nest, and reading their paths ahead must not make the walk quadratic.
            Role::PatchList if self.patch_lists == 2 => role = Role::Plain,
            Role::PatchList => self.patch_lists += 1,
            Role::Op => op_value = pointer::op_value(self, start),
            _ => {}
        }
        self.work.frames.push(Frame {
            is_object,
            role,
            member,
            op_value,
            start,
            pending_from: self.work.pending.len(),
            named_from: self.work.named.len(),
            found: Families::NONE,
            has_secret_name: false,
        });
        Ok(())
    }

    fn close(&mut self, is_object: bool, end: usize) -> Result<(), Malformed> {
        let frame = self.work.frames.pop().filter(|frame| frame.is_object == is_object).ok_or(Malformed)?;
        if frame.role == Role::PatchList {
            self.patch_lists -= 1;
        }
        if is_object {
            self.options = Options::default();
            self.settle(&frame);
        }
        let held = || Held { place: frame.start..end, is_string: false };
        match frame.member {
            Member::Value => self.work.named.push(held()),
            Member::SecretValue { encoding, .. } => {
                self.work.pending.push((Families::SECRET, encoding, held()))
            }
            Member::SecretMap(encoding) if !is_object => {
                self.work.pending.push((Families::SECRET, encoding, held()));
            }
            Member::OauthSecret => self.hold(Families::OAUTH_CLIENT, held()),
            _ => {}
        }
        Ok(())
    }

    /// Decides what was held back for this object.
    fn settle(&mut self, frame: &Frame) {
        let named = self.work.named.split_off(frame.named_from);
        if frame.has_secret_name {
            for held in &named {
                self.mask(held, Encoding::Plain);
            }
        }
        if !frame.found.is_none() && self.work.pending.len() > frame.pending_from {
            for (family, encoding, held) in self.work.pending.split_off(frame.pending_from) {
                if frame.found.meets(family) {
                    self.mask(&held, encoding);
                } else {
                    self.work.pending.push((family, encoding, held));
                }
            }
        }
    }

    /// Masks now what certainly is of that family, else when an object around it says so.
    fn hold(&mut self, family: Families, held: Held) {
        if self.is_certain(family) {
            self.mask(&held, Encoding::Plain);
        } else {
            self.work.pending.push((family, Encoding::Plain, held));
        }
    }

    /// Whether everything in this record is of that family.
    fn is_certain(&self, family: Families) -> bool {
        self.scope.families.meets(family)
    }

    fn mask_whole(&mut self, place: Range<usize>, encoding: Encoding) {
        let is_string = self.buf[place.start] == b'"';
        let place = if is_string { place.start + 1..place.end - 1 } else { place };
        self.mask(&Held { place, is_string }, encoding);
    }

    /// Replaces a value by its hash. Nothing (null and the empty string) stays nothing.
    fn mask(&mut self, held: &Held, encoding: Encoding) {
        let raw = &self.buf[held.place.clone()];
        let hash = &self.redactor.hash;
        if !held.is_string {
            if raw != b"null" {
                self.work.edits.replace(held.place.clone(), |out| {
                    out.push(b'"');
                    hash.write(raw, out);
                    out.push(b'"');
                });
            }
            return;
        }
        let text = json::unescape(raw);
        if text.is_empty() || is_masked(raw) {
            return;
        }
        let decoded = if encoding == Encoding::Base64 { from_base64(&text) } else { None };
        self.work
            .edits
            .replace(held.place.clone(), |out| hash.write(decoded.as_deref().unwrap_or(&text), out));
    }

    fn note_kind(&mut self, families: Families) {
        if let Some(frame) = self.work.frames.last_mut() {
            frame.found = frame.found.union(families);
        }
    }

    fn note_name(&mut self, text: &[u8]) {
        let is_secret = self.scope.built_in && name::is_secret_variable(text)
            || self.scope.env_names.iter().any(|pattern| pattern.matches(text));
        if is_secret && let Some(frame) = self.work.frames.last_mut() {
            frame.has_secret_name = true;
        }
    }

    /// Whether something between `start` and `end` has to be read closely.
    fn has_anchor(&mut self, start: usize, end: usize) -> bool {
        while self.anchor < start {
            self.anchor = self.anchors.next().copied().unwrap_or(usize::MAX);
        }
        self.anchor < end
    }
}

fn is_scalar(bytes: &[u8]) -> bool {
    matches!(bytes, b"true" | b"false" | b"null")
        || bytes.iter().any(u8::is_ascii_digit)
            && bytes
                .iter()
                .all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E'))
}
