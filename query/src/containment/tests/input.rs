use super::*;

#[test]
fn only_what_matters_here_is_taken() {
    let check = |object: Value, expected: Taken| {
        assert_eq!(Policies::default().put(object.to_string().as_bytes()), expected, "{object}");
    };
    check(quarantine(), Taken::Policy);
    check(security(), Taken::Tier);
    check(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}}), Taken::Namespace);
    check(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}), Taken::Other);
    check(
        json!({"apiVersion": "crd.antrea.io/v1beta1", "kind": "Tier", "metadata": {"name": "a"}}),
        Taken::Other,
    );
    check(json!({}), Taken::Other);
    let mut staged = quarantine();
    staged["kind"] = json!("StagedGlobalNetworkPolicy");
    check(staged, Taken::Other);
}

#[test]
fn what_cannot_be_read_is_said() {
    let check = |object: &[u8], expected: &str| {
        let taken = Policies::default().put(object);
        let Taken::Unreadable(why) = taken else { panic!("{taken:?}") };
        assert!(why.contains(expected), "{why}");
    };
    let check_spec = |spec: Value, expected: &str| check(global("a", spec).to_string().as_bytes(), expected);
    check(b"", "no JSON");
    check(b"\xff", "no JSON");
    check(br#""skipped-too-big-size-object""#, "no JSON object");
    check("[".repeat(5000).as_bytes(), "no JSON");
    check(" ".repeat(5 * 1024 * 1024).as_bytes(), "more than");
    check(global("", json!({})).to_string().as_bytes(), "no name");
    let mut nowhere = network_policy("a", json!({}));
    nowhere["metadata"]["namespace"] = Value::Null;
    check(nowhere.to_string().as_bytes(), "no namespace");
    check_spec(Value::Null, "no spec");
    check_spec(json!({"order": "a"}), "its order is no number");
    check_spec(json!({"tier": 1}), "its tier is no text");
    check_spec(json!({"selector": 1}), "its selector is no text");
    check_spec(json!({"selector": "a = 'b'"}), "its selector cannot be read");
    check_spec(json!({"types": ["Sideways"]}), "its type \"Sideways\"");
    check_spec(json!({"ingress": {}}), "its ingress is no list");
    check_spec(json!({"ingress": [null]}), "a rule that is no object");
    check_spec(json!({"ingress": [{}]}), "the action \"\" of a rule");
    check_spec(json!({"ingress": vec![json!({"action": "Deny"}); 5001]}), "more than 5000 rules");
    check_spec(json!({"novelty": 1}), "its novelty is not understood");
    check(tier("a", "first", "Deny").to_string().as_bytes(), "its order is no number");
    check(tier("a", 1, "Allow").to_string().as_bytes(), "its defaultAction");
    check(network_policy("a", json!({"policyTypes": ["In"]})).to_string().as_bytes(), "policyTypes");
    check(
        network_policy("a", json!({"podSelector": {"matchLabels": {"a": 1}}})).to_string().as_bytes(),
        "no text",
    );
    let mut antrea = network_policy("a", json!({}));
    antrea["apiVersion"] = json!("crd.antrea.io/v1beta1");
    check(antrea.to_string().as_bytes(), "Antrea");
}

#[test]
fn nulls_and_what_is_not_known_of_a_rule_are_borne() {
    let spec = json!({
        "tier": null, "order": null, "selector": null, "namespaceSelector": "", "types": null, "doNotTrack": null,
        "ingress": [{"action": "Deny", "protocol": null, "source": null, "destination": {"selector": ""}}],
        "egress": null, "novelty": null,
    });
    let containment = contain(&[global("a", spec)]);
    assert_eq!((containment.ingress.end, containment.egress.end), (End::Denied, End::Open));
}

#[test]
fn a_later_object_replaces_the_earlier_one() {
    let mut edited = quarantine();
    edited["spec"]["selector"] = json!("isolated == \"true\"");
    check_egress(&[security(), quarantine(), edited.clone()], &[OPEN]);
    check_egress(&[security(), edited, quarantine()], &[DENIED]);
    let late = tier("security", 2_000_000, "Deny");
    let open = global_for_all("open", "default", 1, json!([{"action": "Allow"}]));
    check_egress(
        &[security(), quarantine(), open, late],
        &["egress is open: rule 1 of GlobalNetworkPolicy open (tier default) lets it pass"],
    );
    // A tier that can no longer be read is one whose order is not known.
    let mut policies = policies(&[security(), quarantine()]);
    policies.put(tier("security", "first", "Deny").to_string().as_bytes());
    assert_eq!(policies.containment_of(&quarantined()).notes.len(), 1);
}

#[test]
fn more_than_can_be_held_is_not_forgotten_silently() {
    let mut policies = policies(&[security(), quarantine()]);
    let filler = "a".repeat(3 * 1024 * 1024);
    let mut last = Taken::Other;
    for number in 0..30 {
        let mut policy = quarantine();
        policy["metadata"]["name"] = json!(format!("security.{number}"));
        policy["metadata"]["annotations"] = json!({"filler": filler});
        last = policies.put(policy.to_string().as_bytes());
    }
    assert!(matches!(last, Taken::Unreadable(_)), "{last:?}");
    let containment = policies.containment_of(&quarantined());
    assert!(!containment.is_contained());
    assert_eq!(containment.notes, ["there are more policies than can be held: some are missing here"]);
    // The same object again takes no more room.
    assert_eq!(policies.put(quarantine().to_string().as_bytes()), Taken::Policy);
}

#[test]
fn what_a_rule_matches_is_told_in_few_words_on_one_line() {
    let ports: Vec<u32> = (0..500).collect();
    let rule = json!({"action": "Allow", "destination": {"selector": "a == '\n\u{7}'", "ports": ports}});
    let containment = contain(&[global_for_all("a", "default", 1, json!([rule, {"action": "Deny"}]))]);
    let what = &containment.egress.earlier.first().unwrap().what;
    assert!(what.starts_with("destination.selector a == '  ', destination.ports 0, "), "{what}");
    assert!(what.len() < 130 && what.ends_with("..."), "{what}");

    let rules: Vec<Value> =
        (0..9).map(|port| json!({"action": "Allow", "destination": {"ports": [port]}})).collect();
    let words = egress_of(&contain(&[global_for_all("a", "default", 1, json!(rules))]));
    assert_eq!(words.len(), 7);
    assert_eq!(words.last().unwrap(), "and 4 more rules let some egress pass");
}

#[test]
fn a_pod_is_read_from_its_object() {
    let object = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "attacker", "namespace": "shop", "labels": {"app": "cart", "odd": 1}},
        "spec": {"serviceAccountName": "web", "hostNetwork": true},
    });
    let pod = PodSubject::of_pod(object.to_string().as_bytes()).unwrap();
    let subject = pod.subject();
    assert_eq!((subject.namespace, subject.service_account, subject.host_network), ("shop", "web", true));
    assert_eq!(subject.labels, BTreeMap::from([("app".to_owned(), "cart".to_owned())]));
    let bare = PodSubject::of_pod(br#"{"metadata":{"namespace":"a","labels":null},"spec":null}"#).unwrap();
    assert_eq!((bare.subject().service_account, bare.subject().host_network), ("", false));
    for other in [&b"{}"[..], b"[]", b"", br#"{"kind":"Service","metadata":{}}"#, br#"{"metadata":null}"#] {
        assert_eq!(PodSubject::of_pod(other), None);
    }
}
