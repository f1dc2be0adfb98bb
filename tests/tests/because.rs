//! What led to a write, against the owners and the times in the recording itself.

use std::collections::BTreeMap;

use serde_json::Value;
use taffrail_tests::cli::{self, taffrail};
use taffrail_tests::{Server, samples};

fn imported() -> Server {
    let mut server = Server::builder().stopped();
    cli::import(server.data(), "lab", &[&samples::path("audit/scenario.jsonl.gz")]).ok();
    server.start();
    server
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn causes(event: &Value) -> &Vec<Value> {
    event["because"].as_array().expect("causes")
}

/// The uids of the owners that an object's record shows.
fn owners(event: &Value) -> Vec<String> {
    let raw: Value = serde_json::from_str(text(&event["raw"])).expect("a record");
    let references = raw["responseObject"]["metadata"]["ownerReferences"].as_array().into_iter().flatten();
    references.map(|reference| text(&reference["uid"]).to_owned()).collect()
}

#[test]
fn pods_of_a_deployment_are_there_because_somebody_changed_it() {
    let server = imported();
    let api = server.api();
    let created = api.all("resource:pods verb:create result:success user:*replicaset-controller");
    assert!(created.len() > 10, "{}", created.len());
    let mut begun_by: BTreeMap<String, usize> = BTreeMap::new();
    for pod in &created {
        let pod = api.event(text(&pod["id"]));
        let [replica_set, deployment, ..] = causes(&pod).as_slice() else {
            // A pod that takes the place of one that was deleted has no change of its owner behind it.
            assert!(causes(&pod).len() <= 1, "{}", pod["because"]);
            continue;
        };
        assert!(!replica_set["guess"].as_bool().expect("a bool") && replica_set["sign"] == "generation");
        let owner = api.event(text(&replica_set["event_id"]));
        assert!(owners(&pod).contains(&text(&owner["object"]["uid"]).to_owned()), "{pod}");
        let above = api.event(text(&deployment["event_id"]));
        assert!(owners(&owner).contains(&text(&above["object"]["uid"]).to_owned()), "{owner}");
        assert!(text(&above["time"]) <= text(&owner["time"]) && text(&owner["time"]) <= text(&pod["time"]));
        let what = text(&above["summary"]);
        assert!(
            ["scaled", "created", "set image", "changed", "restarted", "rolled back"]
                .iter()
                .any(|word| what.contains(word)),
            "{what}"
        );
        *begun_by.entry(text(&above["actor"]["type"]).to_owned()).or_default() += 1;
    }
    assert!(begun_by.get("human").is_some_and(|count| *count > 5), "{begun_by:?}");
}

#[test]
fn what_goes_with_its_owner_or_namespace_says_so() {
    let server = imported();
    let api = server.api();
    let mut collected = 0;
    for deleted in api.all("verb:delete result:success user:*generic-garbage-collector") {
        let deleted = api.event(text(&deleted["id"]));
        let Some(cause) = causes(&deleted).first() else { continue };
        assert_eq!(cause["sign"], "owner_gone");
        let owner = api.event(text(&cause["event_id"]));
        assert_eq!(owner["change"]["type"], "delete");
        collected += 1;
    }
    assert!(collected > 3, "{collected}");
    let cleared = api.all("verb:deletecollection change:delete user:*namespace-controller");
    assert!(!cleared.is_empty());
    for cleared in &cleared {
        let cleared = api.event(text(&cleared["id"]));
        let cause = causes(&cleared).first().unwrap_or_else(|| panic!("no cause of {cleared}"));
        assert_eq!(cause["sign"], "namespace_gone");
        let namespace = api.event(text(&cause["event_id"]));
        assert_eq!(namespace["object"]["name"], cleared["object"]["namespace"]);
    }
}

#[test]
fn what_people_do_has_no_cause() {
    let server = imported();
    for event in server.api().all("by:human change:(create OR update OR delete)").iter().take(50) {
        let event = server.api().event(text(&event["id"]));
        assert!(causes(&event).is_empty(), "{event}");
    }
}

#[test]
fn the_history_of_what_has_to_do_with_a_deployment() {
    let server = imported();
    let related = server.api().read("/api/v1/objects/lab/apps/deployments/shop-a/api/related", &[]);
    let relations: Vec<(&str, &str, &str)> = related["related"]
        .as_array()
        .expect("objects")
        .iter()
        .map(|related| {
            (
                text(&related["relation"]),
                text(&related["object"]["resource"]),
                text(&related["object"]["name"]),
            )
        })
        .collect();
    let has = |relation: &str, resource: &str| {
        relations.iter().any(|(one, other, _)| *one == relation && *other == resource)
    };
    assert!(has("owned", "replicasets") && has("owned", "pods"), "{relations:?}");
    assert!(relations.contains(&("runs_as", "serviceaccounts", "api")), "{relations:?}");
    let url = format!("http://{}", server.api_addr());
    let shown =
        taffrail(&["history", "deploy/api", "-n", "shop-a", "--related", "--server", &url, "--width", "200"])
            .ok();
    assert!(
        shown.stdout.contains("runs as") && shown.stdout.contains("created serviceaccount shop-a/api"),
        "{}",
        shown.stdout
    );
    let data = server.data().to_string_lossy().into_owned();
    let of_directory =
        taffrail(&["history", "deploy/api", "-n", "shop-a", "--related", "--data", &data, "--width", "200"])
            .ok();
    assert_eq!(of_directory.stdout, shown.stdout);
}
