//! A phrase over all the texts of an event: the documents that hold its words are candidates, and whether the words
//! stand next to each other is read from the stored record.

use std::sync::Arc;

use taffrail_event::words::holds_phrase;
use tantivy::query::{EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::schema::Field;
use tantivy::schema::document::Value;
use tantivy::{DocId, DocSet, Score, SegmentReader, TERMINATED, TantivyDocument};

use super::budget::Budget;
use super::dictionary::documents_scorer;
use crate::stored::Stored;

/// Candidates come in document order, so one cached block is as good as many.
const STORE_CACHE_BLOCKS: usize = 1;

#[derive(Debug)]
pub(crate) struct VerifiedQuery {
    /// Documents that hold every word, and everything else the query asks of them.
    candidates: Box<dyn Query>,
    /// Documents whose short texts hold the phrase: their records need not be read.
    certain: Box<dyn Query>,
    phrase: Vec<String>,
    stored: Field,
    budget: Arc<Budget>,
}

impl Clone for VerifiedQuery {
    fn clone(&self) -> Self {
        Self {
            candidates: self.candidates.box_clone(),
            certain: self.certain.box_clone(),
            phrase: self.phrase.clone(),
            stored: self.stored,
            budget: Arc::clone(&self.budget),
        }
    }
}

impl VerifiedQuery {
    pub(crate) fn new(
        candidates: Box<dyn Query>,
        certain: Box<dyn Query>,
        phrase: Vec<String>,
        stored: Field,
        budget: &Arc<Budget>,
    ) -> Self {
        Self { candidates, certain, phrase, stored, budget: Arc::clone(budget) }
    }
}

impl Query for VerifiedQuery {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(VerifiedWeight {
            candidates: self.candidates.weight(scoring)?,
            certain: self.certain.weight(scoring)?,
            phrase: self.phrase.clone(),
            stored: self.stored,
            budget: Arc::clone(&self.budget),
        }))
    }
}

struct VerifiedWeight {
    candidates: Box<dyn Weight>,
    certain: Box<dyn Weight>,
    phrase: Vec<String>,
    stored: Field,
    budget: Arc<Budget>,
}

impl VerifiedWeight {
    fn documents(&self, segment: &SegmentReader) -> tantivy::Result<Vec<DocId>> {
        let mut candidates = self.candidates.scorer(segment, 1.0)?;
        let mut certain = self.certain.scorer(segment, 1.0)?;
        let store = segment.get_store_reader(STORE_CACHE_BLOCKS)?;
        let mut documents = Vec::new();
        let mut doc = candidates.doc();
        while doc != TERMINATED {
            if certain.doc() < doc {
                certain.seek(doc);
            }
            if certain.doc() == doc || (is_alive(segment, doc) && self.holds(&store.get(doc)?)) {
                documents.push(doc);
            }
            if self.budget.is_up() {
                break;
            }
            doc = candidates.advance();
        }
        Ok(documents)
    }

    fn holds(&self, document: &TantivyDocument) -> bool {
        let Some(stored) = document.get_first(self.stored).and_then(|value| value.as_bytes()) else {
            return false;
        };
        let Some(stored) = Stored::decode(stored) else { return false };
        let Ok(event) = stored.event() else { return false };
        let mut is_found = false;
        event.texts(stored.record, |text| is_found = is_found || holds_phrase(text, &self.phrase));
        is_found
    }
}

fn is_alive(segment: &SegmentReader, doc: DocId) -> bool {
    crate::split::is_alive(segment, doc)
}

impl Weight for VerifiedWeight {
    fn scorer(&self, segment: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        documents_scorer(self.documents(segment)?, boost)
    }

    fn explain(&self, _: &SegmentReader, _: DocId) -> tantivy::Result<Explanation> {
        Ok(Explanation::new("a text of the event holds the phrase", 1.0))
    }
}
