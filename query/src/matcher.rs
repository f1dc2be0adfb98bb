//! Answers a query for one event in memory: live tail, held records, and the oracle for the index.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::HashMap;

use taffrail_event::{Event, words};

use crate::ast::{Predicate, Query, TextPredicate};
use crate::field::{Field, FieldKind};
use crate::pattern::Pattern;

impl Query {
    /// Whether the event answers to the query. `record` is what the event was decoded from: a bare word looks into its
    /// bodies too. For many events, keep a [`Matcher`].
    pub fn matches(&self, event: &Event, record: &[u8]) -> bool {
        Matcher::new(self).matches(event, record)
    }
}

/// A query made ready for many events.
///
/// Texts are the costly part of an event, so they are walked at most once per event, for all bare words of the query
/// together, and only if the fields leave the answer open.
#[derive(Debug)]
pub struct Matcher<'a> {
    root: Node<'a>,
    texts: TextSearch<'a>,
}

#[derive(Debug)]
enum Node<'a> {
    Always,
    All(Vec<Node<'a>>),
    Any(Vec<Node<'a>>),
    Not(Box<Node<'a>>),
    Field(Field, &'a Predicate),
    /// The number of a predicate in [`TextSearch`].
    Text(usize),
}

impl<'a> Matcher<'a> {
    /// Makes the query ready.
    pub fn new(query: &'a Query) -> Self {
        let mut texts = TextSearch::default();
        let root = Node::of(query, &mut texts);
        Self { root, texts }
    }

    /// Whether the event answers to the query; see [`Query::matches`].
    pub fn matches(&self, event: &Event, record: &[u8]) -> bool {
        let found = OnceCell::new();
        self.root.holds(event, &|text| {
            let found: &Vec<bool> = found.get_or_init(|| self.texts.find(event, record));
            found.get(text).copied().unwrap_or_default()
        })
    }
}

impl<'a> Node<'a> {
    fn of(query: &'a Query, texts: &mut TextSearch<'a>) -> Self {
        let mut nodes = |parts: &'a [Query]| {
            let mut nodes: Vec<Self> = parts.iter().map(|part| Self::of(part, texts)).collect();
            nodes.sort_by_key(Self::reads_texts);
            nodes
        };
        match query {
            Query::All => Self::Always,
            Query::And(parts) => Self::All(nodes(parts)),
            Query::Or(parts) => Self::Any(nodes(parts)),
            Query::Not(part) => Self::Not(Box::new(Self::of(part, texts))),
            Query::Field(field, predicate) => Self::Field(*field, predicate),
            Query::Text(predicate) => Self::Text(texts.add(predicate)),
        }
    }

    fn reads_texts(&self) -> bool {
        match self {
            Self::Always | Self::Field(..) => false,
            Self::Text(_) => true,
            Self::Not(node) => node.reads_texts(),
            // Parts are sorted.
            Self::All(nodes) | Self::Any(nodes) => nodes.last().is_some_and(Self::reads_texts),
        }
    }

    fn holds(&self, event: &Event, text_holds: &dyn Fn(usize) -> bool) -> bool {
        match self {
            Self::Always => true,
            Self::All(nodes) => nodes.iter().all(|node| node.holds(event, text_holds)),
            Self::Any(nodes) => nodes.iter().any(|node| node.holds(event, text_holds)),
            Self::Not(node) => !node.holds(event, text_holds),
            Self::Field(field, predicate) => field_holds(*field, predicate, event),
            Self::Text(text) => text_holds(*text),
        }
    }
}

fn field_holds(field: Field, predicate: &Predicate, event: &Event) -> bool {
    match field.kind() {
        FieldKind::Number | FieldKind::Time => {
            field.number(event).is_some_and(|number| predicate.matches_number(number))
        }
        FieldKind::Keyword
        | FieldKind::KeywordIgnoreCase
        | FieldKind::Words
        | FieldKind::Ip
        | FieldKind::Endpoint => {
            let mut holds = false;
            field.texts(event, &mut |value| {
                holds = holds || predicate.matches_text(&field.normal(value));
            });
            holds
        }
        FieldKind::Path => {
            let mut holds = false;
            field.texts(event, &mut |path| holds = holds || predicate.matches_path(path));
            holds
        }
    }
}

/// All text predicates of a query, looked for together.
#[derive(Debug, Default)]
struct TextSearch<'a> {
    count: usize,
    /// Phrases by their first word.
    phrases: HashMap<&'a str, Vec<(usize, &'a [String])>>,
    patterns: Vec<(usize, &'a Pattern)>,
}

impl<'a> TextSearch<'a> {
    fn add(&mut self, predicate: &'a TextPredicate) -> usize {
        let number = self.count;
        self.count += 1;
        match predicate {
            TextPredicate::Phrase(words) => {
                // A phrase of no words is found nowhere.
                if let Some((first, rest)) = words.split_first() {
                    self.phrases.entry(first).or_default().push((number, rest));
                }
            }
            TextPredicate::Pattern(pattern) => self.patterns.push((number, pattern)),
        }
        number
    }

    /// Which of the predicates hold for the event.
    fn find(&self, event: &Event, record: &[u8]) -> Vec<bool> {
        let mut found = vec![false; self.count];
        let mut missing = self.count;
        event.texts(record, |text| {
            if missing == 0 {
                return;
            }
            let mut ahead = words::words(text);
            while let Some(word) = ahead.next() {
                let phrases = self.phrases.get(word.as_ref()).into_iter().flatten();
                let mut check = |number: usize, holds: &dyn Fn() -> bool| {
                    if !found[number] && holds() {
                        found[number] = true;
                        missing -= 1;
                    }
                };
                phrases.for_each(|(number, rest)| check(*number, &|| follows(ahead.clone(), rest)));
                self.patterns.iter().for_each(|(number, form)| check(*number, &|| form.matches(&word)));
            }
        });
        found
    }
}

fn follows<'t>(mut words: impl Iterator<Item = Cow<'t, str>>, expected: &[String]) -> bool {
    expected.iter().all(|expected| words.next().is_some_and(|word| word == expected.as_str()))
}

#[cfg(test)]
mod tests;
