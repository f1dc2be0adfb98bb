//! Whatever clients send, a summary is one bounded line.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::MAX_SUMMARY_BYTES;
use super::recorded::{alone, last_of, recording};

/// The mark of a cut line stands behind it.
const MAX_BYTES: usize = MAX_SUMMARY_BYTES + '…'.len_utf8();

#[track_caller]
fn check_line(summary: &str) {
    assert!(summary.len() <= MAX_BYTES, "{} bytes: {summary}", summary.len());
    assert!(
        !summary.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202e}')),
        "{summary:?}"
    );
}

#[test]
fn names_cannot_break_the_line() {
    fn check(user: &str, name: &str, expected: &str) {
        let record = json!({
            "auditID": "a", "stage": "ResponseComplete", "verb": "delete", "user": {"username": user}, "responseStatus": {"code": 200},
            "objectRef": {"resource": "pods", "namespace": "shop", "name": name},
        });
        let found = alone(record.to_string().as_bytes());
        check_line(&found);
        assert_eq!(found, expected);
    }
    check("a\nb", "x", "a b deleted pod shop/x");
    check("alice", "x\r\n\u{2028}\u{202e}y\u{9b}2J", "alice deleted pod shop/x    y 2J");
    check("alice", &"x".repeat(300), &format!("alice deleted pod shop/{}…", "x".repeat(256)));
}

#[test]
fn recorded_attacks() {
    for file in ["adversarial-inputs.jsonl.gz", "scenario.jsonl.gz"] {
        recording(file).iter().for_each(|(_, summary)| check_line(summary));
    }
}

/// Any text, and texts of what usually breaks lines.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[a-z\\n\\r\\t\u{2028}\u{202e}\u{7f}\u{9b}\"\\\\.=\\[\\]/]{0,12}",
        "x{0,2000}"
    ]
}

/// Values as they may stand at any place.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        text().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        Just(Value::Null),
        any::<bool>().prop_map(Value::from)
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let key = prop_oneof![
            text(),
            prop::sample::select(vec![
                "spec",
                "metadata",
                "labels",
                "containers",
                "name",
                "image",
                "replicas",
                "ports",
                "taints",
                "rules",
                "subjects",
                "ingress",
                "endpoints",
                "status",
                "data",
                "template",
                "env",
                "conditions",
                "type",
                "webhooks",
                "kind",
            ])
            .prop_map(str::to_owned)
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key, inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect()))
        ]
    })
}

const RESOURCES: &[(&str, &str)] = &[
    ("", "pods"),
    ("", "nodes"),
    ("", "secrets"),
    ("", "configmaps"),
    ("", "endpoints"),
    ("", "events"),
    ("", "services"),
    ("", "serviceaccounts"),
    ("apps", "deployments"),
    ("batch", "cronjobs"),
    ("networking.k8s.io", "networkpolicies"),
    ("projectcalico.org", "globalnetworkpolicies"),
    ("rbac.authorization.k8s.io", "clusterrolebindings"),
    ("rbac.authorization.k8s.io", "roles"),
    ("discovery.k8s.io", "endpointslices"),
    ("certificates.k8s.io", "certificatesigningrequests"),
    ("admissionregistration.k8s.io", "validatingwebhookconfigurations"),
    ("authorization.k8s.io", "subjectaccessreviews"),
    ("example.com", "widgets"),
];

const SUBRESOURCES: &[&str] = &[
    "",
    "",
    "",
    "scale",
    "status",
    "exec",
    "log",
    "proxy",
    "eviction",
    "token",
    "binding",
    "approval",
    "ephemeralcontainers",
];

proptest! {
    #[test]
    fn every_summary_is_one_bounded_line(
        (user, namespace, name, uri) in (text(), text(), text(), text()),
        (verb, code) in (prop::sample::select(vec!["create", "update", "patch", "delete", "deletecollection", "get", "\n"]), 200_u64..500),
        (group, resource) in prop::sample::select(RESOURCES),
        subresource in prop::sample::select(SUBRESOURCES),
        (before, request, after) in (value(), value(), value()),
    ) {
        let record = |verb: &str, code: u64, version: u64, request: &Value, body: &Value| {
            let mut answer = json!({"kind": "X", "metadata": {"uid": "u", "resourceVersion": version.to_string(), "name": name}});
            if let (Value::Object(answer), Value::Object(body)) = (&mut answer, body) {
                answer.extend(body.clone().into_iter().filter(|(key, _)| key != "metadata"));
            }
            json!({
                "auditID": "a", "stage": "ResponseComplete", "verb": verb, "user": {"username": user}, "requestURI": format!("/x?{uri}"),
                "objectRef": {"apiGroup": group, "apiVersion": "v1", "resource": resource, "subresource": subresource,
                    "namespace": namespace, "name": name},
                "responseStatus": {"code": code, "reason": uri}, "requestObject": request, "responseObject": answer,
            })
            .to_string()
        };
        let first = record("create", 201, 1, &before, &before);
        let second = record(verb, code, 2, &request, &after);
        check_line(&alone(first.as_bytes()));
        check_line(&alone(second.as_bytes()));
        check_line(&last_of(&[&first, &second]));
    }
}
