//! The policies that Hubble found for a verdict. It names those that allowed a flow, and those that denied it with a rule; what
//! is dropped because no rule allows it (`POLICY_DENIED`) names none.

use crate::flow::Verdict;
use crate::flow::loose::Loose;
use crate::flow::policy_hit::{HitAction, Policy, PolicyKind};

/// The first policy that has a name, of those that stand for the verdict. Cilium's own rules have none.
pub(super) fn deciding(flow: &Loose<'_>, verdict: Verdict) -> Option<Policy> {
    let (lists, action) = match verdict {
        Verdict::Denied | Verdict::Audited => (["egress_denied_by", "ingress_denied_by"], HitAction::Deny),
        Verdict::Allowed => (["egress_allowed_by", "ingress_allowed_by"], HitAction::Allow),
        _ => return None,
    };
    let entries = lists.into_iter().filter_map(|list| flow.list(list)).flatten();
    let named: Vec<Named> = entries.filter_map(|entry| Named::of(&Loose::of(entry))).collect();
    let trace = named.iter().map(Named::text).collect();
    let Named { kind, namespace, name } = named.into_iter().next()?;
    Some(Policy {
        tier: String::new(),
        kind: PolicyKind::named(&kind).unwrap_or(PolicyKind::Unknown),
        namespace,
        name,
        action,
        rule: None,
        is_tier_default: false,
        trace,
    })
}

struct Named {
    kind: String,
    namespace: String,
    name: String,
}

impl Named {
    /// Older releases give no kind, and field masks take what they like; the labels of the policy tell the same.
    fn of(policy: &Loose<'_>) -> Option<Self> {
        let labels = policy.texts("labels");
        let read = |member, label: &str| {
            let text = policy.text(member);
            if !text.is_empty() {
                return text.into_owned();
            }
            let value = |text: &str| Some(text.strip_prefix(label)?.strip_prefix('=')?.to_owned());
            labels.iter().find_map(|text| value(text)).unwrap_or_default()
        };
        let name = read("name", "k8s:io.cilium.k8s.policy.name");
        (!name.is_empty()).then(|| Self {
            kind: read("kind", "k8s:io.cilium.k8s.policy.derived-from"),
            namespace: read("namespace", "k8s:io.cilium.k8s.policy.namespace"),
            name,
        })
    }

    fn text(&self) -> String {
        let slash = if self.namespace.is_empty() { "" } else { "/" };
        format!("{}:{}{slash}{}", self.kind, self.namespace, self.name)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn policies() {
        fn check(verdict: Verdict, flow: &Value, expected: Option<&str>) {
            let policy = deciding(&Loose::of(flow.to_string().as_bytes()), verdict);
            let found = policy.map(|policy| {
                assert_eq!((policy.tier.as_str(), policy.rule, policy.is_tier_default), ("", None, false));
                let last = policy.trace.last().cloned().unwrap_or_default();
                let Policy { kind, namespace, name, action, .. } = policy;
                format!("{kind:?} {namespace}/{name} {action:?}, last {last}")
            });
            assert_eq!(found.as_deref(), expected, "{flow}");
        }
        let policy = |kind: &str, name: &str| json!([{"name": name, "namespace": "vote", "kind": kind}]);
        check(Verdict::Denied, &json!({}), None);
        check(
            Verdict::Denied,
            &json!({"ingress_denied_by": policy("CiliumNetworkPolicy", "deny")}),
            Some("CiliumNetworkPolicy vote/deny Deny, last CiliumNetworkPolicy:vote/deny"),
        );
        check(Verdict::Denied, &json!({"ingress_allowed_by": policy("NetworkPolicy", "allow")}), None);
        check(
            Verdict::Allowed,
            &json!({"ingress_allowed_by": policy("NetworkPolicy", "allow")}),
            Some("NetworkPolicy vote/allow Allow, last NetworkPolicy:vote/allow"),
        );
        let of_labels = json!([
            {"labels": ["reserved:io.cilium.policy.derived-from=allow-localhost-ingress"]},
            {"labels": [
                "k8s:io.cilium.k8s.policy.derived-from=CiliumClusterwideNetworkPolicy",
                "k8s:io.cilium.k8s.policy.name=quarantine",
            ]},
            {"name": "new", "kind": "ShinyPolicy"},
        ]);
        check(
            Verdict::Denied,
            &json!({"egress_denied_by": of_labels}),
            Some("CiliumClusterwideNetworkPolicy /quarantine Deny, last ShinyPolicy:new"),
        );
        check(
            Verdict::Denied,
            &json!({"egress_denied_by": [{"name": "new", "kind": "ShinyPolicy"}]}),
            Some("Unknown /new Deny, last ShinyPolicy:new"),
        );
        check(Verdict::Denied, &json!({"egress_denied_by": [null, 7, {}, "text"]}), None);
    }
}
