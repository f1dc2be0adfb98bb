//! The history of objects, against one worked out from the recording by other means: the answers of the API server themselves.

use std::collections::BTreeMap;

use serde_json::Value;
use taffrail_tests::cli::{self, taffrail};
use taffrail_tests::{Server, samples};

const RECORDING: &str = "audit/scenario.jsonl.gz";

/// Group, resource, namespace and name.
type Object = (String, String, String, String);

/// A write that was answered with the object: its audit id, the resource version and the object after it.
#[derive(Debug, Clone)]
struct Write {
    audit_id: String,
    version: u64,
    after: Value,
}

/// Without what redaction replaces.
fn unmasked(mut object: Value) -> Value {
    if let Some(annotations) = object["metadata"]["annotations"].as_object_mut() {
        annotations.remove("kubectl.kubernetes.io/last-applied-configuration");
    }
    object
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Every write of every object that was answered with the object, in the order of resource versions, without those that changed
/// nothing.
fn writes() -> BTreeMap<Object, Vec<Write>> {
    let mut writes: BTreeMap<Object, Vec<Write>> = BTreeMap::new();
    for line in samples::lines(RECORDING) {
        let record: Value = serde_json::from_slice(&line).expect("a record");
        let verb = text(&record["verb"]);
        let (object, answer) = (&record["objectRef"], &record["responseObject"]);
        let is_write = ["create", "update", "patch"].contains(&verb.as_str())
            && record["stage"] == "ResponseComplete"
            && record["responseStatus"]["code"].as_u64().is_some_and(|code| code < 300)
            && !text(&record["requestURI"]).contains("dryRun")
            && ["", "status"].contains(&text(&object["subresource"]).as_str());
        let version = answer["metadata"]["resourceVersion"].as_str().and_then(|version| version.parse().ok());
        let is_secret = ["secrets", "serviceaccounts"].contains(&text(&object["resource"]).as_str());
        let Some(version) = version.filter(|_| is_write && !is_secret) else { continue };
        let name = text(&answer["metadata"]["name"]);
        let namespace =
            if object["resource"] == "namespaces" { String::new() } else { text(&object["namespace"]) };
        let key = (text(&object["apiGroup"]), text(&object["resource"]), namespace, name);
        writes.entry(key).or_default().push(Write {
            audit_id: text(&record["auditID"]),
            version,
            after: unmasked(answer.clone()),
        });
    }
    for list in writes.values_mut() {
        list.sort_by_key(|write| write.version);
        list.dedup_by_key(|write| write.version);
    }
    writes
}

fn path(object: &Object, what: &str) -> String {
    let (group, resource, namespace, name) = object;
    let or = |value: &str, other: &str| if value.is_empty() { other.to_owned() } else { value.to_owned() };
    format!(
        "/api/v1/objects/lab/{}/{resource}/{}/{}/{what}",
        or(group, "core"),
        or(namespace, "_"),
        name.replace(':', "%3A")
    )
}

/// The versions of an object.
fn versions(server: &Server, object: &Object) -> Vec<Value> {
    versions_where(server, object, &[])
}

/// Those that the parameters ask for.
fn versions_where(server: &Server, object: &Object, parameters: &[(&str, &str)]) -> Vec<Value> {
    let mut versions = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let mut parameters = [&[("limit", "7")], parameters].concat();
        parameters.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let page = server.api().read(&path(object, "history"), &parameters);
        versions.extend(page["versions"].as_array().expect("versions").iter().cloned());
        match page["next"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => return versions,
        }
    }
}

fn imported() -> Server {
    let mut server = Server::builder().stopped();
    cli::import(server.data(), "lab", &[&samples::path(RECORDING)]).ok();
    server.start();
    server
}

#[test]
fn every_version_is_what_the_api_server_answered_and_the_one_before_is_the_one_before() {
    let server = imported();
    let writes = writes();
    let (mut compared, mut chained) = (0, 0);
    for (object, expected) in writes.iter().filter(|(_, list)| list.len() >= 3).take(40) {
        let versions = versions(&server, object);
        let numbers: Vec<_> = versions.iter().map(|version| version["n"].as_u64()).collect();
        assert_eq!(numbers, (1..=versions.len() as u64).map(Some).collect::<Vec<_>>());
        let audit_ids: Vec<_> =
            versions.iter().map(|version| text(&version["event"]["audit"]["id"])).collect();
        let places: Vec<_> = expected
            .iter()
            .map(|write| audit_ids.iter().position(|id| *id == write.audit_id))
            .collect::<Option<Vec<_>>>()
            .unwrap_or_else(|| panic!("a version of {object:?} is missing"));
        assert!(places.is_sorted(), "{object:?}: {places:?}");
        for pair in expected.windows(2).zip(places.windows(2)).take(12) {
            let ([before, after], [place_before, place]) = pair else { unreachable!("pairs") };
            let id = text(&versions[*place]["event"]["id"]);
            let diff = server.api().read(&format!("/api/v1/events/{id}/diff"), &[]);
            // The write that takes the last finalizer away is answered with what is gone.
            if diff["change"]["type"] == "delete" {
                assert_eq!(diff["after"], Value::Null, "{object:?} {id}");
                continue;
            }
            assert_eq!(unmasked(diff["after"].clone()), after.after, "{object:?} {id}");
            compared += 1;
            let is_next = place_before + 1 == *place;
            let is_same = before.after["metadata"]["uid"] == after.after["metadata"]["uid"];
            if is_next && is_same && diff["change"]["type"] == "update" {
                assert_eq!(unmasked(diff["before"].clone()), before.after, "{object:?} {id}");
                chained += 1;
            }
        }
    }
    assert!(compared > 100 && chained > 50, "{compared} {chained}");
}

#[test]
fn objects_are_what_they_were_at_any_time() {
    let server = imported();
    let mut checked = 0;
    for (object, expected) in writes().iter().filter(|(_, list)| list.len() >= 4).take(20) {
        for version in versions(&server, object) {
            let time = text(&version["event"]["time"]);
            let found = server.api().read(&path(object, "at"), &[("time", &time)]);
            // Several writes may have come within a microsecond; whichever was the last is told.
            let audit_id = text(&found["as_of"]["audit"]["id"]);
            if let Some(write) = expected.iter().find(|write| write.audit_id == audit_id) {
                assert_eq!(unmasked(found["state"].clone()), write.after, "{object:?} at {time}");
                assert_eq!((&found["confidence"], &found["deleted"]), (&"exact".into(), &false.into()));
                checked += 1;
            }
        }
    }
    assert!(checked > 100, "{checked}");
    let nothing = server.api().get("/api/v1/objects/lab/core/pods/nowhere/nothing/at", &[]);
    assert_eq!((nothing.status, &nothing.json()["code"]), (404, &"not_found".into()));
    let wrong = server.api().get("/api/v1/objects/lab/core/pods/a/b/at", &[("time", "soon")]);
    assert_eq!((wrong.status, &wrong.json()["code"]), (400, &"bad_time".into()));
}

/// The value at a path without keys of lists; `None` for other paths.
fn value_at<'a>(object: &'a Value, path: &str) -> Option<&'a Value> {
    if path.contains(['[', '"']) {
        return None;
    }
    Some(path.split('.').fold(object, |value, key| &value[key]))
}

#[test]
fn blame_names_the_write_after_which_a_field_was_what_it_is() {
    let server = imported();
    let mut checked = 0;
    for (object, expected) in writes().iter().filter(|(_, list)| list.len() >= 3).take(60) {
        let blame = server.api().read(&path(object, "blame"), &[]);
        let versions = versions(&server, object);
        // A write of another kind is none of those that were answered with the object.
        let is_known =
            |version: &Value| expected.iter().any(|write| version["event"]["audit"]["id"] == *write.audit_id);
        if !versions.iter().all(is_known) {
            continue;
        }
        for field in blame["fields"].as_array().expect("fields") {
            let path = text(&field["path"]);
            let value = |write: &Write| value_at(&write.after, &path).cloned();
            let Some(last) = value(expected.last().expect("writes")) else { continue };
            assert_eq!(last, field["value"], "{object:?} {path}");
            // The last write before which it was another.
            let setter = expected
                .iter()
                .rposition(|write| value(write).as_ref() != Some(&last))
                .map_or(0, |at| at + 1);
            let id = text(&field["event_id"]);
            let version = versions.iter().find(|version| version["event"]["id"] == *id).expect("a version");
            assert_eq!(
                text(&version["event"]["audit"]["id"]),
                expected[setter].audit_id,
                "{object:?} {path}"
            );
            assert!(field["actor"].is_null() || field["actor"] == version["event"]["actor"]);
            checked += 1;
        }
    }
    assert!(checked > 50, "{checked}");
}

#[test]
fn versions_are_filtered_by_the_query_and_no_ops_are_shown_on_demand() {
    let server = imported();
    let id = |version: &Value| text(&version["event"]["id"]);
    let change = |version: &Value| text(&version["event"]["change"]["type"]);
    let (mut by_people, mut of_the_status, mut no_ops) = (0, 0, 0);
    for object in writes().keys() {
        let all = versions(&server, object);
        let ids = |versions: &[Value]| versions.iter().map(id).collect::<Vec<_>>();
        let filtered = |query: &str| versions_where(&server, object, &[("q", query)]);
        let where_ = |keep: &dyn Fn(&Value) -> bool| {
            all.iter().filter(|version| keep(version)).cloned().collect::<Vec<_>>()
        };
        let people = filtered("by:human");
        assert_eq!(people, where_(&|version| version["event"]["actor"]["type"] == "human"), "{object:?}");
        by_people += people.len();
        let status = filtered("statusonly:true");
        assert_eq!(status, where_(&|version| status.iter().any(|other| id(other) == id(version))));
        assert_eq!(filtered("-statusonly:true").len(), all.len() - status.len(), "{object:?}");
        of_the_status += status.len();
        let with = versions_where(&server, object, &[("no_ops", "true")]);
        let (nothing, something): (Vec<_>, Vec<_>) =
            with.into_iter().partition(|version| change(version) == "none");
        assert_eq!(ids(&something), ids(&all), "{object:?}");
        no_ops += nothing.len();
    }
    assert!(by_people > 10 && of_the_status > 10 && no_ops > 3, "{by_people} {of_the_status} {no_ops}");
}

#[test]
fn a_cursor_of_another_object_is_refused() {
    let server = imported();
    let list = |name: &str, cursor: &str| {
        let object = (String::new(), "nodes".to_owned(), String::new(), name.to_owned());
        server.api().get(&path(&object, "history"), &[("limit", "1"), ("cursor", cursor)])
    };
    let first = list("node-1", "");
    let next = text(&first.json()["next"]);
    assert_eq!(next.len(), 32, "{}", first.text());
    assert_eq!(list("node-1", &next).status, 200);
    for (name, cursor) in [("node-2", next.as_str()), ("node-1", "7"), ("node-1", &"g".repeat(32))] {
        let answer = list(name, cursor);
        assert_eq!(answer.status, 400, "{}", answer.text());
        assert!(answer.text().contains("cursor is none that this path has given out"), "{}", answer.text());
    }
}

#[test]
fn commands_show_what_became_of_an_object() {
    let server = imported();
    let url = format!("http://{}", server.api_addr());
    let run = |arguments: &[&str]| {
        let from_server = taffrail(&[arguments, &["--server", &url, "--tz", "UTC"]].concat());
        let data = server.data().to_string_lossy();
        let from_directory = taffrail(&[arguments, &["--data", &data, "--tz", "UTC"]].concat());
        // The body says when it was answered.
        if !arguments.contains(&"json") {
            assert_eq!(from_server.stdout, from_directory.stdout, "{arguments:?}");
        }
        from_server.ok()
    };
    let history = run(&["history", "deploy/web", "-n", "shop-a"]).stdout;
    assert!(history.contains("created deployment shop-a/web"), "{history}");
    assert!(history.contains("spec.replicas: "), "{history}");
    let lines = |more: &[&str]| {
        let arguments = [&["history", "deploy/web", "-n", "shop-a", "--width", "300"], more].concat();
        let table = run(&arguments).stdout;
        table.lines().filter(|line| line.starts_with(|first: char| first.is_ascii_digit())).count()
    };
    let [default, people, status, no_ops, all] =
        [&[][..], &["--humans"], &["--status"], &["--no-ops"], &["--all"]].map(lines);
    assert!(0 < people && people < default, "{people} {default}");
    assert!(default < status && default <= no_ops, "{default} {status} {no_ops}");
    assert_eq!(all, status + no_ops - default);
    let blame = run(&["blame", "no/node-1"]).stdout;
    assert!(blame.contains("|   labels:"), "{blame}");
    let at = run(&["at", "deployment/web", "2026-11-23T23:00:00Z", "-n", "shop-a", "-o", "json"]).stdout;
    let at: Value = serde_json::from_str(&at).expect("JSON");
    assert_eq!(at["object"]["name"], "web");
    let timeline =
        run(&["timeline", "ns:shop-a", "resource:deployments", "--limit", "0", "--width", "300"]).stdout;
    assert!(timeline.contains("shop-a/web") && !timeline.contains("status of"), "{timeline}");
    let times: Vec<_> =
        timeline.lines().filter(|line| line.starts_with("2026-")).filter_map(|line| line.get(..23)).collect();
    assert!(times.len() > 5, "{timeline}");
    assert!(times.is_sorted(), "{timeline}");
    let count = |more: &[&str]| {
        let arguments = [&["timeline", "ns:shop-a", "--limit", "0", "-o", "ndjson"], more].concat();
        run(&arguments).stdout.lines().count()
    };
    let [default, people, status, no_ops, all] =
        [&[][..], &["--humans"], &["--status"], &["--no-ops"], &["--all"]].map(count);
    assert!(0 < people && people < default, "{people} {default}");
    assert!(
        default < status && default < no_ops && status + no_ops - default < all,
        "{default} {status} {no_ops} {all}"
    );
}

#[test]
fn commands_say_what_they_cannot_find() {
    let server = imported();
    let url = format!("http://{}", server.api_addr());
    let check = |arguments: &[&str], code: i32, part: &str| {
        let found = taffrail(&[arguments, &["--server", &url]].concat());
        assert_eq!(found.code, code, "{arguments:?} {}", found.stderr);
        assert!(found.stderr.contains(part), "{arguments:?} {}", found.stderr);
    };
    check(&["history", "deploy/nosuch"], 1, "no write of deploy/nosuch is known");
    check(&["history", "no/node-1", "--humans"], 1, "no version by people of node node-1");
    check(&["blame", "web"], 2, "write TYPE/NAME");
    check(&["at", "deploy/web", "2020-01-01", "-n", "shop-a"], 1, "nothing was recorded of deploy/web until");
    check(&["at", "deploy/web", "sometime", "-n", "shop-a"], 2, "TIME");
    check(&["diff", "ffffffff"], 1, "no event has an id that begins with ffffffff");
}
