//! Request URIs: the words of `exec` commands, tokens in queries, and whatever else is recognised in a text. What is not
//! masked stays as it was written.

use std::borrow::Cow;
use std::ops::Range;

use super::Redactor;
use super::name::is_secret_name;
use super::pattern::{Options, Reading};
use super::resource::Families;
use super::scope::Scope;

/// The URI with its secrets replaced, or `None` if it holds none.
pub(super) fn mask(redactor: &Redactor, scope: &Scope<'_>, uri: &[u8]) -> Option<Vec<u8>> {
    let names_token = scope.families.meets(Families::OAUTH_TOKEN);
    if !names_token && !redactor.patterns.may_match(uri) && memchr::memmem::find(uri, b"command=").is_none() {
        // Percent-encoding may hide what would match.
        memchr::memchr(b'%', uri)?;
        if !redactor.patterns.may_match(&decode(uri)) {
            return None;
        }
    }
    let path_end = memchr::memchr(b'?', uri).unwrap_or(uri.len());
    let (path, query) = uri.split_at(path_end);
    let mut out = Vec::with_capacity(uri.len());
    let mut changed = mask_path(redactor, names_token, path, &mut out);
    let mut options = Options::default();
    for (at, parameter) in
        query.strip_prefix(b"?").into_iter().flat_map(|query| query.split(|byte| *byte == b'&')).enumerate()
    {
        out.push(if at == 0 { b'?' } else { b'&' });
        changed |= mask_parameter(redactor, parameter, &mut options, &mut out);
    }
    changed.then_some(out)
}

fn mask_path(redactor: &Redactor, names_token: bool, path: &[u8], out: &mut Vec<u8>) -> bool {
    let name = || {
        let mut segments = path.split(|byte| *byte == b'/');
        segments.any(|segment| {
            Families::of_resource(&String::from_utf8_lossy(segment), "").meets(Families::OAUTH_TOKEN)
        });
        let name = segments.next().filter(|name| !name.is_empty())?;
        let end = path.len() - segments.map(|rest| rest.len() + 1).sum::<usize>();
        Some(end - name.len()..end)
    };
    let known = if names_token { name() } else { None };
    write_masked(redactor, path, known, false, out)
}

/// Appends `name=value`, masked by what the name says or by what is in the value.
fn mask_parameter(redactor: &Redactor, parameter: &[u8], options: &mut Options, out: &mut Vec<u8>) -> bool {
    let Some(equals) = memchr::memchr(b'=', parameter) else {
        return write_masked(redactor, parameter, None, true, out);
    };
    let (name, value) = parameter.split_at(equals + 1);
    let name = decode(&name[..equals]);
    let decoded = decode(value);
    let known = if name.as_ref() == b"command" {
        options.secret_in(&decoded)
    } else if is_secret_name(&name) && !decoded.is_empty() {
        Some(0..decoded.len())
    } else {
        None
    };
    out.extend_from_slice(&parameter[..=equals]);
    write_masked(redactor, value, known, true, out)
}

/// Appends `encoded`, re-encoded only if something in it is masked. `known` is a place in the decoded text.
fn write_masked(
    redactor: &Redactor,
    encoded: &[u8],
    known: Option<Range<usize>>,
    in_query: bool,
    out: &mut Vec<u8>,
) -> bool {
    let text = if in_query { decode(encoded) } else { Cow::Borrowed(encoded) };
    let mut masked = redactor.patterns.mask(&text, Reading::default(), known, &redactor.hash);
    if masked.is_none() && !in_query && encoded.contains(&b'%') {
        // Encoded secrets in a path; without any, the path keeps its encoding.
        masked = redactor.patterns.mask(&decode(encoded), Reading::default(), None, &redactor.hash);
    }
    match masked {
        Some(masked) => {
            encode(&masked, in_query, out);
            true
        }
        None => {
            out.extend_from_slice(encoded);
            false
        }
    }
}

/// Resolves percent-encoding, and `+` as in forms.
fn decode(text: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr2(b'%', b'+', text).is_none() {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        let code = text.get(at + 1..at + 3).and_then(|digits| Some((hex(digits[0])? << 4) | hex(digits[1])?));
        match (byte, code) {
            (b'%', Some(code)) => {
                out.push(code);
                at += 2;
            }
            (b'+', _) => out.push(b' '),
            _ => out.push(byte),
        }
        at += 1;
    }
    Cow::Owned(out)
}

fn encode(text: &[u8], in_query: bool, out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for &byte in text {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b':' => out.push(byte),
            b' ' if in_query => out.push(b'+'),
            b'/' | b'@' | b',' if !in_query => out.push(byte),
            _ => {
                out.extend_from_slice(&[b'%', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]])
            }
        }
    }
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}
