//! Redaction as a whole, by the numbers of the audit test list (T55 to T58) and by form.

mod forms;
mod needles;
mod recorded;
mod rules;
mod survival;
mod texts;

use std::io::Read;
use std::path::PathBuf;
use std::sync::LazyLock;

use taffrail_config::RedactionSettings;
use taffrail_event::{AuditRecord, RecordFlags};

use super::Redactor;

/// The hash of `hunter2` under the key of [`redactor`].
pub(super) const HUNTER2: &str = "redacted:326eb4f6783e519f";

/// The built-in rules.
pub(super) fn redactor() -> &'static Redactor {
    static REDACTOR: LazyLock<Redactor> =
        LazyLock::new(|| Redactor::new(&RedactionSettings::default(), &[7; 32]).unwrap());
    &REDACTOR
}

/// An audit event about `resource` (with an optional `/subresource`) with that member added.
pub(super) fn event(resource: &str, member: &str) -> String {
    let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
    format!(
        r#"{{"kind":"Event","auditID":"a","stage":"ResponseComplete","objectRef":{{"resource":"{resource}","namespace":"n","name":"x","subresource":"{subresource}"}},{member}}}"#
    )
}

pub(super) fn redact_with(redactor: &Redactor, record: &[u8]) -> (String, RecordFlags) {
    let mut out = Vec::new();
    let flags = redactor.redact(record, &mut out).unwrap();
    AuditRecord::decode(&out).unwrap();
    let mut again = Vec::new();
    redactor.redact(&out, &mut again).unwrap();
    assert_eq!(
        String::from_utf8_lossy(&again),
        String::from_utf8_lossy(&out),
        "redacting twice must change nothing more"
    );
    (String::from_utf8_lossy(&out).into_owned(), flags)
}

pub(super) fn redact(record: &str) -> String {
    redact_with(redactor(), record.as_bytes()).0
}

/// The lines of a recorded file.
pub(super) fn recorded(name: &str) -> Vec<Vec<u8>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../samples/audit").join(name);
    let mut bytes = Vec::new();
    flate2::read::MultiGzDecoder::new(std::fs::File::open(path).unwrap()).read_to_end(&mut bytes).unwrap();
    bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(<[u8]>::to_vec).collect()
}
