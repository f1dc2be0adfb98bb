//! What stands in for a masked value: `redacted:` and 16 hex digits of HMAC-SHA-256 under the installation's key.
//!
//! Equal values give equal hashes, whatever form they came in, so that equality and change stay visible. Without the key a
//! value can be neither read nor guessed from its hash.

use std::borrow::Cow;

use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// What every masked value begins with.
pub(super) const MARK: &[u8] = b"redacted:";
const HASH_BYTES: usize = 8;
/// The length of a masked value.
pub(super) const MASKED_BYTES: usize = MARK.len() + 2 * HASH_BYTES;

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const BASE64: GeneralPurpose = GeneralPurpose::new(&STANDARD, LENIENT);
const BASE64_URL: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, LENIENT);

/// How the text of a secret stands there. The hash is that of the decoded value, so that forms compare.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Encoding {
    Plain,
    Base64,
}

/// The keyed hash.
#[derive(Clone)]
pub(super) struct ValueHash(Hmac<Sha256>);

impl ValueHash {
    pub(super) fn new(key: &[u8]) -> Option<Self> {
        Hmac::new_from_slice(key).ok().map(Self)
    }

    /// Appends what stands in for `value`; what is masked already stays as it is.
    pub(super) fn write(&self, value: &[u8], out: &mut Vec<u8>) {
        if is_masked(value) {
            out.extend_from_slice(value);
            return;
        }
        let mut mac = self.0.clone();
        mac.update(value);
        out.extend_from_slice(MARK);
        for byte in mac.finalize().into_bytes().iter().take(HASH_BYTES) {
            out.extend_from_slice(&[hex(byte >> 4), hex(byte & 15)]);
        }
    }
}

/// Whether `value` is what [`ValueHash::write`] writes. Re-redacting a stored record must not hash its hashes.
pub(super) fn is_masked(value: &[u8]) -> bool {
    value.len() == MASKED_BYTES
        && value.starts_with(MARK)
        && value[MARK.len()..].iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The bytes that `text` encodes in base64, with either alphabet, padded or not, wrapped or not.
pub(crate) fn from_base64(text: &[u8]) -> Option<Vec<u8>> {
    let wrapped = text.iter().any(u8::is_ascii_whitespace);
    let text: Cow<'_, [u8]> = if wrapped {
        text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect::<Vec<_>>().into()
    } else {
        text.into()
    };
    BASE64.decode(&text).or_else(|_| BASE64_URL.decode(&text)).ok()
}

fn hex(digit: u8) -> u8 {
    if digit < 10 { b'0' + digit } else { b'a' + digit - 10 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(value: &[u8]) -> String {
        let mut out = Vec::new();
        ValueHash::new(&[7; 32]).unwrap().write(value, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn equal_values_have_equal_hashes() {
        assert_eq!(masked(b"hunter2"), masked(b"hunter2"));
        assert_ne!(masked(b"hunter2"), masked(b"hunter3"));
        assert_eq!(masked(b"hunter2").len(), MASKED_BYTES);
        assert!(is_masked(masked(b"").as_bytes()));
    }

    #[test]
    fn a_masked_value_stays() {
        let once = masked(b"hunter2");
        assert_eq!(masked(once.as_bytes()), once);
        assert!(!is_masked(b"redacted:0123456789abcdeX"));
        assert!(!is_masked(b"redacted:0123456789abcdef0"));
    }

    #[test]
    fn base64_in_every_dress() {
        for text in ["aHVudGVyMg==", "aHVudGVyMg", "aHVu\ndGVyMg==\n"] {
            assert_eq!(from_base64(text.as_bytes()).unwrap(), b"hunter2", "{text}");
        }
        assert_eq!(from_base64(b"-_8=").unwrap(), from_base64(b"+/8=").unwrap());
        assert_eq!(from_base64(b"not base64!"), None);
    }
}
