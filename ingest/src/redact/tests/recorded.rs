//! Recorded events: nothing secret survives, and nothing else is changed.

use aho_corasick::AhoCorasick;
use taffrail_event::AuditRecord;

use super::needles::needles_of;
use super::{event, recorded, redactor};

/// Redacts all records of a file and checks what is left of their secrets, and of everything else.
fn check(file: &str, least: usize) {
    let records = recorded(file);
    let needles = needles_of(&records);
    assert!(needles.len() >= least, "{file} holds only {} secrets", needles.len());
    let search = AhoCorasick::new(&needles).unwrap();
    let redactor = redactor();
    for record in &records {
        let mut out = Vec::new();
        let (flags, outline) = redactor.redact_outlined(record, &mut out).unwrap();
        assert_eq!(flags.bits(), 0);
        assert_eq!(outline, (out == *record).then(|| AuditRecord::outline(&out).unwrap()), "{file}");
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
