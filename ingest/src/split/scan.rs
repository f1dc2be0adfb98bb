//! The ends of strings, numbers and words.

/// Where a string ends.
pub(super) enum End {
    /// One past the closing quote.
    At(usize),
    /// A raw line end, also one behind a backslash: a line that was cut there.
    Newline(usize),
    /// The buffer ends first; with a backslash that applies to the next byte, if `escape`.
    Missing { escape: bool },
}

/// The end of the string whose content goes on at `from`, behind a backslash if `escaped`. Eight bytes at a time: most strings are short, and a call into
/// memchr costs as much as reading one.
#[inline]
pub(super) fn string_end(buf: &[u8], from: usize, escaped: bool) -> End {
    if escaped && buf.get(from) == Some(&b'\n') {
        return End::Newline(from);
    }
    let mut pos = from + usize::from(escaped);
    loop {
        while let Some(chunk) = buf.get(pos..).and_then(<[u8]>::first_chunk) {
            let word = u64::from_le_bytes(*chunk);
            let hits = bytes_equal(word, b'"') | bytes_equal(word, b'\\') | bytes_equal(word, b'\n');
            if hits != 0 {
                pos += (hits.trailing_zeros() / 8) as usize;
                break;
            }
            pos += 8;
        }
        match buf.get(pos) {
            Some(b'"') => return End::At(pos + 1),
            Some(b'\\') => match buf.get(pos + 1) {
                Some(b'\n') => return End::Newline(pos + 1),
                Some(_) => pos += 2,
                None => return End::Missing { escape: true },
            },
            Some(b'\n') => return End::Newline(pos),
            Some(_) => pos += 1,
            None => return End::Missing { escape: false },
        }
    }
}

/// Sets the high bit of each byte of `word` that equals `byte`; exact up to and including the first.
#[inline]
fn bytes_equal(word: u64, byte: u8) -> u64 {
    const LOW: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let difference = word ^ (LOW * u64::from(byte));
    difference.wrapping_sub(LOW) & !difference & HIGH
}

pub(super) fn scalar_end(buf: &[u8], from: usize) -> usize {
    let rest = buf.get(from..).unwrap_or_default();
    from + rest
        .iter()
        .position(|byte| !(byte.is_ascii_alphanumeric() || is_number_byte(*byte)))
        .unwrap_or(rest.len())
}

pub(super) fn is_scalar(bytes: &[u8]) -> bool {
    matches!(bytes, b"true" | b"false" | b"null") || bytes.iter().all(|byte| is_number_byte(*byte))
}

pub(super) fn is_number_byte(byte: u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E')
}

pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}
