//! A query that looks through a field's dictionary: every term that passes a test counts.

use std::fmt;
use std::sync::Arc;

use tantivy::query::{ConstScorer, EmptyScorer, EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, DocSet, Score, SegmentReader, TERMINATED};

use super::budget::Budget;

/// Decides by a term's bytes: the text of a text column.
pub(crate) type Test = Arc<dyn Fn(&[u8]) -> bool + Send + Sync>;

/// How many terms are looked at between two looks at the clock.
const TERMS_PER_LOOK: usize = 1_024;

#[derive(Clone)]
pub(crate) struct DictionaryQuery {
    field: Field,
    /// Every term that passes begins with this.
    prefix: String,
    test: Test,
    budget: Arc<Budget>,
}

impl fmt::Debug for DictionaryQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DictionaryQuery").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

impl DictionaryQuery {
    pub(crate) fn new(field: Field, prefix: String, test: Test, budget: &Arc<Budget>) -> Self {
        Self { field, prefix, test, budget: Arc::clone(budget) }
    }

    fn documents(&self, segment: &SegmentReader) -> tantivy::Result<Vec<DocId>> {
        let inverted = segment.inverted_index(self.field)?;
        let mut terms = inverted.terms().range().ge(self.prefix.as_bytes()).into_stream()?;
        let mut documents = Vec::new();
        let mut seen = 0;
        while terms.advance() {
            let key = terms.key();
            if !key.starts_with(self.prefix.as_bytes()) {
                break;
            }
            seen += 1;
            if seen % TERMS_PER_LOOK == 0 && self.budget.is_up() {
                break;
            }
            if !(self.test)(key) {
                continue;
            }
            let mut postings =
                inverted.read_postings_from_terminfo(terms.value(), IndexRecordOption::Basic)?;
            let mut doc = postings.doc();
            while doc != TERMINATED {
                documents.push(doc);
                doc = postings.advance();
            }
            // A list much longer than the segment holds the same documents many times.
            if documents.len() > 2 * segment.max_doc() as usize {
                documents.sort_unstable();
                documents.dedup();
            }
        }
        documents.sort_unstable();
        documents.dedup();
        Ok(documents)
    }
}

impl Query for DictionaryQuery {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }
}

impl Weight for DictionaryQuery {
    fn scorer(&self, segment: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        documents_scorer(self.documents(segment)?, boost)
    }

    fn explain(&self, _: &SegmentReader, _: DocId) -> tantivy::Result<Explanation> {
        Ok(Explanation::new("a term of the field passes the test", 1.0))
    }
}

/// A scorer over sorted documents.
pub(super) fn documents_scorer(documents: Vec<DocId>, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
    if documents.is_empty() {
        return Ok(Box::new(EmptyScorer));
    }
    Ok(Box::new(ConstScorer::new(SortedDocuments { documents, at: 0 }, boost)))
}

/// Documents in ascending order.
struct SortedDocuments {
    documents: Vec<DocId>,
    at: usize,
}

impl DocSet for SortedDocuments {
    fn advance(&mut self) -> DocId {
        self.at = (self.at + 1).min(self.documents.len());
        self.doc()
    }

    fn seek(&mut self, target: DocId) -> DocId {
        let rest = self.documents.get(self.at..).unwrap_or_default();
        self.at += rest.partition_point(|doc| *doc < target);
        self.doc()
    }

    fn doc(&self) -> DocId {
        self.documents.get(self.at).copied().unwrap_or(TERMINATED)
    }

    fn size_hint(&self) -> u32 {
        u32::try_from(self.documents.len()).unwrap_or(u32::MAX)
    }
}
