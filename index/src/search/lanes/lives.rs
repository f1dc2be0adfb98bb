//! When the objects of lanes came to be and when they went, whoever did it: a question for people's changes finds no garbage collector.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use taffrail_event::change::{Link, LinkKind};
use taffrail_event::{ChangeType, Timestamp};
use taffrail_query::{Field, Query, TimeRange, Turn};
use tantivy::query::Weight;

use super::super::budget::Budget;
use super::super::counting::for_each_block;
use super::super::scan::{Part, scan};
use super::super::value::HasValue;
use super::super::{IndexSearch, View};
use crate::error::Result;
use crate::schema::{LINK, OBJECT, VERSION};
use crate::split::time_column;

/// Turns of one object: names that come and go all the time, as those of leases of jobs, have as many as anybody wants.
const MAX_TURNS: usize = 100;

/// The newest turns of these objects in the range, oldest first.
pub(super) fn turns(
    search: &IndexSearch,
    views: &[View],
    range: TimeRange,
    objects: &FxHashSet<u64>,
    budget: &Arc<Budget>,
) -> Result<FxHashMap<u64, Vec<Turn>>> {
    let ends = [ChangeType::Create, ChangeType::Delete];
    let query = Query::any_of(ends.iter().map(|change| Query::is(Field::Change, change.name())).collect());
    let mut turns: FxHashMap<u64, Vec<Turn>> = FxHashMap::default();
    scan(
        views,
        search.lowered(&query, range, budget).as_ref(),
        |part, weight| of_part(part, weight, range, objects, budget),
        |part| {
            for (object, found) in part {
                turns.entry(object).or_default().extend(found);
            }
        },
    )?;
    for found in turns.values_mut() {
        found.sort_unstable_by_key(|turn| turn.time);
        found.drain(..found.len().saturating_sub(MAX_TURNS));
    }
    Ok(turns)
}

fn of_part(
    part: &Part<'_>,
    weight: &dyn Weight,
    range: TimeRange,
    wanted: &FxHashSet<u64>,
    budget: &Budget,
) -> tantivy::Result<FxHashMap<u64, Vec<Turn>>> {
    let columns = part.segment.fast_fields();
    let (objects, links, versions) = (columns.u64(OBJECT)?, columns.u64(LINK)?, columns.u64(VERSION)?);
    let times = time_column(part.segment)?;
    let is_collection = HasValue::of(part.segment, Field::Verb, &["deletecollection"])?;
    let mut found: FxHashMap<u64, Vec<Turn>> = FxHashMap::default();
    for_each_block(part.segment, weight, budget, &mut |docs| {
        for &doc in docs {
            let time = Timestamp::from_micros(times.first(doc).unwrap_or_default());
            if !range.contains(time) {
                continue;
            }
            for object in objects.values_for_doc(doc).filter(|object| wanted.contains(object)) {
                let link =
                    links.first(doc).and_then(|bits| Link::from_bits(object, bits, versions.first(doc)));
                let begins = match link.map(|link| link.kind) {
                    Some(LinkKind::Begin) => true,
                    Some(LinkKind::End) => false,
                    // One of many that were deleted: the write has no link to each of them.
                    None if is_collection.holds(doc) => false,
                    _ => continue,
                };
                found.entry(object).or_default().push(Turn { time, begins });
            }
        }
    })?;
    Ok(found)
}
