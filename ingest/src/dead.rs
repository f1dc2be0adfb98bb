//! Dead letters: what could not be decoded, masked, with the reason, in a bounded store.

use std::path::Path;

use serde::Serialize;
use taffrail_event::{Key, Timestamp};

use crate::error::IngestError;

/// Something that came in and is no audit event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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
    /// How large it was.
    pub size: u64,
    /// SHA-256 of the original bytes, in hex.
    pub sha256: String,
    /// Its first 64 KiB, masked; what is not UTF-8 is shown as U+FFFD.
    pub excerpt: String,
}

/// Some dead letters, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeadLetterPage {
    /// The letters.
    pub letters: Vec<DeadLetter>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<u64>,
}

/// How many dead letters there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct DeadLetterTotals {
    /// Letters stored.
    pub stored: u64,
    /// Their bytes on disk.
    pub bytes: u64,
    /// Letters that came in since the start, the known ones included.
    pub received: u64,
}

/// The store in `<data>/dead`. One process writes; any may list.
#[derive(Debug)]
pub struct DeadLetters {}

impl DeadLetters {
    /// Opens the store for writing. Beyond `max_bytes` the oldest letters go.
    pub fn open(_dir: &Path, _max_bytes: u64) -> Result<Self, IngestError> {
        unimplemented!()
    }

    /// Letters newest first, `limit` at a time.
    pub fn list(&self, _limit: usize, _cursor: Option<u64>) -> Result<DeadLetterPage, IngestError> {
        unimplemented!()
    }

    /// Lists the store in `dir` without opening it, also while another process writes. No directory is an empty store.
    pub fn list_in(
        _dir: &Path,
        _limit: usize,
        _cursor: Option<u64>,
    ) -> Result<(DeadLetterPage, DeadLetterTotals), IngestError> {
        unimplemented!()
    }

    /// How many there are.
    pub fn totals(&self) -> DeadLetterTotals {
        unimplemented!()
    }
}
