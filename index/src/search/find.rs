//! One event by the first digits of its id.

use taffrail_event::Key;
use taffrail_query::{Found, TimeRange};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocAddress, DocSet, TERMINATED};

use super::{IndexSearch, View};
use crate::error::{IndexError, Result};
use crate::split::is_alive;

/// More ids than this are not listed.
const MAX_LISTED: usize = 20;

pub(super) fn find(search: &IndexSearch, id_prefix: &str) -> Result<Found> {
    let Some((low, high)) = Key::prefix_range(id_prefix) else { return Ok(Found::None) };
    let mut hits = Vec::new();
    for view in search.views(TimeRange::default()) {
        let addresses =
            addresses(search, &view, low, high).map_err(IndexError::split("search", &view.split.name()))?;
        for address in addresses {
            if let Some(hit) = search.hit(&view, address)?
                && (low..=high).contains(&hit.event.id)
            {
                hits.push(hit);
            }
        }
        if hits.len() > MAX_LISTED {
            break;
        }
    }
    if hits.len() > 1 {
        let mut ids: Vec<_> = hits.iter().map(|hit| hit.event.id).collect();
        ids.sort_unstable();
        ids.truncate(MAX_LISTED);
        return Ok(Found::Many(ids));
    }
    Ok(hits.pop().map_or(Found::None, |hit| Found::One(Box::new(hit))))
}

fn addresses(search: &IndexSearch, view: &View, low: Key, high: Key) -> tantivy::Result<Vec<DocAddress>> {
    let mut found = Vec::new();
    for (ordinal, segment) in (0_u32..).zip(view.searcher.segment_readers()) {
        let inverted = segment.inverted_index(search.catalog.columns.key)?;
        let mut terms = inverted
            .terms()
            .range()
            .ge(low.high().to_be_bytes())
            .le(high.high().to_be_bytes())
            .into_stream()?;
        while terms.advance() && found.len() <= MAX_LISTED {
            let mut postings =
                inverted.read_postings_from_terminfo(terms.value(), IndexRecordOption::Basic)?;
            let mut doc = postings.doc();
            while doc != TERMINATED {
                if is_alive(segment, doc) {
                    found.push(DocAddress::new(ordinal, doc));
                }
                doc = postings.advance();
            }
        }
    }
    Ok(found)
}
