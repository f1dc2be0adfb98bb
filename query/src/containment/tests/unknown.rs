use super::*;

#[test]
fn what_is_not_known_of_a_namespace_or_service_account_is_a_note() {
    let of = |key: &str| {
        let mut policy = quarantine();
        policy["spec"][key] = json!("team == 'web'");
        [security(), policy]
    };
    let unknown = "whether egress is denied depends on what cannot be evaluated";
    check_egress(&of("namespaceSelector"), &[unknown]);
    check_notes(
        &of("namespaceSelector"),
        &[
            "GlobalNetworkPolicy security.quarantine cannot be evaluated: the labels of the namespace shop are not known",
        ],
    );
    check_egress(&of("serviceAccountSelector"), &[unknown]);
    check_notes(
        &of("serviceAccountSelector"),
        &[
            "GlobalNetworkPolicy security.quarantine cannot be evaluated: the labels of the pod's service account are not \
         known",
        ],
    );
}

#[test]
fn the_same_policy_in_both_groups_is_one() {
    let stored = |name: &str, tier: &str, rules: Value| {
        let mut policy = global_for_all(name, tier, 100, rules);
        policy["apiVersion"] = json!("crd.projectcalico.org/v1");
        policy
    };
    // As stored it would allow: what people see counts, whichever comes first.
    for name in ["security.quarantine", "quarantine"] {
        let stored = stored(name, "security", json!([{"action": "Allow"}]));
        check_egress(&[security(), quarantine(), stored.clone()], &[DENIED]);
        check_egress(&[stored, security(), quarantine()], &[DENIED]);
    }
    let shown = global_for_all("first", "", 1, json!([{"action": "Deny"}]));
    let denied = ["egress is denied by GlobalNetworkPolicy first (tier default), rule 1"];
    check_egress(&[shown, stored("default.first", "default", json!([{"action": "Allow"}]))], &denied);
    // Another policy of that name in another tier is another one.
    let other = stored("security.first", "security", json!([{"action": "Allow"}]));
    let shown = global_for_all("first", "", 1, json!([{"action": "Deny"}]));
    check_egress(
        &[security(), shown, other],
        &["egress is open: rule 1 of GlobalNetworkPolicy security.first (tier security) lets it pass"],
    );
    // Alone it counts.
    check_egress(
        &[security(), stored("security.a", "security", json!([{"action": "Deny"}]))],
        &["egress is denied by GlobalNetworkPolicy security.a (tier security), rule 1"],
    );
    // So with tiers.
    let mut as_stored = tier("security", 2_000_000, "Pass");
    as_stored["apiVersion"] = json!("crd.projectcalico.org/v1");
    let objects = [security(), as_stored, quarantine(), dns("default", 1)];
    check_egress(&objects, &[DENIED]);
}

#[test]
fn nothing_is_claimed_that_depends_on_a_tier_never_seen() {
    let note = "the order of the tier security is not known: no Tier of that name was seen";
    // Wherever it stands, all is denied.
    check_egress(&[quarantine()], &[DENIED]);
    check_notes(&[quarantine()], &[note]);
    // Whatever another tier lets through, it may let through before.
    check_egress(&[quarantine(), dns("kube-admin", 1)], &[DENIED, &dns_before("kube-admin")]);
    let open = global_for_all("open", "kube-admin", 1, json!([{"action": "Allow"}]));
    check_egress(&[quarantine(), open], &["whether egress is denied depends on what cannot be evaluated"]);
    // What it lets through, it may let through before others deny it.
    let objects = [security(), quarantine(), dns("unseen", 1)];
    let containment = contain(&objects);
    assert_eq!(containment.egress.end, End::Unknown);
    assert!(containment.ingress.is_contained());
    check_notes(&objects, &["the order of the tier unseen is not known: no Tier of that name was seen"]);
    // What its end does is not known either.
    let unknown = "whether egress is denied depends on what cannot be evaluated";
    check_egress(&[dns("unseen", 1)], &[unknown, &dns_before("unseen")]);
    // One that only denies changes nothing.
    let strict = global_for_all("strict", "unseen", 1, json!([{"action": "Deny", "protocol": "TCP"}]));
    check_egress(&[security(), quarantine(), strict], &[DENIED]);
}

#[test]
fn what_cannot_be_evaluated_matters_only_before() {
    let doubtful = |order: i32, action: &str| {
        let mut policy = global_for_all("security.odd", "security", order, json!([{"action": action}]));
        policy["spec"]["selector"] = json!("app = 'cart'");
        policy
    };
    let check = |policy: Value, expected: End, is_noted: bool| {
        let mut policies = policies(&[security(), quarantine()]);
        let taken = policies.put(policy.to_string().as_bytes());
        assert!(matches!(taken, Taken::Unreadable(_)), "{taken:?}");
        let containment = policies.containment_of(&quarantined());
        assert_eq!(containment.egress.end, expected, "{policy}");
        assert_eq!(!containment.notes.is_empty(), is_noted, "{policy}: {:?}", containment.notes);
    };
    check(doubtful(1, "Allow"), End::Unknown, true);
    check(doubtful(1, "Pass"), End::Unknown, true);
    check(doubtful(1, "Deny"), End::Denied, true);
    check(doubtful(101, "Allow"), End::Denied, false);
    let mut novel = global_for_all("security.odd", "security", 1, json!([{"action": "Redirect"}]));
    check(novel.clone(), End::Unknown, true);
    novel["spec"]["order"] = json!(101);
    check(novel.clone(), End::Denied, false);
    novel["spec"]["order"] = json!("first");
    check(novel.clone(), End::Unknown, true);
    // For other pods for sure.
    novel["spec"]["order"] = json!(1);
    novel["spec"]["selector"] = json!("app == 'other'");
    check(novel.clone(), End::Denied, false);
    // What else it says could narrow whom it selects.
    let mut narrowed = global_for_all("security.odd", "security", 1, json!([{"action": "Allow"}]));
    narrowed["spec"]["nodes"] = json!(["a"]);
    check(narrowed, End::Unknown, true);
    novel["spec"] = Value::Null;
    check(novel, End::Unknown, true);
}

/// What a doubtful policy passes on skips a deny of its tier, but not one of a later tier.
#[test]
fn what_may_be_passed_on_matters_if_no_later_tier_denies_it() {
    let odd = global(
        "security.odd",
        json!({
            "tier": "security", "order": 1, "serviceAccountSelector": "a == 'b'", "types": ["Egress"],
            "egress": [{"action": "Pass"}],
        }),
    );
    let objects = [security(), quarantine(), odd];
    assert_eq!(contain(&objects).egress.end, End::Unknown);
    let last = global_for_all("last", "kube-baseline", 1, deny());
    assert_eq!(contain(&[&objects[..], &[last]].concat()).egress.end, End::Denied);
}

#[test]
fn a_policy_known_by_name_could_do_anything() {
    let check = |kind: &str, namespace: &str, name: &str, expected: End| {
        let mut policies = policies(&[security(), quarantine()]);
        policies.put_unknown(kind, namespace, name);
        let containment = policies.containment_of(&quarantined());
        assert_eq!(containment.egress.end, expected, "{kind} {namespace}/{name}: {:?}", containment.notes);
    };
    check("GlobalNetworkPolicy", "", "security.other", End::Unknown);
    check("globalnetworkpolicies", "", "other", End::Unknown);
    check("globalnetworkpolicies.crd.projectcalico.org", "", "other", End::Unknown);
    check("NetworkPolicy", "shop", "other", End::Unknown);
    check("networkpolicies.projectcalico.org", "shop", "other", End::Unknown);
    check("NetworkPolicy", "elsewhere", "other", End::Denied);
    check("networkpolicies.networking.k8s.io", "shop", "other", End::Denied);
    check("AdminNetworkPolicy", "", "other", End::Unknown);
    check("stagedglobalnetworkpolicies", "", "other", End::Denied);
    check("ConfigMap", "shop", "other", End::Denied);
    // Its content is known: the write behind it says nothing new.
    check("GlobalNetworkPolicy", "", "security.quarantine", End::Denied);
    check("globalnetworkpolicies", "", "quarantine", End::Denied);

    let mut policies = Policies::default();
    policies.put_unknown("GlobalNetworkPolicy", "", "security.quarantine");
    let containment = policies.containment_of(&quarantined());
    assert_eq!(containment.egress.end, End::Unknown);
    assert_eq!(
        containment.notes,
        ["GlobalNetworkPolicy security.quarantine cannot be evaluated: only its name is known",]
    );
}
