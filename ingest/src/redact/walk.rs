//! The one pass over a JSON value that finds its secrets, whatever their form and the order of keys.
//!
//! It is a state machine over the tokens with a stack of open containers: no tree, no recursion over depth. What a member
//! means follows from its key and the [`Role`] of the object it stands in (`member.rs`). What only a later key can tell,
//! because `kind` may follow `data` and `name` may follow `value`, is held back until its object closes. JSON in a string
//! is walked as well, a few levels deep (`text.rs`).

mod cursor;
mod member;
mod pointer;
mod text;

use std::ops::Range;

use super::edit::Edits;
use super::hash::{Encoding, is_masked};
use super::pattern::Options;
use super::resource::Families;
use super::scope::Scope;
use super::{MAX_DEPTH, MAX_SECRETS, Redactor, name};
pub(super) use cursor::Cursor;
pub(super) use member::Member;
use member::Role;

/// The value is no well-formed JSON, or too much for one.
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
        let mut cursor = Cursor::new(self.buf, at);
        let mut member = root;
        loop {
            // A container that is not empty brings up the next value at once.
            if let Some(first) = self.one_value(&mut cursor, member)? {
                member = first;
                continue;
            }
            member = loop {
                let Some(frame) = self.work.frames.last() else { return Ok(cursor.position()) };
                let (is_object, role) = (frame.is_object, frame.role);
                if cursor.eat(b',') {
                    self.check_size()?;
                    break if is_object { self.key(&mut cursor)? } else { role.element() };
                }
                if !cursor.eat(if is_object { b'}' } else { b']' }) {
                    return Err(Malformed);
                }
                self.close(cursor.position());
            };
        }
    }

    /// Reads a string or a scalar, skips what is masked whole, or opens a container. Returns what the first value in that
    /// container is, unless it is empty.
    fn one_value(&mut self, cursor: &mut Cursor<'w>, member: Member) -> Result<Option<Member>, Malformed> {
        match member {
            Member::Whole(encoding) => {
                let place = cursor.value().ok_or(Malformed)?;
                self.mask_whole(place, encoding);
                return Ok(None);
            }
            Member::FieldNames => {
                if let Some(end) = cursor.names_only(MAX_DEPTH)
                    && !self.has_anchor(cursor.position(), end)
                {
                    cursor.skip_to(end);
                    return Ok(None);
                }
            }
            _ => {}
        }
        if let Some(content) = cursor.string() {
            self.string(member, content.start, content.end, content.escaped);
        } else if cursor.eat(b'{') {
            self.open(member, true, cursor.position() - 1)?;
            if !cursor.eat(b'}') {
                return self.key(cursor).map(Some);
            }
            self.close(cursor.position());
        } else if cursor.eat(b'[') {
            let start = cursor.position() - 1;
            if matches!(member, Member::SecretMap(_)) && self.is_certain(Families::SECRET) {
                cursor.skip_to(start);
                let place = cursor.value().ok_or(Malformed)?;
                self.mask_whole(place, Encoding::Plain);
                return Ok(None);
            }
            let role = self.open(member, false, start)?;
            if !cursor.eat(b']') {
                return Ok(Some(role.element()));
            }
            self.close(cursor.position());
        } else {
            let place =
                cursor.scalar().filter(|place| is_scalar(&self.buf[place.clone()])).ok_or(Malformed)?;
            self.scalar(member, place);
        }
        Ok(None)
    }

    /// Reads a key and its colon, and says what the value is.
    fn key(&mut self, cursor: &mut Cursor<'w>) -> Result<Member, Malformed> {
        let key = cursor.string().ok_or(Malformed)?;
        let member = self.member(key.start, key.end, key.escaped);
        if cursor.eat(b':') { Ok(member) } else { Err(Malformed) }
    }

    fn check_size(&self) -> Result<(), Malformed> {
        let work = &self.work;
        if work.edits.len() + work.pending.len() + work.named.len() > MAX_SECRETS {
            Err(Malformed)
        } else {
            Ok(())
        }
    }

    fn open(&mut self, member: Member, is_object: bool, start: usize) -> Result<Role, Malformed> {
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
        Ok(role)
    }

    /// Closes the innermost container, which ends before `end`.
    fn close(&mut self, end: usize) {
        let Some(frame) = self.work.frames.pop() else { return };
        if frame.role == Role::PatchList {
            self.patch_lists -= 1;
        }
        if frame.is_object {
            self.options = Options::default();
            self.settle(&frame);
        }
        let held = || Held { place: frame.start..end, is_string: false };
        match frame.member {
            Member::Value => self.work.named.push(held()),
            Member::SecretValue { encoding, .. } => {
                self.work.pending.push((Families::SECRET, encoding, held()))
            }
            Member::SecretMap(encoding) if !frame.is_object => {
                self.work.pending.push((Families::SECRET, encoding, held()));
            }
            Member::OauthSecret => self.hold(Families::OAUTH_CLIENT, held()),
            _ => {}
        }
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
        let is_nothing = if held.is_string { raw.is_empty() } else { raw == b"null" };
        if !is_nothing && !is_masked(raw) {
            self.work.edits.mask(held.place.clone(), held.is_string, encoding);
        }
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
    match bytes.first() {
        Some(b'-' | b'0'..=b'9') => {
            bytes.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E'))
        }
        _ => matches!(bytes, b"true" | b"false" | b"null"),
    }
}
