//! Events that are sent on, by the real program: each that matches arrives once, whatever happens to either side.

use std::net::{SocketAddr, TcpListener};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, UNIX_EPOCH};

use serde_json::Value;
use taffrail_tests::{
    Authority, Binary, Received, Receiver, Reply, Server, ServerBuilder, cli, rfc3339, samples, wait_for,
    wait_until,
};

const EXPECTED: [&str; 2] = ["is not taken and will be tried again", "is refused and given up"];

/// A server with these targets, as YAML lists them.
fn server(targets: &[String]) -> ServerBuilder {
    let server = Server::builder().set("notify", &format!("[{}]", targets.join(", ")));
    EXPECTED.iter().fold(server, |server, text| server.expect_log(text))
}

/// A target by the name of `team`, with more fields.
fn target(query: &str, url: &str, more: &str) -> String {
    format!("{{name: team, query: '{query}', url: '{url}', max_per_minute: 1000{more}}}")
}

/// A constructed event.
fn event(user: &str, stage: &str, number: usize) -> Vec<u8> {
    let time = format!("2026-11-23T16:{:02}:{:02}.000000Z", number / 60 % 60, number % 60);
    event_at(&time, user, stage, number)
}

fn event_at(time: &str, user: &str, stage: &str, number: usize) -> Vec<u8> {
    format!(
        r#"{{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"{number}","stage":"{stage}","verb":"get","requestURI":"/api/v1/pods","user":{{"username":"{user}"}},"requestReceivedTimestamp":"{time}","stageTimestamp":"{time}","responseStatus":{{"code":200}}}}"#
    )
    .into_bytes()
}

fn post(server: &Server, user: &str, numbers: std::ops::Range<usize>) {
    numbers.for_each(|number| server.post_ok("prod", &event(user, "ResponseComplete", number)));
}

fn audit_id(received: &Received) -> String {
    received.json()["event"]["audit"]["id"].as_str().expect("an audit event").to_owned()
}

fn audit_ids(receiver: &Receiver) -> Vec<String> {
    receiver.received().iter().map(audit_id).collect()
}

fn wait_for_ids(receiver: &Receiver, expected: &[&str]) {
    let what = format!("{expected:?} have come");
    wait_until(&what, || {
        let ids = audit_ids(receiver);
        assert!(ids.len() <= expected.len() && ids == expected[..ids.len()], "{ids:?}, not {expected:?}");
        ids.len() == expected.len()
    });
}

/// The first target of the status.
fn status(server: &Server) -> Value {
    server.api().read("/api/v1/status", &[])["notify"][0].clone()
}

/// Until the program knows that so many were taken.
fn wait_until_sent(server: &Server, count: u64) {
    wait_until(&format!("{count} were sent"), || status(server)["sent"] == count);
}

#[test]
fn a_label_arrives_as_json_and_as_an_alert() {
    let (json, alerts) = (Receiver::new(), Receiver::new());
    let query = "changed:metadata.labels.quarantine -user:bob";
    let authority = Authority::new();
    let token = authority.write("token", "hunter2\n");
    let server = server(&[
        format!(
            "{{name: team, query: '{query}', url: '{}', token: {{file: {}}}, headers: {{X-Team: {{env: TEAM}}}}, link: 'https://t/{{id}}'}}",
            json.url("/hook?key=1"),
            token.display()
        ),
        format!("{{name: alerts, query: '{query}', url: '{}', format: alertmanager}}", alerts.url("")),
    ])
    .env("TEAM", "harbour")
    .expect_log("in the clear")
    .start();
    for example in ["deployment-set-image", "label-quarantine-forbidden-bob", "label-quarantine-true"] {
        server.post_ok("prod", &samples::example(example));
    }
    let started = Instant::now();
    wait_until("both have come", || !json.received().is_empty() && !alerts.received().is_empty());
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    server.post_ok("prod", &samples::example("label-quarantine-removed"));
    wait_until("both have come", || json.received().len() == 2 && alerts.received().len() == 2);

    let stored = server.api().all("changed:metadata.labels.quarantine user:alice");
    let [removed, set] = stored.as_slice() else { panic!("two labels: {stored:?}") };
    for (received, event) in json.received().iter().zip([set, removed]) {
        assert_eq!(received.target, "/hook?key=1");
        let body = received.json();
        assert_eq!((&body["name"], &body["event"]), (&"team".into(), event));
        let id = event["id"].as_str().expect("an id");
        assert_eq!(body["link"], format!("https://t/{id}"));
        assert_eq!(received.header("idempotency-key"), Some(id));
        assert_eq!(received.header("content-type"), Some("application/json"));
        assert_eq!(received.header("authorization"), Some("Bearer hunter2"));
        assert_eq!(received.header("x-team"), Some("harbour"));
    }
    for (received, event) in alerts.received().iter().zip([set, removed]) {
        assert_eq!(received.target, "/api/v2/alerts");
        let body = received.json();
        let alert = &body[0];
        assert_eq!(body.as_array().map(Vec::len), Some(1));
        let expected = serde_json::json!({
            "alertname": "alerts", "notify": "alerts", "severity": "info", "kind": "audit", "cluster": "prod",
            "namespace": "shop-a", "resource": "pods", "object": "attacker", "pod": "attacker", "verb": "patch",
            "actor": "alice",
        });
        assert_eq!(alert["labels"], expected);
        assert_eq!(alert["annotations"]["event_id"], event["id"]);
        assert_eq!(alert["annotations"]["summary"], event["summary"]);
        assert_eq!(alert["startsAt"], event["time"]);
    }
}

/// A PUT says what it made, and not what it changed: that follows from what was there before.
#[test]
fn a_query_means_what_it_means_in_a_search() {
    let receiver = Receiver::new();
    let server =
        server(&[target("after:two OR (before:one changed:metadata.labels)", &receiver.url("/"), "")])
            .start();
    let write = |number: usize, verb: &str, value: &str| {
        let code = if verb == "create" { 201 } else { 200 };
        format!(
            r#"{{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"RequestResponse","auditID":"{number}","stage":"ResponseComplete","verb":"{verb}","requestURI":"/api/v1/namespaces/shop/services/c","user":{{"username":"alice"}},"objectRef":{{"resource":"services","namespace":"shop","name":"c","apiVersion":"v1"}},"responseStatus":{{"code":{code}}},"responseObject":{{"kind":"Service","apiVersion":"v1","metadata":{{"name":"c","namespace":"shop","uid":"u","resourceVersion":"{number}","labels":{{"tier":"{value}"}}}}}},"requestReceivedTimestamp":"2026-11-23T16:00:{number:02}.000000Z","stageTimestamp":"2026-11-23T16:00:{number:02}.000000Z"}}"#
        )
        .into_bytes()
    };
    for (number, verb, value) in
        [(1, "create", "one"), (2, "update", "one"), (3, "update", "two"), (4, "update", "six")]
    {
        server.post_ok("prod", &write(number, verb, value));
    }
    wait_for_ids(&receiver, &["3"]);
    server.post_ok("prod", &write(5, "update", "two"));
    wait_for_ids(&receiver, &["3", "5"]);
    let change = &receiver.received()[0].json()["event"]["change"];
    assert_eq!(change["fields"][0]["before"], "one");
    assert_eq!(change["confidence"], "exact");
}

#[test]
fn flows_are_events_too() {
    let receiver = Receiver::new();
    let server = server(&[target("kind:flow verdict:denied", &receiver.url("/"), "")]).start();
    let flows = samples::unpacked("story/flows.jsonl");
    let answer = server.ingest().post("/v1/flows/prod", &flows).expect("an answer");
    assert_eq!(answer.status, 200, "{}", answer.text());
    server.api().wait_until_searchable();
    let expected = server.api().total("kind:flow verdict:denied");
    assert!(expected > 0);
    wait_until_sent(&server, expected);
    assert!(receiver.received().iter().all(|received| received.json()["event"]["verb"] == "denied"));
}

#[test]
fn what_fails_is_tried_until_it_is_taken() {
    let tries = std::sync::atomic::AtomicUsize::new(0);
    let receiver =
        Receiver::answering(move |_| match tries.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
            0..3 => Reply::of(500).body("not yet"),
            _ => Reply::of(200),
        });
    let server = server(&[target("user:alice", &receiver.url("/x?key=hunter2"), "")]).start();
    post(&server, "alice", 0..1);
    wait_until("the failure shows", || status(&server)["trouble"] == "answered 500: not yet");
    let shown = cli::taffrail(&["status", "--server", &format!("http://{}", server.api_addr())]).ok().stdout;
    assert!(shown.contains("team takes nothing: answered 500: not yet"), "{shown}");
    assert!(!shown.contains("hunter2"), "{shown}");
    post(&server, "alice", 1..2);
    wait_until_sent(&server, 2);
    assert_eq!(audit_ids(&receiver), ["0", "0", "0", "0", "1"]);
    let now = status(&server);
    assert_eq!((&now["failed"], &now["trouble"], &now["waiting"]), (&3.into(), &Value::Null, &0.into()));
    assert_eq!(now["last_failure"]["reason"], "answered 500: not yet");
    assert!(now["last_failure"]["time"].is_string() && now["last_sent"].is_string(), "{now}");
    assert_eq!(now["url"], receiver.url("/x?…"));
    assert!(!server.log().holds("hunter2"));
    for (metric, expected) in [("sent_total", 2), ("failed_tries_total", 3), ("waiting", 0), ("trouble", 0)] {
        let metrics = server.api().get("/metrics", &[]).text();
        let line = format!("taffrail_notify_{metric}{{target=\"team\"}} {expected}");
        assert!(metrics.lines().any(|found| found == line), "{line} in {metrics}");
    }
}

#[test]
fn killed_while_the_receiver_is_down_nothing_is_lost_or_repeated() {
    let receiver = Receiver::new();
    let (address, url) = (receiver.address(), receiver.url("/"));
    let mut server = server(&[target("user:alice", &url, "")]).start();
    post(&server, "alice", 0..3);
    wait_for_ids(&receiver, &["0", "1", "2"]);
    wait_until_sent(&server, 3);
    drop(receiver);
    post(&server, "alice", 3..5);
    wait_until("it is tried", || status(&server)["trouble"].is_string());
    server.kill();
    server.start();
    post(&server, "alice", 5..6);
    server.kill();
    let receiver = Receiver::at(address);
    server.start();
    wait_for_ids(&receiver, &["3", "4", "5"]);
    wait_until_sent(&server, 6);
    for _ in 0..2 {
        server.restart();
    }
    post(&server, "alice", 6..7);
    wait_for_ids(&receiver, &["3", "4", "5", "6"]);
}

#[test]
fn killed_at_every_point_of_a_checkpoint() {
    let receiver = Receiver::new();
    let mut server = server(&[target("user:alice", &receiver.url("/"), "")]).binary(Binary::Crash).stopped();
    let mut number = 0;
    for point in ["notify.saving", "notify.saved"] {
        // The first one is that of the start.
        for nth in 1..4 {
            server.set_env("FAILPOINTS", Some(&format!("{point}={nth}*off->return")));
            // What was left by the last one may be sent before it has written its addresses.
            if server.launch().is_err() {
                continue;
            }
            wait_until("the program has died", || {
                let died = server.ended().is_some();
                if !died && server_takes(&server, number) {
                    number += 1;
                }
                died
            });
        }
    }
    server.set_env("FAILPOINTS", None);
    server.start();
    post(&server, "alice", 2000..2001);
    wait_until("the last one has come", || audit_ids(&receiver).last().is_some_and(|id| id == "2000"));
    let mut ids = audit_ids(&receiver);
    let all = ids.len();
    ids.sort();
    ids.dedup();
    // What was answered when it died comes once more, and what was not acknowledged to the sender may be there too.
    assert!(all - ids.len() <= 6, "{all} of {}", ids.len());
    for number in 0..number {
        assert!(ids.contains(&number.to_string()), "{number} in {ids:?}");
    }
}

/// Whether an event was acknowledged, which the program may die of.
fn server_takes(server: &Server, number: usize) -> bool {
    let body = event("alice", "ResponseComplete", number);
    server.ingest().post("/v1/audit/prod", &body).is_ok_and(|answer| answer.status == 200)
}

#[test]
fn one_event_is_sent_once_however_often_it_comes() {
    let receiver = Receiver::new();
    let mut server = server(&[target("user:alice", &receiver.url("/"), "")]).start();
    server.post_ok("prod", &event("alice", "RequestReceived", 1));
    server.post_ok("prod", &event("alice", "ResponseStarted", 1));
    wait_for_ids(&receiver, &["1"]);
    // A better version of it, and the sender tries again what was taken.
    for _ in 0..3 {
        server.post_ok("prod", &event("alice", "ResponseComplete", 1));
    }
    wait_until_sent(&server, 1);
    server.restart();
    post(&server, "alice", 1..2);
    post(&server, "bob", 5..6);
    // Late: it happened before what was sent.
    post(&server, "alice", 0..1);
    wait_for_ids(&receiver, &["1", "0"]);
}

#[test]
fn a_limit_holds_back_and_loses_nothing() {
    let receiver = Receiver::new();
    let target = target("user:alice", &receiver.url("/"), "").replace("minute: 1000", "minute: 60");
    let server = server(&[target]).start();
    // Six may go at once.
    post(&server, "alice", 0..9);
    wait_until("some wait", || status(&server)["waiting"].as_u64() > Some(0));
    wait_until_sent(&server, 9);
    let received = receiver.received();
    let took = received[8].at - received[0].at;
    assert!(took > Duration::from_millis(2500), "{took:?}");
    let expected: Vec<String> = (0..9).map(|number| number.to_string()).collect();
    assert_eq!(audit_ids(&receiver), expected);
    assert_eq!(status(&server)["waiting"], 0);
}

#[test]
fn what_is_refused_for_good_does_not_hold_up_the_next() {
    let receiver = Receiver::answering(|received| match audit_id(received).as_str() {
        "1" => Reply::of(400).body("I do not like it"),
        _ => Reply::of(204),
    });
    let server = server(&[target("user:alice", &receiver.url("/"), "")]).start();
    post(&server, "alice", 0..3);
    wait_for_ids(&receiver, &["0", "1", "1", "1", "2"]);
    wait_until_sent(&server, 2);
    let now = status(&server);
    assert_eq!((&now["refused"], &now["failed"], &now["waiting"]), (&1.into(), &3.into(), &0.into()));
    assert_eq!(now["last_failure"]["reason"], "answered 400: I do not like it");
}

#[test]
fn nobody_is_led_elsewhere_and_a_wrong_login_loses_nothing() {
    let elsewhere = Receiver::new();
    let location = format!("Location: {}", elsewhere.url("/"));
    let tries = std::sync::atomic::AtomicUsize::new(0);
    let receiver =
        Receiver::answering(move |_| match tries.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
            0 => Reply::of(307).header(&location),
            1 => Reply::of(401),
            2 => Reply::of(429).header("Retry-After: 3"),
            _ => Reply::of(200),
        });
    let server = server(&[target("user:alice", &receiver.url("/"), "")]).start();
    post(&server, "alice", 0..1);
    wait_until_sent(&server, 1);
    let received = receiver.received();
    assert_eq!(received.len(), 4);
    assert!(received[3].at - received[2].at >= Duration::from_secs(3));
    assert_eq!(elsewhere.received().len(), 0);
}

#[test]
fn what_the_journal_gave_back_meanwhile_is_asked_of_the_index() {
    let receiver = Receiver::new();
    let targets = format!("[{}]", target("user:alice", &receiver.url("/"), ""));
    let mut server =
        server(&[target("user:alice", &receiver.url("/"), "")]).set("journal.segment_bytes", "64KiB").start();
    // Of today: what happened a day before the last look counts as too late.
    let now = UNIX_EPOCH.elapsed().expect("a clock that is set").as_micros();
    let sent: Vec<Vec<u8>> = (0..5)
        .map(|number| {
            let micros = i64::try_from(now).expect("a time of today") + number;
            let time = String::from_utf8(rfc3339(micros).to_vec()).expect("times are text");
            event_at(&time, "alice", "ResponseComplete", usize::try_from(number).expect("a number"))
        })
        .collect();
    sent[..2].iter().for_each(|event| server.post_ok("prod", event));
    wait_for_ids(&receiver, &["0", "1"]);
    wait_until_sent(&server, 2);
    server.stop();
    server.set_env("TAFFRAIL__NOTIFY", None);
    server.start();
    sent[1..5].iter().for_each(|event| server.post_ok("prod", event));
    post(&server, "bob", 1000..1400);
    server.api().wait_until_searchable();
    wait_until("the journal has given back what the index has", || {
        post(&server, "bob", 2000..2001);
        server.api().get("/api/v1/status", &[]).json()["journal"]["first"].as_u64() > Some(10)
    });
    server.stop();
    server.set_env("TAFFRAIL__NOTIFY", Some(&targets));
    server.start();
    wait_for_ids(&receiver, &["0", "1", "2", "3", "4"]);
    wait_until("everything was looked at", || status(&server)["behind"] == 0);
    post(&server, "alice", 7..8);
    wait_for_ids(&receiver, &["0", "1", "2", "3", "4", "7"]);
}

#[test]
fn a_target_may_begin_with_what_is_there() {
    let receiver = Receiver::new();
    let mut server = Server::spawn();
    post(&server, "alice", 0..3);
    server.api().wait_until_searchable();
    server.stop();
    let imported = event("alice", "ResponseComplete", 50);
    let file = server.data().with_extension("jsonl");
    std::fs::write(&file, imported).expect("write a file");
    cli::import(server.data(), "prod", &[&file]).ok();
    for (from, expected) in [("start", &["0", "1", "2", "3"][..]), ("now", &["4"])] {
        let before = receiver.received().len();
        let target =
            format!("{{name: {from}, query: 'user:alice', url: '{}', from: {from}}}", receiver.url("/"));
        server.set_env("TAFFRAIL__NOTIFY", Some(&format!("[{target}]")));
        server.start();
        let number: usize = expected.last().expect("one comes").parse().expect("a number");
        post(&server, "alice", number..number + 1);
        wait_until("they have come", || audit_ids(&receiver)[before..] == *expected);
        server.stop();
    }
}

#[test]
fn a_stop_does_not_wait_for_a_receiver_that_says_nothing() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("listen on the loopback");
    let address: SocketAddr = silent.local_addr().expect("an address");
    let mut server = server(&[target("user:alice", &format!("http://{address}/"), "")]).start();
    post(&server, "alice", 0..1);
    let (connection, _) = silent.accept().expect("it is called");
    let started = Instant::now();
    server.stop();
    assert!(started.elapsed() < Duration::from_secs(6), "{:?}", started.elapsed());
    drop((connection, silent));
    let receiver = Receiver::at(address);
    server.start();
    wait_for_ids(&receiver, &["0"]);
}

/// The receiver is another server of ours: it takes anything, over TLS.
#[test]
fn a_certificate_has_to_come_from_whom_the_settings_trust() {
    let authority = Authority::new();
    let own = authority.issue_for_loopback();
    let [cert, key] = [("tls.crt", &own.cert), ("tls.key", &own.key)].map(|(name, text)| {
        authority.write(name, text).to_str().expect("temporary paths are UTF-8").to_owned()
    });
    let receiver =
        Server::builder().set("ingest.tls.cert", &cert).set("ingest.tls.key", &key).expect_log("").start();
    let stranger = Authority::new();
    let url = format!("https://{}/v1/audit/lab", receiver.ingest_addr());
    let trusting = |authority: &Authority, name: &str| {
        format!("{{name: {name}, query: 'user:alice', url: '{url}', ca: '{}'}}", authority.file().display())
    };
    let server = server(&[trusting(&stranger, "wrong"), trusting(&authority, "right")]).start();
    post(&server, "alice", 0..1);
    let targets = wait_for("one is taken and the other is not", || {
        let targets = server.api().read("/api/v1/status", &[])["notify"].clone();
        (targets[1]["sent"] == 1 && targets[0]["trouble"].is_string()).then_some(targets)
    });
    let why = targets[0]["trouble"].as_str().expect("a reason");
    assert!(why.contains("certificate") && targets[0]["sent"] == 0, "{why}");
    assert_eq!(receiver.api().dead_letters().len(), 1);
}

#[test]
fn what_is_wrong_is_said_at_once() {
    let check = |targets: &str| {
        let mut command = Command::new(Binary::Plain.path());
        command.env_clear().env("TAFFRAIL__NOTIFY", targets).env("TAFFRAIL__DATA", "/nonexistent/x");
        command.args(["config", "check"]).stdin(Stdio::null());
        let output = command.output().expect("start it");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let good = "{name: a, query: 'kind:gap', url: 'http://127.0.0.1:9'}";
    let (code, text) = check(&format!("[{good}]"));
    assert_eq!(code, Some(0), "{text}");
    let wrong = "{name: b, query: 'usr:x', url: 'http://h', token: {env: NOT_SET}, ca: /nonexistent/ca.pem}";
    let (code, text) = check(&format!("[{good}, {wrong}]"));
    assert_eq!(code, Some(2), "{text}");
    for part in ["notify[1].query: ", "  usr:x\n", "hint: ", "notify[1].token: ", "notify[1].ca: "] {
        assert!(text.contains(part), "{part:?} in {text}");
    }
    let mut server = server(&[wrong.to_owned()]).expect_log("").stopped();
    let status = server.launch().expect_err("it does not start");
    assert_eq!(status.code(), Some(2));
    let said = wait_for("it says why", || {
        let lines = server.log().lines().join("\n");
        lines.contains("notify[0].query").then_some(lines)
    });
    assert!(said.contains("notify[0].token"), "{said}");
}
