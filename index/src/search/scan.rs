//! A look at every matching document by its columns: one part per segment, side by side.

use rayon::prelude::*;
use tantivy::query::{EnableScoring, Query, Weight};
use tantivy::{DocAddress, DocId, SegmentOrdinal, SegmentReader};

use super::View;
use crate::error::{IndexError, Result};

/// A document of one of the views of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) view: usize,
    pub(super) address: DocAddress,
}

/// A segment of one of the views.
pub(super) struct Part<'a> {
    pub(super) segment: &'a SegmentReader,
    view: usize,
    ordinal: SegmentOrdinal,
}

impl Part<'_> {
    pub(super) fn place(&self, doc: DocId) -> Place {
        Place { view: self.view, address: DocAddress::new(self.ordinal, doc) }
    }
}

/// Gives every segment and the query's weight in it to `look`, and what came out of it, view by view, to `take`.
pub(super) fn scan<T: Send>(
    views: &[View],
    query: &dyn Query,
    look: impl Fn(&Part<'_>, &dyn Weight) -> tantivy::Result<T> + Sync,
    mut take: impl FnMut(T),
) -> Result<()> {
    for (index, view) in views.iter().enumerate() {
        let found = || -> tantivy::Result<Vec<T>> {
            let weight = query.weight(EnableScoring::disabled_from_searcher(&view.searcher))?;
            let segments: Vec<_> = (0_u32..).zip(view.searcher.segment_readers()).collect();
            let parts = segments
                .into_par_iter()
                .map(|(ordinal, segment)| look(&Part { segment, view: index, ordinal }, weight.as_ref()));
            parts.collect()
        };
        found()
            .map_err(IndexError::split("look through", &view.split.name()))?
            .into_iter()
            .for_each(&mut take);
    }
    Ok(())
}
