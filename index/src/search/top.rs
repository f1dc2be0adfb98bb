//! The first events of an order, and how many there are: one pass over the matching documents of each segment.

use rayon::prelude::*;
use taffrail_event::{Key, Timestamp};
use taffrail_query::{Cursor, Order, TimeRange};
use tantivy::query::{EnableScoring, Query, Weight};
use tantivy::{DocAddress, SegmentReader};

use super::View;
use super::budget::Budget;
use super::counting::for_each_block;
use super::scan::Place;
use crate::split::{id_column, time_column};

/// The place of a document in the order asked for: smaller comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank {
    time: i64,
    id_high: u64,
}

/// One of the first documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry {
    rank: Rank,
    pub(crate) view: usize,
    pub(crate) address: DocAddress,
}

impl Entry {
    pub(super) fn place(&self) -> Place {
        Place { view: self.view, address: self.address }
    }

    /// The document's place in the order, for the next look.
    pub(crate) fn cursor(&self, order: Order) -> Cursor {
        let Rank { time, id_high } = self.rank;
        let (time, id_high) = match order {
            Order::Asc => (time, id_high),
            Order::Desc => (!time, !id_high),
        };
        Cursor { time: Timestamp::from_micros(time), id: Key::from_halves(id_high, 0) }
    }
}

/// Collects the first `limit` documents after a cursor, and counts all of the range.
#[derive(Debug, Clone)]
pub(crate) struct Top {
    order: Order,
    range: TimeRange,
    after: Option<Rank>,
    limit: usize,
    entries: Vec<Entry>,
    count: u64,
}

impl Top {
    pub(crate) fn new(order: Order, range: TimeRange, after: Option<Cursor>, limit: usize) -> Self {
        let after = after.map(|cursor| rank(order, cursor.time.micros(), cursor.id.high()));
        Self { order, range, after, limit, entries: Vec::new(), count: 0 }
    }

    /// How many documents of the range were seen.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// The documents found, in order.
    pub(crate) fn into_entries(mut self) -> Vec<Entry> {
        self.shrink();
        self.entries
    }

    /// Whether documents of these times could be among the first.
    pub(crate) fn may_improve(&self, (first, last): (i64, i64)) -> bool {
        let (best, worst) = match self.order {
            Order::Asc => (first, last),
            Order::Desc => (!last, !first),
        };
        self.after.is_none_or(|after| worst >= after.time)
            && self.worst().is_none_or(|entry| best <= entry.rank.time)
    }

    /// The last of the first documents, once there are enough of them.
    fn worst(&self) -> Option<Entry> {
        (self.entries.len() >= self.limit).then(|| self.entries.iter().max().copied())?
    }

    pub(crate) fn absorb(&mut self, part: Self) {
        self.count += part.count;
        self.entries.extend(part.entries);
        self.shrink();
    }

    fn shrink(&mut self) {
        self.entries.sort_unstable();
        self.entries.truncate(self.limit);
    }

    /// Looks through one split.
    pub(crate) fn collect(
        &self,
        view_index: usize,
        view: &View,
        query: &dyn Query,
        budget: &Budget,
    ) -> tantivy::Result<Self> {
        let weight = query.weight(EnableScoring::disabled_from_searcher(&view.searcher))?;
        let segments: Vec<_> = (0_u32..).zip(view.searcher.segment_readers()).collect();
        let parts = segments
            .into_par_iter()
            .map(|(ordinal, segment)| {
                let mut part = Self { entries: Vec::new(), count: 0, ..self.clone() };
                part.collect_segment((view_index, ordinal), segment, weight.as_ref(), budget)?;
                Ok(part)
            })
            .collect::<tantivy::Result<Vec<_>>>()?;
        let mut whole = Self { entries: Vec::new(), count: 0, ..self.clone() };
        parts.into_iter().for_each(|part| whole.absorb(part));
        Ok(whole)
    }

    fn collect_segment(
        &mut self,
        (view, ordinal): (usize, u32),
        segment: &SegmentReader,
        weight: &dyn Weight,
        budget: &Budget,
    ) -> tantivy::Result<()> {
        let times = time_column(segment)?;
        let ids = id_column(segment)?;
        let from = self.range.from.map_or(i64::MIN, Timestamp::micros);
        let to = self.range.to.map_or(i64::MAX, Timestamp::micros);
        let mut values = Vec::new();
        // Beyond this nothing can be among the first any more; falls as better documents are found.
        let mut threshold = Rank { time: i64::MAX, id_high: u64::MAX };
        for_each_block(segment, weight, budget, &mut |docs| {
            values.resize(docs.len(), 0);
            times.values.get_vals(docs, &mut values);
            for (doc, time) in docs.iter().zip(&values) {
                if *time < from || *time >= to {
                    continue;
                }
                self.count += 1;
                let key = match self.order {
                    Order::Asc => *time,
                    Order::Desc => !*time,
                };
                if key > threshold.time || self.after.is_some_and(|after| key < after.time) {
                    continue;
                }
                let rank = rank(self.order, *time, ids.first(*doc).unwrap_or_default());
                if rank > threshold || self.after.is_some_and(|after| rank <= after) {
                    continue;
                }
                self.entries.push(Entry { rank, view, address: DocAddress::new(ordinal, *doc) });
                if self.entries.len() >= 2 * self.limit.max(32) {
                    self.entries.select_nth_unstable(self.limit - 1);
                    self.entries.truncate(self.limit);
                    if let Some(worst) = self.worst() {
                        threshold = worst.rank;
                    }
                }
            }
        })?;
        self.shrink();
        Ok(())
    }
}

fn rank(order: Order, time: i64, id_high: u64) -> Rank {
    match order {
        Order::Asc => Rank { time, id_high },
        Order::Desc => Rank { time: !time, id_high: !id_high },
    }
}
