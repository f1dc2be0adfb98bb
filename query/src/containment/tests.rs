mod calico;
mod cilium;
mod input;
mod kubernetes;
mod lost;
mod properties;
mod unknown;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;

/// CONSTRUCTED from the types of `projectcalico.org/v3`; the shape of the policy in the workshops of Tigera.
fn quarantine() -> Value {
    let rules = json!([{"action": "Log"}, {"action": "Deny"}]);
    global(
        "security.quarantine",
        json!({
            "tier": "security", "order": 100, "selector": "quarantine == \"true\"", "types": ["Ingress", "Egress"],
            "ingress": rules, "egress": rules,
        }),
    )
}

/// CONSTRUCTED, as above.
fn tier(name: &str, order: impl Into<Value>, default_action: &str) -> Value {
    let spec = json!({"order": order.into(), "defaultAction": default_action});
    json!({"apiVersion": "projectcalico.org/v3", "kind": "Tier", "metadata": {"name": name}, "spec": spec})
}

fn security() -> Value {
    tier("security", 400, "Deny")
}

fn global(name: &str, spec: impl Into<Value>) -> Value {
    let spec: Value = spec.into();
    let metadata = json!({"name": name});
    json!({"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy", "metadata": metadata, "spec": spec})
}

/// With these rules both ways, for all pods.
fn global_for_all(name: &str, tier: &str, order: impl Into<Value>, rules: impl Into<Value>) -> Value {
    let rules: Value = rules.into();
    global(
        name,
        json!({
            "tier": tier, "order": order.into(), "types": ["Ingress", "Egress"], "ingress": rules, "egress": rules,
        }),
    )
}

fn of_namespace(api_version: &str, kind: &str, name: &str, spec: impl Into<Value>) -> Value {
    let spec: Value = spec.into();
    let metadata = json!({"name": name, "namespace": "shop"});
    json!({"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec})
}

fn network_policy(name: &str, spec: Value) -> Value {
    of_namespace("networking.k8s.io/v1", "NetworkPolicy", name, spec)
}

fn allow_dns() -> Value {
    network_policy(
        "allow-dns",
        json!({
            "podSelector": {}, "policyTypes": ["Egress"],
            "egress": [{"ports": [{"protocol": "UDP", "port": 53}]}],
        }),
    )
}

fn deny() -> Value {
    json!([{"action": "Deny"}])
}

/// Allows DNS to all pods, in that place.
fn dns(tier: &str, order: impl Into<Value>) -> Value {
    global(
        "dns",
        json!({
            "tier": tier, "order": order.into(), "types": ["Egress"],
            "egress": [{"action": "Allow", "protocol": "UDP", "destination": {"ports": [53]}}],
        }),
    )
}

fn dns_before(tier: &str) -> String {
    format!(
        "before that, rule 1 of GlobalNetworkPolicy dns (tier {tier}) lets some egress pass (protocol UDP, destination.ports 53)"
    )
}

fn policies(objects: &[Value]) -> Policies {
    let mut policies = Policies::default();
    for object in objects {
        let taken = policies.put(object.to_string().as_bytes());
        assert!(!matches!(taken, Taken::Unreadable(_)), "{taken:?}: {object}");
    }
    policies
}

fn pod<'a>(labels: &[(&str, &str)]) -> PodSubject<'a> {
    let label = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    let labels: BTreeMap<_, _> = labels.iter().map(label).collect();
    PodSubject { namespace: "shop", labels, service_account: "web", host_network: false }
}

/// In the namespace `shop`.
fn quarantined<'a>() -> PodSubject<'a> {
    pod(&[("app", "cart"), ("quarantine", "true")])
}

fn contain(objects: &[Value]) -> Containment {
    policies(objects).containment_of(&quarantined())
}

/// What is said of the egress of a pod under quarantine.
#[track_caller]
fn check_egress(objects: &[Value], expected: &[&str]) {
    let containment = contain(objects);
    assert_eq!(egress_of(&containment), expected, "{containment:#?}");
}

fn egress_of(containment: &Containment) -> Vec<String> {
    Containment { ingress: Passage::ending(End::Open), ..containment.clone() }.in_words().split_off(1)
}

#[track_caller]
fn check_notes(objects: &[Value], expected: &[&str]) {
    assert_eq!(contain(objects).notes, expected);
}

const DENIED: &str =
    "egress is denied by GlobalNetworkPolicy security.quarantine (tier security), rule 2, after it is logged";
const OPEN: &str = "egress is open: no policy denies all of it";

#[test]
fn a_pod_under_quarantine_is_contained_by_name_and_rule() {
    let policies = policies(&[security(), quarantine(), allow_dns()]);
    let containment = policies.containment_of(&quarantined());
    assert!(containment.is_contained());
    assert_eq!(containment.policy().as_deref(), Some("security.quarantine"));
    assert_eq!(
        containment.in_words(),
        [
            "ingress is denied by GlobalNetworkPolicy security.quarantine (tier security), rule 2, after it is logged",
            DENIED,
        ]
    );
    let by = containment.egress.by.unwrap();
    assert_eq!((by.kind, by.rule, by.action), (PolicyKind::GlobalNetworkPolicy, Some(1), RuleAction::Deny));
    assert_eq!(containment.notes, [""; 0]);

    let free = policies.containment_of(&pod(&[("app", "cart")]));
    assert!(!free.is_contained());
    assert_eq!(free.policy(), None);
    assert_eq!(
        free.in_words(),
        [
            "ingress is open: no policy denies all of it",
            "egress is denied by default, as NetworkPolicy shop/allow-dns selects the pod",
            "before that, rule 1 of NetworkPolicy shop/allow-dns lets some egress pass (ports.protocol UDP, ports.port 53)",
        ]
    );
}

/// CONSTRUCTED: `responseObject` of the audit event in which the policy was created.
#[test]
fn the_policy_as_the_api_server_shows_it_contains() {
    let shown = json!({
        "kind": "GlobalNetworkPolicy", "apiVersion": "projectcalico.org/v3",
        "metadata": {
            "name": "security.quarantine", "creationTimestamp": "2026-08-19T09:00:01Z",
            "uid": "32a02561-6dc6-11e9-af27-42010a8000a7", "resourceVersion": "520478",
            "labels": {"projectcalico.org/tier": "security"},
        },
        "spec": {
            "tier": "security", "order": 100, "selector": "quarantine == \"true\"", "types": ["Ingress", "Egress"],
            "ingress": [
                {"action": "Log", "source": {}, "destination": {}}, {"action": "Deny", "source": {}, "destination": {}},
            ],
            "egress": [
                {"action": "Log", "source": {}, "destination": {}}, {"action": "Deny", "source": {}, "destination": {}},
            ],
        },
    });
    let tier = json!({
        "apiVersion": "projectcalico.org/v3", "kind": "Tier", "metadata": {"name": "security"}, "spec": {"order": 400},
    });
    check_egress(&[tier.clone(), shown], &[DENIED]);
    // A tier that does not say what it does with the rest denies it.
    let only_dns = global("a", json!({"tier": "security", "types": ["Egress"], "egress": []}));
    check_egress(
        &[tier, only_dns],
        &["egress is denied by default, as GlobalNetworkPolicy a (tier security) selects the pod"],
    );
}

#[test]
fn a_pod_in_the_network_of_its_node_is_beyond_policies() {
    let host = PodSubject { host_network: true, ..quarantined() };
    let containment = policies(&[security(), quarantine()]).containment_of(&host);
    assert_eq!((containment.ingress.end, containment.egress.end), (End::Unknown, End::Unknown));
    assert_eq!(
        containment.notes,
        [
            "the pod is in the network of its node: policies for pods have no effect on it, only those for the node"
        ]
    );
    assert_eq!(
        containment.in_words(),
        [
            "whether ingress is denied depends on what cannot be evaluated",
            "whether egress is denied depends on what cannot be evaluated",
        ]
    );
}

#[test]
fn traffic_has_to_get_through_every_engine_there_is() {
    let cilium = cilium::quarantine();
    let open_calico = global_for_all("default.allow", "default", 1, json!([{"action": "Allow"}]));
    let containment = contain(&[open_calico.clone(), cilium.clone()]);
    assert_eq!(containment.policy().as_deref(), Some("quarantine"));
    let free = policies(&[open_calico, cilium]).containment_of(&pod(&[]));
    assert_eq!(free.egress.end, End::Open);

    let open_cilium = cilium::clusterwide(
        "open",
        json!({
            "endpointSelector": {}, "egress": [{"toEntities": ["all"]}], "ingress": [{"fromEntities": ["all"]}],
        }),
    );
    let containment = contain(&[security(), quarantine(), open_cilium]);
    assert_eq!(containment.policy().as_deref(), Some("security.quarantine"));
}
