//! Events in the envelopes of clouds and log shippers: by the webhook and by import, the same events once.
//!
//! The events are recorded, the envelopes around them constructed after the published descriptions that docs/formats.md
//! names.

use std::fs;
use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use taffrail_tests::{Server, cli, oracle, samples};
use tempfile::TempDir;

/// When the envelopes say that their records were written.
const TIME: &str = "2026-11-23T16:30:00.0000000Z";
const MILLIS: u64 = 1_795_451_400_000;
/// Records of one batch.
const BATCH: usize = 100;
const KLOG: &str = "I1123 16:11:23.640063       1 httplog.go:132] \"HTTP\" verb=\"GET\" URI=\"/readyz\"";

/// The pod under quarantine, line by line.
fn recorded() -> Vec<String> {
    let lines = samples::lines("story/audit.jsonl.gz");
    lines.into_iter().map(|line| String::from_utf8(line).expect("the story is UTF-8")).collect()
}

fn identities(events: &[Value]) -> Vec<String> {
    let mut identities: Vec<_> = events.iter().map(oracle::identity_of).collect();
    identities.sort();
    identities
}

fn json_lines(records: impl Iterator<Item = Value>) -> Vec<u8> {
    records.flat_map(|record| format!("{record}\n").into_bytes()).collect()
}

/// Every event as a record of both audit categories, with text of the API server between them.
fn aks(events: &[String]) -> Vec<u8> {
    let record = |category: &str, log: String| {
        json!({
            "time": TIME, "category": category, "operationName": "Microsoft.ContainerService/managedClusters/diagnosticLogs/Read",
            "resourceId": "/SUBSCRIPTIONS/0/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.CONTAINERSERVICE/MANAGEDCLUSTERS/OTHER",
            "properties": {"log": log, "stream": "stdout", "pod": "kube-apiserver-6c9f8-x2v"},
        })
    };
    json_lines(events.chunks(BATCH).map(|events| {
        let both = |event: &String| {
            ["kube-audit", "kube-audit-admin"].map(|category| record(category, format!("{event}\n")))
        };
        let mut records: Vec<_> = events.iter().flat_map(both).collect();
        records.push(record("kube-apiserver", format!("{KLOG}\n")));
        json!({"records": records})
    }))
}

/// As Lambda gets batches: compressed, in base64.
fn cloudwatch(events: &[String]) -> Vec<u8> {
    json_lines(events.chunks(BATCH).map(|events| {
        let message = |event: &String| json!({"id": "1", "timestamp": MILLIS, "message": event});
        let mut messages: Vec<_> = events.iter().map(message).collect();
        messages.push(json!({"id": "2", "timestamp": MILLIS, "message": KLOG}));
        let batch = json!({
            "messageType": "DATA_MESSAGE", "owner": "1", "logGroup": "/aws/eks/other/cluster",
            "logStream": "kube-apiserver-audit-0f", "subscriptionFilters": ["audit"], "logEvents": messages,
        });
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(batch.to_string().as_bytes()).expect("write into memory");
        json!({"awslogs": {"data": STANDARD.encode(encoder.finish().expect("write into memory"))}})
    }))
}

fn fluent_bit(events: &[String]) -> Vec<u8> {
    let record = |log: &str| json!({"date": 1_795_451_400.5, "log": format!("{log}\n"), "stream": "stdout", "kubernetes": {"host": "cp-1"}});
    json_lines(events.iter().map(String::as_str).chain([KLOG]).map(record))
}

fn filebeat(events: &[String]) -> Vec<u8> {
    let record = |message: &str| json!({"@timestamp": TIME, "message": message, "host": {"name": "cp-1"}, "agent": {"type": "filebeat"}});
    json_lines(events.iter().map(String::as_str).chain([KLOG]).map(record))
}

/// One array, with every event as an object.
fn vector(events: &[String]) -> Vec<u8> {
    let record = |message: Value| json!({"file": "/var/log/audit.log", "host": "cp-1", "message": message, "source_type": "file", "timestamp": TIME});
    let parsed = events.iter().map(|event| serde_json::from_str(event).expect("recorded events are JSON"));
    let records: Vec<_> = parsed.chain([Value::String(KLOG.to_owned())]).map(record).collect();
    Value::Array(records).to_string().into_bytes()
}

fn otlp(events: &[String]) -> Vec<u8> {
    let record = |body: &str| json!({"timeUnixNano": "1795451400000000000", "body": {"stringValue": body}});
    let attributes = json!([{"key": "k8s.node.name", "value": {"stringValue": "cp-1"}}]);
    json_lines(events.chunks(BATCH).map(|events| {
        let records: Vec<_> = events.iter().map(String::as_str).chain([KLOG]).map(record).collect();
        json!({"resourceLogs": [{"resource": {"attributes": attributes}, "scopeLogs": [{"logRecords": records}]}]})
    }))
}

#[test]
fn every_envelope_gives_the_same_events_by_webhook_and_import() {
    let folder = TempDir::with_prefix("taffrail-").expect("create a temporary directory");
    let events = recorded();
    let mut expected: Vec<_> = oracle::fold(&events).iter().map(oracle::Document::identity).collect();
    expected.sort();
    let forms: [(&str, Vec<u8>); 6] = [
        ("aks", aks(&events)),
        ("cloudwatch", cloudwatch(&events)),
        ("fluent-bit", fluent_bit(&events)),
        ("filebeat", filebeat(&events)),
        ("vector", vector(&events)),
        ("otlp", otlp(&events)),
    ];
    let mut server = Server::builder().set("index.hold", "0s").start();
    for (form, body) in &forms {
        server.post_ok(form, body);
    }
    let api = server.api();
    api.wait_until_searchable();
    for (form, _) in &forms {
        assert_eq!(identities(&api.exported(&format!("cluster:{form}"))), expected, "{form} by webhook");
    }
    assert_eq!(api.dead_letters(), [Value::Null; 0], "nothing of it is broken");
    assert!(api.metric("taffrail_ingest_skipped_records_total").is_some_and(|skipped| skipped > 6.0));
    server.stop();
    for (form, body) in &forms {
        let path = folder.path().join(form);
        fs::write(&path, body).expect("write a file");
        let report = cli::import(server.data(), form, &[&path]).ok().stdout;
        assert!(report.contains("skipped"), "{form}: {report}");
        let found = cli::search(server.data(), &format!("cluster:{form}")).ok().json_lines();
        assert_eq!(identities(&found), expected, "{form} by both");
        assert!(found.iter().all(|event| event["via"] == json!(["webhook", "import"])), "{form}");
        // And by import alone.
        let data = folder.path().join(format!("{form}-data"));
        cli::import(&data, "prod", &[&path]).ok();
        assert_eq!(identities(&cli::search(&data, "").ok().json_lines()), expected, "{form} by import");
    }
}

/// The copies without an envelope know no API server, and still are the same events.
#[test]
fn an_event_in_an_envelope_and_without_is_one() {
    let server = Server::builder().set("index.hold", "0s").start();
    let events = recorded();
    server.post_ok("prod", events.join("\n").as_bytes());
    server.post_ok("prod", &aks(&events));
    let api = server.api();
    api.wait_until_searchable();
    assert_eq!(api.total(""), oracle::fold(&events).len() as u64);
}

#[test]
fn t51_t52_what_was_cut_is_an_event_that_says_so() {
    let server = Server::spawn();
    let event = recorded()
        .into_iter()
        .find(|event| event.contains("\"requestObject\""))
        .expect("an event with a body");
    let cut = event.split_once("\"requestObject\":{").expect("a body").0.to_owned()
        + "\"requestObject\":{\"spec\":{\"x\":\"n33dle";
    let aks = json!({"records": [
        {"time": TIME, "category": "kube-audit", "properties": {"log": cut, "pod": "kube-apiserver-1"}},
        {"time": TIME, "category": "kube-audit", "properties": {"log": cut.replacen("\"verb\":", "\"verb\";", 1)}},
    ]});
    server.post_ok("aks", aks.to_string().as_bytes());
    let cloudwatch = json!({"messageType": "DATA_MESSAGE", "logStream": "kube-apiserver-audit-0f", "logEvents": [
        {"id": "1", "timestamp": MILLIS, "message": format!("{cut}[Truncated...]")},
    ]});
    server.post_ok("eks", cloudwatch.to_string().as_bytes());
    let api = server.api();
    let whole: Value = serde_json::from_str(&event).expect("recorded events are JSON");
    for (cluster, api_server) in [("aks", "kube-apiserver-1"), ("eks", "kube-apiserver-audit-0f")] {
        let query = format!("cluster:{cluster} kind:audit");
        api.wait_for_total(&query, 1);
        let found = api.only(&query);
        assert_eq!(found["audit"]["truncated"], true);
        assert_eq!(found["audit"]["annotations"]["taffrail.io/apiserver"], api_server);
        assert_eq!(
            found["time"], "2026-11-23T16:30:00.000000Z",
            "of the envelope: the event was cut before its own"
        );
        assert_eq!(
            (
                &found["audit"]["id"],
                &found["actor"]["name"],
                &found["object"]["name"],
                &found["audit"]["uri"]
            ),
            (
                &whole["auditID"],
                &whole["user"]["username"],
                &whole["objectRef"]["name"],
                &whole["requestURI"]
            ),
        );
        assert!(!found.to_string().contains("n33dle"), "the body is left out: {found}");
    }
    let letters = api.dead_letters();
    let reason = letters[0]["reason"].as_str().expect("a reason");
    assert!(
        letters.len() == 1 && reason.starts_with("in a diagnostic record of AKS: malformed JSON"),
        "{letters:?}"
    );
    assert!(!letters[0].to_string().contains("n33dle"), "{letters:?}");
}

#[test]
fn t53_log_entries_of_gke_are_events() {
    let folder = TempDir::with_prefix("taffrail-").expect("create a temporary directory");
    let entry = |id: &str, method: &str, resource: &str, code: i64| {
        json!({
            "insertId": id, "logName": "projects/shop/logs/cloudaudit.googleapis.com%2Factivity",
            "timestamp": "2026-11-23T16:11:23.418577123Z", "receiveTimestamp": "2026-11-23T16:11:30.5Z",
            "resource": {"type": "k8s_cluster", "labels": {"cluster_name": "other", "location": "europe-west4", "project_id": "shop"}},
            "labels": {"authorization.k8s.io/decision": "allow"}, "operation": {"id": id, "first": true, "last": true, "producer": "k8s.io"},
            "protoPayload": {
                "@type": "type.googleapis.com/google.cloud.audit.AuditLog", "serviceName": "k8s.io", "methodName": method,
                "resourceName": resource, "authenticationInfo": {"principalEmail": "alice@example.com"},
                "requestMetadata": {"callerIp": "203.0.113.10", "callerSuppliedUserAgent": "kubectl/v1.32.4"}, "status": {"code": code},
                "request": {"@type": "k8s.io/Patch", "metadata": {"labels": {"quarantine": "true"}}},
            },
        })
    };
    let entries = json!([
        entry("a", "io.k8s.core.v1.pods.patch", "core/v1/namespaces/default/pods/attacker", 0),
        entry("b", "io.k8s.core.v1.namespaces.delete", "core/v1/namespaces/shop", 7),
        {"insertId": "c", "logName": "projects/shop/logs/cloudaudit.googleapis.com%2Factivity", "protoPayload": {"serviceName": "compute.googleapis.com"}},
    ]);
    let mut server = Server::spawn();
    server.post_ok("gke", entries.to_string().as_bytes());
    let api = server.api();
    api.wait_for_total("cluster:gke", 2);
    let patched = api.only(
        "user:alice@example.com resource:pods name:attacker ns:default verb:patch result:success quarantine",
    );
    assert_eq!((&patched["audit"]["id"], &patched["audit"]["level"]), (&json!("a"), &json!("Request")));
    assert_eq!(patched["client"]["ip"], "203.0.113.10");
    assert_eq!(api.only("resource:namespaces name:shop code:403 result:denied")["audit"]["id"], "b");
    assert_eq!(api.metric("taffrail_ingest_skipped_records_total"), Some(1.0));
    server.stop();
    let path = folder.path().join("gke.json");
    fs::write(&path, entries.to_string()).expect("write a file");
    cli::import(server.data(), "gke", &[&path]).ok();
    assert_eq!(cli::search(server.data(), "cluster:gke").ok().json_lines().len(), 2);
}
