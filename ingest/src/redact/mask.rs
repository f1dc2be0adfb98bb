//! Bytes that are no audit event, on their way to the dead letters: cut records, other documents, plain text.
//!
//! Nothing is known about them, so they count as secret: of JSON only structure, keys and the values of harmless keys stay,
//! and where it stops being JSON the rest is replaced whole. Plain text passes the patterns.

mod json;

use std::borrow::Cow;

use taffrail_event::json::Lexer;

use self::json::Json;
use super::pattern::Reading;
use super::{Redactor, manifest};

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
            Json::new(redactor, bytes, level).mask(start, out);
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
    let mut text = Cow::Borrowed(text);
    if let Some(blocks) = manifest::mask_all(redactor, &text) {
        text = blocks.into();
    }
    let reading = Reading { document: true, cut: true };
    match redactor.patterns.mask(&text, reading, None, &redactor.hash) {
        Some(masked) => out.extend_from_slice(&masked),
        None => out.extend_from_slice(&text),
    }
}
