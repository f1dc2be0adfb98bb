//! JSON patches (RFC 6902), applied within bounds: a few hundred bytes of operations can ask for an object of any depth, and
//! one that copies itself into itself for one of any size.

use json_patch::jsonptr::Pointer;
use json_patch::{Patch, PatchOperation};
use serde_json::{Map, Value};

/// The API server takes no more operations in one patch (`maxJSONPatchOperations`).
pub(super) const MAX_OPERATIONS: usize = 10_000;

/// Deeper places than any object of the API has.
const MAX_DEPTH: usize = 64;

/// Bytes that copies may add: what the API server allows
/// (`k8s.io/apiserver/pkg/endpoints/handlers/patch.go`, `JSONPatchMaxCopyBytes`).
const MAX_COPIED_BYTES: usize = 3 << 20;

/// Applies the patch; `None` if it does not fit, is none, or goes beyond the bounds.
pub(super) fn apply(state: &mut Value, patch: &[u8]) -> Option<()> {
    let Patch(operations) = read(patch)?;
    let mut copied = 0_usize;
    for operation in operations {
        let source = match &operation {
            PatchOperation::Copy(copy) => Some(&copy.from),
            PatchOperation::Move(moved) => Some(&moved.from),
            _ => None,
        };
        if let Some(source) = source {
            is_near(source)?;
            let source = source.resolve(state).ok()?;
            if depth(source) > MAX_DEPTH {
                return None;
            }
            if matches!(operation, PatchOperation::Copy(_)) {
                copied = copied.saturating_add(serde_json::to_vec(source).ok()?.len());
            }
        }
        if copied > MAX_COPIED_BYTES {
            return None;
        }
        is_near(operation.path())?;
        json_patch::patch(state, &[operation]).ok()?;
    }
    Some(())
}

/// What the patch asks for as an object that holds nothing else; `None` for operations on places that only a state shows.
pub(super) fn asked(patch: &[u8]) -> Option<Value> {
    use PatchOperation::{Add, Copy, Move, Remove, Replace, Test};
    let Patch(operations) = read(patch)?;
    let mut value = Value::Object(Map::new());
    for operation in operations {
        is_near(operation.path())?;
        let (path, new) = match operation {
            Add(add) => (add.path, add.value),
            Replace(replace) => (replace.path, replace.value),
            Test(_) => continue,
            Remove(remove) if !leads_into_list(&remove.path) => {
                // What was put there before is gone again.
                value.pointer(remove.path.as_str()).is_none().then_some(())?;
                continue;
            }
            Remove(_) | Move(_) | Copy(_) => return None,
        };
        put(&mut value, path.tokens().map(|token| token.decoded().into_owned()), new)?;
    }
    Some(value)
}

fn read(patch: &[u8]) -> Option<Patch> {
    let patch: Patch = serde_json::from_str(&String::from_utf8_lossy(patch)).ok()?;
    (patch.0.len() <= MAX_OPERATIONS).then_some(patch)
}

fn is_near(path: &Pointer) -> Option<()> {
    (path.count() <= MAX_DEPTH).then_some(())
}

/// How deep a value is; bounded, as no value gets deeper than what can be read, at a place that is near.
fn depth(value: &Value) -> usize {
    match value {
        Value::Array(elements) => 1 + elements.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// Puts a value into an object, making the objects on the way; `None` where the way leads into a list, or too deep.
pub(in crate::change) fn put(
    target: &mut Value,
    path: impl Iterator<Item = String>,
    new: Value,
) -> Option<()> {
    let mut place = target;
    for (depth, key) in path.enumerate() {
        if is_index(&key) || depth >= MAX_DEPTH {
            return None;
        }
        place = place.as_object_mut()?.entry(key).or_insert_with(|| Value::Object(Map::new()));
    }
    *place = new;
    Some(())
}

fn leads_into_list(path: &Pointer) -> bool {
    path.tokens().any(|token| is_index(&token.decoded()))
}

/// Whether it is a place in a list, or may be one.
fn is_index(key: &str) -> bool {
    key == "-" || key.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A path of 200,000 parts made a value that no stack was deep enough to drop.
    #[test]
    fn a_path_without_end_is_no_patch() {
        let path = "/a".repeat(200_000);
        let patch = json!([{"op": "add", "path": path, "value": 1}]).to_string();
        assert_eq!(asked(patch.as_bytes()), None);
        assert_eq!(apply(&mut json!({}), patch.as_bytes()), None);
    }

    #[test]
    fn what_grows_by_copies_ends() {
        let doubling: Vec<_> =
            (0..40).map(|step| json!({"op": "copy", "from": "/a", "path": format!("/a/x{step}")})).collect();
        let patch = Value::from(doubling).to_string();
        assert_eq!(apply(&mut json!({"a": {"text": "0123456789"}}), patch.as_bytes()), None);
        let deeper: Vec<_> = (0..2000)
            .flat_map(|_| {
                [
                    json!({"op": "move", "from": "/a", "path": "/b"}),
                    json!({"op": "add", "path": "/a", "value": {}}),
                    json!({"op": "move", "from": "/b", "path": "/a/c"}),
                ]
            })
            .collect();
        assert_eq!(apply(&mut json!({"a": {}}), Value::from(deeper).to_string().as_bytes()), None);
        let copy = br#"[{"op":"copy","from":"/a","path":"/b"}]"#;
        let mut state = json!({"a": {"x": 1}});
        assert_eq!(apply(&mut state, copy), Some(()));
        assert_eq!(state, json!({"a": {"x": 1}, "b": {"x": 1}}));
    }
}
