//! The most frequent values of a field.

use std::collections::HashMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use taffrail_event::Timestamp;
use taffrail_query::{Facets, FacetsRequest, Field, FieldKind, TimeRange};
use tantivy::columnar::{Column, StrColumn};
use tantivy::query::Weight;
use tantivy::{DocId, SegmentReader};

use super::IndexSearch;
use super::budget::Budget;
use super::counting::for_each_block;
use super::scan::scan;
use crate::error::Result;
use crate::split::time_column;

/// Distinct values of one segment, and of all together, whose names are looked up: the most frequent ones. The others count
/// as `other`, and the answer says that it is partial.
const MAX_VALUES: usize = 200_000;

/// Names between two looks at the clock.
const NAMES_PER_LOOK: usize = 4_096;

pub(super) fn facets(search: &IndexSearch, request: &FacetsRequest) -> Result<Facets> {
    let budget = Arc::new(Budget::until(request.deadline));
    let query = search.lowered(&request.query, request.range, &budget);
    let mut counts = Counted::default();
    scan(
        &search.views(request.range),
        query.as_ref(),
        |part, weight| count_segment(part.segment, weight, request.field, request.range, &budget),
        |part| counts.add(part),
    )?;
    let mut buckets: Vec<_> = counts.by_value.into_iter().collect();
    buckets.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let beyond: u64 = buckets.iter().skip(request.limit).map(|(_, count)| count).sum();
    buckets.truncate(request.limit);
    Ok(Facets {
        buckets,
        other: beyond + counts.unnamed,
        events: counts.events,
        partial: budget.is_spent() || counts.unnamed > 0,
    })
}

/// How often values occur.
#[derive(Debug, Default)]
struct Counted {
    by_value: HashMap<String, u64>,
    /// Occurrences of values that nobody looked up.
    unnamed: u64,
    /// Events, whether they have a value or not.
    events: u64,
}

impl Counted {
    fn add(&mut self, other: Self) {
        self.unnamed += other.unnamed;
        self.events += other.events;
        for (value, count) in other.by_value {
            if self.by_value.len() >= MAX_VALUES && !self.by_value.contains_key(&value) {
                self.unnamed += count;
            } else {
                *self.by_value.entry(value).or_default() += count;
            }
        }
    }
}

/// The values of a field in one segment, as numbers until somebody needs their names.
pub(super) enum Values {
    Text(StrColumn),
    /// Of several values the first counts: the others are other names of the same.
    First(StrColumn),
    Number(Column<i64>),
    /// No document has any.
    None,
}

impl Values {
    pub(super) fn of(segment: &SegmentReader, field: Field) -> tantivy::Result<Self> {
        if field.kind() == FieldKind::Number {
            return Ok(Self::Number(segment.fast_fields().i64(field.canonical())?));
        }
        let column = segment.fast_fields().str(field.canonical())?;
        let values = if field == Field::ActorName { Self::First } else { Self::Text };
        Ok(column.map_or(Self::None, values))
    }

    pub(super) fn for_each(&self, doc: DocId, mut each: impl FnMut(u64)) {
        match self {
            Self::Text(column) => column.ords().values_for_doc(doc).for_each(each),
            Self::First(column) => column.ords().first(doc).into_iter().for_each(each),
            Self::Number(column) => column.values_for_doc(doc).for_each(|value| each(value.cast_unsigned())),
            Self::None => {}
        }
    }

    pub(super) fn name(&self, ordinal: u64) -> tantivy::Result<String> {
        match self {
            Self::Text(column) | Self::First(column) => {
                let mut name = String::new();
                column.ord_to_str(ordinal, &mut name)?;
                Ok(name)
            }
            Self::Number(_) => Ok(ordinal.cast_signed().to_string()),
            Self::None => Ok(String::new()),
        }
    }

    /// Text values have ordinals from 0 on: they can be counted in an array.
    pub(super) fn ordinals(&self) -> Option<usize> {
        match self {
            Self::Text(column) | Self::First(column) => Some(column.num_terms()),
            Self::Number(_) | Self::None => None,
        }
    }
}

fn count_segment(
    segment: &SegmentReader,
    weight: &dyn Weight,
    field: Field,
    range: TimeRange,
    budget: &Budget,
) -> tantivy::Result<Counted> {
    let values = Values::of(segment, field)?;
    let times = time_column(segment)?;
    let from = range.from.map_or(i64::MIN, Timestamp::micros);
    let to = range.to.map_or(i64::MAX, Timestamp::micros);
    let is_within = from <= times.min_value() && times.max_value() < to;
    let mut by_ordinal = vec![0_u64; values.ordinals().unwrap_or_default()];
    let mut by_number: FxHashMap<u64, u64> = FxHashMap::default();
    let mut events = 0;
    for_each_block(segment, weight, budget, &mut |docs| {
        for doc in docs {
            if !is_within && times.first(*doc).is_none_or(|time| time < from || time >= to) {
                continue;
            }
            events += 1;
            values.for_each(*doc, |ordinal| {
                match usize::try_from(ordinal).ok().and_then(|ordinal| by_ordinal.get_mut(ordinal)) {
                    Some(count) => *count += 1,
                    None => *by_number.entry(ordinal).or_default() += 1,
                }
            });
        }
    })?;
    let by_ordinal = (0_u64..).zip(by_ordinal).filter(|(_, count)| *count > 0);
    Ok(Counted { events, ..name(&values, by_ordinal.chain(by_number).collect(), budget)? })
}

fn name(values: &Values, mut counts: Vec<(u64, u64)>, budget: &Budget) -> tantivy::Result<Counted> {
    let mut counted = Counted::default();
    if counts.len() > MAX_VALUES {
        counts.select_nth_unstable_by_key(MAX_VALUES, |(_, count)| std::cmp::Reverse(*count));
        counted.unnamed = counts.drain(MAX_VALUES..).map(|(_, count)| count).sum();
        // Names are read in the order of the dictionary.
        counts.sort_unstable();
    }
    for (index, (ordinal, count)) in counts.into_iter().enumerate() {
        if index % NAMES_PER_LOOK == NAMES_PER_LOOK - 1 && budget.is_up() {
            break;
        }
        counted.by_value.insert(values.name(ordinal)?, count);
    }
    Ok(counted)
}
