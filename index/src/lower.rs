//! Lowers the query language to tantivy queries. The in-memory matcher of the query crate defines what a query means;
//! this must find the same events.
//!
//! What no index structure answers exactly is answered by looking: a wildcard by looking through the field's dictionary with
//! the matcher's own predicate, a phrase over bodies by looking at the stored records of the documents that hold its words.

use std::ops::Bound;
use std::sync::Arc;

use taffrail_event::ActorRules;
use taffrail_event::change::{has_keys, leads_to, without_keys};
use taffrail_event::words::holds_phrase;
use taffrail_query::{Field, FieldKind, Pattern, Predicate, Query as Ast, TextPredicate};
use tantivy::Term;
use tantivy::query::{
    AllQuery, BooleanQuery, EmptyQuery, ExistsQuery, Occur, PhraseQuery, Query, RangeQuery, TermQuery,
};
use tantivy::schema::IndexRecordOption;

use crate::document::{Plan, chosen_hash, key_term};
use crate::schema::{Columns, TIME, head, is_head, term_text};
use crate::search::budget::Budget;
use crate::search::dictionary::{DictionaryQuery, Verdict};
use crate::search::verified::{Check, VerifiedQuery};

/// Lowers `ast`; long look-ups stop when `budget` is spent.
pub(crate) fn lower(ast: &Ast, plan: Plan<'_>, budget: &Arc<Budget>) -> Box<dyn Query> {
    Lowering { columns: plan.columns, actors: plan.actors, budget }.query(ast)
}

struct Lowering<'a> {
    columns: &'a Columns,
    /// For what is decided by stored records.
    actors: &'a ActorRules,
    budget: &'a Arc<Budget>,
}

impl Lowering<'_> {
    fn query(&self, ast: &Ast) -> Box<dyn Query> {
        match ast {
            Ast::All => Box::new(AllQuery),
            Ast::And(parts) => self.all_of(parts),
            Ast::Or(parts) => Box::new(BooleanQuery::new(
                parts.iter().map(|part| (Occur::Should, self.query(part))).collect(),
            )),
            Ast::Not(part) => not(self.query(part), self.budget),
            Ast::Text(TextPredicate::Phrase(words)) => self.phrase(words, None),
            Ast::Text(TextPredicate::Pattern(pattern)) => self.words_like(pattern),
            Ast::Field(field, predicate) => self.field(*field, predicate),
        }
    }

    /// What looks at records one by one comes last, behind everything that narrows it.
    fn all_of(&self, parts: &[Ast]) -> Box<dyn Query> {
        let (looking, others): (Vec<&Ast>, Vec<&Ast>) = parts.iter().partition(|part| reads_records(part));
        let mut clauses: Vec<_> =
            others.into_iter().map(|part| (self.occur(part), self.narrowing(part))).collect();
        if clauses.iter().all(|(occur, _)| *occur == Occur::MustNot) {
            clauses.push((Occur::Must, Box::new(AllQuery)));
        }
        let mut narrowed: Box<dyn Query> = Box::new(BooleanQuery::new(clauses));
        for part in looking {
            narrowed = match part {
                Ast::Text(TextPredicate::Phrase(words)) => self.phrase(words, Some(narrowed)),
                Ast::Field(Field::AuditId, predicate) => self.audit_id(predicate, narrowed),
                Ast::Field(Field::Id, predicate) => self.id(predicate, narrowed),
                other => Box::new(BooleanQuery::new(vec![
                    (Occur::Must, narrowed),
                    (Occur::Must, self.query(other)),
                ])),
            };
        }
        narrowed
    }

    fn occur(&self, part: &Ast) -> Occur {
        if matches!(part, Ast::Not(_)) { Occur::MustNot } else { Occur::Must }
    }

    fn narrowing(&self, part: &Ast) -> Box<dyn Query> {
        match part {
            Ast::Not(inner) => {
                self.budget.note_negation();
                self.query(inner)
            }
            other => self.query(other),
        }
    }

    fn phrase(&self, words: &[String], within: Option<Box<dyn Query>>) -> Box<dyn Query> {
        let term = |word: &String| Term::from_field_text(self.columns.words, word);
        let mut clauses: Vec<(Occur, Box<dyn Query>)> =
            words.iter().map(|word| (Occur::Must, exactly(term(word)))).collect();
        clauses.extend(within.map(|within| (Occur::Must, within)));
        if clauses.len() == 1 {
            return clauses.swap_remove(0).1;
        }
        let candidates: Box<dyn Query> = Box::new(BooleanQuery::new(clauses));
        if words.len() < 2 {
            return candidates;
        }
        let terms = words.iter().map(|word| Term::from_field_text(self.columns.phrases, word)).collect();
        let certain: Box<dyn Query> = Box::new(PhraseQuery::new(terms));
        let phrase = words.to_vec();
        let check = Check::new(self.actors, move |event, record| {
            let mut is_found = false;
            event.texts(record, |text| is_found = is_found || holds_phrase(text, &phrase));
            is_found
        });
        Box::new(VerifiedQuery::new(candidates, Some(certain), check, self.columns.stored, self.budget))
    }

    fn words_like(&self, pattern: &Pattern) -> Box<dyn Query> {
        let pattern = pattern.clone();
        let prefix = pattern.literal_prefix().to_owned();
        self.terms_like(self.columns.words, prefix, move |word| pattern.matches(word))
    }

    fn field(&self, field: Field, predicate: &Predicate) -> Box<dyn Query> {
        match field.kind() {
            FieldKind::Time => self.time(predicate),
            FieldKind::Number => self.number(field, predicate),
            _ if field == Field::Id => self.id(predicate, Box::new(AllQuery)),
            _ if field == Field::AuditId => self.audit_id(predicate, Box::new(AllQuery)),
            FieldKind::Path => self.path(field, predicate),
            _ => self.text(field, predicate),
        }
    }

    fn time(&self, predicate: &Predicate) -> Box<dyn Query> {
        match predicate {
            Predicate::Range { lower, upper } => self.range(self.columns.time, *lower, *upper),
            Predicate::Exists => Box::new(ExistsQuery::new(TIME.to_owned(), false)),
            Predicate::Is(_) | Predicate::Pattern(_) | Predicate::Phrase(_) | Predicate::Cidr(_) => {
                Box::new(EmptyQuery)
            }
        }
    }

    fn number(&self, field: Field, predicate: &Predicate) -> Box<dyn Query> {
        let Some(column) = self.columns.of(field) else { return Box::new(EmptyQuery) };
        match predicate {
            Predicate::Range { lower, upper } => self.range(column, *lower, *upper),
            Predicate::Exists => Box::new(ExistsQuery::new(field.canonical().to_owned(), false)),
            Predicate::Is(_) | Predicate::Pattern(_) | Predicate::Phrase(_) | Predicate::Cidr(_) => {
                Box::new(EmptyQuery)
            }
        }
    }

    fn range(&self, column: tantivy::schema::Field, lower: Bound<i64>, upper: Bound<i64>) -> Box<dyn Query> {
        let term = |value| Term::from_field_i64(column, value);
        Box::new(RangeQuery::new(lower.map(term), upper.map(term)))
    }

    /// Ids are looked up by their first digits; any other form is read from the records.
    fn id(&self, predicate: &Predicate, within: Box<dyn Query>) -> Box<dyn Query> {
        let digits = match predicate {
            Predicate::Is(id) => id.as_str(),
            Predicate::Pattern(pattern) => pattern.literal_prefix(),
            Predicate::Exists => return within,
            Predicate::Range { .. } | Predicate::Phrase(_) | Predicate::Cidr(_) => {
                return Box::new(EmptyQuery);
            }
        };
        let Some((low, high)) = taffrail_event::Key::prefix_range(digits) else {
            return Box::new(EmptyQuery);
        };
        let term = |high| Term::from_field_u64(self.columns.id_high, high);
        let mut candidates: Vec<(Occur, Box<dyn Query>)> = vec![(
            Occur::Must,
            Box::new(RangeQuery::new(Bound::Included(term(low.high())), Bound::Included(term(high.high())))),
        )];
        if low == high {
            candidates.push((Occur::Must, exactly(key_term(self.columns, low))));
        }
        candidates.push((Occur::Must, within));
        let candidates: Box<dyn Query> = Box::new(BooleanQuery::new(candidates));
        if is_decided_by_prefix(predicate) {
            return candidates;
        }
        let predicate = predicate.clone();
        let check = Check::new(self.actors, move |event, _| predicate.matches_text(&event.id.to_string()));
        Box::new(VerifiedQuery::new(candidates, None, check, self.columns.stored, self.budget))
    }

    /// Audit ids are indexed by their hash: equality is looked up, a wildcard is read from the records.
    fn audit_id(&self, predicate: &Predicate, within: Box<dyn Query>) -> Box<dyn Query> {
        match predicate {
            Predicate::Is(id) => exactly(Term::from_field_u64(self.columns.audit_id, chosen_hash(id))),
            Predicate::Exists => Box::new(DictionaryQuery::new(
                self.columns.audit_id,
                String::new(),
                Arc::new(|_: &[u8]| Verdict::Passes),
                self.budget,
            )),
            Predicate::Pattern(_) | Predicate::Phrase(_) | Predicate::Cidr(_) | Predicate::Range { .. } => {
                let predicate = predicate.clone();
                let check = Check::new(self.actors, move |event, _| {
                    event.audit.as_ref().is_some_and(|audit| predicate.matches_text(&audit.id))
                });
                Box::new(VerifiedQuery::new(within, None, check, self.columns.stored, self.budget))
            }
        }
    }

    fn terms_like(
        &self,
        column: tantivy::schema::Field,
        prefix: String,
        test: impl Fn(&str) -> bool + Send + Sync + 'static,
    ) -> Box<dyn Query> {
        let test = Arc::new(move |term: &[u8]| match std::str::from_utf8(term) {
            Ok(term) if test(term) => Verdict::Passes,
            _ => Verdict::Fails,
        });
        Box::new(DictionaryQuery::new(column, prefix, test, self.budget))
    }

    /// Values that comply. A long one stands in the dictionary by its beginning only: its record is read.
    fn values_like(
        &self,
        field: Field,
        column: tantivy::schema::Field,
        predicate: &Predicate,
    ) -> Box<dyn Query> {
        let prefix = predicate.literal_prefix().unwrap_or_default();
        let prefix = head(field, prefix).to_owned();
        let test = {
            let predicate = predicate.clone();
            Arc::new(move |term: &[u8]| match std::str::from_utf8(term) {
                Ok(term) if is_head(field, term) => Verdict::Unsure,
                Ok(term) if predicate.matches_text(term) => Verdict::Passes,
                _ => Verdict::Fails,
            })
        };
        let predicate = predicate.clone();
        let check = Check::new(self.actors, move |event, _| {
            let mut complies = false;
            field.texts(event, &mut |text| {
                complies = complies || predicate.matches_text(&field.normal(text));
            });
            complies
        });
        let query = DictionaryQuery::new(column, prefix, test, self.budget);
        Box::new(query.unsure(check, self.columns.stored))
    }

    /// Paths are looked up without their merge keys, or with them in a column of their own if those decide.
    fn path(&self, field: Field, predicate: &Predicate) -> Box<dyn Query> {
        let names_keys = predicate.names_keys();
        let column = if names_keys { Some(self.columns.keyed_paths) } else { self.columns.of(field) };
        let Some(column) = column else { return Box::new(EmptyQuery) };
        let test = {
            let predicate = predicate.clone();
            Arc::new(move |term: &[u8]| {
                let Ok(path) = std::str::from_utf8(term) else { return Verdict::Fails };
                if is_head(field, path) || (names_keys && could_lead_to(&predicate, path)) {
                    return Verdict::Unsure;
                }
                if predicate.matches_path(path) { Verdict::Passes } else { Verdict::Fails }
            })
        };
        let predicate = predicate.clone();
        let check = Check::new(self.actors, move |event, _| {
            let mut complies = false;
            field.texts(event, &mut |path| complies = complies || predicate.matches_path(path));
            complies
        });
        let query = DictionaryQuery::new(column, String::new(), test, self.budget);
        Box::new(query.unsure(check, self.columns.stored))
    }

    fn text(&self, field: Field, predicate: &Predicate) -> Box<dyn Query> {
        let Some(column) = self.columns.of(field) else { return Box::new(EmptyQuery) };
        match predicate {
            Predicate::Is(value) => exactly(Term::from_field_text(column, &term_text(field, value))),
            Predicate::Exists if field.is_facet() => {
                Box::new(ExistsQuery::new(field.canonical().to_owned(), false))
            }
            Predicate::Exists => self.terms_like(column, String::new(), |_| true),
            Predicate::Pattern(_) | Predicate::Phrase(_) | Predicate::Cidr(_) | Predicate::Range { .. } => {
                self.values_like(field, column, predicate)
            }
        }
    }
}

/// Whether a path whose merge keys the dictionary left out (see [`crate::schema::keyed_path`]) may be one that is asked for.
fn could_lead_to(predicate: &Predicate, term: &str) -> bool {
    !has_keys(term)
        && match predicate {
            Predicate::Is(asked) => leads_to(&without_keys(asked), term),
            _ => true,
        }
}

/// Whether a part of a query is decided by looking at stored records, wholly or in part.
pub(crate) fn reads_records(query: &Ast) -> bool {
    match query {
        Ast::Text(TextPredicate::Phrase(words)) => words.len() > 1,
        Ast::Field(Field::AuditId, predicate) => !matches!(predicate, Predicate::Is(_) | Predicate::Exists),
        Ast::Field(Field::Id, predicate) => !is_decided_by_prefix(predicate),
        Ast::And(parts) | Ast::Or(parts) => parts.iter().any(reads_records),
        Ast::Not(part) => reads_records(part),
        Ast::All | Ast::Text(TextPredicate::Pattern(_)) | Ast::Field(..) => false,
    }
}

/// The upper half of an id is in the index, so its first sixteen digits decide without a look at the records.
fn is_decided_by_prefix(predicate: &Predicate) -> bool {
    const INDEXED_DIGITS: usize = 16;
    match predicate {
        Predicate::Pattern(pattern) => match pattern.parts() {
            [digits, rest] => rest.is_empty() && digits.len() <= INDEXED_DIGITS,
            _ => false,
        },
        _ => true,
    }
}

fn exactly(term: Term) -> Box<dyn Query> {
    Box::new(TermQuery::new(term, IndexRecordOption::Basic))
}

fn not(query: Box<dyn Query>, budget: &Budget) -> Box<dyn Query> {
    budget.note_negation();
    Box::new(BooleanQuery::new(vec![(Occur::Must, Box::new(AllQuery)), (Occur::MustNot, query)]))
}
