//! Calico's label selectors, and what a selector says of a set of labels.
//!
//! ```text
//! selector = [ any ]                                   nothing at all is all()
//! any      = all { "||" all }
//! all      = one { "&&" one }
//! one      = { "!" } ( "(" any ")" | "has(" key ")" | "all()" | "global()" | key test )
//! test     = ( "==" | "!=" | "contains" | "starts with" | "ends with" ) value | ( "in" | "not in" ) "{" values "}"
//! ```
//!
//! The language is that of `libcalico-go/lib/selector` in projectcalico/calico: what is read by
//! `tokenizer/tokenizer.go` and `parser/parser.go`, and what it means by `parser/ast.go`. A label that is missing has no
//! value: `!=` and `not in` hold for it, no other test does. The label selectors of Kubernetes say less, and are
//! read into the same tree.
//!
//! Invariant: a [`Selector`] prints as a text that parses to an equal one. No text panics or overflows the stack.

mod known;
mod parse;
mod print;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

pub(crate) use known::Label;

/// Longest selector, in bytes, as it is written and as it is printed: room for a set of thousands of names.
const MAX_BYTES: usize = 64 * 1024;
/// Deepest nesting of parentheses: far beyond what a person writes, far below what the stack holds.
const MAX_DEPTH: usize = 200;

/// Which labels are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selector {
    root: Node,
}

/// The tree of a selector. A `Not` never holds another one, an `And` or `Or` never fewer than two.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Node {
    All,
    Global,
    Label(String, Test),
    Not(Box<Node>),
    And(Vec<Node>),
    Or(Vec<Node>),
}

/// What is asked of the value of one label.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Test {
    Exists,
    Is(String),
    IsNot(String),
    Contains(String),
    StartsWith(String),
    EndsWith(String),
    In(BTreeSet<String>),
    NotIn(BTreeSet<String>),
}

/// One entry of `matchExpressions` in a Kubernetes label selector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelRequirement<'a> {
    /// The key of the label.
    pub key: &'a str,
    /// `In`, `NotIn`, `Exists` or `DoesNotExist`.
    pub operator: &'a str,
    /// The values for `In` and `NotIn`; none for the others.
    pub values: Vec<&'a str>,
}

/// Why a text or a label selector cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectorError {
    /// Something else stands where the selector can only go on in certain ways.
    #[error("expected {expected} at byte {offset}")]
    Syntax {
        /// Where in the text, in bytes from 0. At its end where something is missing.
        offset: usize,
        /// What to write there.
        expected: &'static str,
    },
    /// The selector is longer than one may be.
    #[error(
        "the selector has {length} bytes and the longest one has {}: select by a label they share",
        MAX_BYTES
    )]
    TooLong {
        /// Its length in bytes, printed or as it is written.
        length: usize,
    },
    /// Parentheses are nested too deeply.
    #[error(
        "parentheses are nested more than {} deep at byte {offset}: leave out those that change nothing",
        MAX_DEPTH
    )]
    TooDeep {
        /// Where the first one too many stands, in bytes from 0.
        offset: usize,
    },
    /// An entry of a Kubernetes label selector says nothing that can be asked of a label.
    #[error("expected {expected} for the label {key:?}")]
    Requirement {
        /// The key in that entry, or its beginning.
        key: String,
        /// What to write in that entry.
        expected: &'static str,
    },
}

impl Selector {
    /// Reads a selector. An empty text selects everything, as in `parser.go`; a field that must not be empty to mean
    /// anything, like `namespaceSelector`, is for the caller to leave out.
    pub fn parse(text: &str) -> Result<Self, SelectorError> {
        Self::bounded(parse::parse(text)?)
    }

    /// Reads a label selector of Kubernetes: all of `matchLabels` and all of `matchExpressions`; with neither, everything.
    ///
    /// After `LabelSelectorAsSelector` in `k8s.io/apimachinery/pkg/apis/meta/v1/helpers.go` and `NewRequirement` in
    /// `k8s.io/apimachinery/pkg/labels/selector.go`. A selector that is not there at all selects nothing in some places
    /// and everything in others: that is for the caller to know.
    pub fn of_label_selector<'a>(
        match_labels: impl IntoIterator<Item = (&'a str, &'a str)>,
        match_expressions: impl IntoIterator<Item = LabelRequirement<'a>>,
    ) -> Result<Self, SelectorError> {
        let mut parts = Vec::new();
        for (key, value) in match_labels {
            check_label(key, &[value])?;
            parts.push(Node::Label(key.to_owned(), Test::Is(value.to_owned())));
        }
        for requirement in match_expressions {
            parts.push(requirement.node()?);
        }
        Self::bounded(Node::all_of(parts))
    }

    fn bounded(root: Node) -> Result<Self, SelectorError> {
        let selector = Self { root };
        let length = selector.to_string().len();
        if length > MAX_BYTES { Err(SelectorError::TooLong { length }) } else { Ok(selector) }
    }

    /// Whether it says `all()`, as such or by saying nothing. Others may select everything too: `has(a) || !has(a)`.
    pub fn is_everything(&self) -> bool {
        self.root == Node::All
    }

    /// Whether something with these labels is selected, by its own labels. `labels` looks up the value of a key.
    ///
    /// `all()` and `global()` are true of everything, as in `ast.go`. Calico takes `global()` in no such selector
    /// (`libcalico-go/lib/validator/v3/validator.go`).
    pub fn matches<'l>(&self, labels: impl Fn(&str) -> Option<&'l str>) -> bool {
        self.root.holds(&Subject { labels: &labels, is_all: true, is_global: true })
    }

    /// Whether something in a namespace with these labels is selected by a `namespaceSelector`: `all()` is true,
    /// `global()` is not.
    ///
    /// After `getEndpointSelector` in `libcalico-go/lib/backend/syncersv1/updateprocessors/rules.go`, which reads `all()`
    /// as `has(projectcalico.org/namespace)` and `global()` as its opposite.
    pub fn matches_namespace<'l>(&self, labels: impl Fn(&str) -> Option<&'l str>) -> bool {
        self.root.holds(&Subject { labels: &labels, is_all: true, is_global: false })
    }

    /// Whether something in no namespace, like a host endpoint or a global network set, is selected by a
    /// `namespaceSelector`: `global()` is true, `all()` is not, and there is no label. So `!has(a)` selects it.
    ///
    /// From the same place as [`Self::matches_namespace`].
    pub fn matches_no_namespace(&self) -> bool {
        self.root.holds(&Subject { labels: &|_| None, is_all: false, is_global: true })
    }
}

/// What a selector is asked about.
struct Subject<'s, 'l> {
    labels: &'s dyn Fn(&str) -> Option<&'l str>,
    is_all: bool,
    is_global: bool,
}

impl Node {
    fn all_of(parts: Vec<Self>) -> Self {
        Self::joined(parts, Self::And)
    }

    fn any_of(parts: Vec<Self>) -> Self {
        Self::joined(parts, Self::Or)
    }

    fn joined(mut parts: Vec<Self>, join: fn(Vec<Self>) -> Self) -> Self {
        match parts.len() {
            0 | 1 => parts.pop().unwrap_or(Self::All),
            _ => join(parts),
        }
    }

    fn negated(self) -> Self {
        match self {
            Self::Not(part) => *part,
            part => Self::Not(Box::new(part)),
        }
    }

    fn holds(&self, subject: &Subject<'_, '_>) -> bool {
        match self {
            Self::All => subject.is_all,
            Self::Global => subject.is_global,
            Self::Label(key, test) => test.holds((subject.labels)(key)),
            Self::Not(part) => !part.holds(subject),
            Self::And(parts) => parts.iter().all(|part| part.holds(subject)),
            Self::Or(parts) => parts.iter().any(|part| part.holds(subject)),
        }
    }
}

impl Test {
    fn holds(&self, value: Option<&str>) -> bool {
        match self {
            Self::Exists => value.is_some(),
            Self::Is(expected) => value == Some(expected),
            Self::IsNot(expected) => value != Some(expected),
            Self::Contains(part) => value.is_some_and(|value| value.contains(part)),
            Self::StartsWith(part) => value.is_some_and(|value| value.starts_with(part)),
            Self::EndsWith(part) => value.is_some_and(|value| value.ends_with(part)),
            Self::In(values) => value.is_some_and(|value| values.contains(value)),
            Self::NotIn(values) => value.is_none_or(|value| !values.contains(value)),
        }
    }
}

impl LabelRequirement<'_> {
    fn node(&self) -> Result<Node, SelectorError> {
        check_label(self.key, &self.values)?;
        let values = || self.values.iter().map(|&value| value.to_owned()).collect();
        let label = |test| Node::Label(self.key.to_owned(), test);
        match (self.operator, self.values.is_empty()) {
            ("In", false) => Ok(label(Test::In(values()))),
            ("NotIn", false) => Ok(label(Test::NotIn(values()))),
            ("Exists", true) => Ok(label(Test::Exists)),
            ("DoesNotExist", true) => Ok(label(Test::Exists).negated()),
            ("In" | "NotIn", true) => Err(refused(self.key, "one value or more")),
            ("Exists" | "DoesNotExist", false) => Err(refused(self.key, "no values")),
            _ => Err(refused(self.key, "the operator In, NotIn, Exists or DoesNotExist")),
        }
    }
}

/// Only so far as it can be printed. Kubernetes takes still less, in `pkg/util/validation` of apimachinery.
fn check_label(key: &str, values: &[&str]) -> Result<(), SelectorError> {
    if key.is_empty() || !key.chars().all(parse::is_in_key) {
        return Err(refused(key, "a key of letters, digits, `_`, `.`, `/` and `-`"));
    }
    if values.iter().any(|value| value.contains('"') && value.contains('\'')) {
        return Err(refused(key, "a value without quotation marks"));
    }
    Ok(())
}

fn refused(key: &str, expected: &'static str) -> SelectorError {
    const MAX_CHARACTERS: usize = 80;
    SelectorError::Requirement { key: key.chars().take(MAX_CHARACTERS).collect(), expected }
}
