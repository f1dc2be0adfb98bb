//! Where a field is, in words that can be matched.

use std::borrow::Cow;

use crate::change::{Part, parts};
use crate::json;
use crate::resource;

use super::line;

/// A step on the way to a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word<'a> {
    /// A member of an object.
    M(&'a str),
    /// An element of a list, with the name and the value of its first merge key.
    K(&'a str, &'a str),
}

/// A field's path, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place<'a> {
    steps: Vec<(Option<&'a str>, Cow<'a, str>)>,
}

impl<'a> Place<'a> {
    pub(super) fn of(path: &'a str) -> Self {
        let step = |part| match part {
            Part::Member(name) => (None, unquoted(name)),
            Part::Keys(brackets) => {
                let inner =
                    brackets.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(brackets);
                let (key, value) = inner.split_once('=').unwrap_or((inner, ""));
                (Some(key), if value.starts_with('"') { unquoted(value) } else { first_key(value) })
            }
        };
        Self { steps: parts(path).map(step).collect() }
    }

    pub(super) fn words(&self) -> Vec<Word<'_>> {
        self.steps
            .iter()
            .map(|(key, text)| match key {
                None => Word::M(text.as_ref()),
                Some(key) => Word::K(key, text.as_ref()),
            })
            .collect()
    }
}

/// `80` of `80,protocol=TCP`.
fn first_key(value: &str) -> Cow<'_, str> {
    Cow::Borrowed(value.split(',').next().unwrap_or(value))
}

fn unquoted(text: &str) -> Cow<'_, str> {
    if text.starts_with('"') {
        json::string(text.as_bytes()).unwrap_or(Cow::Borrowed(text))
    } else {
        Cow::Borrowed(text)
    }
}

/// As a person says it: `order` for `spec.order`, `failurePolicy of webhook x` for `webhooks[name=x].failurePolicy`.
pub(super) fn spoken(words: &[Word<'_>]) -> String {
    let last_key = words.iter().rposition(|word| matches!(word, Word::K(..)));
    let (element, rest) = match last_key {
        Some(at) => words.split_at(at + 1),
        None => (&[] as &[Word<'_>], words),
    };
    let rest = match rest {
        [Word::M("spec"), rest @ ..] if element.is_empty() && !rest.is_empty() => rest,
        _ => rest,
    };
    let names: Vec<&str> = rest
        .iter()
        .map(|word| match word {
            Word::M(name) | Word::K(_, name) => *name,
        })
        .collect();
    let names = line::short(&names.join("."));
    match (element_name(element), names.is_empty()) {
        (Some(element), true) => element,
        (Some(element), false) => format!("{names} of {element}"),
        (None, _) => names,
    }
}

/// `container web` for `spec.containers[name=web]`.
pub(super) fn element_name(words: &[Word<'_>]) -> Option<String> {
    match words {
        [.., Word::M("initContainers"), Word::K(_, name)] => {
            Some(format!("init container {}", line::short(name)))
        }
        [.., Word::M("ephemeralContainers"), Word::K(_, name)] => {
            Some(format!("debug container {}", line::short(name)))
        }
        [.., Word::M(list), Word::K(_, name)] => {
            Some(format!("{} {}", line::short(&resource::singular(list)), line::short(name)))
        }
        _ => None,
    }
}
