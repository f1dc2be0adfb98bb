//! What should not be while a pod is under quarantine becomes an event of its own kind.

use serde_json::{Value, json};
use taffrail_tests::{Server, ServerBuilder, cli, samples, wait_until};

const STORY: &str = "/api/v1/quarantine/prod/default/attacker";

fn server() -> ServerBuilder {
    Server::builder().set("quarantine.watch", "true").set("quarantine.settle", "0s")
}

fn send(server: &Server, path: &str, body: &[u8]) {
    let response = server.ingest().post(path, body).expect("the server answers");
    assert_eq!(response.status, 200, "{}", response.text());
}

/// Rule, severity and summary of every finding, by time.
fn findings(server: &Server) -> Vec<String> {
    let mut events = server.api().all("kind:finding");
    events.sort_by_key(|event| event["time"].as_str().map(str::to_owned));
    let text = |event: &Value, pointer: &str| {
        event
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_else(|| panic!("{pointer}: {event}"))
            .to_owned()
    };
    events
        .iter()
        .map(|event| {
            ["/finding/rule", "/finding/severity", "/summary"].map(|pointer| text(event, pointer)).join("|")
        })
        .collect()
}

fn wait_for(server: &Server, rule: &str) {
    wait_until(&format!("a finding of {rule}"), || server.api().total(&format!("rule:{rule}")) > 0);
}

/// The recorded story's writes of this object by people.
fn audit() -> Vec<Value> {
    samples::lines("story/audit.jsonl.gz")
        .iter()
        .filter_map(|line| serde_json::from_slice(line).ok())
        .collect()
}

fn body(records: &[Value]) -> Vec<u8> {
    records.iter().map(Value::to_string).collect::<Vec<_>>().join("\n").into_bytes()
}

/// The recorded creation of the quarantine's policy, as people see it or as Calico's API server keeps it.
fn policy(records: &[Value], group: &str) -> Value {
    let is_it = |record: &&Value| {
        record["verb"] == "create"
            && record["stage"] == "ResponseComplete"
            && record["objectRef"]["resource"] == "globalnetworkpolicies"
            && record["objectRef"]["apiGroup"] == group
            && record["responseObject"]["spec"]["selector"].is_string()
    };
    records.iter().find(is_it).expect("the recording has the policy").clone()
}

/// CONSTRUCTED after a recorded write: another one, at another time.
fn again(record: &Value, number: u32, time: &str) -> Value {
    let mut record = record.clone();
    record["auditID"] = format!("{number:08x}-bfd7-4afb-a8b9-7d52749868dd").into();
    record["requestReceivedTimestamp"] = time.into();
    record["stageTimestamp"] = time.into();
    record["responseStatus"]["code"] = 200.into();
    let uri = format!(
        "{}/{}",
        record["requestURI"].as_str().unwrap_or_default(),
        record["objectRef"]["name"].as_str().unwrap_or_default()
    );
    record["requestURI"] = uri.into();
    record["responseObject"]["metadata"]["resourceVersion"] = (900_000 + number).to_string().into();
    record
}

#[test]
fn the_recorded_story_is_clean_but_for_the_release() {
    let server = server().start();
    for name in ["story/kern.log", "story/flows.jsonl"] {
        send(&server, "/v1/flows/prod", &samples::unpacked(name));
    }
    send(&server, "/v1/audit/prod", &samples::unpacked("story/audit.jsonl.gz"));
    wait_for(&server, "quarantine.label_removed");
    assert_eq!(
        findings(&server),
        ["quarantine.label_removed|medium|alice released pod default/attacker from quarantine"]
    );
    let story = server.api().read(STORY, &[]);
    let containment = &story["quarantines"][0]["containment"];
    assert_eq!(containment["contained"], true, "{containment:#}");
    let rows = story["events"].as_array().expect("events is a list");
    let found = rows.iter().filter(|row| row["event"]["kind"] == "finding").count();
    assert_eq!(found, 1, "as a row of the story, once");
}

#[test]
fn what_weakens_the_policies_is_found_and_survives_a_restart() {
    let mut server = server().start();
    let records = audit();
    send(&server, "/v1/audit/prod", &body(&records));
    // Within the quarantine, which lasts from 16:24:54.763 to 16:25:06.956: edited so that it lets egress pass, then deleted; each
    // written through moments later.
    let mut writes = Vec::new();
    for (number, group, millis) in [(1, "projectcalico.org", 0), (3, "crd.projectcalico.org", 40)] {
        let created = policy(&records, group);
        let mut edited = again(&created, number, &format!("2026-11-23T16:25:00.{millis:03}000Z"));
        edited["verb"] = "update".into();
        edited["responseObject"]["spec"]["egress"] = json!([{"action": "Allow"}]);
        edited["requestObject"] = edited["responseObject"].clone();
        let mut deleted = again(&created, number + 1, &format!("2026-11-23T16:25:03.{millis:03}000Z"));
        deleted["verb"] = "delete".into();
        deleted["requestObject"] = Value::Null;
        deleted["responseObject"] =
            json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"});
        writes.extend([edited, deleted]);
    }
    send(&server, "/v1/audit/prod", &body(&writes));
    wait_for(&server, "quarantine.policy_deleted");
    let expected = findings(&server);
    let of = |rule: &str| expected.iter().filter(|found| found.starts_with(rule)).count();
    assert_eq!(
        (of("quarantine.policy_edited|high"), of("quarantine.policy_deleted|critical")),
        (1, 1),
        "{expected:#?}"
    );
    let event = server.api().only("rule:quarantine.policy_edited");
    assert!(event["finding"]["reason"].as_str().is_some_and(|reason| reason.contains("egress")), "{event:#}");
    let evidence = event["finding"]["evidence"][0].as_str().expect("an id");
    assert_eq!(server.api().event(evidence)["verb"], "update");
    assert_eq!(server.api().total("pod:attacker kind:finding"), expected.len() as u64);
    // What is found again is the same finding.
    server.restart();
    send(&server, "/v1/audit/prod", &body(&records[..1]));
    server.api().wait_until_searchable();
    assert_eq!(findings(&server), expected);
}

/// CONSTRUCTED after the recorded creation: a policy beside it in its tier, of another order, that lets all traffic pass.
fn lets_pass(created: &Value, number: u32, time: &str, order: u32) -> Value {
    let mut record = created.clone();
    let name = "security.debug";
    record["auditID"] = format!("{number:08x}-bfd7-4afb-a8b9-7d52749868dd").into();
    record["requestReceivedTimestamp"] = time.into();
    record["stageTimestamp"] = time.into();
    record["objectRef"]["name"] = name.into();
    for body in ["requestObject", "responseObject"] {
        record[body]["metadata"]["name"] = name.into();
        record[body]["spec"]["order"] = order.into();
        record[body]["spec"]["ingress"] = json!([{"action": "Allow"}]);
        record[body]["spec"]["egress"] = json!([{"action": "Allow"}]);
    }
    record["responseObject"]["metadata"]["uid"] = "0d3e1c0a-5a0b-4d4e-9e2e-6f1f6c3b7a10".into();
    record["responseObject"]["metadata"]["resourceVersion"] = (900_000 + number).to_string().into();
    record
}

#[test]
fn a_label_that_no_policy_heeds_is_found() {
    let server = server().start();
    // CONSTRUCTED from the recording: its policies select by another value.
    let mut records = audit();
    for record in &mut records {
        for selector in ["/requestObject/spec/selector", "/responseObject/spec/selector"] {
            if let Some(selector) = record.pointer_mut(selector) {
                *selector = "quarantine == \"strict\"".into();
            }
        }
    }
    send(&server, "/v1/audit/prod", &body(&records));
    wait_for(&server, "quarantine.not_contained");
    let event = server.api().only("rule:quarantine.not_contained");
    assert_eq!(event["finding"]["severity"], "high");
    assert_eq!(event["object"]["name"], "attacker");
    let story = server.api().read(STORY, &[]);
    assert_eq!(story["quarantines"][0]["containment"]["contained"], false, "{story:#}");
    // The command says it, too.
    let url = format!("http://{}", server.api_addr());
    let told = cli::taffrail(&["quarantine", "show", "attacker", "-n", "default", "--server", &url]).ok();
    assert!(told.stdout.contains("the policies did not contain it"), "{}", told.stdout);
}

#[test]
fn a_policy_that_lets_pass_before_is_found() {
    let server = server().start();
    let records = audit();
    let created = policy(&records, "projectcalico.org");
    send(&server, "/v1/audit/prod", &body(&records));
    send(&server, "/v1/audit/prod", &body(&[lets_pass(&created, 1, "2026-11-23T16:25:00.000000Z", 1)]));
    wait_for(&server, "quarantine.policy_overruled");
    let event = server.api().only("rule:quarantine.policy_overruled");
    assert_eq!(event["finding"]["severity"], "high");
    let reason = event["finding"]["reason"].as_str().unwrap_or_default();
    assert!(reason.contains("security.debug"), "{event:#}");
    let evidence = event["finding"]["evidence"][0].as_str().expect("an id");
    assert_eq!(server.api().event(evidence)["object"]["name"], "security.debug");
}

#[test]
fn a_policy_that_is_asked_too_late_is_found() {
    let server = server().start();
    let records = audit();
    let created = policy(&records, "projectcalico.org");
    // It is there from the beginning and is asked after the quarantine's, until that is moved behind it.
    let mut writes = vec![lets_pass(&created, 1, "2026-11-23T16:24:49.900000Z", 50)];
    let mut moved = again(&created, 2, "2026-11-23T16:25:00.000000Z");
    moved["verb"] = "update".into();
    moved["responseObject"]["spec"]["order"] = 100.into();
    moved["requestObject"] = moved["responseObject"].clone();
    writes.push(moved);
    send(&server, "/v1/audit/prod", &body(&records));
    send(&server, "/v1/audit/prod", &body(&writes));
    wait_for(&server, "quarantine.policy_reordered");
    let event = server.api().only("rule:quarantine.policy_reordered");
    assert_eq!(event["finding"]["severity"], "high");
    let evidence = event["finding"]["evidence"][0].as_str().expect("an id");
    let write = server.api().event(evidence);
    assert_eq!((&write["verb"], &write["object"]["name"]), (&json!("update"), &json!("security.quarantine")));
}

#[test]
fn a_connection_that_is_let_through_is_found() {
    let server = server().start();
    send(&server, "/v1/audit/prod", &samples::unpacked("story/audit.jsonl.gz"));
    let recorded = samples::lines("story/flows.jsonl");
    let mut record: Value = serde_json::from_slice(&recorded[0]).expect("a record is JSON");
    assert_eq!(record["action"], "allow");
    // CONSTRUCTED after one of before: wholly within the quarantine.
    record["start_time"] = 1_795_451_096_i64.into();
    record["end_time"] = 1_795_451_104_i64.into();
    send(&server, "/v1/flows/prod", record.to_string().as_bytes());
    wait_for(&server, "quarantine.allowed_flow");
    let event = server.api().only("rule:quarantine.allowed_flow");
    assert_eq!(event["finding"]["severity"], "critical");
    let evidence = event["finding"]["evidence"][0].as_str().expect("an id");
    assert_eq!(server.api().event(evidence)["flow"]["verdict"], "allowed");
    let story = server.api().read(STORY, &[]);
    let rows = story["events"].as_array().expect("events is a list");
    let found = rows.iter().filter(|row| row["event"]["finding"]["rule"] == "quarantine.allowed_flow");
    assert_eq!(found.count(), 1);
}
