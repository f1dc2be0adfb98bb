//! The object that a request is about.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::audit::{AuditRecord, string_member};
use crate::json::{self, Members};

/// The object that a request is about, in Kubernetes' own words. `""` means none or unknown.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ObjectRef {
    /// API group; the core group is `""`.
    pub group: String,
    /// API version.
    pub version: String,
    /// Plural resource name.
    pub resource: String,
    /// Subresource.
    pub subresource: String,
    /// Namespace; `""` for a Namespace itself and for cluster-scoped objects.
    pub namespace: String,
    /// Name; for a `generateName` creation the final one, where the response was recorded.
    pub name: String,
    /// `metadata.uid`.
    pub uid: String,
    /// `metadata.resourceVersion` of the response, else the one that the request was based on.
    pub resource_version: String,
    /// The node that a pod runs on, or the node itself.
    pub node: String,
}

/// The parts of a body's metadata that tell which state of which object it is.
#[derive(Debug, Clone, Default)]
pub(crate) struct BodyMetadata<'a> {
    pub(crate) kind: Cow<'a, str>,
    pub(crate) name: Cow<'a, str>,
    pub(crate) uid: Cow<'a, str>,
    pub(crate) resource_version: Cow<'a, str>,
    pub(crate) is_terminating: bool,
    pub(crate) has_finalizers: bool,
    /// Whether `deletionGracePeriodSeconds` is 0.
    pub(crate) has_no_grace: bool,
    pub(crate) generation: Option<i64>,
}

impl<'a> BodyMetadata<'a> {
    pub(crate) fn of(body: &'a [u8]) -> Self {
        let mut found = Self::default();
        let (mut seen_kind, mut seen_metadata) = (false, false);
        let mut details = None;
        for member in Members::of(body) {
            let value = &body[member.value];
            match member.key.as_ref() {
                "kind" => {
                    found.kind = json::string(value).unwrap_or_default();
                    seen_kind = true;
                }
                "metadata" => {
                    found.read_metadata(value);
                    seen_metadata = true;
                }
                "details" => details = Some(value),
                _ => {}
            }
            // Kind and metadata come first in what the API server writes: spare the rest of large bodies.
            if seen_kind && seen_metadata && found.kind != "Status" {
                break;
            }
        }
        // A delete that took effect at once answers with a Status that names the object there.
        if let Some(details) = details.filter(|_| found.kind == "Status") {
            found.uid = string_member(details, "uid");
        }
        found
    }

    fn read_metadata(&mut self, metadata: &'a [u8]) {
        for member in Members::of(metadata) {
            let value = &metadata[member.value];
            match member.key.as_ref() {
                "name" => self.name = json::string(value).unwrap_or_default(),
                "uid" => self.uid = json::string(value).unwrap_or_default(),
                "resourceVersion" => self.resource_version = json::string(value).unwrap_or_default(),
                "deletionTimestamp" => self.is_terminating = value != b"null",
                "deletionGracePeriodSeconds" => self.has_no_grace = value == b"0",
                "generation" => self.generation = json::integer(value),
                "finalizers" => self.has_finalizers = json::elements(value).next().is_some(),
                // Typed objects are written in Go's order, where these come last and are large. Custom resources are
                // written in the order of the keys: there the uid is still to come.
                "managedFields" if !self.uid.is_empty() && !self.resource_version.is_empty() => break,
                _ => {}
            }
        }
    }

    /// Whether the body is the object itself, whole or its metadata, rather than an answer about it.
    pub(crate) fn is_object(&self) -> bool {
        // A list has no name; kinds of objects may be called one, as an AllowList.
        let is_list = self.kind.ends_with("List") && self.name.is_empty();
        !is_list && !matches!(self.kind.as_ref(), "" | "Status" | "Table" | "DeleteOptions")
    }
}

impl ObjectRef {
    /// `None` for a non-resource URL.
    pub(crate) fn of(audit: &AuditRecord<'_>, response: &BodyMetadata<'_>) -> Option<Self> {
        let reference = audit.object_ref?;
        let mut object = Self::default();
        for member in Members::of(reference) {
            let text = json::string(&reference[member.value]).unwrap_or_default().into_owned();
            match member.key.as_ref() {
                "apiGroup" => object.group = text,
                "apiVersion" => object.version = text,
                "resource" => object.resource = text,
                "subresource" => object.subresource = text,
                "namespace" => object.namespace = text,
                "name" => object.name = text,
                "uid" => object.uid = text,
                "resourceVersion" => object.resource_version = text,
                _ => {}
            }
        }
        // OpenShift and aggregated servers write group and version together here.
        if let Some((group, version)) = object.version.split_once('/') {
            object.group = group.to_owned();
            object.version = version.to_owned();
        }
        let is_namespace = object.group.is_empty() && object.resource == "namespaces";
        if is_namespace {
            object.namespace.clear();
        }
        if response.is_object() {
            // Other subresources may answer with an object of another kind, as a BuildConfig's instantiate does with a Build.
            let is_itself = is_answered_with_the_object(&object.subresource) || object.subresource == "scale";
            let is_created = audit.verb == "create" && object.subresource.is_empty();
            replace_if_some(&mut object.name, &response.name, is_created);
            if is_itself {
                replace_if_some(&mut object.uid, &response.uid, true);
                replace_if_some(&mut object.resource_version, &response.resource_version, true);
            }
        } else if !response.uid.is_empty() {
            object.uid = response.uid.clone().into_owned();
        }
        object.node = node(audit, &object);
        Some(object)
    }
}

/// Subresources that take and give the object itself. Others have forms of their own, or nobody knows what they do.
pub(crate) fn is_answered_with_the_object(subresource: &str) -> bool {
    matches!(subresource, "" | "status" | "finalize" | "approval" | "ephemeralcontainers" | "resize")
}

fn replace_if_some(field: &mut String, value: &str, overwrite: bool) {
    if !value.is_empty() && (overwrite || field.is_empty()) {
        value.clone_into(field);
    }
}

fn node(audit: &AuditRecord<'_>, object: &ObjectRef) -> String {
    if !object.group.is_empty() {
        return String::new();
    }
    let of_body = |body: Option<&[u8]>, outer: &str, inner: &str| {
        let found = json::member(body?, outer)?;
        Some(string_member(found, inner).into_owned())
    };
    match object.resource.as_str() {
        "nodes" => object.name.clone(),
        "pods" if object.subresource == "binding" => {
            of_body(audit.request_object, "target", "name").unwrap_or_default()
        }
        "pods" => of_body(audit.response_object, "spec", "nodeName").unwrap_or_default(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(json: &str) -> ObjectRef {
        let audit = AuditRecord::decode(json.as_bytes()).unwrap();
        let response = audit.response_object.map(BodyMetadata::of).unwrap_or_default();
        ObjectRef::of(&audit, &response).unwrap()
    }

    #[test]
    fn a_generated_name_comes_from_the_response() {
        let found = object(
            r#"{"auditID":"a","verb":"create","objectRef":{"resource":"pods","namespace":"shop","apiVersion":"v1"},
            "responseObject":{"kind":"Pod","metadata":{"name":"web-x7","uid":"u","resourceVersion":"9"},"spec":{"nodeName":"node-1"}}}"#,
        );
        assert_eq!(
            (found.name.as_str(), found.uid.as_str(), found.resource_version.as_str()),
            ("web-x7", "u", "9")
        );
        assert_eq!(found.node, "node-1");
    }

    #[test]
    fn a_custom_resource_has_its_keys_sorted() {
        let found = object(
            r#"{"auditID":"a","verb":"create","objectRef":{"resource":"widgets","namespace":"shop"},
            "responseObject":{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"generation":1,"managedFields":[{"manager":"x"}],"name":"w-7","resourceVersion":"9","uid":"u"},"spec":{}}}"#,
        );
        assert_eq!(
            (found.name.as_str(), found.uid.as_str(), found.resource_version.as_str()),
            ("w-7", "u", "9")
        );
    }

    #[test]
    fn the_status_of_a_delete_names_the_uid() {
        let found = object(
            r#"{"auditID":"a","verb":"delete","objectRef":{"resource":"pods","name":"x"},
            "responseObject":{"kind":"Status","metadata":{},"status":"Success","details":{"name":"x","uid":"u"}}}"#,
        );
        assert_eq!(
            (found.name.as_str(), found.uid.as_str(), found.resource_version.as_str()),
            ("x", "u", "")
        );
    }

    #[test]
    fn a_list_answer_is_no_state_of_the_object() {
        let found = object(
            r#"{"auditID":"a","verb":"list","objectRef":{"resource":"pods"},
            "responseObject":{"kind":"PodList","metadata":{"resourceVersion":"77"}}}"#,
        );
        assert_eq!(found.resource_version, "");
    }

    #[test]
    fn a_namespace_has_no_namespace() {
        let found = object(
            r#"{"auditID":"a","objectRef":{"resource":"namespaces","namespace":"shop","name":"shop"}}"#,
        );
        assert_eq!((found.namespace.as_str(), found.name.as_str()), ("", "shop"));
    }
}
