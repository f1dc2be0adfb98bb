//! Strings and scalars: what is done with them by what they are, and the secrets within texts.

use std::ops::Range;

use taffrail_event::{SKIPPED_BODY, json};

use super::member::Member;
use super::{Held, Walk, Work};
use crate::redact::edit::write_escaped;
use crate::redact::hash::Encoding;
use crate::redact::manifest;
use crate::redact::paths;
use crate::redact::pattern::Reading;
use crate::redact::resource::Families;

/// JSON in a string in a string: deeper ones are masked whole if anything in them looks suspicious.
const MAX_LEVELS: u8 = 8;
/// Few strings are as long without escapes.
const LONG: usize = 256;

impl Walk<'_> {
    pub(super) fn string(&mut self, member: Member, start: usize, end: usize, escaped: bool) {
        let held = Held { place: start..end, is_string: true };
        match member {
            Member::Identity => {}
            Member::Whole(encoding) => self.mask(&held, encoding),
            Member::Credential => self.mask(&held, Encoding::Plain),
            Member::Root | Member::Op
                if self.scope.is_bearing()
                    && self.level == 0
                    && self.buf[start..end] != *SKIPPED_BODY.as_bytes() =>
            {
                self.mask(&held, Encoding::Plain);
            }
            Member::SecretMap(encoding) | Member::SecretValue { encoding, .. }
                if self.is_certain(Families::SECRET) =>
            {
                self.mask(&held, encoding);
            }
            Member::SecretMap(encoding) => {
                self.read_closely(start..end, escaped);
                self.work.pending.push((Families::SECRET, encoding, held));
            }
            Member::SecretValue { encoding, has_secret_name } => {
                if has_secret_name {
                    self.mask(&held, Encoding::Plain);
                } else {
                    self.read_closely(start..end, escaped);
                }
                self.work.pending.push((Families::SECRET, encoding, held));
            }
            Member::Directive => {
                if !matches!(&self.buf[start..end], b"replace" | b"merge" | b"delete") {
                    self.hold(Families::SECRET, held);
                }
            }
            Member::OauthSecret => {
                self.read_text_at_anchors(start, end, escaped);
                self.hold(Families::OAUTH_CLIENT, held);
            }
            Member::Source => {
                self.read_text_at_anchors(start, end, escaped);
                if self.buf[start..end].starts_with(b"data:") {
                    self.hold(Families::MACHINE_CONFIG, held);
                }
            }
            Member::Value => {
                self.read_text_at_anchors(start, end, escaped);
                self.work.named.push(held);
            }
            Member::Name => {
                let text = json::unescape(&self.buf[start..end]);
                self.note_name(&text);
                self.read_text_at_anchors(start, end, escaped);
            }
            Member::Kind | Member::Type => {
                let text = json::unescape(&self.buf[start..end]);
                self.note_kind(if member == Member::Kind {
                    Families::of_kind(&text)
                } else {
                    Families::of_type(&text)
                });
                self.read_text_at_anchors(start, end, escaped);
            }
            Member::Annotation => {
                self.read_closely(start..end, escaped);
                // A copy of the object in some form: JSON, or compressed JSON in base64.
                if matches!(self.buf[start..end].first(), Some(b'{' | b'['))
                    || self.buf[start..end].starts_with(b"H4sI")
                {
                    self.hold(Families::SECRET, held);
                }
            }
            Member::Words | Member::Note => self.read_closely(start..end, escaped),
            Member::Word => self.word(start..end, escaped),
            Member::Message if self.scope.is_bearing() => self.message(start..end, escaped),
            _ => self.read_text_at_anchors(start, end, escaped),
        }
    }

    /// A number, a boolean or null.
    pub(super) fn scalar(&mut self, member: Member, place: Range<usize>) {
        let is_switch = matches!(&self.buf[place.clone()], b"true" | b"false" | b"null");
        let held = Held { place, is_string: false };
        match member {
            Member::Whole(encoding) => self.mask(&held, encoding),
            Member::Credential if !is_switch => self.mask(&held, Encoding::Plain),
            Member::SecretMap(_) | Member::SecretValue { .. } | Member::Directive => {
                self.hold(Families::SECRET, held);
            }
            Member::OauthSecret => self.hold(Families::OAUTH_CLIENT, held),
            Member::Value => self.work.named.push(held),
            Member::Op if self.scope.is_bearing() => self.mask(&held, Encoding::Plain),
            _ => {}
        }
    }

    /// Most strings: copied unseen, unless the first pass found something in them, or escapes hide what they hold, or they
    /// are long enough for a document in base64.
    #[inline]
    fn read_text_at_anchors(&mut self, start: usize, end: usize, escaped: bool) {
        if escaped || self.has_anchor(start, end) || end - start >= LONG {
            self.read_text(start..end, escaped, None);
        }
    }

    /// Strings that often hold settings.
    fn read_closely(&mut self, place: Range<usize>, escaped: bool) {
        let text = json::unescape(&self.buf[place.clone()]);
        self.read(place, &text, escaped, Reading { document: true, cut: false }, None);
    }

    pub(super) fn read_text(&mut self, place: Range<usize>, escaped: bool, known: Option<Range<usize>>) {
        let text = json::unescape(&self.buf[place.clone()]);
        let document = escaped && memchr::memchr(b'\n', &text).is_some();
        self.read(place, &text, escaped, Reading { document, cut: false }, known);
    }

    /// One word of a command line.
    fn word(&mut self, place: Range<usize>, escaped: bool) {
        let text = json::unescape(&self.buf[place.clone()]);
        let known = self.options.secret_in(&text);
        self.read(place, &text, escaped, Reading::default(), known);
    }

    /// A message about a secret-bearing object: it may echo a piece of it.
    fn message(&mut self, place: Range<usize>, escaped: bool) {
        const ECHOES: [&[u8]; 5] =
            [b"alue: ", b"parse error", b"error found in", b"bigger context", b"error decoding"];
        let text = json::unescape(&self.buf[place.clone()]);
        let echo = ECHOES
            .iter()
            .filter_map(|marker| memchr::memmem::find(&text, marker).map(|at| at + marker.len()))
            .min()
            .filter(|from| *from < text.len())
            .map(|from| from..text.len());
        self.read(place, &text, escaped, Reading::default(), echo);
    }

    fn read(
        &mut self,
        place: Range<usize>,
        text: &[u8],
        escaped: bool,
        reading: Reading,
        known: Option<Range<usize>>,
    ) {
        if !self.scope.built_in && self.scope.paths.is_empty() {
            return;
        }
        let masked = match self.nested(text, escaped) {
            Nested::Not if !self.scope.built_in => None,
            Nested::Not => self.text_masked(text, reading, known),
            Nested::Same => None,
            Nested::Changed(masked) => Some(masked),
        };
        if let Some(masked) = masked {
            self.work.edits.replace(place, |out| write_escaped(&masked, out));
        }
    }

    fn text_masked(&self, text: &[u8], reading: Reading, known: Option<Range<usize>>) -> Option<Vec<u8>> {
        let masked = self.redactor.patterns.mask(text, reading, known, &self.redactor.hash);
        let of_secrets = manifest::mask_secrets(self.redactor, masked.as_deref().unwrap_or(text));
        of_secrets.or(masked)
    }

    /// Walks `text` if it is JSON itself. Without escapes it holds no strings, hence no secrets.
    fn nested(&self, text: &[u8], escaped: bool) -> Nested {
        if !escaped || !matches!(text.trim_ascii_start().first(), Some(b'{' | b'[')) {
            return Nested::Not;
        }
        let whole = || {
            let mut out = Vec::new();
            self.redactor.hash.write(text, &mut out);
            Nested::Changed(out)
        };
        if self.level == MAX_LEVELS {
            let is_suspicious = self.redactor.patterns.may_match(text) || self.scope.is_bearing();
            return if is_suspicious || !self.scope.paths.is_empty() { whole() } else { Nested::Same };
        }
        let mut anchors = Vec::new();
        self.redactor.patterns.anchors(text, &mut anchors);
        let mut work = Work::default();
        let mut walk = Walk::new(self.redactor, self.scope, text, &anchors, &mut work);
        walk.level = self.level + 1;
        match walk.value(0, Member::Root) {
            Ok(end) if text[end..].trim_ascii().is_empty() => {}
            _ if self.scope.is_bearing() => return whole(),
            _ => return Nested::Not,
        }
        if !self.scope.paths.is_empty() && !paths::mask(&self.scope.paths, text, 0, &mut work.edits) {
            return whole();
        }
        if work.edits.is_empty() {
            return Nested::Same;
        }
        let mut out = Vec::with_capacity(text.len());
        work.edits.apply(text, &self.redactor.hash, &mut out);
        Nested::Changed(out)
    }
}

enum Nested {
    /// Not JSON.
    Not,
    /// JSON without secrets.
    Same,
    Changed(Vec<u8>),
}
