//! What no index structure answers is read from the stored records of candidates: whether words stand next to each other in
//! one text, whether an audit id has a certain form.

use std::fmt;
use std::sync::Arc;

use taffrail_event::{ActorRules, Event};
use tantivy::query::{ConstScorer, EmptyScorer, EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::schema::Field;
use tantivy::store::StoreReader;
use tantivy::{DocId, DocSet, Score, SegmentReader, TERMINATED};

use super::budget::Budget;
use crate::kept::stored_in;
use crate::split::is_alive;
use crate::stored::Stored;

/// Candidates come in document order, so one cached block is as good as many.
const STORE_CACHE_BLOCKS: usize = 1;

/// Decides by an event and its record.
#[derive(Clone)]
pub(crate) struct Check {
    /// Who is who in the events.
    actors: ActorRules,
    decide: Arc<Decide>,
}

type Decide = dyn Fn(&Event, &[u8]) -> bool + Send + Sync;

impl Check {
    pub(crate) fn new(
        actors: &ActorRules,
        decide: impl Fn(&Event, &[u8]) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self { actors: actors.clone(), decide: Arc::new(decide) }
    }

    /// Opens the records of a segment; documents are to be asked for in order.
    pub(super) fn records<'a>(
        &'a self,
        segment: &SegmentReader,
        stored: Field,
    ) -> tantivy::Result<Records<'a>> {
        Ok(Records { check: self, store: segment.get_store_reader(STORE_CACHE_BLOCKS)?, stored })
    }
}

/// The stored records of a segment, and what decides by them.
pub(super) struct Records<'a> {
    check: &'a Check,
    store: StoreReader,
    stored: Field,
}

impl Records<'_> {
    /// Whether the document passes the check.
    pub(super) fn pass(&self, doc: DocId) -> tantivy::Result<bool> {
        let stored = stored_in(&self.store, self.stored, doc)?;
        let Some(stored) = Stored::decode(&stored) else { return Ok(false) };
        let Check { actors, decide } = self.check;
        Ok(stored.event(actors).is_ok_and(|event| decide(&event, stored.record)))
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Check")
    }
}

#[derive(Debug)]
pub(crate) struct VerifiedQuery {
    /// What the index can say: a superset of what passes the check.
    candidates: Box<dyn Query>,
    /// Documents that pass for certain: their records need not be read.
    certain: Option<Box<dyn Query>>,
    check: Check,
    stored: Field,
    budget: Arc<Budget>,
}

impl Clone for VerifiedQuery {
    fn clone(&self) -> Self {
        Self {
            candidates: self.candidates.box_clone(),
            certain: self.certain.as_ref().map(|certain| certain.box_clone()),
            check: self.check.clone(),
            stored: self.stored,
            budget: Arc::clone(&self.budget),
        }
    }
}

impl VerifiedQuery {
    pub(crate) fn new(
        candidates: Box<dyn Query>,
        certain: Option<Box<dyn Query>>,
        check: Check,
        stored: Field,
        budget: &Arc<Budget>,
    ) -> Self {
        Self { candidates, certain, check, stored, budget: Arc::clone(budget) }
    }
}

impl Query for VerifiedQuery {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(VerifiedWeight {
            candidates: self.candidates.weight(scoring)?,
            certain: self.certain.as_ref().map(|certain| certain.weight(scoring)).transpose()?,
            check: self.check.clone(),
            stored: self.stored,
            budget: Arc::clone(&self.budget),
        }))
    }
}

struct VerifiedWeight {
    candidates: Box<dyn Weight>,
    certain: Option<Box<dyn Weight>>,
    check: Check,
    stored: Field,
    budget: Arc<Budget>,
}

impl VerifiedWeight {
    fn documents(&self, segment: &SegmentReader) -> tantivy::Result<Vec<DocId>> {
        let mut candidates = self.candidates.scorer(segment, 1.0)?;
        let mut certain = self.certain.as_ref().map(|certain| certain.scorer(segment, 1.0)).transpose()?;
        let records = self.check.records(segment, self.stored)?;
        let mut documents = Vec::new();
        let mut doc = candidates.doc();
        while doc != TERMINATED {
            let is_certain = certain.as_mut().is_some_and(|certain| {
                if certain.doc() < doc {
                    certain.seek(doc);
                }
                certain.doc() == doc
            });
            if is_certain || (is_alive(segment, doc) && records.pass(doc)?) {
                documents.push(doc);
            }
            if self.budget.is_up() {
                break;
            }
            doc = candidates.advance();
        }
        Ok(documents)
    }
}

impl Weight for VerifiedWeight {
    fn scorer(&self, segment: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        documents_scorer(self.documents(segment)?, boost)
    }

    fn explain(&self, _: &SegmentReader, _: DocId) -> tantivy::Result<Explanation> {
        Ok(Explanation::new("the stored record passes the check", 1.0))
    }
}

/// A scorer over sorted documents.
fn documents_scorer(documents: Vec<DocId>, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
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
