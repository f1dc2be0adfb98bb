//! Which objects there are: from columns alone, but for the events of the page.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use taffrail_event::change::{Link, LinkKind, Order};
use taffrail_event::{ChangeType, Class, Timestamp};
use taffrail_query::history::ObjectName;
use taffrail_query::{Existence, Field, ListedObject, Objects, ObjectsRequest, Query, TimeRange};
use tantivy::query::Weight;

use super::budget::Budget;
use super::counting::for_each_block;
use super::names::Names;
use super::scan::{Part, Place, scan};
use super::value::HasValue;
use super::{IndexSearch, View};
use crate::error::Result;
use crate::schema::{LINK, OBJECT, RECORD, VERSION};
use crate::split::time_column;

/// Objects that are told apart: some 50 MB. An answer that had to leave out others says that it is partial.
const MAX_OBJECTS: usize = 200_000;

pub(super) fn objects(search: &IndexSearch, request: &ObjectsRequest) -> Result<Objects> {
    let budget = Arc::new(Budget::until(request.deadline));
    let range = TimeRange { from: None, to: Some(request.at.plus_micros(1)) };
    let mut views = search.views(range);
    views.retain(|view| view.split.entry.class == Class::Change.name());
    let known = known(search, &views, &request.query, range, &budget)?;
    let is_full = known.len() >= MAX_OBJECTS;
    let (page, more) = page(&views, known, request)?;
    let mut objects = Vec::with_capacity(page.len());
    for (object, seen) in page {
        let Some(view) = views.get(seen.change.place.view) else { continue };
        let Some(hit) = search.hit(view, seen.change.place.address)? else { continue };
        objects.push(ListedObject {
            object,
            existence: seen.existence(),
            first_seen: Timestamp::from_micros(seen.first),
            last_change: hit.event,
        });
    }
    Ok(Objects { objects, more, partial: is_full || budget.is_spent() })
}

/// What the writes of one object say, whatever the order in which they are looked at.
#[derive(Debug, Clone, Copy)]
struct Seen {
    first: i64,
    /// The last of the writes with a resource version, and what was left by it.
    numbered: Option<(Order, Existence)>,
    /// The same of those without one, by the clock.
    unnumbered: Option<(i64, u64, Existence)>,
    change: LastChange,
    /// A document that has the object's name; a collection's has not.
    named: Place,
}

/// The greatest is what a list shows as the last change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct LastChange {
    weight: Weighs,
    time: i64,
    place: Place,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Weighs {
    Nothing,
    Status,
    More,
}

impl Seen {
    fn add(&mut self, other: &Self) {
        self.first = self.first.min(other.first);
        self.numbered = self.numbered.max(other.numbered);
        self.unnumbered = self.unnumbered.max(other.unnumbered);
        self.change = self.change.max(other.change);
    }

    /// A write without a resource version stands behind those that are not later by the clock.
    fn existence(&self) -> Existence {
        match (self.numbered, self.unnumbered) {
            (Some((order, _)), Some((time, _, existence))) if time >= order.time => existence,
            (Some((_, existence)), _) | (None, Some((_, _, existence))) => existence,
            (None, None) => Existence::Unknown,
        }
    }
}

fn known(
    search: &IndexSearch,
    views: &[View],
    query: &Query,
    range: TimeRange,
    budget: &Arc<Budget>,
) -> Result<FxHashMap<u64, Seen>> {
    let mut known: FxHashMap<u64, Seen> = FxHashMap::default();
    scan(
        views,
        search.lowered(query, range, budget).as_ref(),
        |part, weight| writes(part, weight, range, budget),
        |part| {
            for (object, seen) in part {
                if known.len() < MAX_OBJECTS || known.contains_key(&object) {
                    known.entry(object).and_modify(|before| before.add(&seen)).or_insert(seen);
                }
            }
        },
    )?;
    // One of these ends many objects, under no name that the query could be about.
    let collections = Query::all_of(vec![
        Query::is(Field::Verb, "deletecollection"),
        Query::is(Field::Change, ChangeType::Delete.name()),
    ]);
    let mut ended = Vec::new();
    scan(
        views,
        search.lowered(&collections, range, budget).as_ref(),
        |part, weight| ends(part, weight, range, budget, &known),
        |part| ended.extend(part),
    )?;
    for (object, time, record, place) in ended {
        if let Some(seen) = known.get_mut(&object) {
            seen.unnumbered = seen.unnumbered.max(Some((time, record, Existence::Deleted)));
            seen.change = seen.change.max(LastChange { weight: Weighs::More, time, place });
        }
    }
    Ok(known)
}

/// What the writes of one object each say, by object.
fn writes(
    part: &Part<'_>,
    weight: &dyn Weight,
    range: TimeRange,
    budget: &Budget,
) -> tantivy::Result<FxHashMap<u64, Seen>> {
    let columns = part.segment.fast_fields();
    let (objects, links, versions) = (columns.u64(OBJECT)?, columns.u64(LINK)?, columns.u64(VERSION)?);
    let (times, records) = (time_column(part.segment)?, columns.u64(RECORD)?);
    let is_deletion = HasValue::of(part.segment, Field::Change, &[ChangeType::Delete.name()])?;
    let is_nothing = HasValue::of(part.segment, Field::Change, &[ChangeType::None.name()])?;
    let is_status_only = HasValue::of(part.segment, Field::StatusOnly, &["true"])?;
    let mut found: FxHashMap<u64, Seen> = FxHashMap::default();
    for_each_block(part.segment, weight, budget, &mut |docs| {
        for &doc in docs {
            let Some((object, bits)) = objects.first(doc).zip(links.first(doc)) else { continue };
            let Some(link) = Link::from_bits(object, bits, versions.first(doc)) else { continue };
            let time = times.first(doc).unwrap_or_default();
            if !range.contains(Timestamp::from_micros(time)) {
                continue;
            }
            let existence = match link.kind {
                LinkKind::End => Existence::Deleted,
                LinkKind::Blind if is_deletion.holds(doc) => Existence::Unknown,
                LinkKind::Begin | LinkKind::Whole | LinkKind::Part | LinkKind::Blind => Existence::Exists,
            };
            let weighs = match () {
                () if is_nothing.holds(doc) => Weighs::Nothing,
                () if is_status_only.holds(doc) => Weighs::Status,
                () => Weighs::More,
            };
            let record = records.first(doc).unwrap_or_default();
            let order = link.order(time, record);
            let is_numbered = order.resource_version.is_some();
            let seen = Seen {
                first: time,
                numbered: is_numbered.then_some((order, existence)),
                unnumbered: (!is_numbered).then_some((time, record, existence)),
                change: LastChange { weight: weighs, time, place: part.place(doc) },
                named: part.place(doc),
            };
            if found.len() < MAX_OBJECTS || found.contains_key(&object) {
                found.entry(object).and_modify(|before| before.add(&seen)).or_insert(seen);
            }
        }
    })?;
    Ok(found)
}

/// The ends of known objects that were deleted as one of many: object, time, record, place.
fn ends(
    part: &Part<'_>,
    weight: &dyn Weight,
    range: TimeRange,
    budget: &Budget,
    known: &FxHashMap<u64, Seen>,
) -> tantivy::Result<Vec<(u64, i64, u64, Place)>> {
    let columns = part.segment.fast_fields();
    let (objects, records, times) = (columns.u64(OBJECT)?, columns.u64(RECORD)?, time_column(part.segment)?);
    let mut found = Vec::new();
    for_each_block(part.segment, weight, budget, &mut |docs| {
        for &doc in docs {
            let time = times.first(doc).unwrap_or_default();
            if range.contains(Timestamp::from_micros(time)) {
                let record = records.first(doc).unwrap_or_default();
                let members = objects.values_for_doc(doc).filter(|object| known.contains_key(object));
                found.extend(members.map(|object| (object, time, record, part.place(doc))));
            }
        }
    })?;
    Ok(found)
}

/// The objects of the page, in order, and whether more follow.
fn page(
    views: &[View],
    known: FxHashMap<u64, Seen>,
    request: &ObjectsRequest,
) -> Result<(Vec<(ObjectName, Seen)>, bool)> {
    let mut places: Vec<(Place, Seen)> = known.into_values().map(|seen| (seen.named, seen)).collect();
    places.sort_unstable_by_key(|(place, _)| *place);
    let mut named = Names::of(views, places)?;
    if let Some(after) = &request.after {
        named.retain(|(object, _)| object > after);
    }
    let more = named.len() > request.limit;
    named.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    named.truncate(request.limit);
    Ok((named, more))
}
