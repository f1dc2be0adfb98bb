//! What a patch asks for, where nothing is known of the state before.

use super::diff::diff;
use super::effect::Version;
use super::patch::{self, PatchKind};
use super::worked_out::add_member;
use super::{Change, Confidence, FieldChange, FieldOp};
use crate::json;

/// What a patch asks for, where the state before is not known.
pub(crate) fn asked(version: &Version<'_>) -> Option<Change> {
    let (kind, patch) = version.patch?;
    if kind == PatchKind::Apply {
        return None;
    }
    let asked = patch::asked(kind, patch)?;
    let (mut fields, total) = diff(&version.group, &version.resource, None, Some(&asked.object));
    // What a merge deletes is asked for with a null.
    fields.extend(deleted(version, patch, kind));
    if fields.is_empty() {
        return None;
    }
    for field in &mut fields {
        field.before = None;
        if field.op == FieldOp::Add {
            field.op = FieldOp::Replace;
        }
    }
    let total = total.max(fields.len() as u64);
    let change = Change::of_fields(version.change_type, Confidence::Patch, fields);
    Some(Change { fields_total: asked.is_all.then_some(total), ..change })
}

/// Members that a merge patch sets to null.
fn deleted(version: &Version<'_>, patch: &[u8], kind: PatchKind) -> Vec<FieldChange> {
    if kind == PatchKind::Json {
        return Vec::new();
    }
    let nulls = nulls_as(patch, 0);
    let (fields, _) = diff(&version.group, &version.resource, nulls.as_deref(), None);
    fields
        .into_iter()
        .filter(|field| field.before.as_ref().is_some_and(|before| before.as_json() == DELETED))
        .map(|field| FieldChange { before: None, ..field })
        .collect()
}

/// Stands for a null, which the differ takes for nothing.
const DELETED: &str = "\"\\u0000deleted\"";

/// Deeper nulls are not looked for.
const MAX_NULL_DEPTH: u32 = 16;

/// The object's nulls as [`DELETED`], and nothing else of it; `None` if there are none.
fn nulls_as(object: &[u8], depth: u32) -> Option<Vec<u8>> {
    if depth > MAX_NULL_DEPTH {
        return None;
    }
    let mut out = Vec::new();
    for member in json::Members::of(object) {
        let value = &object[member.value];
        let inner = match value.first() {
            Some(b'n') => Some(DELETED.as_bytes().to_vec()),
            Some(b'{') => nulls_as(value, depth + 1),
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
