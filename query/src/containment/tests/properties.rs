use proptest::prelude::*;

use super::*;

/// Rules of Calico, mostly of a few kinds.
fn rules() -> impl Strategy<Value = Value> {
    let action = prop::sample::select(vec!["Allow", "Deny", "Pass", "Log"]);
    let rule = (action, prop::option::of(0..3_u16)).prop_map(|(action, port)| match port {
        None => json!({"action": action}),
        Some(port) => json!({"action": action, "destination": {"ports": [port]}}),
    });
    prop::collection::vec(rule, 0..4).prop_map(Value::from)
}

fn selectors() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["", "quarantine == 'true'", "app == 'other'", "pcsa.a == 'b'", "oops"])
}

/// Each with a name of its own.
fn objects() -> impl Strategy<Value = Vec<Value>> {
    let tiers = prop::sample::select(vec!["early", "late", "default", "unseen", "kube-admin"]);
    let calico = (tiers, 0..4, selectors(), rules()).prop_map(|(tier, order, selector, rules)| {
        json!({"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy", "metadata": {}, "spec": {
            "tier": tier, "order": order, "selector": selector, "types": ["Ingress", "Egress"],
            "ingress": rules, "egress": rules,
        }})
    });
    let entities = prop::sample::select(vec!["egress", "egressDeny", "ingressDeny"]);
    let cilium = entities.prop_map(|key| {
        let list = if key.starts_with("in") { "fromEntities" } else { "toEntities" };
        json!({"apiVersion": "cilium.io/v2", "kind": "CiliumClusterwideNetworkPolicy", "metadata": {}, "spec": {
            "endpointSelector": {}, key: [{list: ["all"]}],
        }})
    });
    let kubernetes = any::<bool>().prop_map(|is_open| {
        let egress = if is_open { json!([{}]) } else { json!([]) };
        let spec = json!({"podSelector": {}, "policyTypes": ["Egress"], "egress": egress});
        let metadata = json!({"namespace": "shop"});
        json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec})
    });
    let tiers = vec![tier("early", 1, "Deny"), tier("late", 2, "Pass")];
    let object = prop_oneof![6 => calico, 1 => cilium, 2 => kubernetes];
    prop::collection::vec(object, 0..6).prop_map(move |mut objects| {
        for (number, object) in objects.iter_mut().enumerate() {
            object["metadata"]["name"] = json!(format!("policy-{number}"));
        }
        [tiers.clone(), objects].concat()
    })
}

/// Without the policies of a tier of which the place is not known.
fn without_unseen(objects: Vec<Value>) -> Vec<Value> {
    objects.into_iter().filter(|object| object["spec"]["tier"] != json!("unseen")).collect()
}

fn put_all<'o>(objects: impl IntoIterator<Item = &'o Value>) -> Containment {
    let mut policies = Policies::default();
    for object in objects {
        policies.put(object.to_string().as_bytes());
    }
    policies.containment_of(&quarantined())
}

/// What Calico alone does, of which everything is known.
fn known_to_calico(objects: Vec<Value>) -> Vec<Value> {
    let is_known = |object: &Value| {
        let selector = object["spec"]["selector"].as_str().unwrap_or_default();
        object["apiVersion"] == json!("projectcalico.org/v3")
            && selector != "pcsa.a == 'b'"
            && selector != "oops"
    };
    without_unseen(objects).into_iter().filter(is_known).collect()
}

/// Whether one packet to that port is denied, or one of a protocol without ports: rule by rule, as a node does it.
fn is_denied(objects: &[Value], port: Option<u16>) -> bool {
    for (tier, denies) in [("early", true), ("late", false), ("kube-admin", false), ("default", true)] {
        let is_selecting = |object: &&Value| {
            object["kind"] == json!("GlobalNetworkPolicy")
                && object["spec"]["tier"] == json!(tier)
                && object["spec"]["selector"] != json!("app == 'other'")
        };
        let mut policies: Vec<&Value> = objects.iter().filter(is_selecting).collect();
        policies
            .sort_by_key(|policy| (policy["spec"]["order"].as_i64(), policy["metadata"]["name"].as_str()));
        let rules = policies.iter().flat_map(|policy| policy["spec"]["egress"].as_array().unwrap());
        let is_hit = |rule: &&Value| {
            let ports = &rule["destination"]["ports"];
            rule["action"] != json!("Log")
                && (ports.is_null() || port.is_some_and(|port| ports[0] == json!(port)))
        };
        match rules.into_iter().find(is_hit).and_then(|rule| rule["action"].as_str()) {
            Some("Allow") => return false,
            Some("Deny") => return true,
            None if denies && !policies.is_empty() => return true,
            _ => {}
        }
    }
    false
}

/// Nested as deep and as odd as it gets, with the words that objects have.
fn json_values() -> impl Strategy<Value = Value> {
    let words = prop::sample::select(vec![
        "spec",
        "specs",
        "metadata",
        "name",
        "namespace",
        "labels",
        "kind",
        "apiVersion",
        "tier",
        "order",
        "ingress",
        "egress",
        "types",
        "selector",
        "podSelector",
        "matchLabels",
        "matchExpressions",
        "action",
        "Deny",
        "Allow",
        "endpointSelector",
        "ingressDeny",
        "subject",
        "pods",
        "namespaces",
        "GlobalNetworkPolicy",
        "NetworkPolicy",
        "Tier",
        "Namespace",
        "projectcalico.org/v3",
        "networking.k8s.io/v1",
        "cilium.io/v2",
        "CiliumNetworkPolicy",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        words.clone().prop_map(Value::from),
        ".*".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 60, 6, move |inner| {
        let member = (words.clone().prop_map(str::to_owned), inner.clone());
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Value::from),
            prop::collection::vec(member, 0..6)
                .prop_map(|members| Value::from(members.into_iter().collect::<serde_json::Map<_, _>>())),
        ]
    })
}

proptest! {
    #[test]
    fn the_order_in_which_objects_come_does_not_matter(
        (objects, shuffled) in objects().prop_flat_map(|objects| (Just(objects.clone()), Just(objects).prop_shuffle())),
    ) {
        prop_assert_eq!(put_all(&objects), put_all(&shuffled));
    }

    #[test]
    fn packets_fare_as_it_is_claimed(objects in objects()) {
        let objects = known_to_calico(objects);
        let egress = put_all(&objects).egress;
        prop_assert_eq!(egress.end, if is_denied(&objects, None) { End::Denied } else { End::Open });
        let passes = (0..3).filter(|port| !is_denied(&objects, Some(*port))).count();
        prop_assert!(!egress.is_contained() || passes == 0, "{:#?}", egress);
    }

    #[test]
    fn a_policy_in_a_later_tier_never_lifts_a_denial(objects in objects(), rules in rules()) {
        let seen = without_unseen(objects);
        let before = put_all(&seen);
        let last = [tier("last", 1e9, "Deny"), global_for_all("last", "last", 1, rules)];
        let after = put_all(seen.iter().chain(&last));
        for (before, after) in [(&before.ingress, &after.ingress), (&before.egress, &after.egress)] {
            prop_assert!(!before.is_contained() || after.is_contained());
            if before.end == End::Denied {
                prop_assert_eq!(after.end, End::Denied);
            }
        }
    }

    #[test]
    fn a_denial_of_everything_that_comes_first_contains(objects in objects()) {
        let seen = without_unseen(objects);
        let first = [tier("first", -1, "Deny"), global_for_all("first", "first", 1, json!([{"action": "Deny"}]))];
        let containment = put_all(seen.iter().chain(&first));
        prop_assert!(containment.is_contained(), "{:#?}", containment);
    }

    #[test]
    fn what_did_not_change_is_not_weaker(objects in objects()) {
        let containment = put_all(&objects);
        prop_assert_eq!(weakened(&containment, &containment), None);
    }

    #[test]
    fn no_object_panics(
        values in prop::collection::vec(json_values(), 1..4),
        kind in prop::sample::select(vec![
            ("projectcalico.org/v3", "GlobalNetworkPolicy"), ("crd.projectcalico.org/v1", "NetworkPolicy"),
            ("projectcalico.org/v3", "Tier"), ("projectcalico.org/v3", "StagedKubernetesNetworkPolicy"),
            ("networking.k8s.io/v1", "NetworkPolicy"), ("policy.networking.k8s.io/v1alpha2", "ClusterNetworkPolicy"),
            ("policy.networking.k8s.io/v1alpha1", "AdminNetworkPolicy"), ("cilium.io/v2", "CiliumNetworkPolicy"),
        ]),
    ) {
        let mut policies = Policies::default();
        for value in values {
            policies.put(value.to_string().as_bytes());
            let metadata = json!({"name": "a", "namespace": "shop"});
            let object = json!({
                "apiVersion": kind.0, "kind": kind.1, "metadata": metadata, "spec": value.clone(), "specs": value,
            });
            policies.put(object.to_string().as_bytes());
            let containment = policies.containment_of(&quarantined());
            containment.in_words();
            PodSubject::of_pod(object.to_string().as_bytes());
        }
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        Policies::default().put(&bytes);
        PodSubject::of_pod(&bytes);
    }
}
