//! The reading side: answers the search contract from the splits. Every question works on a snapshot and takes no lock
//! that a writer holds for long.

use std::ops::ControlFlow;
use std::sync::Arc;

use rayon::prelude::*;
use taffrail_event::{Event, Gap, Removed, SourceSums, Timestamp};
use taffrail_query::history::ObjectName;
use taffrail_query::{
    ClusterSpan, Cursor, Facets, FacetsRequest, FlowsRequest, Found, FoundFlows, Histogram, HistogramRequest,
    Hit, Lanes, LanesRequest, Objects, ObjectsRequest, Order, Page, PageRequest, Predicate, Progress, Query,
    Search, SearchError, TimeRange, Total,
};
use tantivy::directory::OwnedBytes;
use tantivy::schema::Field;
use tantivy::{DocAddress, Searcher};

use crate::catalog::Catalog;
use crate::error::{IndexError, Result};
use crate::retention::bytes_per_day;
use crate::split::Split;
use crate::stored::Stored;

pub(crate) mod budget;
mod cells;
mod clusters;
mod counting;
pub(crate) mod dictionary;
mod facets;
mod find;
mod flows;
mod histogram;
mod lanes;
mod names;
mod objects;
mod records;
mod scan;
mod top;
mod value;
pub(crate) mod verified;
mod walk;
mod writes;

use budget::Budget;
use records::Records;
use scan::Place;
use top::{Entry, Top};

/// Counting stops being exact beyond this.
const EXACT_TOTAL: u64 = 1_000_000;

/// Answers questions about the index of a [`Catalog`].
#[derive(Debug)]
pub(crate) struct IndexSearch {
    catalog: Arc<Catalog>,
}

/// A split as one question sees it.
pub(crate) struct View {
    pub(crate) split: Arc<Split>,
    pub(crate) searcher: Searcher,
    /// First and last time of its documents.
    pub(crate) times: (i64, i64),
    records: Records,
}

impl View {
    fn read(&self, stored: Field, address: DocAddress) -> Result<OwnedBytes> {
        let read = self.records.read(&self.searcher, stored, address);
        read.map_err(IndexError::split("read", &self.split.name()))
    }
}

impl IndexSearch {
    pub(crate) fn new(catalog: Arc<Catalog>) -> Self {
        Self { catalog }
    }

    /// The splits that may hold events of the range.
    fn views(&self, range: TimeRange) -> Vec<View> {
        let mut views: Vec<_> = self
            .catalog
            .splits()
            .iter()
            .filter_map(|split| {
                let times = split.times()?;
                let searcher = split.searcher();
                let records = Records::of(&searcher);
                Some(View { split: Arc::clone(split), searcher, times, records })
            })
            .filter(|view| overlaps(range, view.times))
            .collect();
        views.sort_by_key(|view| view.times);
        views
    }

    fn events(&self, views: &[View], entries: &[Entry]) -> Result<Vec<Event>> {
        let events = self.events_at(views, entries.iter().map(Entry::place))?;
        Ok(events.into_iter().flatten().collect())
    }

    /// The query as tantivy takes it, with the range as a part of it where that helps.
    fn lowered(
        &self,
        query: &Query,
        range: TimeRange,
        budget: &Arc<Budget>,
    ) -> Box<dyn tantivy::query::Query> {
        crate::lower::lower(&narrowed(query, range), self.catalog.plan(), budget)
    }

    /// The event at each of these places. Their records are read and let go of one by one: together they could be gigabytes.
    fn events_at(&self, views: &[View], places: impl Iterator<Item = Place>) -> Result<Vec<Option<Event>>> {
        let mut by_address: Vec<(usize, Place)> = places.enumerate().collect();
        by_address.sort_by_key(|(_, place)| *place);
        let mut events = by_address
            .par_iter()
            .with_min_len(8)
            .map(|(index, place)| {
                let Some(view) = views.get(place.view) else { return Ok((*index, None)) };
                Ok((*index, self.event(view, place.address)?))
            })
            .collect::<Result<Vec<_>>>()?;
        events.sort_by_key(|(index, _)| *index);
        Ok(events.into_iter().map(|(_, event)| event).collect())
    }

    fn hit(&self, view: &View, address: DocAddress) -> Result<Option<Hit>> {
        let bytes = view.read(self.catalog.columns.stored, address)?;
        let Some(stored) = Stored::decode(&bytes) else { return Ok(None) };
        let Ok(event) = stored.event(&self.catalog.actors) else { return Ok(None) };
        Ok(Some(Hit { event, record: stored.record.to_vec() }))
    }

    fn event(&self, view: &View, address: DocAddress) -> Result<Option<Event>> {
        let bytes = view.read(self.catalog.columns.stored, address)?;
        Ok(Stored::decode(&bytes).and_then(|stored| stored.event(&self.catalog.actors).ok()))
    }

    fn top(
        &self,
        views: &[View],
        question: &Question,
        limit: usize,
        wants_total: bool,
    ) -> Result<(Vec<Entry>, Total)> {
        let query = self.lowered(&question.query, question.range, &question.budget);
        let mut top = Top::new(question.order, question.range, question.after, limit);
        let mut order: Vec<usize> = (0..views.len()).collect();
        if question.order == Order::Desc {
            order.sort_by_key(|index| std::cmp::Reverse(views.get(*index).map(|view| view.times.1)));
        }
        let mut exact = true;
        for batch in order.chunks(rayon::current_num_threads().max(1)) {
            let is_open = |index: &&usize| views.get(**index).is_some_and(|view| top.may_improve(view.times));
            let counts_on = wants_total && top.count() <= EXACT_TOTAL;
            let batch: Vec<usize> =
                batch.iter().filter(|index| counts_on || is_open(index)).copied().collect();
            exact &= counts_on;
            if batch.is_empty() {
                continue;
            }
            let parts = batch
                .par_iter()
                .filter_map(|index| Some((*index, views.get(*index)?)))
                .map(|(index, view)| {
                    top.collect(index, view, query.as_ref(), &question.budget)
                        .map_err(IndexError::split("search", &view.split.name()))
                })
                .collect::<Result<Vec<_>>>()?;
            parts.into_iter().for_each(|part| top.absorb(part));
        }
        let total = Total { value: top.count(), exact: exact && !question.budget.is_spent() };
        Ok((top.into_entries(), total))
    }
}

/// What to look for and how long.
pub(crate) struct Question {
    pub(crate) query: Query,
    pub(crate) range: TimeRange,
    pub(crate) order: Order,
    pub(crate) after: Option<Cursor>,
    pub(crate) budget: Arc<Budget>,
}

/// The query with the range as a part of it where that helps.
pub(crate) fn narrowed(query: &Query, range: TimeRange) -> Query {
    use std::ops::Bound;
    use taffrail_query::Field;
    if range == TimeRange::default() || !crate::lower::reads_records(query) {
        return query.clone();
    }
    let bound = |time: Option<Timestamp>, closed: fn(i64) -> Bound<i64>| {
        time.map_or(Bound::Unbounded, |time| closed(time.micros()))
    };
    let within = Query::Field(
        Field::Time,
        Predicate::Range {
            lower: bound(range.from, Bound::Included),
            upper: bound(range.to, Bound::Excluded),
        },
    );
    Query::all_of(vec![query.clone(), within])
}

fn overlaps(range: TimeRange, (first, last): (i64, i64)) -> bool {
    range.from.is_none_or(|from| last >= from.micros()) && range.to.is_none_or(|to| first < to.micros())
}

impl Search for IndexSearch {
    fn page(&self, request: &PageRequest) -> Result<Page, SearchError> {
        if request.limit == 0 {
            return Err(SearchError::Invalid("a page holds at least one event: raise limit".to_owned()));
        }
        let question = Question {
            query: request.query.clone(),
            range: request.range,
            order: request.order,
            after: request.after,
            budget: Arc::new(Budget::until(request.deadline)),
        };
        let views = self.views(request.range);
        let (mut entries, total) = self.top(&views, &question, request.limit + 1, true)?;
        let more = entries.len() > request.limit;
        entries.truncate(request.limit);
        let events = self.events(&views, &entries)?;
        Ok(Page { events, more, total, partial: question.budget.is_spent() })
    }

    fn find(&self, id_prefix: &str) -> Result<Found, SearchError> {
        Ok(find::find(self, id_prefix)?)
    }

    fn histogram(&self, request: &HistogramRequest) -> Result<Histogram, SearchError> {
        Ok(histogram::histogram(self, request)?)
    }

    fn facets(&self, request: &FacetsRequest) -> Result<Facets, SearchError> {
        if !request.field.is_facet() {
            return Err(SearchError::Invalid(format!(
                "events cannot be counted by {}: nearly every event has its own",
                request.field.canonical()
            )));
        }
        Ok(facets::facets(self, request)?)
    }

    fn walk(
        &self,
        query: &Query,
        range: TimeRange,
        each: &mut dyn FnMut(Option<Event>) -> ControlFlow<()>,
    ) -> Result<(), SearchError> {
        Ok(walk::walk(self, query, range, each)?)
    }

    fn writes(
        &self,
        object: &ObjectName,
        each: &mut dyn FnMut(Hit) -> ControlFlow<()>,
    ) -> Result<(), SearchError> {
        Ok(writes::writes(self, object, each)?)
    }

    fn objects(&self, request: &ObjectsRequest) -> Result<Objects, SearchError> {
        Ok(objects::objects(self, request)?)
    }

    fn flows(&self, request: &FlowsRequest) -> Result<FoundFlows, SearchError> {
        Ok(flows::flows(self, request)?)
    }

    fn lanes(&self, request: &LanesRequest) -> Result<Lanes, SearchError> {
        Ok(lanes::lanes(self, request)?)
    }

    fn clusters(&self) -> Result<Vec<ClusterSpan>, SearchError> {
        Ok(clusters::clusters(self)?)
    }

    fn gaps(&self) -> Vec<Gap> {
        self.catalog.gaps()
    }

    fn sources(&self) -> Vec<SourceSums> {
        self.catalog.manifest().sources.clone()
    }

    fn removed(&self) -> Vec<Removed> {
        self.catalog.removed()
    }

    fn progress(&self) -> Progress {
        let counters = *self.catalog.counters();
        let splits = self.catalog.splits();
        Progress {
            searchable: counters.searchable,
            documents: splits.iter().map(|split| split.searcher().num_docs()).sum(),
            splits: splits.len() as u64,
            bytes: splits.iter().map(|split| split.disk_bytes()).sum(),
            counts: counters.counts,
            last_commit: counters.last_commit,
            removed_by_age: counters.removed_by_age,
            removed_by_bytes: counters.removed_by_bytes,
            state_cache_bytes: counters.state_cache_bytes,
            corrected: counters.corrected,
            bytes_per_day: bytes_per_day(&splits, Timestamp::now()),
        }
    }
}
