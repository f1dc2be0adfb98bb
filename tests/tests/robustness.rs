//! Hostile and broken input: never a refusal, never a panic, never harm to a neighbour (reference list: "Robustness").

use base64::Engine;
use serde_json::{Value, json};
use taffrail_tests::{Server, Template, samples};

#[test]
fn t14_adversarial_events_are_all_found() {
    let server = Server::spawn();
    server.post_ok("hook", &samples::unpacked("audit/webhook-adversarial.json.gz"));
    let lines = samples::unpacked("audit/adversarial-inputs.jsonl.gz");
    server.post_ok("log", &lines);
    // p-deep2 never completed: one request of the log has a first stage only.
    server.api().wait_for_total("cluster:log -result:pending", 16);
    for id in ["p-utf8", "p-surr", "p-nul", "p-dup", "p-deep", "p-big", "p-uri", "p-crlf", "p-jp"] {
        let event = server.api().only(&format!("cluster:log auditid:{id}"));
        assert_eq!(event["actor"]["name"], "admin", "{id}");
        assert_eq!(event["audit"]["stage"], "ResponseComplete", "{id}");
        let raw = raw(&event);
        let sent = samples::split_lines(&lines)
            .into_iter()
            .find(|line| {
                contains(line, format!("\"{id}\"").as_bytes()) && contains(line, b"ResponseComplete")
            })
            .expect("the recording holds it");
        assert_eq!(raw.len(), sent.len(), "{id} is kept as it came");
        assert!(raw == sent, "{id} is kept as it came:\n{}", String::from_utf8_lossy(&raw));
    }
    assert_eq!(server.api().only("cluster:log auditid:p-big")["outcome"]["code"], 400);
    let long = server.api().events("cluster:log auditid:LLLL*");
    assert_eq!(long["events"].as_array().expect("a list").len(), 1, "an audit id of 60 kB");
    assert_eq!(dead_letters(&server), Vec::<Value>::new());
    // The answers are valid JSON and valid UTF-8 whatever the events hold: the export is parsed line by line.
    assert!(server.api().exported("").len() >= 16);
}

#[test]
fn t15_one_broken_item_among_399_good_ones() {
    for broken in [
        r#"{"auditID":"broken","stage":"ResponseComplete","verb":}"#,
        r#"{"auditID":"broken","stage":"ResponseComplete" "verb":"get"}"#,
        r#"{"kind":"Pod","metadata":{"name":"not-an-event"}}"#,
        r#""just a string""#,
        "42",
        "null",
        "{}",
        "[]",
        "nonsense",
    ] {
        let server = Server::spawn();
        let mut items = fresh_events(399);
        items.insert(200, broken.as_bytes().to_vec());
        server.post_ok("prod", &samples::event_list(&items));
        server.api().wait_for_total("", 399);
        let dead = dead_letters(&server);
        // An item that is nothing at all may be dropped; one that was something must be listed.
        assert!(dead.len() <= 1, "{broken}: {dead:?}");
        if !["null", "{}", "[]"].contains(&broken) {
            assert_eq!(dead.len(), 1, "{broken}");
            assert!(!dead[0]["reason"].as_str().expect("a reason").is_empty(), "{broken}");
        }
    }
}

#[test]
fn t16_what_is_not_json_becomes_a_dead_letter() {
    let server = Server::spawn();
    let bodies: [&[u8]; 6] = [
        b"hello",
        b"<html></html>",
        b"\x00\x01\x02\xff\xfe",
        b"\xef\xbb\xbfother",
        b"}{",
        b"{\"items\":\"no\"}",
    ];
    for (index, body) in bodies.iter().enumerate() {
        server.post_ok("prod", body);
        let dead = dead_letters(&server);
        assert_eq!(dead.len(), index + 1, "{}", String::from_utf8_lossy(body));
        assert_eq!(dead[0]["cluster"], "prod");
    }
    assert_eq!(server.api().total(""), 0);
    // The same bytes again, as a retry brings them, are the same dead letter.
    server.post_ok("prod", b"hello");
    assert_eq!(dead_letters(&server).len(), bodies.len());
}

#[test]
fn t17_json_cut_at_every_boundary_costs_only_what_was_cut() {
    let server = Server::spawn();
    let event = samples::example("label-quarantine-true");
    let boundaries: Vec<usize> =
        (1..event.len()).filter(|at| b"{}[]:,\"".contains(&event[*at - 1])).collect();
    assert!(boundaries.len() > 500, "{}", boundaries.len());
    let mut good = fresh_events(u32::try_from(boundaries.len()).expect("few")).into_iter();
    let mut client = server.ingest();
    for cut in &boundaries {
        let good = good.next().expect("one for each");
        let mut list = samples::event_list(&[good]);
        list.truncate(list.len() - 3);
        list.push(b',');
        list.extend_from_slice(&event[..*cut]);
        let answer = client.post("/v1/audit/list", &list).expect("an answer");
        assert_eq!(answer.status, 200, "cut at {cut}: {}", answer.text());
        let answer = client.post("/v1/audit/single", &event[..*cut]).expect("an answer");
        assert_eq!(answer.status, 200, "cut at {cut}: {}", answer.text());
    }
    server.api().wait_for_total("cluster:list", boundaries.len() as u64);
    assert_eq!(server.api().total("cluster:single"), 0);
    assert!(server.api().read("/api/v1/status", &[])["dead_letters"]["stored"].as_u64() >= Some(500));
}

#[test]
fn t18_unknown_and_missing_fields() {
    let server = Server::spawn();
    let check = |event: Value, query: &str| {
        server.post_ok("prod", event.to_string().as_bytes());
        server.api().wait_for_total(query, 1);
    };
    check(json!({"auditID": "bare", "stage": "ResponseComplete"}), "auditid:bare");
    check(json!({"auditID": "no-stage", "verb": "get"}), "auditid:no-stage");
    check(json!({"stage": "ResponseComplete", "verb": "get", "requestURI": "/no-id"}), "uri:\"/no-id\"");
    check(
        json!({
            "auditID": "news", "stage": "ResponseComplete", "verb": "get", "somethingNew": {"a": [1, 2]},
            "user": {"username": "alice", "new": true}, "objectRef": {"resource": "pods", "new": []},
        }),
        "auditid:news user:alice resource:pods",
    );
    check(
        json!({
            "auditID": "odd", "stage": "Unheard", "verb": 5, "user": "alice", "objectRef": [1], "sourceIPs": "10.0.0.1",
            "responseStatus": "no", "annotations": [], "requestReceivedTimestamp": "yesterday", "userAgent": null,
        }),
        "auditid:odd",
    );
    assert_eq!(dead_letters(&server), Vec::<Value>::new());
}

#[test]
fn t19_bodies_of_any_json_type() {
    let server = Server::spawn();
    let bodies = [
        json!([{"op": "add", "path": "/metadata/labels/quarantine", "value": "true"}]),
        json!("skipped-too-big-size-object"),
        json!(42),
        json!(null),
        json!(true),
        json!([]),
        json!([[[]]]),
        json!(""),
    ];
    for (index, body) in bodies.iter().enumerate() {
        let event = json!({
            "auditID": format!("body-{index}"), "stage": "ResponseComplete", "verb": "patch",
            "objectRef": {"resource": "pods", "name": "x"}, "responseStatus": {"code": 200},
            "requestReceivedTimestamp": "2026-11-23T16:11:23.418577Z",
            "requestObject": body, "responseObject": body,
        });
        server.post_ok("prod", event.to_string().as_bytes());
        server.api().wait_for_total(&format!("auditid:body-{index}"), 1);
    }
    // What AKS puts in the place of a large body is no body.
    server.api().wait_for_total("truncated:true", 1);
    server.api().wait_for_total("quarantine", 1);
}

fn fresh_events(count: u32) -> Vec<Vec<u8>> {
    let mut template = Template::of(&samples::example("configmap-edit"));
    let renew = |number: u32| {
        template.renew(number, i64::from(number) * 1000);
        template.bytes().to_vec()
    };
    (0..count).map(renew).collect()
}

fn dead_letters(server: &Server) -> Vec<Value> {
    let answer = server.api().read("/api/v1/deadletters", &[]);
    answer["deadletters"].as_array().expect("a list of dead letters").clone()
}

fn raw(event: &Value) -> Vec<u8> {
    match event["raw_base64"].as_str() {
        Some(raw) => base64::engine::general_purpose::STANDARD.decode(raw).expect("base64"),
        None => event["raw"].as_str().expect("the record is text").as_bytes().to_vec(),
    }
}

fn contains(text: &[u8], needle: &[u8]) -> bool {
    text.windows(needle.len()).any(|window| window == needle)
}
