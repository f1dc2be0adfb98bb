//! Patches: which kind one is, what it does to a state, and what it asks for where no state is known.
//!
//! The content type of a patch is not recorded, so its kind is told by its form (reference: `audit.md` section 12).

mod operations;

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::merge_key::{self, Lists, lists_of};
use crate::audit::query_parameters;
use crate::json;

pub(super) use operations::put;

/// The kinds of patches that API servers take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatchKind {
    /// RFC 6902: a list of operations.
    Json,
    /// RFC 7386.
    Merge,
    /// Kubernetes' own, which merges lists by their keys; only built-in kinds have it.
    Strategic,
    /// Server-side apply: the fields that a manager wants.
    Apply,
}

impl PatchKind {
    /// Told by the patch's form. A patch without any sign is strategic for a built-in kind, which is what kubectl and
    /// controllers send; it makes a difference in lists only.
    pub(crate) fn of(patch: &[u8], uri: &str, group: &str, resource: &str) -> Self {
        if patch.first() == Some(&b'[') {
            return Self::Json;
        }
        let has_manager = query_parameters(uri).any(|(key, _)| key == "fieldManager");
        if has_manager && json::member(patch, "apiVersion").is_some() && json::member(patch, "kind").is_some()
        {
            return Self::Apply;
        }
        match lists_of(group, resource) {
            Lists::BuiltIn => Self::Strategic,
            Lists::Guessed => Self::Merge,
        }
    }
}

/// The state after the patch; `None` if it does not fit, or is no JSON by the letter.
pub(super) fn apply(
    kind: PatchKind,
    group: &str,
    resource: &str,
    state: &[u8],
    patch: &[u8],
) -> Option<Vec<u8>> {
    let mut state = parse(state)?;
    if kind == PatchKind::Json {
        operations::apply(&mut state, patch)?;
    } else {
        // Anything else is no patch, such as the text that stands for a body that was left out.
        merge(&mut state, &parse(patch).filter(Value::is_object)?, kind, lists_of(group, resource));
    }
    if state.is_object() { serde_json::to_vec(&state).ok() } else { None }
}

/// What the patch asks for as an object that holds nothing else; `None` for operations on places that only a state shows.
pub(super) fn asked(kind: PatchKind, patch: &[u8]) -> Option<Vec<u8>> {
    let value = match kind {
        // An apply names what its manager wants, which mostly was there before.
        PatchKind::Apply => return None,
        PatchKind::Merge | PatchKind::Strategic => without_directives(parse(patch)?),
        PatchKind::Json => operations::asked(patch)?,
    };
    serde_json::to_vec(&value).ok()
}

fn parse(bytes: &[u8]) -> Option<Value> {
    serde_json::from_str(&String::from_utf8_lossy(bytes)).ok()
}

fn without_directives(value: Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members
                .into_iter()
                .filter(|(key, _)| !key.starts_with('$'))
                .map(|(key, value)| (key, without_directives(value)))
                .collect(),
        ),
        Value::Array(elements) => {
            let is_deleted = |element: &Value| element.get("$patch").is_some_and(|patch| patch == "delete");
            elements.into_iter().filter(|element| !is_deleted(element)).map(without_directives).collect()
        }
        other => other,
    }
}

fn merge(state: &mut Value, patch: &Value, kind: PatchKind, lists: Lists) {
    Merger { kind, lists }.values(state, patch, "", "");
}

struct Merger {
    kind: PatchKind,
    lists: Lists,
}

/// serde_json reads 128 levels at most, so recursion is bounded.
impl Merger {
    fn values(&self, state: &mut Value, patch: &Value, parent: &str, name: &str) {
        match patch {
            Value::Object(patch) => self.objects(state, patch, name),
            Value::Array(patch) => self.lists(state, patch, parent, name),
            other => *state = other.clone(),
        }
    }

    fn objects(&self, state: &mut Value, patch: &Map<String, Value>, name: &str) {
        let directive = self.directive(patch);
        if directive == Some("delete") {
            *state = Value::Null;
            return;
        }
        if !state.is_object() || directive == Some("replace") {
            *state = Value::Object(Map::new());
        }
        let Value::Object(members) = state else { return };
        let mut has_removed = false;
        for (key, value) in patch {
            if self.kind == PatchKind::Strategic && key.starts_with('$') {
                directives(members, key, value);
            } else if value.is_null() && self.kind != PatchKind::Apply {
                has_removed = true;
            } else {
                let place = members.entry(key.clone()).or_insert(Value::Null);
                self.values(place, value, name, key);
            }
        }
        // At once: removing one by one moves all the others each time.
        if has_removed {
            members.retain(|key, _| !patch.get(key).is_some_and(Value::is_null));
        }
    }

    fn lists(&self, state: &mut Value, patch: &[Value], parent: &str, name: &str) {
        let values = || patch.iter().filter(|element| self.is_value(element)).cloned();
        let replaced = || match self.kind {
            PatchKind::Strategic => values().map(without_directives).collect(),
            _ => values().collect(),
        };
        if self.kind == PatchKind::Merge || patch.iter().any(|element| self.is_replace(element)) {
            *state = replaced();
            return;
        }
        let Value::Array(elements) = state else {
            *state = replaced();
            return;
        };
        if name == "finalizers" && patch.iter().all(Value::is_string) {
            let known: HashSet<&Value> = elements.iter().collect();
            let new: Vec<_> = patch.iter().filter(|value| !known.contains(value)).cloned().collect();
            elements.extend(new);
            return;
        }
        let Some(keys) = merge_key::candidates(self.lists, parent, name)
            .iter()
            .find(|keys| patch.iter().all(|element| keys_of(element, keys).is_some()))
        else {
            *state = replaced();
            return;
        };
        let mut places: HashMap<Vec<Value>, usize> = HashMap::new();
        for (at, element) in elements.iter().enumerate() {
            if let Some(own) = keys_of(element, keys) {
                places.entry(own).or_insert(at);
            }
        }
        let mut deleted = HashSet::new();
        for new in patch {
            let Some(own) = keys_of(new, keys) else { continue };
            let is_delete = new.as_object().is_some_and(|new| self.directive(new) == Some("delete"));
            if is_delete {
                deleted.extend(places.remove(&own));
            } else if let Some(element) = places.get(&own).and_then(|at| elements.get_mut(*at)) {
                self.values(element, new, name, name);
            } else {
                places.insert(own, elements.len());
                elements.push(without_directives(new.clone()));
            }
        }
        let mut at = 0..;
        elements.retain(|_| at.next().is_none_or(|at| !deleted.contains(&at)));
    }

    fn directive<'p>(&self, patch: &'p Map<String, Value>) -> Option<&'p str> {
        if self.kind == PatchKind::Strategic { patch.get("$patch")?.as_str() } else { None }
    }

    fn is_replace(&self, element: &Value) -> bool {
        element.as_object().is_some_and(|element| self.directive(element) == Some("replace"))
    }

    /// Whether it is a value, and no directive about the list.
    fn is_value(&self, element: &Value) -> bool {
        element.as_object().is_none_or(|element| self.directive(element).is_none())
    }
}

/// `$retainKeys` and `$deleteFromPrimitiveList/NAME`; `$setElementOrder/NAME` only orders.
fn directives(members: &mut Map<String, Value>, key: &str, value: &Value) {
    let Value::Array(named) = value else { return };
    let named: HashSet<&Value> = named.iter().collect();
    if key == "$retainKeys" {
        members.retain(|key, _| named.contains(&Value::from(key.as_str())));
    } else if let Some(list) = key.strip_prefix("$deleteFromPrimitiveList/")
        && let Some(Value::Array(elements)) = members.get_mut(list)
    {
        elements.retain(|element| !named.contains(element));
    }
}

/// The values of the keys in an element; `None` if it does not have them all.
fn keys_of(element: &Value, keys: &[&str]) -> Option<Vec<Value>> {
    keys.iter()
        .map(|key| element.get(key).cloned().or_else(|| merge_key::default_of(key).map(Value::from)))
        .collect()
}

#[cfg(test)]
#[path = "patch/tests.rs"]
mod tests;
