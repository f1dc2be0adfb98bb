//! Rules that the configuration adds or switches off.

use taffrail_config::{RedactionRule, RedactionSettings};

use super::{HUNTER2, event, redact_with};
use crate::redact::Redactor;

#[test]
fn paths_of_added_rules_reach_the_patches_of_webhooks() {
    let rules = |off: &[&str]| RedactionSettings {
        add: vec![RedactionRule {
            name: "mine".to_owned(),
            resources: vec!["databases".to_owned()],
            paths: vec!["spec.users[*].pin".parse().unwrap()],
            env_names: Vec::new(),
        }],
        off: off.iter().map(|&name| name.to_owned()).collect(),
        ..RedactionSettings::default()
    };
    let check = |patch: serde_json::Value, expected: serde_json::Value| {
        for off in [&[][..], &["databases"]] {
            let redactor = Redactor::new(&rules(off), &[7; 32]).unwrap();
            let note = |patch| {
                let note =
                    serde_json::json!({"configuration": "c", "patch": patch, "patchType": "JSONPatch"});
                let key = "patch.webhook.admission.k8s.io/round_0_index_0";
                let annotations = serde_json::json!({ key: note.to_string() });
                event("databases", &format!(r#""annotations":{annotations}"#))
            };
            let (found, _) = redact_with(&redactor, note(&patch).as_bytes());
            assert_eq!(found, note(&expected), "{off:?}");
        }
    };
    let op = |path: &str, value: serde_json::Value| serde_json::json!([{"op": "add", "path": path, "value": value}]);
    check(op("/spec/users/0/pin", "hunter2".into()), op("/spec/users/0/pin", HUNTER2.into()));
    check(
        op("/spec", serde_json::json!({"users": [{"pin": "hunter2", "name": "a"}]})),
        op("/spec", serde_json::json!({"users": [{"pin": HUNTER2, "name": "a"}]})),
    );
    check(op("/spec/users/0/name", "1234".into()), op("/spec/users/0/name", "1234".into()));
}

#[test]
fn rules_are_added_and_switched_off() {
    let settings = RedactionSettings {
        add: vec![RedactionRule {
            name: "mine".to_owned(),
            resources: vec!["databases.example.com".to_owned()],
            paths: vec!["spec.users[*].pin".parse().unwrap(), r#"metadata.labels["a/b"]"#.parse().unwrap()],
            env_names: vec!["DSN_*".to_owned()],
        }],
        off: vec!["secrets".to_owned()],
        ..RedactionSettings::default()
    };
    let redactor = Redactor::new(&settings, &[7; 32]).unwrap();
    let check = |object_ref: &str, body: &str, expected: &str| {
        let record =
            |body: &str| format!(r#"{{"auditID":"a","objectRef":{{{object_ref}}},"requestObject":{body}}}"#);
        let (found, _) = redact_with(&redactor, record(body).as_bytes());
        assert_eq!(found, record(&expected.replace('*', HUNTER2)), "{body}");
    };
    let mine = r#""resource":"databases","apiGroup":"example.com""#;
    check(
        mine,
        r#"{"spec":{"users":[{"pin":"hunter2","name":"a"}]}}"#,
        r#"{"spec":{"users":[{"pin":"*","name":"a"}]}}"#,
    );
    check(
        mine,
        r#"{"items":[{"spec":{"users":{"a":{"pin":"hunter2"}}}}]}"#,
        r#"{"items":[{"spec":{"users":{"a":{"pin":"*"}}}}]}"#,
    );
    check(
        mine,
        r#"[{"op":"add","path":"/spec/users/0/pin","value":"hunter2"},{"op":"add","path":"/spec/x","value":"hunter2"}]"#,
        r#"[{"op":"add","path":"/spec/users/0/pin","value":"*"},{"op":"add","path":"/spec/x","value":"hunter2"}]"#,
    );
    check(
        mine,
        r#"[{"op":"add","path":"/metadata/labels/a~1b","value":"hunter2"}]"#,
        r#"[{"op":"add","path":"/metadata/labels/a~1b","value":"*"}]"#,
    );
    check(
        mine,
        r#"{"env":[{"name":"DSN_1","value":"hunter2"}]}"#,
        r#"{"env":[{"name":"DSN_1","value":"*"}]}"#,
    );
    // A body that is JSON in a string.
    check(
        mine,
        r#""{\"spec\":{\"users\":[{\"pin\":\"hunter2\",\"n\":1}]}}""#,
        r#""{\"spec\":{\"users\":[{\"pin\":\"*\",\"n\":1}]}}""#,
    );
    let other = r#""resource":"databases","apiGroup":"example.org""#;
    check(other, r#"{"spec":{"users":[{"pin":"hunter2"}]}}"#, r#"{"spec":{"users":[{"pin":"hunter2"}]}}"#);
    let secret = r#"{"kind":"Secret","data":{"a":"aHVudGVyMg=="}}"#;
    check(r#""resource":"secrets""#, secret, secret);
    check(r#""resource":"things""#, secret, r#"{"kind":"Secret","data":{"a":"*"}}"#);
    assert_eq!(redactor.off(), ["secrets"]);
    assert!(redactor.warnings()[0].contains("secrets are stored in the clear"));
}
