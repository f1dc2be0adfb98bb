//! What a patch asks for, where nothing is known of the state before.

use std::collections::BTreeSet;

use super::diff::diff;
use super::effect::Version;
use super::patch::{self, PatchKind};
use super::path::{Part, parts};
use super::taken_away::{REMOVED, taken_away};
use super::{Change, Confidence, FieldChange, FieldOp};

/// What a patch asks for, where the state before is not known.
pub(crate) fn asked(version: &Version<'_>) -> Option<Change> {
    let (kind, patch) = version.patch?;
    if kind == PatchKind::Apply {
        return None;
    }
    let asked = patch::asked(kind, patch)?;
    let (mut fields, total) = diff(&version.group, &version.resource, None, Some(&asked));
    let listed = fields.len();
    for field in &mut fields {
        field.before = None;
        if field.op == FieldOp::Add {
            field.op = FieldOp::Replace;
        }
    }
    fields.extend(removed(version, kind, patch, &fields));
    drop_names(&mut fields);
    if fields.is_empty() {
        return None;
    }
    let total = (total - listed as u64) + fields.len() as u64;
    let change = Change::of_fields(version.change_type, Confidence::Patch, fields);
    Some(Change { fields_total: Some(total), ..change })
}

/// What the patch takes away: members that it sets to null or removes, elements of lists that it deletes by their key.
fn removed(version: &Version<'_>, kind: PatchKind, patch: &[u8], asked: &[FieldChange]) -> Vec<FieldChange> {
    let removed = taken_away(kind, patch);
    let (fields, _) = diff(&version.group, &version.resource, removed.as_deref(), None);
    let asked = Paths::of(asked);
    fields
        .into_iter()
        .filter(|field| !asked.lead_to(&field.path))
        .filter_map(|field| match &field.before {
            Some(before) if before.as_json() == REMOVED => Some(FieldChange { before: None, ..field }),
            // Of an element that the patch only looks into, the key is asked for.
            _ => element_named_by(&field.path).is_some().then_some(field),
        })
        .collect()
}

/// A patch names the object and the elements of lists that it is about: that changes nothing. Of an element of which it names
/// nothing else, it asks that it be there.
fn drop_names(fields: &mut Vec<FieldChange>) {
    let paths = Paths::of(fields);
    let is_name = |field: &FieldChange| match element_named_by(&field.path) {
        Some(element) => paths.below(element).any(|path| path != field.path),
        None => matches!(field.path.as_str(), "metadata.name" | "metadata.namespace"),
    };
    let are_names: Vec<bool> = fields.iter().map(is_name).collect();
    let mut are_names = are_names.into_iter();
    fields.retain(|field| are_names.next() != Some(true) || field.op == FieldOp::Remove);
}

/// Paths in their order: what leads to a place, or into what is there, stands together.
struct Paths(BTreeSet<String>);

impl Paths {
    fn of(fields: &[FieldChange]) -> Self {
        Self(fields.iter().map(|field| field.path.clone()).collect())
    }

    fn below<'a>(&'a self, place: &str) -> impl Iterator<Item = &'a str> {
        [".", "["].map(|next| format!("{place}{next}")).into_iter().flat_map(|start| {
            let from = self.0.range(start.clone()..);
            from.map(String::as_str).take_while(move |path| path.starts_with(&start))
        })
    }

    fn lead_to(&self, place: &str) -> bool {
        self.0.contains(place) || self.below(place).next().is_some()
    }
}

/// The element of a list of which the path is a merge key: `containers[name=web]` of `containers[name=web].name`.
fn element_named_by(path: &str) -> Option<&str> {
    let (element, _) = path.rsplit_once('.').filter(|(element, _)| element.ends_with(']'))?;
    let mut last = [None, None];
    for part in parts(path) {
        last = [last[1], Some(part)];
    }
    let [Some(Part::Keys(keys)), Some(Part::Member(name))] = last else { return None };
    let is_key = |key: &str| key.split_once('=').is_some_and(|(key, _)| key == name);
    keys.trim_start_matches('[').split(',').any(is_key).then_some(element)
}

#[cfg(test)]
#[path = "asked/tests.rs"]
mod tests;
