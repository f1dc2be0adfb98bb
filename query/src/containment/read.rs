//! What the objects of all engines have in common: members that may be missing or null, label selectors, and rules.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::{Map, Value};

use super::policy::{Extent, Rule, RuleAction};
use crate::selector::{LabelRequirement, Selector};

/// Largest object, in bytes: a cluster's store takes no larger one.
const MAX_OBJECT_BYTES: usize = 4 * 1024 * 1024;
/// Most rules of a policy in one direction. Calico's own limit on the packets' way is a few thousand.
const MAX_RULES: usize = 5000;
/// Most bytes of a rule's words that are looked at, to tell it from another rule.
const MAX_WORDS_BYTES: usize = 64 * 1024;
/// Longest description of a rule, in bytes: what fits into a sentence.
const MAX_WHAT_BYTES: usize = 120;

pub(super) fn object(bytes: &[u8]) -> Result<Value, String> {
    if bytes.len() > MAX_OBJECT_BYTES {
        return Err(format!("it has more than {MAX_OBJECT_BYTES} bytes"));
    }
    let value: Value = serde_json::from_slice(bytes).map_err(|error| format!("it is no JSON: {error}"))?;
    if value.is_object() { Ok(value) } else { Err("it is no JSON object".to_owned()) }
}

/// A member that is text; empty if it is not there.
pub(super) fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// A member that is there.
pub(super) fn member<'v>(value: &'v Value, key: &str) -> Option<&'v Value> {
    value.get(key).filter(|member| !member.is_null())
}

pub(super) fn list<'v>(value: &'v Value, key: &str) -> Result<&'v [Value], String> {
    match member(value, key) {
        None => Ok(&[]),
        Some(Value::Array(list)) => Ok(list),
        Some(_) => Err(format!("its {key} is no list")),
    }
}

/// Infinite if it is not there.
pub(super) fn number(value: &Value, key: &str) -> Result<f64, String> {
    let Some(member) = member(value, key) else { return Ok(f64::INFINITY) };
    member.as_f64().ok_or_else(|| format!("its {key} is no number"))
}

pub(super) fn labels(metadata: &Value) -> BTreeMap<String, String> {
    let labels = metadata.get("labels").and_then(Value::as_object);
    let pair = |(key, value): (&String, &Value)| Some((key.clone(), value.as_str()?.to_owned()));
    labels.into_iter().flatten().filter_map(pair).collect()
}

/// That a spec says nothing but this. What else it says could narrow whom it selects.
pub(super) fn only(spec: &Value, known: &[&str]) -> Result<(), String> {
    let mut members = spec.as_object().into_iter().flatten();
    let unknown = members.find(|(key, value)| !known.contains(&key.as_str()) && !value.is_null());
    match unknown {
        None => Ok(()),
        Some((key, _)) => Err(format!("its {} is not understood", start_of(key))),
    }
}

/// A label selector of Kubernetes; everything if it is not there.
pub(super) fn label_selector(
    selector: Option<&Value>,
    key_of: impl Fn(&str) -> Result<String, String>,
) -> Result<Selector, String> {
    let none = Value::Null;
    let selector = selector.unwrap_or(&none);
    if !selector.is_object() && !selector.is_null() {
        return Err("its selector is no object".to_owned());
    }
    only(selector, &["matchLabels", "matchExpressions"])?;
    let mut labels = Vec::new();
    match member(selector, "matchLabels") {
        None => {}
        Some(Value::Object(pairs)) => {
            for (key, value) in pairs {
                let value = value.as_str().ok_or("its selector has a value that is no text")?;
                labels.push((key_of(key)?, value));
            }
        }
        Some(_) => return Err("its matchLabels is no object".to_owned()),
    }
    let mut expressions = Vec::new();
    for expression in list(selector, "matchExpressions")? {
        let values = list(expression, "values")?.iter().map(Value::as_str);
        let values: Option<Vec<&str>> = values.collect();
        let values = values.ok_or("its selector has a value that is no text")?;
        expressions.push((key_of(text(expression, "key"))?, text(expression, "operator"), values));
    }
    let labels = labels.iter().map(|(key, value)| (key.as_str(), *value));
    let expressions = expressions.iter().map(|(key, operator, values)| LabelRequirement {
        key,
        operator,
        values: values.clone(),
    });
    Selector::of_label_selector(labels, expressions)
        .map_err(|error| format!("its selector cannot be read: {error}"))
}

/// For [`label_selector`]: the key as it is written.
#[expect(clippy::unnecessary_wraps, reason = "others refuse keys")]
pub(super) fn plain_key(key: &str) -> Result<String, String> {
    Ok(key.to_owned())
}

/// The rules of a list, by what `read` makes of each.
pub(super) fn rules(
    spec: &Value,
    key: &str,
    read: impl Fn(&Map<String, Value>) -> Result<(RuleAction, Extent), String>,
) -> Result<Vec<Rule>, String> {
    let list = list(spec, key)?;
    if list.len() > MAX_RULES {
        return Err(format!("its {key} has more than {MAX_RULES} rules"));
    }
    let rule = |(index, rule): (usize, &Value)| {
        let rule = rule.as_object().ok_or_else(|| format!("its {key} has a rule that is no object"))?;
        let (action, extent) = read(rule)?;
        let words = if extent == Extent::Part { what(rule) } else { String::new() };
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        Ok(Rule { action, extent, digest: digest(&words), what: cut(words).into(), index })
    };
    list.iter().enumerate().map(rule).collect()
}

/// Whether a member of a rule asks for nothing.
pub(super) fn is_void(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        _ => false,
    }
}

/// What a rule matches, in the words of the object: each member by its path, without what it does and how it is called.
fn what(rule: &Map<String, Value>) -> String {
    let mut words = String::new();
    for (key, value) in rule {
        if !matches!(key.as_str(), "action" | "name" | "metadata") {
            add_words(&mut words, key, value);
        }
    }
    words
}

fn cut(words: String) -> String {
    if words.len() <= MAX_WHAT_BYTES { words } else { format!("{}...", start_of(&words)) }
}

/// To tell rules of one process from each other.
fn digest(words: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    words.hash(&mut hasher);
    hasher.finish()
}

fn add_words(words: &mut String, path: &str, value: &Value) {
    if words.len() > MAX_WORDS_BYTES || path.len() > MAX_WHAT_BYTES {
        return;
    }
    let said = match value {
        Value::Null => return,
        Value::Object(members) => {
            for (key, value) in members {
                add_words(words, &format!("{path}.{}", start_of(key)), value);
            }
            return;
        }
        Value::Array(list) => {
            for value in list {
                add_words(words, path, value);
            }
            return;
        }
        Value::String(text) => start_of(text),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    };
    let separator = if words.is_empty() { "" } else { ", " };
    words.push_str(separator);
    words.push_str(path);
    words.push(' ');
    words.push_str(&said);
}

/// For a sentence: not too long, and on one line.
pub(super) fn start_of(text: &str) -> String {
    let printed = text.chars().map(|character| if character.is_control() { ' ' } else { character });
    let mut start = String::new();
    for character in printed {
        if start.len() + character.len_utf8() > MAX_WHAT_BYTES {
            break;
        }
        start.push(character);
    }
    start
}
