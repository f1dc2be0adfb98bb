//! A store and an intake for tests of the handlers.

use std::io::Read;
use std::ops::ControlFlow;
use std::sync::{Arc, Condvar, Mutex};

use taffrail_event::flow::FlowFacts;
use taffrail_event::{Event, Gap, Key, Origins, Position, SourceSums, Timestamp, Via, ViaSet};
use taffrail_ingest::{IntakeError, IntakeOrigin, Receipt, ReplayReport};
use taffrail_query::history::ObjectName;
use taffrail_query::{
    Bucket, ClusterSpan, Existence, Facets, FacetsRequest, FlowGroup, FlowsRequest, Found, FoundFlow,
    FoundFlows, Histogram, HistogramRequest, Hit, Lane, LaneKey, Lanes, LanesRequest, ListedObject, Matcher,
    Objects, ObjectsRequest, Order, Page, PageRequest, Progress, Query, Search, SearchError, TimeRange,
    Total,
};

use super::api::InFlight;
use super::ingest::{BodyReader, Receive};

/// Something that tests hold shut and open.
#[derive(Debug, Default)]
pub(super) struct Gate {
    is_shut: Mutex<bool>,
    changed: Condvar,
}

impl Gate {
    pub(super) fn shut(&self) {
        *self.is_shut.lock().unwrap() = true;
    }

    pub(super) fn open(&self) {
        *self.is_shut.lock().unwrap() = false;
        self.changed.notify_all();
    }

    fn pass(&self) {
        drop(self.changed.wait_while(self.is_shut.lock().unwrap(), |is_shut| *is_shut).unwrap());
    }
}

/// Events in a list, oldest first.
#[derive(Debug, Default)]
pub(super) struct FakeSearch {
    pub(super) hits: Vec<Hit>,
    pub(super) gaps: Vec<Gap>,
    pub(super) searchable: u64,
    pub(super) is_partial: bool,
    /// What every answer is instead.
    pub(super) failure: Option<SearchError>,
    /// Panics at the walk's event of this number.
    pub(super) panics_at: Option<usize>,
    /// Fails at the walk's event of this number.
    pub(super) fails_at: Option<usize>,
    pub(super) gate: Gate,
}

impl FakeSearch {
    /// So many events, a second apart, by users 0, 1, 2, 0, 1, ...
    pub(super) fn with(count: u8) -> Self {
        Self { hits: (0..count).map(hit).collect(), ..Self::default() }
    }

    fn matching(&self, query: &Query, range: TimeRange) -> Vec<Hit> {
        let matcher = Matcher::new(query);
        let matches = |hit: &&Hit| range.contains(hit.event.time) && matcher.matches(&hit.event, &hit.record);
        self.hits.iter().filter(matches).cloned().collect()
    }

    fn enter(&self) -> Result<(), SearchError> {
        self.gate.pass();
        self.failure.clone().map_or(Ok(()), Err)
    }
}

pub(super) fn hit(number: u8) -> Hit {
    let record = format!(
        r#"{{"kind":"Event","auditID":"a{number}","stage":"ResponseComplete","verb":"get","requestURI":"/api/v1/pods","user":{{"username":"user-{}"}},"requestReceivedTimestamp":"2026-11-23T16:11:{number:02}.000000Z","responseStatus":{{"code":200}}}}"#,
        number % 3
    );
    let origins = Origins {
        id: Key(u128::from(number) << 120 | 0xabc),
        cluster: "prod".to_owned(),
        received: Timestamp::default(),
        via: ViaSet::of(Via::Webhook),
        ..Origins::default()
    };
    Hit { event: Event::decode(record.as_bytes(), origins).unwrap(), record: record.into_bytes() }
}

impl Search for FakeSearch {
    fn page(&self, request: &PageRequest) -> Result<Page, SearchError> {
        self.enter()?;
        let mut hits = self.matching(&request.query, request.range);
        let value = hits.len() as u64;
        if request.order == Order::Desc {
            hits.reverse();
        }
        if let Some(after) = request.after {
            let seen = hits.iter().position(|hit| hit.event.id == after.id).map_or(0, |at| at + 1);
            hits.drain(..seen);
        }
        let more = hits.len() > request.limit;
        hits.truncate(request.limit);
        let events = hits.into_iter().map(|hit| hit.event).collect();
        Ok(Page { events, more, total: Total { value, exact: true }, partial: self.is_partial })
    }

    fn find(&self, id_prefix: &str) -> Result<Found, SearchError> {
        self.enter()?;
        let found: Vec<_> =
            self.hits.iter().filter(|hit| hit.event.id.to_string().starts_with(id_prefix)).collect();
        Ok(match found.as_slice() {
            [] => Found::None,
            [one] => Found::One(Box::new((*one).clone())),
            many => Found::Many(many.iter().map(|hit| hit.event.id).collect()),
        })
    }

    fn histogram(&self, request: &HistogramRequest) -> Result<Histogram, SearchError> {
        self.enter()?;
        let count = self.matching(&request.query, request.range).len() as u64;
        let from = Timestamp::default();
        let bucket = Bucket { time: from, count, split: vec![("b".to_owned(), 2), ("a".to_owned(), 1)] };
        let to = from.plus_micros(60_000_000);
        Ok(Histogram { from, to, interval_ms: 60_000, buckets: vec![bucket], partial: self.is_partial })
    }

    fn facets(&self, request: &FacetsRequest) -> Result<Facets, SearchError> {
        self.enter()?;
        let count = self.matching(&request.query, request.range).len() as u64;
        Ok(Facets {
            buckets: vec![("x".to_owned(), count)],
            other: 3,
            events: count + 3,
            partial: self.is_partial,
        })
    }

    fn walk(
        &self,
        query: &Query,
        range: TimeRange,
        each: &mut dyn FnMut(Option<Event>) -> ControlFlow<()>,
    ) -> Result<(), SearchError> {
        self.enter()?;
        for (number, hit) in self.matching(query, range).into_iter().enumerate() {
            assert_ne!(self.panics_at, Some(number));
            if self.fails_at == Some(number) {
                return Err(SearchError::Storage("the disk is gone".to_owned()));
            }
            if each(Some(hit.event)).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn writes(
        &self,
        object: &ObjectName,
        each: &mut dyn FnMut(Hit) -> ControlFlow<()>,
    ) -> Result<(), SearchError> {
        self.enter()?;
        for hit in self.hits.iter().filter(|hit| object.is_written_by(&hit.event)) {
            if each(hit.clone()).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn objects(&self, request: &ObjectsRequest) -> Result<Objects, SearchError> {
        self.enter()?;
        let hits = self.matching(&request.query, TimeRange::default());
        let mut objects: Vec<ListedObject> = Vec::new();
        for hit in hits {
            let Some(object) = ObjectName::of(&hit.event) else { continue };
            if request.after.as_ref().is_some_and(|after| object <= *after) {
                continue;
            }
            objects.retain(|known| known.object != object);
            let (existence, first_seen) = (Existence::Exists, hit.event.time);
            objects.push(ListedObject { object, existence, first_seen, last_change: hit.event });
        }
        objects.sort_by(|one, other| one.object.cmp(&other.object));
        let more = objects.len() > request.limit;
        objects.truncate(request.limit);
        Ok(Objects { objects, more, partial: self.is_partial })
    }

    fn flows(&self, request: &FlowsRequest) -> Result<FoundFlows, SearchError> {
        self.enter()?;
        let mut found = FoundFlows { partial: self.is_partial, ..FoundFlows::default() };
        for hit in self.matching(&request.query, request.range) {
            let Some(flow) = hit.event.flow else { continue };
            let (group, start, end, facts) =
                (found.groups.len() as u32, flow.start, flow.end, FlowFacts::of(&flow));
            found.flows.push(FoundFlow { group, start, end, facts });
            found.groups.push(FlowGroup { id: hit.event.id, flow: Arc::unwrap_or_clone(flow) });
        }
        Ok(found)
    }

    fn lanes(&self, request: &LanesRequest) -> Result<Lanes, SearchError> {
        self.enter()?;
        let mut lanes: Vec<Lane> = Vec::new();
        for hit in self.matching(&request.query, request.range) {
            let Some(object) = ObjectName::of(&hit.event) else { continue };
            let key = LaneKey::Object(object);
            match lanes.iter_mut().find(|lane| lane.key == key) {
                Some(lane) => {
                    lane.count += 1;
                    lane.events.push(hit.event);
                }
                None => lanes.push(Lane {
                    key,
                    count: 1,
                    by_humans: 1,
                    problems: 0,
                    turns: Vec::new(),
                    events: vec![hit.event],
                }),
            }
        }
        let total = lanes.len() as u64;
        lanes.truncate(request.lanes);
        Ok(Lanes { lanes, total, partial: self.is_partial })
    }

    fn clusters(&self) -> Result<Vec<ClusterSpan>, SearchError> {
        self.enter()?;
        let (first, last) = (Timestamp::default(), Timestamp::default());
        Ok(vec![ClusterSpan { cluster: "prod".to_owned(), first, last, events: self.hits.len() as u64 }])
    }

    fn gaps(&self) -> Vec<Gap> {
        self.gaps.clone()
    }

    fn sources(&self) -> Vec<SourceSums> {
        Vec::new()
    }

    fn progress(&self) -> Progress {
        Progress { searchable: self.searchable, documents: self.hits.len() as u64, ..Progress::default() }
    }
}

/// Reads bodies and remembers them.
#[derive(Debug, Default)]
pub(super) struct FakeIntake {
    pub(super) bodies: Mutex<Vec<(String, Vec<u8>)>>,
    /// What the next request is answered with instead, before its body is read.
    pub(super) refusal: Mutex<Option<IntakeError>>,
    /// Held after the body was read.
    pub(super) gate: Gate,
}

impl Receive for FakeIntake {
    fn receive(&self, origin: &IntakeOrigin, mut body: BodyReader) -> Result<Receipt, IntakeError> {
        if let Some(error) = self.refusal.lock().unwrap().take() {
            return Err(error);
        }
        let mut bytes = Vec::new();
        body.read_to_end(&mut bytes).map_err(IntakeError::Body)?;
        let size = bytes.len() as u64;
        self.bodies.lock().unwrap().push((origin.cluster.to_string(), bytes));
        self.gate.pass();
        let position = Position { partition: 0, offset: 7 };
        Ok(Receipt { position, records: 2, dead: 1, dropped: 0, cut: 0, folded: 0, skipped: 0, bytes: size })
    }

    fn replay(&self, wanted: &dyn Fn(Key, &str) -> bool) -> Result<ReplayReport, IntakeError> {
        if let Some(error) = self.refusal.lock().unwrap().take() {
            return Err(error);
        }
        let letters = [Key(0xabcd_ef01 << 96), Key(0x1234_5678 << 96)];
        let replayed = letters.into_iter().filter(|id| wanted(*id, "prod")).count() as u64;
        Ok(ReplayReport { replayed, records: 2 * replayed, ..ReplayReport::default() })
    }
}

impl InFlight for FakeIntake {
    fn held_bytes(&self) -> u64 {
        42
    }
}
