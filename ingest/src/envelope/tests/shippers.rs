//! Records of log shippers, and events of Calico's API server.

use serde_json::{Value, json};

use super::*;

fn parsed(id: &str) -> Value {
    serde_json::from_str(&event(id)).unwrap()
}

#[test]
fn t54_fluent_bit() {
    let pod = json!({"pod_name": "kube-apiserver-cp-1", "namespace_name": "kube-system", "host": "cp-1"});
    let line = format!("{}\n", event("a"));
    check(&json!({"date": 1_795_450_284.5, "log": line}), &["a"]);
    check(
        &json!({"@timestamp": "2026-11-23T16:11:24.5Z", "log": line, "kubernetes": pod}),
        &["a@kube-apiserver-cp-1"],
    );
    check(&json!({"log": line, "log_processed": parsed("a"), "kubernetes": {"host": "cp-1"}}), &["a@cp-1"]);
    check(&json!({"log_processed": parsed("a"), "stream": "stdout"}), &["a"]);
    check(&json!({"log": KLOG, "stream": "stderr", "kubernetes": pod}), &["skipped"]);
}

#[test]
fn t54_docker() {
    let record = |log: &str| json!({"log": log, "stream": "stdout", "time": "2026-11-23T16:11:24.5Z"});
    check(&record(&format!("{}\n", event("a"))), &["a"]);
    check(&record(&cut_event("a")), &["a+"]);
    check(&record(KLOG), &["skipped"]);
}

#[test]
fn t54_filebeat() {
    let record = |place: &str, content: Value| {
        let mut record = json!({
            "@timestamp": "2026-11-23T16:11:24.123Z", "@metadata": {"beat": "filebeat"}, "host": {"name": "cp-1"},
            "agent": {"type": "filebeat", "hostname": "cp-1"}, "log": {"offset": 17, "file": {"path": "/var/log/kubernetes/audit.log"}},
        });
        match place.split_once('.') {
            Some((first, rest)) => record[first] = json!({rest: content}),
            None => record[place] = content,
        }
        record
    };
    check(&record("message", Value::String(event("a"))), &["a@cp-1"]);
    check(&record("event.original", Value::String(event("a"))), &["a@cp-1"]);
    check(&record("event", json!({"original": event("a"), "dataset": "k8s"})), &["a@cp-1"]);
    check(&record("kubernetes.audit", parsed("a")), &["a@cp-1"]);
    check(&json!({"_index": "audit-2026", "_id": "1", "_source": parsed("a")}), &["a"]);
    check(&record("message", Value::String("a line of another log".into())), &["skipped"]);
}

#[test]
fn t54_vector() {
    let record = |message: Value| {
        json!({
            "file": "/var/log/kubernetes/audit.log", "host": "cp-1", "message": message, "source_type": "file",
            "timestamp": "2026-11-23T16:11:24.123456789Z",
        })
    };
    check(&record(Value::String(event("a"))), &["a@cp-1"]);
    check(&record(parsed("a")), &["a@cp-1"]);
    check(&record(Value::String(cut_event("a"))), &["a+@cp-1"]);
    // As OpenShift's forwarder nests it.
    check(
        &json!({"@timestamp": "2026-11-23T16:11:24Z", "structured": parsed("a"), "hostname": "cp-1"}),
        &["a@cp-1"],
    );
}

#[test]
fn t54_otel() {
    let logs = |body: Value| {
        json!({"resourceLogs": [{
            "resource": {"attributes": [{"key": "k8s.node.name", "value": {"stringValue": "cp-1"}}]},
            "scopeLogs": [{"scope": {}, "logRecords": [
                {"timeUnixNano": "1795450284000000000", "body": body, "attributes": []},
                {"timeUnixNano": "1795450284000000000", "body": {"stringValue": KLOG}},
                {"timeUnixNano": "1795450284000000000"},
            ]}],
        }]})
    };
    let expected = ["a@cp-1", "skipped", "skipped"];
    check(&logs(json!({"stringValue": event("a")})), &expected);
    check(&logs(json!({"bytesValue": base64(event("a").as_bytes())})), &expected);
    check(&logs(any_value(&parsed("a"))), &expected);
    check(&logs(Value::String(event("a"))), &expected);
    check(&logs(json!({"stringValue": cut_event("a")})), &["a+@cp-1", "skipped", "skipped"]);
    check(
        &json!({"body": event("a"), "attributes": {}, "resource": {"k8s.pod.name": "kube-apiserver-cp-1"}}),
        &["a@kube-apiserver-cp-1"],
    );
}

/// As OTLP writes a value.
fn any_value(value: &Value) -> Value {
    match value {
        Value::Null => json!({}),
        Value::Bool(value) => json!({"boolValue": value}),
        Value::Number(value) => json!({"intValue": value.to_string()}),
        Value::String(value) => json!({"stringValue": value}),
        Value::Array(values) => {
            json!({"arrayValue": {"values": values.iter().map(any_value).collect::<Vec<_>>()}})
        }
        Value::Object(members) => {
            let members: Vec<_> =
                members.iter().map(|(key, value)| json!({"key": key, "value": any_value(value)})).collect();
            json!({"kvlistValue": {"values": members}})
        }
    }
}

/// `tsee-audit.log` needs no envelope: what its API server adds to an event of v1beta1 is kept as any unknown member.
#[test]
fn events_of_calico_as_they_are() {
    let calico = event("a")
        .replace("audit.k8s.io/v1\"", "audit.k8s.io/v1beta1\",\"metadata\":{\"creationTimestamp\":\"2026-11-23T16:11:23Z\"},\"timestamp\":\"2026-11-23T16:11:23Z\"")
        .replace(r#""resource":"configmaps","#, r#""resource":"globalnetworkpolicies","apiGroup":"projectcalico.org","#);
    let audit = AuditRecord::decode(calico.as_bytes()).unwrap();
    assert_eq!(audit.time().unwrap().to_string(), "2026-11-23T16:11:23.418577Z");
    check(
        &json!({"_index": "audit_ee.1", "_source": serde_json::from_str::<Value>(&calico).unwrap()}),
        &["a"],
    );
    check(&json!({"log": calico, "stream": "stdout"}), &["a"]);
}
