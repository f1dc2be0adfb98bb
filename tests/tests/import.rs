//! `taffrail import`: every form of file, once, with and without a server.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use taffrail_tests::{Server, cli, oracle, samples};
use tempfile::TempDir;

fn temp() -> TempDir {
    TempDir::with_prefix("taffrail-").expect("create a temporary directory")
}

fn scenario() -> PathBuf {
    samples::path("audit/scenario.jsonl.gz")
}

/// What everyone must find in the scenario, sorted.
fn expected() -> Vec<String> {
    let mut identities: Vec<_> = oracle::fold(&samples::lines("audit/scenario.jsonl.gz"))
        .iter()
        .map(oracle::Document::identity)
        .collect();
    identities.sort();
    identities
}

fn identities(events: &[Value]) -> Vec<String> {
    let mut identities: Vec<_> = events.iter().map(oracle::identity_of).collect();
    identities.sort();
    identities
}

#[test]
fn an_import_is_found_by_the_command_line_and_by_a_server() {
    let folder = temp();
    let data = folder.path().join("data");
    let done = cli::import(&data, "lab", &[&scenario()]).ok();
    assert!(
        done.stdout.contains("5,965") || done.stdout.contains("5965"),
        "says what it read: {}",
        done.stdout
    );
    assert_eq!(identities(&cli::search(&data, "cluster:lab").ok().json_lines()), expected());
    let server = Server::builder().data(&data).start();
    assert_eq!(identities(&server.api().exported("")), expected());
}

#[test]
fn importing_twice_adds_nothing_whatever_came_between() {
    let mut server = Server::builder().stopped();
    cli::import(server.data(), "lab", &[&scenario()]).ok();
    cli::import(server.data(), "lab", &[&scenario()]).ok();
    assert_eq!(cli::search(server.data(), "").ok().stdout.lines().count(), expected().len());
    // A server, with events of another time, in between.
    server.start();
    server.post_ok("lab", &samples::unpacked("audit/delete-finalizer-ssa-crd.jsonl.gz"));
    server.stop();
    cli::import(server.data(), "lab", &[&scenario()]).ok();
    server.start();
    assert_eq!(server.api().total(""), expected().len() as u64 + 40);
    // And through the webhook.
    server.post_ok("lab", &samples::unpacked("audit/scenario.jsonl.gz"));
    server.api().wait_until_searchable();
    assert_eq!(server.api().total(""), expected().len() as u64 + 40);
    // Another cluster's copy is not the same.
    server.stop();
    cli::import(server.data(), "other", &[&scenario()]).ok();
    assert_eq!(cli::search(server.data(), "cluster:other").ok().stdout.lines().count(), expected().len());
}

#[test]
fn every_form_of_file_gives_the_same() {
    let folder = temp();
    let lines = samples::unpacked("audit/scenario.jsonl.gz");
    let split = samples::split_lines(&lines);
    let write = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, content).expect("write a file");
        path
    };
    let forms = [
        scenario(),
        write("plain.log", &lines),
        write("no-name", &zstd::bulk::compress(&lines, 3).expect("memory takes everything")),
        write("list.json", &samples::event_list(&split)),
        write("array.json", &[b"[", split.join(&b","[..]).as_slice(), b"]"].concat()),
    ];
    for form in &forms {
        let data = temp();
        cli::import(data.path(), "lab", &[form]).ok();
        let found = cli::search(data.path(), "").ok().json_lines();
        assert_eq!(identities(&found), expected(), "{}", form.display());
    }
    let data = temp();
    let arguments = ["import", "--cluster", "lab", "--data", data.path().to_str().expect("UTF-8"), "-"];
    cli::with_input(&arguments, &lines).ok();
    assert_eq!(identities(&cli::search(data.path(), "").ok().json_lines()), expected());

    // Several files, in whatever order, with a piece of one twice.
    let (first, second) = split.split_at(3000);
    let (first, second) = (first.join(&b"\n"[..]), second.join(&b"\n"[..]));
    let (first, second) = (write("1.jsonl", &first), write("2.jsonl", &second));
    let data = temp();
    cli::import(data.path(), "lab", &[&second, &first, &second]).ok();
    assert_eq!(identities(&cli::search(data.path(), "").ok().json_lines()), expected());
}

#[test]
fn an_import_while_a_server_runs_goes_through_it() {
    let server = Server::spawn();
    let done = cli::import(server.data(), "lab", &[&scenario()]);
    if done.code == 0 {
        server.api().wait_until_searchable();
        server.api().wait_for_total("", expected().len() as u64);
        return;
    }
    // Or it says how.
    assert_eq!(done.code, 3, "{}", done.stderr);
    assert!(done.stderr.contains("--server"), "{}", done.stderr);
}

#[test]
fn an_import_to_a_server_by_its_address() {
    // It does not know where the API is, and asks here how far the index has come.
    let server = Server::builder().expect_log("/api/v1/status").start();
    let url = format!("http://{}", server.ingest_addr());
    let file = scenario();
    let arguments = ["import", "--cluster", "lab", "--server", &url, file.to_str().expect("UTF-8")];
    cli::taffrail(&arguments).ok();
    server.api().wait_until_searchable();
    server.api().wait_for_total("-result:pending", expected().len() as u64);
    assert_eq!(identities(&server.api().exported("")), expected());
}

/// Whole events of 300 bytes or so, as lines.
fn small_events(count: usize) -> Vec<Vec<u8>> {
    let lines = samples::lines("audit/scenario.jsonl.gz").into_iter();
    lines.filter(|line| memchr::memmem::find(line, b"ResponseComplete").is_some()).take(count).collect()
}

#[test]
fn broken_and_huge_parts_come_through_a_server_as_they_are() {
    let folder = temp();
    let mut parts = small_events(50);
    // Larger than what is kept of a broken part, so that its size and hash are those of all of it or wrong.
    let broken = format!(r#"{{"kind":"Event","requestObject":{{"data":"{}"}},}}"#, "x".repeat(200_000));
    parts.insert(20, broken.into_bytes());
    let event = r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Request","auditID":"huge""#;
    let rest = r#""stage":"ResponseComplete","requestReceivedTimestamp":"2026-11-23T16:11:23.418577Z""#;
    let huge = format!(r#"{event},{rest},"requestObject":{{"data":"{}"}}}}"#, "x".repeat(300_000));
    parts.insert(30, huge.into_bytes());
    for (name, bytes) in [
        ("lines", parts.join(&b"\n"[..])),
        ("list", [b"[\n", parts.join(&b",\n"[..]).as_slice(), b"]"].concat()),
    ] {
        let file = folder.path().join(name);
        fs::write(&file, bytes).expect("write a file");
        let server =
            Server::builder().set("ingest.max_event_bytes", "64KiB").expect_log("bodies were cut").start();
        let url = format!("http://{}", server.api_addr());
        let file = file.to_str().expect("UTF-8");
        cli::taffrail(&["import", "--cluster", "lab", "--server", &url, file]).ok();
        server.api().wait_for_total("kind:audit", 51);
        assert!(server.log().holds("bodies were cut"), "{name}: it is stored as if it had been sent so");
        let direct = folder.path().join(format!("{name}-direct"));
        cli::import(&direct, "lab", &[file.as_ref()]).ok();
        let letters = |option: &str, place: &str| {
            let listed = cli::taffrail(&["deadletters", option, place, "-o", "ndjson"]).ok().json_lines();
            // Excerpts are masked under the key of each directory.
            let known = |letter: &Value| ["id", "size", "sha256"].map(|key| letter[key].clone());
            listed.iter().map(known).collect::<Vec<_>>()
        };
        let sent = letters("--server", &url);
        assert_eq!(sent, letters("--data", direct.to_str().expect("UTF-8")), "{name}");
        assert!(sent.len() == 1 && sent[0][1].as_u64() > Some(200_000), "{name}: {sent:?}");
    }
}

#[test]
fn of_a_cut_file_all_that_came_before_is_sent_and_no_more_is_said_to_be() {
    let folder = temp();
    let whole = small_events(200).join(&b"\n"[..]);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    std::io::Write::write_all(&mut gzip, &whole).expect("memory takes everything");
    let bytes = gzip.finish().expect("memory takes everything");
    let file = folder.path().join("cut.gz");
    fs::write(&file, &bytes[..bytes.len() / 2]).expect("write a file");
    let expected = memchr::memchr_iter(b'\n', &whole[..bytes.len() / 2 - 100]).count() as u64;
    let server = Server::spawn();
    let url = format!("http://{}", server.api_addr());
    let file = file.to_str().expect("UTF-8");
    let done = cli::taffrail(&["import", "--cluster", "lab", "--server", &url, file]);
    assert_eq!(done.code, 3, "{}", done.stderr);
    server.api().wait_until_searchable();
    let found = server.api().total("");
    assert!((expected..=expected + 1).contains(&found), "{found} of {expected}");
    assert!(done.stderr.contains(&format!("(acknowledged in all: {found} records)")), "{}", done.stderr);
    assert!(done.stderr.contains("cut.gz at byte"), "{}", done.stderr);
}

#[test]
fn what_is_broken_in_a_file_costs_only_itself() {
    let folder = temp();
    let mut lines = samples::split_lines(&samples::unpacked("audit/scenario.jsonl.gz"));
    let middle = lines[1000].len() / 2;
    lines[1000].truncate(middle);
    lines.insert(2000, b"not json at all".to_vec());
    let cut_line = lines.len() - 1;
    let rest = lines[cut_line].len() - 10;
    lines[cut_line].truncate(rest);
    let file = folder.path().join("broken.jsonl");
    fs::write(&file, lines.join(&b"\n"[..])).expect("write a file");
    let data = folder.path().join("data");
    cli::import(&data, "lab", &[&file]).ok();
    let found = cli::search(&data, "").ok().stdout.lines().count();
    assert!(found >= expected().len() - 2, "{found}");
    let dead = cli::taffrail(&["deadletters", "--data", data.to_str().expect("UTF-8"), "-o", "ndjson"]).ok();
    assert_eq!(dead.stdout.lines().count(), 3, "{}", dead.stdout);
}

#[test]
fn what_cannot_be_imported_is_said_and_changes_nothing() {
    let folder = temp();
    let data = folder.path().join("data");
    let missing = folder.path().join("missing.jsonl");
    let done = cli::import(&data, "lab", &[&missing]);
    assert_eq!(done.code, 3, "{}", done.stderr);
    assert!(done.stderr.contains("missing.jsonl"), "{}", done.stderr);
    let done = cli::import(&data, "Not A Cluster", &[&scenario()]);
    assert_eq!(done.code, 2, "{}", done.stderr);
}
