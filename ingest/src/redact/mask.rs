//! Bytes that are no audit event, on their way to the dead letters: cut records, other documents, plain text.
//!
//! Nothing is known about them, so they count as secret: of JSON only structure, keys and the values of harmless keys stay,
//! and where it stops being JSON the rest is replaced whole. Plain text passes the patterns.

use std::ops::Range;

use taffrail_event::json::{self, Lexer, Step, Token};

use super::edit::write_escaped;
use super::hash::from_base64;
use super::pattern::Reading;
use super::resource::Families;
use super::scope::Scope;
use super::{Redactor, name, uri};

/// JSON in strings is masked in place this many levels deep; deeper strings are replaced whole.
const MAX_LEVELS: u8 = 4;
/// Longer values of harmless keys are not harmless.
const MAX_HARMLESS: usize = 2048;

/// Masks `bytes`.
pub(super) fn mask(redactor: &Redactor, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len().min(1 << 20));
    mask_into(redactor, bytes, 0, &mut out);
    out
}

fn mask_into(redactor: &Redactor, bytes: &[u8], level: u8, out: &mut Vec<u8>) {
    match json_start(bytes) {
        Start::At(start) => {
            mask_text(redactor, &bytes[..start], out);
            Json { redactor, bytes, level, frames: Vec::new() }.mask(start, out);
        }
        Start::Never => mask_text(redactor, bytes, out),
        Start::Before => redactor.hash.write(bytes, out),
    }
}

enum Start {
    /// A document begins here, after a prefix such as a log line has.
    At(usize),
    /// No trace of JSON.
    Never,
    /// It began before the first byte: this is the rest of one, of which nobody knows what it is.
    Before,
}

fn json_start(bytes: &[u8]) -> Start {
    let content = bytes.len() - bytes.trim_ascii_start().len();
    let mut from = content;
    while let Some(at) = memchr::memchr3(b'{', b'[', b'"', bytes.get(from..).unwrap_or_default()) {
        let at = from + at;
        let opens =
            bytes[at] != b'"' && at.checked_sub(1).is_none_or(|before| bytes[before].is_ascii_whitespace());
        if opens && (at == content || opens_object(&bytes[at..])) {
            return if is_followed_by_more(bytes, at) { Start::Before } else { Start::At(at) };
        }
        if is_json_punctuation(bytes, at) {
            return Start::Before;
        }
        from = at + 1;
    }
    Start::Never
}

/// Whether a bracket after a prefix is the beginning of JSON rather than a word in brackets or the end of a string.
fn opens_object(bytes: &[u8]) -> bool {
    let rest = bytes[1..].trim_ascii_start();
    match rest.first() {
        Some(b'{') => true,
        Some(b'"') => !matches!(rest[1..].trim_ascii_start().first(), None | Some(b',' | b':' | b'}' | b']')),
        _ => false,
    }
}

/// Whether the document at `at` is only a part of another: then nobody knows what its keys mean.
fn is_followed_by_more(bytes: &[u8], at: usize) -> bool {
    let mut lexer = Lexer::at(bytes, at);
    lexer.value().is_some()
        && matches!(
            bytes[lexer.position()..].trim_ascii_start().first(),
            Some(b',' | b':' | b'}' | b']' | b'"' | b'\\')
        )
}

/// Whether the quote or bracket at `at` stands as in the middle of JSON.
fn is_json_punctuation(bytes: &[u8], at: usize) -> bool {
    let next = bytes[at + 1..].trim_ascii_start().first();
    let before = bytes[..at].trim_ascii_end().last();
    if bytes[at] == b'"' {
        matches!(next, Some(b':' | b',' | b'}' | b']' | b'\\'))
            || matches!(before, Some(b':' | b',' | b'{' | b'[' | b'\\'))
    } else {
        matches!(next, Some(b'"' | b'\\'))
    }
}

fn mask_text(redactor: &Redactor, text: &[u8], out: &mut Vec<u8>) {
    let mut text = std::borrow::Cow::Borrowed(text);
    if let Some(blocks) = manifest_data(redactor, &text) {
        text = blocks.into();
    }
    let reading = Reading { document: true, cut: true };
    match redactor.patterns.mask(&text, reading, None, &redactor.hash) {
        Some(masked) => out.extend_from_slice(&masked),
        None => out.extend_from_slice(&text),
    }
}

/// Replaces the blocks under `data:` and `stringData:` of a manifest in YAML.
fn manifest_data(redactor: &Redactor, text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut block: Option<(usize, Range<usize>)> = None;
    let mut copied = 0;
    let mut at = 0;
    while at < text.len() {
        let end = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |len| at + len + 1);
        let line = &text[at..end];
        let indent = line.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'-')).count();
        let is_blank = line.trim_ascii().is_empty();
        match &mut block {
            Some((outer, place)) if is_blank || indent > *outer => place.end = end,
            _ => {
                if let Some((_, place)) = block.take() {
                    copied = write_block(redactor, text, copied, &place, &mut out);
                }
                let (key, value) = line.split_at(memchr::memchr(b':', line).unwrap_or(0));
                let key = key.trim_ascii_start();
                let key = key.strip_prefix(b"- ").unwrap_or(key);
                if key.eq_ignore_ascii_case(b"data") || key.eq_ignore_ascii_case(b"stringData") {
                    // `data: {a: b}` on one line counts as well.
                    let from = if value.trim_ascii() == b":" { end } else { end - value.len() + 1 };
                    block = Some((indent, from..end));
                }
            }
        }
        at = end;
    }
    if let Some((_, place)) = block {
        copied = write_block(redactor, text, copied, &place, &mut out);
    }
    (copied > 0).then(|| {
        out.extend_from_slice(&text[copied..]);
        out
    })
}

fn write_block(
    redactor: &Redactor,
    text: &[u8],
    copied: usize,
    place: &Range<usize>,
    out: &mut Vec<u8>,
) -> usize {
    if place.is_empty() {
        return copied;
    }
    out.extend_from_slice(&text[copied..place.start]);
    out.push(b' ');
    redactor.hash.write(&text[place.clone()], out);
    out.push(b'\n');
    place.end
}

/// One document that may be cut anywhere.
struct Json<'j> {
    redactor: &'j Redactor,
    bytes: &'j [u8],
    level: u8,
    frames: Vec<Frame>,
}

#[derive(Clone, Copy)]
struct Frame {
    is_object: bool,
    /// Whether harmless keys count in here: not within data, and not in the value of a patch.
    is_open: bool,
    /// What the values in here are, for arrays.
    element: Class,
    /// Whether texts in here may be base64.
    is_data: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Class {
    Harmless,
    Uri,
    Secret,
}

#[derive(Clone, Copy, PartialEq)]
enum Expect {
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    Colon,
    CommaOrEnd,
    /// Another document may follow.
    Document,
}

impl Json<'_> {
    /// Appends the masked document that starts at `start`, and what follows it.
    fn mask(mut self, start: usize, out: &mut Vec<u8>) {
        let mut lexer = Lexer::at(self.bytes, start);
        let mut expect = Expect::Document;
        let mut class = Class::Secret;
        let mut key_opens = true;
        let mut key_is_data = false;
        let mut copied = start;
        loop {
            let token = match lexer.step(true) {
                Step::Token(token) => token,
                Step::Incomplete(at) => return self.rest(copied, at, out),
                Step::End => {
                    out.extend_from_slice(&self.bytes[copied..]);
                    return;
                }
            };
            let at = match token {
                Token::String { start, .. } => start - 1,
                Token::Scalar { start, .. } => start,
                _ => lexer.position() - 1,
            };
            let value_fits = matches!(expect, Expect::Value | Expect::ValueOrEnd | Expect::Document);
            match token {
                Token::String { start, end, escaped } if matches!(expect, Expect::Key | Expect::KeyOrEnd) => {
                    let raw = &self.bytes[start..end];
                    let key = if escaped { json::unescape(raw) } else { raw.into() };
                    let frame = self.frames.last().copied();
                    let is_open = frame.is_some_and(|frame| frame.is_open);
                    class = if is_open { classify(&key) } else { Class::Secret };
                    key_is_data =
                        frame.is_some_and(|frame| frame.is_data) || key.eq_ignore_ascii_case(b"data");
                    key_opens = is_open && !closes(&key);
                    if let Some(masked) = self.text_masked(&key) {
                        out.extend_from_slice(&self.bytes[copied..start]);
                        write_escaped(&masked, out);
                        copied = end;
                    }
                    expect = Expect::Colon;
                }
                Token::Colon if expect == Expect::Colon => expect = Expect::Value,
                Token::Comma if expect == Expect::CommaOrEnd => {
                    let Some(frame) = self.frames.last() else { return self.rest(copied, at, out) };
                    expect = if frame.is_object { Expect::Key } else { Expect::Value };
                    class = frame.element;
                    key_opens = frame.is_open;
                    key_is_data = frame.is_data;
                }
                Token::ObjectOpen | Token::ArrayOpen
                    if value_fits && self.frames.len() < super::MAX_DEPTH =>
                {
                    let is_object = token == Token::ObjectOpen;
                    let element = if is_object { Class::Secret } else { class };
                    self.frames.push(Frame { is_object, is_open: key_opens, element, is_data: key_is_data });
                    expect = if is_object { Expect::KeyOrEnd } else { Expect::ValueOrEnd };
                }
                Token::ObjectClose if matches!(expect, Expect::KeyOrEnd | Expect::CommaOrEnd) => {
                    if !self.frames.pop().is_some_and(|frame| frame.is_object) {
                        return self.rest(copied, at, out);
                    }
                    expect = self.after_value();
                }
                Token::ArrayClose if matches!(expect, Expect::ValueOrEnd | Expect::CommaOrEnd) => {
                    if self.frames.pop().is_none_or(|frame| frame.is_object) {
                        return self.rest(copied, at, out);
                    }
                    expect = self.after_value();
                }
                Token::String { start, end, .. } if value_fits => {
                    out.extend_from_slice(&self.bytes[copied..start]);
                    self.string(start..end, class, key_is_data, out);
                    copied = end;
                    expect = self.after_value();
                }
                Token::Scalar { start, end }
                    if value_fits && json::is_well_formed(&self.bytes[start..end]) =>
                {
                    let raw = &self.bytes[start..end];
                    let is_switch = matches!(raw, b"true" | b"false" | b"null");
                    if class == Class::Secret && !is_switch {
                        out.extend_from_slice(&self.bytes[copied..start]);
                        out.push(b'"');
                        self.redactor.hash.write(raw, out);
                        out.push(b'"');
                        copied = end;
                    }
                    expect = self.after_value();
                }
                _ => return self.rest(copied, at, out),
            }
            if expect == Expect::Document {
                (class, key_opens, key_is_data) = (Class::Secret, true, false);
            }
        }
    }

    fn after_value(&self) -> Expect {
        if self.frames.is_empty() { Expect::Document } else { Expect::CommaOrEnd }
    }

    /// What is left is no JSON any more: it may be anything.
    fn rest(&self, copied: usize, at: usize, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.bytes[copied..at]);
        self.redactor.hash.write(&self.bytes[at..], out);
    }

    /// Appends what stands for the string with the content at `place`.
    fn string(&self, place: Range<usize>, class: Class, is_data: bool, out: &mut Vec<u8>) {
        let raw = &self.bytes[place];
        let text = json::unescape(raw);
        if text.is_empty() {
            return;
        }
        let masked = match class {
            _ if text.len() > MAX_HARMLESS && class != Class::Secret => None,
            Class::Harmless if !text.contains(&b'"') => Some(self.text_masked(&text)),
            Class::Uri => Some(self.uri_masked(&text)),
            _ => None,
        };
        match masked {
            Some(None) => out.extend_from_slice(raw),
            Some(Some(masked)) => write_escaped(&masked, out),
            None if self.level < MAX_LEVELS
                && matches!(text.trim_ascii_start().first(), Some(b'{' | b'[')) =>
            {
                let mut masked = Vec::with_capacity(text.len());
                mask_into(self.redactor, &text, self.level + 1, &mut masked);
                write_escaped(&masked, out);
            }
            None => {
                let decoded = if is_data { from_base64(&text) } else { None };
                self.redactor.hash.write(decoded.as_deref().unwrap_or(&text), out);
            }
        }
    }

    fn text_masked(&self, text: &[u8]) -> Option<Vec<u8>> {
        let reading = Reading { document: true, cut: true };
        self.redactor.patterns.mask(text, reading, None, &self.redactor.hash)
    }

    fn uri_masked(&self, text: &[u8]) -> Option<Vec<u8>> {
        // Names of OAuth tokens are masked in case it is one.
        let scope = Scope::built_in(Families::OAUTH_TOKEN, false);
        uri::mask(self.redactor, &scope, text)
    }
}

/// Keys whose values say what happened to what, never with which content.
fn classify(key: &[u8]) -> Class {
    const HARMLESS: [&[u8]; 34] = [
        b"kind",
        b"apiVersion",
        b"level",
        b"auditID",
        b"stage",
        b"verb",
        b"username",
        b"groups",
        b"sourceIPs",
        b"userAgent",
        b"resource",
        b"subresource",
        b"namespace",
        b"name",
        b"uid",
        b"apiGroup",
        b"resourceVersion",
        b"generation",
        b"code",
        b"status",
        b"reason",
        b"requestReceivedTimestamp",
        b"stageTimestamp",
        b"creationTimestamp",
        b"time",
        b"timestamp",
        b"op",
        b"path",
        b"from",
        b"manager",
        b"operation",
        b"fieldsType",
        b"authorization.k8s.io/decision",
        b"type",
    ];
    if key == b"requestURI" {
        Class::Uri
    } else if HARMLESS.contains(&key) && !name::is_secret_name(key) {
        Class::Harmless
    } else {
        Class::Secret
    }
}

/// Keys below which no key is harmless: the names in there are somebody's own.
fn closes(key: &[u8]) -> bool {
    [&b"data"[..], b"stringData", b"value", b"labels", b"annotations", b"env", b"args", b"command", b"extra"]
        .iter()
        .any(|name| key.eq_ignore_ascii_case(name))
}
