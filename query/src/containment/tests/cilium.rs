use super::*;

pub(super) fn clusterwide(name: &str, spec: impl Into<Value>) -> Value {
    let spec: Value = spec.into();
    let metadata = json!({"name": name});
    json!({"apiVersion": "cilium.io/v2", "kind": "CiliumClusterwideNetworkPolicy", "metadata": metadata, "spec": spec})
}

/// CONSTRUCTED from the CRD of `cilium.io/v2`.
pub(super) fn quarantine() -> Value {
    clusterwide(
        "quarantine",
        json!({
            "description": "Isolate pods labelled quarantine=true",
            "endpointSelector": {"matchLabels": {"quarantine": "true"}},
            "enableDefaultDeny": {"ingress": true, "egress": true},
            "ingressDeny": [{"fromEntities": ["all"]}],
            "egressDeny": [{"toEntities": ["all"]}],
            "log": {"value": "quarantine"},
        }),
    )
}

/// For all pods of the namespace `shop`.
fn policy(spec: Value) -> Value {
    let mut policy = of_namespace("cilium.io/v2", "CiliumNetworkPolicy", "a", spec);
    if policy["spec"]["endpointSelector"].is_null() {
        policy["spec"]["endpointSelector"] = json!({});
    }
    policy
}

const DENIED: &str = "egress is denied by CiliumClusterwideNetworkPolicy quarantine, rule 1";

#[test]
fn what_is_denied_no_policy_allows() {
    check_egress(&[quarantine()], &[DENIED]);
    let all = policy(json!({"egress": [{"toEntities": ["all"]}]}));
    check_egress(&[quarantine(), all.clone(), allow_dns()], &[DENIED]);
    assert_eq!(contain(&[all, quarantine()]).policy().as_deref(), Some("quarantine"));
    assert!(!policies(&[quarantine()]).containment_of(&pod(&[])).is_contained());
}

#[test]
fn being_selected_denies_what_is_not_allowed() {
    let denied = "egress is denied by default, as CiliumNetworkPolicy shop/a selects the pod";
    check_egress(&[policy(json!({"egress": [{}]}))], &[denied]);
    check_egress(&[policy(json!({"egress": [{"toEndpoints": []}]}))], &[denied]);
    check_egress(&[policy(json!({"egress": []}))], &[OPEN]);
    check_egress(&[policy(json!({"ingress": [{}]}))], &[OPEN]);
    check_egress(&[policy(json!({"egress": [{}], "enableDefaultDeny": {"egress": false}}))], &[OPEN]);
    check_egress(&[policy(json!({"enableDefaultDeny": {"egress": true}}))], &[OPEN]);
    check_egress(
        &[policy(json!({"egress": [{"toEntities": ["all"]}]}))],
        &["egress is open: rule 1 of CiliumNetworkPolicy shop/a lets it pass"],
    );
    check_egress(
        &[policy(json!({"egress": [{"toFQDNs": [{"matchName": "example.com"}]}]}))],
        &[
            denied,
            "before that, rule 1 of CiliumNetworkPolicy shop/a lets some egress pass (toFQDNs.matchName example.com)",
        ],
    );
    check_egress(
        &[policy(json!({"egress": [{}]})), allow_dns()],
        &[
            denied,
            "before that, rule 1 of NetworkPolicy shop/allow-dns lets some egress pass (ports.protocol UDP, ports.port 53)",
        ],
    );
}

#[test]
fn a_deny_of_a_part_denies_no_more() {
    let parts = [
        json!({"toEntities": ["world"]}),
        json!({"fromEntities": ["all"]}),
        json!({"toCIDR": ["0.0.0.0/0"]}),
        json!({"toEntities": ["all"], "toPorts": [{"ports": [{"port": "80"}]}]}),
        json!({"toEntities": ["all"], "somethingNew": 1}),
        json!({}),
    ];
    for part in parts {
        let object = policy(json!({"egressDeny": [part], "enableDefaultDeny": {"egress": false}}));
        check_egress(&[object], &[OPEN]);
    }
    check_egress(
        &[policy(json!({"egressDeny": [{"toEntities": ["cluster", "world"]}]}))],
        &["egress is denied by CiliumNetworkPolicy shop/a, rule 1"],
    );
}

#[test]
fn an_object_may_hold_several_policies() {
    let mut object = policy(json!({"egress": [{"toEntities": ["world"]}]}));
    object["specs"] = json!([
        {"endpointSelector": {"matchLabels": {"app": "other"}}, "egress": [{"toEntities": ["all"]}]},
        {"endpointSelector": {}, "egressDeny": [{"toEntities": ["all"]}]},
    ]);
    check_egress(std::slice::from_ref(&object), &["egress is denied by CiliumNetworkPolicy shop/a, rule 1"]);
    object["spec"] = Value::Null;
    check_egress(&[object], &["egress is denied by CiliumNetworkPolicy shop/a, rule 1"]);
}

#[test]
fn pods_are_selected_by_labels_with_or_without_their_source() {
    let check = |selector: Value, expected: End| {
        let object =
            clusterwide("a", json!({"endpointSelector": selector, "egressDeny": [{"toEntities": ["all"]}]}));
        assert_eq!(contain(&[object]).egress.end, expected, "{selector}");
    };
    let label = |key: &str, value: &str| json!({"matchLabels": {key: value}});
    check(label("k8s:quarantine", "true"), End::Denied);
    check(label("any:quarantine", "true"), End::Denied);
    check(label("k8s:quarantine", "false"), End::Open);
    check(label("reserved:host", ""), End::Open);
    check(label("k8s:io.kubernetes.pod.namespace", "shop"), End::Denied);
    check(label("io.kubernetes.pod.namespace", "other"), End::Open);
    check(label("io.cilium.k8s.policy.serviceaccount", "web"), End::Denied);
    check(label("io.cilium.k8s.policy.serviceaccount", "other"), End::Open);
    check(label("io.cilium.k8s.policy.cluster", "default"), End::Unknown);
    check(label("io.cilium.k8s.namespace.labels.team", "web"), End::Unknown);
    check(label("io.cilium.k8s.namespace.labels.kubernetes.io/metadata.name", "shop"), End::Denied);
    check(
        json!({"matchExpressions": [{"key": "k8s:quarantine", "operator": "In", "values": ["true"]}]}),
        End::Denied,
    );
    let mut for_nodes =
        clusterwide("a", json!({"nodeSelector": {}, "egressDeny": [{"toEntities": ["all"]}]}));
    check_egress(std::slice::from_ref(&for_nodes), &[OPEN]);
    for_nodes["spec"] = json!({"egressDeny": []});
    assert!(matches!(Policies::default().put(for_nodes.to_string().as_bytes()), Taken::Unreadable(_)));
}

#[test]
fn what_cannot_be_evaluated_cannot_lift_a_deny() {
    let odd = policy(json!({
        "endpointSelector": {"matchLabels": {"io.cilium.k8s.policy.cluster": "a"}},
        "egress": [{"toEntities": ["world"]}],
    }));
    check_egress(&[quarantine(), odd.clone()], &[DENIED]);
    check_notes(&[quarantine(), odd.clone()], &[]);
    let isolated = clusterwide("isolated", json!({"endpointSelector": {}, "egress": [{}]}));
    check_egress(
        &[isolated, odd.clone()],
        &[
            "egress would be denied by default, as CiliumClusterwideNetworkPolicy isolated selects the pod, but what cannot \
         be evaluated could let it pass before",
        ],
    );
    check_egress(&[odd], &["whether egress is denied depends on what cannot be evaluated"]);

    let mut policies = policies(&[quarantine()]);
    policies.put_unknown("ciliumnetworkpolicies.cilium.io", "shop", "other");
    assert!(policies.containment_of(&quarantined()).is_contained());
    // Where it is not known whether they are enforced, admin policies could come first.
    let accept = json!({
        "apiVersion": "policy.networking.k8s.io/v1alpha2", "kind": "ClusterNetworkPolicy", "metadata": {"name": "b"},
        "spec": {"tier": "Admin", "priority": 1, "subject": {"namespaces": {}}, "egress": [
            {"action": "Accept", "to": [{"namespaces": {}}]},
        ]},
    });
    policies.put(accept.to_string().as_bytes());
    let containment = policies.containment_of(&quarantined());
    assert_eq!((containment.ingress.end, containment.egress.end), (End::Denied, End::Unknown));
    assert!(
        containment.notes.iter().any(|note| note.contains("whether Cilium enforces it")),
        "{:?}",
        containment.notes
    );
}
