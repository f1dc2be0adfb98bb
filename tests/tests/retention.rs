//! What is not kept: old events, and what nobody wants.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;
use taffrail_tests::cli::{self, taffrail};
use taffrail_tests::{Binary, Server, rfc3339, samples, wait_until};
use tempfile::TempDir;

const DAY_MICROS: i64 = 86_400_000_000;

/// A constructed event of so many days ago.
fn event(verb: &str, name: &str, days: i64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970").as_micros();
    let time = rfc3339(i64::try_from(now).expect("a clock of this age") - days * DAY_MICROS);
    let time = String::from_utf8_lossy(&time);
    format!(
        r#"{{"auditID":"{name}","stage":"ResponseComplete","verb":"{verb}","requestURI":"/api/v1/namespaces/shop/pods/{name}","user":{{"username":"alice"}},"objectRef":{{"resource":"pods","namespace":"shop","name":"{name}"}},"responseStatus":{{"code":200}},"requestReceivedTimestamp":"{time}","stageTimestamp":"{time}"}}"#
    )
}

/// A server that keeps everything until it is told otherwise, and looks often.
fn server_with(events: &[String]) -> Server {
    // Who reads is not written down: that would be an event of today, in a split of its own.
    let server = Server::builder()
        .binary(Binary::Crash)
        .set("index.compact_after", "100ms")
        .set("api.audit_reads", "false")
        .start();
    events.iter().for_each(|event| server.post_ok("lab", event.as_bytes()));
    server.api().wait_for_total("", events.len() as u64);
    server
}

fn splits(data: &Path) -> usize {
    fs::read_dir(data.join("index/splits")).expect("list splits").count()
}

#[test]
fn old_events_go_by_the_age_of_their_class_and_answers_say_so() {
    let mut server = server_with(&[
        event("get", "old-read", 40),
        event("patch", "old-change", 40),
        event("get", "new-read", 2),
    ]);
    server.stop();
    server.set_env("TAFFRAIL__INDEX__RETENTION__ACCESS", Some("30d"));
    server.set_env("TAFFRAIL__INDEX__RETENTION__MAX_BYTES", Some("50%"));
    server.start();
    server.api().wait_for_total("name:new-read", 1);
    wait_until("the old read is removed", || server.api().total("") == 2);
    assert_eq!(server.api().total("name:old-change"), 1);

    // What comes too late is acknowledged, counted and not indexed.
    server.post_ok("lab", event("get", "late", 50).as_bytes());
    server.api().wait_until_searchable();
    assert_eq!(server.api().total("name:late"), 0);
    assert_eq!(server.api().metric(r#"taffrail_index_records_total{outcome="expired"}"#), Some(1.0));
    let removed = r#"taffrail_retention_removed_events_total{reason="age"}"#;
    wait_until("it is counted", || server.api().metric(removed) == Some(1.0));
    let status = server.api().read("/api/v1/status", &[]);
    assert_eq!(status["retention"]["removed_by_age"]["splits"], 1, "{status}");
    assert!(status["retention"]["max_bytes"].as_u64() > status["retention"]["used_bytes"].as_u64());

    let removed_of = |from: &str| {
        let body = server.api().read("/api/v1/events", &[("from", from)]);
        body["coverage"]["removed"].clone()
    };
    assert_eq!(removed_of("now-10d"), Value::Array(Vec::new()));
    assert_eq!(removed_of("now-60d")[0]["class"], "access");
    let data = server.data().to_str().expect("a UTF-8 path").to_owned();
    let found = taffrail(&["search", "--data", &data]).ok();
    let note = "older events were removed by retention: reads and sessions before ";
    assert!(found.stderr.contains(note), "{}", found.stderr);
    let found = taffrail(&["search", "--data", &data, "--since", "10d"]).ok();
    assert!(!found.stderr.contains(note), "{}", found.stderr);
    let shown = taffrail(&["status", "--data", &data]).ok();
    assert!(shown.stdout.contains("used, then the oldest events go"), "{}", shown.stdout);
}

#[test]
fn a_kill_between_manifest_and_directories_leaves_nothing_behind() {
    let mut server = server_with(&[event("get", "old", 40), event("get", "new", 2)]);
    server.stop();
    assert_eq!(splits(server.data()), 2);
    server.set_env("TAFFRAIL__INDEX__RETENTION__ACCESS", Some("30d"));
    server.set_env("FAILPOINTS", Some("index.retention_stored=return"));
    let ended = match server.launch() {
        Ok(()) => server.wait(),
        Err(status) => status,
    };
    assert_eq!(ended.signal(), Some(9), "{ended}");
    assert_eq!(splits(server.data()), 2, "killed before it removed the directory");
    server.set_env("FAILPOINTS", None);
    server.start();
    assert_eq!(splits(server.data()), 1);
    assert_eq!(server.api().total(""), 1);
}

#[test]
fn the_oldest_events_make_room() {
    let mut events: Vec<String> = (0..6).map(|days| event("get", &format!("of-{days}"), days)).collect();
    // Nothing that could be compressed to less than half of the limit, which is the index's in any case.
    let mut state = 1_u64;
    let noise: String = std::iter::repeat_with(|| {
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        format!("{:08x}", state >> 32)
    })
    .take(180_000)
    .collect();
    events[0] = events[0].replace(r#""user":"#, &format!(r#""requestObject":{{"data":"{noise}"}},"user":"#));
    let mut server = server_with(&events);
    server.stop();
    // Dead letters count, and take more than all of it.
    let letters = server.data().join("dead/00000001.ndjson");
    fs::write(&letters, [vec![b' '; (1 << 20) - 1], b"\n".to_vec()].concat()).expect("write a file");
    server.set_env("TAFFRAIL__INDEX__RETENTION__MAX_BYTES", Some("1MiB"));
    server.expect_log("the data is over index.retention.max_bytes");
    server.expect_log("is less than the journal");
    server.start();
    wait_until("all but today's events are removed", || server.api().total("") == 1);
    assert_eq!(server.api().total("name:of-0"), 1);
    let removed = r#"taffrail_retention_removed_splits_total{reason="bytes"}"#;
    wait_until("they are counted", || server.api().metric(removed) == Some(5.0));
    server.post_ok("lab", event("get", "next", 0).as_bytes());
    server.api().wait_for_total("name:next", 1);
}

#[test]
fn what_nobody_wants_is_acknowledged_counted_shown_and_not_kept() {
    let server = Server::builder()
        .set("ingest.drop", "['verb:get uri:/readyz', 'user:nobody-*']")
        .expect_log("ingest.drop: events that match")
        .start();
    let lines = samples::lines("audit/delete-finalizer-ssa-crd.jsonl.gz");
    let is_unwanted = |line: &&Vec<u8>| memchr::memmem::find(line, br#""requestURI":"/readyz""#).is_some();
    let unwanted = lines.iter().filter(is_unwanted).count();
    assert!(unwanted > 0 && unwanted < lines.len());
    server.post_ok("lab", &samples::event_list(&lines));
    server.api().wait_until_searchable();
    assert_eq!(server.api().total("uri:/readyz"), 0);
    assert!(server.api().total("") > 0);
    let status = server.api().read("/api/v1/status", &[]);
    assert_eq!(status["ingest"]["drop"][0]["dropped"], unwanted, "{status}");
    assert_eq!(status["ingest"]["drop"][1]["dropped"], 0);
    assert_eq!(status["journal"]["end"], lines.len() - unwanted);
    let metric = r#"taffrail_ingest_dropped_records_total{query="verb:get uri:/readyz"}"#;
    assert_eq!(server.api().metric(metric), Some(unwanted as f64));
    let shown = taffrail(&["status", "--server", &server.api_addr().to_string()]).ok();
    assert!(
        shown.stdout.contains("warning: ingest.drop: events that match `user:nobody-*`"),
        "{}",
        shown.stdout
    );
    assert!(shown.stdout.contains("records that match verb:get uri:/readyz"), "{}", shown.stdout);

    // An import that the server takes waits for no more than what is kept.
    let file = samples::path("audit/delete-finalizer-ssa-crd.jsonl.gz");
    let sent = cli::import(server.data(), "lab", &[&file]).ok();
    assert!(sent.stdout.contains("named by ingest.drop"), "{}", sent.stdout);
    assert!(sent.stdout.contains("all are searchable"), "{}", sent.stdout);
    assert_eq!(server.api().total("uri:/readyz"), 0);
}

#[test]
fn an_import_drops_the_same_and_wrong_queries_are_wrong_use() {
    let folder = TempDir::with_prefix("taffrail-").expect("create a temporary directory");
    let config = folder.path().join("taffrail.yaml");
    let data = folder.path().join("data").to_string_lossy().into_owned();
    let file = samples::path("audit/delete-finalizer-ssa-crd.jsonl.gz").to_string_lossy().into_owned();
    let settings = |queries: &str| {
        fs::write(&config, format!("ingest: {{drop: {queries}}}\n")).expect("write a file");
        config.to_string_lossy().into_owned()
    };
    let config = settings("['uri:/readyz']");
    let imported = taffrail(&["import", "--config", &config, "--data", &data, &file]).ok();
    assert!(imported.stdout.contains("named by ingest.drop"), "{}", imported.stdout);
    assert_eq!(taffrail(&["search", "--data", &data, "uri:/readyz"]).code, 1);

    let config = settings("['usr:x', '*']");
    for command in [
        ["config", "check", "--config", &config].as_slice(),
        &["serve", "--config", &config, "--data", &data],
        &["import", "--config", &config, "--data", &data, &file],
    ] {
        let refused = taffrail(command);
        assert_eq!(refused.code, 2, "{command:?}: {}", refused.stderr);
        for text in ["ingest.drop[0]: ", "  usr:x\n  ^^^", "ingest.drop[1]: matches everything"] {
            assert!(refused.stderr.contains(text), "{command:?}: {}", refused.stderr);
        }
    }
}
