//! Diagnostic records of AKS.

use serde_json::{Value, json};

use super::*;

fn record(category: &str, log: &Value) -> Value {
    json!({
        "time": "2026-11-23T16:11:24.0000000Z",
        "category": category,
        "operationName": "Microsoft.ContainerService/managedClusters/diagnosticLogs/Read",
        "resourceId": "/SUBSCRIPTIONS/00000000-0000-0000-0000-000000000000/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.CONTAINERSERVICE/MANAGEDCLUSTERS/SHOP",
        "ccpNamespace": "6001a2b3c4d5e6f700000001",
        "properties": {"log": log, "stream": "stdout", "pod": "kube-apiserver-6c9f8-x2v", "containerID": "0f"},
        "Cloud": "AzureCloud", "Environment": "prod", "UnderlayClass": "hcp-underlay", "UnderlayName": "hcp-1",
    })
}

fn line(event: &str) -> Value {
    Value::String(format!("{event}\n"))
}

#[test]
fn t51_strings_objects_text_and_other_services() {
    let parsed = |id| serde_json::from_str::<Value>(&event(id)).unwrap();
    check(
        &json!({"records": [
            record("kube-audit", &line(&event("a"))),
            record("kube-audit-admin", &parsed("b")),
            record("kube-apiserver", &Value::String(KLOG.into())),
            {"time": "2026-11-23T16:11:24Z", "category": "AuditEvent", "resourceId": "/SUBSCRIPTIONS/0/VAULTS/KEYS", "properties": {"id": "x"}},
            // Full audit logs under a category that should not have them.
            record("kube-apiserver", &line(&event("c"))),
            record("cluster-autoscaler", &Value::String("{\"level\":\"info\",\"msg\":\"scaled\"}\n".into())),
        ]}),
        &[
            "a@kube-apiserver-6c9f8-x2v",
            "b@kube-apiserver-6c9f8-x2v",
            "c@kube-apiserver-6c9f8-x2v",
            "skipped",
            "skipped",
            "skipped",
        ],
    );
    check(&record("kube-audit", &line(&event("a"))), &["a@kube-apiserver-6c9f8-x2v"]);
    check(&json!({"records": []}), &[]);
}

#[test]
fn t51_properties_as_a_string() {
    let mut record = record("kube-audit", &line(&event("a")));
    record["properties"] = Value::String(record["properties"].to_string());
    check(&record, &["a@kube-apiserver-6c9f8-x2v"]);
    // Cut, which leaves no whole object in the string.
    let long = event("a").replace("green", &"x".repeat(40_000));
    let properties = self::record("kube-audit", &line(&long))["properties"].to_string();
    record["properties"] = Value::String(properties.get(..32 << 10).unwrap().to_owned());
    let found = opened(record.to_string().as_bytes());
    let [completed] = found.events.as_slice() else { panic!("{found:?}") };
    assert!(AuditRecord::decode(completed.as_bytes()).unwrap().is_truncated());
}

#[test]
fn t51_a_cut_log_is_completed() {
    let long = event("a").replace("green", &"x".repeat(40_000));
    for cut_at in [16 << 10, 32 << 10] {
        let found = opened(
            record("kube-audit", &Value::String(long.get(..cut_at).unwrap().into())).to_string().as_bytes(),
        );
        let [completed] = found.events.as_slice() else { panic!("{found:?}") };
        let audit = AuditRecord::decode(completed.as_bytes()).unwrap();
        assert!(audit.is_truncated());
        assert_eq!(
            (audit.verb.as_ref(), audit.user_name().as_ref(), audit.code()),
            ("update", "alice", Some(200))
        );
        assert!(audit.object_ref.is_some() && audit.request_object.is_none());
        assert_eq!(audit.time().unwrap().to_string(), "2026-11-23T16:11:24.000000Z", "as the envelope says");
    }
    let nothing = event("a").split_once("auditID").unwrap().0.to_owned() + "auditID\":\"a";
    check(
        &record("kube-audit", &Value::String(nothing)),
        &["in a diagnostic record of AKS: cut: the input ends in the middle of it"],
    );
}

#[test]
fn t51_a_body_that_was_left_out() {
    let skipped = event("a")
        .replace(r#"{"kind":"ConfigMap","data":{"colour":"green"}}"#, r#""skipped-too-big-size-object""#);
    check(&record("kube-audit", &line(&skipped)), &["a+@kube-apiserver-6c9f8-x2v"]);
}

#[test]
fn t51_a_broken_record_harms_no_neighbour() {
    let broken = event("b").replace(r#""verb":"#, r#""verb";"#);
    check(
        &json!({"records": [
            record("kube-audit", &line(&event("a"))),
            record("kube-audit", &line(&broken)),
            record("kube-audit", &json!(17)),
            record("kube-audit", &Value::Null),
            record("kube-audit", &line(&event("c"))),
        ]}),
        &[
            "a@kube-apiserver-6c9f8-x2v",
            "c@kube-apiserver-6c9f8-x2v",
            "in a diagnostic record of AKS: malformed JSON at its byte 174",
            "skipped",
            "skipped",
        ],
    );
}
