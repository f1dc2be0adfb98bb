use super::*;

/// CONSTRUCTED. Any other policy that selects the pod opens it again.
fn quarantine() -> Value {
    network_policy(
        "quarantine",
        json!({
            "podSelector": {"matchLabels": {"quarantine": "true"}}, "policyTypes": ["Ingress", "Egress"],
        }),
    )
}

const DENIED: &str = "egress is denied by default, as NetworkPolicy shop/quarantine selects the pod";

#[test]
fn a_policy_without_rules_isolates() {
    let containment = contain(&[quarantine()]);
    assert!(containment.is_contained());
    assert_eq!(containment.policy().as_deref(), Some("shop/quarantine"));
    assert_eq!(
        containment.in_words(),
        ["ingress is denied by default, as NetworkPolicy shop/quarantine selects the pod", DENIED,]
    );
    let free = policies(&[quarantine()]).containment_of(&pod(&[]));
    assert_eq!((free.ingress.end, free.egress.end), (End::Open, End::Open));
    let elsewhere = PodSubject { namespace: "other", ..quarantined() };
    assert!(!policies(&[quarantine()]).containment_of(&elsewhere).is_contained());
}

#[test]
fn what_any_policy_allows_gets_through() {
    check_egress(
        &[quarantine(), allow_dns()],
        &[
            DENIED,
            "before that, rule 1 of NetworkPolicy shop/allow-dns lets some egress pass (ports.protocol UDP, ports.port 53)",
        ],
    );
    let all =
        network_policy("allow-all", json!({"podSelector": {}, "policyTypes": ["Egress"], "egress": [{}]}));
    check_egress(
        &[quarantine(), all],
        &["egress is open: rule 1 of NetworkPolicy shop/allow-all lets it pass"],
    );
    let empty = json!({"podSelector": {}, "policyTypes": ["Egress"], "egress": [{"to": [], "ports": null}]});
    check_egress(
        &[quarantine(), network_policy("allow-all", empty)],
        &["egress is open: rule 1 of NetworkPolicy shop/allow-all lets it pass"],
    );
    let ingress =
        network_policy("in", json!({"podSelector": {}, "ingress": [{"from": [{"podSelector": {}}]}]}));
    check_egress(&[quarantine(), ingress.clone()], &[DENIED]);
    assert_eq!(contain(&[quarantine(), ingress]).ingress.earlier.len(), 1);
}

#[test]
fn the_types_of_a_policy_have_defaults() {
    let check = |spec: Value, expected: (End, End)| {
        let containment = contain(&[network_policy("a", spec.clone())]);
        assert_eq!((containment.ingress.end, containment.egress.end), expected, "{spec}");
    };
    check(json!({}), (End::Denied, End::Open));
    check(json!({"podSelector": null, "policyTypes": []}), (End::Denied, End::Open));
    check(json!({"egress": [{"ports": [{"port": 53}]}]}), (End::Denied, End::Denied));
    check(json!({"policyTypes": ["Egress"]}), (End::Open, End::Denied));
    check(
        json!({"policyTypes": ["Ingress"], "egress": [{"ports": [{"port": 53}]}]}),
        (End::Denied, End::Open),
    );
}

#[test]
fn pods_are_selected_by_labels_and_expressions() {
    let check = |selector: Value, expected: bool| {
        let policy =
            network_policy("a", json!({"podSelector": selector, "policyTypes": ["Ingress", "Egress"]}));
        assert_eq!(contain(&[policy]).is_contained(), expected, "{selector}");
    };
    let expression = |key: &str, operator: &str, values: &[&str]| json!({"matchExpressions": [{"key": key, "operator": operator, "values": values}]});
    check(json!({}), true);
    check(json!({"matchLabels": {"quarantine": "true"}}), true);
    check(json!({"matchLabels": {"quarantine": "true", "other": "a"}}), false);
    check(expression("quarantine", "In", &["true", "yes"]), true);
    check(expression("quarantine", "NotIn", &["true"]), false);
    check(expression("other", "NotIn", &["true"]), true);
    check(expression("quarantine", "Exists", &[]), true);
    check(expression("quarantine", "DoesNotExist", &[]), false);
    // A label of Calico's is none of the pod's.
    check(json!({"matchLabels": {"projectcalico.org/namespace": "shop"}}), false);
}

/// CONSTRUCTED from `policy.networking.k8s.io`.
fn admin(kind: &str, spec: impl Into<Value>) -> Value {
    let spec: Value = spec.into();
    let metadata = json!({"name": "isolate"});
    json!({"apiVersion": "policy.networking.k8s.io/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec})
}

fn everything(action: &str) -> Value {
    json!([{"action": action, "name": "all", "to": [{"networks": ["0.0.0.0/0", "::/0"]}]}])
}

fn subject() -> Value {
    json!({"pods": {"namespaceSelector": {}, "podSelector": {"matchLabels": {"quarantine": "true"}}}})
}

#[test]
fn admin_policies_come_first_and_baseline_ones_last() {
    let admin_with = |rules: Value| {
        admin("AdminNetworkPolicy", json!({"priority": 10, "subject": subject(), "egress": rules}))
    };
    let denied = "egress is denied by AdminNetworkPolicy isolate, rule 1";
    check_egress(&[admin_with(everything("Deny")), allow_dns()], &[denied]);
    check_egress(
        &[admin_with(everything("Allow")), quarantine()],
        &["egress is open: rule 1 of AdminNetworkPolicy isolate lets it pass"],
    );
    check_egress(&[admin_with(everything("Pass")), quarantine()], &[DENIED]);
    let dns =
        json!([{"action": "Allow", "to": [{"namespaces": {}}], "ports": [{"portNumber": {"port": 53}}]}]);
    check_egress(
        &[admin_with(dns), quarantine()],
        &[
            DENIED,
            "before that, rule 1 of AdminNetworkPolicy isolate lets some egress pass (ports.portNumber.port 53)",
        ],
    );
    let baseline =
        admin("BaselineAdminNetworkPolicy", json!({"subject": subject(), "egress": everything("Deny")}));
    check_egress(
        std::slice::from_ref(&baseline),
        &["egress is denied by BaselineAdminNetworkPolicy isolate, rule 1"],
    );
    let all = network_policy("all", json!({"policyTypes": ["Egress"], "egress": [{}]}));
    check_egress(&[baseline, all], &["egress is open: rule 1 of NetworkPolicy shop/all lets it pass"]);
    // Nothing else is denied by being selected.
    check_egress(&[admin_with(json!([{"action": "Deny", "to": [{"namespaces": {}}]}]))], &[OPEN]);
    check_egress(&[admin_with(json!([{"action": "Deny", "to": [{"networks": ["0.0.0.0/0"]}]}]))], &[OPEN]);
}

#[test]
fn cluster_policies_say_their_tier_and_are_walked_by_priority() {
    let cluster = |tier: &str, priority: i32, name: &str, action: &str| {
        let spec = json!({
            "tier": tier, "priority": priority, "subject": {"namespaces": {}}, "egress": everything(action),
        });
        let mut policy = admin("ClusterNetworkPolicy", spec);
        policy["metadata"]["name"] = json!(name);
        policy
    };
    let denied = "egress is denied by ClusterNetworkPolicy deny, rule 1";
    let open = "egress is open: rule 1 of ClusterNetworkPolicy open lets it pass";
    check_egress(&[cluster("Admin", 1, "deny", "Deny"), cluster("Admin", 2, "open", "Accept")], &[denied]);
    check_egress(&[cluster("Admin", 3, "deny", "Deny"), cluster("Admin", 2, "open", "Accept")], &[open]);
    check_egress(&[cluster("Admin", 3, "deny", "Deny"), cluster("Baseline", 2, "open", "Accept")], &[denied]);
    check_egress(&[cluster("Baseline", 3, "deny", "Deny"), quarantine()], &[DENIED]);
    // The tiers of Calico stand before and between.
    check_egress(&[security(), super::quarantine(), cluster("Admin", 1, "open", "Accept")], &[super::DENIED]);
}

#[test]
fn a_subject_is_a_set_of_namespaces_or_of_pods() {
    let namespace = json!({
        "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": {"team": "web"}},
    });
    let check = |subject: Value, expected: End| {
        let policy = admin(
            "AdminNetworkPolicy",
            json!({
                "priority": 1, "subject": subject, "egress": everything("Deny"),
            }),
        );
        assert_eq!(contain(&[namespace.clone(), policy]).egress.end, expected, "{subject}");
    };
    check(json!({"namespaces": {}}), End::Denied);
    check(json!({"namespaces": {"matchLabels": {"team": "web"}}}), End::Denied);
    check(json!({"namespaces": {"matchLabels": {"team": "other"}}}), End::Open);
    check(json!({"pods": {"podSelector": {"matchLabels": {"app": "cart"}}}}), End::Denied);
    check(json!({"pods": {"podSelector": {"matchLabels": {"app": "other"}}}}), End::Open);
    check(
        json!({"pods": {"namespaceSelector": {"matchLabels": {"team": "other"}}, "podSelector": {}}}),
        End::Open,
    );
}
