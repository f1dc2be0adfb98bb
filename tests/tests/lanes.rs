//! Events side by side, against the same events asked for one lane at a time.

use serde_json::Value;
use taffrail_tests::{Server, cli, samples};

fn imported() -> Server {
    let mut server = Server::builder().stopped();
    cli::import(server.data(), "lab", &[&samples::path("audit/scenario.jsonl.gz")]).ok();
    server.start();
    server
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is no number"))
}

fn lanes(body: &Value) -> &Vec<Value> {
    body["lanes"].as_array().expect("lanes")
}

#[test]
fn a_lane_holds_what_its_query_finds() {
    let server = imported();
    for by in ["object", "actor", "namespace", "node"] {
        let body = server.api().read(
            "/api/v1/timeline",
            &[("by", by), ("q", "-verb:list"), ("lanes", "500"), ("per_lane", "20")],
        );
        assert_eq!(number(&body["lanes_total"]).min(500), lanes(&body).len() as u64, "{by}");
        assert!(!lanes(&body).is_empty(), "{by}");
        for lane in lanes(&body).iter().step_by(1 + lanes(&body).len() / 25) {
            let query = format!("-verb:list ({})", lane["query"].as_str().expect("a query"));
            let page = server.api().read("/api/v1/events", &[("q", &query), ("limit", "20")]);
            // A collection that was deleted is on the lane of every member, and not found under its name.
            let collections = lane["events"]
                .as_array()
                .expect("events")
                .iter()
                .filter(|event| event["verb"] == "deletecollection")
                .count();
            if by != "object" || collections == 0 {
                assert_eq!(page["total"]["value"], lane["count"], "{by} {query}");
                let newest: Vec<_> = page["events"]
                    .as_array()
                    .expect("events")
                    .iter()
                    .rev()
                    .map(|event| &event["id"])
                    .collect();
                let shown: Vec<_> =
                    lane["events"].as_array().expect("events").iter().map(|event| &event["id"]).collect();
                assert_eq!(shown, newest, "{by} {query}");
            }
            assert_eq!(lane["truncated"], number(&lane["count"]) > 20, "{by} {query}");
        }
    }
}

#[test]
fn what_people_touched_comes_first_and_then_what_went_wrong() {
    let server = imported();
    let body = server.api().read("/api/v1/timeline", &[("lanes", "500"), ("per_lane", "10")]);
    let ranks: Vec<_> = lanes(&body)
        .iter()
        .map(|lane| {
            let events = lane["events"].as_array().expect("events");
            let last = events.last().map(|event| event["time"].as_str().unwrap_or_default().to_owned());
            (number(&lane["by_humans"]) > 0, number(&lane["problems"]) > 0, last)
        })
        .collect();
    assert!(ranks.iter().rev().is_sorted(), "{ranks:?}");
    assert!(
        ranks.iter().any(|(by_humans, ..)| *by_humans) && ranks.iter().any(|(by_humans, ..)| !*by_humans)
    );
    let all = server.api().read("/api/v1/events", &[("limit", "1")]);
    let counted: u64 = body["histogram"]["buckets"]
        .as_array()
        .expect("buckets")
        .iter()
        .map(|bucket| number(&bucket["count"]))
        .sum();
    assert_eq!(Some(counted), all["total"]["value"].as_u64());
    let few = server.api().read("/api/v1/timeline", &[("lanes", "3"), ("per_lane", "10")]);
    assert_eq!(lanes(&few)[..], lanes(&body)[..3]);
    assert_eq!(few["lanes_total"], body["lanes_total"]);
}

#[test]
fn what_cannot_be_is_refused() {
    let server = imported();
    let check = |parameters: &[(&str, &str)], part: &str| {
        let answer = server.api().get("/api/v1/timeline", parameters);
        assert_eq!(answer.status, 400, "{}", answer.text());
        assert!(answer.text().contains(part), "{}", answer.text());
    };
    check(&[("lanes", "0")], "it goes from 1 to 500");
    check(&[("by", "colour")], "object or actor or namespace or node");
}

#[test]
fn lanes_say_what_controls_their_objects() {
    let mut server = Server::builder().stopped();
    cli::import(server.data(), "lab", &[&samples::path("story/audit.jsonl.gz")]).ok();
    server.start();
    let api = server.api();
    let asked = |objects: &str| {
        api.read("/api/v1/timeline", &[("q", "ns:vote"), ("lanes", "500"), ("objects", objects)])
    };
    let body = asked("true");
    let mut longest = 0;
    for lane in lanes(&body) {
        let part = |name: &str| match lane["key"][name].as_str().expect("a part of an object's name") {
            "" if name == "group" => "core",
            "" => "_",
            part => part,
        };
        let path = format!(
            "/api/v1/objects/{}/{}/{}/{}/{}/related",
            part("cluster"),
            part("group"),
            part("resource"),
            part("namespace"),
            part("name")
        );
        let owners = lane["owners"].as_array().expect("owners");
        longest = longest.max(owners.len());
        // What nobody wrote has no history, and so nothing that has to do with it.
        let answer = api.get(&path, &[]);
        if answer.status != 200 {
            assert_eq!((answer.status, owners.len()), (404, 0), "{path}");
            continue;
        }
        let related: Value = serde_json::from_slice(&answer.body).expect("JSON");
        let mut expected: Vec<_> = related["related"]
            .as_array()
            .expect("related")
            .iter()
            .filter(|other| other["relation"] == "owner")
            .map(|other| other["object"].to_string())
            .collect();
        let mut found: Vec<_> = owners.iter().map(|owner| owner["object"].to_string()).collect();
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{path}");
    }
    assert_eq!(longest, 2, "a pod, its ReplicaSet, its Deployment");
    let pod = lanes(&body).iter().find(|lane| lane["key"]["resource"] == "pods").expect("a pod's lane");
    assert_eq!(pod["owners"][0]["object"]["resource"], "replicasets");
    let deployment = lanes(&body).iter().find(|lane| lane["key"]["resource"] == "deployments");
    let deployment = deployment.expect("a Deployment's lane");
    let owner = &pod["owners"][1];
    assert_eq!(
        (&owner["object"], &owner["label"], &owner["query"]),
        (&deployment["key"], &deployment["label"], &deployment["query"])
    );
    assert!(
        lanes(&asked("false"))
            .iter()
            .all(|lane| lane["owners"] == serde_json::json!([]) && lane["turns"] == serde_json::json!([]))
    );
}

#[test]
fn lanes_say_when_their_objects_came_and_went_whatever_was_asked_for() {
    let server = imported();
    let api = server.api();
    let asked =
        |query: &str| api.read("/api/v1/timeline", &[("q", query), ("lanes", "500"), ("objects", "true")]);
    // The namespace was deleted, and its controller deleted what was in it: with collections, under nobody's name.
    let people = asked("ns:shop-a by:human");
    let all = asked("ns:shop-a");
    let mut ended = 0;
    for lane in lanes(&people) {
        let turns = lane["turns"].as_array().expect("turns");
        let other =
            lanes(&all).iter().find(|other| other["key"] == lane["key"]).expect("the lane of all events");
        assert_eq!(lane["turns"], other["turns"], "{}", lane["label"]);
        let is_deletion = |event: &&Value| event["change"] == "delete";
        let seen = lane["events"].as_array().expect("events").iter().filter(is_deletion).count();
        ended += usize::from(turns.last().is_some_and(|turn| turn["begins"] == false) && seen == 0);
    }
    assert!(ended > 0, "what the namespace controller deleted has its end on a lane of people's changes");
    let deployment =
        lanes(&people).iter().find(|lane| lane["label"] == "deployment shop-a/web").expect("a lane");
    let begins: Vec<_> =
        deployment["turns"].as_array().expect("turns").iter().map(|turn| turn["begins"] == true).collect();
    assert_eq!(begins, [true, false]);
}

/// Constructed: the API server takes references to what does not exist, and in a circle.
#[test]
fn controllers_that_nobody_wrote_or_that_control_one_another_end_the_chain() {
    let server = Server::spawn();
    let created = |name: &str, owner: &str| {
        serde_json::json!({
            "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "RequestResponse", "auditID": format!("created-{name}"),
            "stage": "ResponseComplete", "requestURI": "/apis/apps/v1/namespaces/shop/replicasets", "verb": "create",
            "user": {"username": "alice"}, "objectRef": {"resource": "replicasets", "namespace": "shop", "name": name,
                "apiGroup": "apps", "apiVersion": "v1"},
            "responseStatus": {"metadata": {}, "code": 201},
            "responseObject": {"kind": "ReplicaSet", "apiVersion": "apps/v1", "metadata": {"name": name, "namespace": "shop",
                "uid": format!("uid-{name}"), "resourceVersion": "7", "ownerReferences": [
                    {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": owner, "uid": "u", "controller": true}]}},
            "requestReceivedTimestamp": "2026-11-23T16:00:00.000000Z", "stageTimestamp": "2026-11-23T16:00:00.100000Z",
        })
    };
    for (name, owner) in [("one", "other"), ("other", "one"), ("own", "own"), ("orphan", "nobody")] {
        server.post_ok("prod", created(name, owner).to_string().as_bytes());
    }
    server.api().wait_for_total("resource:replicasets", 4);
    let body = server.api().read("/api/v1/timeline", &[("objects", "true")]);
    let mut chains: Vec<_> = lanes(&body)
        .iter()
        .map(|lane| {
            let owners = lane["owners"].as_array().expect("owners");
            let names: Vec<_> = owners.iter().map(|owner| owner["object"]["name"].to_string()).collect();
            (lane["key"]["name"].to_string(), names)
        })
        .collect();
    chains.sort();
    let expected = [
        ("\"one\"", vec!["\"other\""]),
        ("\"orphan\"", vec!["\"nobody\""]),
        ("\"other\"", vec!["\"one\""]),
        ("\"own\"", vec![]),
    ]
    .map(|(name, owners)| (name.to_owned(), owners.into_iter().map(str::to_owned).collect::<Vec<_>>()));
    assert_eq!(chains, expected);
}
