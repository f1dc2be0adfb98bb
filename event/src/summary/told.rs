//! What a phrase is made of, and the names of the object in it.

use crate::audit::AuditRecord;
use crate::change::{Change, ChangeType};
use crate::json;
use crate::object::{BodyMetadata, ObjectRef};
use crate::outcome::{Outcome, OutcomeResult};
use crate::{is_access_subresource, resource};

use super::line;

/// A request about an object.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told<'a> {
    pub(super) audit: &'a AuditRecord<'a>,
    pub(super) object: &'a ObjectRef,
    pub(super) outcome: &'a Outcome,
    pub(super) change: &'a Change,
    /// Whether it was a dry run: to see that, all of the request's body is read.
    pub(super) is_dry_run: bool,
}

impl<'a> Told<'a> {
    /// `deployment shop/web`; without a name `a deployment in shop`.
    pub(super) fn what(&self) -> String {
        let kind = line::name(&resource::singular(&self.object.resource));
        match (self.namespace().as_str(), self.name().as_str()) {
            ("", "") => format!("{} {kind}", article(&kind)),
            ("", name) => format!("{kind} {name}"),
            (namespace, "") => format!("{} {kind} in {namespace}", article(&kind)),
            (namespace, name) => format!("{kind} {namespace}/{name}"),
        }
    }

    /// `pods in shop`
    pub(super) fn all(&self) -> String {
        let kinds = line::name(&self.object.resource);
        match self.namespace().as_str() {
            "" => kinds,
            namespace => format!("{kinds} in {namespace}"),
        }
    }

    /// The object's name; that of a creation whose name was generated, and not recorded, ends in a star.
    pub(super) fn name(&self) -> String {
        if self.object.name.is_empty() && self.audit.verb == "create" {
            let sent = self.audit.request_object.unwrap_or_default();
            let prefix = line::text_at(sent, &["metadata", "generateName"]);
            if !prefix.is_empty() {
                return format!("{}*", line::name(&prefix));
            }
        }
        line::name(&self.object.name)
    }

    pub(super) fn namespace(&self) -> String {
        line::name(&self.object.namespace)
    }

    /// Whether the object is of this resource.
    pub(super) fn is(&self, group: &str, resource: &str) -> bool {
        self.object.group == group && self.object.resource == resource
    }

    /// Whether it is a policy or tier of Calico, by either of its two API groups.
    pub(super) fn is_calico(&self) -> bool {
        matches!(self.object.group.as_str(), "projectcalico.org" | "crd.projectcalico.org")
    }

    pub(super) fn is_success(&self) -> bool {
        self.outcome.result == OutcomeResult::Success
    }

    /// Whether it took effect: it succeeded and was no dry run.
    pub(super) fn has_effect(&self) -> bool {
        self.is_success() && !self.is_dry_run
    }

    pub(super) fn is_deletion(&self) -> bool {
        matches!(self.audit.verb.as_ref(), "delete" | "deletecollection")
            || self.object.subresource == "eviction"
    }

    /// Whether it was a write that took effect and left everything as it was.
    pub(super) fn is_no_op(&self) -> bool {
        self.change.change_type == ChangeType::None
            && matches!(self.audit.verb.as_ref(), "update" | "patch")
            && self.has_effect()
            && !is_access_subresource(&self.object.subresource)
    }

    /// The object that the API server answered with.
    pub(super) fn answer(&self) -> Option<&'a [u8]> {
        let answer = self.audit.response_object?;
        BodyMetadata::of(answer).is_object().then_some(answer)
    }

    /// The object as it was stored, else as it was sent. A patch is no object.
    pub(super) fn body(&self) -> Option<&'a [u8]> {
        self.answer().or_else(|| self.audit.request_object.filter(|_| self.audit.verb != "patch"))
    }

    /// The value in the object that several keys lead to.
    pub(super) fn in_body(&self, keys: &[&str]) -> Option<&'a [u8]> {
        line::at(self.body()?, keys)
    }

    /// The text in the object that several keys lead to, or the empty string.
    pub(super) fn text_in_body(&self, keys: &[&str]) -> String {
        self.in_body(keys).and_then(json::string).unwrap_or_default().into_owned()
    }
}

fn article(kind: &str) -> &'static str {
    if kind.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}
