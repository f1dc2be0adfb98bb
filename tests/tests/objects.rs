//! Which objects there were, against what the recording says: creations, and deletions that took effect at once.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use taffrail_tests::cli::{self, taffrail};
use taffrail_tests::{Server, samples};

const RECORDING: &str = "audit/scenario.jsonl.gz";

/// Kinds that a deletion ends at once.
const KINDS: [(&str, &str); 3] =
    [("configmaps", ""), ("services", ""), ("networkpolicies", "networking.k8s.io")];

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn imported() -> Server {
    let mut server = Server::builder().stopped();
    cli::import(server.data(), "lab", &[&samples::path(RECORDING)]).ok();
    server.start();
    server
}

/// Whether each object of the kind was there, by namespace and name, as the last request until `time` left it.
fn expected(resource: &str, group: &str, time: &str) -> BTreeMap<(String, String), bool> {
    let mut last: BTreeMap<(String, String), (String, bool)> = BTreeMap::new();
    for line in samples::lines(RECORDING) {
        let record: Value = serde_json::from_slice(&line).expect("a record");
        let object = &record["objectRef"];
        let is_meant = object["resource"] == resource
            && text(&object["apiGroup"]) == group
            && record["stage"] == "ResponseComplete"
            && text(&object["subresource"]).is_empty()
            && record["responseStatus"]["code"].as_u64().is_some_and(|code| code < 300)
            && !text(&record["requestURI"]).contains("dryRun");
        let at = text(&record["requestReceivedTimestamp"]);
        let is_there = match record["verb"].as_str() {
            Some("create" | "update" | "patch") => true,
            Some("delete" | "deletecollection") => false,
            _ => continue,
        };
        if !is_meant || at.as_str() > time {
            continue;
        }
        let items = record["responseObject"]["items"].as_array().into_iter().flatten();
        let answered = &record["responseObject"]["metadata"]["name"];
        let own = if answered.is_string() && record["verb"] == "create" { answered } else { &object["name"] };
        let names: Vec<String> = match record["verb"].as_str() {
            Some("deletecollection") => items.map(|item| text(&item["metadata"]["name"])).collect(),
            _ => vec![text(own)],
        };
        for name in names {
            let key = (text(&object["namespace"]), name);
            if last.get(&key).is_none_or(|(before, _)| *before <= at) {
                last.insert(key, (at.clone(), is_there));
            }
        }
    }
    last.into_iter().map(|(key, (_, is_there))| (key, is_there)).collect()
}

/// Every object that the API lists, by pages of `limit`.
fn listed(server: &Server, parameters: &[(&str, &str)], limit: &str) -> Vec<Value> {
    let mut objects = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let mut parameters = parameters.to_vec();
        parameters.push(("limit", limit));
        parameters.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let page = server.api().read("/api/v1/objects", &parameters);
        objects.extend(page["objects"].as_array().expect("objects").iter().cloned());
        match page["next"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => return objects,
        }
    }
}

#[test]
fn what_was_there_at_a_time() {
    let server = imported();
    let (mut there, mut gone) = (0, 0);
    for time in ["16:11:15.500000", "16:11:30.500000", "16:11:55.500000", "16:13:00.000000"]
        .map(|time| format!("2026-11-23T{time}Z"))
    {
        for (resource, group) in KINDS {
            let kind = format!("{resource}.{}", if group.is_empty() { "core" } else { group });
            let found: BTreeMap<_, _> = listed(&server, &[("resource", &kind), ("at", &time)], "7")
                .iter()
                .map(|listed| {
                    let object = &listed["object"];
                    ((text(&object["namespace"]), text(&object["name"])), listed["state"] == "exists")
                })
                .collect();
            let expected = expected(resource, group, &time);
            assert_eq!(found, expected, "{resource} {time}");
            there += expected.values().filter(|is_there| **is_there).count();
            gone += expected.values().filter(|is_there| !**is_there).count();
        }
    }
    assert!(there > 20 && gone > 10, "{there} {gone}");
}

#[test]
fn pages_hold_every_object_once_in_order() {
    let server = imported();
    let all = listed(&server, &[], "1000");
    let keys: Vec<_> = all
        .iter()
        .map(|listed| {
            ["cluster", "group", "resource", "namespace", "name"].map(|part| text(&listed["object"][part]))
        })
        .collect();
    assert!(keys.len() > 100, "{}", keys.len());
    assert!(keys.is_sorted(), "{keys:?}");
    assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len());
    assert_eq!(listed(&server, &[], "17"), all);
    let of_namespace = listed(&server, &[("ns", "shop-a"), ("resource", "deploy")], "100");
    let names: Vec<_> = of_namespace.iter().map(|listed| text(&listed["object"]["name"])).collect();
    assert_eq!(names, ["api", "web"]);
    let last = &of_namespace[0]["last_change"];
    assert_ne!(last["object"]["subresource"], "status", "{last}");
}

#[test]
fn get_lists_what_is_there() {
    let server = imported();
    let url = format!("http://{}", server.api_addr());
    let run = |arguments: &[&str], code: i32| {
        let from_server = taffrail(&[arguments, &["--server", &url, "--tz", "UTC"]].concat());
        let data = server.data().to_string_lossy();
        let from_directory = taffrail(&[arguments, &["--data", &data, "--tz", "UTC"]].concat());
        assert_eq!(from_server.stdout, from_directory.stdout, "{arguments:?}");
        assert_eq!(from_server.code, code, "{arguments:?} {}", from_server.stderr);
        from_server
    };
    let then = run(&["get", "deploy", "--at", "2026-11-23T16:11:50Z", "--width", "200"], 0);
    assert!(
        then.stdout.contains("alice") && then.stdout.contains("scaled deployment shop-a/web from 4 to 3"),
        "{}",
        then.stdout
    );
    let pods = run(&["get", "pods"], 1);
    assert!(pods.stderr.contains("none of pods is left"), "{}", pods.stderr);
    let all = run(&["get", "pods", "--all", "-o", "ndjson"], 0).json_lines();
    assert!(all.len() > 30 && all.iter().all(|pod| pod["state"] == "deleted"), "{}", all.len());
    let none = run(&["get", "nonsense"], 1);
    assert!(none.stderr.contains("no write of nonsense is known"), "{}", none.stderr);
    run(&["get", "pods", "--at", "sometime"], 2);
}

#[test]
fn the_net_of_changes() {
    let server = imported();
    let url = format!("http://{}", server.api_addr());
    let arguments = ["timeline", "--net", "ns:shop-a", "--limit", "0", "-o", "ndjson", "--server", &url];
    let net = taffrail(&arguments).ok().json_lines();
    let of = |name: &str, resource: &str| {
        let is_it =
            |change: &&Value| change["object"]["name"] == name && change["object"]["resource"] == resource;
        net.iter().find(is_it).unwrap_or_else(|| panic!("no {resource} {name}"))
    };
    let applied = of("ssa", "configmaps");
    assert_eq!(applied["net"], "passed");
    assert_eq!(of("attacker", "pods")["net"], "passed");
    // From where the deployment was there to before it went.
    let part = ["--from", "2026-11-23T16:11:20Z", "--to", "2026-11-23T16:11:40Z"];
    let query = ["timeline", "--net", "resource:deployments", "name:web", "-o", "ndjson", "--server", &url];
    let net = taffrail(&[&query[..], &part[..]].concat()).ok().json_lines();
    assert_eq!(net.len(), 1, "{net:?}");
    let at = |time: &str| {
        let path = "/api/v1/objects/lab/apps/deployments/shop-a/web/at";
        server.api().read(path, &[("time", time)])["state"].clone()
    };
    let (before, after) = (at("2026-11-23T16:11:19.999999Z"), at("2026-11-23T16:11:39.999999Z"));
    let fields = net[0]["fields"].as_array().expect("fields");
    assert!(!fields.is_empty(), "{}", net[0]);
    for field in fields {
        let simple = text(&field["path"]);
        let Some(place) = simple.strip_prefix("spec.").filter(|place| !place.contains(['.', '['])) else {
            continue;
        };
        assert_eq!(field["before"], before["spec"][place], "{simple}");
        assert_eq!(field["after"], after["spec"][place], "{simple}");
    }
}
