//! Each envelope in a table, and what none of them may let through. All samples are constructed, after the published
//! descriptions that docs/formats.md names.

mod cloudwatch;
mod diagnostic;
mod shippers;
mod survival;

use std::convert::Infallible;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use std::io::Write;
use taffrail_event::AuditRecord;

use super::{Recipient, open};

/// What came out of an envelope.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) is_envelope: bool,
    pub(super) events: Vec<String>,
    pub(super) broken: Vec<(Vec<u8>, String)>,
    pub(super) skipped: u64,
    /// The most that was held at once.
    pub(super) held: usize,
}

impl Recipient for Found {
    type Error = Infallible;

    fn event(&mut self, bytes: &[u8], _cut: bool) -> Result<(), Infallible> {
        self.events.push(String::from_utf8_lossy(bytes).into_owned());
        Ok(())
    }

    fn broken(&mut self, bytes: &[u8], reason: String) -> Result<(), Infallible> {
        self.broken.push((bytes.to_vec(), reason));
        Ok(())
    }

    fn skipped(&mut self) {
        self.skipped += 1;
    }

    fn hold(&mut self, bytes: usize) -> Result<(), Infallible> {
        self.held = self.held.max(bytes);
        Ok(())
    }
}

/// The largest event in these tests.
pub(super) const LIMIT: u64 = 1 << 20;

pub(super) fn opened(item: &[u8]) -> Found {
    let mut found = Found::default();
    let Ok(is_envelope) = open(item, LIMIT, &mut found);
    found.is_envelope = is_envelope;
    found
}

/// What is in `item`, a word each: the audit id of an event, with `+` if it is truncated and `@` and its API server; else `skipped`
/// or the reason why it is broken.
pub(super) fn check(item: &Value, expected: &[&str]) {
    check_bytes(item.to_string().as_bytes(), expected);
}

pub(super) fn check_bytes(item: &[u8], expected: &[&str]) {
    let found = opened(item);
    let event = |event: &String| {
        let audit = AuditRecord::decode(event.as_bytes()).unwrap();
        let server = audit.annotation("taffrail.io/apiserver").map(|server| format!("@{server}"));
        let cut = if audit.is_truncated() { "+" } else { "" };
        format!("{}{cut}{}", audit.audit_id, server.unwrap_or_default())
    };
    let mut words: Vec<_> = found.events.iter().map(event).collect();
    words.extend(found.broken.iter().map(|(_, reason)| reason.clone()));
    words.extend((0..found.skipped).map(|_| "skipped".to_owned()));
    assert_eq!(words, expected, "{}", String::from_utf8_lossy(item));
    assert!(found.is_envelope || words.is_empty());
}

/// An event as an API server writes it, as one line.
pub(super) fn event(id: &str) -> String {
    format!(
        concat!(
            r#"{{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"RequestResponse","auditID":"{}","#,
            r#""stage":"ResponseComplete","requestURI":"/api/v1/namespaces/shop/configmaps/web","verb":"update","#,
            r#""user":{{"username":"alice","groups":["platform-team","system:authenticated"]}},"#,
            r#""sourceIPs":["203.0.113.10"],"userAgent":"kubectl/v1.32.4","#,
            r#""objectRef":{{"resource":"configmaps","namespace":"shop","name":"web","apiVersion":"v1"}},"#,
            r#""responseStatus":{{"metadata":{{}},"code":200}},"requestObject":{{"kind":"ConfigMap","data":{{"colour":"green"}}}},"#,
            r#""requestReceivedTimestamp":"2026-11-23T16:11:23.418577Z","stageTimestamp":"2026-11-23T16:11:23.428577Z","#,
            r#""annotations":{{"authorization.k8s.io/decision":"allow"}}}}"#,
        ),
        id
    )
}

/// The same, cut in the middle of its body.
pub(super) fn cut_event(id: &str) -> String {
    let event = event(id);
    event.split_once("green").unwrap().0.to_owned()
}

pub(super) const KLOG: &str =
    "I1123 16:11:23.640063       1 httplog.go:132] \"HTTP\" verb=\"GET\" URI=\"/readyz\"\n";

pub(super) fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

pub(super) fn base64(content: &[u8]) -> String {
    STANDARD.encode(content)
}

#[test]
fn what_is_no_envelope_is_left_alone() {
    for item in [
        json!({"kind": "Pod", "metadata": {}}),
        json!({"message": "out of paper"}),
        json!({"kind": "Status", "message": "not found", "code": 404}),
        json!({"data": "not base64!"}),
        json!({"data": base64(b"no JSON either")}),
        json!({"properties": {"log": "x"}}),
        json!({"records": "none"}),
        json!({}),
        json!("text"),
    ] {
        let found = opened(item.to_string().as_bytes());
        assert!(!found.is_envelope && found.held == 0, "{item}: {found:?}");
    }
    for item in [&b""[..], b"[1,2]", b"{", b"{\"log\":\"auditID"] {
        assert!(!opened(item).is_envelope, "{item:?}");
    }
}

#[test]
fn envelopes_lie_in_envelopes_but_not_without_end() {
    let wrapped = |depth: u32| {
        (0..depth).fold(event("a"), |inner, _| json!({"message": inner, "host": "h"}).to_string())
    };
    for depth in 1..=4 {
        check_bytes(wrapped(depth).as_bytes(), &["a@h"]);
    }
    let reason = "in a record of a log shipper: more than 4 envelopes, one in the other";
    check_bytes(wrapped(5).as_bytes(), &[reason]);
    check_bytes(wrapped(10).as_bytes(), &[reason]);
}

#[test]
fn several_documents_in_one_text() {
    let list = json!({"kind": "EventList", "apiVersion": "audit.k8s.io/v1", "items": [
        serde_json::from_str::<Value>(&event("c")).unwrap(),
        serde_json::from_str::<Value>(&event("d")).unwrap(),
    ]});
    let text = format!("{KLOG}{}\n{}\n{list}", event("a"), cut_event("b"));
    let record = json!({"log": text, "stream": "stdout"});
    check(&record, &["a", "b+", "c", "d", "skipped"]);
    check(&json!({"message": list, "source_type": "file"}), &["c", "d"]);
    check(&json!({"message": [list], "source_type": "file"}), &["c", "d"]);
}

#[test]
fn an_object_whose_items_are_no_list_ends() {
    check(
        &json!({"log": "{\"kind\":\"EventList\",\"items\":\"auditID\"}", "stream": "stdout"}),
        &["in a record of a log shipper: JSON that is no audit event and no envelope that is known"],
    );
}

#[test]
fn a_malformed_event_is_no_cut_one() {
    let malformed = event("a").replace(r#""verb":"#, r#""verb";"#);
    check(
        &json!({"log": malformed, "stream": "stdout"}),
        &["in a record of a log shipper: malformed JSON at its byte 174"],
    );
}
