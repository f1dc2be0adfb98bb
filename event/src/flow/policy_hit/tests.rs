use super::*;
use proptest::prelude::*;

/// Order, tier, kind, namespace, name, action, rule; the rule of a tier's default is `default`.
fn read(text: &str) -> String {
    let PolicyHit { order, policy } = match PolicyHit::parse(text) {
        Ok(hit) => hit,
        Err(error) => return format!("{error:?}"),
    };
    let Policy { tier, namespace, name, kind, action, rule, is_tier_default, trace } = policy;
    assert!(trace.is_empty());
    let rule = match rule {
        _ if is_tier_default => "default".to_owned(),
        Some(rule) => rule.to_string(),
        None => "-".to_owned(),
    };
    format!("{order} {tier} {kind:?} {namespace}/{name} {action:?} {rule}")
}

fn check(text: &str, expected: &str) {
    assert_eq!(read(text), expected, "{text}");
}

#[test]
fn since_v3_32() {
    // Published: goldmane/proto/methods_test.go (Apache-2.0).
    check("0|tier|gnp:name|allow|0", "0 tier GlobalNetworkPolicy /name Allow 0");
    check("1|tier|sgnp:name.with.dots|deny|2", "1 tier StagedGlobalNetworkPolicy /name.with.dots Deny 2");
    check("0|kube-admin|kcnp:name|deny|1", "0 kube-admin ClusterNetworkPolicy /name Deny 1");
    check("0|tier|np:namespace/tier.name|allow|1", "0 tier CalicoNetworkPolicy namespace/tier.name Allow 1");
    check("0|tier1|np:default/tier1.np1-1|pass|0", "0 tier1 CalicoNetworkPolicy default/tier1.np1-1 Pass 0");
    check("0|default|knp:namespace/name|allow|2", "0 default NetworkPolicy namespace/name Allow 2");
    check("1|tier|snp:namespace/name|deny|0", "1 tier StagedNetworkPolicy namespace/name Deny 0");
    check(
        "1|default|sknp:namespace/name.with.dots|deny|3",
        "1 default StagedKubernetesNetworkPolicy namespace/name.with.dots Deny 3",
    );
    check(
        "2|kube-baseline|kcnp:name.with.dots|pass|1",
        "2 kube-baseline ClusterNetworkPolicy /name.with.dots Pass 1",
    );
    check("1|__PROFILE__|pro:kns.default|allow|0", "1 __PROFILE__ Profile /kns.default Allow 0");
    check(
        "0|tier1|np:ns1/tier1.policy1|deny|-1",
        "0 tier1 CalicoNetworkPolicy ns1/tier1.policy1 Deny default",
    );
    check(
        "2|kube-admin|gnp:kube-admin.policy1|allow|-1",
        "2 kube-admin GlobalNetworkPolicy /kube-admin.policy1 Allow default",
    );
}

#[test]
fn before() {
    // Constructed after goldmane/proto/methods.go of v3.30.
    check(
        "0|security|security.quarantine|deny|1",
        "0 security GlobalNetworkPolicy /security.quarantine Deny 1",
    );
    check("0|tier1|tier1.staged:name|deny|2", "0 tier1 StagedGlobalNetworkPolicy /name Deny 2");
    check("0|default|ns/default.allow|allow|0", "0 default CalicoNetworkPolicy ns/default.allow Allow 0");
    check("0|tier1|ns/tier1.staged:name|deny|2", "0 tier1 StagedNetworkPolicy ns/name Deny 2");
    check("0|default|ns/knp.default.deny|deny|0", "0 default NetworkPolicy ns/deny Deny 0");
    check(
        "0|default|ns/staged:knp.default.deny|deny|0",
        "0 default StagedKubernetesNetworkPolicy ns/deny Deny 0",
    );
    check(
        "0|adminnetworkpolicy|kanp.adminnetworkpolicy.name|deny|1",
        "0 adminnetworkpolicy AdminNetworkPolicy /name Deny 1",
    );
    check(
        "0|baselineadminnetworkpolicy|kbanp.baselineadminnetworkpolicy.name|deny|1",
        "0 baselineadminnetworkpolicy BaselineAdminNetworkPolicy /name Deny 1",
    );
    check("0|__PROFILE__|__PROFILE__.kns.vote|allow|0", "0 __PROFILE__ Profile /kns.vote Allow 0");
    // Published: the flow log page of Calico Enterprise has a staged policy whose name begins with `staged:`.
    check("1|tier2|ns2/staged:tier1.policy1|deny|1", "1 tier2 StagedNetworkPolicy ns2/tier1.policy1 Deny 1");
    check("0|default|ns/default.allow|allow", "0 default CalicoNetworkPolicy ns/default.allow Allow -");
    check("0|default|ns/default.allow|allow|-2", "0 default CalicoNetworkPolicy ns/default.allow Allow -");
}

#[test]
fn refused() {
    // Published: goldmane/proto/methods_test.go (Apache-2.0).
    check("1|tier|sgnp:tier.name|deny|notInt", "Number");
    check("notint|kube-baseline|kcnp:name|deny|2", "Number");
    check("0|tier|gnp:tier.name|allow|0|extra", "Parts");
    check("1|tier|gnp:invalid-ch@aracter|deny|2", "Name");
    check("1|_|snp:namespace/tier.name|deny|0", "Name");
    check("0|@kube-baseline|kcnp:policy1|allow|-1", "Name");
    check("0|kube-admin|kcnp:name|badaction|1", "Action");
    check("0||np:namespace/name|allow|1", "Name");
    check("0|tier1|np:namespace/|pass|0", "Name");
    check("1|___PROFILE__|pro:kns.default|allow|0", "Name");
    check("1|__PROFILE__|pro:PSA.svcacct|allow|0", "Name");
    check("", "Parts");
}

#[test]
fn the_last_that_does_not_pass_decides() {
    fn check(hits: &[&str], on_trial: bool, expected: Option<&str>) {
        let policy = Policy::deciding(hits.iter().map(|hit| (*hit).to_owned()).collect(), on_trial);
        assert_eq!(policy.as_ref().map(|policy| policy.name.as_str()), expected, "{hits:?}");
        if let Some(policy) = policy {
            assert!(policy.trace.is_sorted(), "{policy:?}");
            assert_eq!(policy.trace.len(), hits.len());
        }
    }
    let passed = "0|tier1|ns1/tier1.policy1|pass|3";
    let trial = "1|tier2|ns2/staged:tier1.policy1|deny|1";
    let allowed = "2|default|policy-demo/default.access-nginx|allow|2";
    check(&[allowed, passed, trial], true, Some("default.access-nginx"));
    check(&[trial, passed], true, Some("tier1.policy1"));
    check(&[trial, passed], false, None);
    check(&[allowed, passed], false, Some("default.access-nginx"));
    check(&[], true, None);
    check(&["9|what|is this", allowed], false, Some("default.access-nginx"));
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "([0-9a-z|:/._@-]|staged:|knp.|__PROFILE__){0,40}") {
        if let Ok(hit) = PolicyHit::parse(&text) {
            prop_assert!(is_name(&hit.policy.name));
        }
    }
}
