//! What a request asked for: all that can be said of one that was refused, failed, or was a dry run; and what tells a
//! patch's own changes from those of a write before it that nobody saw.

use super::line;
use super::told::Told;
use crate::change::{Change, ChangeType, Confidence, Effect, FieldChange, FieldOp, JsonText, PatchKind, Version, asked};

/// The fields that the patch names, without their values before. `None` if it is no patch, or one of which the places are
/// not known without the object.
pub(super) fn patched(told: &Told<'_>) -> Option<Change> {
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
        patch: Some((PatchKind::of(patch, &told.audit.uri, &object.group, &object.resource), patch)),
    })
}

/// What a write of the scale asks for.
pub(super) fn scaled(told: &Told<'_>) -> Option<Change> {
    let sent = told.audit.request_object.filter(|_| told.object.subresource == "scale")?;
    let replicas = JsonText::of(line::at(sent, &["spec", "replicas"])?);
    let field = FieldChange {
        path: "spec.replicas".to_owned(),
        op: FieldOp::Replace,
        before: None,
        after: Some(replicas),
        status: false,
        cut: false,
        bytes: None,
    };
    Some(Change::of_fields(ChangeType::Update, Confidence::Patch, vec![field]))
}
