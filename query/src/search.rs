//! The read contract: what a store of events answers, whatever holds it.

mod flows;
mod lanes;
mod objects;

use std::ops::ControlFlow;
use std::time::Instant;

use taffrail_event::{Event, Gap, Key, Removed, SourceSums, Timestamp, WriteCounts};

use crate::ast::Query;
use crate::field::Field;
use crate::history::ObjectName;

pub use flows::{FlowGroup, FlowLimit, FlowsRequest, FoundFlow, FoundFlows};
pub use lanes::{Lane, LaneBy, LaneKey, Lanes, LanesRequest, Turn};
pub use objects::{Existence, ListedObject, Objects, ObjectsRequest};

/// A stretch of event time. Absent ends are open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TimeRange {
    /// Start, inclusive.
    pub from: Option<Timestamp>,
    /// End, exclusive.
    pub to: Option<Timestamp>,
}

impl TimeRange {
    /// Whether the time lies in the range.
    pub fn contains(&self, time: Timestamp) -> bool {
        self.from.is_none_or(|from| time >= from) && self.to.is_none_or(|to| time < to)
    }
}

/// The order of a page, by (time, id).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Order {
    /// Oldest first.
    Asc,
    /// Newest first.
    Desc,
}

impl Order {
    /// The name in `order=`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Asc => "asc",
            Self::Desc => "desc",
        }
    }
}

/// The place of an event in the order by (time, id).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cursor {
    /// The event's time.
    pub time: Timestamp,
    /// The event's id.
    pub id: Key,
}

/// Asks for events.
#[derive(Debug, Clone)]
pub struct PageRequest {
    /// Which events.
    pub query: Query,
    /// From when.
    pub range: TimeRange,
    /// In which order.
    pub order: Order,
    /// How many at most.
    pub limit: usize,
    /// Only those that come after this one in the order.
    pub after: Option<Cursor>,
    /// When to stop and answer with what was found.
    pub deadline: Instant,
}

/// An event with its record.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// The event.
    pub event: Event,
    /// The redacted source record.
    pub record: Vec<u8>,
}

/// Some of the events asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// In the order asked for.
    pub events: Vec<Event>,
    /// Whether more follow.
    pub more: bool,
    /// How many there are in all, wherever the page starts.
    pub total: Total,
    /// Whether time ran out: events may be missing.
    pub partial: bool,
}

/// How many events there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Total {
    /// As many, or at least as many.
    pub value: u64,
    /// Whether the value is the number, not a lower bound.
    pub exact: bool,
}

/// Asks for counts over time.
#[derive(Debug, Clone)]
pub struct HistogramRequest {
    /// Which events.
    pub query: Query,
    /// From when.
    pub range: TimeRange,
    /// Into how many buckets at most.
    pub buckets: usize,
    /// Counted apart by the values of this field.
    pub split: Option<Field>,
    /// Where a range without an end ends, unless there are newer events.
    pub now: Timestamp,
    /// When to stop and answer with what was counted.
    pub deadline: Instant,
}

/// Counts over time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Histogram {
    /// Start of the first bucket.
    pub from: Timestamp,
    /// End of the last bucket.
    pub to: Timestamp,
    /// Width of a bucket.
    pub interval_ms: i64,
    /// Every bucket in order, empty ones included.
    pub buckets: Vec<Bucket>,
    /// Whether time ran out: counts may be low.
    pub partial: bool,
}

/// The count of one stretch of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// Its start.
    pub time: Timestamp,
    /// How many events.
    pub count: u64,
    /// How many per value of the field that splits.
    pub split: Vec<(String, u64)>,
}

/// Asks for the most frequent values of a field.
#[derive(Debug, Clone)]
pub struct FacetsRequest {
    /// The field; one for which [`Field::is_facet`] holds.
    pub field: Field,
    /// Of which events.
    pub query: Query,
    /// From when.
    pub range: TimeRange,
    /// How many values at most.
    pub limit: usize,
    /// When to stop and answer with what was counted.
    pub deadline: Instant,
}

/// The most frequent values of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facets {
    /// Value and number of events, most frequent first; equal counts by value.
    pub buckets: Vec<(String, u64)>,
    /// How often values beyond these occur.
    pub other: u64,
    /// How many events were found, with a value or without. One event may have several values.
    pub events: u64,
    /// Whether time ran out: counts may be low.
    pub partial: bool,
}

/// What the first digits of an id lead to.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// No event.
    None,
    /// The one event.
    One(Box<Hit>),
    /// Several: some of their ids.
    Many(Vec<Key>),
}

/// What is stored of a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterSpan {
    /// Its name.
    pub cluster: String,
    /// Time of the first event.
    pub first: Timestamp,
    /// Time of the last event.
    pub last: Timestamp,
    /// How many events.
    pub events: u64,
}

/// How far the store has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// The journal offset below which every record is searchable.
    pub searchable: u64,
    /// Documents in all splits.
    pub documents: u64,
    /// Splits.
    pub splits: u64,
    /// Bytes on disk.
    pub bytes: u64,
    /// What became of the records written since the start.
    pub counts: WriteCounts,
    /// When documents last became searchable.
    pub last_commit: Option<Timestamp>,
    /// What retention has removed since the start because of its age.
    pub removed_by_age: RemovedTotals,
    /// What retention has removed since the start to stay within the byte limit.
    pub removed_by_bytes: RemovedTotals,
    /// Memory that the newest states of objects take.
    pub state_cache_bytes: u64,
    /// Stored change sets that were corrected since the start, because of events that came late.
    pub corrected: u64,
    /// By how much the store grows in a day, of the last week; `None` before the first day is over.
    pub bytes_per_day: Option<u64>,
}

/// How much was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RemovedTotals {
    /// Splits.
    pub splits: u64,
    /// Documents in them.
    pub documents: u64,
    /// Their bytes on disk.
    pub bytes: u64,
}

/// Why a store gives no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SearchError {
    /// The request cannot be answered as it is: change it.
    #[error("{0}")]
    Invalid(String),
    /// The store cannot read its data: a person must look.
    #[error("{0}")]
    Storage(String),
}

/// Answers questions about stored events.
pub trait Search: Send + Sync {
    /// One page of events.
    fn page(&self, request: &PageRequest) -> Result<Page, SearchError>;

    /// The event whose id begins with these hex digits.
    fn find(&self, id_prefix: &str) -> Result<Found, SearchError>;

    /// Counts over time.
    fn histogram(&self, request: &HistogramRequest) -> Result<Histogram, SearchError>;

    /// The most frequent values of a field.
    fn facets(&self, request: &FacetsRequest) -> Result<Facets, SearchError>;

    /// Calls `each` with every event, oldest first, until it breaks off. Memory does not grow with the number of events.
    /// Where events are rare, `each` is also called with `None` now and then, so that it can break off a search that
    /// nobody waits for any more.
    fn walk(
        &self,
        query: &Query,
        range: TimeRange,
        each: &mut dyn FnMut(Option<Event>) -> ControlFlow<()>,
    ) -> Result<(), SearchError>;

    /// Calls `each` with every write of the object that took effect, alone or as one of a collection that was deleted, in the
    /// order in which the API server did them, until it breaks off. Writes that changed nothing are among them.
    fn writes(
        &self,
        object: &ObjectName,
        each: &mut dyn FnMut(Hit) -> ControlFlow<()>,
    ) -> Result<(), SearchError>;

    /// Which objects there are, or were at a time.
    fn objects(&self, request: &ObjectsRequest) -> Result<Objects, SearchError>;

    /// Events side by side.
    fn lanes(&self, request: &LanesRequest) -> Result<Lanes, SearchError>;

    /// The flows among the events, without their records.
    fn flows(&self, request: &FlowsRequest) -> Result<FoundFlows, SearchError>;

    /// What is stored of each cluster, by name.
    fn clusters(&self) -> Result<Vec<ClusterSpan>, SearchError>;

    /// Stretches for which records are known to be missing.
    fn gaps(&self) -> Vec<Gap>;

    /// What each source has brought, by cluster and name.
    fn sources(&self) -> Vec<SourceSums>;

    /// What retention has removed, by class.
    fn removed(&self) -> Vec<Removed> {
        Vec::new()
    }

    /// How far the store has come.
    fn progress(&self) -> Progress;
}
