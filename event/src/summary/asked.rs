//! What a request asked for: all that can be said of one that was refused, failed, or was a dry run; and what tells a
//! patch's own changes from those of a write before it that nobody saw.

use super::line;
use super::told::Told;
use crate::change::{
    Change, ChangeType, Confidence, Effect, FieldChange, FieldOp, JsonText, MAX_FIELDS, PatchKind, Version,
    asked, push_member,
};
use crate::json;

/// What the request asks for, without the values before; `None` where that is not known without the object.
pub(super) fn change(told: &Told<'_>) -> Option<Change> {
    scaled(told).or_else(|| operations(told)).or_else(|| patched(told))
}

/// The fields that the patch names, without their values before. `None` if it is no patch, or one of which the places are
/// not known without the object.
fn patched(told: &Told<'_>) -> Option<Change> {
    let patch = told.audit.request_object.filter(|_| told.audit.verb == "patch")?;
    let object = told.object;
    asked(&Version {
        effect: Effect::Patched,
        change_type: ChangeType::Update,
        group: object.group.clone(),
        resource: object.resource.clone(),
        api_version: object.version.clone(),
        uid: String::new(),
        resource_version: None,
        base: None,
        generation: None,
        is_status: object.subresource == "status",
        is_removal: false,
        is_proven: false,
        patch: Some((PatchKind::of(patch, &told.audit.uri, &object.group, &object.resource), patch)),
    })
}

/// What the operations of a JSON patch ask for, places in lists without their index. `None` for other patches, and for
/// operations that move values.
pub(super) fn operations(told: &Told<'_>) -> Option<Change> {
    let patch = told
        .audit
        .request_object
        .filter(|patch| told.audit.verb == "patch" && patch.first() == Some(&b'['))?;
    let mut fields = Vec::new();
    for range in json::elements(patch).take(MAX_FIELDS) {
        let operation = &patch[range];
        let pointer = line::text_at(operation, &["path"]);
        let is_in_list = pointer.rsplit('/').next().is_some_and(is_index);
        let (op, after) = match line::text_at(operation, &["op"]).as_ref() {
            "test" => continue,
            // What comes into a list or leaves it is a part of the list's value.
            "add" | "replace" | "remove" if is_in_list => (FieldOp::Replace, None),
            "remove" => (FieldOp::Remove, Some(JsonText::null())),
            "add" | "replace" => (FieldOp::Replace, line::at(operation, &["value"]).map(JsonText::of)),
            _ => return None,
        };
        let mut path = String::new();
        for token in pointer.split('/').skip(1).filter(|token| !is_index(token)) {
            push_member(&mut path, &token.replace("~1", "/").replace("~0", "~"));
        }
        if path.is_empty() {
            return None;
        }
        fields.push(field(path, op, after));
    }
    (!fields.is_empty()).then(|| Change::of_fields(ChangeType::Update, Confidence::Patch, fields))
}

/// The fields that are a patch's own, by their paths; `None` where those are not known without the object.
pub(super) fn own(told: &Told<'_>) -> Option<Change> {
    let patch = told.audit.request_object?;
    if patch.first() != Some(&b'[') {
        return patched(told);
    }
    let has_index =
        json::elements(patch).any(|range| line::text_at(&patch[range], &["path"]).split('/').any(is_index));
    operations(told).filter(|_| !has_index)
}

/// Whether it is a place in a list.
fn is_index(token: &str) -> bool {
    token == "-" || !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_digit())
}

fn field(path: String, op: FieldOp, after: Option<JsonText>) -> FieldChange {
    FieldChange { path, op, before: None, after, status: false, cut: false, bytes: None }
}

/// What a write of the scale asks for.
fn scaled(told: &Told<'_>) -> Option<Change> {
    let sent = told.audit.request_object.filter(|_| told.object.subresource == "scale")?;
    let replicas = JsonText::of(line::at(sent, &["spec", "replicas"])?);
    let field = field("spec.replicas".to_owned(), FieldOp::Replace, Some(replicas));
    Some(Change::of_fields(ChangeType::Update, Confidence::Patch, vec![field]))
}
