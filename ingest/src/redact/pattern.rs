//! Secrets that are recognised by how they look or by what stands before them, in any text.
//!
//! Two entries: [`Patterns::anchors`] finds, in one fast pass over the raw bytes of a whole record, where something may have
//! to be masked, so that all other strings are only copied; [`Patterns::mask`] reads one (unescaped) text closely.

mod assignment;
mod encoded;
mod known;
mod option;

use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};
use memchr::memchr3_iter;
use memchr::memmem::Finder;

use super::hash::{MASKED_BYTES, ValueHash, is_masked};
pub(super) use option::Options;

/// How a text is to be read.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Reading {
    /// As a document of settings: `name: value` and `<name>value</name>` count, not only `name=value`.
    pub(super) document: bool,
    /// As a fragment: what begins like a secret and is cut off by the end counts as one.
    pub(super) cut: bool,
}

/// Compiled once per process and shared.
#[derive(Debug, Clone)]
pub(super) struct Patterns {
    known: AhoCorasick,
    words: AhoCorasick,
    /// The literals of `known` that are not found by other means, and what stands before an option: fewer literals make the
    /// search over whole records twice as fast.
    quick: AhoCorasick,
    mistyped: Finder<'static>,
    /// The literals of `known` that end with `_`.
    underscored: Vec<&'static [u8]>,
}

impl Patterns {
    /// `None` never happens: the patterns are constants.
    pub(super) fn new() -> Option<Self> {
        let known = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostFirst)
            .build(known::KNOWN.iter().map(|(literal, _)| literal))
            .ok()?;
        let words = AhoCorasick::builder().ascii_case_insensitive(true).build(WORDS).ok()?;
        let literals = || known::KNOWN.iter().map(|(literal, _)| *literal);
        let quick = known::KNOWN.iter().filter(|(_, known)| known.is_quick()).map(|(literal, _)| *literal);
        let quick = quick.filter(|literal| !literal.ends_with('_'));
        let quick = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostFirst)
            .build(BEFORE_OPTION.into_iter().chain([encoded::DASHES]).chain(quick))
            .ok()?;
        let underscored = literals().filter(|literal| literal.ends_with('_')).map(str::as_bytes).collect();
        Some(Self { known, words, quick, mistyped: Finder::new(known::MISTYPED), underscored })
    }

    /// Appends the offsets in `raw` JSON whose strings have to be read closely, in order.
    pub(super) fn anchors(&self, raw: &[u8], anchors: &mut Vec<usize>) {
        for found in self.quick.find_iter(raw) {
            let is_option = found.pattern().as_usize() < BEFORE_OPTION.len();
            // The dashes may as well begin a private key.
            let after_dashes = || &raw[run(raw, found.end(), |byte| byte == b'-')..];
            if !is_option
                || after_dashes().starts_with(b"BEGIN")
                || option::is_secret_option(raw, found.start() + 1)
            {
                anchors.push(found.start() + usize::from(is_option));
            }
        }
        for at in memchr3_iter(b'=', b'@', b'_', raw) {
            let suspicious = match raw[at] {
                b'=' => assignment::has_secret_name(raw, at),
                b'@' => known::user_info(raw, at).is_some(),
                _ => self.underscored.iter().any(|literal| raw[..=at].ends_with(literal)),
            };
            if suspicious {
                anchors.push(at);
            }
        }
        anchors.extend(self.mistyped.find_iter(raw));
        if anchors.len() > 1 {
            anchors.sort_unstable();
        }
    }

    /// Whether `text` may hold anything that [`Patterns::mask`] masks. Errs on the side of yes.
    pub(super) fn may_match(&self, text: &[u8]) -> bool {
        memchr::memchr(b'@', text).is_some() || self.words.is_match(text) || self.known.is_match(text)
    }

    /// Whether a string of the JSON in `raw`, which must hold no escape, may hold anything that [`Patterns::mask`] masks. Errs
    /// on the side of yes, but not for each `"@timestamp"`.
    pub(super) fn may_match_in(&self, raw: &[u8]) -> bool {
        memchr::memchr_iter(b'@', raw).any(|at| known::user_info(raw, at).is_some())
            || self.words.is_match(raw)
            || self.known.is_match(raw)
    }

    /// The text with its secrets replaced, or `None` if it holds none.
    ///
    /// `known` is a secret in it that the caller has found by other means.
    pub(super) fn mask(
        &self,
        text: &[u8],
        reading: Reading,
        known: Option<Range<usize>>,
        hash: &ValueHash,
    ) -> Option<Vec<u8>> {
        if known.is_none() && !self.may_match(text) {
            return None;
        }
        let mut spans = self.spans(text, reading);
        spans.extend(known);
        spans.retain(|span| !is_masked(&text[span.clone()]));
        if spans.is_empty() {
            return None;
        }
        Some(replace(text, spans, hash))
    }

    fn spans(&self, text: &[u8], reading: Reading) -> Vec<Range<usize>> {
        let mut spans = Vec::new();
        let (mut read, mut barren, mut plain_base64) = (0, 0, 0);
        for found in self.known.find_iter(text) {
            let (_, known) = known::KNOWN[found.pattern().as_usize()];
            let is_jwt = known == known::Known::Jwt;
            let is_encoded = matches!(known, known::Known::Encoded(_));
            // A private key runs on for long: what begins within it belongs to it. Where no token began, none begins in
            // the middle either, and base64 is looked into once: looking again each time would be quadratic.
            if found.start() < read
                || is_jwt && found.start() < barren
                || is_encoded && found.start() < plain_base64
            {
                continue;
            }
            if let Some(span) = known.span(text, found.start()..found.end(), reading.cut) {
                read = span.end;
                spans.push(span);
            } else if is_jwt {
                barren = run(text, found.start(), known::is_base64_url);
            } else if is_encoded && known != known::Known::Encoded(encoded::Encoded::Jwt) {
                plain_base64 = run(text, found.start(), encoded::belongs);
            }
        }
        assignment::spans(text, reading, &mut spans);
        Options::in_text(text, &mut spans);
        let mut read = 0;
        for at in memchr::memchr_iter(b'@', text) {
            if at >= read
                && let Some(user_info) = known::user_info(text, at)
            {
                read = user_info.after;
                spans.push(user_info.secret);
            }
        }
        spans
    }
}

/// A string's beginning or a blank, and two dashes.
const BEFORE_OPTION: [&str; 2] = ["\"--", " --"];

/// Texts without any of these hold no secret name, and no program whose options carry passwords.
const WORDS: [&str; 15] = [
    "pass", "token", "secret", "key", "cred", "auth", "pwd", "cookie", "sig", "psk", " -p", "mysql",
    "mariadb", "curl", "redis",
];

/// Replaces the spans, joined where they overlap.
fn replace(text: &[u8], mut spans: Vec<Range<usize>>, hash: &ValueHash) -> Vec<u8> {
    spans.sort_unstable_by_key(|span| (span.start, span.end));
    let mut out = Vec::with_capacity(text.len());
    let mut copied = 0;
    let mut spans = spans.into_iter().peekable();
    while let Some(mut span) = spans.next() {
        while let Some(next) = spans.next_if(|next| next.start < span.end) {
            span.end = span.end.max(next.end);
        }
        out.extend_from_slice(&text[copied..span.start]);
        hash.write(&text[span.clone()], &mut out);
        copied = span.end;
    }
    out.extend_from_slice(&text[copied..]);
    out
}

/// Whether a masked value begins at `at` and nothing is glued to it.
fn starts_masked(text: &[u8], at: usize) -> bool {
    text.get(at..at + MASKED_BYTES).is_some_and(is_masked)
        && text.get(at + MASKED_BYTES).is_none_or(|next| !next.is_ascii_alphanumeric())
}

/// The end of the run of bytes that `belongs` accepts, from `from` on.
fn run(text: &[u8], from: usize, belongs: impl Fn(u8) -> bool) -> usize {
    text.get(from..)
        .and_then(|rest| rest.iter().position(|byte| !belongs(*byte)))
        .map_or(text.len().max(from), |len| from + len)
}
