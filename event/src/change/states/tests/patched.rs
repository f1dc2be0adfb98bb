//! Patches of every form that come without their answer: the change set, applied to the leaves before, gives the leaves after, and
//! the state after is what the form's own rules make of it.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::Change;
use crate::audit::AuditRecord;
use crate::change::diff::tests::applied;
use crate::change::{ObjectState, Version, diff};

const BUILT_IN: (&str, &str) = ("", "pods");
const CUSTOM: (&str, &str) = ("example.com", "widgets");

/// Tells of a patch behind the object's creation; the state after it.
fn patched((group, resource): (&str, &str), query: &str, before: &Value, patch: &Value) -> (Change, Value) {
    let record = |verb: &str, code: u16, body: (&str, &Value)| {
        json!({
            "auditID": "a", "stage": "ResponseComplete", "verb": verb, "requestURI": format!("/x{query}"),
            "objectRef": {"apiGroup": group, "apiVersion": "v1", "resource": resource, "namespace": "shop", "name": "web"},
            "responseStatus": {"code": code}, body.0: body.1,
        })
        .to_string()
    };
    let mut history = ObjectState::default();
    let mut told = |record: &str| {
        let audit = AuditRecord::decode(record.as_bytes()).unwrap();
        let version = Version::of(&audit).unwrap();
        history.next(&version)
    };
    told(&record("create", 201, ("responseObject", before)));
    let change = told(&record("patch", 200, ("requestObject", patch))).expect("the patch fits");
    let after = history.state(None).expect("the state was known");
    (change, serde_json::from_slice(after).unwrap())
}

fn object(spec: &Value) -> Value {
    json!({"kind": "Widget", "metadata": {"uid": "u", "name": "web"}, "spec": spec})
}

fn leaves((group, resource): (&str, &str), state: &Value) -> BTreeMap<String, Value> {
    let (fields, _) = diff(group, resource, None, Some(state.to_string().as_bytes()));
    let value = |json: &str| serde_json::from_str(json).unwrap();
    fields.into_iter().map(|field| (field.path, value(field.after.unwrap().as_json()))).collect()
}

#[track_caller]
fn check(resource: (&str, &str), query: &str, before: &Value, patch: &Value) -> Value {
    let (change, after) = patched(resource, query, before, patch);
    assert_eq!(
        applied(leaves(resource, before), &change.fields),
        leaves(resource, &after),
        "{before} {patch}"
    );
    after
}

/// RFC 7386, as it stands there.
fn merged(target: &Value, patch: &Value) -> Value {
    let Value::Object(patch) = patch else { return patch.clone() };
    let mut members = target.as_object().cloned().unwrap_or_default();
    for (key, value) in patch {
        match value {
            Value::Null => drop(members.remove(key)),
            _ => {
                let merged = merged(members.get(key).unwrap_or(&Value::Null), value);
                members.insert(key.clone(), merged);
            }
        }
    }
    Value::Object(members)
}

/// Objects, plain lists, and lists with merge keys.
fn spec() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        (0..3).prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        "[xy]{0,2}".prop_map(Value::from)
    ];
    let value = leaf.prop_recursive(3, 20, 3, |inner| {
        prop_oneof![
            prop::collection::btree_map("[abc]", inner.clone(), 0..3).prop_map(|members| json!(members)),
            prop::collection::vec(inner, 0..3).prop_map(Value::from),
        ]
    });
    let containers = prop::collection::btree_map("[vw]", "[xyz]", 0..3).prop_map(|images| {
        let container = |(name, image)| json!({"name": name, "image": image});
        images.into_iter().map(container).collect::<Value>()
    });
    (prop::collection::btree_map("[abc]", value, 0..3), prop::option::of(containers)).prop_map(
        |(members, containers)| {
            let mut members: Map<_, _> = members.into_iter().collect();
            members.extend(containers.map(|containers| ("containers".to_owned(), containers)));
            Value::Object(members)
        },
    )
}

/// A merge patch's: members may be taken away.
fn merge_patch() -> impl Strategy<Value = Value> {
    (spec(), prop::collection::vec("[abc]", 0..2)).prop_map(|(mut spec, removed)| {
        for member in removed {
            spec[member] = Value::Null;
        }
        json!({"spec": spec})
    })
}

proptest! {
    #[test]
    fn a_merge_patch(before in spec(), patch in merge_patch()) {
        let before = object(&before);
        let after = check(CUSTOM, "", &before, &patch);
        prop_assert_eq!(after, merged(&before, &patch));
    }

    /// Lists with merge keys are merged by them.
    #[test]
    fn a_strategic_merge_patch(before in spec(), patch in merge_patch()) {
        let before = object(&before);
        let after = check(BUILT_IN, "", &before, &patch);
        let image = |state: &Value, name: &str| -> Option<Value> {
            let containers = state["spec"]["containers"].as_array()?;
            containers.iter().find(|container| container["name"] == name).map(|container| container["image"].clone())
        };
        for name in ["v", "w"] {
            prop_assert_eq!(image(&after, name), image(&patch, name).or_else(|| image(&before, name)));
        }
    }

    /// Of an applied object all that it says is so afterwards.
    #[test]
    fn an_applied_object(before in spec(), applied in spec()) {
        let patch = json!({"apiVersion": "v1", "kind": "Widget", "metadata": {"name": "web"}, "spec": applied});
        for resource in [BUILT_IN, CUSTOM] {
            check(resource, "?fieldManager=m", &object(&before), &patch);
        }
    }

    #[test]
    fn a_json_patch(before in spec(), writes in prop::collection::vec(("[abc]", spec(), any::<bool>()), 0..5)) {
        let mut expected = before.as_object().unwrap().clone();
        let operations: Vec<_> = writes
            .into_iter()
            .map(|(key, value, is_removal)| {
                let path = format!("/spec/{key}");
                let is_there = expected.contains_key(&key);
                if is_there && is_removal {
                    expected.remove(&key);
                    return json!({"op": "remove", "path": path});
                }
                expected.insert(key, value.clone());
                json!({"op": if is_there { "replace" } else { "add" }, "path": path, "value": value})
            })
            .collect();
        for resource in [BUILT_IN, CUSTOM] {
            let after = check(resource, "", &object(&before), &Value::from(operations.clone()));
            prop_assert_eq!(&after["spec"], &Value::Object(expected.clone()));
        }
    }
}
