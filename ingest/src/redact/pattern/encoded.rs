//! Private keys and tokens in base64, wherever in the encoded text they begin.
//!
//! Base64 writes three bytes as four letters, so a text has three forms, by how many bytes stand before it. All but the
//! letters at its ends are always the same, and can be looked for without decoding anything.

use std::ops::Range;

use super::known::{is_base64_url, jwt};
use super::run;
use crate::redact::hash::from_base64;
use crate::redact::name::contains;

/// `-----BEGIN ` in base64 (14 letters suffice), by the bytes of its group of three that come before.
pub(super) const PEM: [&str; 3] = ["LS0tLS1CRUdJTi", "0tLS0tQkVHSU4g", "tLS0tLUJFR0lOI"];
/// What all of them hold.
pub(super) const DASHES: &str = "LS0t";
/// The first of them in base64 once more, as in a kubeconfig that is encoded whole: long, so records are not searched for it.
pub(super) const PEM_TWICE: [&str; 3] = ["TFMwdExTMUNSVWRKVG", "xTMHRMUzFDUlVkSlRp", "MUzB0TFMxQ1JVZEpUa"];

/// A text in base64 that was found in another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::redact) enum Encoded {
    /// A PEM block, behind so many bytes of its group of three.
    Pem(usize),
    /// The same in base64 once more.
    PemTwice(usize),
    /// A JSON Web Token, at the beginning.
    Jwt,
}

impl Encoded {
    /// All the base64 around the literal at `literal`, if what it encodes is a secret.
    pub(super) fn span(self, text: &[u8], literal: Range<usize>, cut: bool) -> Option<Range<usize>> {
        let start = literal.start;
        let skipped = match self {
            Self::Jwt if start > 0 && belongs(text[start - 1]) => return None,
            Self::Jwt | Self::Pem(0) | Self::PemTwice(0) => 0,
            // The letters of the group of four that are not always the same.
            Self::Pem(bytes) | Self::PemTwice(bytes) => bytes + 1,
        };
        let before = text[..start].iter().rev().take_while(|byte| belongs(**byte)).count();
        if before < skipped {
            return None;
        }
        let end = wrapped_end(text, literal.end);
        let whole = start - before..end;
        if cut && end == text.len() {
            return Some(whole);
        }
        let decoded = decode(&text[start - skipped..end])?;
        let is_secret = match self {
            Self::Jwt => jwt(&decoded, 0, cut).is_some(),
            Self::Pem(_) | Self::PemTwice(_) => contains(&decoded, b"private key") || holds_key(&decoded),
        };
        is_secret.then_some(whole)
    }
}

/// Whether a private key stands in `text` in base64, as in a kubeconfig, where certificates come before it.
fn holds_key(text: &[u8]) -> bool {
    let mut read = 0;
    memchr::memmem::find_iter(text, PEM[0]).any(|at| {
        if at < read {
            return false;
        }
        read = run(text, at, belongs);
        decode(&text[at..read]).is_some_and(|pem| contains(&pem, b"private key"))
    })
}

/// Decodes what stands at the beginning of `text`. Where its end is no part of it, at least the beginning can be read.
fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let text = &text[..run(text, 0, |byte| belongs(byte) || matches!(byte, b'=' | b'\n' | b'\r' | b' '))];
    from_base64(text).or_else(|| {
        let letters: Vec<u8> = text.iter().copied().filter(|byte| belongs(*byte)).collect();
        from_base64(&letters[..letters.len() / 4 * 4])
    })
}

/// The end of the base64 that goes on at `from`, also over lines that hold nothing else.
fn wrapped_end(text: &[u8], from: usize) -> usize {
    let mut end = run(text, from, |byte| belongs(byte) || byte == b'=');
    while text.get(end - 1).is_some_and(|byte| belongs(*byte)) {
        let line_end = run(text, end, |byte| byte == b'\r');
        if text.get(line_end) != Some(&b'\n') {
            break;
        }
        let start = run(text, line_end + 1, |byte| matches!(byte, b' ' | b'\t'));
        let next = run(text, start, |byte| belongs(byte) || byte == b'=');
        if next == start || text.get(next).is_some_and(|byte| !matches!(byte, b'\n' | b'\r' | b'"' | b'\'')) {
            break;
        }
        end = next;
    }
    end
}

/// A letter of base64, in either alphabet.
pub(super) fn belongs(byte: u8) -> bool {
    is_base64_url(byte) || matches!(byte, b'+' | b'/')
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    use proptest::prelude::*;

    use crate::redact::hash::ValueHash;
    use crate::redact::pattern::{Patterns, Reading};

    fn mask(text: &str) -> Option<String> {
        let patterns = Patterns::new().unwrap();
        let hash = ValueHash::new(&[7; 32]).unwrap();
        let masked = patterns.mask(text.as_bytes(), Reading::default(), None, &hash)?;
        Some(String::from_utf8(masked).unwrap())
    }

    const KEY: &str = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\n-----END RSA PRIVATE KEY-----\n";
    const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

    #[test]
    fn a_key_behind_a_certificate_in_a_kubeconfig_in_base64() {
        let authority = format!("certificate-authority-data: {}\n", STANDARD.encode(CERTIFICATE));
        let config = format!("{authority}client-key-data: {}\n", STANDARD.encode(KEY));
        for before in ["", "a", "ab", "abc"] {
            let encoded = STANDARD.encode(format!("{before}{config}"));
            assert!(mask(&format!("x {encoded} y")).unwrap().starts_with("x redacted:"), "{before}");
            let harmless = STANDARD.encode(format!("{before}{authority}"));
            assert_eq!(mask(&harmless), None, "{before}");
        }
    }

    #[test]
    fn a_wrapped_key_goes_to_its_last_line() {
        let encoded = STANDARD.encode(format!("Bag Attributes\n{KEY}"));
        let lines: Vec<_> = encoded.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap()).collect();
        assert!(lines.len() > 1);
        let masked = mask(&format!("a:\n{}\nnext: word\n", lines.join("\n"))).unwrap();
        assert!(masked.starts_with("a:\nredacted:") && masked.ends_with("\nnext: word\n"), "{masked}");
        assert_eq!(masked.lines().count(), 3, "{masked}");
    }

    proptest! {
        #[test]
        fn a_key_is_found_behind_any_bytes(before in prop::collection::vec(any::<u8>(), 0..50), url: bool) {
            let text = [before.as_slice(), KEY.as_bytes()].concat();
            let encoded = if url { URL_SAFE_NO_PAD.encode(text) } else { STANDARD.encode(text) };
            let masked = mask(&format!("x={encoded}")).unwrap();
            prop_assert!(masked.starts_with("x=redacted:") && masked.len() == 27, "{}", masked);
        }

        #[test]
        fn a_certificate_stays_behind_any_bytes(before in "[ -~]{0,50}") {
            prop_assert_eq!(mask(&STANDARD.encode(format!("{before}\n{CERTIFICATE}"))), None);
        }
    }
}
