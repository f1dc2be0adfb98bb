//! Who did it.

use super::line;
use crate::actor::{Actor, ActorType};
use crate::audit::AuditRecord;

/// The actor, by the name that a rule gives them if one does, and whom they acted as.
pub(super) fn who(actor: &Actor) -> String {
    let name = if !actor.display.is_empty() {
        line::name(&actor.display)
    } else if ActorType::of(&actor.name) == ActorType::Anonymous {
        // By the name: a rule may say of somebody with a name that they are to count as anonymous.
        "an anonymous caller".to_owned()
    } else {
        line::name(short_name(&actor.name))
    };
    match &actor.impersonated {
        Some(impersonated) => format!("{name} as {}", line::name(short_name(&impersonated.name))),
        None => name,
    }
}

/// `system:serviceaccount:ns:name` reads as `ns:name`, `system:node:n` as `n`; everything else is said whole.
pub(super) fn short_name(name: &str) -> &str {
    name.strip_prefix("system:serviceaccount:").or_else(|| name.strip_prefix("system:node:")).unwrap_or(name)
}

/// Whom the caller wanted to be, where that is what was refused (`pkg/endpoints/filters/impersonation` of the API server; the record
/// has no `impersonatedUser` then). Where users are impersonated with constraints the answer does not say whom.
pub(super) fn wanted(audit: &AuditRecord<'_>) -> Option<String> {
    let status = audit.response_status?;
    if !line::text_at(status, &["message"]).contains(" cannot impersonate") {
        return None;
    }
    let name = line::text_at(status, &["details", "name"]);
    let word = match line::text_at(status, &["details", "kind"]).as_ref() {
        "users" => "user",
        "groups" => "group",
        "serviceaccounts" => "serviceaccount",
        "uids" => "uid",
        _ => "",
    };
    Some(match (word, name.as_ref()) {
        ("", _) | (_, "") => "another user".to_owned(),
        (word, name) => format!("{word} {}", line::name(name)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ActorRule, ActorRules, ActorType, DisplayName, Event, Glob, Origins};

    fn rules() -> ActorRules {
        let rule = |user: &str, name: &str| ActorRule {
            user: Some(Glob::ignoring_case(user)),
            name: (!name.is_empty()).then(|| DisplayName::of(name)),
            ..ActorRule::default()
        };
        ActorRules::new(vec![
            rule("kubernetes-admin", "break glass"),
            rule("system:serviceaccount:ci:*", "CI ({1})"),
            ActorRule { actor_type: Some(ActorType::Anonymous), ..rule("kiosk", "") },
            ActorRule { actor_type: Some(ActorType::Human), ..rule("system:anonymous", "") },
            rule("*-lines", "a\nb {1}"),
        ])
    }

    #[test]
    fn names_that_rules_give() {
        fn check(user: &str, expected: &str) {
            let record = format!(
                r#"{{"auditID":"a","verb":"get","requestURI":"/x","user":{{{user}}},"responseStatus":{{"code":200}}}}"#
            );
            let origins = Origins { actors: rules(), ..Origins::default() };
            let event = Event::decode(record.as_bytes(), origins).unwrap();
            assert_eq!(event.summary, format!("{expected} read /x"), "{record}");
        }
        check(r#""username":"alice""#, "alice");
        check(r#""username":"Kubernetes-Admin""#, "break glass");
        check(r#""username":"system:serviceaccount:ci:deployer""#, "CI (deployer)");
        check(r#""username":"kiosk""#, "kiosk");
        check(r#""username":"system:anonymous""#, "an anonymous caller");
        check(r#""username":"two-lines""#, "a b two");
    }

    #[test]
    fn impersonation_names_both() {
        fn check(example: &str, rules: ActorRules, expected: &str) {
            let path = format!("{}/../samples/audit/examples/{example}", env!("CARGO_MANIFEST_DIR"));
            let origins = Origins { actors: rules, ..Origins::default() };
            assert_eq!(Event::decode(&std::fs::read(path).unwrap(), origins).unwrap().summary, expected);
        }
        let none = ActorRules::default;
        check("impersonation-ok.json", none(), "kubernetes-admin as bob listed pods in shop-a");
        check("impersonation-ok.json", rules(), "break glass as bob listed pods in shop-a");
        check("impersonation-uid.json", none(), "kubernetes-admin as mallory read /version");
        check(
            "impersonation-403.json",
            none(),
            "bob was refused impersonating another user (getting /version)",
        );
    }

    /// Constructed, but for the answer's form (`responsewriters.Forbidden`): recorded is one of an API server with constraints.
    #[test]
    fn whom_a_caller_wanted_to_be() {
        fn check(status: &str, expected: Option<&str>) {
            let record = format!(r#"{{"auditID":"a","stage":"ResponseComplete","responseStatus":{status}}}"#);
            let audit = AuditRecord::decode(record.as_bytes()).unwrap();
            assert_eq!(wanted(&audit).as_deref(), expected, "{status}");
        }
        let refused = |kind: &str, name: &str| {
            format!(
                r#"{{"message":"{kind} \"{name}\" is forbidden: User \"bob\" cannot impersonate resource \"{kind}\" in API group \"\" at the cluster scope","details":{{"name":"{name}","kind":"{kind}"}},"code":403}}"#
            )
        };
        check(&refused("users", "root"), Some("user root"));
        check(&refused("groups", "system:masters"), Some("group system:masters"));
        check(&refused("serviceaccounts", "deployer"), Some("serviceaccount deployer"));
        check(&refused("userextras", "scopes"), Some("another user"));
        check(r#"{"message":"pods is forbidden: User \"bob\" cannot list resource"}"#, None);
        check(r#"{"code":403}"#, None);
    }
}
