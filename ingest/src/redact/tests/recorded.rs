//! Recorded events: nothing secret survives, and nothing else is changed.

use std::collections::BTreeSet;

use aho_corasick::AhoCorasick;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::{event, recorded, redactor};

/// Every secret of a record, as it stands there and decoded.
fn needles(value: &Value, in_secret: bool, found: &mut BTreeSet<Vec<u8>>) {
    let Value::Object(object) = value else {
        if let Value::Array(list) = value {
            list.iter().for_each(|element| needles(element, in_secret, found));
        }
        return;
    };
    let kind = object.get("kind").and_then(Value::as_str).unwrap_or_default();
    let in_secret = in_secret || kind.starts_with("Secret");
    for (key, value) in object {
        let values = match key.as_str() {
            "data" | "stringData" if in_secret => {
                value.as_object().into_iter().flatten().map(|(_, value)| value).collect()
            }
            "token" => vec![value],
            _ => Vec::new(),
        };
        for text in values.into_iter().filter_map(Value::as_str).filter(|text| text.len() > 4) {
            found.insert(text.as_bytes().to_vec());
            found.extend(STANDARD.decode(text).ok().filter(|decoded| decoded.len() > 4));
        }
        needles(value, in_secret, found);
    }
}

fn needles_of(records: &[Vec<u8>]) -> BTreeSet<Vec<u8>> {
    let mut found = BTreeSet::new();
    for record in records {
        let Ok(value) = serde_json::from_slice::<Value>(record) else { continue };
        let about_secrets =
            value.pointer("/objectRef/resource").is_some_and(|resource| resource == "secrets");
        needles(&value, about_secrets, &mut found);
    }
    found
}

/// Redacts all records of a file and checks what is left of their secrets, and of everything else.
fn check(file: &str, least: usize) {
    let records = recorded(file);
    let needles = needles_of(&records);
    assert!(needles.len() >= least, "{file} holds only {} secrets", needles.len());
    let search = AhoCorasick::new(&needles).unwrap();
    let redactor = redactor();
    for record in &records {
        let mut out = Vec::new();
        let flags = redactor.redact(record, &mut out).unwrap();
        assert_eq!(flags.bits(), 0);
        let text = String::from_utf8_lossy(&out);
        assert!(!search.is_match(&out), "{file}: {text}");
        assert!(!text.contains("eyJhbGciOi"), "{file}: {text}");
        let mut again = Vec::new();
        redactor.redact(&out, &mut again).unwrap();
        assert!(again == out, "{file}: redacting twice changes {text}");
        let has_secret = search.is_match(record)
            || memchr::memmem::find(record, b"last-applied-configuration\":\"").is_some();
        assert_eq!(out != *record, has_secret, "{file}: {text}");
        // What cannot be read as an event loses its secrets, too, wherever it is cut.
        for cut in [record.len() - 1, record.len() * 2 / 3, record.len() / 2] {
            let masked = redactor.mask(&record[..cut]);
            assert!(!search.is_match(&masked), "{file}: {}", String::from_utf8_lossy(&masked));
            let masked = redactor.mask(&record[cut..]);
            assert!(!search.is_match(&masked), "{file}: {}", String::from_utf8_lossy(&masked));
        }
    }
}

#[test]
fn t55_all_verbs_leave_no_credential() {
    check("all-verbs.jsonl.gz", 3);
}

#[test]
fn t55_a_recorded_day_leaves_no_credential() {
    check("scenario.jsonl.gz", 10);
}

#[test]
fn t14_adversarial_events_are_copied_byte_for_byte() {
    check("adversarial-inputs.jsonl.gz", 0);
}

#[test]
fn t55_forms_of_one_secret_have_one_hash() {
    let redactor = redactor();
    let mut out = Vec::new();
    for (resource, body) in [
        ("secrets", r#"{"data":{"pw":"aHVudGVyMg=="}}"#),
        ("secrets", r#"{"stringData":{"pw":"hunter2"}}"#),
        ("secrets", r#"[{"op":"add","path":"/data/pw","value":"aHVudGVyMg=="}]"#),
        ("pods", r#"{"env":[{"name":"PASSWORD","value":"hunter2"}]}"#),
        ("pods", r#"{"command":["x","--password=hunter2"]}"#),
    ] {
        out.clear();
        redactor.redact(event(resource, &format!(r#""requestObject":{body}"#)).as_bytes(), &mut out).unwrap();
        assert!(memchr::memmem::find(&out, super::HUNTER2.as_bytes()).is_some(), "{body}");
    }
}
