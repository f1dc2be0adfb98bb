use super::*;

/// What is lost of the egress of a pod under quarantine. The ingress loses the same or nothing.
#[track_caller]
fn check(before: &[Value], after: &[Value], expected: &[&str]) {
    let lost = weakened(&contain(before), &contain(after)).unwrap_or_default();
    let of_egress: Vec<&str> =
        lost.iter().map(String::as_str).filter(|sentence| sentence.contains("egress")).collect();
    assert_eq!(of_egress, expected);
}

fn with(change: impl Fn(&mut Value)) -> Value {
    let mut policy = quarantine();
    change(&mut policy["spec"]);
    policy
}

fn allow_in_security() -> Value {
    global(
        "security.allow",
        json!({
            "tier": "security", "order": 200, "types": ["Egress"], "egress": [{"action": "Allow", "protocol": "TCP"}],
        }),
    )
}

const WAS: &str = "egress was denied by GlobalNetworkPolicy security.quarantine (tier security), rule 2, after it is logged";
const NO_LOG: &str = "egress is still denied, but no longer logged before";
const HOLE: &str = "rule 1 of GlobalNetworkPolicy security.allow (tier security) lets some egress pass (protocol TCP), \
     which was denied";

#[test]
fn what_is_lost_is_told() {
    let before = [security(), quarantine(), allow_in_security()];
    let after = |policy: Value| [security(), policy, allow_in_security()];
    check(&before, &before, &[]);
    // Deleted.
    check(&[security(), quarantine()], &[security()], &[&format!("{WAS}; now no policy denies all of it")]);
    check(&before, &[security(), allow_in_security()], &[HOLE, NO_LOG]);
    // Edited: another selector, one way only, no log.
    check(&before, &after(with(|spec| spec["selector"] = json!("isolated == \"true\""))), &[HOLE, NO_LOG]);
    check(
        &[security(), quarantine()],
        &[security(), with(|spec| spec["types"] = json!(["Ingress"]))],
        &[&format!("{WAS}; now no policy denies all of it")],
    );
    check(&before, &after(with(|spec| spec["egress"] = json!([{"action": "Deny"}]))), &[NO_LOG]);
    // Reordered behind an allow.
    check(&before, &after(with(|spec| spec["order"] = json!(300))), &[HOLE]);
    // Overruled by a policy of an earlier tier, or by its tier that went behind.
    let overruling = global_for_all("open", "first", 1, json!([{"action": "Allow"}]));
    check(
        &before,
        &[&before[..], &[tier("first", 1, "Pass"), overruling]].concat(),
        &[&format!("{WAS}; now rule 1 of GlobalNetworkPolicy open (tier first) lets it pass")],
    );
    check(
        &[security(), quarantine(), allow_dns()],
        &[tier("security", 5_000_000, "Deny"), quarantine(), allow_dns()],
        &[
            "rule 1 of NetworkPolicy shop/allow-dns lets some egress pass (ports.protocol UDP, ports.port 53), which was \
             denied",
            NO_LOG,
        ],
    );
    // It can no longer be told.
    let unclear = global(
        "security.odd",
        json!({
            "tier": "security", "order": 1, "serviceAccountSelector": "a == 'b'", "types": ["Egress"],
            "egress": [{"action": "Allow"}],
        }),
    );
    check(
        &before,
        &[&before[..], &[unclear]].concat(),
        &[&format!("{WAS}; whether it still is depends on what cannot be evaluated")],
    );
}

#[test]
fn a_rule_is_known_by_what_it_matches() {
    let ports: Vec<u32> = (1000..1100).collect();
    let allow = |ports: &[u32]| {
        let rule = json!({"action": "Allow", "metadata": {"annotations": {"a": "b"}}, "destination": {"ports": ports}});
        [security(), global_for_all("security.allow", "security", 1, json!([rule, {"action": "Deny"}]))]
    };
    let weaker = |before: &[u32], after: &[u32]| weakened(&contain(&allow(before)), &contain(&allow(after)));
    assert_eq!(weaker(&ports, &ports), None);
    // Beyond what is told of it.
    let more = [&ports[..], &[2000]].concat();
    assert_eq!(weaker(&ports, &more).map(|lost| lost.len()), Some(2));
}

#[test]
fn what_is_as_strict_or_stricter_is_no_loss() {
    let open = [security(), allow_in_security()];
    check(&open, &[security(), quarantine(), allow_in_security()], &[]);
    // The rule that lets through stands elsewhere in its policy.
    let mut moved = allow_in_security();
    moved["spec"]["egress"] =
        json!([{"action": "Deny", "protocol": "UDP"}, {"action": "Allow", "protocol": "TCP"}]);
    check(&open, &[security(), moved], &[]);
    // Another policy denies.
    let other = global_for_all("other", "first", 1, json!([{"action": "Log"}, {"action": "Deny"}]));
    check(&[security(), quarantine()], &[tier("first", 1, "Deny"), other], &[]);
    // Nothing was denied before.
    check(&[], &[], &[]);
}
