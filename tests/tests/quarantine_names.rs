//! Whom a pod under quarantine spoke with, by name: by the real program, against the ground truth of `samples/story-dns`, which is
//! constructed, and on what is recorded in `samples/story`.

use std::collections::BTreeMap;

use serde_json::Value;
use taffrail_tests::{Random, Server, list, samples, text};

const AUDIT: &str = "story-dns/audit.constructed.jsonl";
const FLOWS: &str = "story-dns/flows.constructed.jsonl";
const NAMES: &str = "story-dns/dns.constructed.jsonl";
const KERNEL: &str = "story-dns/kern.constructed.log";
const TRUTH: &str = "story-dns/truth.jsonl";
const ALL: [&str; 4] = [AUDIT, FLOWS, NAMES, KERNEL];

const STORY: &str = "/api/v1/quarantine/prod/default/attacker";

const NAME_SERVER: &str = "to service kube-system/kube-dns via pod coredns-5d78c9869d-abcde:53/udp";
const VOTE: &str = "to service vote/vote via pod vote-7d9c6f5b8c-k2x9p:8080/tcp";
const API: &str = "to Kubernetes API:6443/tcp";
const INTERNET: &str = "to 34.223.124.45 (neverssl.com):80/tcp";
const MONITOR: &str = "from node worker-2:8080/tcp";

fn send(server: &Server, of: &str, body: &[u8]) {
    let path = if of.contains("audit") { "/v1/audit/prod" } else { "/v1/flows/prod" };
    let response = server.ingest().post(path, body).expect("the server answers");
    assert_eq!(response.status, 200, "{}", response.text());
}

/// What a server that was sent these tells.
fn told(names: &[&str]) -> Value {
    let server = Server::builder().start();
    names.iter().for_each(|name| send(&server, name, &samples::unpacked(name)));
    server.api().wait_until_searchable();
    server.api().read(STORY, &[])
}

/// How many attempts were allowed, denied and only seen, by direction, peer, port and protocol.
fn attempts(story: &Value) -> BTreeMap<String, [u64; 3]> {
    let attempt = |attempt: &Value| {
        let way = if attempt["direction"] == "egress" { "to" } else { "from" };
        let (peer, protocol) = (text(attempt, "/peer"), text(attempt, "/protocol"));
        let counts = ["allowed", "denied", "observed"]
            .map(|count| attempt[count].as_u64().expect("counts are numbers"));
        (format!("{way} {peer}:{}/{protocol}", attempt["port"]), counts)
    };
    list(story, "attempts").iter().map(attempt).collect()
}

/// The same by the ground truth.
fn truth() -> BTreeMap<String, [u64; 3]> {
    let mut attempts: BTreeMap<String, [u64; 3]> = BTreeMap::new();
    for line in samples::lines(TRUTH) {
        let tried: Value = serde_json::from_slice(&line).expect("the truth is JSON");
        let (way, peer) = match text(&tried, "/from") {
            "default/attacker" => ("to", text(&tried, "/to")),
            other => ("from", other),
        };
        let key = format!("{way} {peer}:{}/{}", tried["port"], text(&tried, "/protocol"));
        let [allowed, denied, _] = attempts.entry(key).or_default();
        *if tried["connected"] == true { allowed } else { denied } += 1;
    }
    attempts
}

fn counts(of: &[(&str, [u64; 3])]) -> BTreeMap<String, [u64; 3]> {
    of.iter().map(|(peer, counts)| ((*peer).to_owned(), *counts)).collect()
}

fn advises(story: &Value, what: &str) -> bool {
    list(story, "advice").iter().any(|advice| advice.as_str().is_some_and(|text| text.contains(what)))
}

#[test]
fn peers_have_their_names_of_then() {
    let story = told(&ALL);
    assert_eq!(attempts(&story), truth());
    assert_eq!(
        truth(),
        counts(&[
            (NAME_SERVER, [16, 3, 0]),
            (VOTE, [2, 1, 0]),
            (API, [2, 1, 0]),
            (INTERNET, [2, 1, 0]),
            (MONITOR, [2, 1, 0]),
        ])
    );
    let [quarantine] = list(&story, "quarantines") else { panic!("one quarantine: {story}") };
    assert_eq!((text(quarantine, "/policy"), &quarantine["attempts"]), ("security.quarantine", &7.into()));
    assert_eq!(story["coverage"]["partial"], false);
    let peer = |peer: &str| {
        let found = list(&story, "attempts").iter().find(|attempt| text(attempt, "/peer") == peer);
        let peer = &found.unwrap_or_else(|| panic!("no {peer}: {story}"))["peer_ref"];
        ["kind", "namespace", "name", "service", "domain"].map(|part| peer[part].as_str().unwrap())
    };
    assert_eq!(
        peer("service vote/vote via pod vote-7d9c6f5b8c-k2x9p"),
        ["pod", "vote", "vote-7d9c6f5b8c-k2x9p", "vote/vote", ""]
    );
    assert_eq!(peer("Kubernetes API"), ["service", "default", "kubernetes", "default/kubernetes", ""]);
    assert_eq!(peer("34.223.124.45 (neverssl.com)"), ["public", "", "", "", "neverssl.com"]);
    assert_eq!(peer("node worker-2"), ["host", "", "worker-2", "", ""]);
    // Lines of the kernel say addresses only: the pod behind the Service, and nobody who had its address before.
    let lines: Vec<&str> = list(&story, "events")
        .iter()
        .filter(|row| row["event"]["flow"]["format"] == "calico.log")
        .map(|row| text(row, "/event/summary"))
        .collect();
    assert_eq!(lines.len(), 20);
    for part in [
        "default/attacker to vote/vote-7d9c6f5b8c-k2x9p:8080 over tcp: denied",
        "default/attacker to Kubernetes API:6443 over tcp: denied",
        "default/attacker to 34.223.124.45 (neverssl.com):80 over tcp: denied",
        "worker-2 to default/attacker:8080 over tcp: denied",
        "default/attacker to kube-system/coredns-5d78c9869d-abcde:53 over udp: denied",
    ] {
        assert!(lines.iter().any(|line| line.contains(part)), "{part}: {lines:#?}");
    }
    // What it looked up stands in the story.
    let looked_up = "default/attacker looked up neverssl.com (A): 34.223.124.45";
    let rows = list(&story, "events").iter().filter(|row| text(row, "/event/summary") == looked_up);
    assert_eq!(rows.map(|row| text(row, "/phase")).collect::<Vec<_>>(), ["before", "after"]);
    assert!(advises(&story, "name lookups of the pod are denied"), "{}", story["advice"]);
    assert_eq!(list(&story, "advice").len(), 1, "{}", story["advice"]);
}

#[test]
fn each_source_that_is_missing_changes_only_what_it_must() {
    let without = |missing: &str| told(&ALL.into_iter().filter(|name| *name != missing).collect::<Vec<_>>());
    let no_names = without(NAMES);
    let mut expected = truth();
    let internet = expected.remove(INTERNET).unwrap();
    expected.insert("to 34.223.124.45:80/tcp".to_owned(), internet);
    assert_eq!(attempts(&no_names), expected);
    assert!(advises(&no_names, "no DNS log of it was received"), "{}", no_names["advice"]);
    assert!(advises(&no_names, "name lookups of the pod are denied"));

    let no_lines = without(KERNEL);
    assert_eq!(attempts(&no_lines), truth());
    assert!(advises(&no_lines, "no kernel log lines"), "{}", no_lines["advice"]);

    // Lines alone: each was seen, nobody says what became of it; the names are those of the audit events and the DNS log.
    let no_flows = without(FLOWS);
    assert_eq!(
        attempts(&no_flows),
        counts(&[
            (NAME_SERVER, [0, 0, 3]),
            (VOTE, [0, 0, 1]),
            (API, [0, 0, 1]),
            (INTERNET, [0, 0, 1]),
            (MONITOR, [0, 0, 1]),
        ])
    );
    assert!(advises(&no_flows, "no flow records"), "{}", no_flows["advice"]);

    // Without audit events nobody knows of a quarantine.
    let server = Server::builder().start();
    [FLOWS, NAMES, KERNEL].iter().for_each(|name| send(&server, name, &samples::unpacked(name)));
    server.api().wait_until_searchable();
    assert_eq!(server.api().get(STORY, &[]).status, 404);
}

#[test]
fn audit_events_that_are_missing_leave_addresses() {
    let server = Server::builder().start();
    let is_kept = |line: &Vec<u8>| {
        let event: Value = serde_json::from_slice(line).expect("events are JSON");
        let [resource, namespace, name] =
            ["resource", "namespace", "name"].map(|part| event["objectRef"][part].as_str().unwrap_or(""));
        resource != "nodes" && namespace != "monitoring" && name != "kubernetes"
    };
    let audit: Vec<Vec<u8>> = samples::lines(AUDIT).into_iter().filter(is_kept).collect();
    send(&server, AUDIT, &audit.join(&b'\n'));
    [NAMES, KERNEL].iter().for_each(|name| send(&server, name, &samples::unpacked(name)));
    server.api().wait_until_searchable();
    let story = server.api().read(STORY, &[]);
    assert_eq!(
        attempts(&story),
        counts(&[
            (NAME_SERVER, [0, 0, 3]),
            (VOTE, [0, 0, 1]),
            ("to 172.18.0.2:6443/tcp", [0, 0, 1]),
            (INTERNET, [0, 0, 1]),
            ("from 172.18.0.4:8080/tcp", [0, 0, 1]),
        ])
    );
    assert!(
        advises(&story, "172.18.0.2 (and 1 more) belonged to nothing that was audited"),
        "{}",
        story["advice"]
    );
}

/// Another pod is seen with the address, and nobody saw the first one lose it.
#[test]
fn an_address_with_two_owners_is_nobodys() {
    let server = Server::builder().start();
    let audit = samples::lines(AUDIT);
    let doubled = audit.iter().filter(|line| {
        let line = String::from_utf8_lossy(line);
        line.contains("vote-7d9c6f5b8c-k2x9p") && line.contains(r#""resource":"pods""#)
    });
    let doubled: Vec<Vec<u8>> = doubled
        .map(|line| {
            let line = String::from_utf8_lossy(line);
            let line = line.replace("k2x9p", "zzzzz").replace(r#""auditID":""#, r#""auditID":"2"#);
            line.replace(r#""uid":""#, r#""uid":"2"#).into_bytes()
        })
        .collect();
    assert_eq!(doubled.len(), 3, "created, bound and given its address");
    send(&server, AUDIT, &[audit, doubled].concat().join(&b'\n'));
    [NAMES, KERNEL].iter().for_each(|name| send(&server, name, &samples::unpacked(name)));
    server.api().wait_until_searchable();
    let story = server.api().read(STORY, &[]);
    assert_eq!(attempts(&story)["to 10.244.2.40:8080/tcp"], [0, 0, 1]);
    assert!(advises(&story, "10.244.2.40 belonged to several objects at one time"), "{}", story["advice"]);
    let is_ambiguous = |row: &&Value| row["event"]["flow"]["destination"]["resolved_by"] == "ambiguous";
    assert_eq!(list(&story, "events").iter().filter(is_ambiguous).count(), 2);
}

#[test]
fn the_order_of_arrival_does_not_matter() {
    let essence = |mut story: Value| {
        for row in story["events"].as_array_mut().expect("events is a list") {
            row["event"]["received"] = Value::Null;
        }
        ["quarantines", "attempts", "events", "advice"].map(|member| story[member].take())
    };
    let expected = essence(told(&ALL));
    for seed in [1, 2, 3] {
        let mut records: Vec<(&str, Vec<u8>)> = ALL
            .into_iter()
            .flat_map(|name| samples::lines(name).into_iter().map(move |line| (name, line)))
            .collect();
        let mut random = Random::new(seed);
        for last in (1..records.len()).rev() {
            records.swap(last, random.below(last + 1));
        }
        let server = Server::builder().start();
        records.iter().for_each(|(name, record)| send(&server, name, record));
        server.api().wait_until_searchable();
        assert_eq!(essence(server.api().read(STORY, &[])), expected, "seed {seed}");
    }
}

/// The recorded story: a real API server's Services, Endpoints and EndpointSlices.
#[test]
fn the_recorded_story_has_names_too() {
    let server = Server::builder().start();
    for name in ["story/audit.jsonl.gz", "story/flows.jsonl", "story/kern.log"] {
        send(&server, name, &samples::unpacked(name));
    }
    server.api().wait_until_searchable();
    let story = server.api().read(STORY, &[]);
    assert_eq!(
        attempts(&story),
        counts(&[
            ("to service vote/vote via pod vote-ff69c7947-kmqdm:80/tcp", [2, 1, 0]),
            ("to Kubernetes API:443/tcp", [2, 1, 0]),
            ("to 34.223.124.45:80/tcp", [2, 1, 0]),
            ("from pod vote/vote-ff69c7947-kmqdm:8080/tcp", [2, 1, 0]),
        ])
    );
}
