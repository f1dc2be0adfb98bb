//! Strings: where they end, and the text that their content stands for.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

/// The offset of the closing quote of a string whose content starts at `from`, and whether it holds a backslash.
#[inline]
pub fn string_end(buf: &[u8], from: usize) -> Option<(usize, bool)> {
    let mut pos = from;
    let mut escaped = false;
    loop {
        let hit = pos + quote_or_backslash(buf.get(pos..)?)?;
        if buf[hit] == b'"' {
            return Some((hit, escaped));
        }
        escaped = true;
        pos = hit + 2;
    }
}

/// The offset of the first quotation mark or backslash. Most strings of a record are a few bytes long, for which a call of
/// `memchr` costs more than the look itself: it is called for what is longer.
#[inline]
fn quote_or_backslash(bytes: &[u8]) -> Option<usize> {
    const WORDS: usize = 4;
    let (words, _) = bytes.as_chunks::<8>();
    for (number, word) in words.iter().take(WORDS).enumerate() {
        let word = u64::from_le_bytes(*word);
        let found = bytes_that_are(b'"', word) | bytes_that_are(b'\\', word);
        if found != 0 {
            return Some(8 * number + (found.trailing_zeros() / 8) as usize);
        }
    }
    let near = 8 * words.len().min(WORDS);
    Some(near + memchr2(b'"', b'\\', bytes.get(near..)?)?)
}

/// The highest bit of every byte that is `byte`, up to the first one; what stands above that is not to be trusted
/// ("Bit Twiddling Hacks", a zero byte in a word).
#[inline]
fn bytes_that_are(byte: u8, word: u64) -> u64 {
    const ONES: u64 = u64::MAX / 255;
    let zeroed = word ^ (ONES * u64::from(byte));
    zeroed.wrapping_sub(ONES) & !zeroed & (ONES << 7)
}

/// The text of a string's content; invalid UTF-8 and lone surrogates become U+FFFD.
pub fn text(content: &[u8], escaped: bool) -> Cow<'_, str> {
    if !escaped {
        return lossy(content);
    }
    match unescape(content) {
        Cow::Borrowed(bytes) => lossy(bytes),
        Cow::Owned(bytes) => Cow::Owned(match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        }),
    }
}

/// As [`String::from_utf8_lossy`], which looks at valid text byte by byte: this is the many times faster check first.
fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

/// The bytes that a string's content stands for, with its escapes resolved; what is no escape stays as it is.
pub fn unescape(content: &[u8]) -> Cow<'_, [u8]> {
    let Some(first) = memchr(b'\\', content) else { return Cow::Borrowed(content) };
    let mut out = Vec::with_capacity(content.len());
    out.extend_from_slice(&content[..first]);
    let mut pos = first;
    while let Some(&byte) = content.get(pos) {
        if byte != b'\\' {
            let rest = &content[pos..];
            let len = memchr(b'\\', rest).unwrap_or(rest.len());
            out.extend_from_slice(&rest[..len]);
            pos += len;
            continue;
        }
        let Some(&kind) = content.get(pos + 1) else {
            out.push(b'\\');
            break;
        };
        pos += 2;
        match kind {
            b'n' => out.push(b'\n'),
            b't' => out.push(b'\t'),
            b'r' => out.push(b'\r'),
            b'b' => out.push(8),
            b'f' => out.push(12),
            b'"' | b'\\' | b'/' => out.push(kind),
            b'u' => pos = unescape_unicode(content, pos, &mut out),
            other => out.extend_from_slice(&[b'\\', other]),
        }
    }
    Cow::Owned(out)
}

/// Writes the character of the `\u` escape whose digits start at `pos`; returns the offset after it.
fn unescape_unicode(content: &[u8], pos: usize, out: &mut Vec<u8>) -> usize {
    let mut utf8 = [0_u8; 4];
    let Some(high) = hex4(content, pos) else {
        out.extend_from_slice(b"\\u");
        return pos;
    };
    if let Some(character) = char::from_u32(high) {
        out.extend_from_slice(character.encode_utf8(&mut utf8).as_bytes());
        return pos + 4;
    }
    if (0xD800..0xDC00).contains(&high)
        && content.get(pos + 4..pos + 6) == Some(b"\\u")
        && let Some(low) = hex4(content, pos + 6)
        && (0xDC00..0xE000).contains(&low)
        && let Some(character) = char::from_u32(0x1_0000 + ((high - 0xD800) << 10) + (low - 0xDC00))
    {
        out.extend_from_slice(character.encode_utf8(&mut utf8).as_bytes());
        return pos + 10;
    }
    out.extend_from_slice("\u{FFFD}".as_bytes());
    pos + 4
}

fn hex4(content: &[u8], pos: usize) -> Option<u32> {
    content
        .get(pos..pos + 4)?
        .iter()
        .try_fold(0, |value, byte| Some(value << 4 | char::from(*byte).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_resolves_escapes() {
        fn check(content: &str, expected: &str) {
            assert_eq!(text(content.as_bytes(), true), expected, "{content}");
        }
        check(r"plain", "plain");
        check(r"a\nb\u0026c", "a\nb&c");
        check(r"\ud83d\ude00", "\u{1F600}");
        check(r"\ud800x", "\u{FFFD}x");
        check(r"\u12", "\\u12");
        check(r"\q\", "\\q\\");
    }

    proptest! {
        #[test]
        fn strings_end_at_the_first_quote_that_is_not_escaped(
            content in prop::collection::vec(prop::sample::select(b"abc\\\"\xa2\xdc\x22\x5c\xff".to_vec()), 0..80),
            from in 0_usize..9,
        ) {
            let mut expected = None;
            let (mut pos, mut escaped) = (from, false);
            while let Some(byte) = content.get(pos) {
                match byte {
                    b'"' => {
                        expected = Some((pos, escaped));
                        break;
                    }
                    b'\\' => (pos, escaped) = (pos + 2, true),
                    _ => pos += 1,
                }
            }
            prop_assert_eq!(string_end(&content, from), expected);
        }
    }
}
