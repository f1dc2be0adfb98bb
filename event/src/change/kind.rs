//! What happened to an object, by verb, code and answer alone.

use super::ChangeType;
use crate::audit::AuditRecord;
use crate::json;
use crate::object::{BodyMetadata, ObjectRef};
use crate::outcome::{Outcome, OutcomeResult};

/// By verb, code, dry run and resource version (reference/audit.md sections 2 and 12).
pub(crate) fn change_type(
    audit: &AuditRecord<'_>,
    object: Option<&ObjectRef>,
    outcome: &Outcome,
    response: &BodyMetadata<'_>,
) -> ChangeType {
    let Some(object) = object else { return ChangeType::None };
    if outcome.result != OutcomeResult::Success || audit.is_dry_run() || is_question(object) {
        return ChangeType::None;
    }
    match audit.verb.as_ref() {
        "create" if object.subresource.is_empty() => ChangeType::Create,
        "create" if object.subresource == "eviction" => ChangeType::Delete,
        "create" if crate::is_access_subresource(&object.subresource) => ChangeType::None,
        "create" => ChangeType::Update,
        "update" | "patch" if outcome.code == Some(201) => ChangeType::Create,
        // The write that removes the last finalizer removes the object; the API server logs no delete for it.
        "update" | "patch" if response.is_object() && response.is_terminating && !response.has_finalizers => {
            if is_pod(object) && !response.has_no_grace || has_spec_finalizers(audit, object) {
                ChangeType::Update
            } else {
                ChangeType::Delete
            }
        }
        "update" if is_no_op(audit, response) => ChangeType::None,
        "update" | "patch" => ChangeType::Update,
        "deletecollection" if is_empty_list(audit) => ChangeType::None,
        "delete" | "deletecollection" => ChangeType::Delete,
        _ => ChangeType::None,
    }
}

/// Requests that are written as creations but store nothing: reviews, and tokens.
pub(super) fn is_question(object: &ObjectRef) -> bool {
    object.subresource == "token"
        || matches!(object.group.as_str(), "authentication.k8s.io" | "authorization.k8s.io")
            && (object.resource.ends_with("reviews"))
}

/// A pod that is shutting down has a deletion timestamp and no finalizers while its status is still written; once its grace is
/// over, finalizers were all that kept it.
pub(super) fn is_pod(object: &ObjectRef) -> bool {
    object.group.is_empty() && object.resource == "pods"
}

/// A Namespace is held by `spec.finalizers`, not only by those of its metadata.
pub(super) fn has_spec_finalizers(audit: &AuditRecord<'_>, object: &ObjectRef) -> bool {
    let finalizers = || json::member(json::member(audit.response_object?, "spec")?, "finalizers");
    object.group.is_empty()
        && object.resource == "namespaces"
        && finalizers().is_some_and(|finalizers| json::elements(finalizers).next().is_some())
}

/// A deletecollection answers with what it deleted; nothing matched if that is a list of nothing.
fn is_empty_list(audit: &AuditRecord<'_>) -> bool {
    let items = audit.response_object.and_then(|body| json::member(body, "items"));
    items.is_some_and(|items| json::elements(items).next().is_none())
}

/// A PUT of what is already there leaves the resource version that it was based on.
fn is_no_op(audit: &AuditRecord<'_>, response: &BodyMetadata<'_>) -> bool {
    let base = audit
        .object_ref
        .map(|object| crate::audit::string_member(object, "resourceVersion"))
        .unwrap_or_default();
    response.is_object() && !base.is_empty() && base == response.resource_version
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(rest: &str) -> ChangeType {
        let json = format!(r#"{{"auditID":"a","stage":"ResponseComplete",{rest}}}"#);
        let event = crate::Event::decode(json.as_bytes(), crate::Origins::default()).unwrap();
        event.change.unwrap().change_type
    }

    #[test]
    fn change_types() {
        fn check(rest: &str, expected: ChangeType) {
            assert_eq!(event(rest), expected, "{rest}");
        }
        let pods = r#""objectRef":{"resource":"pods","name":"x","resourceVersion":"5"}"#;
        let ok = r#""responseStatus":{"code":200}"#;
        check(&format!(r#""verb":"create",{pods},{ok}"#), ChangeType::Create);
        check(&format!(r#""verb":"patch",{pods},"responseStatus":{{"code":201}}"#), ChangeType::Create);
        check(&format!(r#""verb":"patch",{pods},{ok}"#), ChangeType::Update);
        check(&format!(r#""verb":"patch",{pods},"responseStatus":{{"code":403}}"#), ChangeType::None);
        check(&format!(r#""verb":"patch",{pods},{ok},"requestURI":"/x?dryRun=All""#), ChangeType::None);
        check(&format!(r#""verb":"get",{pods},{ok}"#), ChangeType::None);
        let same = r#""responseObject":{"kind":"Pod","metadata":{"resourceVersion":"5"}}"#;
        check(&format!(r#""verb":"update",{pods},{ok},{same}"#), ChangeType::None);
        let last_finalizer = r#""objectRef":{"resource":"widgets"},"responseObject":{"kind":"W","metadata":{"deletionTimestamp":"t"}}"#;
        check(&format!(r#""verb":"patch",{last_finalizer},{ok}"#), ChangeType::Delete);
        let namespace = |finalizers: &str| {
            format!(
                r#""verb":"update","objectRef":{{"resource":"namespaces","name":"shop"}},{ok},
                "responseObject":{{"kind":"Namespace","metadata":{{"deletionTimestamp":"t"}},"spec":{{"finalizers":[{finalizers}]}}}}"#
            )
        };
        check(&namespace(r#""kubernetes""#), ChangeType::Update);
        check(&namespace(""), ChangeType::Delete);
        let pod = |grace: u8| {
            format!(
                r#""verb":"patch",{pods},{ok},"responseObject":{{"kind":"Pod","metadata":{{"deletionTimestamp":"x","deletionGracePeriodSeconds":{grace}}}}}"#
            )
        };
        check(&pod(30), ChangeType::Update);
        check(&pod(0), ChangeType::Delete);
        let collection = |items: &str| {
            format!(
                r#""verb":"deletecollection","objectRef":{{"resource":"pods"}},{ok},"responseObject":{{"kind":"PodList","items":{items}}}"#
            )
        };
        check(&collection("[]"), ChangeType::None);
        check(&collection(r#"[{"metadata":{"name":"x"}}]"#), ChangeType::Delete);
        check(
            &format!(r#""verb":"deletecollection","objectRef":{{"resource":"pods"}},{ok}"#),
            ChangeType::Delete,
        );
        check(
            r#""verb":"create","objectRef":{"resource":"pods","subresource":"exec"},"responseStatus":{"code":101}"#,
            ChangeType::None,
        );
        check(
            r#""verb":"create","objectRef":{"resource":"tokenreviews","apiGroup":"authentication.k8s.io"},"responseStatus":{"code":201}"#,
            ChangeType::None,
        );
        check(r#""verb":"post","requestURI":"/x","responseStatus":{"code":200}"#, ChangeType::None);
    }
}
