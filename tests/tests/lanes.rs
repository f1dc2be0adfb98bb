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
