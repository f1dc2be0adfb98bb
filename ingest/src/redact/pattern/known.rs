//! Secrets with a shape of their own: tokens, private keys, credentials of schemes and URLs.

use std::ops::Range;

use super::encoded::{self, Encoded};
use super::{run, starts_masked};
use crate::redact::hash::from_base64;
use crate::redact::name::contains;

/// What the literal is the beginning of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Known {
    /// A JSON Web Token, or a Docker login: base64 of `{"`.
    Jwt,
    /// A PEM block; only private keys count.
    Pem,
    /// One of these in base64, as kubeconfig files have it.
    Encoded(Encoded),
    /// `Bearer`, without its first letter.
    Bearer,
    /// `Basic`, without its first letter.
    Basic,
    /// What the API server got where the schema has another type.
    Mistyped,
    /// The path of a Slack webhook.
    SlackHook,
    /// `xoxb-` and its kin.
    Slack,
    /// `sk_live_` and `rk_live_`, without their first letter.
    Stripe,
    /// A token with a prefix of its issuer: so many more characters of letters, digits, `_` and `-` at least.
    Prefixed(usize),
}

/// What comes before a value of the wrong type.
pub(super) const MISTYPED: &str = "got &";

/// Literals by which secrets are found. Case counts.
pub(super) const KNOWN: &[(&str, Known)] = &[
    ("eyJ", Known::Jwt),
    ("ZXlK", Known::Encoded(Encoded::Jwt)),
    ("-----BEGIN", Known::Pem),
    (encoded::PEM[0], Known::Encoded(Encoded::Pem(0))),
    (encoded::PEM[1], Known::Encoded(Encoded::Pem(1))),
    (encoded::PEM[2], Known::Encoded(Encoded::Pem(2))),
    (encoded::PEM_TWICE[0], Known::Encoded(Encoded::PemTwice(0))),
    (encoded::PEM_TWICE[1], Known::Encoded(Encoded::PemTwice(1))),
    (encoded::PEM_TWICE[2], Known::Encoded(Encoded::PemTwice(2))),
    ("earer ", Known::Bearer),
    ("EARER ", Known::Bearer),
    ("asic ", Known::Basic),
    ("ASIC ", Known::Basic),
    (MISTYPED, Known::Mistyped),
    ("hooks.slack.com/services/", Known::SlackHook),
    ("AKIA", Known::Prefixed(16)),
    ("ASIA", Known::Prefixed(16)),
    ("gho_", Known::Prefixed(30)),
    ("ghp_", Known::Prefixed(30)),
    ("ghr_", Known::Prefixed(30)),
    ("ghs_", Known::Prefixed(30)),
    ("ghu_", Known::Prefixed(30)),
    ("github_pat_", Known::Prefixed(22)),
    ("glpat-", Known::Prefixed(20)),
    ("xox", Known::Slack),
    ("xapp-", Known::Prefixed(10)),
    ("AIza", Known::Prefixed(35)),
    ("ya29.", Known::Prefixed(20)),
    ("k_live_", Known::Stripe),
    ("sk-ant-", Known::Prefixed(20)),
    ("sk-proj-", Known::Prefixed(20)),
    ("npm_", Known::Prefixed(36)),
    ("hvs.", Known::Prefixed(20)),
    ("dckr_pat_", Known::Prefixed(20)),
    ("dop_v1_", Known::Prefixed(32)),
    ("pypi-AgEI", Known::Prefixed(32)),
    ("AGE-SECRET-KEY-1", Known::Prefixed(40)),
    ("sha256~", Known::Prefixed(40)),
];

impl Known {
    /// Whether its literal belongs to those that a whole record is searched for.
    pub(super) fn is_quick(self) -> bool {
        !matches!(self, Self::Mistyped | Self::Encoded(Encoded::Pem(_) | Encoded::PemTwice(_)))
    }

    /// The secret whose literal stands at `literal`, if it is one.
    pub(super) fn span(self, text: &[u8], literal: Range<usize>, cut: bool) -> Option<Range<usize>> {
        let start = literal.start;
        match self {
            Self::Jwt => jwt(text, start, cut).map(|end| start..end),
            Self::Encoded(encoded) => encoded.span(text, literal, cut),
            Self::Pem => private_key(text, start, cut).map(|end| start..end),
            Self::Bearer => scheme(text, literal, |credential| {
                credential.len() >= 20
                    || credential.len() >= 8 && credential.iter().any(|byte| !byte.is_ascii_lowercase())
            }),
            Self::Basic => scheme(text, literal, |credential| {
                from_base64(credential).is_some_and(|decoded| decoded.contains(&b':'))
            }),
            Self::Mistyped => mistyped(text, literal),
            Self::SlackHook => {
                let end = run(text, literal.end, |byte| is_base64_url(byte) || byte == b'/');
                (end > literal.end && !starts_masked(text, literal.end)).then_some(literal.end..end)
            }
            Self::Slack => {
                let is_token = matches!(text.get(literal.end..literal.end + 2), Some([b'a'..=b'z', b'-']));
                if is_token { Self::Prefixed(12).span(text, literal, cut) } else { None }
            }
            Self::Stripe => {
                let start = start.checked_sub(1).filter(|first| matches!(text[*first], b's' | b'r'))?;
                Self::Prefixed(16).span(text, start..literal.end, cut)
            }
            Self::Prefixed(least) => {
                if start.checked_sub(1).is_some_and(|before| text[before].is_ascii_alphanumeric()) {
                    return None;
                }
                let end = run(text, literal.end, |byte| is_base64_url(byte) || byte == b'.');
                let whole = end - literal.end >= least || cut && end == text.len();
                whole.then_some(start..end)
            }
        }
    }
}

/// The end of the token that starts at `start`: parts of base64url between dots.
pub(super) fn jwt(text: &[u8], start: usize, cut: bool) -> Option<usize> {
    let first = run(text, start, is_base64_url);
    let end = run(text, start, |byte| is_base64_url(byte) || byte == b'.');
    let has_parts = end - first > 1 && first - start >= 10 && end - start >= 24;
    // A Docker login is no token, but as good as one: {"auths":
    let docker = text[start..].starts_with(b"eyJhdXRocyI6");
    let cut_off = cut && end == text.len();
    (has_parts || docker || cut_off).then_some(end)
}

/// The end of the private key that starts at `start`. A key that does not end takes the rest of the text.
fn private_key(text: &[u8], start: usize, cut: bool) -> Option<usize> {
    const BEGIN: usize = "-----BEGIN".len();
    const LABEL: usize = 80;
    let from = start + BEGIN;
    let label = &text[from..text.len().min(from + LABEL)];
    let Some(label_end) = memchr::memmem::find(label, b"-----") else {
        return (cut && from + label.len() == text.len()).then_some(text.len());
    };
    if !contains(&label[..label_end], b"private") {
        return None;
    }
    let body = from + label_end + 5;
    let end = memchr::memmem::find(&text[body..], b"-----END").and_then(|at| {
        let after = body + at + "-----END".len();
        let label = &text[after..text.len().min(after + LABEL)];
        memchr::memmem::find(label, b"-----").map(|at| after + at + 5)
    });
    Some(end.unwrap_or(text.len()))
}

/// The credential after an authentication scheme, whose literal lacks its first letter and ends with a blank.
fn scheme(text: &[u8], literal: Range<usize>, is_credential: impl Fn(&[u8]) -> bool) -> Option<Range<usize>> {
    let first = literal.start.checked_sub(1)?;
    if !matches!(text[first], b'b' | b'B')
        || first.checked_sub(1).is_some_and(|before| text[before].is_ascii_alphanumeric())
    {
        return None;
    }
    let start = run(text, literal.end, |byte| byte == b' ');
    let end = run(text, start, |byte| {
        is_base64_url(byte) || matches!(byte, b'.' | b'~' | b'+' | b'/' | b'=' | b':')
    });
    let header = &text[first.saturating_sub(24)..first];
    let named = contains(header, b"authorization") && end > start;
    ((named || is_credential(&text[start..end])) && !starts_masked(text, start)).then_some(start..end)
}

/// The value in `expected string, got &value.valueUnstructured{Value:12345}` and in `expected map, got &{12345}`: server-side
/// apply says so of any field of any object. Nobody knows where a value ends that may hold everything: it takes the rest.
fn mistyped(text: &[u8], literal: Range<usize>) -> Option<Range<usize>> {
    const EXPECTED: usize = 48;
    const TYPE: usize = 64;
    let before = &text[literal.start.saturating_sub(EXPECTED)..literal.start];
    memchr::memmem::find(before, b"expected ")?;
    let name = &text[literal.end..text.len().min(literal.end + TYPE)];
    let mut start = literal.end + memchr::memchr(b'{', name).map_or(0, |brace| brace + 1);
    let mut end = text.trim_ascii_end().len();
    if text[start..].starts_with(b"Value:") {
        start += b"Value:".len();
    }
    if start < end && text[end - 1] == b'}' {
        end -= 1;
    }
    // What is masked already stands before the brace that is left.
    (start < end && !starts_masked(text, start)).then_some(start..end)
}

/// The credentials in a URL.
pub(super) struct UserInfo {
    /// The password, or the user where that alone looks like a token.
    pub(super) secret: Range<usize>,
    /// Where to go on reading.
    pub(super) after: usize,
}

/// What stands between `://` and the `@` at `at`, which is the first one after it.
pub(super) fn user_info(text: &[u8], at: usize) -> Option<UserInfo> {
    const LONGEST: usize = 1024;
    let floor = at.saturating_sub(LONGEST);
    let start = floor + text[floor..at].iter().rposition(|byte| ends_authority(*byte) || *byte == b'@')? + 1;
    if !text[..start].ends_with(b"://") {
        return None;
    }
    // A password may hold an @ itself: the last one before the host counts.
    let authority = run(text, at, |byte| !ends_authority(byte));
    let end = text[..authority].iter().rposition(|byte| *byte == b'@')?;
    let user = &text[start..end];
    // What stands for a masked token has a colon of its own.
    if super::is_masked(user) {
        return None;
    }
    let secret = match user.iter().position(|byte| *byte == b':') {
        Some(colon) => start + colon + 1..end,
        None if user.len() >= 16 && user.iter().any(u8::is_ascii_digit) => start..end,
        None => return None,
    };
    let masked = super::is_masked(&text[secret.clone()]);
    (!secret.is_empty() && !masked).then_some(UserInfo { secret, after: authority })
}

fn ends_authority(byte: u8) -> bool {
    byte.is_ascii_whitespace()
        || matches!(byte, b'/' | b'?' | b'#' | b'"' | b'\'' | b'<' | b'>' | b'\\' | b'`')
}

pub(super) fn is_base64_url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}
