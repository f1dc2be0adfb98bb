//! Walks by cursor while events come in.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value;
use taffrail_tests::{Load, Server, samples};

const CORPUS: &str = "audit/scenario-typical-policy.jsonl.gz";

fn id(event: &Value) -> String {
    event["id"].as_str().expect("an event has an id").to_owned()
}

#[test]
fn a_walk_under_writes_returns_every_event_of_its_start_once() {
    let server = Server::spawn();
    server.post_ok("before", &samples::unpacked(CORPUS));
    server.api().wait_until_searchable();
    let before: BTreeSet<String> = server.api().exported("").iter().map(id).collect();
    assert!(before.len() > 2000);
    let load = Load {
        connections: 2,
        duration: Duration::from_secs(8),
        events_per_second: Some(1500),
        requests: Load::requests_of(50),
    };
    // The same times as the events that are there: pages fill up in front of and behind the cursor.
    let same_times = samples::unpacked("audit/scenario.jsonl.gz");
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            load.run(server.ingest_addr(), None);
            done.store(true, Ordering::Relaxed);
        });
        scope.spawn(|| {
            for (number, lines) in samples::split_lines(&same_times).chunks(60).enumerate() {
                if done.load(Ordering::Relaxed) {
                    break;
                }
                server.post_ok(&format!("during-{}", number % 5), &samples::event_list(lines));
            }
        });
        for (order, limit) in [("desc", "100"), ("asc", "100"), ("desc", "37"), ("asc", "1000")] {
            let events =
                server.api().walk(&[("order", order), ("limit", limit), ("to", "2026-11-23T17:00:00Z")]);
            let found: BTreeSet<String> = events.iter().map(id).collect();
            assert_eq!(found.len(), events.len(), "{order}: nothing twice");
            assert_eq!(before.difference(&found).count(), 0, "{order}: everything that was there");
        }
        done.store(true, Ordering::Relaxed);
    });
}

#[test]
fn a_cursor_belongs_to_its_query() {
    let server = Server::spawn();
    server.post_ok("lab", &samples::unpacked(CORPUS));
    server.api().wait_until_searchable();
    let page = server.api().read("/api/v1/events", &[("q", "verb:get"), ("limit", "5")]);
    let cursor = page["next"].as_str().expect("there is more").to_owned();
    let status = |parameters: &[(&str, &str)]| {
        let parameters = [parameters, &[("cursor", cursor.as_str())]].concat();
        server.api().get("/api/v1/events", &parameters).status
    };
    assert_eq!(status(&[("q", "verb:get"), ("limit", "5")]), 200);
    assert_eq!(status(&[("q", "verb:get"), ("limit", "9")]), 200, "the size of a page may change");
    assert_eq!(status(&[("q", " verb:get ")]), 200, "the same question in other words");
    assert_eq!(status(&[("q", "verb:list")]), 400);
    assert_eq!(status(&[("q", "verb:get"), ("order", "asc")]), 400);
    assert_eq!(status(&[("q", "verb:get"), ("from", "2026-11-23T00:00:00Z")]), 400);
}

#[test]
fn an_export_is_complete_and_in_order() {
    let server = Server::spawn();
    server.post_ok("lab", &samples::unpacked(CORPUS));
    server.api().wait_until_searchable();
    let walked = server.api().walk(&[("order", "asc"), ("limit", "1000")]);
    assert_eq!(server.api().exported(""), walked);
    let refused = server.api().exported("user:bob result:denied");
    assert_eq!(refused.len() as u64, server.api().total("user:bob result:denied"));
    assert!(!refused.is_empty());
}

#[test]
fn an_export_as_csv_is_safe_to_open() {
    let server = Server::spawn();
    let mut event: Value =
        serde_json::from_slice(&samples::example("label-quarantine-true")).expect("valid JSON");
    event["user"]["username"] = "=HYPERLINK(\"http://evil\",\"x\")".into();
    event["userAgent"] = "a \"quoted\", agent\nwith two lines".into();
    server.post_ok("lab", event.to_string().as_bytes());
    server.api().wait_for_total("", 1);
    let answer = server.api().get("/api/v1/export", &[("format", "csv")]);
    assert_eq!(answer.status, 200);
    assert!(answer.header("content-type").is_some_and(|kind| kind.starts_with("text/csv")));
    let text = answer.text();
    let (head, rows) = text.split_once("\r\n").expect("RFC 4180 ends lines so");
    assert!(head.contains("time") && head.contains("id"), "{head}");
    assert!(rows.contains("\"'=HYPERLINK(\"\"http://evil\"\",\"\"x\"\")\""), "{rows}");
    assert!(!rows.contains(",=") && !rows.starts_with('='), "{rows}");
    assert!(rows.contains("\"\"quoted\"\""), "{rows}");
}

#[test]
fn an_export_that_is_cut_off_is_seen_to_be() {
    let mut server = Server::spawn();
    for generation in 0..20_u32 {
        let mut lines = taffrail_tests::Template::of(&samples::unpacked(CORPUS));
        lines.renew(generation, i64::from(generation) * 60_000_000);
        server.post_ok("lab", lines.bytes());
    }
    server.api().wait_until_searchable();
    let mut connection = taffrail_tests::Connection::open(server.api_addr()).expect("connect");
    connection.send_request("GET", "/api/v1/export?format=ndjson", &[], b"").expect("send");
    let head = connection.read_response_head().expect("an answer");
    server.kill();
    let mut rest = Vec::new();
    let mut body = connection.body_of(&head).expect("a body");
    let read = std::io::Read::read_to_end(&mut body, &mut rest);
    assert!(read.is_err(), "it looked whole after {} bytes", rest.len());
}
