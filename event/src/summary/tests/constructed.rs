//! Changes that nobody recorded: constructed from two states of an object.

use serde_json::{Value, json};

use super::recorded::last_of;

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
pub(super) fn check(kind: &str, before: Value, after: Value, expected: &str) {
    let (resource, group) = kind.split_once('.').unwrap_or((kind, ""));
    assert_eq!(updated(group, resource, "1", &before, &after), expected, "{before} {after}");
}

/// A pod template with these containers.
fn deployment(containers: &Value) -> Value {
    json!({"spec": {"template": {"spec": {"containers": containers}}}})
}

/// What `kubectl rollout undo` sends for these: the data of a ControllerRevision.
#[test]
fn workloads_with_revisions_are_rolled_back() {
    let template = |image: &str| json!({"spec": {"containers": [{"name": "web", "image": image}]}});
    for (resource, word) in [("daemonsets", "daemonset"), ("statefulsets", "statefulset")] {
        let record = |verb: &str, code: u64, version: &str, body: &Value, image: &str| {
            let metadata = json!({"name": "x", "namespace": "shop", "uid": "u", "resourceVersion": version});
            json!({
                "auditID": version, "stage": "ResponseComplete", "verb": verb, "user": {"username": "carol"},
                "objectRef": {"apiGroup": "apps", "apiVersion": "v1", "resource": resource, "namespace": "shop", "name": "x"},
                "responseStatus": {"code": code}, "requestObject": body,
                "responseObject": {"kind": "X", "metadata": metadata, "spec": {"template": template(image)}},
            })
            .to_string()
        };
        let created = json!({"kind": "X", "spec": {"template": template("nginx:2")}});
        let mut undo = json!({"spec": {"template": template("nginx:1")}});
        undo["spec"]["template"]["$patch"] = json!("replace");
        let records =
            [record("create", 201, "1", &created, "nginx:2"), record("patch", 200, "2", &undo, "nginx:1")];
        let found = last_of(&records.each_ref().map(String::as_str));
        assert_eq!(found, format!("carol rolled back {word} shop/x (image nginx:1)"));
    }
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
        "carol removed key a from secret shop/x",
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
        "carol added webhook v.x.io to mutatingwebhookconfiguration shop/x",
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
