use serde_json::json;

use super::*;

fn check(group: &str, resource: &str, state: &Value, patch: &Value, kind: PatchKind, expected: &Value) {
    let patch = patch.to_string();
    assert_eq!(PatchKind::of(patch.as_bytes(), "/x?fieldManager=m", group, resource), kind);
    let after = apply(kind, group, resource, state.to_string().as_bytes(), patch.as_bytes()).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&after).unwrap(), *expected, "{patch}");
}

#[test]
fn strategic_patches_merge_lists_by_their_keys() {
    let state = json!({"metadata": {"finalizers": ["a", "b"]}, "spec": {"containers": [
        {"name": "web", "image": "x:1", "ports": [{"containerPort": 80}]}, {"name": "api", "image": "y:1"}]}});
    check(
        "",
        "pods",
        &state,
        &json!({"spec": {"$setElementOrder/containers": [{"name": "web"}], "containers": [
            {"name": "web", "image": "x:2", "ports": [{"containerPort": 80, "name": "http"}, {"containerPort": 81}]},
            {"name": "api", "$patch": "delete"}, {"name": "new", "image": "z"}]}}),
        PatchKind::Strategic,
        &json!({"metadata": {"finalizers": ["a", "b"]}, "spec": {"containers": [
            {"name": "web", "image": "x:2", "ports": [{"containerPort": 80, "name": "http"}, {"containerPort": 81}]},
            {"name": "new", "image": "z"}]}}),
    );
    check(
        "",
        "pods",
        &state,
        &json!({"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"], "labels": {"x": "y"}}, "spec": null}),
        PatchKind::Strategic,
        &json!({"metadata": {"finalizers": ["b"], "labels": {"x": "y"}}}),
    );
    check(
        "",
        "pods",
        &state,
        &json!({"metadata": {"finalizers": ["c"]}, "spec": {"$patch": "replace", "nodeName": "n"}}),
        PatchKind::Strategic,
        &json!({"metadata": {"finalizers": ["a", "b", "c"]}, "spec": {"nodeName": "n"}}),
    );
    check(
        "apps",
        "deployments",
        &json!({"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {}}, "x": [1, 2]}}),
        &json!({"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}, "x": [3]}}),
        PatchKind::Strategic,
        &json!({"spec": {"strategy": {"type": "Recreate"}, "x": [3]}}),
    );
}

#[test]
fn other_kinds_of_patches() {
    let state = json!({"metadata": {"labels": {"a": "b"}}, "spec": {"list": [{"name": "x"}]}});
    check(
        "example.com",
        "widgets",
        &state,
        &json!({"metadata": {"labels": {"a": null, "q": "true"}}, "spec": {"list": []}}),
        PatchKind::Merge,
        &json!({"metadata": {"labels": {"q": "true"}}, "spec": {"list": []}}),
    );
    check(
        "",
        "pods",
        &state,
        &json!([{"op": "add", "path": "/metadata/labels/x~1y", "value": "1"}, {"op": "remove", "path": "/spec"}]),
        PatchKind::Json,
        &json!({"metadata": {"labels": {"a": "b", "x/y": "1"}}}),
    );
    check(
        "",
        "pods",
        &state,
        &json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"labels": {"m": "n"}}}),
        PatchKind::Apply,
        &json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"labels": {"a": "b", "m": "n"}}, "spec": {"list": [{"name": "x"}]}}),
    );
}

/// Patches that the API server takes or nearly does, and that would take minutes or all memory one by one.
#[test]
fn hostile_patches_are_bounded() {
    let doubled: Vec<_> = (0..60).map(|at| format!(r#"{{"op":"copy","from":"","path":"/a{at}"}}"#)).collect();
    let doubled = doubled.join(",");
    let state = br#"{"b":"0123456789"}"#;
    assert_eq!(apply(PatchKind::Json, "", "pods", state, format!("[{doubled}]").as_bytes()), None);
    let many = vec![r#"{"op":"add","path":"/list/0","value":1}"#; operations::MAX_OPERATIONS + 1].join(",");
    assert_eq!(apply(PatchKind::Json, "", "pods", b"{\"list\":[]}", format!("[{many}]").as_bytes()), None);

    let count = 100_000;
    let list = |from: usize| -> Vec<Value> {
        (from..from + count).map(|name| json!({"name": name.to_string()})).collect()
    };
    let names =
        |from: usize| -> Vec<Value> { (from..from + count).map(|name| name.to_string().into()).collect() };
    let removed: Map<String, Value> = (0..count).map(|name| (name.to_string(), Value::Null)).collect();
    let members: Map<String, Value> = (0..count + 1).map(|name| (name.to_string(), 1.into())).collect();
    let state =
        json!({"metadata": {"finalizers": names(0)}, "spec": {"containers": list(0)}, "data": members});
    let patch = json!({
        "metadata": {"$deleteFromPrimitiveList/finalizers": names(1), "finalizers": names(count)},
        "spec": {"containers": list(1)}, "data": removed,
    });
    let (state, patch) = (state.to_string(), patch.to_string());
    let after = apply(PatchKind::Strategic, "", "pods", state.as_bytes(), patch.as_bytes()).unwrap();
    let after: Value = serde_json::from_slice(&after).unwrap();
    assert_eq!(after["spec"]["containers"].as_array().unwrap().len(), count + 1);
    assert_eq!(after["metadata"]["finalizers"].as_array().unwrap().len(), count + 1);
    assert_eq!(after["data"], json!({"100000": 1}));
}

#[test]
fn what_does_not_fit_is_no_state() {
    let patch = br#"[{"op":"remove","path":"/nothing"}]"#;
    assert_eq!(apply(PatchKind::Json, "", "pods", b"{}", patch), None);
    assert_eq!(apply(PatchKind::Merge, "", "pods", b"{}", b"{\"a\":"), None);
    let deep = format!("{}1{}", "{\"a\":".repeat(3000), "}".repeat(3000));
    assert_eq!(apply(PatchKind::Merge, "", "pods", b"{}", deep.as_bytes()), None);
}

#[test]
fn what_a_patch_asks_for() {
    fn check(kind: PatchKind, patch: &Value, expected: Option<&Value>) {
        let found = asked(kind, patch.to_string().as_bytes());
        assert_eq!(found.map(|found| serde_json::from_slice::<Value>(&found).unwrap()).as_ref(), expected);
    }
    check(
        PatchKind::Strategic,
        &json!({"$setElementOrder/x": [], "spec": {"replicas": 5, "$retainKeys": ["a"]}}),
        Some(&json!({"spec": {"replicas": 5}})),
    );
    check(
        PatchKind::Json,
        &json!([{"op": "test", "path": "/a", "value": 1}, {"op": "replace", "path": "/spec/replicas", "value": 5}]),
        Some(&json!({"spec": {"replicas": 5}})),
    );
    check(PatchKind::Json, &json!([{"op": "add", "path": "/spec/rules/0", "value": 5}]), None);
    check(PatchKind::Apply, &json!({"spec": {}}), None);
}
