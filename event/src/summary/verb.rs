//! The general form: the verb and the object.

use super::line;
use super::phrase::{APPLIED, CHANGED, CREATED, DELETED, PATCHED, Phrase, SCALED, UPDATED, Verb};
use super::told::Told;
use crate::audit::AuditRecord;
use crate::change::PatchKind;

const FINALIZED: Verb = Verb::new("finalized", "finalizing");

/// What was done to the object, in general.
pub(super) fn phrase(told: &Told<'_>) -> Phrase {
    let verb = told.audit.verb.as_ref();
    let is_write = matches!(verb, "update" | "patch" | "put");
    let part = match told.object.subresource.as_str() {
        "" => "",
        "scale" if is_write => return Phrase::new(SCALED, told.what()),
        "status" if is_write => return Phrase::new(UPDATED, format!("the status of {}", told.what())),
        "ephemeralcontainers" if is_write => {
            return Phrase::new(CHANGED, format!("the debug containers of {}", told.what()));
        }
        "finalize" if is_write => return Phrase::new(FINALIZED, told.what()),
        "resize" if is_write => return Phrase::new(CHANGED, format!("the resources of {}", told.what())),
        other => &format!("{} of ", line::name(other)),
    };
    let is_many = told.object.name.is_empty() && !matches!(verb, "create" | "post");
    let object = if is_many { told.all() } else { told.what() };
    let verb = if verb == "patch" && is_apply(told) { APPLIED } else { of(verb) };
    Phrase::new(verb, format!("{part}{object}"))
}

/// A request to a URL that is no resource.
pub(super) fn on_path(audit: &AuditRecord<'_>) -> Phrase {
    let path = audit.uri.split('?').next().unwrap_or_default();
    Phrase::new(of(&audit.verb), line::name(path))
}

fn of(verb: &str) -> Verb {
    match verb {
        "create" | "post" => CREATED,
        "update" | "put" => UPDATED,
        "patch" => PATCHED,
        "delete" | "deletecollection" => DELETED,
        "get" => Verb::new("read", "getting"),
        "list" => Verb::new("listed", "listing"),
        "watch" => Verb::new("watched", "watching"),
        "" => Verb::new("requested", "requesting"),
        other => Verb::other(&line::short(other)),
    }
}

fn is_apply(told: &Told<'_>) -> bool {
    told.audit.request_object.is_some_and(|patch| {
        PatchKind::of(patch, &told.audit.uri, &told.object.group, &told.object.resource) == PatchKind::Apply
    })
}
