//! The durable log.

use std::time::Duration;

use bytesize::{GIB, MIB};
use serde::{Deserialize, Serialize};

/// Small enough that what is already indexed is given back soon, large enough that a busy receiver opens a file
/// every few seconds only.
pub(crate) const DEFAULT_SEGMENT_BYTES: u64 = 64 * MIB;

/// A quiet cluster gives back what is indexed within the hour.
pub(crate) const DEFAULT_SEGMENT_MAX_AGE: Duration = Duration::from_secs(3600);

/// Hours of a busy cluster while the index is stopped. Past it the journal refuses, it never drops.
pub(crate) const DEFAULT_MAX_BYTES: u64 = 16 * GIB;

/// Leaves the index room for a commit and a compaction, which is what frees the journal again.
pub(crate) const DEFAULT_MIN_FREE_BYTES: u64 = 256 * MIB;

/// The durable log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JournalSettings {
    /// Size in bytes at which a segment file is closed and the next one begun.
    #[serde(with = "crate::byte_size")]
    pub segment_bytes: u64,
    /// Age at which a segment file is closed, whatever its size.
    #[serde(with = "crate::duration")]
    pub segment_max_age: Duration,
    /// Bytes of all segments together; beyond it senders get 503 with `Retry-After` until the index catches up.
    #[serde(with = "crate::byte_size")]
    pub max_bytes: u64,
    /// Free bytes of the file system below which the journal stops accepting.
    #[serde(with = "crate::byte_size")]
    pub min_free_bytes: u64,
}

impl Default for JournalSettings {
    fn default() -> Self {
        Self {
            segment_bytes: DEFAULT_SEGMENT_BYTES,
            segment_max_age: DEFAULT_SEGMENT_MAX_AGE,
            max_bytes: DEFAULT_MAX_BYTES,
            min_free_bytes: DEFAULT_MIN_FREE_BYTES,
        }
    }
}
