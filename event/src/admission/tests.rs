//! Constructed: the recorded clusters had no webhooks. The annotations are those of the Kubernetes documentation ("Mutating webhook
//! auditing annotations"), as kube-apiserver's `admission/plugin/webhook/{mutating,validating}/dispatcher.go` writes them.

use serde_json::{Value, json};

use super::*;
use crate::{Event, Origins};

fn event(annotations: &Value) -> Event {
    let record = json!({"auditID": "a", "stage": "ResponseComplete", "verb": "create", "responseStatus": {"code": 201},
        "objectRef": {"resource": "pods", "namespace": "shop", "name": "web", "apiVersion": "v1"},
        "requestObject": {"kind": "Pod", "spec": {"containers": [{"name": "web", "image": "a"}]}},
        "responseObject": {"kind": "Pod", "spec": {"containers": [{"name": "web", "image": "b"}, {"name": "proxy"}]}},
        "annotations": annotations});
    Event::decode(record.to_string().as_bytes(), Origins::default()).unwrap()
}

#[track_caller]
fn check(annotations: &Value, expected: &Value) {
    let admission = event(annotations).admission;
    let found = serde_json::to_value(&admission).unwrap();
    assert_eq!(found, *expected);
    assert_eq!(serde_json::from_value::<Option<Admission>>(found).unwrap(), admission);
}

fn mutated(webhook: &str) -> Value {
    json!(json!({"configuration": "injector", "webhook": webhook, "mutated": true}).to_string())
}

fn patched(webhook: &str, patch: &Value) -> Value {
    let said =
        json!({"configuration": "injector", "webhook": webhook, "patch": patch, "patchType": "JSONPatch"});
    json!(said.to_string())
}

#[test]
fn what_webhooks_changed() {
    let patch = json!([
        {"op": "replace", "path": "/spec/containers/0/image", "value": "b"},
        {"op": "add", "path": "/spec/containers/-", "value": {"name": "proxy"}},
        {"op": "test", "path": "/spec", "value": {}},
        {"op": "add", "path": "/metadata/labels/injected", "value": "yes"},
        {"op": "move", "from": "/metadata/labels/a", "path": "/metadata/labels/b"},
        {"op": "add", "path": "/metadata/labels/injected", "value": "yes"},
    ]);
    check(
        &json!({
            "mutation.webhook.admission.k8s.io/round_0_index_10": mutated("late.example.com"),
            "mutation.webhook.admission.k8s.io/round_0_index_2": mutated("sidecar.example.com"),
            "mutation.webhook.admission.k8s.io/round_0_index_3": r#"{"configuration":"c","webhook":"w","mutated":false}"#,
            "patch.webhook.admission.k8s.io/round_0_index_2": patched("sidecar.example.com", &patch),
            "mutation.webhook.admission.k8s.io/round_1_index_2": mutated("sidecar.example.com"),
        }),
        &json!({"failed_open": [], "mutations": [
            {"round": 0, "index": 2, "configuration": "injector", "webhook": "sidecar.example.com", "patch": patch,
             "paths": ["spec.containers[name=web].image", "spec.containers[name=proxy]", "metadata.labels.injected",
                       "metadata.labels.a", "metadata.labels.b"]},
            {"round": 0, "index": 10, "configuration": "injector", "webhook": "late.example.com", "patch": null, "paths": []},
            {"round": 1, "index": 2, "configuration": "injector", "webhook": "sidecar.example.com", "patch": null, "paths": []},
        ]}),
    );
}

#[test]
fn what_was_ignored_because_it_failed() {
    check(
        &json!({
            "failed-open.validating.webhook.admission.k8s.io/round_0_index_1": "policy.example.com",
            "failed-open.mutation.webhook.admission.k8s.io/round_0_index_0": "sidecar.example.com",
            "failed-open.mutation.webhook.admission.k8s.io/round_1_index_0": "sidecar.example.com",
            "failed-open.other/x": "x", "failed-open.mutation.webhook.admission.k8s.io/round_0_index_1": "",
        }),
        &json!({"mutations": [], "failed_open": [
            {"webhook": "policy.example.com", "kind": "validating"},
            {"webhook": "sidecar.example.com", "kind": "mutating"},
        ]}),
    );
}

#[test]
fn nothing_is_null() {
    check(&json!({}), &Value::Null);
    check(&json!({"authorization.k8s.io/decision": "allow"}), &Value::Null);
    let untouched = json!(r#"{"configuration":"c","webhook":"w","mutated":false}"#);
    check(&json!({"mutation.webhook.admission.k8s.io/round_0_index_0": untouched}), &Value::Null);
    // Recorded: a cluster without webhooks.
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../samples/audit/examples/vap-audit-annotation.json");
    assert_eq!(Event::decode(&std::fs::read(path).unwrap(), Origins::default()).unwrap().admission, None);
}

#[test]
fn values_that_are_none() {
    for value in [
        json!(""),
        json!("{"),
        json!("[]"),
        json!("null"),
        json!("{\"mutated\":\"true\"}"),
        json!(7),
        json!({"mutated": true}),
    ] {
        check(&json!({"mutation.webhook.admission.k8s.io/round_0_index_0": value}), &Value::Null);
        check(&json!({"patch.webhook.admission.k8s.io/round_0_index_0": value}), &Value::Null);
    }
    for suffix in [
        "",
        "round_0",
        "round_-1_index_0",
        "round_0_index_",
        "round_0_index_0/x",
        "round_99999999999_index_0",
    ] {
        check(&json!({format!("mutation.webhook.admission.k8s.io/{suffix}"): mutated("w")}), &Value::Null);
    }
    let odd = json!([1, null, "x", [], {"op": 1}, {"op": "add"}, {"op": "add", "path": 7}, {"op": "remove", "path": "x"}, {"op": "fly", "path": "/a"}]);
    check(
        &json!({"patch.webhook.admission.k8s.io/round_0_index_0": patched("w", &odd)}),
        &json!({"failed_open": [], "mutations": [
            {"round": 0, "index": 0, "configuration": "injector", "webhook": "w", "patch": odd, "paths": []}]}),
    );
}

#[test]
fn what_is_too_much_is_cut() {
    let mut annotations = serde_json::Map::new();
    let patch: Vec<Value> = (0..5000)
        .map(|at| json!({"op": "add", "path": format!("/data/k{at}"), "value": "x".repeat(100)}))
        .collect();
    for index in 0..3000 {
        let key = format!("mutation.webhook.admission.k8s.io/round_0_index_{index}");
        annotations.insert(key, mutated(&"w".repeat(10_000)));
        annotations.insert(
            format!("failed-open.validating.webhook.admission.k8s.io/round_0_index_{index}"),
            json!(format!("w{index}")),
        );
    }
    annotations
        .insert("patch.webhook.admission.k8s.io/round_0_index_0".to_owned(), patched("w", &json!(patch)));
    let deep = json!("{\"patch\":".to_owned() + &"[".repeat(100_000) + &"]".repeat(100_000) + "}");
    annotations.insert("patch.webhook.admission.k8s.io/round_0_index_1".to_owned(), deep);
    let admission = event(&annotations.into()).admission.unwrap();
    assert!(admission.cut);
    assert_eq!((admission.mutations.len(), admission.failed_open.len()), (MAX_WEBHOOKS, MAX_WEBHOOKS));
    assert_eq!((admission.mutations[0].paths.len(), &admission.mutations[0].patch), (MAX_PATHS, &None));
    assert_eq!(admission.mutations[0].webhook.len(), MAX_NAME_BYTES);
    assert!(serde_json::to_string(&admission).unwrap().len() < 200_000);
}

#[test]
fn webhooks_are_found_by_their_words() {
    let annotations =
        json!({"failed-open.mutation.webhook.admission.k8s.io/round_0_index_0": "sidecar.example.com"});
    let mut texts = Vec::new();
    let record = json!({"auditID": "a", "annotations": annotations}).to_string();
    event(&annotations).texts(record.as_bytes(), |text| texts.push(text.to_owned()));
    assert!(texts.contains(&"sidecar.example.com".to_owned()), "{texts:?}");
}
