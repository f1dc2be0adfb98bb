//! Where a request came from.

use serde::{Deserialize, Serialize};

use crate::actor::strings;
use crate::audit::AuditRecord;
use crate::query_text::first_parameter;

/// API servers refuse longer names of field managers.
const MAX_FIELD_MANAGER_BYTES: usize = 128;

/// Where a request came from. All of it but the last address is what the client says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// The address that the API server itself saw: the last of `ips`.
    pub ip: String,
    /// `sourceIPs`: forwarded-for addresses first.
    pub ips: Vec<String>,
    /// `userAgent`.
    pub user_agent: String,
    /// The field manager that the request names; `""` if it names none.
    #[serde(default)]
    pub field_manager: String,
}

impl Client {
    pub(crate) fn of(audit: &AuditRecord<'_>) -> Self {
        let ips = strings(audit.source_ips);
        Self {
            ip: ips.last().cloned().unwrap_or_default(),
            ips,
            user_agent: audit.user_agent.clone().into_owned(),
            field_manager: field_manager(audit),
        }
    }
}

/// What the request itself says. A server-side apply has to say it. Where others do not, API servers take the beginning of the
/// user agent, and entries of `managedFields` with that name may be an older write's: neither is told apart from here, so nothing
/// is said.
fn field_manager(audit: &AuditRecord<'_>) -> String {
    let has_one = matches!(audit.verb.as_ref(), "create" | "update" | "patch") && audit.object_ref.is_some();
    let mut name = if has_one { first_parameter(&audit.uri, "fieldManager") } else { String::new() };
    name.truncate(name.floor_char_boundary(MAX_FIELD_MANAGER_BYTES));
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn field_managers_are_those_of_the_request() {
        fn check(verb: &str, uri: &str, expected: &str) {
            let record = format!(
                r#"{{"auditID":"a","verb":"{verb}","requestURI":"{uri}","userAgent":"kubectl/v1","objectRef":{{"resource":"pods"}}}}"#
            );
            let audit = AuditRecord::decode(record.as_bytes()).unwrap();
            assert_eq!(field_manager(&audit), expected, "{record}");
        }
        check("patch", "/api/v1/pods/x?fieldManager=kubectl-edit&fieldValidation=Strict", "kubectl-edit");
        check("create", "/api/v1/pods?fieldManager=a+b%2Fc", "a b/c");
        check("update", "/x?fieldManager=one&fieldManager=two", "one");
        check("update", "/x?fieldManager=", "");
        check("update", "/x", "");
        check("get", "/x?fieldManager=kubectl-edit", "");
        check("patch", &format!("/x?fieldManager={}", "%c3%A4".repeat(1000)), &"ä".repeat(64));
        check("patch", "/x?fieldManager=%ff", "\u{fffd}");
    }

    #[test]
    fn recorded_field_managers() {
        fn check(example: &str, expected: &str) {
            let path = format!("{}/../samples/audit/examples/{example}", env!("CARGO_MANIFEST_DIR"));
            let record = std::fs::read(path).unwrap();
            assert_eq!(field_manager(&AuditRecord::decode(&record).unwrap()), expected, "{example}");
        }
        check("service-account-user.json", "ci-pipeline");
        check("deployment-set-image.json", "kubectl-set");
        check("scale-patch.json", "");
        check("create-pod-generateName-replicaset.json", "");
        check("ssa-create-201.json", "ci-pipeline");
    }
}
