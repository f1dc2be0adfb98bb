//! Bytes that are no audit event, on their way to the dead letters: cut records, other documents, plain text.
//!
//! Nothing is known about them, so they count as secret: of JSON only structure, keys and the values of harmless keys stay,
//! and where it stops being JSON the rest is replaced whole. Of plain text stays what reads like a log line.

mod json;
mod text;

use taffrail_event::json::Lexer;

use self::json::Json;
use super::Redactor;

/// Masks `bytes`.
pub(super) fn mask(redactor: &Redactor, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len().min(1 << 20));
    mask_into(redactor, bytes, 0, &mut out);
    out
}

fn mask_into(redactor: &Redactor, bytes: &[u8], level: u8, out: &mut Vec<u8>) {
    match json_start(bytes) {
        Start::At(start) => {
            text::mask(redactor, &bytes[..start], out);
            Json::new(redactor, bytes, level).mask(start, out);
        }
        Start::Never => text::mask(redactor, bytes, out),
        Start::Before(line) => {
            text::mask(redactor, &bytes[..line], out);
            redactor.hash.write(&bytes[line..], out);
        }
    }
}

enum Start {
    /// A document begins here, after a prefix such as a log line has.
    At(usize),
    /// No trace of JSON.
    Never,
    /// The line that begins here is the rest of one, of which nobody knows what it is.
    Before(usize),
}

fn json_start(bytes: &[u8]) -> Start {
    let content = bytes.len() - bytes.trim_ascii_start().len();
    let before = |at: usize| Start::Before(memchr::memrchr(b'\n', &bytes[..at]).map_or(0, |end| end + 1));
    let escape = first_escape(bytes).unwrap_or(bytes.len());
    let mut from = content;
    while let Some(at) = memchr::memchr3(b'{', b'[', b'"', &bytes[from..escape.max(from)]) {
        let at = from + at;
        let opens =
            bytes[at] != b'"' && at.checked_sub(1).is_none_or(|before| bytes[before].is_ascii_whitespace());
        if opens && (at == content || opens_object(&bytes[at..])) {
            return if is_followed_by_more(bytes, at) { before(at) } else { Start::At(at) };
        }
        if is_json_punctuation(bytes, at) {
            return before(at);
        }
        from = at + 1;
    }
    if escape < bytes.len() { before(escape) } else { Start::Never }
}

/// The first escape as in a JSON string: text that has one is a part of such a string.
fn first_escape(bytes: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'\\', bytes)
        .find(|at| matches!(bytes.get(at + 1), Some(b'n' | b'r' | b't' | b'u' | b'"' | b'\\' | b'/')))
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
