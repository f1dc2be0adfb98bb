//! Secrets do not enter: not the journal, the index, the dead letters, the answers or the logs (reference list:
//! "Redaction").

use std::fs;
use std::path::Path;

use base64::Engine;
use serde_json::{Value, json};
use taffrail_tests::{Server, cli, samples};

/// Secrets of the recorded events as they stand there (in Secrets, in live tokens), and decoded.
const RECORDED: [&str; 9] = [
    "hunter2",
    "aHVudGVyMg==",
    "hunter22013",
    "cG9zdGdyZXM6Ly9hcGk6aHVudGVyMjIwMTNAZGIucGF5LWE6NTQzMi9hcGk=",
    "rotated22013",
    "cG9zdGdyZXM6Ly9hcGk6cm90YXRlZDIyMDEzQGRiOjU0MzIvYXBp",
    "eyJhbGciOiJSUzI1NiIsImtpZCI6IlNlXzN4bGtoM1Y5QkZwdHNsQ2wzaDJh",
    "eyJhbGciOiJSUzI1NiIs",
    "BEGIN RSA PRIVATE KEY",
];

#[test]
fn t55_no_credential_of_the_recorded_events_survives() {
    let mut server = Server::spawn();
    let mut sent = Vec::new();
    for name in ["all-verbs", "scenario", "delete-finalizer-ssa-crd"] {
        sent.extend(samples::unpacked(&format!("audit/{name}.jsonl.gz")));
    }
    // Cut in the middle, so that dead letters hold pieces of them too.
    let cut: Vec<Vec<u8>> = samples::split_lines(&sent)
        .into_iter()
        .filter(|line| RECORDED.iter().any(|needle| contains(line, needle.as_bytes())))
        .map(|mut line| {
            line.truncate(line.len() * 3 / 4);
            line
        })
        .collect();
    let recorded = RECORDED.iter().filter(|needle| contains(&sent, needle.as_bytes()));
    assert_eq!(recorded.count(), 5, "the others are what those decode to");
    assert!(!cut.is_empty());
    server.post_ok("prod", &sent);
    cut.iter().for_each(|line| server.post_ok("prod", line));
    server.api().wait_until_searchable();
    assert!(!dead_letters(&server).is_empty());
    assert_nowhere(&mut server, &RECORDED);
}

#[test]
fn t55_an_import_keeps_no_credential() {
    let mut server = Server::builder().stopped();
    let file = samples::path("audit/all-verbs.jsonl.gz");
    cli::import(server.data(), "prod", &[&file]).ok();
    server.start();
    assert_nowhere(&mut server, &RECORDED);
}

#[test]
fn t55_tokens_in_requests_and_reviews_are_masked_and_the_events_are_found() {
    let server = Server::spawn();
    server.post_ok("prod", &samples::unpacked("audit/all-verbs.jsonl.gz"));
    server.api().wait_for_total("resource:tokenreviews verb:create", 1);
    let review = server.api().only("resource:tokenreviews verb:create");
    let record: Value = serde_json::from_str(review["raw"].as_str().expect("text")).expect("still JSON");
    let token = record["requestObject"]["spec"]["token"].as_str().expect("the field is still there");
    assert!(token.starts_with("redacted:"), "{token}");
    server.api().wait_for_total("resource:serviceaccounts sub:token verb:create", 1);
}

#[test]
fn t56_secrets_are_masked_in_every_form_of_patch() {
    let bodies = [
        json!([{"op": "add", "path": "/stringData/pw", "value": NEEDLE}]),
        json!([{"op": "replace", "path": "/data/pw", "value": encoded()}]),
        json!([{"op": "add", "path": "/data", "value": {"pw": encoded()}}]),
        json!([{"op": "add", "path": "", "value": {"data": {"pw": encoded()}}}]),
        json!([{"op": "test", "path": "/stringData/pw", "value": NEEDLE}]),
        json!([{"value": NEEDLE, "path": "/stringData/pw", "op": "add"}]),
        json!({"stringData": {"pw": NEEDLE}}),
        json!({"data": {"pw": encoded()}}),
        json!({"kind": "Secret", "apiVersion": "v1", "metadata": {"name": "db"}, "stringData": {"pw": NEEDLE}}),
        json!({"kind": "SecretList", "items": [{"data": {"pw": encoded()}}]}),
        json!({"kind": "Table", "rows": [{"cells": ["db", "Opaque", 1, "5m"], "object": {"data": {"pw": encoded()}}}]}),
        json!({"items": [{"stringData": {"pw": NEEDLE}}]}),
        json!(format!("{{\"stringData\":{{\"pw\":\"{NEEDLE}\"}}}}")),
        json!(NEEDLE),
        json!([NEEDLE]),
    ];
    let mut server = Server::spawn();
    for (index, body) in bodies.iter().enumerate() {
        let event = secret_event(&format!("form-{index}"), body);
        server.post_ok("prod", &event);
        server.api().wait_for_total(&format!("auditid:form-{index}"), 1);
        // And cut anywhere.
        for cut in (event.len() / 2..event.len()).step_by(23) {
            server.post_ok("prod", &event[..cut]);
        }
    }
    assert_nowhere(&mut server, &[NEEDLE, &encoded()]);
}

#[test]
fn t56_a_changed_secret_can_be_told_from_an_unchanged_one() {
    let server = Server::spawn();
    let masked = |audit_id: &str, value: &str| {
        let body = json!({"stringData": {"pw": value}});
        server.post_ok("prod", &secret_event(audit_id, &body));
        server.api().wait_for_total(&format!("auditid:{audit_id}"), 1);
        let event = server.api().only(&format!("auditid:{audit_id}"));
        let record: Value = serde_json::from_str(event["raw"].as_str().expect("text")).expect("still JSON");
        record["requestObject"]["stringData"]["pw"].as_str().expect("the key is still there").to_owned()
    };
    let (one, again, other) = (masked("one", NEEDLE), masked("again", NEEDLE), masked("other", "another"));
    assert!(one.starts_with("redacted:"), "{one}");
    assert_eq!(one, again);
    assert_ne!(one, other);
}

#[test]
fn t57_last_applied_on_a_secret_is_masked() {
    let applied =
        json!({"kind": "Secret", "stringData": {"pw": NEEDLE}, "data": {"pw2": encoded()}}).to_string();
    let annotations = json!({"kubectl.kubernetes.io/last-applied-configuration": applied});
    let object = json!({"kind": "Secret", "metadata": {"name": "db", "annotations": annotations}});
    let patch = json!([{
        "op": "add", "value": applied,
        "path": "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration",
    }]);
    let mut server = Server::spawn();
    for (index, body) in [object, patch].iter().enumerate() {
        server.post_ok("prod", &secret_event(&format!("applied-{index}"), body));
    }
    server.api().wait_for_total("resource:secrets", 2);
    assert_nowhere(&mut server, &[NEEDLE, &encoded()]);
}

#[test]
fn t58_credentials_in_an_exec_command_and_a_url_are_masked() {
    let mut server = Server::spawn();
    let uris = [
        format!("/api/v1/namespaces/shop/pods/db/exec?command=psql&command=--password%3D{NEEDLE}&stdin=true"),
        format!(
            "/api/v1/namespaces/shop/pods/db/exec?command=curl&command=https%3A%2F%2Froot%3A{NEEDLE}%40host%2Fx"
        ),
        format!(
            "/api/v1/namespaces/shop/pods/db/exec?command=curl&command=-H&command=Authorization%3A+Bearer+{NEEDLE}"
        ),
        format!("/api/v1/namespaces/shop/services/web/proxy/login?token={NEEDLE}&x=1"),
    ];
    for (index, uri) in uris.iter().enumerate() {
        let event = json!({
            "auditID": format!("exec-{index}"), "stage": "ResponseComplete", "verb": "create", "requestURI": uri,
            "objectRef": {"resource": "pods", "subresource": "exec", "namespace": "shop", "name": "db"},
            "user": {"username": "alice"}, "responseStatus": {"code": 101},
            "requestReceivedTimestamp": "2026-11-23T16:11:23.418577Z",
            "stageTimestamp": "2026-11-23T16:11:24.418577Z",
        });
        server.post_ok("prod", event.to_string().as_bytes());
    }
    server.api().wait_for_total("user:alice", 4);
    // Who ran what, without the password.
    server.api().wait_for_total("sub:exec uri:*psql*", 1);
    assert_nowhere(&mut server, &[NEEDLE]);
}

const NEEDLE: &str = "n33dle-Correct-Horse-Battery";

fn encoded() -> String {
    base64::engine::general_purpose::STANDARD.encode(NEEDLE)
}

fn secret_event(audit_id: &str, body: &Value) -> Vec<u8> {
    let event = json!({
        "auditID": audit_id, "level": "RequestResponse", "stage": "ResponseComplete", "verb": "patch",
        "requestURI": "/api/v1/namespaces/shop/secrets/db", "user": {"username": "alice"},
        "objectRef": {"resource": "secrets", "namespace": "shop", "name": "db", "apiVersion": "v1"},
        "responseStatus": {"code": 200}, "requestObject": body, "responseObject": body,
        "requestReceivedTimestamp": "2026-11-23T16:11:23.418577Z",
        "stageTimestamp": "2026-11-23T16:11:24.418577Z",
    });
    event.to_string().into_bytes()
}

fn dead_letters(server: &Server) -> Vec<Value> {
    let answer = server.api().read("/api/v1/deadletters", &[]);
    answer["deadletters"].as_array().expect("a list of dead letters").clone()
}

/// Looks in all answers, in what it logged, and, before and after it has stopped, in every file.
fn assert_nowhere(server: &mut Server, needles: &[&str]) {
    assert_no_file_holds(server.data(), needles);
    let api = server.api();
    let check = |place: &str, text: &[u8]| {
        for needle in needles {
            assert!(
                !contains(text, needle.as_bytes()),
                "{needle} in {place}: {}",
                String::from_utf8_lossy(text)
            );
        }
    };
    for event in api.exported("") {
        let id = event["id"].as_str().expect("an id");
        let whole = api.event(id);
        check("an event", whole.to_string().as_bytes());
        if let Some(raw) = whole["raw_base64"].as_str() {
            check("a raw record", &base64::engine::general_purpose::STANDARD.decode(raw).expect("base64"));
        }
    }
    for path in ["/api/v1/deadletters", "/api/v1/status", "/metrics"] {
        check(path, &api.get(path, &[]).body);
    }
    server.stop();
    check("the log", server.log().lines().join("\n").as_bytes());
    assert_no_file_holds(server.data(), needles);
    let data = server.data().to_str().expect("temporary paths are UTF-8");
    let listed = cli::taffrail(&["deadletters", "--data", data]);
    check("the list of dead letters", listed.stdout.as_bytes());
}

fn assert_no_file_holds(folder: &Path, needles: &[&str]) {
    for entry in fs::read_dir(folder).expect("list the data directory") {
        let path = entry.expect("list the data directory").path();
        if path.is_dir() {
            assert_no_file_holds(&path, needles);
            continue;
        }
        // Files come and go while the server runs.
        let Ok(content) = fs::read(&path) else { continue };
        for needle in needles {
            assert!(!contains(&content, needle.as_bytes()), "{needle} in {}", path.display());
        }
    }
}

fn contains(text: &[u8], needle: &[u8]) -> bool {
    memchr::memmem::find(text, needle).is_some()
}
