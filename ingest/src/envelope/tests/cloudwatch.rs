//! Batches of CloudWatch Logs in each of their packings.

use serde_json::{Value, json};

use super::*;

fn batch(messages: &[&str]) -> Value {
    let events: Vec<_> = messages
        .iter()
        .enumerate()
        .map(|(index, message)| json!({"id": index.to_string(), "timestamp": 1_795_450_284_000_i64, "message": message}))
        .collect();
    json!({
        "messageType": "DATA_MESSAGE", "owner": "111111111111", "logGroup": "/aws/eks/shop/cluster",
        "logStream": "kube-apiserver-audit-0f", "subscriptionFilters": ["audit"], "logEvents": events,
    })
}

#[test]
fn t52_a_batch_in_every_packing() {
    let batch = batch(&[&event("a"), &event("b"), "time=\"2026-11-23\" level=info msg=\"access granted\""]);
    let packed = base64(&gzip(batch.to_string().as_bytes()));
    let expected = ["a@kube-apiserver-audit-0f", "b@kube-apiserver-audit-0f", "skipped"];
    check(&batch, &expected);
    check(&json!({"awslogs": {"data": packed}}), &expected);
    check(
        &json!({"Records": [{"kinesis": {"data": packed, "partitionKey": "1"}, "eventSource": "aws:kinesis"}]}),
        &expected,
    );
    check(&json!({"requestId": "r", "timestamp": 1, "records": [{"data": packed}]}), &expected);
    check(&json!({"message": batch.to_string(), "@timestamp": "2026-11-23T16:11:24Z"}), &expected);
    check(&json!({"awslogs": {"data": base64(batch.to_string().as_bytes())}}), &expected);
}

#[test]
fn t52_a_control_message_is_skipped() {
    let control = json!({
        "messageType": "CONTROL_MESSAGE", "owner": "CloudwatchLogs", "logGroup": "", "logStream": "", "subscriptionFilters": [],
        "logEvents": [{"id": "", "timestamp": 1_795_450_284_000_i64, "message": "CWL CONTROL MESSAGE: Checking health of destination Firehose."}],
    });
    check(&control, &["skipped"]);
    check(&json!({"awslogs": {"data": base64(&gzip(control.to_string().as_bytes()))}}), &["skipped"]);
}

#[test]
fn t52_a_message_that_was_cut() {
    let cut = format!("{}[Truncated...]", cut_event("a"));
    let found = opened(batch(&[&cut, &event("b")]).to_string().as_bytes());
    assert_eq!(found.events.len(), 2, "{found:?}");
    let audit = AuditRecord::decode(found.events[0].as_bytes()).unwrap();
    assert!(audit.is_truncated() && audit.request_object.is_none());
    assert_eq!(audit.time().unwrap().to_string(), "2026-11-23T16:11:24.000000Z");
}

#[test]
fn t52_damaged_packings() {
    check(&json!({"awslogs": {"data": "%%%"}}), &["in a record for Lambda: data that is not base64"]);
    let mut stream = gzip(batch(&[&event("a"), &event("b")]).to_string().as_bytes());
    stream.truncate(stream.len() - 20);
    let found = opened(json!({"awslogs": {"data": base64(&stream)}}).to_string().as_bytes());
    assert!(found.broken.iter().any(|(_, reason)| reason.contains("corrupt compressed data")), "{found:?}");
    let again = base64(&gzip(json!({"awslogs": {"data": base64(&gzip(b"{}"))}}).to_string().as_bytes()));
    check(&json!({"awslogs": {"data": again}}), &["in a record for Lambda: encoded data in encoded data"]);
}

#[test]
fn t52_an_expansion_is_bounded() {
    let bomb = gzip(&vec![b' '; 64 << 20]);
    let found = opened(json!({"awslogs": {"data": base64(&bomb)}}).to_string().as_bytes());
    assert!(found.broken[0].1.contains("expands to more than 1048576 bytes"), "{:?}", found.broken[0].1);
    assert!(found.held < 3 << 20, "{}", found.held);
}
