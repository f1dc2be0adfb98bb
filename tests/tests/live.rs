//! Events as they come: the stream of `/api/v1/tail`, and `taffrail tail`.

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use serde_json::Value;
use taffrail_tests::{Connection, Server, samples, wait_until};

/// One message of the stream.
#[derive(Debug)]
struct Message {
    id: String,
    event: String,
    data: Value,
}

/// Opens the stream, says when it is open, and returns the first `count` messages that are no pings.
fn watch(
    server: &Server,
    query: &str,
    last_id: Option<&str>,
    count: usize,
    opened: impl FnOnce(),
) -> Vec<Message> {
    let mut connection = Connection::open(server.api_addr()).expect("connect");
    let resume = last_id.map(|id| format!("Last-Event-ID: {id}"));
    let headers: Vec<&str> = resume.as_deref().into_iter().collect();
    connection.send_head("GET", &format!("/api/v1/tail?q={query}"), &headers).expect("ask");
    let head = connection.read_response_head().expect("an answer");
    assert_eq!((head.status, head.header("content-type")), (200, Some("text/event-stream")));
    let mut lines =
        BufReader::new(connection.body_of(&head).expect("a body")).lines().map(|line| line.expect("a line"));
    assert_eq!(next(&mut lines).event, "ping");
    opened();
    std::iter::repeat_with(|| next(&mut lines))
        .filter(|message| message.event != "ping")
        .take(count)
        .collect()
}

fn next(lines: &mut impl Iterator<Item = String>) -> Message {
    let mut message = Message { id: String::new(), event: String::new(), data: Value::Null };
    for line in lines.take_while(|line| !line.is_empty()) {
        match line.split_once(": ").expect("a field") {
            ("id", id) => message.id = id.to_owned(),
            ("event", event) => message.event = event.to_owned(),
            ("data", data) => message.data = serde_json::from_str(data).expect("data is JSON"),
            other => panic!("{other:?}"),
        }
    }
    message
}

/// A constructed event.
fn event(user: &str, stage: &str, number: usize) -> Vec<u8> {
    let time = format!("2026-11-23T16:{:02}:{:02}.000000Z", number / 60 % 60, number % 60);
    format!(
        r#"{{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"{number}","stage":"{stage}","verb":"get","requestURI":"/api/v1/pods","user":{{"username":"{user}"}},"requestReceivedTimestamp":"{time}","stageTimestamp":"{time}","responseStatus":{{"code":200}}}}"#
    )
    .into_bytes()
}

fn post(server: &Server, user: &str, numbers: std::ops::Range<usize>) {
    numbers.for_each(|number| server.post_ok("prod", &event(user, "ResponseComplete", number)));
}

fn audit_ids(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(|message| message.data["audit"]["id"].as_str().expect("an audit event")).collect()
}

#[test]
fn what_matches_comes_at_once_and_a_better_version_comes_again_under_its_id() {
    let server = Server::spawn();
    let found = watch(&server, "user:alice", None, 4, || {
        post(&server, "bob", 0..2);
        server.post_ok("prod", &event("alice", "RequestReceived", 2));
        server.post_ok("prod", &event("alice", "ResponseStarted", 2));
        post(&server, "alice", 2..4);
        post(&server, "alice", 2..5);
    });
    assert_eq!(audit_ids(&found), ["2", "2", "3", "4"]);
    assert_eq!(found[0].data["id"], found[1].data["id"]);
    let results: Vec<_> = found[..2].iter().map(|message| &message.data["outcome"]["result"]).collect();
    assert_eq!(results, ["open", "success"]);
    server.api().wait_until_searchable();
    let stored = server.api().all("user:alice");
    let stored = stored.iter().find(|event| event["audit"]["id"] == "3").expect("it is stored");
    for same in ["id", "time", "summary", "actor", "outcome", "cluster", "via"] {
        assert_eq!(found[2].data[same], stored[same], "{same}");
    }
}

#[test]
fn a_reader_that_comes_back_goes_on_where_it_was() {
    let mut server = Server::spawn();
    let first = watch(&server, "user:alice", None, 2, || post(&server, "alice", 0..2));
    post(&server, "alice", 2..5);
    let second = watch(&server, "user:alice", Some(&first[1].id), 3, || {});
    assert_eq!(audit_ids(&second), ["2", "3", "4"]);
    let again = watch(&server, "user:alice", Some(&first[0].id), 4, || {});
    assert_eq!(audit_ids(&again), ["1", "2", "3", "4"]);
    // A new process knows nothing of what was in memory: the journal does, late events and those that were not searchable yet
    // included.
    post(&server, "alice", 5..8);
    server.restart();
    let after = watch(&server, "user:alice", Some(&first[0].id), 9, || post(&server, "alice", 7..10));
    assert_eq!(audit_ids(&after), ["1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    let last = watch(&server, "user:alice", Some(&after[7].id), 1, || {});
    assert_eq!(audit_ids(&last), ["9"]);
}

#[test]
fn a_reader_that_was_killed_with_the_server_misses_nothing_that_was_acknowledged() {
    let mut server = Server::spawn();
    let first = watch(&server, "user:alice", None, 1, || post(&server, "alice", 0..1));
    let mut last_id = first[0].id.clone();
    for round in 1..4 {
        let (from, to) = (round * 100, round * 100 + 50);
        post(&server, "alice", from..to);
        server.kill();
        server.start();
        let seen = watch(&server, "user:alice", Some(&last_id), 50, || {});
        let expected: Vec<_> = (from..to).map(|number| number.to_string()).collect();
        assert_eq!(audit_ids(&seen), expected);
        last_id.clone_from(&seen[49].id);
    }
}

#[test]
fn a_reader_that_comes_back_too_late_for_the_journal_is_shown_what_the_index_has() {
    let mut server = Server::builder().set("journal.segment_bytes", "64KiB").start();
    let first = watch(&server, "user:alice", None, 2, || post(&server, "alice", 0..2));
    post(&server, "alice", 2..5);
    // So much that the journal gives back what was before, and the memory for the newest records too after a restart.
    post(&server, "bob", 1000..1400);
    server.api().wait_until_searchable();
    wait_until("the journal has given back what the index has", || {
        post(&server, "bob", 2000..2001);
        server.api().get("/api/v1/status", &[]).json()["journal"]["first"].as_u64() > Some(5)
    });
    server.restart();
    let (position, _) = first[1].id.split_once('-').expect("an id has two parts");
    let then = taffrail_tests::micros(b"2026-11-23T16:00:02.000000Z").expect("a time") + 180_000_000;
    let id = format!("{position}-{then}");
    let after = watch(&server, "user:alice", Some(&id), 5, || {
        server.api().wait_until_searchable();
        post(&server, "alice", 4..6);
    });
    assert_eq!((after[0].event.as_str(), &after[0].data["missed"]), ("lag", &Value::Null));
    assert_eq!(audit_ids(&after[1..]), ["2", "3", "4", "5"]);
    // Cut off in the middle, it would have begun anew.
    assert_eq!([&after[1].id, &after[3].id], [&id, &id]);
    let (position, _) = after[4].id.split_once('-').expect("an id has two parts");
    assert!(position.parse::<u64>().expect("a number") > 400, "{}", after[4].id);
}

#[test]
fn a_reader_that_takes_nothing_holds_nothing_up_and_is_told_what_it_missed() {
    let server = Server::spawn();
    let large = samples::unpacked("audit/scenario-typical-policy.jsonl.gz");
    let large = samples::split_lines(&large);
    let mut missed = None;
    let mut connection = Connection::open(server.api_addr()).expect("connect");
    connection.send_head("GET", "/api/v1/tail", &[]).expect("ask");
    let head = connection.read_response_head().expect("an answer");
    // Far more than the sockets between the two and the memory for the newest records hold.
    for round in 0..8 {
        let cluster = format!("c{round}");
        let started = Instant::now();
        server.post_ok(&cluster, &large.join(&b'\n'));
        assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    }
    server.api().wait_until_searchable();
    let mut lines =
        BufReader::new(connection.body_of(&head).expect("a body")).lines().map(|line| line.expect("a line"));
    while missed.is_none() {
        let message = next(&mut lines);
        missed = (message.event == "lag").then_some(message.data);
    }
    let missed = missed.expect("it is told");
    assert!(missed["missed"].as_u64() > Some(0), "{missed}");
    assert!(missed["from"].is_string() && missed["to"].is_string(), "{missed}");
}

#[test]
fn a_stop_ends_the_streams() {
    let mut server = Server::spawn();
    let mut connection = Connection::open(server.api_addr()).expect("connect");
    connection.send_head("GET", "/api/v1/tail", &[]).expect("ask");
    let head = connection.read_response_head().expect("an answer");
    let started = Instant::now();
    server.stop();
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    let mut rest = Vec::new();
    connection.body_of(&head).expect("a body").read_to_end(&mut rest).expect("the stream ends in good order");
}

#[test]
fn the_command_shows_events_until_it_has_seen_enough() {
    let server = Server::spawn();
    let url = format!("http://{}", server.api_addr());
    let mut command = server.command();
    command = std::process::Command::new(command.get_program());
    command.args(["tail", "--server", &url, "--limit", "2", "-o", "ndjson", "user:alice", "-verb:list"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("start it");
    let (sender, ended) = channel();
    std::thread::spawn(move || sender.send(child.wait_with_output().expect("wait for it")));
    // It shows what comes after it has come: until then more comes.
    let mut number = 0;
    let mut output = None;
    wait_until("the command has seen two events", || {
        post(&server, "alice", number..number + 1);
        number += 1;
        output = ended.recv_timeout(Duration::from_millis(20)).ok();
        output.is_some()
    });
    let output = output.expect("it has ended");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines: Vec<Value> = String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line of JSON"))
        .collect();
    assert_eq!(lines.len(), 2);
    assert!(lines.iter().all(|event| event["actor"]["name"] == "alice"));
}

#[test]
fn wrong_questions_are_refused_before_the_stream_begins() {
    let server = Server::spawn();
    let api = server.api();
    assert_eq!(api.get("/api/v1/tail", &[("q", "nosuch:x")]).status, 400);
    assert_eq!(api.get("/api/v1/tail", &[("from", "now")]).status, 400);
    let mut connection = Connection::open(server.api_addr()).expect("connect");
    connection.send_request("GET", "/api/v1/tail", &["Last-Event-ID: nonsense"], b"").expect("ask");
    let answer = connection.read_response().expect("an answer");
    assert_eq!((answer.status, &answer.json()["code"]), (400, &"bad_cursor".into()));
}
