//! What is no item: its beginning, its size and its hash. The rest of it is never held.

use std::fmt;

use sha2::{Digest, Sha256};

/// Beginning of junk that is kept.
pub(super) const EXCERPT_BYTES: usize = 68 << 10;

/// Why bytes are no item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JunkReason {
    /// Not JSON at all: lines of text, a stray bracket.
    NotJson,
    /// An item that is not JSON throughout.
    Malformed {
        /// Its first wrong byte.
        at: u64,
    },
    /// The input ends inside it.
    Truncated,
    /// The input ends inside a list, but not inside an item.
    OpenList,
    /// Too large, even without its bodies.
    TooLarge {
        /// The limit.
        limit: u64,
    },
}

impl fmt::Display for JunkReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJson => f.write_str("not JSON"),
            Self::Malformed { at } => write!(f, "malformed JSON at its byte {at}"),
            Self::Truncated => f.write_str("cut: the input ends in the middle of it"),
            Self::OpenList => f.write_str("the input ends before its list does: items may be missing"),
            Self::TooLarge { limit } => {
                write!(f, "larger than ingest.max_event_bytes ({limit}), even without its bodies")
            }
        }
    }
}

/// A part of the input that is no item.
#[derive(Clone, PartialEq, Eq)]
pub struct Junk {
    /// Why.
    pub reason: JunkReason,
    /// Where it begins in the input.
    pub offset: u64,
    /// How large it is.
    pub size: u64,
    /// SHA-256 of all of it.
    pub sha256: [u8; 32],
    /// Its beginning. Not masked: it must not be written anywhere.
    pub excerpt: Vec<u8>,
}

/// The excerpt may hold anything.
impl fmt::Debug for Junk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { reason, offset, size, .. } = self;
        f.debug_struct("Junk")
            .field("reason", reason)
            .field("offset", offset)
            .field("size", size)
            .finish_non_exhaustive()
    }
}

impl Junk {
    /// Junk that is there as a whole.
    pub(crate) fn whole(bytes: &[u8], offset: u64, reason: JunkReason) -> Self {
        let mut collector = Collector::new(offset);
        collector.add(bytes);
        collector.finish(reason)
    }
}

/// Takes junk as it comes.
pub(super) struct Collector {
    offset: u64,
    size: u64,
    hash: Sha256,
    excerpt: Vec<u8>,
}

impl Collector {
    pub(super) fn new(offset: u64) -> Self {
        Self { offset, size: 0, hash: Sha256::new(), excerpt: Vec::new() }
    }

    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.size += bytes.len() as u64;
        self.hash.update(bytes);
        let left = EXCERPT_BYTES.saturating_sub(self.excerpt.len());
        self.excerpt.extend_from_slice(&bytes[..left.min(bytes.len())]);
    }

    pub(super) fn finish(self, reason: JunkReason) -> Junk {
        let Self { offset, size, hash, excerpt } = self;
        Junk { reason, offset, size, sha256: hash.finalize().into(), excerpt }
    }
}
