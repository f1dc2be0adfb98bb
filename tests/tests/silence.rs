//! What nobody reports is noted all the same: sources that fall silent, and the time in which the server did not run.

use std::fs;

use serde_json::Value;
use taffrail_tests::{Server, cli, samples, wait_for, wait_until};

/// More requests than it takes to know how often a source speaks.
const ENOUGH: usize = 40;

fn speak(server: &Server, times: usize) {
    let event = samples::unpacked("audit/scenario-typical-policy.jsonl.gz");
    let event = event.split(|byte| *byte == b'\n').next().expect("the sample has lines");
    (0..times).for_each(|_| server.post_ok("prod", event));
}

fn source(server: &Server) -> Value {
    let status = server.api().read("/api/v1/status", &[]);
    status["sources"][0].clone()
}

#[test]
fn a_silence_is_in_the_coverage_while_it_lasts_and_on_the_timeline_for_ever() {
    let server = Server::builder().set("ingest.silence_after", "200ms").start();
    speak(&server, ENOUGH);
    let gap = wait_for("the silence is noted", || {
        let page = server.api().events("user:nobody");
        page["coverage"]["gaps"].get(0).cloned()
    });
    assert_eq!((&gap["cluster"], &gap["source"]), (&"prod".into(), &"webhook:127.0.0.1".into()));
    assert!(source(&server)["silent_since"].is_string(), "{}", source(&server));
    speak(&server, 1);
    wait_until("the silence has ended", || source(&server)["silent_since"].is_null());
    let ended = wait_for("its end is written", || {
        let found = server.api().all("kind:gap silent");
        found.into_iter().find(|event| event["time"] == gap["from"])
    });
    assert!(ended["gap"]["to"].as_str() >= gap["from"].as_str(), "{ended}");
    assert_eq!(ended["via"], serde_json::json!(["taffrail"]));
    let shown = cli::search(server.data(), "kind:gap").ok();
    assert!(shown.stderr.contains("silent for longer than usual"), "{}", shown.stderr);
}

#[test]
fn the_time_without_a_server_is_a_gap_of_those_who_push() {
    let mut server = Server::spawn();
    speak(&server, 1);
    server.api().wait_until_searchable();
    server.stop();
    fs::write(server.data().join("alive"), "2026-11-23T16:00:00.000000Z").expect("turn the clock back");
    server.start();
    let gap = wait_for("the gap is noted", || server.api().all("kind:gap").into_iter().next());
    assert_eq!(gap["time"], "2026-11-23T16:00:00.000000Z");
    assert_eq!((&gap["cluster"], &gap["gap"]["source"]), (&"prod".into(), &"webhook".into()));
    let gaps = wait_for("answers say so", || {
        let page = server.api().events("");
        page["coverage"]["gaps"].as_array().filter(|gaps| !gaps.is_empty()).cloned()
    });
    assert_eq!(gaps.len(), 1, "{gaps:?}");
}

#[test]
fn a_source_is_remembered_across_a_restart() {
    let mut server = Server::spawn();
    server.post_ok("prod", &samples::unpacked("audit/scenario-typical-policy.jsonl.gz"));
    server.api().wait_until_searchable();
    let before = source(&server);
    assert_eq!(before["via"], "webhook");
    assert!(before["records"].as_u64() > Some(2000), "{before}");
    assert!(before["bytes_per_day"].as_u64() > Some(1_000_000), "{before}");
    server.kill();
    server.start();
    let after = source(&server);
    for same in ["records", "duplicates", "first_event", "last_event"] {
        assert_eq!(after[same], before[same], "{same}");
    }
    let levels = server.api().read("/api/v1/status", &[])["levels"].clone();
    let of = |resource: &str| {
        let levels = levels.as_array().expect("levels is a list");
        levels.iter().find(|body| body["resource"] == resource).expect("the resource was changed").clone()
    };
    assert!(of("pods")["levels"]["RequestResponse"].is_u64(), "{levels}");
    assert!(of("secrets")["levels"].get("RequestResponse").is_none(), "{levels}");
}
