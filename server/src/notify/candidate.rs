//! Records whose events may answer to a query, as far as they tell themselves.

use bytes::Bytes;
use taffrail_event::{
    ActorRules, Confidence, Decoded, Event, Key, Origins, RecordBatch, RecordFlags, Stage, Timestamp,
};
use taffrail_query::Matcher;

/// A record whose event may match.
pub(super) struct Candidate {
    request: Key,
    record_key: Key,
    /// When it happened, if it says so.
    pub(super) time: Option<Timestamp>,
    pub(super) record: Bytes,
}

impl Candidate {
    /// The record, if its event may match: by the query itself (`exact`) where the record tells all there is to know, else by what
    /// is [`possible`](super::possible). A `RequestReceived` is left out: what follows says how the request ended.
    pub(super) fn of(
        record: &Bytes,
        flags: RecordFlags,
        batch: &RecordBatch,
        actors: &ActorRules,
        exact: &Matcher<'_>,
        possible: &Matcher<'_>,
    ) -> Option<Self> {
        let decoded = Decoded::of(record, flags).ok()?;
        if decoded.audit().is_some_and(|audit| audit.stage() == Stage::RequestReceived) {
            return None;
        }
        let origin = &batch.origin;
        let (keys, time) = (decoded.keys(&origin.cluster), decoded.time());
        let event = decoded.event(Origins::of_record(keys.request, origin, flags, actors));
        let matcher = if tells_all(&event) { exact } else { possible };
        if !matcher.matches(&event, record) {
            return None;
        }
        Some(Self { request: keys.request, record_key: keys.record, time, record: record.clone() })
    }

    /// The ids that its event may have: another record of its request and stage may have the first right to the second one.
    pub(super) fn ids(&self) -> [Key; 2] {
        [self.record_key, self.request]
    }
}

/// Whether the index knows no more of the event than its record tells. What a write changed follows from those before it.
fn tells_all(event: &Event) -> bool {
    event.flow.is_none() && event.change.as_ref().is_none_or(|change| change.confidence == Confidence::Exact)
}
