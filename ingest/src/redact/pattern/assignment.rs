//! `password=x`, `?token=x`, `password: x`, `<password>x</password>`: secrets that their name gives away.

use std::ops::Range;

use memchr::memchr3_iter;

use super::{Reading, run, starts_masked};
use crate::redact::name::{is_secret_header, is_secret_name};

/// Longer names are no names.
const LONGEST_NAME: usize = 80;

/// Whether the `=` at `at` follows a secret's name.
pub(super) fn has_secret_name(text: &[u8], at: usize) -> bool {
    name_before(text, at).is_some_and(|name| is_secret_name(&text[name]))
}

/// Appends the values that are assigned to secret names.
pub(super) fn spans(text: &[u8], reading: Reading, spans: &mut Vec<Range<usize>>) {
    let mut read = 0;
    for at in memchr3_iter(b'=', b':', b'>', text) {
        if at < read {
            continue;
        }
        let span = match text[at] {
            b'=' => assigned(text, at),
            b':' if reading.document => member(text, at),
            b'>' if reading.document => element(text, at),
            _ => None,
        };
        let Some(span) = span.filter(|span| !span.is_empty()) else { continue };
        read = span.end;
        if !is_harmless(&text[span.clone()]) && !starts_masked(text, span.start) {
            spans.push(span);
        }
    }
}

/// The value after the `=` at `at`.
fn assigned(text: &[u8], at: usize) -> Option<Range<usize>> {
    let name = name_before(text, at)?;
    if !is_secret_name(&text[name.clone()]) {
        return None;
    }
    let mut start = run(text, at + 1, |byte| byte == b'=');
    if text[at - 1] == b' ' {
        start = run(text, start, |byte| byte == b' ');
    }
    if let Some(quoted) = quoted(text, start) {
        return Some(quoted);
    }
    let in_query = name.start.checked_sub(1).is_some_and(|before| matches!(text[before], b'?' | b'&'));
    let end = run(text, start, |byte| {
        !(byte.is_ascii_whitespace() || in_query && matches!(byte, b'&' | b'#' | b'"' | b'\''))
    });
    Some(start..trimmed(text, start, end))
}

/// The value after the `:` at `at`, to the end of its quotes, its line or its indented block.
fn member(text: &[u8], at: usize) -> Option<Range<usize>> {
    if text[at..].starts_with(b"://") {
        return None;
    }
    let name = name_before(text, at)?;
    if !is_secret_name(&text[name.clone()]) && !is_secret_header(&text[name.clone()]) {
        return None;
    }
    let start = run(text, at + 1, |byte| matches!(byte, b' ' | b'\t'));
    if let Some(quoted) = quoted(text, start) {
        return Some(quoted);
    }
    if let Some(block) = block_start(text, start) {
        return Some(block..block_end(text, block, indent_of_line(text, name.start)));
    }
    let line_end = run(text, start, |byte| byte != b'\n');
    // The name may itself stand in quotes that end with the value: 'Authorization: Basic x'.
    let quote =
        name.start.checked_sub(1).map(|before| text[before]).filter(|byte| matches!(byte, b'"' | b'\''));
    let end = match quote {
        Some(quote) if text[name.end] != quote => run(text, start, |byte| byte != quote && byte != b'\n'),
        _ => line_end,
    };
    Some(start..trimmed(text, start, end))
}

/// The text of the XML element whose opening tag ends with the `>` at `at`.
fn element(text: &[u8], at: usize) -> Option<Range<usize>> {
    let name = name_before(text, at)?;
    let opens = name.start.checked_sub(1).is_some_and(|before| text[before] == b'<');
    (opens && is_secret_name(&text[name])).then(|| at + 1..run(text, at + 1, |byte| byte != b'<'))
}

/// The name that ends before `at`, without quotes and blanks.
fn name_before(text: &[u8], at: usize) -> Option<Range<usize>> {
    let floor = at.saturating_sub(LONGEST_NAME);
    let before = &text[floor..at];
    let blanks = before.iter().rev().take_while(|byte| **byte == b' ').count();
    let mut end = before.len() - blanks;
    // Escaped quotes as well: the text may be JSON within JSON.
    while end > 0 && matches!(before[end - 1], b'"' | b'\'' | b'\\' | b']') {
        end -= 1;
    }
    let length = before[..end].iter().rev().take_while(|byte| is_name(**byte)).count();
    (length > 0).then(|| floor + end - length..floor + end)
}

/// What stands between the quotes that open at `start`; without a closing one, the rest.
fn quoted(text: &[u8], start: usize) -> Option<Range<usize>> {
    let backslashes = run(text, start, |byte| byte == b'\\') - start;
    let open = start + backslashes;
    let quote = *text.get(open).filter(|byte| matches!(byte, b'"' | b'\'' | b'`'))?;
    let mut at = open + 1;
    loop {
        at = run(text, at, |byte| byte != quote);
        let escapes = text[open + 1..at].iter().rev().take_while(|byte| **byte == b'\\').count();
        if at == text.len() || escapes <= backslashes {
            let end = at - escapes.min(backslashes);
            return Some(open + 1..end.max(open + 1));
        }
        at += 1;
    }
}

/// Where the lines of a block scalar begin whose indicator (`|`, `>-`, `|2+`) stands at `at`.
fn block_start(text: &[u8], at: usize) -> Option<usize> {
    const INDICATOR: usize = 4;
    matches!(text.get(at), Some(b'|' | b'>')).then_some(())?;
    let newline = memchr::memchr(b'\n', &text[at..text.len().min(at + INDICATOR)])?;
    let block = at + newline + 1;
    (block < text.len()).then_some(block)
}

/// Where the lines end that are indented deeper than `indent`.
fn block_end(text: &[u8], from: usize, indent: usize) -> usize {
    let mut at = from;
    while at < text.len() {
        let content = run(text, at, |byte| byte == b' ');
        let blank_line = text.get(content).is_some_and(|byte| *byte == b'\n');
        if content - at <= indent && !blank_line && content < text.len() {
            return at - 1;
        }
        at = run(text, content, |byte| byte != b'\n') + 1;
    }
    text.len()
}

fn indent_of_line(text: &[u8], at: usize) -> usize {
    let line = text[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    run(text, line, |byte| byte == b' ') - line
}

/// Without the punctuation that closes what the value stands in.
fn trimmed(text: &[u8], start: usize, end: usize) -> usize {
    // The bracket that ends $(NAME) is its own.
    let is_reference = text.get(start) == Some(&b'$');
    let closes = |byte: &u8| match byte {
        b'"' | b'\'' | b',' | b';' | b' ' | b'\t' | b'\r' | b'\\' => true,
        b'}' | b')' => !is_reference,
        _ => false,
    };
    end - text[start..end].iter().rev().take_while(|byte| closes(byte)).count()
}

/// A switch, or a reference to where the secret is.
fn is_harmless(value: &[u8]) -> bool {
    let reference = |open: &[u8], close: &[u8]| {
        value.strip_prefix(open).and_then(|rest| rest.strip_suffix(close)).is_some_and(|name| {
            // Small letters do not count: `$ecret` is somebody's password.
            name.len() > 1
                && name.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_')
        })
    };
    matches!(value, b"true" | b"false" | b"null" | b"{" | b"[" | b"{}" | b"[]")
        || reference(b"$", b"")
        || reference(b"${", b"}")
        || reference(b"$(", b")")
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}
