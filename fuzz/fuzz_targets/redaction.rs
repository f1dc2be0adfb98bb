//! A secret put into any record at any place of a Secret's bodies is not in what comes out; redacting twice changes nothing,
//! and what was an event stays one.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use taffrail_config::RedactionSettings;
use taffrail_event::AuditRecord;
use taffrail_ingest::redact::Redactor;

const NEEDLE: &[u8] = b"n33dle-Correct-Horse-Battery";

static REDACTOR: LazyLock<Redactor> =
    LazyLock::new(|| Redactor::new(&RedactionSettings::default(), &[7; 32]).expect("the key is long enough"));

fuzz_target!(|input: (u16, &[u8])| {
    let (place, bytes) = input;
    any_record(bytes);
    secret_body(usize::from(place), bytes);
});

fn any_record(record: &[u8]) {
    let mut out = b"before".to_vec();
    match REDACTOR.redact(record, &mut out) {
        Ok(_) => {
            let redacted = &out[b"before".len()..];
            assert!(AuditRecord::decode(redacted).is_ok(), "an event stays one");
            let mut again = Vec::new();
            REDACTOR.redact(redacted, &mut again).expect("an event stays one");
            assert_eq!(redacted, again, "redacting twice changes nothing");
        }
        Err(_) => assert_eq!(out, b"before", "nothing is left of what is no event"),
    }
    let _masked = REDACTOR.mask(record);
}

/// The bytes as a body of a Secret, with the needle as the value of a data key somewhere in them.
fn secret_body(place: usize, bytes: &[u8]) {
    let secret = [br#"{"stringData":{"pw":""#, NEEDLE, br#""}}"#].concat();
    let at = place % (bytes.len() + 1);
    let body = [&bytes[..at], &secret, &bytes[at..]].concat();
    for body in [secret.as_slice(), &body] {
        let record = [
            br#"{"auditID":"a","stage":"ResponseComplete","verb":"patch","objectRef":{"resource":"secrets","name":"db"},"requestObject":"#.as_slice(),
            body,
            b"}",
        ]
        .concat();
        // Bytes that end the body early put the needle elsewhere, where nothing says that it is one.
        let is_body = |audit: AuditRecord<'_>| audit.request_object == Some(body.trim_ascii());
        if !AuditRecord::decode(&record).is_ok_and(is_body) {
            continue;
        }
        let mut out = Vec::new();
        if REDACTOR.redact(&record, &mut out).is_ok() {
            let holds = out.windows(NEEDLE.len()).any(|window| window == NEEDLE);
            assert!(!holds, "{}", String::from_utf8_lossy(&out));
        }
    }
}
