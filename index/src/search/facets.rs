//! The most frequent values of a field.

use std::collections::HashMap;
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use taffrail_event::Timestamp;
use taffrail_query::{Facets, FacetsRequest, Field, FieldKind, TimeRange};
use tantivy::columnar::{Column, StrColumn};
use tantivy::query::{EnableScoring, Weight};
use tantivy::{DocId, SegmentReader};

use super::budget::Budget;
use super::counting::for_each_block;
use super::{IndexSearch, narrowed};
use crate::error::{IndexError, Result};
use crate::split::time_column;

pub(super) fn facets(search: &IndexSearch, request: &FacetsRequest) -> Result<Facets> {
    let budget = Arc::new(Budget::until(request.deadline));
    let query =
        crate::lower::lower(&narrowed(&request.query, request.range), &search.catalog.columns, &budget);
    let mut counts: HashMap<String, u64> = HashMap::new();
    for view in search.views(request.range) {
        let part = || -> tantivy::Result<Vec<HashMap<String, u64>>> {
            let weight = query.weight(EnableScoring::disabled_from_searcher(&view.searcher))?;
            view.searcher
                .segment_readers()
                .par_iter()
                .map(|segment| count_segment(segment, weight.as_ref(), request.field, request.range, &budget))
                .collect()
        };
        for part in part().map_err(IndexError::split("count in", &view.split.name()))? {
            for (value, count) in part {
                *counts.entry(value).or_default() += count;
            }
        }
    }
    let mut buckets: Vec<_> = counts.into_iter().collect();
    buckets.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let other = buckets.iter().skip(request.limit).map(|(_, count)| count).sum();
    buckets.truncate(request.limit);
    Ok(Facets { buckets, other, partial: budget.is_spent() })
}

/// The values of a field in one segment, as numbers until somebody needs their names.
pub(super) enum Values {
    Text(StrColumn),
    Number(Column<i64>),
    /// No document has any.
    None,
}

impl Values {
    pub(super) fn of(segment: &SegmentReader, field: Field) -> tantivy::Result<Self> {
        if field.kind() == FieldKind::Number {
            return Ok(Self::Number(segment.fast_fields().i64(field.canonical())?));
        }
        Ok(segment.fast_fields().str(field.canonical())?.map_or(Self::None, Self::Text))
    }

    pub(super) fn for_each(&self, doc: DocId, mut each: impl FnMut(u64)) {
        match self {
            Self::Text(column) => column.ords().values_for_doc(doc).for_each(each),
            Self::Number(column) => column.values_for_doc(doc).for_each(|value| each(value.cast_unsigned())),
            Self::None => {}
        }
    }

    pub(super) fn name(&self, ordinal: u64) -> tantivy::Result<String> {
        match self {
            Self::Text(column) => {
                let mut name = String::new();
                column.ord_to_str(ordinal, &mut name)?;
                Ok(name)
            }
            Self::Number(_) => Ok(ordinal.cast_signed().to_string()),
            Self::None => Ok(String::new()),
        }
    }

    /// Text values have ordinals from 0 on: they can be counted in an array.
    fn ordinals(&self) -> Option<usize> {
        match self {
            Self::Text(column) => Some(column.num_terms()),
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
) -> tantivy::Result<HashMap<String, u64>> {
    let values = Values::of(segment, field)?;
    let times = time_column(segment)?;
    let from = range.from.map_or(i64::MIN, Timestamp::micros);
    let to = range.to.map_or(i64::MAX, Timestamp::micros);
    let is_within = from <= times.min_value() && times.max_value() < to;
    let mut by_ordinal = vec![0_u64; values.ordinals().unwrap_or_default()];
    let mut by_number: FxHashMap<u64, u64> = FxHashMap::default();
    for_each_block(segment, weight, budget, &mut |docs| {
        for doc in docs {
            if !is_within && times.first(*doc).is_none_or(|time| time < from || time >= to) {
                continue;
            }
            values.for_each(*doc, |ordinal| {
                match usize::try_from(ordinal).ok().and_then(|ordinal| by_ordinal.get_mut(ordinal)) {
                    Some(count) => *count += 1,
                    None => *by_number.entry(ordinal).or_default() += 1,
                }
            });
        }
    })?;
    let by_ordinal = (0_u64..).zip(by_ordinal).filter(|(_, count)| *count > 0);
    by_ordinal.chain(by_number).map(|(ordinal, count)| Ok((values.name(ordinal)?, count))).collect()
}
