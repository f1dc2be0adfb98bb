//! Constructed changes of who reaches whom.

use serde_json::{Value, json};

use super::constructed::check;

#[test]
fn networks() {
    let kind = "networkpolicies.networking.k8s.io";
    check(
        kind,
        json!({"spec": {"podSelector": {"matchLabels": {"app": "a"}}}}),
        json!({"spec": {"podSelector": {}}}),
        "carol changed the selector of networkpolicy shop/x to all pods",
    );
    check(
        kind,
        json!({"spec": {"ingress": [{"ports": [{"port": 80}]}]}}),
        json!({"spec": {"ingress": []}}),
        "carol set no ingress in networkpolicy shop/x",
    );
    check(
        "globalnetworkpolicies.projectcalico.org",
        json!({"spec": {"selector": "a == 'b'"}}),
        json!({"spec": {"selector": "all()"}}),
        "carol changed selector from \"a == 'b'\" to all() in globalnetworkpolicy shop/x",
    );
    check(
        "networkpolicies.projectcalico.org",
        json!({"spec": {"ingress": [{"action": "Deny"}]}}),
        json!({"spec": {"ingress": [{"action": "Allow"}]}}),
        "carol changed action Deny to Allow in networkpolicy shop/x",
    );
    check(
        "tiers.projectcalico.org",
        json!({"spec": {"order": 100}}),
        json!({"spec": {"order": 50}}),
        "carol changed order from 100 to 50 in tier shop/x",
    );
    let service =
        |target: u64| json!({"spec": {"ports": [{"port": 80, "protocol": "TCP", "targetPort": target}]}});
    check(
        "services",
        service(8080),
        service(9090),
        "carol changed targetPort of port 80 from 8080 to 9090 in service shop/x",
    );
}

#[test]
fn endpoints() {
    let slice = |endpoints: &[(&str, bool)]| {
        let endpoints: Vec<Value> = endpoints
            .iter()
            .map(|(ip, ready)| {
                json!({"addresses": [ip], "conditions": {"ready": ready}, "targetRef": {"kind": "Pod", "name": format!("pod-{ip}")}})
            })
            .collect();
        json!({"metadata": {"labels": {"kubernetes.io/service-name": "api"}}, "endpoints": endpoints})
    };
    let kind = "endpointslices.discovery.k8s.io";
    let check = |before: &[(&str, bool)], after: &[(&str, bool)], expected: &str| {
        check(kind, slice(before), slice(after), expected);
    };
    let (one, two, three) = (("10.0.0.1", true), ("10.0.0.2", true), ("10.0.0.3", true));
    check(&[one, two], &[one], "carol removed endpoint 10.0.0.2 from service shop/api (pod pod-10.0.0.2)");
    check(
        &[one],
        &[one, two, three],
        "carol added 2 endpoints to service shop/api (pod pod-10.0.0.2 and 1 more)",
    );
    check(&[one], &[two], "carol added endpoint 10.0.0.2 to service shop/api and removed endpoint 10.0.0.1");
    check(
        &[one],
        &[("10.0.0.1", false)],
        "carol marked endpoint 10.0.0.1 of service shop/api not ready (pod pod-10.0.0.1)",
    );
}
