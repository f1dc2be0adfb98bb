//! The status as it comes from a server of any release, or from a directory: what is not there is not shown.

use serde::Deserialize;
use taffrail_event::{Timestamp, WriteCounts};

use crate::read::{ClusterBody, Coverage, LevelsBody, SourceBody};

/// The status of a server or a directory.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Status {
    pub(super) version: Option<String>,
    pub(super) uptime_s: Option<u64>,
    pub(super) data: String,
    pub(super) warnings: Vec<String>,
    pub(super) ingest: Ingest,
    pub(super) journal: Journal,
    pub(super) index: Index,
    pub(super) dead_letters: DeadLetters,
    pub(super) disk: Disk,
    pub(super) clusters: Vec<ClusterBody>,
    pub(super) sources: Vec<SourceBody>,
    pub(super) levels: Vec<LevelsBody>,
    pub(super) coverage: Option<Coverage>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Ingest {
    pub(super) url: Option<String>,
    pub(super) trouble: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Journal {
    pub(super) first: u64,
    pub(super) end: u64,
    pub(super) searchable: u64,
    pub(super) bytes: u64,
    pub(super) trouble: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Index {
    pub(super) documents: u64,
    pub(super) splits: u64,
    pub(super) bytes: u64,
    pub(super) last_commit: Option<Timestamp>,
    pub(super) counts: Option<WriteCounts>,
    pub(super) trouble: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct DeadLetters {
    pub(super) stored: u64,
    pub(super) bytes: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Disk {
    pub(super) free_bytes: Option<u64>,
}

impl Journal {
    /// Records that are durable and cannot be found yet.
    pub(super) fn waiting(&self) -> u64 {
        self.end.saturating_sub(self.searchable.max(self.first))
    }
}
