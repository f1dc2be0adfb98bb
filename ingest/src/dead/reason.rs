//! Why an item is no audit event, in the words of a dead letter.

use taffrail_event::{NotAudit, json::Members};

/// What identifies an audit event.
const IDENTITY: [&str; 2] = ["auditID", "stage"];

/// The reason that the decoder gives. It takes a text only: an identity that is something else is told from none, or whoever
/// looks at the record would not believe the letter.
pub(crate) fn reason(not_audit: NotAudit, item: &[u8]) -> String {
    if not_audit != NotAudit::NotAnEvent {
        return not_audit.to_string();
    }
    let members: Vec<_> = Members::of(item).map(|member| member.key).collect();
    let there: Vec<_> =
        IDENTITY.into_iter().filter(|name| members.iter().any(|key| key.as_ref() == *name)).collect();
    if there.is_empty() {
        return not_audit.to_string();
    }
    format!("a JSON object, but not an audit event ({}: no text, or an empty one)", there.join(" and "))
}

#[cfg(test)]
mod tests {
    use taffrail_event::AuditRecord;

    use super::*;

    #[test]
    fn an_identity_of_another_type_is_told_from_none() {
        fn check(item: &str, expected: &str) {
            let not_audit = AuditRecord::decode(item.as_bytes()).unwrap_err();
            assert_eq!(reason(not_audit, item.as_bytes()), expected, "{item}");
        }
        let wrong =
            |what: &str| format!("a JSON object, but not an audit event ({what}: no text, or an empty one)");
        check(r#"{"auditID":7,"verb":"get"}"#, &wrong("auditID"));
        check(r#"{"stage":"","auditID":["a"]}"#, &wrong("auditID and stage"));
        check(r#"{"stage":{"a":1}}"#, &wrong("stage"));
        check(r#"{"kind":"Pod"}"#, "a JSON object, but not an audit event (no auditID and no stage)");
        check("[7]", "not a JSON object");
    }
}
