//! The story of a pod under quarantine, by the real program, against its ground truth (`samples/story`).
//!
//! The API server's records and the kernel's lines are recorded; the exported flows are constructed from the connections that
//! were really tried.

use std::path::PathBuf;

use serde_json::Value;
use taffrail_tests::{Server, cli, list, samples, text};
use tempfile::TempDir;

const AUDIT: &str = "story/audit.jsonl.gz";
const KERNEL: &str = "story/kern.log";
const EXPORTED: &str = "story/flows.jsonl";
const STORY: &str = "/api/v1/quarantine/prod/default/attacker";

fn send(server: &Server, name: &str) {
    let path = if name == AUDIT { "/v1/audit/prod" } else { "/v1/flows/prod" };
    let response = server.ingest().post(path, &samples::unpacked(name)).expect("the server answers");
    assert_eq!(response.status, 200, "{}", response.text());
}

/// What a server that was sent these, in this order, tells.
fn told(names: &[&str]) -> Value {
    let server = Server::builder().start();
    names.iter().for_each(|name| send(&server, name));
    server.api().wait_until_searchable();
    server.api().read(STORY, &[])
}

/// Direction, peer and port, and how many were allowed, denied and only seen.
fn attempts(story: &Value) -> Vec<String> {
    let mut attempts: Vec<String> = list(story, "attempts")
        .iter()
        .map(|attempt| {
            let (ip, direction) = (text(attempt, "/peer_ref/ip"), text(attempt, "/direction"));
            let counts = ["allowed", "denied", "observed"].map(|count| attempt[count].to_string()).join("+");
            format!("{direction} {ip}:{} {counts}", attempt["port"])
        })
        .collect();
    attempts.sort();
    attempts
}

/// Phase and summary of the rows that are no flows.
fn deeds(story: &Value) -> Vec<String> {
    let rows = list(story, "events").iter().filter(|row| row["event"]["kind"] == "audit");
    rows.map(|row| format!("{}: {}", text(row, "/phase"), text(row, "/event/summary"))).collect()
}

#[test]
fn the_story_is_what_happened() {
    let story = told(&[AUDIT, KERNEL, EXPORTED]);
    let [quarantine] = list(&story, "quarantines") else { panic!("one quarantine: {story}") };
    assert_eq!(text(quarantine, "/since"), "2026-11-23T16:24:54.763000Z");
    assert_eq!(text(quarantine, "/until"), "2026-11-23T16:25:06.956036Z");
    assert_eq!((text(quarantine, "/by/name"), text(quarantine, "/released_by/name")), ("alice", "alice"));
    assert_eq!((text(quarantine, "/policy"), &quarantine["deleted"]), ("security.quarantine", &false.into()));
    // Twelve: four before, four denied, four after.
    assert_eq!(
        attempts(&story),
        [
            "egress 10.244.1.3:80 2+1+0",
            "egress 10.96.0.1:443 2+1+0",
            "egress 34.223.124.45:80 2+1+0",
            "ingress 10.244.1.3:8080 2+1+0",
        ]
    );
    let deeds = deeds(&story);
    let of = |what: &str| deeds.iter().filter(|deed| deed.contains(what)).count();
    assert_eq!(of("before: alice created pod default/attacker"), 1, "{deeds:#?}");
    assert_eq!(of("quarantined: alice set label quarantine=true on pod default/attacker"), 1, "{deeds:#?}");
    assert_eq!(of("after: alice removed label quarantine"), 1, "{deeds:#?}");
    // What Calico's API server writes once more is told once.
    let created = ["created tier security", "created globalnetworkpolicy security.quarantine"].map(of);
    assert_eq!(created, [1, 1], "{deeds:#?}");
    let rows = list(&story, "events");
    let lines = rows.iter().filter(|row| row["event"]["flow"]["format"] == "calico.log");
    let lines: Vec<&Value> = lines.collect();
    assert_eq!(lines.len(), 8);
    for line in lines {
        assert_eq!(text(line, "/phase"), "quarantined");
        // Resolved to the pod that had the address, and to the policy of the record of that interval.
        let flow = &line["event"]["flow"];
        let is_it = |side: &str| flow[side]["pod"] == "attacker" && flow[side]["resolved_by"] == "address";
        assert!(is_it("source") || is_it("destination"), "{flow}");
        assert_eq!(
            (text(flow, "/policy/name"), text(flow, "/effective_verdict")),
            ("security.quarantine", "denied")
        );
    }
    assert_eq!(quarantine["attempts"], 4);
    // Denied in the interval in which the label was set: afterwards.
    let is_denied = |row: &&Value| row["event"]["flow"]["verdict"] == "denied";
    let denied: Vec<&Value> = rows.iter().filter(is_denied).collect();
    assert!(denied.len() == 4 && denied.iter().all(|row| row["phase"] == "quarantined"), "{denied:#?}");
    assert_eq!(denied.iter().filter(|row| row["spans_change"] == true).count(), 4);
    // What the sender let pass and the receiver denied was denied: eight packets, four records and one of a sender.
    let of_phase = |phase: &str, verdict: &str| {
        let flows = rows.iter().filter(|row| row["phase"] == phase);
        flows.filter(|row| row["event"]["flow"]["effective_verdict"] == verdict).count()
    };
    assert_eq!((of_phase("quarantined", "denied"), of_phase("quarantined", "allowed")), (13, 0));
    assert_eq!((of_phase("after", "denied"), of_phase("after", "allowed")), (0, 6));
    assert_eq!(list(&story, "advice"), [] as [Value; 0]);
}

#[test]
fn the_order_of_arrival_does_not_matter() {
    let essence = |mut story: Value| {
        for row in story["events"].as_array_mut().expect("events is a list") {
            row["event"]["received"] = Value::Null;
        }
        ["quarantines", "attempts", "events"].map(|member| story[member].take())
    };
    let first = essence(told(&[AUDIT, KERNEL, EXPORTED]));
    assert_eq!(essence(told(&[EXPORTED, KERNEL, AUDIT])), first);
}

#[test]
fn what_is_missing_is_said() {
    let advised = |story: &Value, what: &str| {
        let advice = list(story, "advice");
        assert!(
            advice.iter().any(|advice| advice.as_str().is_some_and(|text| text.contains(what))),
            "{what}: {advice:?}"
        );
    };
    let without_lines = told(&[AUDIT, EXPORTED]);
    advised(&without_lines, "no kernel log lines");
    assert_eq!(attempts(&without_lines)[0], "egress 10.244.1.3:80 2+1+0");
    let without_records = told(&[AUDIT, KERNEL]);
    advised(&without_records, "no flow records");
    assert_eq!(attempts(&without_records)[0], "egress 10.244.1.3:80 0+0+1");
    let server = Server::builder().start();
    send(&server, KERNEL);
    send(&server, EXPORTED);
    server.api().wait_until_searchable();
    assert_eq!(server.api().get(STORY, &[]).status, 404);
    assert_eq!(list(&server.api().read("/api/v1/quarantine", &[]), "quarantines"), [] as [Value; 0]);
}

#[test]
fn the_command_line_tells_it_too() {
    let folder = TempDir::with_prefix("taffrail-").expect("create a temporary directory");
    let data = folder.path().join("data");
    let files = [AUDIT, KERNEL, EXPORTED].map(samples::path);
    let files: Vec<_> = files.iter().map(PathBuf::as_path).collect();
    cli::import(&data, "prod", &files).ok();
    let data = data.to_str().expect("the path is UTF-8");
    let listed = cli::taffrail(&["quarantine", "list", "--data", data, "--tz", "UTC"]).ok().stdout;
    for part in ["default/attacker", "2026-11-23 16:24:54", "alice", "security.quarantine"] {
        assert!(listed.contains(part), "{part}: {listed}");
    }
    let shown = cli::taffrail(&["quarantine", "show", "attacker", "--data", data, "--tz", "UTC"]).ok().stdout;
    for part in [
        "was under quarantine from 2026-11-23 16:24:54, when alice set the label",
        "security.quarantine denied its traffic",
        "When the label was set, the policies contained it:",
        "egress is denied by GlobalNetworkPolicy security.quarantine (tier security)",
        "from pod vote/vote-ff69c7947-kmqdm",
        "Before:",
        "Under quarantine:",
        "After:",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let other = cli::taffrail(&["quarantine", "show", "nobody", "--data", data]);
    assert_eq!(other.code, 1, "{}", other.stderr);
}

/// CONSTRUCTED after the first exported record: attempts of the pod in the hour after its release, each from a port of its own, to
/// forty addresses and two ports of each.
fn attempts_afterwards(count: i64) -> Vec<u8> {
    let first = samples::lines(EXPORTED).swap_remove(0);
    let mut record: Value = serde_json::from_slice(&first).expect("a record is JSON");
    let lines = (0..count).map(|number| {
        let start = 1_795_451_200 + number * 3_000 / count;
        record["start_time"] = start.into();
        record["end_time"] = (start + 1).into();
        record["source_port"] = (20_000 + number).into();
        record["dest_ip"] = format!("192.0.2.{}", 1 + number % 40).into();
        record["dest_port"] = if number % 2 == 0 { 80 } else { 443 }.into();
        for unknown in ["dest_name", "dest_name_aggr", "dest_namespace"] {
            record[unknown] = "-".into();
        }
        record["dest_type"] = "net".into();
        format!("{record}\n")
    });
    lines.collect::<String>().into_bytes()
}

#[test]
fn thousands_of_flows_are_rolled_up_and_none_is_lost() {
    const COUNT: i64 = 6_000;
    let server = Server::builder().start();
    [AUDIT, KERNEL, EXPORTED].iter().for_each(|name| send(&server, name));
    let response = server.ingest().post("/v1/flows/prod", &attempts_afterwards(COUNT)).expect("it answers");
    assert_eq!(response.status, 200, "{}", response.text());
    server.api().wait_until_searchable();

    let mut rows = Vec::new();
    let mut cursor: Option<String> = None;
    let mut pages = 0;
    loop {
        let mut asked = vec![("after", "2h")];
        asked.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let story = server.api().read(STORY, &asked);
        assert!(list(&story, "events").len() <= 2_000);
        rows.extend(list(&story, "events").iter().cloned());
        pages += 1;
        // The quarantine and what was tried are those of the whole story on every page.
        assert_eq!(story["quarantines"][0]["attempts"], 4, "{}", story["quarantines"]);
        let tried: u64 =
            list(&story, "attempts").iter().filter_map(|attempt| attempt["allowed"].as_u64()).sum();
        assert_eq!(tried, 8 + COUNT as u64);
        match story["next"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => {
                assert_eq!(story["events_total"], rows.len());
                break;
            }
        }
    }
    assert!(pages > 1, "there are {} rows", rows.len());
    let times: Vec<_> = rows.iter().filter_map(|row| row["time"].as_str()).collect();
    assert!(times.is_sorted());
    let rolled: Vec<_> = rows.iter().filter(|row| row["rolled_up"].is_object()).collect();
    let flows: u64 = rolled.iter().filter_map(|row| row["rolled_up"]["flows"].as_u64()).sum();
    let told = samples::lines(EXPORTED).len() + samples::lines(KERNEL).len();
    assert_eq!(flows, COUNT as u64 + told as u64);
    // What people did stays row by row.
    assert_eq!(rows.iter().filter(|row| row["event"]["verb"] == "patch").count(), 2);

    let url = format!("http://{}", server.api_addr());
    let show = ["quarantine", "show", "attacker", "-n", "default", "--after", "2h", "--server", &url];
    let printed = cli::taffrail(&[&show[..], &["-o", "ndjson"]].concat()).ok().json_lines();
    assert_eq!(printed, rows);
    let table = cli::taffrail(&show).ok();
    assert!(table.stdout.contains("flows to 192.0.2.1, 80/tcp: allowed"), "{}", table.stdout);
    assert!(table.stderr.contains("more are shown by -o ndjson"), "{}", table.stderr);
}
