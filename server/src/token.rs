//! Tokens: random, recognisable, and kept by the server as a hash only.

use std::fmt::Write as _;

use anyhow::Context;
use sha2::{Digest, Sha256};
use taffrail_config::HASH_PREFIX;

/// Tells a token from other secrets, for people and for scanners that look for secrets in the wrong places.
const PREFIX: &str = "taf_";

/// 256 bits: nobody guesses that, so a plain SHA-256 is all that has to be kept.
const RANDOM_BYTES: usize = 32;

/// A new token.
pub(crate) fn new() -> anyhow::Result<String> {
    let mut bytes = [0; RANDOM_BYTES];
    getrandom::fill(&mut bytes).context("cannot get random bytes from the system")?;
    Ok(format!("{PREFIX}{}", hex(&bytes)))
}

/// What is compared, and what the file of credentials holds.
pub(crate) fn digest(token: &[u8]) -> [u8; 32] {
    Sha256::digest(token).into()
}

/// The digest as the file of credentials has it.
pub(crate) fn hash(token: &str) -> String {
    format!("{HASH_PREFIX}{}", hex(&digest(token.as_bytes())))
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a string cannot fail.
        write!(text, "{byte:02x}").ok();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_recognisable_and_differ() {
        let (one, other) = (new().unwrap(), new().unwrap());
        assert_ne!(one, other);
        assert!(one.starts_with("taf_") && one.len() == 68, "{one}");
    }

    /// From `printf abc | sha256sum`.
    #[test]
    fn hashes_are_what_other_tools_say() {
        let expected = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hash("abc"), expected);
    }
}
