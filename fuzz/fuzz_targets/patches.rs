//! A state and, behind a line feed, a patch of it that was recorded without its result, taken for each kind: what is said to have
//! changed leads from the state before to the one that is worked out, which for a merge patch is that of RFC 7386.
#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use taffrail_event::change::{ObjectState, Version, diff};
use taffrail_event::{AuditRecord, Event, FieldOp, Origins};

/// Group and resource, by which a patch is strategic or a merge.
const RESOURCES: [(&str, &str); 2] = [("", "pods"), ("example.com", "widgets")];

fuzz_target!(|input: &[u8]| {
    let at = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
    let (state, patch) = (&input[..at], input.get(at + 1..).unwrap_or_default());
    for (group, resource) in RESOURCES {
        for manager in ["", "?fieldManager=m"] {
            check(group, resource, manager, state, patch);
        }
    }
});

fn check(group: &str, resource: &str, manager: &str, state: &[u8], patch: &[u8]) {
    let record = |verb: &str, code: u16, member: &str, body: &[u8]| {
        let head = format!(
            r#"{{"auditID":"a","stage":"ResponseComplete","verb":"{verb}","requestURI":"/x{manager}","objectRef":{{"apiGroup":"{group}","apiVersion":"v1","resource":"{resource}","namespace":"shop","name":"web"}},"responseStatus":{{"code":{code}}},"{member}":"#
        );
        [head.as_bytes(), body, b"}"].concat()
    };
    let patched = record("patch", 200, "requestObject", patch);
    if let Ok(event) = Event::decode(&patched, Origins::default()) {
        let change = event.change.expect("an audit event has one");
        assert!(change.fields.iter().all(|field| !field.path.is_empty()));
        assert!(change.fields_total.is_none_or(|total| total >= change.fields.len() as u64));
    }
    // Bodies that end early or late make other records.
    let (Ok(before), Ok(request)) =
        (serde_json::from_slice::<Value>(state), serde_json::from_slice::<Value>(patch))
    else {
        return;
    };
    let Value::Object(members) = &before else { return };
    let mut members = members.clone();
    members.insert("kind".into(), "Widget".into());
    members.insert("metadata".into(), serde_json::json!({"uid": "u", "labels": members.get("metadata")}));
    let before = Value::Object(members);
    let created = record("create", 201, "responseObject", before.to_string().as_bytes());
    let told = |record: &[u8], history: &mut ObjectState| {
        let audit = AuditRecord::decode(record).expect("it is an event");
        let version = Version::of(&audit).expect("it is a write");
        history.next(&version)
    };
    let mut history = ObjectState::default();
    told(&created, &mut history);
    let Some(change) = told(&patched, &mut history) else { return };
    let after = history.state(None).expect("the state was known").clone();
    if (change.fields.len() as u64) < change.fields_total.unwrap_or(u64::MAX) {
        return;
    }
    let parsed: Value = serde_json::from_slice(&after).expect("a state is JSON");
    let is_strategic = group.is_empty();
    let is_apply =
        !manager.is_empty() && request.get("apiVersion").is_some() && request.get("kind").is_some();
    if !is_strategic && !is_apply && !request.is_array() {
        let mut expected = before.clone();
        merge(&mut expected, &request);
        assert_eq!(parsed, expected, "RFC 7386");
    }
    let leaves = |state: &[u8]| -> BTreeMap<String, Value> {
        let (fields, _) = diff(group, resource, None, Some(state));
        let value = |json: &str| serde_json::from_str(json).expect("a value is JSON");
        fields.into_iter().map(|field| (field.path, value(field.after.expect("a leaf").as_json()))).collect()
    };
    let mut reached = leaves(before.to_string().as_bytes());
    for field in &change.fields {
        if field.op != FieldOp::Add {
            assert!(reached.remove(&field.path).is_some(), "{}", field.path);
        }
    }
    for field in change.fields.iter().filter(|field| field.op != FieldOp::Remove) {
        let after = field.after.as_ref().expect("it is there").as_json();
        reached.insert(field.path.clone(), serde_json::from_str(after).expect("a value is JSON"));
    }
    let (found, expected) = (shown(&reached), shown(&leaves(&after)));
    assert_eq!(found, expected);
}

/// Leaves with their numbers as one type: 1 and 1.0 are no difference.
fn shown(leaves: &BTreeMap<String, Value>) -> BTreeMap<String, String> {
    leaves.iter().map(|(path, value)| (path.clone(), number(value.clone()).to_string())).collect()
}

fn number(value: Value) -> Value {
    match value {
        Value::Number(number) => number.as_f64().map_or(Value::Null, Value::from),
        Value::Array(elements) => elements.into_iter().map(number).collect(),
        Value::Object(members) => {
            let mut members: Vec<_> = members.into_iter().map(|(key, value)| (key, number(value))).collect();
            members.sort_by(|one, other| one.0.cmp(&other.0));
            Value::Object(members.into_iter().collect())
        }
        other => other,
    }
}

/// RFC 7386, as it stands there.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        target.clone_from(patch);
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    let Value::Object(members) = target else { return };
    for (key, value) in patch {
        if value.is_null() {
            members.remove(key);
        } else {
            merge(members.entry(key.clone()).or_insert(Value::Null), value);
        }
    }
}
