//! What the record of a successful write says about its object (reference: `audit.md` sections 2 and 12).

use super::kind::{has_spec_finalizers, is_pod, is_question};
use super::members::each_member;
use super::merge_key::{Lists, lists_of};
use super::patch::PatchKind;
use super::{ChangeType, change_type};
use crate::audit::{AuditRecord, string_member};
use crate::json;
use crate::object::{BodyMetadata, ObjectRef, is_answered_with_the_object};
use crate::outcome::Outcome;

/// One write of an object that took effect.
#[derive(Debug, Clone)]
pub struct Version<'a> {
    /// What it says about the object's state.
    pub effect: Effect<'a>,
    /// What the write did, as far as its record alone tells.
    pub change_type: ChangeType,
    /// API group.
    pub group: String,
    /// Plural resource name.
    pub resource: String,
    /// API version that the bodies are written in.
    pub api_version: String,
    /// `metadata.uid`; `""` if the record does not say.
    pub uid: String,
    /// `metadata.resourceVersion` of the result; `None` if the record does not say.
    pub resource_version: Option<u64>,
    /// The resource version that the client had read, for an update.
    pub base: Option<u64>,
    /// `metadata.generation` of the result.
    pub generation: Option<i64>,
    /// Whether only the status was written, which does not count as a generation.
    pub is_status: bool,
    /// Whether the object was gone after it.
    pub is_removal: bool,
    /// Whether its record proves that: an accepted deletion of which the answer was not recorded does not.
    pub is_proven: bool,
    /// The patch, if that is how it was written.
    pub patch: Option<(PatchKind, &'a [u8])>,
}

/// What a write says about the object's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect<'a> {
    /// The whole object as it was stored.
    State(&'a [u8]),
    /// The whole object as the client sent it.
    Asked(&'a [u8]),
    /// Only the patch.
    Patched,
    /// Only its metadata, as clients get it who ask for no more.
    Metadata(&'a [u8]),
    /// `spec.replicas`, by the scale subresource.
    Scaled(i64),
    /// `spec.nodeName`, by the scheduler's binding; the name in its JSON.
    Bound(&'a [u8]),
    /// Its deletion was accepted; nothing else of it changed.
    Evicted,
    /// Nothing: it was recorded without bodies, or they were cut.
    Unknown,
}

impl<'a> Version<'a> {
    /// `None` unless the record is of a successful write of one object. Bodies that were cut on the way are not in records at
    /// all, so those that are there are whole.
    pub fn of(audit: &AuditRecord<'a>) -> Option<Self> {
        let response = audit.response_object.map(BodyMetadata::of).unwrap_or_default();
        let object = ObjectRef::of(audit, &response)?;
        let outcome = Outcome::of(audit);
        Self::of_parts(audit, &object, &outcome, &response)
    }

    pub(crate) fn of_parts(
        audit: &AuditRecord<'a>,
        object: &ObjectRef,
        outcome: &Outcome,
        response: &BodyMetadata<'a>,
    ) -> Option<Self> {
        if object.name.is_empty() || audit.verb == "deletecollection" {
            return None;
        }
        let change_type = change_type(audit, Some(object), outcome, response);
        let is_no_op = change_type == ChangeType::None && is_write(audit, object, outcome);
        if change_type == ChangeType::None && !is_no_op {
            return None;
        }
        let is_whole = response.is_object()
            && !is_part(&response.kind)
            && !response.uid.is_empty()
            && is_answered_with_the_object(&object.subresource);
        let patch = (audit.verb == "patch")
            .then_some(audit.request_object)
            .flatten()
            .map(|patch| (PatchKind::of(patch, &audit.uri, &object.group, &object.resource), patch));
        let effect = effect(audit, object, response, is_whole, patch.is_some());
        let has_result = is_whole || matches!(effect, Effect::Scaled(_) | Effect::Metadata(_));
        let reference = audit.object_ref.unwrap_or_default();
        Some(Self {
            effect,
            change_type,
            group: object.group.clone(),
            resource: object.resource.clone(),
            api_version: object.version.clone(),
            uid: object.uid.clone(),
            resource_version: number(&response.resource_version).filter(|_| has_result),
            base: number(&string_member(reference, "resourceVersion")).filter(|_| audit.verb == "update"),
            generation: response.generation.filter(|_| is_whole),
            is_status: object.subresource == "status",
            is_removal: is_removal(audit, object, response, change_type),
            is_proven: response.is_object() || response.kind == "Status",
            patch,
        })
    }

    /// The write of one member of a collection that was deleted; `None` if the record does not list it. Its answer has the
    /// members as they were then, without kind and API version.
    pub fn of_member(audit: &AuditRecord<'a>, namespace: &str, name: &str) -> Option<Self> {
        let outcome = Outcome::of(audit);
        let of_list = audit.response_object.map(BodyMetadata::of).unwrap_or_default();
        let object = ObjectRef::of(audit, &of_list)?;
        if audit.verb != "deletecollection"
            || change_type(audit, Some(&object), &outcome, &of_list) != ChangeType::Delete
        {
            return None;
        }
        let item = each_member(audit).find(|item| item.namespace == namespace && item.name == name)?;
        let member = BodyMetadata::of(item.object);
        Some(Self {
            effect: Effect::Metadata(item.object),
            change_type: ChangeType::Delete,
            uid: member.uid.clone().into_owned(),
            resource_version: None,
            base: None,
            generation: None,
            is_status: false,
            is_removal: is_gone(audit, &object, &member),
            is_proven: true,
            patch: None,
            group: object.group,
            resource: object.resource,
            api_version: object.version,
        })
    }
}

fn is_write(audit: &AuditRecord<'_>, object: &ObjectRef, outcome: &Outcome) -> bool {
    matches!(audit.verb.as_ref(), "update" | "patch")
        && outcome.result == crate::OutcomeResult::Success
        && !audit.is_dry_run()
        && !crate::is_access_subresource(&object.subresource)
        && !is_question(object)
}

fn effect<'a>(
    audit: &AuditRecord<'a>,
    object: &ObjectRef,
    response: &BodyMetadata<'a>,
    is_whole: bool,
    is_patch: bool,
) -> Effect<'a> {
    let body = audit.response_object.unwrap_or_default();
    match object.subresource.as_str() {
        // Where a custom resource keeps its replicas, only its definition says.
        "scale" if matches!(lists_of(&object.group, &object.resource), Lists::Guessed) => {
            return Effect::Unknown;
        }
        "scale" => {
            return scaled(body)
                .or_else(|| scaled(audit.request_object?))
                .map_or(Effect::Unknown, Effect::Scaled);
        }
        "binding" => {
            let target = audit.request_object.and_then(|body| json::member(body, "target"));
            let node = target.and_then(|target| json::member(target, "name"));
            return node.map_or(Effect::Unknown, Effect::Bound);
        }
        "eviction" => return Effect::Evicted,
        _ => {}
    }
    if is_whole {
        return Effect::State(body);
    }
    if response.kind == "PartialObjectMetadata" && !response.uid.is_empty() {
        return Effect::Metadata(body);
    }
    match (audit.verb.as_ref(), audit.request_object) {
        _ if !is_answered_with_the_object(&object.subresource) => Effect::Unknown,
        (_, Some(_)) if is_patch => Effect::Patched,
        ("create" | "update", Some(sent)) if json::member(sent, "metadata").is_some() => Effect::Asked(sent),
        _ => Effect::Unknown,
    }
}

/// Kinds of answers that are about a part of the object.
fn is_part(kind: &str) -> bool {
    matches!(kind, "PartialObjectMetadata" | "Scale" | "TokenRequest" | "Binding" | "Eviction")
}

/// A `Scale` leaves out a zero.
fn scaled(body: &[u8]) -> Option<i64> {
    let spec = json::member(body, "spec")?;
    json::member(spec, "replicas").map_or(Some(0), json::integer)
}

/// A delete that is answered with a Status took effect; one that is answered with the object did if nothing holds that.
fn is_removal(
    audit: &AuditRecord<'_>,
    object: &ObjectRef,
    response: &BodyMetadata<'_>,
    change_type: ChangeType,
) -> bool {
    if change_type != ChangeType::Delete || object.subresource == "eviction" {
        return false;
    }
    if response.is_object() {
        return is_gone(audit, object, response);
    }
    // Without bodies nobody knows; what is deleted is usually gone, and a later write of the same uid says otherwise. Of a pod
    // only its kubelet's is the last word.
    response.kind == "Status" || !is_pod(object) || audit.user_name().starts_with("system:node:")
}

/// Whether nothing holds the object that a deletion is answered with.
fn is_gone(audit: &AuditRecord<'_>, object: &ObjectRef, answered: &BodyMetadata<'_>) -> bool {
    if !answered.is_terminating {
        // Gone before anybody could mark it, as Services go. Whoever else writes an object leaves it.
        return matches!(audit.verb.as_ref(), "delete" | "deletecollection");
    }
    if answered.has_finalizers || has_spec_finalizers(audit, object) {
        return false;
    }
    // A pod goes when its grace is over.
    !is_pod(object) || answered.has_no_grace
}

fn number(text: &str) -> Option<u64> {
    text.parse().ok().filter(|number| *number > 0)
}
