//! Constructed: who may do what, and the ways into a pod.

use serde_json::{Value, json};

use super::constructed::check;
use super::recorded::alone;

#[test]
fn rights() {
    let binding = |subjects: Value| json!({"roleRef": {"kind": "ClusterRole", "name": "cluster-admin"}, "subjects": subjects});
    let (alice, bob) = (json!({"kind": "User", "name": "alice"}), json!({"kind": "User", "name": "bob"}));
    let kind = "rolebindings.rbac.authorization.k8s.io";
    check(
        kind,
        binding(json!([alice])),
        binding(json!([alice, bob])),
        "carol granted cluster-admin to bob (rolebinding shop/x)",
    );
    check(
        kind,
        binding(json!([alice, bob])),
        binding(json!([alice])),
        "carol revoked cluster-admin from bob (rolebinding shop/x)",
    );
    check(
        kind,
        binding(json!([alice])),
        binding(json!([bob])),
        "carol granted cluster-admin to bob instead of alice (rolebinding shop/x)",
    );
    let role =
        |verbs: Value| json!({"rules": [{"apiGroups": ["", "apps"], "resources": ["x"], "verbs": verbs}]});
    let kind = "roles.rbac.authorization.k8s.io";
    check(
        kind,
        role(json!(["get", "list"])),
        role(json!(["get"])),
        "carol removed list on x, x.apps from role shop/x",
    );
    check(kind, role(json!(["get"])), role(json!(["list"])), "carol changed verb get to list in role shop/x");
    let limited =
        json!({"rules": [{"apiGroups": [""], "resources": ["x"], "verbs": ["get"], "resourceNames": ["a"]}]});
    check(kind, role(json!(["get"])), limited, "carol changed rules in role shop/x");
    let approval = |conditions: Value| json!({"spec": {"signerName": "s", "username": "eve"}, "status": {"conditions": conditions}});
    let mut denied = json!({
        "auditID": "a", "stage": "ResponseComplete", "verb": "update", "user": {"username": "carol"}, "responseStatus": {"code": 200},
        "objectRef": {"apiGroup": "certificates.k8s.io", "resource": "certificatesigningrequests", "subresource": "approval", "name": "x"},
    });
    denied["requestObject"] = approval(json!([{"type": "Denied", "status": "True"}]));
    assert_eq!(
        alone(denied.to_string().as_bytes()),
        "carol denied certificatesigningrequest x (by eve, signer s)"
    );
}

#[test]
fn ways_into_a_pod() {
    #[track_caller]
    fn check(subresource: &str, uri: &str, expected: &str) {
        let record = json!({
            "auditID": "a", "stage": "ResponseComplete", "verb": "get", "user": {"username": "carol"}, "responseStatus": {"code": 101},
            "requestURI": uri, "objectRef": {"resource": "pods", "subresource": subresource, "namespace": "shop", "name": "web-1"},
        });
        assert_eq!(alone(record.to_string().as_bytes()), expected);
    }
    check(
        "exec",
        "/x?command=%2Fbin%2Fbash&container=web",
        "carol opened a shell in pod shop/web-1: /bin/bash",
    );
    check(
        "exec",
        "/x?command=sh&container=proxy",
        "carol opened a shell in container proxy of pod shop/web-1: sh",
    );
    check(
        "exec",
        "/x?command=sh&command=-c&command=a%0Ab",
        "carol opened a shell in pod shop/web-1: sh -c a b",
    );
    check("exec", "/x", "carol ran a command in pod shop/web-1");
    check(
        "portforward",
        "/x?ports=8080&ports=9090",
        "carol forwarded port 8080 and 1 more to pod shop/web-1",
    );
    check(
        "proxy",
        "/api/v1/namespaces/shop/pods/web-1/proxy/admin?x=1",
        "carol sent a request through pod shop/web-1 (/admin)",
    );
    check("log", "/x?container=proxy", "carol read the log of container proxy of pod shop/web-1");
}
