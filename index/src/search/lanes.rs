//! Events side by side: which lanes there are and which of them matter most, from columns; then the events of those.

mod lives;

use std::cmp::Reverse;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use taffrail_event::{ActorType, Event, Timestamp};
use taffrail_query::history::ObjectName;
use taffrail_query::{Field, Lane, LaneBy, LaneKey, Lanes, LanesRequest, TimeRange};
use tantivy::columnar::Column;
use tantivy::query::{Query, Weight};
use tantivy::{DocId, SegmentReader};

use super::budget::Budget;
use super::counting::for_each_block;
use super::facets::Values;
use super::scan::{Part, Place, scan};
use super::value::HasValue;
use super::{IndexSearch, View};
use crate::document::chosen_hash;
use crate::error::Result;
use crate::schema::{OBJECT, column_text};
use crate::split::time_column;

/// Lanes that are told apart. An answer that had to leave out others says that it is partial.
const MAX_LANES: usize = 200_000;

pub(super) fn lanes(search: &IndexSearch, request: &LanesRequest) -> Result<Lanes> {
    let budget = Arc::new(Budget::until(request.deadline));
    let query = search.lowered(&request.query, request.range, &budget);
    let views = search.views(request.range);
    let asked = Asked { request, views: &views, query: query.as_ref(), budget: &budget };
    let known = asked.known()?;
    let is_full = known.len() >= MAX_LANES;
    let total = known.len() as u64;
    let mut most: Vec<(u64, Seen)> = known.into_iter().collect();
    most.sort_unstable_by_key(|(key, seen)| (Reverse(seen.rank()), *key));
    most.truncate(request.lanes);
    let keys: FxHashSet<u64> = most.iter().map(|(key, _)| *key).collect();
    let newest = asked.newest(&keys)?;
    let mut events = events(search, &views, &newest)?;
    let mut turns = match request.turns && request.by == LaneBy::Object {
        true => lives::turns(search, &views, request.range, &keys, &budget)?,
        false => FxHashMap::default(),
    };
    let mut lanes = Vec::with_capacity(most.len());
    for (key, seen) in most {
        let events = events.remove(&key).unwrap_or_default();
        let Some(name) = name(request.by, key, &events) else { continue };
        lanes.push(Lane {
            key: name,
            count: seen.count,
            by_humans: seen.by_humans,
            problems: seen.problems,
            turns: turns.remove(&key).unwrap_or_default(),
            events,
        });
    }
    Ok(Lanes { lanes, total, partial: is_full || budget.is_spent() })
}

/// What is known of a lane.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    count: u64,
    by_humans: u64,
    problems: u64,
    last: i64,
}

impl Seen {
    fn add(&mut self, other: &Self) {
        self.count += other.count;
        self.by_humans += other.by_humans;
        self.problems += other.problems;
        self.last = self.last.max(other.last);
    }

    /// The greatest matters most.
    fn rank(&self) -> (bool, bool, i64) {
        (self.by_humans > 0, self.problems > 0, self.last)
    }
}

struct Asked<'a> {
    request: &'a LanesRequest,
    views: &'a [View],
    query: &'a dyn Query,
    budget: &'a Budget,
}

impl Asked<'_> {
    fn known(&self) -> Result<FxHashMap<u64, Seen>> {
        let mut known: FxHashMap<u64, Seen> = FxHashMap::default();
        scan(
            self.views,
            self.query,
            |part, weight| self.count(part, weight),
            |part| {
                for (key, seen) in part {
                    if known.len() < MAX_LANES || known.contains_key(&key) {
                        known.entry(key).or_default().add(&seen);
                    }
                }
            },
        )?;
        Ok(known)
    }

    fn count(&self, part: &Part<'_>, weight: &dyn Weight) -> tantivy::Result<FxHashMap<u64, Seen>> {
        let is_human = HasValue::of(part.segment, Field::ActorType, &[ActorType::Human.name()])?;
        let codes = part.segment.fast_fields().i64(Field::Code.canonical())?;
        let mut found: FxHashMap<u64, Seen> = FxHashMap::default();
        self.each(part, weight, |key, doc, time| {
            if found.len() >= MAX_LANES && !found.contains_key(&key) {
                return;
            }
            found.entry(key).or_insert_with(|| Seen { last: i64::MIN, ..Seen::default() }).add(&Seen {
                count: 1,
                by_humans: is_human.holds(doc).into(),
                problems: codes.first(doc).is_some_and(is_problem).into(),
                last: time,
            });
        })?;
        Ok(found)
    }

    /// The newest documents of these lanes, in no order.
    fn newest(&self, wanted: &FxHashSet<u64>) -> Result<FxHashMap<u64, Newest>> {
        let limit = self.request.per_lane;
        let mut newest: FxHashMap<u64, Newest> = FxHashMap::default();
        let look = |part: &Part<'_>, weight: &dyn Weight| {
            let mut found: FxHashMap<u64, Newest> = FxHashMap::default();
            self.each(part, weight, |key, doc, time| {
                if wanted.contains(&key) {
                    found.entry(key).or_default().add((time, part.place(doc)), limit);
                }
            })?;
            Ok(found)
        };
        scan(self.views, self.query, look, |part| {
            for (key, found) in part {
                let lane = newest.entry(key).or_default();
                found.places.into_iter().for_each(|place| lane.add(place, limit));
            }
        })?;
        newest.values_mut().for_each(|lane| lane.shrink(limit));
        Ok(newest)
    }

    /// Calls `each` with the lane of every matching document of the range, the document and its time.
    fn each(
        &self,
        part: &Part<'_>,
        weight: &dyn Weight,
        mut each: impl FnMut(u64, DocId, i64),
    ) -> tantivy::Result<()> {
        let keys = Keys::of(part.segment, self.request.by)?;
        let times = time_column(part.segment)?;
        let range: TimeRange = self.request.range;
        for_each_block(part.segment, weight, self.budget, &mut |docs| {
            for &doc in docs {
                let time = times.first(doc).unwrap_or_default();
                if range.contains(Timestamp::from_micros(time)) {
                    keys.for_each(doc, |key| each(key, doc, time));
                }
            }
        })
    }
}

/// Refused, or failed for a reason of the server's: what a client got wrong is no problem of the cluster.
fn is_problem(code: i64) -> bool {
    matches!(code, 401 | 403) || code >= 500
}

/// What documents of a segment are put into lanes by: the hash of an object or of a value.
enum Keys {
    Objects(Column<u64>),
    Values { values: Values, hashes: Vec<u64> },
}

impl Keys {
    fn of(segment: &SegmentReader, by: LaneBy) -> tantivy::Result<Self> {
        let Some(field) = by.field() else {
            return Ok(Self::Objects(segment.fast_fields().u64(OBJECT)?));
        };
        let values = Values::of(segment, field)?;
        let names = (0..values.ordinals().unwrap_or_default()).map(|ordinal| values.name(ordinal as u64));
        let hashes = names.map(|name| Ok(chosen_hash(&name?))).collect::<tantivy::Result<_>>()?;
        Ok(Self::Values { values, hashes })
    }

    fn for_each(&self, doc: DocId, mut each: impl FnMut(u64)) {
        match self {
            Self::Objects(column) => column.values_for_doc(doc).for_each(each),
            Self::Values { values, hashes } => values.for_each(doc, |ordinal| {
                let hash = usize::try_from(ordinal).ok().and_then(|ordinal| hashes.get(ordinal));
                hash.copied().into_iter().for_each(&mut each);
            }),
        }
    }
}

/// The newest documents of a lane.
#[derive(Debug, Default)]
struct Newest {
    places: Vec<(i64, Place)>,
}

impl Newest {
    fn add(&mut self, place: (i64, Place), limit: usize) {
        self.places.push(place);
        if self.places.len() >= 2 * limit.max(32) {
            self.shrink(limit);
        }
    }

    fn shrink(&mut self, limit: usize) {
        if self.places.len() > limit {
            self.places.select_nth_unstable_by_key(limit, |(time, place)| Reverse((*time, *place)));
            self.places.truncate(limit);
        }
    }
}

/// The events of each lane, oldest first. Those of all lanes are read together: events of several stand in one block of the
/// store, which is unpacked once then.
fn events(
    search: &IndexSearch,
    views: &[View],
    newest: &FxHashMap<u64, Newest>,
) -> Result<FxHashMap<u64, Vec<Event>>> {
    let places = || newest.iter().flat_map(|(key, lane)| lane.places.iter().map(|(_, place)| (*key, *place)));
    let found = search.events_at(views, places().map(|(_, place)| place))?;
    let mut events: FxHashMap<u64, Vec<Event>> = FxHashMap::default();
    for ((key, _), event) in places().zip(found) {
        events.entry(key).or_default().extend(event);
    }
    events.values_mut().for_each(|lane| lane.sort_by_key(|event| (event.time, event.id)));
    Ok(events)
}

/// What a lane stands for, as one of its events has it.
fn name(by: LaneBy, key: u64, events: &[Event]) -> Option<LaneKey> {
    let Some(field) = by.field() else {
        return events.iter().find_map(|event| ObjectName::with_hash(event, key)).map(LaneKey::Object);
    };
    events.iter().find_map(|event| {
        let mut found = None;
        field.texts(event, &mut |text| {
            if chosen_hash(&column_text(field, text)) == key {
                found = Some(text.to_owned());
            }
        });
        Some(LaneKey::Value(field, found?))
    })
}
