use super::*;

const ALLOW_DNS: &str = "GlobalNetworkPolicy dns";

fn deny() -> Value {
    json!([{"action": "Deny"}])
}

/// Allows DNS to all pods, from the tier and order.
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
        "before that, rule 1 of {ALLOW_DNS} (tier {tier}) lets some egress pass (protocol UDP, destination.ports 53)"
    )
}

#[test]
fn tiers_are_walked_by_order() {
    let of = |tier: Value| [security(), quarantine(), tier, dns("other", 1)];
    check_egress(&of(tier("other", 399, "Pass")), &[DENIED, &dns_before("other")]);
    check_egress(&of(tier("other", 401, "Pass")), &[DENIED]);
    check_egress(&of(tier("other", Value::Null, "Pass")), &[DENIED]);
    // By name among equals: `other` before `security`.
    check_egress(&of(tier("other", 400, "Pass")), &[DENIED, &dns_before("other")]);
    check_egress(&[security(), quarantine(), tier("zzz", 400, "Pass"), dns("zzz", 1)], &[DENIED]);
    // A deny at the end of an earlier tier.
    check_egress(
        &of(tier("other", 399, "Deny")),
        &[
            "egress is denied by default, as GlobalNetworkPolicy dns (tier other) selects the pod",
            &dns_before("other"),
        ],
    );
}

#[test]
fn built_in_tiers_are_there_without_being_seen() {
    for name in ["kube-admin", "adminnetworkpolicy", "default", "kube-baseline", "baselineadminnetworkpolicy"]
    {
        check_egress(&[security(), quarantine(), dns(name, 1)], &[DENIED]);
        check_notes(&[security(), quarantine(), dns(name, 1)], &[]);
    }
    let late = tier("security", 2_000_000, "Deny");
    check_egress(&[late.clone(), quarantine(), dns("kube-admin", 1)], &[DENIED, &dns_before("kube-admin")]);
    let own = tier("default", 3_000_000, "Pass");
    check_egress(&[late.clone(), quarantine(), dns("default", 1), own], &[DENIED]);
    check_egress(
        &[late, quarantine(), dns("", 1)],
        &[
            "egress is denied by default, as GlobalNetworkPolicy dns (tier default) selects the pod",
            &dns_before("default"),
        ],
    );
}

#[test]
fn policies_of_a_tier_are_walked_by_order_and_name() {
    let of = |order: Value| [security(), quarantine(), dns("security", order)];
    check_egress(&of(json!(99)), &[DENIED, &dns_before("security")]);
    check_egress(&of(json!(99.5)), &[DENIED, &dns_before("security")]);
    check_egress(&of(json!(100)), &[DENIED, &dns_before("security")]);
    check_egress(&of(json!(101)), &[DENIED]);
    check_egress(&of(Value::Null), &[DENIED]);
}

#[test]
fn rules_are_walked_one_by_one() {
    let of = |rules: Value| [security(), global_for_all("a", "security", 1, rules)];
    let denied = |rule: &str| format!("egress is denied by GlobalNetworkPolicy a (tier security), {rule}");
    check_egress(&of(json!([{"action": "Deny"}])), &[&denied("rule 1")]);
    check_egress(
        &of(
            json!([{"action": "deny", "source": {}, "destination": {"nets": []}, "metadata": {"annotations": {"a": "b"}}}]),
        ),
        &[&denied("rule 1")],
    );
    check_egress(
        &of(json!([{"action": "Log"}, {"action": "Deny"}])),
        &[&denied("rule 2, after it is logged")],
    );
    check_egress(
        &of(json!([{"action": "Log", "protocol": "TCP"}, {"action": "Deny"}])),
        &[&denied("rule 2")],
    );
    check_egress(&of(json!([{"action": "Deny"}, {"action": "Log"}])), &[&denied("rule 1")]);
    check_egress(
        &of(json!([{"action": "Allow"}, {"action": "Deny"}])),
        &["egress is open: rule 1 of GlobalNetworkPolicy a (tier security) lets it pass"],
    );
    check_egress(
        &of(json!([{"action": "Allow", "protocol": "ICMP"}, {"action": "Deny"}])),
        &[
            &denied("rule 2"),
            "before that, rule 1 of GlobalNetworkPolicy a (tier security) lets some egress pass (protocol ICMP)",
        ],
    );
    check_egress(
        &of(json!([])),
        &["egress is denied by default, as GlobalNetworkPolicy a (tier security) selects the pod"],
    );
    check_egress(
        &of(json!([{"action": "Log"}])),
        &[
            "egress is denied by default, as GlobalNetworkPolicy a (tier security) selects the pod, after it is logged",
        ],
    );
}

/// With a deny of everything behind it in another tier, to tell a rule that ends the walk from one that does not.
#[test]
fn a_rule_that_asks_for_anything_is_about_a_part() {
    let parts = [
        json!({"ipVersion": 4}),
        json!({"protocol": "TCP"}),
        json!({"notProtocol": "TCP"}),
        json!({"icmp": {"type": 8}}),
        json!({"notICMP": {}}),
        json!({"http": {"methods": ["GET"]}}),
        json!({"source": {"nets": ["10.0.0.0/8"]}}),
        json!({"source": {"notNets": ["10.0.0.0/8"]}}),
        json!({"destination": {"selector": "all()"}}),
        json!({"destination": {"notSelector": "has(a)"}}),
        json!({"destination": {"namespaceSelector": "all()"}}),
        json!({"destination": {"ports": [53, "1000:2000"]}}),
        json!({"destination": {"notPorts": [53]}}),
        json!({"destination": {"serviceAccounts": {"names": ["a"]}}}),
        json!({"destination": {"services": {"name": "a"}}}),
        json!({"destination": {"domains": ["example.com"]}}),
        json!({"destination": "everything"}),
        json!({"somethingNew": true}),
    ];
    for part in parts {
        let mut rule = part.clone();
        rule["action"] = json!("Deny");
        check_egress(
            &[security(), global_for_all("a", "security", 1, json!([rule, {"action": "Pass"}]))],
            &[OPEN],
        );
        rule["action"] = json!("Allow");
        let containment =
            contain(&[security(), global_for_all("a", "security", 1, json!([rule, {"action": "Deny"}]))]);
        assert_eq!((containment.egress.end, containment.egress.earlier.len()), (End::Denied, 1), "{part}");
    }
}

#[test]
fn what_is_passed_on_goes_to_the_next_tier() {
    let first = |rules: Value| [tier("first", 1, "Deny"), global_for_all("a", "first", 1, rules)];
    let with_quarantine = |rules: Value| [&first(rules)[..], &[security(), quarantine()]].concat();
    // All of it: whatever else the tier says.
    check_egress(&with_quarantine(json!([{"action": "Pass"}, {"action": "Allow"}])), &[DENIED]);
    check_egress(&first(json!([{"action": "Pass"}, {"action": "Deny"}])), &[OPEN]);
    // A part, which a later tier denies; or lets through, as the profiles do.
    let part = json!([{"action": "Pass", "protocol": "TCP"}, {"action": "Deny"}]);
    let denied = "egress is denied by GlobalNetworkPolicy a (tier first), rule 2";
    check_egress(&with_quarantine(part.clone()), &[denied]);
    check_egress(
        &first(part.clone()),
        &[
            denied,
            "before that, rule 1 of GlobalNetworkPolicy a (tier first) passes some egress on to tiers that do not deny it \
         (protocol TCP)",
        ],
    );
    // And is still told where a later tier lets a part of it through.
    let objects =
        [with_quarantine(part.clone()), vec![tier("between", 2, "Pass"), dns("between", 1)]].concat();
    check_egress(&objects, &[denied, &dns_before("between")]);
    let open = global_for_all("open", "between", 1, json!([{"action": "Allow"}]));
    let objects = [with_quarantine(part), vec![tier("between", 2, "Pass"), open]].concat();
    let containment = contain(&objects);
    assert_eq!((containment.egress.end, containment.egress.earlier.len()), (End::Denied, 1));
}

#[test]
fn the_end_of_a_tier_denies_only_who_is_selected() {
    let for_others = global("a", json!({"tier": "first", "selector": "app == 'other'", "types": ["Egress"]}));
    check_egress(&[tier("first", 1, "Deny"), for_others], &[OPEN]);
    let ingress_only = global("a", json!({"tier": "first", "types": ["Ingress"]}));
    check_egress(&[tier("first", 1, "Deny"), ingress_only], &[OPEN]);
    let selected = global_for_all("a", "first", 1, json!([]));
    check_egress(&[tier("first", 1, "Pass"), selected], &[OPEN]);
}

#[test]
fn without_types_a_policy_is_about_what_it_has_rules_for() {
    let check = |rules: &[&str], expected: (End, End)| {
        let mut spec = json!({"tier": "security"});
        for way in rules {
            spec[way] = deny();
        }
        let containment = contain(&[security(), global("a", spec)]);
        assert_eq!((containment.ingress.end, containment.egress.end), expected, "{rules:?}");
    };
    check(&[], (End::Denied, End::Open));
    check(&["ingress"], (End::Denied, End::Open));
    check(&["egress"], (End::Open, End::Denied));
    check(&["ingress", "egress"], (End::Denied, End::Denied));
}

#[test]
fn a_policy_for_hosts_alone_is_not_for_pods() {
    let of = |key: &str| {
        let mut policy = quarantine();
        policy["spec"][key] = json!(true);
        contain(&[security(), policy]).is_contained()
    };
    assert!(!of("doNotTrack"));
    assert!(!of("preDNAT"));
    // It is for pods as well: `tierInfoToProtoTierInfo` in felix/calc/event_sequencer.go.
    assert!(of("applyOnForward"));
}

#[test]
fn a_policy_selects_by_pod_namespace_and_service_account() {
    let namespace = json!({
        "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": {"team": "web"}},
    });
    let check = |key: &str, selector: &str, expected: bool| {
        let mut spec = json!({"tier": "security", "types": ["Ingress", "Egress"]});
        spec[key] = json!(selector);
        let containment = contain(&[security(), namespace.clone(), global("a", spec)]);
        assert_eq!(containment.is_contained(), expected, "{key}: {selector}");
        assert_eq!(containment.notes, [""; 0], "{key}: {selector}");
    };
    check("selector", "", true);
    check("selector", "all()", true);
    check("selector", "app in {'cart', 'pay'}", true);
    check("selector", "!has(quarantine)", false);
    check("selector", "projectcalico.org/namespace == 'shop'", true);
    check("selector", "projectcalico.org/orchestrator == 'k8s'", true);
    check("selector", "projectcalico.org/serviceaccount == 'web'", true);
    check("selector", "pcns.team == 'web' && pcsa.projectcalico.org/name == 'web'", true);
    check("namespaceSelector", "team == 'web'", true);
    check("namespaceSelector", "team == 'other'", false);
    check("namespaceSelector", "projectcalico.org/name == 'shop'", true);
    check("namespaceSelector", "kubernetes.io/metadata.name == 'shop'", true);
    check("namespaceSelector", "all()", true);
    check("namespaceSelector", "global()", false);
    check("serviceAccountSelector", "projectcalico.org/name == 'web'", true);
    check("serviceAccountSelector", "projectcalico.org/name == 'other'", false);
    check("serviceAccountSelector", "all()", true);
}

#[test]
fn a_policy_of_a_namespace_is_for_its_pods() {
    let spec = json!({"types": ["Ingress", "Egress"], "tier": "security"});
    let mut policy = of_namespace("projectcalico.org/v3", "NetworkPolicy", "security.q", spec);
    let containment = contain(&[security(), policy.clone()]);
    assert_eq!(containment.policy().as_deref(), Some("shop/security.q"));
    policy["metadata"]["namespace"] = json!("other");
    check_egress(&[security(), policy], &[OPEN]);
}

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

#[test]
fn a_staged_policy_does_nothing_yet() {
    let staged = |action: &str| {
        let mut policy = quarantine();
        policy["kind"] = json!("StagedGlobalNetworkPolicy");
        policy["spec"]["stagedAction"] = json!(action);
        policy
    };
    check_egress(&[security(), staged("Set")], &[OPEN]);
    check_notes(
        &[security(), staged("Set")],
        &[
            "StagedGlobalNetworkPolicy security.quarantine selects the pod and would deny its ingress and egress, but it is \
         staged: it does nothing yet",
        ],
    );
    check_notes(&[security(), staged("Delete")], &[]);
    check_notes(&[security(), quarantine(), staged("Set")], &[]);
    let mut of_kubernetes =
        network_policy("quarantine", json!({"podSelector": {}, "policyTypes": ["Egress"]}));
    of_kubernetes["apiVersion"] = json!("projectcalico.org/v3");
    of_kubernetes["kind"] = json!("StagedKubernetesNetworkPolicy");
    check_notes(
        &[of_kubernetes],
        &[
            "StagedKubernetesNetworkPolicy shop/quarantine selects the pod and would deny its egress, but it is staged: it \
         does nothing yet",
        ],
    );
    let allowing = json!([{"action": "Allow", "protocol": "TCP"}, {"action": "Deny"}]);
    let mut open = global_for_all("security.open", "security", 1, allowing);
    open["kind"] = json!("StagedGlobalNetworkPolicy");
    check_notes(&[security(), open], &[]);
}

#[test]
fn policies_of_kubernetes_stand_in_the_default_tier() {
    let late = tier("security", 2_000_000, "Deny");
    check_egress(
        &[late.clone(), quarantine(), allow_dns()],
        &[
            "egress is denied by default, as NetworkPolicy shop/allow-dns selects the pod",
            "before that, rule 1 of NetworkPolicy shop/allow-dns lets some egress pass (ports.protocol UDP, ports.port 53)",
        ],
    );
    let default = |order: i32| global_for_all("default.deny", "default", order, deny());
    let denied = "egress is denied by GlobalNetworkPolicy default.deny (tier default), rule 1";
    check_egress(&[default(999), allow_dns()], &[denied]);
    check_egress(
        &[default(1001), allow_dns()],
        &[
            denied,
            "before that, rule 1 of NetworkPolicy shop/allow-dns lets some egress pass (ports.protocol UDP, ports.port 53)",
        ],
    );
}
