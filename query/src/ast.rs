//! The query as a tree: what the parser builds, the matcher evaluates and the index lowers.

use std::ops::{Bound, RangeBounds};

use taffrail_event::change::{has_keys, leads_to, without_keys};
use taffrail_event::words;

use crate::field::Field;
use crate::ip::IpRange;
use crate::pattern::Pattern;

/// A question about events. `Display` prints it so that it parses back to an equal tree.
///
/// The parser builds normal trees only: `And` and `Or` hold at least two parts and no part of their own kind, `All` stands
/// alone or under `Not`, and no `Not` holds a `Not`. [`Query::all_of`], [`Query::any_of`] and [`Query::negated`] keep that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Query {
    /// Every event.
    All,
    /// Events that answer to every part.
    And(Vec<Query>),
    /// Events that answer to some part.
    Or(Vec<Query>),
    /// Events that do not answer to the part, those without the field included.
    Not(Box<Query>),
    /// Events with these words in their text.
    Text(TextPredicate),
    /// Events with such a value in the field.
    Field(Field, Predicate),
}

/// What a bare word asks of the event's texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextPredicate {
    /// These words (at least one, as [`words::words`] yields them) next to each other in one text.
    Phrase(Vec<String>),
    /// A word of this form.
    Pattern(Pattern),
}

/// What a field's value must be. One value that complies is enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Predicate {
    /// Equal to this, which is not empty and in the field's normal form ([`Field::normal`]).
    Is(String),
    /// Of this form as a whole; literals are in the field's normal form.
    Pattern(Pattern),
    /// These words next to each other inside ([`crate::FieldKind::Words`] only).
    Phrase(Vec<String>),
    /// Any value at all.
    Exists,
    /// A number, or a time in microseconds, between these.
    Range {
        /// From here on.
        lower: Bound<i64>,
        /// Up to here.
        upper: Bound<i64>,
    },
    /// An address in this range.
    Cidr(IpRange),
}

impl Query {
    /// Every part must hold; normal if the parts are.
    pub fn all_of(parts: Vec<Self>) -> Self {
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Self::All => {}
                Self::And(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        match flat.len() {
            0 => Self::All,
            1 => flat.swap_remove(0),
            _ => Self::And(flat),
        }
    }

    /// Some part must hold; normal if the parts are.
    pub fn any_of(parts: Vec<Self>) -> Self {
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Self::All => return Self::All,
                Self::Or(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        match flat.len() {
            0 => Self::All.negated(),
            1 => flat.swap_remove(0),
            _ => Self::Or(flat),
        }
    }

    /// The field has this value; `""` asks for events without any.
    pub fn is(field: Field, value: &str) -> Self {
        match field.normal(value).as_ref() {
            "" => Self::Field(field, Predicate::Exists).negated(),
            value => Self::Field(field, Predicate::Is(value.to_owned())),
        }
    }

    /// The opposite; normal if this is.
    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }
}

impl TextPredicate {
    /// Whether the text complies.
    pub fn matches_text(&self, text: &str) -> bool {
        match self {
            Self::Phrase(phrase) => words::holds_phrase(text, phrase),
            Self::Pattern(pattern) => words::words(text).any(|word| pattern.matches(&word)),
        }
    }
}

impl Predicate {
    /// Whether a value in the field's normal form ([`Field::normal`]) complies.
    pub fn matches_text(&self, value: &str) -> bool {
        match self {
            Self::Is(expected) => value == expected,
            Self::Pattern(pattern) => pattern.matches(value),
            Self::Phrase(phrase) => words::holds_phrase(value, phrase),
            Self::Exists => !value.is_empty(),
            Self::Range { .. } => value.parse().is_ok_and(|number| self.matches_number(number)),
            Self::Cidr(range) => value.parse().is_ok_and(|address| range.contains(address)),
        }
    }

    /// Whether a field's path complies. A wildcard is held to the path without its merge keys unless it has brackets itself.
    pub fn matches_path(&self, path: &str) -> bool {
        match self {
            Self::Is(asked) => leads_to(asked, path),
            Self::Pattern(pattern) if self.names_keys() => pattern.matches(path),
            Self::Pattern(pattern) => pattern.matches(&without_keys(path)),
            Self::Exists => true,
            Self::Phrase(_) | Self::Range { .. } | Self::Cidr(_) => false,
        }
    }

    /// Whether merge keys decide, so that a path without them does not tell.
    pub fn names_keys(&self) -> bool {
        match self {
            Self::Is(asked) => has_keys(asked),
            Self::Pattern(pattern) => pattern.parts().iter().any(|part| part.contains(['[', ']'])),
            _ => false,
        }
    }

    /// Whether a number, or a time in microseconds, complies.
    pub fn matches_number(&self, number: i64) -> bool {
        match self {
            Self::Range { lower, upper } => (*lower, *upper).contains(&number),
            Self::Exists => true,
            Self::Is(_) | Self::Pattern(_) | Self::Phrase(_) | Self::Cidr(_) => false,
        }
    }

    /// What every complying value begins with, for scans of a sorted dictionary of normal values.
    pub fn literal_prefix(&self) -> Option<&str> {
        let prefix = match self {
            Self::Is(value) => value,
            Self::Pattern(pattern) => pattern.literal_prefix(),
            Self::Phrase(_) | Self::Exists | Self::Range { .. } | Self::Cidr(_) => return None,
        };
        (!prefix.is_empty()).then_some(prefix)
    }
}
