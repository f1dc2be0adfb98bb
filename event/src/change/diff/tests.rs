use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn shown(group: &str, resource: &str, before: &str, after: &str) -> Vec<String> {
    let (fields, total) = diff(group, resource, Some(before.as_bytes()), Some(after.as_bytes()));
    assert_eq!(fields.len() as u64, total);
    fields
        .iter()
        .map(|field| {
            let value = |value: &Option<JsonText>| {
                value.as_ref().map_or("?".to_owned(), |value| value.as_json().to_owned())
            };
            let status = if field.status { " (status)" } else { "" };
            format!(
                "{} {}: {} -> {}{status}",
                field.op.name(),
                field.path,
                value(&field.before),
                value(&field.after)
            )
        })
        .collect()
}

#[track_caller]
fn check(group: &str, resource: &str, before: &str, after: &str, expected: &[&str]) {
    assert_eq!(shown(group, resource, before, after), expected);
}

#[test]
fn leaves_have_paths_with_merge_keys() {
    check(
        "apps",
        "deployments",
        r#"{"spec":{"replicas":3,"template":{"spec":{"containers":[{"name":"a","image":"x:1"},{"name":"web","image":"x:1"}]}}}}"#,
        r#"{"spec":{"replicas":5,"template":{"spec":{"containers":[{"name":"web","image":"x:2"},{"name":"b","image":"y"}]}}}}"#,
        &[
            "replace spec.replicas: 3 -> 5",
            r#"replace spec.template.spec.containers[name=web].image: "x:1" -> "x:2""#,
            r#"add spec.template.spec.containers[name=b].name: null -> "b""#,
            r#"add spec.template.spec.containers[name=b].image: null -> "y""#,
            r#"remove spec.template.spec.containers[name=a].name: "a" -> null"#,
            r#"remove spec.template.spec.containers[name=a].image: "x:1" -> null"#,
        ],
    );
    check(
        "",
        "services",
        r#"{"spec":{"ports":[{"port":80,"targetPort":8080}]}}"#,
        r#"{"spec":{"ports":[{"port":80,"protocol":"TCP","targetPort":"http"}]}}"#,
        &[
            r#"add spec.ports[port=80,protocol=TCP].protocol: null -> "TCP""#,
            r#"replace spec.ports[port=80,protocol=TCP].targetPort: 8080 -> "http""#,
        ],
    );
    check(
        "storage.k8s.io",
        "csinodes",
        r#"{"spec":{"drivers":[{"name":"ebs.csi","nodeID":"i-1"}]}}"#,
        r#"{"spec":{"drivers":[{"name":"efs.csi"},{"name":"ebs.csi","nodeID":"i-2"}]}}"#,
        &[
            r#"add spec.drivers[name=efs.csi].name: null -> "efs.csi""#,
            r#"replace spec.drivers[name=ebs.csi].nodeID: "i-1" -> "i-2""#,
        ],
    );
    check(
        "",
        "pods",
        r#"{"metadata":{"labels":{"app":"web"}}}"#,
        r#"{"metadata":{"labels":{"app":"web","app.kubernetes.io/name":"w"}}}"#,
        &[r#"add metadata.labels["app.kubernetes.io/name"]: null -> "w""#],
    );
}

#[test]
fn lists_without_keys_are_one_leaf() {
    let (before, after) = (
        r#"{"spec":{"ingress":[{"ports":[{"port":9090}]}]}}"#,
        r#"{"spec":{"ingress":[{"ports":[{"port":9091}]}]}}"#,
    );
    let leaf = [r#"replace spec.ingress: [{"ports":[{"port":9090}]}] -> [{"ports":[{"port":9091}]}]"#];
    check("networking.k8s.io", "networkpolicies", before, after, &leaf);
    check("projectcalico.org", "globalnetworkpolicies", before, after, &leaf);
    // Replaced as a whole, unlike a pod's.
    check(
        "",
        "serviceaccounts",
        r#"{"imagePullSecrets":[{"name":"a"}]}"#,
        r#"{"imagePullSecrets":[{"name":"b"}]}"#,
        &[r#"replace imagePullSecrets: [{"name":"a"}] -> [{"name":"b"}]"#],
    );
    // Names that are not unique are no keys.
    check(
        "",
        "pods",
        r#"{"env":[{"name":"a","value":"1"}]}"#,
        r#"{"env":[{"name":"a","value":"1"},{"name":"a","value":"2"}]}"#,
        &[
            r#"remove env[name=a].name: "a" -> null"#,
            r#"remove env[name=a].value: "1" -> null"#,
            r#"add env: null -> [{"name":"a","value":"1"},{"name":"a","value":"2"}]"#,
        ],
    );
}

#[test]
fn custom_resources_are_guessed() {
    check(
        "example.com",
        "widgets",
        r#"{"spec":{"parts":[{"name":"a","n":1},{"name":"b","n":1}]},"status":{"conditions":[{"type":"Ready","status":"False","lastTransitionTime":"t"}]}}"#,
        r#"{"spec":{"parts":[{"name":"b","n":2},{"name":"a","n":1}]},"status":{"conditions":[{"type":"Ready","status":"True","lastTransitionTime":"u"}]}}"#,
        &[
            "replace spec.parts[name=b].n: 1 -> 2",
            r#"replace status.conditions[type=Ready].status: "False" -> "True" (status)"#,
        ],
    );
}

#[test]
fn noise_and_ways_of_writing_are_no_change() {
    check(
        "",
        "pods",
        r#"{"kind":"Pod","metadata":{"resourceVersion":"1","generation":1,"managedFields":[1],"annotations":{"kubectl.kubernetes.io/last-applied-configuration":"x"},"name":"a","creationTimestamp":null},"spec":{"x":1.0,"y":"\u0041","z":[{"a":1,"b":2}],"n":null},"status":{"observedGeneration":1}}"#,
        r#"{"spec":{"z":[{"b":2, "a":1}],"y":"A","x":1},"metadata":{"name":"a","resourceVersion":"2","generation":2,"managedFields":[2],"annotations":{"kubectl.kubernetes.io/last-applied-configuration":"y"}},"status":{"observedGeneration":2}}"#,
        &[],
    );
}

#[test]
fn empty_containers_are_leaves() {
    check("", "pods", r#"{"a":{}}"#, r#"{"a":{"b":1}}"#, &["remove a: {} -> null", "add a.b: null -> 1"]);
    check("", "pods", r#"{"a":{"b":1}}"#, r#"{}"#, &["remove a.b: 1 -> null"]);
    check("", "pods", r#"{"a":[]}"#, r#"{"a":[1]}"#, &["replace a: [] -> [1]"]);
    check(
        "",
        "pods",
        r#"{"a":"x"}"#,
        r#"{"a":{"b":1}}"#,
        &[r#"remove a: "x" -> null"#, "add a.b: null -> 1"],
    );
}

#[test]
fn hostile_bytes_are_survived() {
    let deep = |end: &str| format!("{{\"a\":{}{end}{}}}", "[{\"a\":".repeat(3000), "}]".repeat(3000));
    let (before, after) = (deep("1"), deep("2"));
    let (_, total) = diff("", "pods", Some(before.as_bytes()), Some(after.as_bytes()));
    assert_eq!(total, 1);
    let (_, total) = diff("", "pods", Some(b"{\"a\":\"\xff\",\"a\":1"), Some(b"{\"a\":\"\xfe\""));
    assert_eq!(total, 1);
    assert_eq!(diff("", "pods", Some(b""), Some(b"[")).1, 0);
    let many = |end: &str| {
        let members: Vec<_> = (0..50_000).map(|index| format!("\"k{index}\":\"{end}\"")).collect();
        format!("{{{}}}", members.join(","))
    };
    let (fields, total) = diff("", "pods", Some(many("a").as_bytes()), Some(many("b").as_bytes()));
    assert_eq!((fields.len(), total), (MAX_LISTED, 50_000));
}

/// Leaves by path, by another way than the differ's: a tree is walked.
fn leaves(value: &Value, path: &str, out: &mut BTreeMap<String, Value>) {
    match value {
        Value::Null => {}
        Value::Object(members) if !members.is_empty() => {
            for (key, value) in members {
                let mut path = path.to_owned();
                push_member(&mut path, key);
                leaves(value, &path, out);
            }
        }
        Value::Array(elements) if !elements.is_empty() && path.ends_with("env") => {
            let names: Vec<_> =
                elements.iter().map(|element| element.get("name").and_then(Value::as_str)).collect();
            let unique: std::collections::BTreeSet<_> = names.iter().flatten().collect();
            if names.iter().all(Option::is_some) && unique.len() == names.len() {
                for (element, name) in elements.iter().zip(names) {
                    let mut path = path.to_owned();
                    push_keys(&mut path, [("name", name.unwrap())].into_iter());
                    leaves(element, &path, out);
                }
            } else {
                out.insert(path.to_owned(), value.clone());
            }
        }
        _ => {
            out.insert(path.to_owned(), value.clone());
        }
    }
}

/// Leaves with a change set applied to them: what it takes away has to be there as it says, and what it adds must not.
pub(in crate::change) fn applied(
    mut leaves: BTreeMap<String, Value>,
    fields: &[FieldChange],
) -> BTreeMap<String, Value> {
    let value =
        |text: &Option<JsonText>| serde_json::from_str::<Value>(text.as_ref().unwrap().as_json()).unwrap();
    for field in fields.iter().filter(|field| field.op != FieldOp::Add) {
        assert_eq!(leaves.remove(&field.path), Some(value(&field.before)), "{}", field.path);
    }
    for field in fields.iter().filter(|field| field.op != FieldOp::Remove) {
        assert_eq!(leaves.insert(field.path.clone(), value(&field.after)), None, "{} twice", field.path);
    }
    leaves
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (0..4).prop_map(Value::from),
        "[ab\"\\\\é]{0,2}".prop_map(Value::from)
    ];
    leaf.prop_recursive(4, 40, 4, |inner| {
        prop_oneof![
            prop::collection::btree_map("[abc]|env|a\\.b", inner.clone(), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::vec(("[ab]", inner), 0..3).prop_map(|elements| {
                elements.into_iter().map(|(name, value)| json!({"name": name, "value": value})).collect()
            }),
        ]
    })
}

fn object() -> impl Strategy<Value = Value> {
    prop::collection::btree_map("[abc]|env|metadata|status", value(), 0..5)
        .prop_map(|members| Value::Object(members.into_iter().collect()))
}

proptest! {
    #[test]
    fn applied_to_the_leaves_before_it_gives_the_leaves_after(before in object(), after in object()) {
        let (fields, _) = diff("", "pods", Some(before.to_string().as_bytes()), Some(after.to_string().as_bytes()));
        let (mut state, mut expected) = (BTreeMap::new(), BTreeMap::new());
        leaves(&before, "", &mut state);
        leaves(&after, "", &mut expected);
        state.remove("");
        expected.remove("");
        prop_assert_eq!(applied(state, &fields), expected);
    }

    #[test]
    fn any_bytes_are_survived(before in prop::collection::vec(any::<u8>(), 0..60), after in prop::collection::vec(any::<u8>(), 0..60)) {
        diff("", "pods", Some(&before), Some(&after));
        let wrapped = [b"{\"env\":[".as_slice(), &after, b"]}"].concat();
        diff("", "pods", Some(&before), Some(&wrapped));
    }
}
