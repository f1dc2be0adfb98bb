//! Which clusters there are, and from when to when.

use std::collections::BTreeMap;

use taffrail_event::{Class, Timestamp};
use taffrail_query::{ClusterSpan, Field, TimeRange};
use tantivy::SegmentReader;

use super::facets::Values;
use super::{IndexSearch, View};
use crate::error::{IndexError, Result};
use crate::split::{is_alive, time_column};

#[derive(Clone, Copy)]
struct Span {
    first: i64,
    last: i64,
    events: u64,
}

pub(super) fn clusters(search: &IndexSearch) -> Result<Vec<ClusterSpan>> {
    let mut spans: BTreeMap<String, Span> = BTreeMap::new();
    // A gap is no sign of life.
    let is_notice = |view: &View| view.split.entry.class == Class::Notice.name();
    for view in search.views(TimeRange::default()).into_iter().filter(|view| !is_notice(view)) {
        for segment in view.searcher.segment_readers() {
            let found = segment_spans(segment).map_err(IndexError::split("count in", &view.split.name()))?;
            for (cluster, found) in found {
                let span =
                    spans.entry(cluster).or_insert(Span { first: i64::MAX, last: i64::MIN, events: 0 });
                span.first = span.first.min(found.first);
                span.last = span.last.max(found.last);
                span.events += found.events;
            }
        }
    }
    let spans = spans.into_iter().map(|(cluster, span)| ClusterSpan {
        cluster,
        first: Timestamp::from_micros(span.first),
        last: Timestamp::from_micros(span.last),
        events: span.events,
    });
    Ok(spans.collect())
}

fn segment_spans(segment: &SegmentReader) -> tantivy::Result<Vec<(String, Span)>> {
    let times = time_column(segment)?;
    let Values::Text(clusters) = Values::of(segment, Field::Cluster)? else { return Ok(Vec::new()) };
    if segment.num_docs() == 0 {
        return Ok(Vec::new());
    }
    let mut spans: Vec<Option<Span>> = vec![None; clusters.num_terms()];
    if let [only] = spans.as_mut_slice() {
        let (first, last) = (times.min_value(), times.max_value());
        *only = Some(Span { first, last, events: segment.num_docs().into() });
    } else {
        for doc in (0..segment.max_doc()).filter(|doc| is_alive(segment, *doc)) {
            let Some(time) = times.first(doc) else { continue };
            let Some(cluster) = clusters.ords().first(doc) else { continue };
            let Some(span) = usize::try_from(cluster).ok().and_then(|cluster| spans.get_mut(cluster)) else {
                continue;
            };
            let span = span.get_or_insert(Span { first: time, last: time, events: 0 });
            span.first = span.first.min(time);
            span.last = span.last.max(time);
            span.events += 1;
        }
    }
    let named = (0_u64..).zip(spans).filter_map(|(ordinal, span)| Some((ordinal, span?)));
    named
        .map(|(ordinal, span)| {
            let mut name = String::new();
            clusters.ord_to_str(ordinal, &mut name)?;
            Ok((name, span))
        })
        .collect()
}
