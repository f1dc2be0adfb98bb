//! Counts: over time, by value, by cluster.

use std::time::Instant;

use taffrail_query::{FacetsRequest, Field, HistogramRequest, Search, TimeContext};

use super::ask::Ask;
use super::body::{BucketBody, ClusterBody, ClustersBody, FacetBody, FacetsBody, HistogramBody};
use super::coverage::Coverage;
use super::error::ReadError;
use super::events::took_ms;

/// Buckets when nobody says how many: a chart's width.
pub(crate) const DEFAULT_BUCKETS: usize = 100;

/// What buckets are counted apart by when nobody says.
pub(crate) const DEFAULT_SPLIT: &str = "kind";

/// Buckets at most: a screen's width in pixels and then some.
pub(crate) const MAX_BUCKETS: usize = 2000;

/// Values when nobody says how many.
pub(crate) const DEFAULT_FACETS: usize = 20;

/// Values at most.
pub(crate) const MAX_FACETS: usize = 1000;

/// Asks for counts over time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HistogramAsk<'a> {
    pub(crate) ask: Ask<'a>,
    /// 1 to [`MAX_BUCKETS`].
    pub(crate) buckets: usize,
    /// A field to count by in every bucket; `""` for none.
    pub(crate) split: &'a str,
}

/// Asks for the most frequent values of a field.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FacetsAsk<'a> {
    pub(crate) ask: Ask<'a>,
    pub(crate) field: &'a str,
    /// 1 to [`MAX_FACETS`].
    pub(crate) limit: usize,
}

/// Counts over time.
pub(crate) fn histogram(
    search: &dyn Search,
    ask: &HistogramAsk<'_>,
    context: &TimeContext,
    coverage: Coverage,
    deadline: Instant,
) -> Result<HistogramBody, ReadError> {
    let started = Instant::now();
    within("buckets", ask.buckets, MAX_BUCKETS)?;
    let split = Some(ask.split).filter(|name| !name.is_empty());
    let split = split.map(|name| facet_field("split", name)).transpose()?;
    let question = ask.ask.resolve(context)?;
    let coverage = coverage.about(question.range);
    let histogram = search.histogram(&HistogramRequest {
        query: question.query,
        range: question.range,
        buckets: ask.buckets,
        split,
        now: context.now,
        deadline,
    })?;
    let buckets = histogram.buckets.into_iter().map(|bucket| BucketBody {
        time: bucket.time,
        count: bucket.count,
        split: bucket.split.into_iter().map(|(value, count)| (value, count.into())).collect(),
    });
    Ok(HistogramBody {
        from: histogram.from,
        to: histogram.to,
        interval_ms: histogram.interval_ms,
        buckets: buckets.collect(),
        coverage: coverage.partial(histogram.partial),
        took_ms: took_ms(started),
    })
}

/// The most frequent values of a field.
pub(crate) fn facets(
    search: &dyn Search,
    ask: &FacetsAsk<'_>,
    context: &TimeContext,
    coverage: Coverage,
    deadline: Instant,
) -> Result<FacetsBody, ReadError> {
    let started = Instant::now();
    within("limit", ask.limit, MAX_FACETS)?;
    let field = facet_field("field", ask.field)?;
    let question = ask.ask.resolve(context)?;
    let coverage = coverage.about(question.range);
    let facets = search.facets(&FacetsRequest {
        field,
        query: question.query,
        range: question.range,
        limit: ask.limit,
        deadline,
    })?;
    Ok(FacetsBody {
        field: field.canonical().to_owned(),
        buckets: facets.buckets.into_iter().map(|(value, count)| FacetBody { value, count }).collect(),
        other: facets.other,
        events: facets.events,
        coverage: coverage.partial(facets.partial),
        took_ms: took_ms(started),
    })
}

/// What is stored of each cluster.
pub(crate) fn clusters(search: &dyn Search, coverage: Coverage) -> Result<ClustersBody, ReadError> {
    let clusters = search.clusters()?.into_iter().map(|span| ClusterBody {
        cluster: span.cluster,
        first: span.first,
        last: span.last,
        events: span.events,
    });
    Ok(ClustersBody { clusters: clusters.collect(), coverage })
}

pub(super) fn within(parameter: &str, value: usize, max: usize) -> Result<(), ReadError> {
    if (1..=max).contains(&value) {
        return Ok(());
    }
    Err(ReadError::Parameter(format!("{parameter} is {value}; it goes from 1 to {max}")))
}

fn facet_field(parameter: &str, name: &str) -> Result<Field, ReadError> {
    let field: Field =
        Field::parse(name).map_err(|error| ReadError::Parameter(format!("{parameter}: {error}")))?;
    if field.is_facet() {
        return Ok(field);
    }
    let countable: Vec<_> =
        Field::ALL.iter().filter(|field| field.is_facet()).map(|field| field.canonical()).collect();
    Err(ReadError::Parameter(format!(
        "{parameter}: nearly every event has its own {}; countable are {}",
        field.canonical(),
        countable.join(", ")
    )))
}
