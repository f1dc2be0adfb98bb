//! Text that is no JSON: log lines, HTML, manifests, and pieces of records that were cut where no bracket or quote shows it.
//!
//! What reads like a log line stays. What could be a key or a token by its letters alone does not: in a record it would
//! stand behind a name that tells, here the name may be in another piece.

use std::borrow::Cow;
use std::ops::Range;

use crate::redact::hash::MARK;
use crate::redact::pattern::Reading;
use crate::redact::{Redactor, manifest};

/// A run of letters, digits and their like of this length may be a key, unless it reads as words.
const LONG: usize = 24;
/// A shorter line of one word gives nothing away.
const SHORT_LINE: usize = 8;
/// Longer words are none.
const LONGEST_WORD: usize = 16;

/// Appends what is left of `text`.
pub(super) fn mask(redactor: &Redactor, text: &[u8], out: &mut Vec<u8>) {
    let mut text = Cow::Borrowed(text);
    if let Some(masked) = manifest::mask_all(redactor, &text) {
        text = masked.into();
    }
    let reading = Reading { document: true, cut: true };
    if let Some(masked) = redactor.patterns.mask(&text, reading, None, &redactor.hash) {
        text = masked.into();
    }
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        mask_line(redactor, line, out);
    }
}

fn mask_line(redactor: &Redactor, line: &[u8], out: &mut Vec<u8>) {
    let start = line.len() - line.trim_ascii_start().len();
    let content = start..start + line.trim_ascii().len();
    let mut copied = 0;
    let mut hide = |place: Range<usize>| {
        out.extend_from_slice(&line[copied..place.start]);
        redactor.hash.write(&line[place.clone()], out);
        copied = place.end;
    };
    if is_one_word(&line[content.clone()]) {
        hide(content);
    } else {
        let mut at = content.start;
        while at < content.end {
            let letters = line[at..content.end].iter().take_while(|byte| is_letter(**byte)).count();
            if letters == 0 {
                at += 1;
                continue;
            }
            let padded = line[at + letters..content.end].iter().take_while(|byte| **byte == b'=').count();
            if let Some(place) = key_in(&line[..content.end], at..at + letters, padded) {
                hide(place);
            }
            at += letters + padded;
        }
    }
    out.extend_from_slice(&line[copied..]);
}

/// Whether the line is a word by itself, of a key in PEM or of a value that was cut on both sides: neither markup nor a name.
fn is_one_word(line: &[u8]) -> bool {
    line.len() >= SHORT_LINE
        && !line.iter().any(u8::is_ascii_whitespace)
        && !line.starts_with(b"<")
        && !line.ends_with(b":")
        && !is_time(line)
        && memchr::memmem::find(line, MARK).is_none()
}

/// What may be a key in the run of letters at `run`, which so many `=` follow.
fn key_in(line: &[u8], run: Range<usize>, padded: usize) -> Option<Range<usize>> {
    let end = run.end + padded;
    let is_base64 = (1..=2).contains(&padded)
        && run.len() + padded >= SHORT_LINE
        && (run.len() + padded).is_multiple_of(4)
        && line.get(end).is_none_or(|next| next.is_ascii_whitespace() || matches!(next, b',' | b';' | b')'));
    if is_base64 {
        return Some(run.start..end);
    }
    if run.len() < LONG || is_time(&line[run.clone()]) {
        return None;
    }
    // Of a path only the segments that could be one, with what is between them: a slash is also a letter of base64.
    let text = &line[run.clone()];
    let mut place: Option<Range<usize>> = None;
    let mut at = 0;
    for segment in text.split(|byte| *byte == b'/') {
        if !reads_as_words(segment) {
            place = Some(place.map_or(at, |place| place.start)..at + segment.len());
        }
        at += segment.len() + 1;
    }
    place.map(|place| run.start + place.start..run.start + place.end)
}

/// Whether it is small words, names with a number behind and short numbers, joined by `-` and `_`.
fn reads_as_words(segment: &[u8]) -> bool {
    segment.split(|byte| matches!(byte, b'-' | b'_')).all(|word| {
        let digits = word.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
        let letters = &word[..word.len() - digits];
        let is_version = matches!(
            letters.strip_prefix(b"v"),
            Some([b'0'..=b'9', b'a', b'l', b'p', b'h', b'a'] | [b'0'..=b'9', b'b', b'e', b't', b'a'])
        );
        let small = letters.iter().skip(1).all(u8::is_ascii_lowercase)
            && letters.first().is_none_or(u8::is_ascii_alphabetic);
        is_version || small && word.len() <= LONGEST_WORD && digits <= if letters.is_empty() { 8 } else { 3 }
    })
}

/// A time as log lines begin with.
fn is_time(word: &[u8]) -> bool {
    matches!(
        word,
        [b'1' | b'2', b'0' | b'9', b'0'..=b'9', b'0'..=b'9', b'-' | b'/', b'0'..=b'9', b'0'..=b'9', ..]
    ) && word.iter().all(|byte| {
        byte.is_ascii_digit() || matches!(byte, b'-' | b':' | b'.' | b'/' | b'T' | b'Z' | b'+' | b',')
    })
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reads_as_words() {
        fn check(text: &str, expected: bool) {
            let place = key_in(text.as_bytes(), 0..text.len(), 0);
            assert_eq!(place.is_none(), expected, "{text} {place:?}");
        }
        check("/api/v1/namespaces/kube-system/pods", true);
        check("/apis/scheduling.k8s.io/v1beta1".split('.').next().unwrap(), true);
        check("/apis/apps/v1beta1/deployments/web-2/scale", true);
        check("validatingwebhookconfigurations", false);
        check("2026-11-23T10-00-00-000000Z", true);
        check("2026-11-23/10-00-00-123456", true);
        check("0f6d3a52-8a3c-4d0e-9a51-0d3a3a5d2c11", false);
        check("aHVudGVyMmFIVnVkR1Z5TWc", true);
        check("aHVudGVyMmFIVnVkR1Z5TWcx", false);
        check("0123456789abcdef0123456789abcdef", false);
        check("MIIEowIBAAKCAQEA1234/5678+abcdefgh", false);
    }

    #[test]
    fn of_a_path_only_the_key_is_hidden() {
        let line = b"/api/v1/namespaces/shop/pods/coredns-5dd5756b68-7xkbn/log";
        let place = key_in(line, 0..line.len(), 0).unwrap();
        assert_eq!(&line[place], b"coredns-5dd5756b68-7xkbn");
    }
}
