//! One dead letter.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use taffrail_event::{Key, Origin, Timestamp};

use crate::redact::Redactor;
use crate::split::Junk;

/// Something that came in and is no audit event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// The same for the same bytes from the same cluster.
    pub id: Key,
    /// When it came in first.
    pub time: Timestamp,
    /// The cluster it came for.
    pub cluster: String,
    /// The source within it.
    pub source: String,
    /// Why it is no event, in plain words.
    pub reason: String,
    /// How large it was, in bytes.
    pub size: u64,
    /// SHA-256 of the original bytes, in hex.
    pub sha256: String,
    /// Its first 64 KiB, masked; what is not UTF-8 is shown as U+FFFD. Of a compressed stream that nobody can decompress,
    /// the header.
    pub excerpt: String,
}

/// The beginning of a letter that is stored.
const EXCERPT_BYTES: usize = 64 << 10;

/// Read beyond the excerpt, so that a secret at its end is recognised before it is cut.
const MARGIN_BYTES: usize = 4 << 10;

impl DeadLetter {
    /// An item that is not an event.
    pub(crate) fn of_item(
        item: &[u8],
        reason: impl fmt::Display,
        origin: &Origin,
        redactor: &Redactor,
    ) -> Self {
        let beginning = &item[..item.len().min(EXCERPT_BYTES + MARGIN_BYTES)];
        let hash = Sha256::digest(item).into();
        Self::new(beginning, item.len() as u64, &hash, reason, origin, redactor)
    }

    /// A part of the input that is not an item.
    pub(crate) fn of_junk(
        junk: &Junk,
        reason: impl fmt::Display,
        origin: &Origin,
        redactor: &Redactor,
    ) -> Self {
        Self::new(&junk.excerpt, junk.size, &junk.sha256, reason, origin, redactor)
    }

    fn new(
        beginning: &[u8],
        size: u64,
        sha256: &[u8; 32],
        reason: impl fmt::Display,
        origin: &Origin,
        redactor: &Redactor,
    ) -> Self {
        let mut excerpt = String::from_utf8_lossy(&redactor.mask(beginning)).into_owned();
        if size > beginning.len().min(EXCERPT_BYTES) as u64 {
            excerpt.truncate(floor_char_boundary(&excerpt, EXCERPT_BYTES));
            excerpt.push_str(&cut_mark(size));
        }
        let mut id = Sha256::new();
        id.update((origin.cluster.len() as u64).to_le_bytes());
        id.update(origin.cluster.as_bytes());
        id.update(sha256);
        let id: [u8; 32] = id.finalize().into();
        let mut high = [0; 16];
        high.copy_from_slice(&id[..16]);
        Self {
            id: Key(u128::from_be_bytes(high)),
            time: origin.received,
            cluster: origin.cluster.as_ref().to_owned(),
            source: origin.source.as_ref().to_owned(),
            reason: reason.to_string(),
            size,
            sha256: sha256.iter().map(|byte| format!("{byte:02x}")).collect(),
            excerpt,
        }
    }

    /// Whether the excerpt is the whole record, as it is masked: only then can it be replayed.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.size <= EXCERPT_BYTES as u64
            && !self.excerpt.contains(char::REPLACEMENT_CHARACTER)
            && !self.excerpt.ends_with(&cut_mark(self.size))
    }

    /// The memory it takes.
    pub(crate) fn held_bytes(&self) -> usize {
        let Self { cluster, source, reason, sha256, excerpt, .. } = self;
        let texts = [cluster, source, reason, sha256, excerpt];
        size_of::<Self>() + texts.iter().map(|text| text.capacity()).sum::<usize>()
    }

    pub(super) fn write_line(&self, out: &mut Vec<u8>) {
        // Strings and numbers into memory: neither can fail.
        serde_json::to_writer(&mut *out, self).expect("a dead letter is plain strings and numbers");
        out.push(b'\n');
    }
}

/// Stands where an excerpt ends before its record does.
fn cut_mark(size: u64) -> String {
    format!(" ... (cut, {size} bytes in all)")
}

fn floor_char_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
