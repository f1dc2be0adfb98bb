//! A query that looks through a field's dictionary: every term that passes a test counts.

use std::fmt;
use std::sync::Arc;

use tantivy::query::{
    BitSetDocSet, ConstScorer, EmptyScorer, EnableScoring, Explanation, Query, Scorer, Weight,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{BitSet, DocId, DocSet, Score, SegmentReader, TERMINATED};

use super::budget::Budget;
use super::verified::Check;
use crate::split::is_alive;

/// Decides by a term's bytes: the text of a text column.
pub(crate) type Test = Arc<dyn Fn(&[u8]) -> Verdict + Send + Sync>;

/// What a term says of the documents that hold it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// They are found.
    Passes,
    /// They are not, by this term.
    Fails,
    /// The term is the beginning of a value only: the record decides.
    Unsure,
}

/// How much is looked at between two looks at the clock: terms, and documents of terms that pass.
const STEPS_PER_LOOK: usize = 4_096;

#[derive(Clone)]
pub(crate) struct DictionaryQuery {
    field: Field,
    /// Every term that passes begins with this.
    prefix: String,
    test: Test,
    unsure: Option<(Check, Field)>,
    budget: Arc<Budget>,
}

impl fmt::Debug for DictionaryQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DictionaryQuery").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

impl DictionaryQuery {
    pub(crate) fn new(field: Field, prefix: String, test: Test, budget: &Arc<Budget>) -> Self {
        Self { field, prefix, test, unsure: None, budget: Arc::clone(budget) }
    }

    /// How documents of an unsure term are decided: by their stored value.
    pub(crate) fn unsure(mut self, check: Check, stored: Field) -> Self {
        self.unsure = Some((check, stored));
        self
    }

    /// One bit a document: a set of this size however many terms pass.
    fn documents(&self, segment: &SegmentReader) -> tantivy::Result<BitSet> {
        let inverted = segment.inverted_index(self.field)?;
        let mut terms = inverted.terms().range().ge(self.prefix.as_bytes()).into_stream()?;
        let mut documents = BitSet::with_max_value(segment.max_doc());
        let mut unsure = Vec::new();
        let mut steps = 0;
        let mut is_up = || {
            steps += 1;
            steps % STEPS_PER_LOOK == 0 && self.budget.is_up()
        };
        'terms: while terms.advance() {
            let key = terms.key();
            if !key.starts_with(self.prefix.as_bytes()) {
                break;
            }
            if is_up() {
                break;
            }
            let verdict = (self.test)(key);
            if verdict == Verdict::Fails {
                continue;
            }
            let mut postings =
                inverted.read_postings_from_terminfo(terms.value(), IndexRecordOption::Basic)?;
            let mut doc = postings.doc();
            while doc != TERMINATED {
                if verdict == Verdict::Unsure {
                    unsure.push(doc);
                } else {
                    documents.insert(doc);
                }
                if is_up() {
                    break 'terms;
                }
                doc = postings.advance();
            }
        }
        self.decide(segment, unsure, &mut documents)?;
        Ok(documents)
    }

    fn decide(
        &self,
        segment: &SegmentReader,
        mut unsure: Vec<DocId>,
        documents: &mut BitSet,
    ) -> tantivy::Result<()> {
        let Some((check, stored)) = self.unsure.as_ref().filter(|_| !unsure.is_empty()) else {
            return Ok(());
        };
        unsure.sort_unstable();
        unsure.dedup();
        let records = check.records(segment, *stored)?;
        for doc in unsure {
            if self.budget.is_up() {
                break;
            }
            if !documents.contains(doc) && is_alive(segment, doc) && records.pass(doc)? {
                documents.insert(doc);
            }
        }
        Ok(())
    }
}

impl Query for DictionaryQuery {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }
}

impl Weight for DictionaryQuery {
    fn scorer(&self, segment: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let documents = self.documents(segment)?;
        if documents.len() == 0 {
            return Ok(Box::new(EmptyScorer));
        }
        Ok(Box::new(ConstScorer::new(BitSetDocSet::from(documents), boost)))
    }

    fn explain(&self, _: &SegmentReader, _: DocId) -> tantivy::Result<Explanation> {
        Ok(Explanation::new("a term of the field passes the test", 1.0))
    }
}
