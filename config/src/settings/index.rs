//! The index: when it commits, what it holds back, how far it remembers, how large its splits grow.

use std::time::Duration;

use bytesize::{MB, MIB};
use serde::{Deserialize, Serialize};

use super::retention::RetentionSettings;

/// Half of what may pass between acknowledged and searchable (1.5 s at the 95th percentile), less the commit.
pub(crate) const DEFAULT_COMMIT_INTERVAL: Duration = Duration::from_secs(1);

/// A burst commits by count before its documents weigh on memory; more would only delay what is searchable.
pub(crate) const DEFAULT_COMMIT_DOCS: usize = 50_000;

/// The same bound for few but large events.
pub(crate) const DEFAULT_COMMIT_BYTES: u64 = 64 * MB;

/// Twice the longest ordinary request (60 s): what has not ended by then is shown as pending.
pub(crate) const DEFAULT_HOLD: Duration = Duration::from_secs(120);

/// Tens of thousands of requests received and not yet ended; past it the oldest are shown as pending.
pub(crate) const DEFAULT_HOLD_BYTES: u64 = 64 * MIB;

/// Longer than a webhook's retries and an ordinary receiver outage; older duplicates are looked up in the index.
pub(crate) const DEFAULT_DEDUP_WINDOW: Duration = Duration::from_secs(15 * 60);

/// 15 minutes at 2,200 events a second, in about 64 MB.
pub(crate) const DEFAULT_DEDUP_KEYS: usize = 2_000_000;

/// Beyond it one compaction takes minutes and gigabytes.
pub(crate) const DEFAULT_SPLIT_DOCS: u64 = 10_000_000;

/// A window quiet for as long as the deduplication window has most likely seen its last late event.
pub(crate) const DEFAULT_COMPACT_AFTER: Duration = Duration::from_secs(15 * 60);

/// Takes a full commit without an extra flush; four writers at once then stay within half of 512 MB.
pub(crate) const DEFAULT_WRITER_MEMORY_BYTES: u64 = 64 * MIB;

/// Some thousand objects of the size of a Deployment: those that are written every minute stay, and the others cost a look-up.
pub(crate) const DEFAULT_STATE_CACHE_BYTES: u64 = 64 * MIB;

/// The index: commits, held stages, deduplication, splits, change sets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IndexSettings {
    /// Longest time between an event and the commit that makes it searchable.
    #[serde(with = "crate::duration")]
    pub commit_interval: Duration,
    /// Documents after which a commit comes at once.
    pub commit_docs: usize,
    /// Bytes of records after which a commit comes at once.
    #[serde(with = "crate::byte_size")]
    pub commit_bytes: u64,
    /// Journal time for which the start of a request waits for its end before it is stored as pending.
    #[serde(with = "crate::duration")]
    pub hold: Duration,
    /// Bytes of request starts held; beyond it the oldest are stored as pending early.
    #[serde(with = "crate::byte_size")]
    pub hold_bytes: u64,
    /// Event time for which record keys are remembered in memory; older duplicates are looked up in their split.
    #[serde(with = "crate::duration")]
    pub dedup_window: Duration,
    /// Record keys remembered at most (about 32 bytes each); beyond it the window shrinks.
    pub dedup_keys: usize,
    /// Documents of one split; a window with more continues in a next part.
    pub split_docs: u64,
    /// Time without news after which a window's split is compacted.
    #[serde(with = "crate::duration")]
    pub compact_after: Duration,
    /// Bytes of memory of one open split writer; at most four are open.
    #[serde(with = "crate::byte_size")]
    pub writer_memory_bytes: u64,
    /// Bytes of memory for the newest states of objects, from which change sets are worked out; other states are read from the
    /// index.
    #[serde(with = "crate::byte_size")]
    pub state_cache_bytes: u64,
    /// What is removed, and when.
    pub retention: RetentionSettings,
}

impl Default for IndexSettings {
    fn default() -> Self {
        Self {
            commit_interval: DEFAULT_COMMIT_INTERVAL,
            commit_docs: DEFAULT_COMMIT_DOCS,
            commit_bytes: DEFAULT_COMMIT_BYTES,
            hold: DEFAULT_HOLD,
            hold_bytes: DEFAULT_HOLD_BYTES,
            dedup_window: DEFAULT_DEDUP_WINDOW,
            dedup_keys: DEFAULT_DEDUP_KEYS,
            split_docs: DEFAULT_SPLIT_DOCS,
            compact_after: DEFAULT_COMPACT_AFTER,
            writer_memory_bytes: DEFAULT_WRITER_MEMORY_BYTES,
            state_cache_bytes: DEFAULT_STATE_CACHE_BYTES,
            retention: RetentionSettings::default(),
        }
    }
}
