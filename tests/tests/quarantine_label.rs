//! Every way in which a pod comes under quarantine and out of it, by the label in the API server's records.

use serde_json::{Value, json};
use taffrail_tests::{Server, list, samples};

const RECORDED: &str = "audit/scenario.jsonl.gz";

fn read(server: &Server, path: &str, parameters: &[(&str, &str)]) -> Value {
    server.api().wait_until_searchable();
    server.api().read(path, parameters)
}

/// Since, until and who ended it, oldest first: times without their day.
fn intervals(body: &Value) -> Vec<String> {
    let time = |value: &Value| value.as_str().and_then(|time| time.get(11..23)).unwrap_or("-").to_owned();
    let one = |quarantine: &Value| {
        let how = if quarantine["deleted"] == true { "deleted by" } else { "released by" };
        let by = quarantine["released_by"]["name"].as_str().unwrap_or("-");
        format!("{} to {} {how} {by}", time(&quarantine["since"]), time(&quarantine["until"]))
    };
    let mut intervals: Vec<String> = list(body, "quarantines").iter().map(one).collect();
    intervals.sort();
    intervals
}

#[test]
fn labels_that_were_recorded() {
    let server = Server::builder().start();
    server.post_ok("prod", &samples::unpacked(RECORDED));
    // Set by kubectl and removed; set and overwritten; set by a patch of a robot and removed by a JSON patch.
    let expected = [
        "16:11:23.418 to 16:11:25.574 released by alice",
        "16:11:25.657 to 16:11:25.727 released by alice",
        "16:11:25.897 to 16:11:25.916 released by alice",
    ];
    assert_eq!(intervals(&read(&server, "/api/v1/quarantine", &[])), expected);
    let path = "/api/v1/quarantine/prod/shop-a/attacker";
    let story = read(&server, path, &[("since", "2026-11-23T16:00:00Z")]);
    assert_eq!(intervals(&story), expected);
    let rows: Vec<String> = list(&story, "events")
        .iter()
        .filter(|row| row["event"]["outcome"]["result"] == "denied")
        .map(|row| format!("{}: {}", row["phase"], row["event"]["summary"]).replace('"', ""))
        .collect();
    // Who was not allowed to.
    assert!(rows.iter().any(|row| row == "after: bob was refused patching pod shop-a/attacker"), "{rows:#?}");
    let is_shell = |row: &&Value| row["event"]["object"]["subresource"] == "exec";
    let shells: Vec<&Value> = list(&story, "events").iter().filter(is_shell).collect();
    for user in ["alice", "bob"] {
        assert!(shells.iter().any(|row| row["event"]["actor"]["name"] == user), "{user}: {shells:#?}");
    }
}

#[test]
fn the_label_can_be_another() {
    let server = Server::builder().set("quarantine.label", "quarantine=false").start();
    server.post_ok("prod", &samples::unpacked(RECORDED));
    let body = read(&server, "/api/v1/quarantine", &[]);
    assert_eq!(body["label"], "quarantine=false");
    assert_eq!(intervals(&body), ["16:11:25.727 to 16:11:25.803 released by alice"]);
}

/// The recorded writes of the pod, without bodies of other verbs: its creation, a patch, its end.
fn recorded(verb: &str, user: &str) -> Value {
    samples::lines(RECORDED)
        .iter()
        .filter_map(|line| serde_json::from_slice::<Value>(line).ok())
        .find(|record| {
            record["verb"] == verb
                && record["stage"] == "ResponseComplete"
                && record["user"]["username"] == user
                && record["objectRef"]["resource"] == "pods"
                && record["objectRef"]["name"] == "attacker"
                && record["objectRef"]["subresource"].is_null()
                && record["responseStatus"]["code"].as_u64().is_some_and(|code| code < 300)
        })
        .expect("the recording has one")
}

/// CONSTRUCTED after the recorded writes: the same pod, written in other ways, one a second.
struct Writes {
    records: Vec<Value>,
    pod: Value,
}

impl Writes {
    fn push(&mut self, mut record: Value, label: Option<&str>) -> &mut Value {
        let number = self.records.len() as u64;
        let time = format!("2026-11-23T17:00:{number:02}.000001Z");
        record["auditID"] = format!("{number:08x}-bfd7-4afb-a8b9-7d52749868dd").into();
        record["requestReceivedTimestamp"] = time.clone().into();
        record["stageTimestamp"] = time.into();
        self.pod["metadata"]["resourceVersion"] = (5000 + number).to_string().into();
        let labels = self.pod["metadata"]["labels"].as_object_mut().expect("labels are a map");
        match label {
            Some(value) => labels.insert("quarantine".to_owned(), value.into()),
            None => labels.remove("quarantine"),
        };
        record["responseObject"] = self.pod.clone();
        self.records.push(record);
        self.records.last_mut().expect("one was pushed")
    }
}

#[test]
fn labels_that_are_set_in_every_other_way() {
    let (create, patch, delete) =
        (recorded("create", "alice"), recorded("patch", "alice"), recorded("delete", "alice"));
    let mut writes = Writes { records: Vec::new(), pod: create["responseObject"].clone() };
    let uri = patch["requestURI"].as_str().expect("a text").split('?').next().expect("a path").to_owned();
    // 0: created with the label.
    let record = writes.push(create, Some("true"));
    record["requestObject"]["metadata"]["labels"]["quarantine"] = "true".into();
    // 1: replaced without it, 2: replaced with it.
    for label in [None, Some("true")] {
        let record = writes.push(patch.clone(), label);
        record["verb"] = "update".into();
        record["requestURI"] = uri.clone().into();
        record["requestObject"] = record["responseObject"].clone();
    }
    // 3: applied without it, 4: applied with it.
    for label in [None, Some("true")] {
        let record = writes.push(patch.clone(), label);
        record["requestURI"] = format!("{uri}?fieldManager=ir-bot&force=true").into();
        let labels = label.map_or(json!({}), |value| json!({"quarantine": value}));
        record["requestObject"] =
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "attacker", "labels": labels}});
    }
    // Without answers, as at level Request. 5: a merge or strategic patch that removes it, 6: a JSON patch that adds it.
    let record = writes.push(patch.clone(), None);
    record["requestObject"] = json!({"metadata": {"labels": {"quarantine": null}}});
    record["responseObject"] = Value::Null;
    let record = writes.push(patch.clone(), Some("true"));
    record["requestObject"] = json!([{"op": "add", "path": "/metadata/labels/quarantine", "value": "true"}]);
    record["responseObject"] = Value::Null;
    // 7: refused for a conflict; it stays.
    let record = writes.push(patch, Some("true"));
    record["requestObject"] = json!({"metadata": {"resourceVersion": "1", "labels": {"quarantine": null}}});
    record["responseStatus"] =
        json!({"metadata": {}, "status": "Failure", "reason": "Conflict", "code": 409});
    record["responseObject"] = Value::Null;
    // 8: deleted.
    writes.push(delete, Some("true"));

    let server = Server::builder().start();
    let lines: Vec<String> = writes.records.iter().map(Value::to_string).collect();
    server.post_ok("prod", lines.join("\n").as_bytes());
    let body = read(&server, "/api/v1/quarantine", &[]);
    let found = intervals(&body);
    let expected = [
        "17:00:00.000 to 17:00:01.000 released by alice",
        "17:00:02.000 to 17:00:03.000 released by alice",
        "17:00:04.000 to 17:00:05.000 released by alice",
        "17:00:06.000 to 17:00:08.000 deleted by alice",
    ];
    assert_eq!(found, expected);
    let story = read(&server, "/api/v1/quarantine/prod/shop-a/attacker", &[]);
    let failed = list(&story, "events").iter().filter(|row| row["event"]["outcome"]["result"] == "failed");
    assert_eq!(failed.count(), 1, "the attempt that failed is shown: {story:#}");
}
