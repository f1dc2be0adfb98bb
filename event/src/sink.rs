//! The write contract between intake and the index: neither knows the other, both know this.

use serde::{Deserialize, Serialize};

use crate::gap::Gap;
use crate::record::RecordBatch;

/// A place in a durable ordered log. The local journal has one partition, 0; offsets count records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Position {
    /// Which log.
    pub partition: u32,
    /// The record's number in it, from 0.
    pub offset: u64,
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.partition, self.offset)
    }
}

/// What became of the records of one or more writes. `read == kept + folded + duplicate + held + expired`, once nothing
/// is in flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct WriteCounts {
    /// Records taken.
    pub read: u64,
    /// Documents that are new.
    pub kept: u64,
    /// Records merged into the document of their request, as a further stage or a better copy.
    pub folded: u64,
    /// Exact copies of a record seen before.
    pub duplicate: u64,
    /// `RequestReceived` records that still wait for their completion.
    pub held: u64,
    /// Second records of one request and stage that differ; both are kept (counted in `kept` too).
    pub conflicts: u64,
    /// Records of events that are older than retention keeps; not indexed.
    #[serde(default)]
    pub expired: u64,
}

impl WriteCounts {
    /// Adds `other` to these.
    pub fn add(&mut self, other: Self) {
        self.read += other.read;
        self.kept += other.kept;
        self.folded += other.folded;
        self.duplicate += other.duplicate;
        self.held += other.held;
        self.conflicts += other.conflicts;
        self.expired += other.expired;
    }
}

/// Why a sink could not take records.
#[derive(Debug, thiserror::Error)]
pub enum SinkError {
    /// Try the same records again later: nothing of them is lost, nothing was acknowledged.
    #[error("{0}")]
    Retry(String),
    /// The sink cannot go on without a person.
    #[error("{0}")]
    Fatal(String),
}

/// Takes records in order and makes them searchable. Writing the same records again changes nothing.
pub trait EventSink: Send {
    /// Takes a batch. `offset` is the journal offset of its first record, `None` for records that come from no journal
    /// (an import: its file is the durable copy until [`EventSink::finish`] returns).
    fn write(&mut self, batch: &RecordBatch, offset: Option<u64>) -> Result<WriteCounts, SinkError>;

    /// Does what time alone demands: releases held stages, commits what is due. Called between writes and at least
    /// every 100 ms or so while something is uncommitted.
    fn tick(&mut self) -> Result<WriteCounts, SinkError>;

    /// Commits everything taken so far. Held stages stay held (and stay covered by [`EventSink::replay_from`]).
    fn commit(&mut self) -> Result<(), SinkError>;

    /// Ends an import: releases held stages, commits, and compacts the windows it touched.
    fn finish(&mut self) -> Result<WriteCounts, SinkError>;

    /// Notes records that the source of this sink cannot give back, so that coverage shows them as missing.
    fn report_gap(&mut self, gap: Gap);

    /// The lowest journal offset that is not yet in a committed document; below it the journal may be truncated.
    fn replay_from(&self) -> u64;
}
