//! Log entries and the events that they become. Constructed, in the form that Google's documentation of `AuditLog` and
//! `LogEntry` describes.

use serde_json::{Value, json};
use taffrail_event::AuditRecord;

use crate::envelope::tests::{check, opened};

fn entry(method: &str, resource: &str, changes: &Value) -> Value {
    let mut entry = json!({
        "insertId": "0a1b",
        "logName": "projects/shop/logs/cloudaudit.googleapis.com%2Factivity",
        "timestamp": "2026-11-23T16:11:23.418577123Z",
        "receiveTimestamp": "2026-11-23T16:11:30.5Z",
        "resource": {"type": "k8s_cluster", "labels": {"cluster_name": "shop", "location": "europe-west4", "project_id": "shop"}},
        "labels": {"authorization.k8s.io/decision": "allow", "authorization.k8s.io/reason": ""},
        "operation": {"id": "0a1b", "first": true, "last": true, "producer": "k8s.io"},
        "protoPayload": {
            "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
            "serviceName": "k8s.io",
            "methodName": method,
            "resourceName": resource,
            "authenticationInfo": {"principalEmail": "alice@example.com"},
            "authorizationInfo": [{"granted": true, "permission": method, "resource": resource}],
            "requestMetadata": {"callerIp": "203.0.113.10", "callerSuppliedUserAgent": "kubectl/v1.32.4"},
            "status": {},
        },
    });
    for (path, value) in changes.as_object().unwrap() {
        *entry
            .pointer_mut(path.rsplit_once('/').unwrap().0)
            .unwrap()
            .as_object_mut()
            .unwrap()
            .entry(path.rsplit_once('/').unwrap().1)
            .or_insert(Value::Null) = value.clone();
    }
    entry
}

fn event_of(entry: &Value) -> Value {
    let found = opened(entry.to_string().as_bytes());
    let [event] = found.events.as_slice() else { panic!("{found:?}") };
    serde_json::from_str(event).unwrap()
}

#[test]
fn t53_an_entry_as_an_event() {
    let patch = json!({"@type": "k8s.io/Patch", "metadata": {"labels": {"quarantine": "true"}}});
    let pod = json!({"@type": "core.k8s.io/v1.Pod", "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}});
    let changes = json!({"/protoPayload/request": patch, "/protoPayload/response": pod});
    let event = event_of(&entry("io.k8s.core.v1.pods.patch", "core/v1/namespaces/shop/pods/web", &changes));
    assert_eq!(
        event,
        json!({
            "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "RequestResponse", "auditID": "0a1b",
            "stage": "ResponseComplete", "requestURI": "/api/v1/namespaces/shop/pods/web", "verb": "patch",
            "user": {"username": "alice@example.com"}, "sourceIPs": ["203.0.113.10"], "userAgent": "kubectl/v1.32.4",
            "objectRef": {"resource": "pods", "namespace": "shop", "name": "web", "apiVersion": "v1"},
            "responseStatus": {"metadata": {}, "code": 200},
            "requestObject": {"metadata": {"labels": {"quarantine": "true"}}},
            "responseObject": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}},
            "requestReceivedTimestamp": "2026-11-23T16:11:23.418577Z",
            "annotations": {"authorization.k8s.io/decision": "allow", "authorization.k8s.io/reason": ""},
        })
    );
}

#[test]
fn t53_levels_and_bodies() {
    fn check(changes: &Value, level: &str, request: &Value) {
        let event =
            event_of(&entry("io.k8s.core.v1.pods.create", "core/v1/namespaces/shop/pods/web", changes));
        assert_eq!((&event["level"], &event["requestObject"]), (&json!(level), request));
    }
    check(&json!({}), "Metadata", &Value::Null);
    check(&json!({"/protoPayload/request": {"@type": "core.k8s.io/v1.Pod"}}), "Metadata", &Value::Null);
    let pod = json!({"@type": "core.k8s.io/v1.Pod", "spec": {}});
    check(&json!({"/protoPayload/request": pod}), "Request", &json!({"kind": "Pod", "spec": {}}));
    let operations = json!([{"op": "remove", "path": "/metadata/labels/quarantine"}]);
    let patch = json!({"@type": "k8s.io/Patch", "value": operations});
    check(&json!({"/protoPayload/request": patch}), "Request", &operations);
    let status = json!({"@type": "core.k8s.io/v1.Status", "code": 404});
    check(&json!({"/protoPayload/response": status}), "RequestResponse", &Value::Null);
}

#[test]
fn t53_statuses_of_grpc() {
    fn check(status: &Value, code: i64, message: &Value) {
        let changes = json!({"/protoPayload/status": status});
        let event = event_of(&entry("io.k8s.core.v1.pods.get", "core/v1/namespaces/shop/pods/web", &changes));
        let found = &event["responseStatus"];
        assert_eq!((&found["code"], &found["message"]), (&json!(code), message), "{status}");
    }
    check(&json!({}), 200, &Value::Null);
    let forbidden = json!({"code": 7, "message": "pods \"web\" is forbidden"});
    check(&forbidden, 403, &json!("pods \"web\" is forbidden"));
    check(&Value::Null, 200, &Value::Null);
    let codes =
        [(0, 200), (3, 400), (5, 404), (6, 409), (8, 429), (10, 409), (13, 500), (14, 503), (16, 401)];
    for (grpc, http) in codes.into_iter().chain([(409, 409), (99, 500)]) {
        check(&json!({"code": grpc}), http, &Value::Null);
    }
}

#[test]
fn t53_a_truncated_entry_and_a_dry_run_say_so() {
    let mut truncated = entry("io.k8s.core.v1.pods.update", "core/v1/namespaces/shop/pods/web", &json!({}));
    truncated["labels"]["audit.k8s.io/truncated"] = json!("true");
    check(&truncated, &["0a1b+"]);
    let mut dry = entry("io.k8s.core.v1.pods.create", "core/v1/namespaces/shop/pods", &json!({}));
    dry["labels"]["command.gke.io/dryRun"] = json!("All");
    let event = event_of(&dry).to_string();
    assert!(AuditRecord::decode(event.as_bytes()).unwrap().is_dry_run(), "{event}");
}

#[test]
fn t53_a_namespace_itself() {
    let event = event_of(&entry(
        "io.k8s.core.v1.namespaces.finalize.update",
        "core/v1/namespaces/shop/finalize",
        &json!({}),
    ));
    assert_eq!(
        event["objectRef"],
        json!({"resource": "namespaces", "namespace": "shop", "name": "shop", "apiVersion": "v1", "subresource": "finalize"})
    );
}

#[test]
fn t53_requests_that_go_on() {
    fn check(first: bool, last: bool, stage: &str) {
        let operation = json!({"/operation": {"id": "0a1b", "first": first, "last": last}});
        let event = event_of(&entry(
            "io.k8s.core.v1.pods.exec.create",
            "core/v1/namespaces/shop/pods/web/exec",
            &operation,
        ));
        assert_eq!(event["stage"], json!(stage));
    }
    check(true, true, "ResponseComplete");
    check(true, false, "ResponseStarted");
    check(false, true, "ResponseComplete");
}

#[test]
fn t53_odd_entries() {
    let other = json!({"/protoPayload/serviceName": "container.googleapis.com"});
    check(&entry("google.container.v1.ClusterManager.SetLabels", "projects/shop", &other), &["skipped"]);
    check(
        &json!({"logName": "projects/shop/logs/stdout", "insertId": "1", "textPayload": "hello"}),
        &["skipped"],
    );
    check(&json!({"logName": "projects/shop/logs/stdout", "insertId": "1"}), &["skipped"]);
    check(
        &json!({"protoPayload": {"serviceName": "k8s.io"}}),
        &["in a log entry of GKE: neither an insertId nor an operation, so it cannot be told apart"],
    );
    check(&json!({"insertId": "b", "protoPayload": {"serviceName": "k8s.io"}}), &["b"]);
    let odd = json!({"/protoPayload/status": [], "/protoPayload/request": [1], "/protoPayload/requestMetadata": {"callerIp": "gce-internal-ip"}, "/labels": 7, "/operation": "x", "/timestamp": {}});
    let event = event_of(&entry("", "", &odd));
    assert_eq!(
        (&event["requestURI"], &event["sourceIPs"], &event["verb"]),
        (&json!("/"), &Value::Null, &json!(""))
    );
    assert_eq!(event["requestReceivedTimestamp"], json!("2026-11-23T16:11:30.500000Z"));
}
