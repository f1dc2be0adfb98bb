//! One request is one event, and two are two (reference list: "Semantics").

use serde_json::{Value, json};
use taffrail_tests::{Server, cli, samples};

/// A record of the request `label-quarantine-true`, changed.
fn record(change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut event: Value =
        serde_json::from_slice(&samples::example("label-quarantine-true")).expect("valid JSON");
    change(&mut event);
    serde_json::to_vec(&event).expect("JSON can be written")
}

fn stage(stage: &str, code: Option<u16>) -> Vec<u8> {
    record(|event| {
        event["stage"] = json!(stage);
        match code {
            Some(code) => event["responseStatus"] = json!({"metadata": {}, "code": code}),
            None => {
                event.as_object_mut().expect("an object").remove("responseStatus");
            }
        }
        if stage == "RequestReceived" {
            event["stageTimestamp"] = event["requestReceivedTimestamp"].clone();
        }
    })
}

#[test]
fn t20_an_identical_batch_five_times_is_one() {
    let server = Server::spawn();
    let body = samples::event_list(&samples::lines("audit/delete-finalizer-ssa-crd.jsonl.gz"));
    for _ in 0..5 {
        server.post_ok("prod", &body);
    }
    server.api().wait_for_total("", 40);
    server.api().wait_until_searchable();
    assert_eq!(server.api().total(""), 40);
    assert_eq!(server.api().exported("").len(), 40);
}

#[test]
fn t20_an_identical_batch_is_one_also_after_a_restart_and_a_kill() {
    let mut server = Server::spawn();
    let body = samples::event_list(&samples::lines("audit/delete-finalizer-ssa-crd.jsonl.gz"));
    server.post_ok("prod", &body);
    server.restart();
    server.post_ok("prod", &body);
    server.kill();
    server.start();
    server.post_ok("prod", &body);
    server.api().wait_until_searchable();
    assert_eq!(server.api().total(""), 40);
}

#[test]
fn t21_one_audit_id_and_different_content_are_two() {
    let server = Server::spawn();
    let mallory = record(|event| {
        event["user"]["username"] = json!("mallory");
        event["verb"] = json!("delete");
    });
    let later = record(|event| event["requestReceivedTimestamp"] = json!("2026-11-23T16:12:23.418577Z"));
    let original = record(|_| {});
    let id = serde_json::from_slice::<Value>(&original).expect("valid JSON")["auditID"]
        .as_str()
        .expect("an id")
        .to_owned();
    // Another cluster's events are other events, whatever they say.
    server.post_ok("other", &original);
    server.post_ok("prod", &samples::event_list(&[mallory, original, later]));
    server.api().wait_for_total(&format!("cluster:prod auditid:{id}"), 3);
    server.api().wait_for_total(&format!("auditid:{id}"), 4);
    server.api().wait_for_total(&format!("auditid:{id} user:mallory verb:delete"), 1);
}

#[test]
fn t21_two_different_records_of_one_request_and_stage_are_both_kept() {
    let server = Server::spawn();
    let one = record(|_| {});
    let other = record(|event| {
        event["responseStatus"]["code"] = json!(409);
        event["stageTimestamp"] = json!("2026-11-23T16:11:24.000000Z");
    });
    server.post_ok("prod", &samples::event_list(&[one.clone(), other.clone(), one, other]));
    server.api().wait_for_total("", 2);
    server.api().wait_until_searchable();
    server.api().wait_for_total("code:409", 1);
    assert_eq!(server.api().total(""), 2);
}

#[test]
fn t22_the_better_of_two_copies_wins_in_any_order() {
    let whole = record(|_| {});
    let stripped = record(|event| {
        let event = event.as_object_mut().expect("an object");
        event.remove("requestObject");
        event.remove("responseObject");
        event["annotations"]["audit.k8s.io/truncated"] = json!("true");
    });
    for (first, second) in [(&whole, &stripped), (&stripped, &whole)] {
        for in_one_batch in [true, false] {
            let server = Server::spawn();
            if in_one_batch {
                server.post_ok("prod", &samples::event_list(&[first, second]));
            } else {
                server.post_ok("prod", first);
                server.api().wait_for_total("kind:audit", 1);
                server.post_ok("prod", second);
            }
            server.api().wait_until_searchable();
            assert_eq!(server.api().total("kind:audit"), 1);
            let event = server.api().only("kind:audit");
            let raw = event["raw"].as_str().expect("text");
            assert!(raw.contains("responseObject"), "the bodies are kept: {raw}");
            assert_eq!(server.api().exported("kind:audit").len(), 1);
        }
    }
}

#[test]
fn t22_log_and_webhook_are_one_event_that_names_both() {
    let mut server = Server::spawn();
    // In the log an event says its kind, in the webhook's list it does not.
    let logged = record(|_| {});
    let posted = record(|event| {
        let event = event.as_object_mut().expect("an object");
        event.remove("kind");
        event.remove("apiVersion");
    });
    server.post_ok("prod", &samples::event_list(&[posted]));
    server.stop();
    let file = server.data().join("../audit.log");
    std::fs::write(&file, &logged).expect("write a file");
    cli::import(server.data(), "prod", &[&file]).ok();
    server.start();
    server.api().wait_for_total("", 1);
    let event = server.api().only("");
    let mut via: Vec<_> = event["via"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    via.sort_unstable();
    assert_eq!(via, ["import", "webhook"]);
}

#[test]
fn t23_stages_fold_in_any_order() {
    let stages = [
        stage("RequestReceived", None),
        stage("ResponseStarted", Some(200)),
        stage("ResponseComplete", Some(200)),
    ];
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        for in_one_batch in [true, false] {
            let server = Server::spawn();
            let records = order.map(|index| stages[index].clone());
            if in_one_batch {
                server.post_ok("prod", &samples::event_list(&records));
            } else {
                records.iter().for_each(|record| server.post_ok("prod", record));
            }
            server.api().wait_for_total("result:success", 1);
            server.api().wait_until_searchable();
            let event = server.api().only("");
            assert_eq!(event["audit"]["stage"], "ResponseComplete", "{order:?}");
            assert_eq!(event["outcome"]["result"], "success", "{order:?}");
        }
    }
}

#[test]
fn t23_a_request_that_goes_on_is_open_and_a_panic_is_a_failure() {
    let server = Server::spawn();
    server.post_ok("watch", &stage("ResponseStarted", Some(200)));
    server.api().wait_for_total("cluster:watch result:open", 1);
    server.post_ok("watch", &stage("ResponseComplete", Some(200)));
    server.api().wait_for_total("cluster:watch result:success", 1);
    server.api().wait_for_total("cluster:watch result:open", 0);
    server.api().wait_for_total("cluster:watch", 1);

    server
        .post_ok("panic", &samples::event_list(&[stage("Panic", Some(500)), stage("RequestReceived", None)]));
    server.api().wait_for_total("cluster:panic result:failed code:500", 1);
    assert_eq!(server.api().only("cluster:panic")["audit"]["stage"], "Panic");
}

#[test]
fn t23_a_401_has_only_its_response_started() {
    let server = Server::spawn();
    server.post_ok("prod", &samples::example("401-invalid-token"));
    server.api().wait_for_total("result:denied code:401", 1);
    let event = server.api().only("");
    assert_eq!(event["audit"]["stage"], "ResponseStarted");
    assert_eq!(
        (&event["outcome"]["denied_by"], &event["actor"]["type"]),
        (&json!("authn"), &json!("anonymous"))
    );
}

#[test]
fn t23_an_arrival_without_an_end_is_pending_and_its_end_still_counts() {
    let server = Server::builder().set("index.hold", "200ms").start();
    server.post_ok("prod", &stage("RequestReceived", None));
    server.api().wait_for_total("result:pending", 1);
    server.post_ok("prod", &stage("ResponseComplete", Some(200)));
    server.api().wait_for_total("result:success", 1);
    server.api().wait_until_searchable();
    assert_eq!(server.api().total(""), 1);
}

#[test]
fn t24_batches_that_arrive_reversed_give_the_same_events() {
    let requests = samples::requests("audit/webhook");
    let found = |requests: Vec<Vec<u8>>| {
        let server = Server::builder().set("index.hold", "1s").start();
        requests.iter().for_each(|body| server.post_ok("prod", body));
        server.api().wait_until_searchable();
        server.api().wait_for_total("result:pending", pending(&requests));
        let mut events = server.api().exported("");
        events.iter_mut().for_each(|event| {
            event.as_object_mut().expect("an object").remove("received");
        });
        events.iter().map(|event| unmasked(&event.to_string())).collect::<Vec<_>>()
    };
    let forwards = found(requests.clone());
    let backwards = found(requests.into_iter().rev().collect());
    assert_eq!(forwards.len(), backwards.len());
    for (forwards, backwards) in forwards.iter().zip(&backwards) {
        assert_eq!(forwards, backwards);
    }
}

/// Without the fingerprints of secrets: every data directory has a key of its own for them.
fn unmasked(text: &str) -> String {
    const MASK: &str = "redacted:";
    let mut parts = text.split(MASK);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |before, part| before + MASK + part.get(16..).expect("a fingerprint"))
}

fn pending(requests: &[Vec<u8>]) -> u64 {
    let records: Vec<Vec<u8>> = requests
        .iter()
        .flat_map(|body| {
            let list: Value = serde_json::from_slice(body).expect("recorded requests are valid");
            let items = list["items"].as_array().expect("a list has items").clone();
            items.into_iter().map(|item| item.to_string().into_bytes())
        })
        .collect();
    taffrail_tests::oracle::fold(&records).iter().filter(|document| document.result() == "pending").count()
        as u64
}

#[test]
fn t25_clocks_may_be_wrong_by_minutes_and_years() {
    let server = Server::spawn();
    let at = |time: &str| {
        record(|event| {
            event["requestReceivedTimestamp"] = json!(time);
            event["stageTimestamp"] = json!(time);
        })
    };
    let times = [
        "2026-11-23T16:01:23.418577Z",
        "2026-11-23T16:11:23.418577Z",
        "2026-11-23T16:21:23.418577Z",
        "2026-11-24T00:05:00.000000Z",
        "1970-01-01T00:00:00.000000Z",
        "2100-01-01T00:00:00.000000Z",
    ];
    times.iter().for_each(|time| server.post_ok("prod", &at(time)));
    // A stage that is stamped before its request by another clock.
    server.post_ok("skew", &record(|event| event["stageTimestamp"] = json!("2026-11-23T16:01:00.000000Z")));
    server.api().wait_for_total("cluster:prod", 6);
    let events = server.api().all("cluster:prod");
    let mut found: Vec<_> = events.iter().map(|event| event["time"].as_str().expect("a time")).collect();
    found.reverse();
    let mut expected = times;
    expected.sort_unstable();
    assert_eq!(found, expected);
    server.api().wait_for_total("cluster:skew", 1);
}

#[test]
fn t32_a_generated_name_is_found_where_the_level_tells_it() {
    let server = Server::spawn();
    let created = samples::example("create-pod-generateName-replicaset");
    let level = |level: &str, without: &[&str]| {
        let mut event: Value = serde_json::from_slice(&created).expect("valid JSON");
        event["level"] = json!(level);
        without.iter().for_each(|body| {
            event.as_object_mut().expect("an object").remove(*body);
        });
        event.to_string().into_bytes()
    };
    server.post_ok("full", &level("RequestResponse", &[]));
    server.post_ok("request", &level("Request", &["responseObject"]));
    server.post_ok("metadata", &level("Metadata", &["requestObject", "responseObject"]));
    server.api().wait_for_total("verb:create resource:pods", 3);
    let full: Value = serde_json::from_slice(&created).expect("valid JSON");
    let name = full["responseObject"]["metadata"]["name"].as_str().expect("the answer has the name");
    let found = server.api().only(&format!("name:{name}"));
    assert_eq!(found["cluster"], "full");
    assert_eq!(server.api().only("cluster:metadata")["object"]["name"], "");
    server.api().wait_for_total("-name:*", 2);
}
