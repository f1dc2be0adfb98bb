//! The status as it comes from a server of any release, or from a directory: what is not there is not shown.

use serde::Deserialize;
use taffrail_event::{Timestamp, WriteCounts};

use crate::notify::NotifyBody;
use crate::read::{ClusterBody, Coverage, LevelsBody, RoomBody, SourceBody};
use crate::serve::TurnedAwayBody;
use crate::unwanted::UnwantedBody;

/// The status of a server or a directory.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Status {
    pub(crate) version: Option<String>,
    pub(crate) uptime_s: Option<u64>,
    pub(crate) data: String,
    pub(crate) warnings: Vec<String>,
    pub(crate) ingest: Ingest,
    pub(crate) journal: Journal,
    pub(crate) index: Index,
    pub(crate) dead_letters: DeadLetters,
    pub(crate) retention: Option<RoomBody>,
    pub(crate) disk: Disk,
    pub(crate) clusters: Vec<ClusterBody>,
    pub(crate) sources: Vec<SourceBody>,
    pub(crate) levels: Vec<LevelsBody>,
    pub(crate) notify: Vec<NotifyBody>,
    pub(crate) certificates: Vec<Certificate>,
    pub(crate) coverage: Option<Coverage>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Ingest {
    pub(crate) url: Option<String>,
    pub(crate) trouble: Option<String>,
    pub(crate) refused: u64,
    pub(crate) last_refused: Option<Timestamp>,
    pub(crate) turned_away: Vec<TurnedAwayBody>,
    pub(crate) drop: Vec<UnwantedBody>,
    pub(crate) folded_flows: u64,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Certificate {
    pub(crate) listener: String,
    pub(crate) not_after: Timestamp,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Journal {
    pub(crate) first: u64,
    pub(crate) end: u64,
    pub(crate) searchable: u64,
    pub(crate) bytes: u64,
    pub(crate) trouble: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Index {
    pub(crate) documents: u64,
    pub(crate) splits: u64,
    pub(crate) bytes: u64,
    pub(crate) last_commit: Option<Timestamp>,
    pub(crate) counts: Option<WriteCounts>,
    pub(crate) trouble: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct DeadLetters {
    pub(crate) stored: u64,
    pub(crate) bytes: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Disk {
    pub(crate) free_bytes: Option<u64>,
}

impl Journal {
    /// Records that are durable and cannot be found yet.
    pub(crate) fn waiting(&self) -> u64 {
        self.end.saturating_sub(self.searchable.max(self.first))
    }
}
