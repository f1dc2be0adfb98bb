//! No secret survives in any envelope, and no input stops one.

use proptest::prelude::*;
use serde_json::{Value, json};
use taffrail_config::RedactionSettings;

use super::*;
use crate::redact::Redactor;

const NEEDLE: &str = "n33dle-Correct-Horse-Battery";

fn redactor() -> Redactor {
    Redactor::new(&RedactionSettings::default(), &[7; 32]).unwrap()
}

/// An event about a Secret, whose value is the needle.
fn secret_event() -> String {
    event("a").replace(r#""resource":"configmaps""#, r#""resource":"secrets""#).replace(
        r#"{"kind":"ConfigMap","data":{"colour":"green"}}"#,
        &format!(
            r#"{{"kind":"Secret","data":{{"pw":"{}"}},"stringData":{{"pw":"{NEEDLE}"}}}}"#,
            base64(NEEDLE.as_bytes())
        ),
    )
}

/// Every form of envelope around `payload`.
fn envelopes(payload: &str) -> Vec<Value> {
    let batch = json!({"messageType": "DATA_MESSAGE", "logStream": "s", "logEvents": [{"timestamp": 1_795_450_284_000_i64, "message": payload}]});
    let packed = base64(&gzip(batch.to_string().as_bytes()));
    let aks = json!({"time": "2026-11-23T16:11:24Z", "category": "kube-audit", "properties": {"log": payload, "pod": "p"}});
    let mut envelopes = vec![
        json!({"records": [aks]}),
        aks,
        batch,
        json!({"awslogs": {"data": packed}}),
        json!({"records": [{"data": packed}]}),
        json!({"message": {"data": base64(payload.as_bytes()), "messageId": "1"}, "subscription": "s"}),
        json!({"log": payload, "stream": "stdout"}),
        json!({"message": json!({"log": payload, "stream": "stdout"}).to_string(), "host": "h"}),
        json!({"event": {"original": payload}, "@timestamp": "2026-11-23T16:11:24Z"}),
        json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [{"body": {"stringValue": payload}}]}]}]}),
        json!({"logName": "l", "insertId": "i", "textPayload": payload}),
    ];
    if let Ok(object) = serde_json::from_str::<Value>(payload) {
        envelopes.push(json!({"log": object, "stream": "stdout"}));
        envelopes.push(json!({"insertId": "i", "protoPayload": {
            "serviceName": "k8s.io", "methodName": "io.k8s.core.v1.secrets.update", "resourceName": "core/v1/namespaces/shop/secrets/db",
            "request": object["requestObject"], "response": object["requestObject"],
        }}));
    }
    envelopes
}

/// What is stored of an item: its events redacted, everything else masked.
fn stored(item: &[u8]) -> Vec<u8> {
    let redactor = redactor();
    let found = opened(item);
    let mut stored = Vec::new();
    for event in &found.events {
        redactor.redact(event.as_bytes(), &mut stored).unwrap();
    }
    for (bytes, reason) in &found.broken {
        stored.extend(redactor.mask(bytes));
        stored.extend_from_slice(reason.as_bytes());
    }
    if !found.is_envelope {
        stored.extend(redactor.mask(item));
    }
    stored
}

fn assert_no_needle(item: &[u8]) {
    let stored = stored(item);
    assert!(!holds_needle(&stored), "{}", String::from_utf8_lossy(&stored));
}

fn holds_needle(bytes: &[u8]) -> bool {
    [NEEDLE.to_owned(), base64(NEEDLE.as_bytes())]
        .iter()
        .any(|needle| memchr::memmem::find(bytes, needle.as_bytes()).is_some())
}

#[test]
fn every_form_gives_an_event_without_the_secret() {
    for envelope in envelopes(&secret_event()) {
        let item = envelope.to_string();
        assert_eq!(opened(item.as_bytes()).events.len(), 1, "{item}");
        assert_no_needle(item.as_bytes());
    }
}

/// JSON in strings in strings, masked as a dead letter.
#[test]
fn a_dead_letter_of_a_whole_envelope_shows_no_secret() {
    let redactor = redactor();
    for envelope in envelopes(&secret_event()) {
        let item = envelope.to_string();
        for end in [item.len(), item.len() * 3 / 4, item.len() / 2] {
            let masked = redactor.mask(&item.as_bytes()[..end]);
            assert!(!holds_needle(&masked), "{item} becomes {}", String::from_utf8_lossy(&masked));
        }
    }
}

proptest! {
    /// Damage that does not put the secret elsewhere: brackets and quotes would.
    #[test]
    fn a_cut_or_damaged_payload_shows_no_secret(at in 0_usize..1000, damage in prop::option::of("[;a1 \n]{1,3}")) {
        let event = secret_event();
        let (before, after) = event.split_at(at.min(event.len()));
        let payload = match damage {
            None => before.to_owned(),
            Some(damage) => format!("{before}{damage}{after}"),
        };
        // What damage can make of a whole event that needs no envelope is for the tests of redaction.
        let mut plain = Vec::new();
        let is_event = redactor().redact(payload.as_bytes(), &mut plain).is_ok();
        prop_assume!(!is_event || !holds_needle(&plain));
        for envelope in envelopes(&payload) {
            assert_no_needle(envelope.to_string().as_bytes());
        }
    }

    #[test]
    fn any_json_is_opened_or_not(item in any_json()) {
        let item = item.to_string();
        let found = opened(item.as_bytes());
        for event in &found.events {
            prop_assert!(AuditRecord::decode(event.as_bytes()).is_ok(), "{event}");
        }
    }

    #[test]
    fn any_bytes_are_opened_or_not(bytes in proptest::collection::vec(any::<u8>(), 0..200), form in 0_usize..11) {
        opened(&bytes);
        let text = String::from_utf8_lossy(&bytes);
        if let Some(envelope) = envelopes(&text).get(form) {
            opened(envelope.to_string().as_bytes());
        }
    }
}

/// JSON out of the words of envelopes.
fn any_json() -> impl Strategy<Value = Value> {
    const KEYS: [&str; 24] = [
        "records",
        "properties",
        "log",
        "category",
        "logEvents",
        "message",
        "data",
        "awslogs",
        "kinesis",
        "protoPayload",
        "request",
        "@type",
        "insertId",
        "resourceLogs",
        "scopeLogs",
        "logRecords",
        "body",
        "kvlistValue",
        "values",
        "key",
        "value",
        "items",
        "auditID",
        "timestamp",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(Value::from),
        Just(json!("k8s.io")),
        Just(json!(event("x"))),
        Just(json!(cut_event("x"))),
        Just(json!(base64(&gzip(b"{\"log\":\"auditID\"}")))),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((proptest::sample::select(&KEYS[..]), inner.clone()), 0..5).prop_map(
                |members| members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
            ),
            inner.prop_map(|inner| Value::from(inner.to_string())),
        ]
    })
}
