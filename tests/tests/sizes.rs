//! Requests of every size within a bounded memory (reference list: "Size").

use std::thread;

use serde_json::json;
use taffrail_tests::{HUGE_EVENTS, Server, Template, post_huge, samples};

const MIB: u64 = 1 << 20;

/// The budget of the process for a single POST of 216 MB.
const RSS_BUDGET: u64 = 512 * MIB;

#[test]
fn t07_empty_lists_are_fine() {
    let server = Server::spawn();
    for body in [
        r#"{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[]}"#,
        r#"{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":null}"#,
        r#"{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{}}"#,
        r#"{"items":[]}"#,
        "[]",
        "",
        "\n\n",
    ] {
        server.post_ok("prod", body.as_bytes());
    }
    assert_eq!(server.api().total(""), 0);
    let dead = server.api().read("/api/v1/deadletters", &[]);
    assert_eq!(dead["deadletters"], json!([]), "nothing is not a broken something");
}

#[test]
fn t08_400_events_of_1_kb() {
    let server = Server::spawn();
    let body = fresh_events(400, 1000);
    assert!((300_000..600_000).contains(&body.len()), "{}", body.len());
    server.post_ok("prod", &body);
    server.api().wait_for_total("", 400);
}

#[test]
fn t09_400_events_of_100_kib() {
    let server = Server::spawn();
    server.post_ok("prod", &fresh_events(400, 100 << 10));
    server.api().wait_for_total("", 400);
    assert!(server.usage().peak_rss < RSS_BUDGET, "{:?}", server.usage());
}

#[test]
fn t10_216_mb_in_one_post() {
    let server = Server::spawn();
    assert_eq!(post_huge(server.ingest_addr(), 0).expect("an answer").status, 200);
    server.api().wait_for_total("resource:configmaps", u64::from(HUGE_EVENTS));
    let event = server.api().only("name:huge-77");
    let raw = event["raw"].as_str().expect("the record is text");
    assert!(raw.len() > 1_700_000, "kept whole: {}", raw.len());
    assert!(server.usage().peak_rss < RSS_BUDGET, "{:?}", server.usage());
}

#[test]
fn t11_216_mb_in_one_post_twice_at_once() {
    let server = Server::spawn();
    let ingest = server.ingest_addr();
    thread::scope(|scope| {
        let posts = [0, 1].map(|generation| scope.spawn(move || post_huge(ingest, generation)));
        for post in posts {
            assert_eq!(post.join().expect("a sender ends").expect("an answer").status, 200);
        }
    });
    server.api().wait_for_total("resource:configmaps", 2 * u64::from(HUGE_EVENTS));
    assert!(server.usage().peak_rss < RSS_BUDGET, "{:?}", server.usage());
}

#[test]
fn t12_a_list_event_of_20_mb() {
    let server = Server::spawn();
    let items: Vec<_> = (0..20_000)
        .map(|number| json!({"metadata": {"name": format!("pod-{number}")}, "spec": {"note": "x".repeat(1000)}}))
        .collect();
    let mut event: serde_json::Value =
        serde_json::from_slice(&samples::example("list-table-kubectl")).expect("JSON");
    event["responseObject"] = json!({"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": items});
    let event = serde_json::to_vec(&event).expect("JSON can be written");
    assert!(event.len() > 20_000_000);
    server.post_ok("prod", &samples::event_list(&[event]));
    server.api().wait_for_total("", 1);
    let found = server.api().only("");
    assert!(found["raw"].as_str().expect("the record is text").len() > 20_000_000);
    assert!(server.usage().peak_rss < RSS_BUDGET, "{:?}", server.usage());
}

#[test]
fn an_event_over_the_limit_keeps_its_head_and_is_marked() {
    let server = Server::builder().set("ingest.max_event_bytes", "1MiB").expect_log("cut").start();
    let mut event: serde_json::Value =
        serde_json::from_slice(&samples::example("configmap-edit")).expect("examples are valid");
    event["requestObject"] = json!({"kind": "ConfigMap", "data": {"x": "y".repeat(3 << 20)}});
    let event = serde_json::to_vec(&event).expect("JSON can be written");
    let neighbour = samples::example("label-quarantine-true");
    server.post_ok("prod", &samples::event_list(&[event, neighbour]));
    server.api().wait_for_total("kind:audit", 2);
    let found = server.api().only("resource:configmaps");
    let raw = found["raw"].as_str().expect("the record is text");
    assert!(raw.len() < 2 << 20, "the bodies are cut: {}", raw.len());
    assert_eq!(found["actor"]["name"], "alice");
}

/// An `EventList` of that many different completed requests of about `bytes` each.
fn fresh_events(count: u32, bytes: usize) -> Vec<u8> {
    let mut event: serde_json::Value =
        serde_json::from_slice(&samples::example("configmap-edit")).expect("examples are valid");
    for body in ["requestObject", "responseObject"] {
        event.as_object_mut().expect("an event is an object").remove(body);
    }
    let bare = event.to_string().len();
    if bytes > bare + 100 {
        event["requestObject"] = json!({"kind": "ConfigMap", "data": {"x": "y".repeat(bytes - bare)}});
    }
    let mut template = Template::of(&serde_json::to_vec(&event).expect("JSON can be written"));
    let events: Vec<Vec<u8>> = (0..count)
        .map(|number| {
            template.renew(number, i64::from(number) * 1000);
            template.bytes().to_vec()
        })
        .collect();
    samples::event_list(&events)
}
