//! Patches: which kind one is, what it does to a state, and what it asks for where no state is known.
//!
//! The content type of a patch is not recorded, so its kind is told by its form (reference: `audit.md` section 12).

mod operations;

use serde_json::{Map, Value};

use super::merge_key::{self, Lists, lists_of};
use crate::audit::query_parameters;
use crate::json;

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

/// What a patch asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    /// The object that holds nothing else, as JSON.
    pub(super) object: Vec<u8>,
    /// Whether that is all: removals, moves and copies show in no object.
    pub(super) is_all: bool,
}

/// What the patch asks for as an object that holds nothing else; `None` for operations on places that only a state shows.
pub(super) fn asked(kind: PatchKind, patch: &[u8]) -> Option<Asked> {
    let (value, is_all) = match kind {
        // An apply names what its manager wants, which mostly was there before.
        PatchKind::Apply => return None,
        PatchKind::Merge | PatchKind::Strategic => (without_directives(parse(patch)?), true),
        PatchKind::Json => operations::asked(patch)?,
    };
    Some(Asked { object: serde_json::to_vec(&value).ok()?, is_all })
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
        Value::Array(elements) => elements.into_iter().map(without_directives).collect(),
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
        for (key, value) in patch {
            if self.kind == PatchKind::Strategic && key.starts_with('$') {
                directives(members, key, value);
            } else if value.is_null() && self.kind != PatchKind::Apply {
                members.shift_remove(key);
            } else {
                let place = members.entry(key.clone()).or_insert(Value::Null);
                self.values(place, value, name, key);
            }
        }
    }

    fn lists(&self, state: &mut Value, patch: &[Value], parent: &str, name: &str) {
        let replaced =
            || Value::Array(patch.iter().filter(|element| self.is_value(element)).cloned().collect());
        if self.kind == PatchKind::Merge || patch.iter().any(|element| self.is_replace(element)) {
            *state = replaced();
            return;
        }
        let Value::Array(elements) = state else {
            *state = replaced();
            return;
        };
        if name == "finalizers" && patch.iter().all(Value::is_string) {
            let new: Vec<_> = patch.iter().filter(|value| !elements.contains(value)).cloned().collect();
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
        for new in patch {
            let is_same = |element: &Value| keys_of(element, keys) == keys_of(new, keys);
            let at = elements.iter().position(is_same);
            let is_delete = new.as_object().is_some_and(|new| self.directive(new) == Some("delete"));
            match at {
                Some(at) if is_delete => drop(elements.remove(at)),
                Some(at) => {
                    if let Some(element) = elements.get_mut(at) {
                        self.values(element, new, name, name);
                    }
                }
                None if is_delete => {}
                None => elements.push(without_directives(new.clone())),
            }
        }
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
    if key == "$retainKeys" {
        members.retain(|key, _| named.iter().any(|name| name == key));
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
mod tests {
    use serde_json::json;

    use super::*;

    fn check(group: &str, resource: &str, state: &Value, patch: &Value, kind: PatchKind, expected: &Value) {
        let patch = patch.to_string();
        assert_eq!(PatchKind::of(patch.as_bytes(), "/x?fieldManager=m", group, resource), kind);
        let after = apply(kind, group, resource, state.to_string().as_bytes(), patch.as_bytes()).unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&after).unwrap(), *expected, "{patch}");
    }

    #[test]
    fn strategic_patches_merge_lists_by_their_keys() {
        let state = json!({"metadata": {"finalizers": ["a", "b"]}, "spec": {"containers": [
            {"name": "web", "image": "x:1", "ports": [{"containerPort": 80}]}, {"name": "api", "image": "y:1"}]}});
        check(
            "",
            "pods",
            &state,
            &json!({"spec": {"$setElementOrder/containers": [{"name": "web"}], "containers": [
                {"name": "web", "image": "x:2", "ports": [{"containerPort": 80, "name": "http"}, {"containerPort": 81}]},
                {"name": "api", "$patch": "delete"}, {"name": "new", "image": "z"}]}}),
            PatchKind::Strategic,
            &json!({"metadata": {"finalizers": ["a", "b"]}, "spec": {"containers": [
                {"name": "web", "image": "x:2", "ports": [{"containerPort": 80, "name": "http"}, {"containerPort": 81}]},
                {"name": "new", "image": "z"}]}}),
        );
        check(
            "",
            "pods",
            &state,
            &json!({"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"], "labels": {"x": "y"}}, "spec": null}),
            PatchKind::Strategic,
            &json!({"metadata": {"finalizers": ["b"], "labels": {"x": "y"}}}),
        );
        check(
            "",
            "pods",
            &state,
            &json!({"metadata": {"finalizers": ["c"]}, "spec": {"$patch": "replace", "nodeName": "n"}}),
            PatchKind::Strategic,
            &json!({"metadata": {"finalizers": ["a", "b", "c"]}, "spec": {"nodeName": "n"}}),
        );
        check(
            "apps",
            "deployments",
            &json!({"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {}}, "x": [1, 2]}}),
            &json!({"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}, "x": [3]}}),
            PatchKind::Strategic,
            &json!({"spec": {"strategy": {"type": "Recreate"}, "x": [3]}}),
        );
    }

    #[test]
    fn other_kinds_of_patches() {
        let state = json!({"metadata": {"labels": {"a": "b"}}, "spec": {"list": [{"name": "x"}]}});
        check(
            "example.com",
            "widgets",
            &state,
            &json!({"metadata": {"labels": {"a": null, "q": "true"}}, "spec": {"list": []}}),
            PatchKind::Merge,
            &json!({"metadata": {"labels": {"q": "true"}}, "spec": {"list": []}}),
        );
        check(
            "",
            "pods",
            &state,
            &json!([{"op": "add", "path": "/metadata/labels/x~1y", "value": "1"}, {"op": "remove", "path": "/spec"}]),
            PatchKind::Json,
            &json!({"metadata": {"labels": {"a": "b", "x/y": "1"}}}),
        );
        check(
            "",
            "pods",
            &state,
            &json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"labels": {"m": "n"}}}),
            PatchKind::Apply,
            &json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"labels": {"a": "b", "m": "n"}}, "spec": {"list": [{"name": "x"}]}}),
        );
    }

    #[test]
    fn what_does_not_fit_is_no_state() {
        let patch = br#"[{"op":"remove","path":"/nothing"}]"#;
        assert_eq!(apply(PatchKind::Json, "", "pods", b"{}", patch), None);
        assert_eq!(apply(PatchKind::Merge, "", "pods", b"{}", b"{\"a\":"), None);
        assert_eq!(apply(PatchKind::Merge, "", "pods", b"{}", b"\"left out\""), None);
        assert_eq!(apply(PatchKind::Strategic, "", "pods", b"{}", b"7"), None);
        let replaces_all = br#"[{"op":"replace","path":"","value":7}]"#;
        assert_eq!(apply(PatchKind::Json, "", "pods", b"{}", replaces_all), None);
        let deep = format!("{}1{}", "{\"a\":".repeat(3000), "}".repeat(3000));
        assert_eq!(apply(PatchKind::Merge, "", "pods", b"{}", deep.as_bytes()), None);
    }

    #[test]
    fn what_a_patch_asks_for() {
        fn check(kind: PatchKind, patch: &Value, expected: Option<(&Value, bool)>) {
            let found = asked(kind, patch.to_string().as_bytes());
            let found =
                found.map(|found| (serde_json::from_slice::<Value>(&found.object).unwrap(), found.is_all));
            assert_eq!(found.as_ref().map(|(object, is_all)| (object, *is_all)), expected);
        }
        check(
            PatchKind::Strategic,
            &json!({"$setElementOrder/x": [], "spec": {"replicas": 5, "$retainKeys": ["a"]}}),
            Some((&json!({"spec": {"replicas": 5}}), true)),
        );
        check(
            PatchKind::Json,
            &json!([{"op": "test", "path": "/a", "value": 1}, {"op": "replace", "path": "/spec/replicas", "value": 5}]),
            Some((&json!({"spec": {"replicas": 5}}), true)),
        );
        check(
            PatchKind::Json,
            &json!([{"op": "remove", "path": "/a"}, {"op": "add", "path": "/b", "value": 5}]),
            Some((&json!({"b": 5}), false)),
        );
        check(PatchKind::Json, &json!([{"op": "add", "path": "/spec/rules/0", "value": 5}]), None);
        check(PatchKind::Apply, &json!({"spec": {}}), None);
    }
}
