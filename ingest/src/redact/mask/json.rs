//! JSON that may be cut anywhere: structure, keys and the values of harmless keys stay, the rest is replaced.

use std::ops::Range;

use taffrail_event::json::{self, Lexer, Step, Token};

use super::mask_into;
use crate::redact::edit::write_escaped;
use crate::redact::hash::from_base64;
use crate::redact::pattern::Reading;
use crate::redact::resource::Families;
use crate::redact::scope::Scope;
use crate::redact::{MAX_DEPTH, Redactor, name, uri};

/// JSON in strings is masked in place this many levels deep; deeper strings are replaced whole.
const MAX_LEVELS: u8 = 4;
/// Longer values of harmless keys are not harmless.
const MAX_HARMLESS: usize = 2048;

/// One document that may be cut anywhere.
pub(super) struct Json<'j> {
    redactor: &'j Redactor,
    bytes: &'j [u8],
    level: u8,
    frames: Vec<Frame>,
    /// Whether the document's first key is known; `None` before it.
    is_familiar: Option<bool>,
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

impl<'j> Json<'j> {
    /// A document in `bytes` that stands in `level` strings.
    pub(super) fn new(redactor: &'j Redactor, bytes: &'j [u8], level: u8) -> Self {
        Self { redactor, bytes, level, frames: Vec::new(), is_familiar: None }
    }

    /// Appends the masked document that starts at `start`, and what follows it.
    pub(super) fn mask(mut self, start: usize, out: &mut Vec<u8>) {
        let mut lexer = Lexer::at(self.bytes, start);
        let mut expect = Expect::Document;
        let mut class = Class::Secret;
        let mut key_opens = true;
        let mut key_is_data = false;
        let mut copied = start;
        let mut key_at = start;
        loop {
            let (token, at) = match lexer.step(true) {
                Step::Token(token) => (Some(token), token_start(token, lexer.position())),
                Step::Incomplete(at) => (None, at),
                Step::End => (None, self.bytes.len()),
            };
            // A string without a colon behind it was no key.
            let at =
                if expect == Expect::Colon && token != Some(Token::Colon) { key_at.max(copied) } else { at };
            let Some(token) = token else { return self.rest(copied, at, out) };
            let value_fits = matches!(expect, Expect::Value | Expect::ValueOrEnd | Expect::Document);
            match token {
                Token::String { start, end, escaped } if matches!(expect, Expect::Key | Expect::KeyOrEnd) => {
                    let raw = &self.bytes[start..end];
                    let key = if escaped { json::unescape(raw) } else { raw.into() };
                    let frame = self.frames.last().copied();
                    let is_familiar = *self.is_familiar.get_or_insert_with(|| is_first_key(&key));
                    let is_open = is_familiar && frame.is_some_and(|frame| frame.is_open);
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
                    key_at = at;
                }
                Token::Colon if expect == Expect::Colon => expect = Expect::Value,
                Token::Comma if expect == Expect::CommaOrEnd => {
                    let Some(frame) = self.frames.last() else { return self.rest(copied, at, out) };
                    expect = if frame.is_object { Expect::Key } else { Expect::Value };
                    class = frame.element;
                    key_opens = frame.is_open;
                    key_is_data = frame.is_data;
                }
                Token::ObjectOpen | Token::ArrayOpen if value_fits && self.frames.len() < MAX_DEPTH => {
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
                self.is_familiar = None;
            }
        }
    }

    fn after_value(&self) -> Expect {
        if self.frames.is_empty() { Expect::Document } else { Expect::CommaOrEnd }
    }

    /// What is left is no JSON any more: it may be anything.
    fn rest(&self, copied: usize, at: usize, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.bytes[copied..at]);
        if at < self.bytes.len() {
            self.redactor.hash.write(&self.bytes[at..], out);
        }
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

/// Where a token begins that ends at `end`.
fn token_start(token: Token, end: usize) -> usize {
    match token {
        Token::String { start, .. } => start - 1,
        Token::Scalar { start, .. } => start,
        _ => end - 1,
    }
}

/// Whether events, lists, patches, objects and the envelopes of log shippers begin with that key. Any other document may be
/// the middle of a record, cut where the data of a Secret begin, with keys of somebody's own: `{"username":`.
fn is_first_key(key: &[u8]) -> bool {
    const FIRST: [&[u8]; 26] = [
        b"kind",
        b"apiVersion",
        b"metadata",
        b"items",
        b"level",
        b"auditID",
        b"stage",
        b"requestURI",
        b"verb",
        b"objectRef",
        b"requestObject",
        b"responseObject",
        b"requestReceivedTimestamp",
        b"stageTimestamp",
        b"sourceIPs",
        b"userAgent",
        b"op",
        b"log",
        b"stream",
        b"time",
        b"ts",
        b"timestamp",
        b"@timestamp",
        b"message",
        b"kubernetes",
        b"logName",
    ];
    FIRST.contains(&key)
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
