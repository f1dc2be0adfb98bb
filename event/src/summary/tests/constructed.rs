//! Changes that nobody recorded: constructed from two states of an object.

use serde_json::{Value, json};

use super::recorded::{alone, last_of};

/// Two writes of one object by carol: its creation as `before`, and an update to `after` that is based on `base`.
fn updated(group: &str, resource: &str, base: &str, before: &Value, after: &Value) -> String {
    let record = |verb: &str, code: u64, version: &str, base: &str, state: &Value| {
        let mut body = json!({"kind": "X", "metadata": {}});
        merge(&mut body, state);
        merge(
            &mut body,
            &json!({"metadata": {"name": "x", "namespace": "shop", "uid": "u", "resourceVersion": version}}),
        );
        json!({
            "auditID": version, "stage": "ResponseComplete", "verb": verb, "user": {"username": "carol"},
            "objectRef": {"apiGroup": group, "apiVersion": "v1", "resource": resource, "namespace": "shop", "name": "x", "resourceVersion": base},
            "responseStatus": {"code": code}, "requestObject": body, "responseObject": body,
        })
        .to_string()
    };
    last_of(&[&record("create", 201, "1", "", before), &record("update", 200, "2", base, after)])
}

fn merge(target: &mut Value, from: &Value) {
    match (target, from) {
        (Value::Object(target), Value::Object(from)) => {
            for (key, value) in from {
                merge(target.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (target, from) => *target = from.clone(),
    }
}

#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "states are written out where they are used")]
fn check(kind: &str, before: Value, after: Value, expected: &str) {
    let (resource, group) = kind.split_once('.').unwrap_or((kind, ""));
    assert_eq!(updated(group, resource, "1", &before, &after), expected, "{before} {after}");
}

/// A pod template with these containers.
fn deployment(containers: &Value) -> Value {
    json!({"spec": {"template": {"spec": {"containers": containers}}}})
}

#[test]
fn workloads() {
    let web = json!({"name": "web", "image": "nginx:1", "env": [{"name": "A", "value": "1"}]});
    let proxy = json!({"name": "proxy", "image": "envoy:2", "env": [{"name": "B", "value": "2"}]});
    let kind = "deployments.apps";
    check(
        kind,
        deployment(&json!([web])),
        deployment(&json!([web, proxy])),
        "carol added container proxy (envoy:2) to deployment shop/x",
    );
    check(
        kind,
        deployment(&json!([web, proxy])),
        deployment(&json!([web])),
        "carol removed container proxy from deployment shop/x",
    );
    check(
        kind,
        deployment(&json!([web])),
        deployment(&json!([{"name": "web", "image": "nginx:2"}])),
        "carol set image of container web in deployment shop/x to nginx:2 and 2 more changes",
    );
    check(
        kind,
        deployment(&json!([web])),
        deployment(&json!([{"name": "web", "image": "nginx:1"}])),
        "carol removed env A of container web from deployment shop/x",
    );
    check(
        kind,
        deployment(&json!([web])),
        deployment(
            &json!([{"name": "web", "image": "nginx:1", "env": [{"name": "A", "value": "redacted:326eb4f6783e519f"}]}]),
        ),
        "carol changed env A of container web in deployment shop/x",
    );
    check(
        kind,
        deployment(&json!([{"name": "web"}])),
        deployment(&json!([{"name": "web", "resources": {"requests": {"cpu": "1"}}}])),
        "carol set cpu request of container web in deployment shop/x to 1",
    );
    check(
        kind,
        deployment(&json!([{"name": "web"}])),
        deployment(&json!([{"name": "web", "securityContext": {"privileged": true}}])),
        "carol changed securityContext.privileged of container web in deployment shop/x to true",
    );
    check(
        kind,
        json!({"spec": {}}),
        json!({"spec": {"paused": true}}),
        "carol paused the rollout of deployment shop/x",
    );
    check(
        "cronjobs.batch",
        json!({"spec": {"suspend": true}}),
        json!({"spec": {"suspend": false}}),
        "carol resumed cronjob shop/x",
    );
    check(
        "statefulsets.apps",
        json!({"spec": {"replicas": 3}}),
        json!({"spec": {"replicas": 0}}),
        "carol scaled statefulset shop/x from 3 to 0",
    );
    check(
        "deployments.apps",
        json!({"metadata": {"annotations": {"deployment.kubernetes.io/revision": "1"}}}),
        json!({"metadata": {"annotations": {"deployment.kubernetes.io/revision": "2"}}}),
        "carol updated deployment shop/x, only bookkeeping changed",
    );
}

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

#[test]
fn data_and_configuration() {
    check(
        "configmaps",
        json!({"data": {"a": "1"}}),
        json!({"data": {"a": "1", "b": "2"}}),
        "carol added key b to configmap shop/x",
    );
    check(
        "configmaps",
        json!({"data": {"a": "one\ntwo"}}),
        json!({"data": {"a": "one\nthree"}}),
        "carol changed key a in configmap shop/x",
    );
    check(
        "secrets",
        json!({"data": {"a": "MQ=="}}),
        json!({"data": {"a": "Mg==", "b": "Mw=="}}),
        "carol changed key a in secret shop/x and 1 more change",
    );
    check(
        "secrets",
        json!({"data": {"a": "MQ=="}}),
        json!({"data": {}}),
        "carol removed key a from secret shop/x and 1 more change",
    );
    check(
        "secrets",
        json!({"metadata": {"annotations": {"hint": "old"}}}),
        json!({"metadata": {"annotations": {"hint": "hunter2"}}}),
        "carol set annotation hint on secret shop/x",
    );
    let webhooks = |policy: &str| json!({"webhooks": [{"name": "v.x.io", "failurePolicy": policy}]});
    check(
        "validatingwebhookconfigurations.admissionregistration.k8s.io",
        webhooks("Fail"),
        webhooks("Ignore"),
        "carol changed failurePolicy of webhook v.x.io from Fail to Ignore in validatingwebhookconfiguration shop/x",
    );
    check(
        "mutatingwebhookconfigurations.admissionregistration.k8s.io",
        json!({"webhooks": []}),
        webhooks("Fail"),
        "carol added webhook v.x.io to mutatingwebhookconfiguration shop/x and 1 more change",
    );
    check(
        "validatingadmissionpolicies.admissionregistration.k8s.io",
        json!({"spec": {"failurePolicy": "Fail"}}),
        json!({"spec": {"failurePolicy": "Ignore"}}),
        "carol changed failurePolicy from Fail to Ignore in validatingadmissionpolicy shop/x",
    );
}

#[test]
fn custom_resources() {
    let kind = "widgets.example.com";
    check(
        kind,
        json!({"spec": {"size": {"height": 3}}}),
        json!({"spec": {"size": {"height": 5}}}),
        "carol changed size.height from 3 to 5 in widget shop/x",
    );
    check(
        kind,
        json!({"spec": {"parts": [{"name": "wheel", "count": 4}]}}),
        json!({"spec": {"parts": [{"name": "wheel", "count": 5}]}}),
        "carol changed count of part wheel from 4 to 5 in widget shop/x",
    );
    check(
        kind,
        json!({"spec": {"replicas": 1}}),
        json!({"spec": {"replicas": 2}}),
        "carol scaled widget shop/x from 1 to 2",
    );
    check(
        kind,
        json!({"spec": {"a": {"b": 1}}}),
        json!({"spec": {"a": [1]}}),
        "carol removed a.b from widget shop/x and 1 more change",
    );
    check(
        kind,
        json!({"spec": {"a": "x"}, "status": {"phase": "Old"}}),
        json!({"spec": {"a": "x"}, "status": {"phase": "New"}}),
        "carol updated the status of widget shop/x: phase New",
    );
}

#[test]
fn what_an_unseen_write_may_have_done_is_not_blamed_on_this_one() {
    let state = |replicas: u64, image: &str| json!({"spec": {"replicas": replicas, "image": image}});
    let found = updated("example.com", "widgets", "7", &state(3, "a"), &state(5, "b"));
    assert_eq!(
        found,
        "carol scaled widget shop/x to 5 and 1 more change (in part perhaps by an unseen write)"
    );
    let record = |id: &str, verb: &str, code: u64, generation: u64, request: Value, state: Value| {
        let mut body = json!({"kind": "Widget", "metadata": {"name": "x", "namespace": "shop", "uid": "u", "resourceVersion": id, "generation": generation}});
        merge(&mut body, &state);
        json!({
            "auditID": id, "stage": "ResponseComplete", "verb": verb, "user": {"username": "carol"}, "responseStatus": {"code": code},
            "objectRef": {"apiGroup": "example.com", "apiVersion": "v1", "resource": "widgets", "namespace": "shop", "name": "x"},
            "requestObject": request, "responseObject": body,
        })
        .to_string()
    };
    let created = record("1", "create", 201, 1, json!({}), state(3, "a"));
    let patch = |patch: Value| last_of(&[&created, &record("9", "patch", 200, 3, patch, state(5, "b"))]);
    assert_eq!(patch(json!({"spec": {"replicas": 5}})), "carol scaled widget shop/x to 5");
    let operations = json!([{"op": "replace", "path": "/spec/replicas", "value": 5}]);
    assert_eq!(patch(operations), "carol scaled widget shop/x to 5");
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
