//! The recorded events under `samples/`, summarised: writes are told to the states of their objects in their order, as the
//! index does it.

use std::collections::HashMap;
use std::fs;
use std::io::Read;
use std::path::PathBuf;
use std::sync::OnceLock;

use crate::audit::AuditRecord;
use crate::change::{Change, Link, ObjectState, Order, Version, sort_versions};
use crate::event::{Event, Origins};

/// The folder of the recordings.
pub(super) fn samples() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../samples/audit")
}

/// The summary of a record by itself.
pub(super) fn alone(record: &[u8]) -> String {
    Event::decode(record, Origins::default()).unwrap().summary
}

/// The summary of the event in `samples/audit/examples`, by itself.
pub(super) fn example(name: &str) -> String {
    alone(&fs::read(samples().join("examples").join(name)).unwrap())
}

/// The summaries of the last of some writes of one object.
pub(super) fn last_of(records: &[&str]) -> String {
    let records: Vec<Vec<u8>> = records.iter().map(|record| record.as_bytes().to_vec()).collect();
    summaries(&records).pop().unwrap_or_default()
}

/// All of `scenario.jsonl.gz` by stage: the first eight digits of the audit id, and the summary.
pub(super) fn scenario() -> &'static [(String, String)] {
    static SCENARIO: OnceLock<Vec<(String, String)>> = OnceLock::new();
    SCENARIO.get_or_init(|| recording("scenario.jsonl.gz"))
}

/// A recording in `samples/audit`, summarised.
pub(super) fn recording(file: &str) -> Vec<(String, String)> {
    let records = records(file);
    let ids = records.iter().map(|record| {
        let audit = AuditRecord::decode(record).unwrap();
        let stage = match audit.stage.as_ref() {
            "ResponseComplete" => "",
            stage => stage,
        };
        format!("{}{stage}", audit.audit_id.get(..8).unwrap_or(&audit.audit_id))
    });
    ids.zip(summaries(&records)).collect()
}

/// The lines of a recording that are audit events.
pub(super) fn records(file: &str) -> Vec<Vec<u8>> {
    let packed = fs::File::open(samples().join(file)).unwrap();
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(packed).read_to_end(&mut unpacked).unwrap();
    let lines = unpacked.split(|byte| *byte == b'\n').filter(|line| AuditRecord::decode(line).is_ok());
    lines.map(<[u8]>::to_vec).collect()
}

fn summaries(records: &[Vec<u8>]) -> Vec<String> {
    let mut changes = changes(records);
    let summary = |(at, record): (usize, &Vec<u8>)| {
        let origins = Origins { change: changes.remove(&at), ..Origins::default() };
        Event::decode(record, origins).unwrap().summary
    };
    records.iter().enumerate().map(summary).collect()
}

/// The change sets of all writes, by their place in `records`.
fn changes(records: &[Vec<u8>]) -> HashMap<usize, Change> {
    let mut histories: HashMap<u64, Vec<(usize, Order, Version<'_>)>> = HashMap::new();
    for (at, record) in records.iter().enumerate() {
        let audit = AuditRecord::decode(record).unwrap();
        let Some((version, link)) = Version::of(&audit).zip(Link::of(&audit, "")) else { continue };
        let order = link.order(audit.time().map_or(0, |time| time.micros()), at as u64);
        histories.entry(link.object).or_default().push((at, order, version));
    }
    let mut changes = HashMap::new();
    for mut writes in histories.into_values() {
        sort_versions(&mut writes, |(_, order, _)| *order);
        let mut state = ObjectState::default();
        for (at, _, version) in writes {
            if let Some(mut change) = state.next(&version) {
                change.cut();
                changes.insert(at, change);
            }
        }
    }
    changes
}
