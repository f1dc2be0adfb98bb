use super::*;

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

/// Where all the rest is let through, what may become of a part that was passed on says nothing more.
#[test]
fn what_is_let_through_is_open_whatever_stands_behind() {
    let doubtful = global(
        "odd",
        json!({
            "serviceAccountSelector": "a == 'b'", "types": ["Egress"], "egress": [{"action": "Deny"}],
        }),
    );
    let rules = json!([{"action": "Pass", "protocol": "TCP"}, {"action": "Allow"}]);
    let objects = [tier("first", 1, "Deny"), global_for_all("a", "first", 1, rules), doubtful];
    check_egress(&objects, &["egress is open: rule 2 of GlobalNetworkPolicy a (tier first) lets it pass"]);
    check_notes(&objects, &[]);
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
        &[late, quarantine(), allow_dns()],
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
