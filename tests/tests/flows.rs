//! Network flows, by the real program: every record is an event, once, by whichever route it comes.
//!
//! The kernel's lines are recorded; the exported flows beside them are constructed from what was recorded.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use taffrail_tests::{Server, ServerBuilder, cli, samples, wait_until};
use tempfile::TempDir;

/// What the kernel logged of the four attempts under quarantine.
const KERNEL: &str = "story/kern.log";
/// The same story, and what was before and after, as Calico Enterprise exports it.
const EXPORTED: &str = "story/flows.jsonl";

/// A server that keeps flows however old the samples are.
fn server() -> ServerBuilder {
    Server::builder().set("index.retention.notice", "unlimited")
}

fn post(server: &Server, path: &str, body: &[u8]) -> taffrail_tests::Response {
    server.ingest().post(path, body).expect("the server answers")
}

fn post_ok(server: &Server, path: &str, body: &[u8]) {
    let response = post(server, path, body);
    assert_eq!(response.status, 200, "{}", response.text());
}

fn ids(events: &[Value]) -> Vec<&str> {
    let mut ids: Vec<_> = events.iter().filter_map(|event| event["id"].as_str()).collect();
    ids.sort_unstable();
    ids
}

fn temp() -> TempDir {
    TempDir::with_prefix("taffrail-").expect("create a temporary directory")
}

fn lines_of(name: &str) -> usize {
    samples::lines(name).len()
}

#[test]
fn a_flow_is_one_event_by_every_route() {
    let folder = temp();
    let data = folder.path().join("data");
    let files = [samples::path(KERNEL), samples::path(EXPORTED)];
    let files: Vec<_> = files.iter().map(PathBuf::as_path).collect();
    cli::import(&data, "prod", &files).ok();
    cli::import(&data, "prod", &files).ok();
    let imported = cli::search(&data, "kind:flow").ok().json_lines();
    assert_eq!(imported.len(), lines_of(KERNEL) + lines_of(EXPORTED));

    let log = folder.path().join("kern.log");
    fs::copy(samples::path(KERNEL), &log).expect("copy the log");
    let tail = format!("[{{paths: ['{}'], cluster: prod, records: flows}}]", log.display());
    let server = server().set("ingest.tail", &tail).start();
    server.api().wait_for_total("kind:flow via:file", lines_of(KERNEL) as u64);
    post_ok(&server, "/v1/flows/prod", &samples::unpacked(KERNEL));
    post_ok(&server, "/v1/flows/prod/", &samples::unpacked(EXPORTED));
    server.api().wait_until_searchable();
    let found = server.api().exported("kind:flow");
    assert_eq!(ids(&found), ids(&imported));
    server.api().wait_for_total("via:file via:webhook", lines_of(KERNEL) as u64);
}

#[test]
fn flows_are_found_by_who_spoke_to_whom() {
    let server = server().start();
    post_ok(&server, "/v1/flows/prod", &samples::unpacked(KERNEL));
    post_ok(&server, "/v1/flows/prod", &samples::unpacked(EXPORTED));
    server.api().wait_until_searchable();
    let check = |query: &str, expected: u64| assert_eq!(server.api().total(query), expected, "{query}");
    // What the kernel logged: two packets of each of four attempts, of which one came from the pod of vote.
    check("format:calico.log", 8);
    check("format:calico.log src:10.244.1.4", 6);
    check("format:calico.log dst:10.244.1.4 port:8080", 2);
    check("format:calico.log dst:34.223.124.0/24", 2);
    check("format:calico.log ip:10.244.1.3", 4);
    check("format:calico.log verdict:observed proto:tcp node:node-1", 8);
    // What was exported: each of four attempts before, under and after quarantine by each reporter that saw it.
    let exported: Vec<Value> = samples::lines(EXPORTED)
        .iter()
        .map(|line| serde_json::from_slice(line).expect("a line is JSON"))
        .collect();
    let counted =
        |is_one: &dyn Fn(&Value) -> bool| exported.iter().filter(|flow| is_one(flow)).count() as u64;
    check("format:calico.flow", exported.len() as u64);
    check("verdict:denied", counted(&|flow| flow["action"] == "deny"));
    check("verdict:denied policy:security.quarantine", counted(&|flow| flow["action"] == "deny"));
    check("src:default/attacker", counted(&|flow| flow["source_name"] == "attacker"));
    check("pod:attacker format:calico.flow", exported.len() as u64);
    check("ns:vote", counted(&|flow| flow["source_namespace"] == "vote" || flow["dest_namespace"] == "vote"));
    let event = server.api().only("format:calico.log dst:10.96.0.1 time:<2026-11-23T16:24:58Z");
    assert_eq!(event["summary"], "10.244.1.4 to 10.96.0.1:443 over tcp: seen by a log rule");
    let event = server.api().event(event["id"].as_str().expect("an id is text"));
    let line = samples::unpacked(KERNEL).split(|byte| *byte == b'\n').nth(2).map(<[u8]>::to_vec);
    assert_eq!(event["raw"].as_str().map(str::as_bytes), line.as_deref().map(<[u8]>::trim_ascii));
}

#[test]
fn alike_lines_are_folded_where_that_is_wanted() {
    let kernel = samples::unpacked(KERNEL);
    let mut server = server().set("ingest.fold_flows", "1m").start();
    post_ok(&server, "/v1/flows/prod", &kernel);
    // Whoever got no answer sends it again.
    server.kill();
    server.start();
    post_ok(&server, "/v1/flows/prod", &kernel);
    server.api().wait_until_searchable();
    // Two packets of each of four attempts, which differ in their time alone.
    let flows = server.api().exported("kind:flow");
    let folded: Vec<_> = flows.iter().map(|event| event["flow"]["folded"].as_u64()).collect();
    assert_eq!(folded, [Some(2); 4], "{flows:#?}");
    for event in &flows {
        assert!(event["flow"]["end"].as_str() > event["flow"]["start"].as_str(), "{event:#}");
        assert!(event["summary"].as_str().is_some_and(|text| text.ends_with("(2 times)")), "{event:#}");
    }
    let status = server.api().read("/api/v1/status", &[]);
    assert_eq!(status["ingest"]["folded_flows"], 4);
    assert_eq!(status["sources"][0]["folded_flows"], 4, "{status:#}");
    let metrics = server.api().get("/metrics", &[]).text();
    assert!(metrics.contains("taffrail_ingest_folded_flows_total 4"), "{metrics}");

    let folder = temp();
    let (data, config) = (folder.path().join("data"), folder.path().join("config.yaml"));
    fs::write(&config, "ingest: {fold_flows: 1m}\n").expect("write the configuration");
    let (kernel, data_text) = (samples::path(KERNEL), data.to_string_lossy());
    let (config, kernel) = (config.to_string_lossy(), kernel.to_string_lossy());
    let import = ["import", "--config", &config, "--cluster", "prod", "--data", &data_text, &kernel];
    let finished = cli::taffrail(&import).ok();
    assert!(finished.stdout.contains("read 8 records"), "{}", finished.stdout);
    assert!(finished.stdout.contains("alike"), "{}", finished.stdout);
    assert_eq!(ids(&cli::search(&data, "kind:flow").ok().json_lines()), ids(&flows));
}

#[test]
fn what_is_acknowledged_survives_a_kill() {
    let mut server = server().start();
    let (kernel, exported) = (samples::unpacked(KERNEL), samples::unpacked(EXPORTED));
    post_ok(&server, "/v1/flows/prod", &kernel);
    server.kill();
    server.start();
    post_ok(&server, "/v1/flows/prod", &exported);
    server.kill();
    server.start();
    server.api().wait_for_total("kind:flow", (lines_of(KERNEL) + lines_of(EXPORTED)) as u64);
    // Whoever got no answer sends it again.
    post_ok(&server, "/v1/flows/prod", &[kernel, exported].concat());
    server.api().wait_until_searchable();
    assert_eq!(server.api().total("kind:flow"), (lines_of(KERNEL) + lines_of(EXPORTED)) as u64);
}

#[test]
fn what_is_no_flow_harms_none() {
    let server = server().start();
    let kernel = samples::unpacked(KERNEL);
    let others = [
        "2026-11-23T16:24:55.000001+00:00 node-1 kernel: eth0: link becomes ready\n",
        "{\"broken\":\n",
        "2 123456789010 eni-1235b8ca123456789 172.31.9.69 172.31.9.12 49761 3389 6 20 4249 1418530010 1418530070 REJECT OK\n",
        "{\"lost_events\":{\"source\":\"HUBBLE_RING_BUFFER\",\"num_events_lost\":\"1200\"},\"node_name\":\"a\",\"time\":\"2026-11-23T16:24:56Z\"}\n",
        "\n",
    ];
    let body =
        [others[0].as_bytes(), others[1].as_bytes(), &kernel, others[2..].concat().as_bytes()].concat();
    post_ok(&server, "/v1/flows/prod", &body);
    server.api().wait_for_total("kind:flow", lines_of(KERNEL) as u64);
    server.api().wait_for_total("kind:gap \"1200 records\"", 1);
    let mut reasons: Vec<String> = server
        .api()
        .dead_letters()
        .iter()
        .filter_map(|letter| letter["reason"].as_str().map(str::to_owned))
        .collect();
    reasons.sort();
    assert_eq!(
        reasons,
        [
            "a record of aws.vpc, a format that this release does not read yet",
            "no known format of flow records"
        ]
    );
}

#[test]
fn wrong_parameters_are_told() {
    let server = server().expect_log("request refused").start();
    let check = |path: &str, status: u16, told: &str| {
        let response = post(&server, path, b"");
        assert_eq!(response.status, status, "{path}");
        assert!(response.text().contains(told), "{path}: {}", response.text());
    };
    check("/v1/flows/prod?fromat=calico.log", 400, "format");
    check("/v1/flows/prod?format=calico", 400, "calico.log");
    check("/v1/flows/prod?node=a%20b", 400, "a name of a node");
    check("/v1/flows/UPPER", 404, "cluster");
    check("/v1/flows/prod", 200, "");
}

#[test]
fn the_node_is_in_the_path_of_a_followed_log() {
    let folder = temp();
    fs::create_dir(folder.path().join("node-7")).expect("create a directory");
    fs::copy(samples::path(EXPORTED), folder.path().join("node-7/flows.log")).expect("copy the log");
    let paths = folder.path().join("*/flows.log");
    let tail = format!("[{{paths: ['{}'], cluster: prod, records: flows, node: '*'}}]", paths.display());
    let server = server().set("ingest.tail", &tail).start();
    server.api().wait_for_total("kind:flow node:node-7", lines_of(EXPORTED) as u64);
    wait_until("the source is named", || {
        let status = server.api().read("/api/v1/status", &[]);
        status["sources"].as_array().is_some_and(|sources| {
            sources.iter().any(|source| source["source"].as_str().is_some_and(|name| name.contains("node-7")))
        })
    });
}

/// Syslog of old has whole seconds: two packets in one are two lines.
#[test]
fn two_packets_of_one_second_are_two() {
    let folder = temp();
    let log = folder.path().join("kern.log");
    let line = "Nov 23 16:24:55 node-1 kernel: [ 3161.662745] calico-packet: IN=cali1 OUT=eth0 SRC=10.244.1.4 DST=10.0.0.2 LEN=60 PROTO=UDP SPT=1 DPT=53 \n";
    fs::write(&log, line.repeat(2)).expect("write the log");
    let data = folder.path().join("data");
    for _ in 0..2 {
        cli::import(&data, "prod", &[&log]).ok();
        assert_eq!(cli::search(&data, "kind:flow").ok().json_lines().len(), 2);
    }
}

#[test]
fn secrets_do_not_enter() {
    let server = server().start();
    let flow = samples::lines(EXPORTED)[0].clone();
    let flow = String::from_utf8(flow).expect("a line is UTF-8");
    let flow = flow.replacen('{', r#"{"process_args":["--token","hunter2secret"],"#, 1);
    post_ok(&server, "/v1/flows/prod", flow.as_bytes());
    server.api().wait_for_total("kind:flow", 1);
    let event = server.api().only("kind:flow");
    let event = server.api().event(event["id"].as_str().expect("an id is text"));
    let raw = event["raw"].as_str().expect("the record is text");
    assert!(raw.contains(r#""process_args":["redacted:"#) && !raw.contains("hunter2"), "{raw}");
    assert_eq!(event["flow"]["source"]["pod"], "attacker");
}
