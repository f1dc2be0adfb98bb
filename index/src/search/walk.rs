//! Every matching event, oldest first, in memory that does not grow with their number: one stretch of time after the
//! other, each small enough for its places in the order to be held.

use std::ops::ControlFlow;
use std::sync::Arc;

use taffrail_event::{Event, Timestamp};
use taffrail_query::{Order, Query, TimeRange};

use super::budget::Budget;
use super::{IndexSearch, Question, View};
use crate::error::{IndexError, Result};
use crate::split::time_column;

/// A stretch of time holds about so many documents: what a wildcard looks through is looked through once a stretch.
const STRETCH_DOCS: u64 = 200_000;
/// Places in the order that are held at a time: some 10 MB.
const PLACES: usize = 200_000;
/// Events that are held at a time.
const EVENTS: usize = 500;
/// Into how many pieces the time of the data is cut to find stretches.
const PIECES: usize = 20_000;

pub(super) fn walk(
    search: &IndexSearch,
    query: &Query,
    range: TimeRange,
    each: &mut dyn FnMut(Option<Event>) -> ControlFlow<()>,
) -> Result<()> {
    for stretch in stretches(&search.views(range), range)? {
        if each(None).is_break() {
            return Ok(());
        }
        let views = search.views(stretch);
        let mut question = Question {
            query: query.clone(),
            range: stretch,
            order: Order::Asc,
            after: None,
            budget: Arc::new(Budget::unlimited()),
        };
        loop {
            let (entries, _) = search.top(&views, &question, PLACES, false)?;
            for some in entries.chunks(EVENTS) {
                for event in search.events(&views, some)? {
                    if each(Some(event)).is_break() {
                        return Ok(());
                    }
                }
            }
            match entries.last() {
                Some(last) if entries.len() == PLACES => question.after = Some(last.cursor(Order::Asc)),
                _ => break,
            }
        }
    }
    Ok(())
}

/// Cuts the range into stretches that hold about [`STRETCH_DOCS`] documents each.
fn stretches(views: &[View], range: TimeRange) -> Result<Vec<TimeRange>> {
    let Some(first) = views.iter().map(|view| view.times.0).min() else { return Ok(Vec::new()) };
    let last = views.iter().map(|view| view.times.1).max().unwrap_or(first);
    let from = range.from.map_or(first, |from| from.micros().max(first));
    let to = range.to.map_or(last.saturating_add(1), |to| to.micros().min(last.saturating_add(1)));
    let width = (to - from) / i64::try_from(PIECES).unwrap_or(i64::MAX) + 1;
    let mut counts = vec![0_u64; PIECES + 1];
    for view in views {
        for segment in view.searcher.segment_readers() {
            let times =
                time_column(segment).map_err(IndexError::split("read times of", &view.split.name()))?;
            for doc in 0..segment.max_doc() {
                let time = times.first(doc).unwrap_or_default();
                if let Ok(piece) = usize::try_from((time - from).div_euclid(width))
                    && let Some(count) = counts.get_mut(piece)
                {
                    *count += 1;
                }
            }
        }
    }
    let mut stretches = Vec::new();
    let (mut start, mut documents) = (from, 0);
    for (piece, count) in (1_i64..).zip(counts) {
        documents += count;
        let end = from.saturating_add(piece.saturating_mul(width)).min(to);
        if documents >= STRETCH_DOCS || end == to {
            if documents > 0 {
                let [from, to] = [start, end].map(|time| Some(Timestamp::from_micros(time)));
                stretches.push(TimeRange { from, to });
            }
            (start, documents) = (end, 0);
        }
        if end == to {
            break;
        }
    }
    Ok(stretches)
}
