//! Two states of an object, the second behind a line feed: the difference leads from the leaves of the one to those of the other,
//! backwards it is as long, and between a state and itself there is none.
#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use taffrail_event::change::diff;
use taffrail_event::{FieldChange, FieldOp};

/// One whose lists have keys by the API's types, one where they are guessed.
const RESOURCES: [(&str, &str); 2] = [("", "pods"), ("example.com", "widgets")];

fuzz_target!(|input: &[u8]| {
    let at = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
    let (before, after) = (&input[..at], input.get(at + 1..).unwrap_or_default());
    for (group, resource) in RESOURCES {
        check(group, resource, before, after);
    }
});

fn check(group: &str, resource: &str, before: &[u8], after: &[u8]) {
    let of = |before: Option<&[u8]>, after: Option<&[u8]>| diff(group, resource, before, after);
    let (fields, total) = of(Some(before), Some(after));
    assert!(fields.len() as u64 <= total);
    assert_eq!(of(Some(after), Some(before)).1, total, "backwards");
    assert_eq!(of(Some(before), Some(before)).1, 0, "to itself");
    let is_json = |bytes: &[u8]| serde_json::from_slice::<serde_json::Value>(bytes).is_ok();
    if !is_json(before) || !is_json(after) || (fields.len() as u64) < total {
        return;
    }
    let mut leaves = leaves_of(of(None, Some(before)).0);
    let expected = leaves_of(of(None, Some(after)).0);
    for field in &fields {
        assert!(!field.path.is_empty());
        match field.op {
            FieldOp::Add => assert!(!leaves.contains_key(&field.path), "{} is there", field.path),
            _ => assert_eq!(leaves.remove(&field.path), text(&field.before), "{}", field.path),
        }
    }
    for field in &fields {
        if field.op != FieldOp::Remove {
            let other = leaves.insert(field.path.clone(), text(&field.after).expect("it is there"));
            assert_eq!(other, None, "{} twice", field.path);
        }
    }
    assert_eq!(leaves.len(), expected.len(), "{leaves:?} {expected:?}");
    for (path, found) in &leaves {
        let other = expected.get(path).unwrap_or_else(|| panic!("{path} is not there"));
        // Ways of writing one value are no difference.
        let wrapped = [found, other].map(|value| format!("{{\"value\":{value}}}"));
        let differ = of(Some(wrapped[0].as_bytes()), Some(wrapped[1].as_bytes())).1;
        assert_eq!(differ, 0, "{path}: {found} and {other}");
    }
}

fn leaves_of(fields: Vec<FieldChange>) -> BTreeMap<String, String> {
    let count = fields.len();
    let leaves: BTreeMap<_, _> = fields
        .into_iter()
        .map(|field| (field.path, field.after.expect("a leaf has a value").as_json().to_owned()))
        .collect();
    assert_eq!(leaves.len(), count, "no path twice");
    leaves
}

fn text(value: &Option<taffrail_event::change::JsonText>) -> Option<String> {
    value.as_ref().map(|value| value.as_json().to_owned())
}
