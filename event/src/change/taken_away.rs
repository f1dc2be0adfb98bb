//! What a patch takes away: nulls, elements of lists that are to be deleted, operations that remove.

use serde_json::{Map, Value};

use super::patch::{PatchKind, put};
use super::worked_out::add_member;
use crate::json;

/// Stands for what is gone, in an object of which nothing else is known. The differ takes a null for nothing.
pub(super) const REMOVED: &str = "\"\\u0000removed\"";

/// An object in which everything that the patch takes away is [`REMOVED`]. In lists are the elements that it deletes, and those of
/// which it takes something, with their scalars: their keys are among them. `None` if it takes nothing away.
pub(super) fn taken_away(kind: PatchKind, patch: &[u8]) -> Option<Vec<u8>> {
    match kind {
        PatchKind::Json => operations(patch),
        _ => members(patch, kind, 0),
    }
}

/// `None` also for operations on places that only a state shows.
fn operations(patch: &[u8]) -> Option<Vec<u8>> {
    let operations: json_patch::Patch = serde_json::from_str(&String::from_utf8_lossy(patch)).ok()?;
    let mut value = Value::Object(Map::new());
    for operation in operations.0 {
        if let json_patch::PatchOperation::Remove(remove) = operation {
            let path = remove.path.tokens().map(|token| token.decoded().into_owned());
            put(&mut value, path, serde_json::from_str(REMOVED).ok()?)?;
        }
    }
    serde_json::to_vec(&value).ok()
}

/// Deeper nulls are not looked for.
const MAX_NULL_DEPTH: u32 = 16;

fn members(object: &[u8], kind: PatchKind, depth: u32) -> Option<Vec<u8>> {
    if depth > MAX_NULL_DEPTH {
        return None;
    }
    let mut out = Vec::new();
    for member in json::Members::of(object) {
        let value = &object[member.value];
        let inner = match value.first() {
            Some(b'n') => Some(REMOVED.as_bytes().to_vec()),
            Some(b'{') => members(value, kind, depth + 1),
            // Only a strategic patch looks into lists.
            Some(b'[') if kind == PatchKind::Strategic => elements(value, kind, depth + 1),
            _ => None,
        };
        if let Some(inner) = inner {
            add_member(&mut out, &member.key, &inner);
        }
    }
    if out.is_empty() {
        return None;
    }
    out.push(b'}');
    Some(out)
}

fn elements(list: &[u8], kind: PatchKind, depth: u32) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    for range in json::elements(list) {
        let element = &list[range];
        let is_deleted = json::member(element, "$patch") == Some(b"\"delete\"");
        let inner = members(element, kind, depth);
        if !is_deleted && inner.is_none() {
            continue;
        }
        let mut named = inner.map_or_else(Vec::new, |mut inner| {
            inner.pop();
            inner
        });
        for member in json::Members::of(element) {
            let value = &element[member.value];
            if !member.key.starts_with('$') && !matches!(value.first(), Some(b'n' | b'{' | b'[')) {
                add_member(&mut named, &member.key, value);
            }
        }
        if named.is_empty() {
            continue;
        }
        named.push(b'}');
        out.push(if out.is_empty() { b'[' } else { b',' });
        out.extend_from_slice(&named);
    }
    if out.is_empty() {
        return None;
    }
    out.push(b']');
    Some(out)
}
