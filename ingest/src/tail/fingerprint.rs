//! What tells one file from another: the beginning of its content, and the last that was read of it.
//!
//! Names move on at every rotation, and inode numbers are given out again. Every audit event begins with its own
//! `auditID`, so that no two logs begin alike by chance, and a compressed or copied file begins like its original. Clients
//! choose audit ids and addresses though, which fill the beginning: a file is a copy only if it also has the last that was
//! read of the original where the original has it, times of the API server included.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Bytes that are looked at: longer than the beginning of an event up to its request.
pub(super) const PREFIX_BYTES: usize = 1024;

/// From here on the beginning alone tells a file: kind, level, auditID and stage are in it, a container runtime's wrapper
/// included.
const TELLING_BYTES: usize = 256;

/// The beginning of a file, as a hash. A hash that nobody can aim at, since clients choose audit ids.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Fingerprint {
    /// How many bytes it stands for.
    bytes: usize,
    /// Their SHA-256, half of it, in hex.
    sha256: String,
    /// Whether they say something: a hole says nothing.
    tells: bool,
}

impl Fingerprint {
    /// Of a file that begins like this.
    pub(super) fn of(content: &[u8]) -> Self {
        let content = &content[..content.len().min(PREFIX_BYTES)];
        let hash = Sha256::digest(content);
        Self {
            bytes: content.len(),
            sha256: hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect(),
            tells: content.len() >= TELLING_BYTES && content.iter().any(|byte| *byte != 0),
        }
    }

    /// Of the end of what was read.
    pub(super) fn of_end(read: &[u8]) -> Self {
        Self::of(&read[read.len().saturating_sub(PREFIX_BYTES)..])
    }

    /// How many bytes it stands for.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether a file that begins like `content` may be the file of this fingerprint, grown since.
    pub(super) fn fits(&self, content: &[u8]) -> bool {
        content.get(..self.bytes).is_some_and(|same| Self::of(same) == *self)
    }

    /// Whether to fit is enough to be the same file, wherever it lies now.
    pub(super) fn tells(&self) -> bool {
        self.tells
    }

    /// Whether more of the file would make it better.
    pub(super) fn can_grow(&self) -> bool {
        self.bytes < PREFIX_BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_grows_keeps_its_fingerprint() {
        fn check(before: &[u8], after: &[u8], expected: bool) {
            assert_eq!(Fingerprint::of(before).fits(after), expected, "{} {}", before.len(), after.len());
        }
        let long = [b'x'; 3000];
        check(b"", b"", true);
        check(b"", b"abc", true);
        check(b"abc", b"abcdef", true);
        check(b"abc", b"abd", false);
        check(b"abc", b"ab", false);
        check(&long[..2000], &long, true);
    }

    #[test]
    fn only_a_beginning_that_says_something_tells() {
        fn check(content: &[u8], expected: bool) {
            assert_eq!(Fingerprint::of(content).tells(), expected);
        }
        check(b"{\"kind\":", false);
        check(&[0; 2000], false);
        check(&[b'x'; 255], false);
        check(&[b'x'; 256], true);
    }
}
