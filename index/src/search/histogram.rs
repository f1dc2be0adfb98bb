//! Counts over time, in buckets of a round width.

use std::collections::HashMap;
use std::sync::Arc;

use taffrail_event::Timestamp;
use taffrail_query::{Bucket, Field, Histogram, HistogramRequest};
use tantivy::SegmentReader;
use tantivy::query::Weight;

use super::budget::Budget;
use super::cells::Cells;
use super::counting::for_each_block;
use super::facets::Values;
use super::scan::scan;
use super::{IndexSearch, View};
use crate::error::Result;
use crate::split::time_column;

/// Widths that people can read: 1, 2, 5, 10, ... of a unit that divides the next.
const WIDTHS_MS: &[i64] = &[
    1,
    2,
    5,
    10,
    20,
    50,
    100,
    200,
    500,
    1_000,
    2_000,
    5_000,
    10_000,
    15_000,
    30_000,
    60_000,
    120_000,
    300_000,
    600_000,
    900_000,
    1_800_000,
    3_600_000,
    7_200_000,
    10_800_000,
    21_600_000,
    43_200_000,
    86_400_000,
    172_800_000,
    604_800_000,
    1_209_600_000,
    2_592_000_000,
    7_776_000_000,
    31_536_000_000,
];

pub(super) fn histogram(search: &IndexSearch, request: &HistogramRequest) -> Result<Histogram> {
    let views = search.views(request.range);
    let budget = Arc::new(Budget::until(request.deadline));
    let frame = Frame::of(request, &views);
    let query = search.lowered(&request.query, request.range, &budget);
    let mut counts = Counts::new(frame.buckets);
    scan(
        &views,
        query.as_ref(),
        |part, weight| count_segment(part.segment, weight, &frame, request.split, &budget),
        |part| counts.add(part),
    )?;
    Ok(frame.histogram(counts, budget.is_spent()))
}

/// The buckets' place in time.
struct Frame {
    /// Of the first bucket, in microseconds.
    start: i64,
    width: i64,
    buckets: usize,
    /// What counts: within the range asked for.
    from: i64,
    to: i64,
}

impl Frame {
    fn of(request: &HistogramRequest, views: &[View]) -> Self {
        let now = request.now.micros();
        let first = views.iter().map(|view| view.times.0).min().unwrap_or(now);
        let last = views.iter().map(|view| view.times.1).max().unwrap_or(first);
        let from = request.range.from.map_or(first, Timestamp::micros);
        // Without an end the chart ends with its newest event; one that was asked for from a certain time on ends now.
        let open_end = match request.range.from {
            Some(_) => last.saturating_add(1).max(now),
            None => last.saturating_add(1),
        };
        let to = request.range.to.map_or(open_end, Timestamp::micros).max(from.saturating_add(1));
        let wanted = i64::try_from(request.buckets.max(1)).unwrap_or(i64::MAX);
        let buckets_of = |width: i64| (to - 1).div_euclid(width) - from.div_euclid(width) + 1;
        let round = WIDTHS_MS.iter().map(|width| width * 1_000).find(|width| buckets_of(*width) <= wanted);
        // Beyond a year a bucket is as wide as need be.
        let width = round.unwrap_or_else(|| ((to - from) / wanted + 1).div_euclid(1_000) * 1_000 + 1_000);
        let start = if buckets_of(width) <= wanted { from.div_euclid(width) * width } else { from };
        let buckets = usize::try_from((to - 1 - start).div_euclid(width) + 1).unwrap_or(1);
        Self { start, width, buckets, from, to }
    }

    fn histogram(&self, counts: Counts, partial: bool) -> Histogram {
        let mut splits: Vec<Vec<(String, u64)>> = vec![Vec::new(); self.buckets];
        for ((bucket, value), count) in counts.by_value {
            if let Some(split) = splits.get_mut(bucket) {
                split.push((value.to_string(), count));
            }
        }
        let time =
            |index: usize| self.start + i64::try_from(index).unwrap_or(i64::MAX).saturating_mul(self.width);
        let buckets = counts
            .totals
            .into_iter()
            .zip(splits)
            .enumerate()
            .map(|(index, (count, mut split))| {
                split.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
                Bucket { time: Timestamp::from_micros(time(index)), count, split }
            })
            .collect();
        Histogram {
            from: Timestamp::from_micros(self.start),
            to: Timestamp::from_micros(time(self.buckets)),
            interval_ms: self.width / 1_000,
            buckets,
            partial,
        }
    }
}

struct Counts {
    totals: Vec<u64>,
    by_value: HashMap<(usize, Arc<str>), u64>,
}

impl Counts {
    fn new(buckets: usize) -> Self {
        Self { totals: vec![0; buckets], by_value: HashMap::new() }
    }

    fn add(&mut self, other: Self) {
        self.totals.iter_mut().zip(other.totals).for_each(|(total, more)| *total += more);
        for (key, more) in other.by_value {
            *self.by_value.entry(key).or_default() += more;
        }
    }
}

fn count_segment(
    segment: &SegmentReader,
    weight: &dyn Weight,
    frame: &Frame,
    split: Option<Field>,
    budget: &Budget,
) -> tantivy::Result<Counts> {
    let times = time_column(segment)?;
    let values = split.map(|field| Values::of(segment, field)).transpose()?;
    let mut counts = Counts::new(frame.buckets);
    let mut cells = Cells::new(frame.buckets, values.as_ref().and_then(Values::ordinals));
    let mut block = Vec::new();
    for_each_block(segment, weight, budget, &mut |docs| {
        block.resize(docs.len(), 0);
        times.values.get_vals(docs, &mut block);
        for (doc, time) in docs.iter().zip(&block) {
            if *time < frame.from || *time >= frame.to {
                continue;
            }
            let Ok(bucket) = usize::try_from((time - frame.start) / frame.width) else { continue };
            let Some(total) = counts.totals.get_mut(bucket) else { continue };
            *total += 1;
            if let Some(values) = &values {
                values.for_each(*doc, |ordinal| cells.add(bucket, ordinal));
            }
        }
    })?;
    if let Some(values) = &values {
        counts.by_value = cells.named(values)?;
    }
    Ok(counts)
}
