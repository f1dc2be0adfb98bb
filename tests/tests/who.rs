//! Who did it: rules of actors, the workload behind a service account, webhooks that had a hand in it.

use std::fs;

use serde_json::{Value, json};
use taffrail_tests::cli::{self, taffrail};
use taffrail_tests::{Server, samples};

/// By name, by group and by what the authenticator says.
const RULES: &str = r#"[
  {user: "System:ServiceAccount:ci:*", type: controller, name: "CI ({1})"},
  {extra: {authentication.kubernetes.io/credential-id: "X509SHA256=e78dc3aa*"}, group: platform-*, name: "Alice Liddell"},
  {group: "system:masters", type: system, name: break-glass}
]"#;

/// Recorded: writes of a service account and of alice, a list by the administrator as bob.
const RECORDED: [&str; 4] =
    ["service-account-user", "deployment-set-image", "scale-patch", "impersonation-ok"];

fn serving() -> Server {
    let server = Server::builder().set("actors", RULES).start();
    RECORDED.iter().for_each(|name| server.post_ok("lab", &samples::example(name)));
    server
}

fn url(server: &Server) -> String {
    format!("http://{}", server.api_addr())
}

fn summaries(events: &[Value]) -> Vec<&str> {
    let mut found: Vec<_> =
        events.iter().map(|event| event["summary"].as_str().expect("a summary")).collect();
    found.sort_unstable();
    found
}

#[track_caller]
fn check(server: &Server, query: &str, expected: &[&str]) {
    assert_eq!(summaries(&server.api().all(query)), expected, "{query}");
}

const CI: &str = "CI (deployer) created configmap shop-a/ssa";
const IMAGE: &str = "Alice Liddell set image of container web in deployment shop-a/web";
const LIST: &str = "break-glass as bob listed pods in shop-a";

#[test]
fn rules_say_who_it_is_wherever_events_are_shown() {
    let mut server = serving();
    server.api().wait_for_total("", 4);
    let event = server.api().only("user:system:serviceaccount:ci:deployer");
    assert_eq!(
        event["actor"],
        json!({"name": "system:serviceaccount:ci:deployer", "display": "CI (deployer)", "type": "controller",
            "groups": ["system:serviceaccounts", "system:serviceaccounts:ci", "system:authenticated"],
            "uid": "35687f1a-8b8b-409f-85a6-c29924574415", "credential": "JTI=72a93986-2a63-4453-9cae-24958760c716",
            "pod": null, "node": "", "as": null})
    );
    assert_eq!(event["client"]["field_manager"], "ci-pipeline");
    assert_eq!(event["admission"], Value::Null);
    check(&server, "user:\"ci (deployer)\"", &[event["summary"].as_str().expect("a summary")]);
    assert!(event["summary"].as_str().is_some_and(|summary| summary.starts_with(CI)), "{event}");
    check(&server, "by:system", &[LIST]);
    check(&server, "user:kubernetes-admin", &[LIST]);
    check(&server, "user:break-glass as:bob", &[LIST]);
    assert_eq!(server.api().total("by:controller"), 1);
    assert_eq!(server.api().total("user:\"alice liddell\" by:human"), 2);
    assert_eq!(server.api().total("liddell"), 2);
    let images = server.api().all("user:alice changed:image OR user:alice confidence:patch");
    assert!(summaries(&images).iter().any(|summary| summary.starts_with(IMAGE)), "{images:?}");
    let facets = server.api().read("/api/v1/facets", &[("field", "actor.name")]);
    let count = |value: &str, count: u64| json!({"value": value, "count": count});
    assert_eq!(
        facets["buckets"],
        json!([
            count("alice", 2),
            count("kubernetes-admin", 1),
            count("system:serviceaccount:ci:deployer", 1)
        ])
    );
    let listed = taffrail(&["search", "--server", &url(&server), "-o", "table", "by:controller"]).ok();
    assert!(listed.stdout.contains("CI (deployer)"), "{}", listed.stdout);
    server.stop();

    // A command on the directory takes its own configuration.
    let data = server.data().to_str().expect("temporary paths are UTF-8");
    let file = server.data().with_file_name("taffrail.yaml");
    fs::write(&file, format!("actors: {}", RULES.replace("break-glass", "somebody")))
        .expect("write a configuration");
    let config = file.to_str().expect("temporary paths are UTF-8");
    let found = |arguments: &[&str]| {
        let question = ["search", "--data", data, "-o", "ndjson", "as:bob"];
        let found = taffrail(&[&question, arguments].concat()).ok().json_lines();
        summaries(&found).concat()
    };
    assert_eq!(found(&["--config", config]), LIST.replace("break-glass", "somebody"));
    assert_eq!(found(&[]), LIST.replace("break-glass", "kubernetes-admin"));
    // What is found follows the rules under which it was stored, until a reindex.
    let asked = |query: &str| cli::search(server.data(), query).json_lines().len();
    assert_eq!(asked("user:break-glass"), 1);
    taffrail(&["reindex", "--data", data, "--config", config]).ok();
    assert_eq!((asked("user:break-glass"), asked("user:somebody")), (0, 1));
}

#[test]
fn rules_that_do_nothing_are_all_reported() {
    let folder = tempfile::tempdir().expect("create a temporary directory");
    let file = folder.path().join("taffrail.yaml");
    fs::write(&file, "actors: [{user: a, name: '{1}'}, {user: b, typ: human}, {type: human}]")
        .expect("write");
    let checked = taffrail(&["config", "check", "--config", file.to_str().expect("UTF-8")]);
    assert_eq!(checked.code, 2, "{}", checked.stderr);
    assert!(checked.stderr.contains("actors[1].typ: unknown key; did you mean type?"), "{}", checked.stderr);
    fs::write(&file, "actors: [{user: a, name: '{1}'}, {type: human}]").expect("write");
    let checked = taffrail(&["config", "check", "--config", file.to_str().expect("UTF-8")]);
    for problem in ["actors[0].name: {1} is what a * stands for", "actors[1].user: the rule says of nobody"] {
        assert!(checked.stderr.contains(problem), "{}", checked.stderr);
    }
}

/// A recorded creation of a pod, as a cluster with webhooks would have recorded it: the annotations, the pod and the node of the caller are constructed.
fn with_webhooks() -> Vec<u8> {
    let mut event: Value =
        serde_json::from_slice(&samples::example("vap-audit-annotation")).expect("an example is JSON");
    event["user"]["username"] = "system:serviceaccount:shop-a:runner".into();
    for (key, value) in [("pod-name", "runner-0"), ("pod-uid", "u-0"), ("node-name", "node-3")] {
        event["user"]["extra"][format!("authentication.kubernetes.io/{key}")] = json!([value]);
    }
    let said = |more: Value| {
        let mut said = json!({"configuration": "injector", "webhook": "sidecar-injector.example.com"});
        said.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        Value::from(said.to_string())
    };
    let patch = json!([{"op": "replace", "path": "/spec/containers/0/imagePullPolicy", "value": "Always"},
        {"op": "add", "path": "/metadata/labels/injected", "value": "yes"}]);
    let annotations = &mut event["annotations"];
    annotations["mutation.webhook.admission.k8s.io/round_0_index_3"] = said(json!({"mutated": true}));
    annotations["patch.webhook.admission.k8s.io/round_0_index_3"] =
        said(json!({"patch": patch, "patchType": "JSONPatch"}));
    annotations["mutation.webhook.admission.k8s.io/round_0_index_4"] = said(json!({"mutated": false}));
    annotations["failed-open.validating.webhook.admission.k8s.io/round_0_index_0"] =
        "quotas.example.com".into();
    event.to_string().into_bytes()
}

#[test]
fn webhooks_that_had_a_hand_in_it() {
    let server = Server::spawn();
    server.post_ok("lab", &with_webhooks());
    server.api().wait_for_total("", 1);
    let event = server.api().only("\"sidecar injector\"");
    assert_eq!(
        event["admission"]["failed_open"],
        json!([{"webhook": "quotas.example.com", "kind": "validating"}])
    );
    let mutation = &event["admission"]["mutations"][0];
    assert_eq!(
        (&mutation["index"], &mutation["paths"]),
        (&json!(3), &json!(["spec.containers[name=latest].imagePullPolicy", "metadata.labels.injected"]))
    );
    assert_eq!(event["actor"]["pod"], json!({"namespace": "shop-a", "name": "runner-0", "uid": "u-0"}));
    assert_eq!(event["actor"]["node"], "node-3");
    assert_eq!(event["summary"], "shop-a:runner created pod shop-a/latest (image alpine:latest)");
    for word in ["runner-0", "node-3", "quotas.example.com"] {
        assert_eq!(server.api().total(word), 1, "{word}");
    }
    let id = event["id"].as_str().expect("an event has an id");
    let diff = taffrail(&["diff", "--server", &url(&server), id]).ok();
    for line in [
        "webhook sidecar-injector.example.com (configuration injector) changed \
         spec.containers[name=latest].imagePullPolicy, metadata.labels.injected\n",
        "webhook quotas.example.com failed and was ignored (fail-open)\n",
    ] {
        assert!(diff.stdout.contains(line), "{}", diff.stdout);
    }
    assert_eq!(
        server.api().read(&format!("/api/v1/events/{id}/diff"), &[])["event"]["admission"],
        event["admission"]
    );
}
