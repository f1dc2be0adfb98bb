//! The reading commands as a user runs them: what they write where, and the code they end with.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use taffrail_tests::cli::{self, Finished, taffrail};
use taffrail_tests::{Binary, Server, samples};
use tempfile::TempDir;

/// A directory with a recorded story in it.
struct Story {
    folder: TempDir,
    data: PathBuf,
}

impl Story {
    fn new() -> Self {
        let folder = TempDir::with_prefix("taffrail-").expect("create a temporary directory");
        let data = folder.path().join("data");
        cli::import(&data, "lab", &[&samples::path("story/audit.jsonl.gz")]).ok();
        Self { folder, data }
    }

    /// Runs a reading command on the directory.
    fn run(&self, command: &[&str]) -> Finished {
        run_on("--data", &self.data.to_string_lossy(), command)
    }
}

fn run_on(option: &str, place: &str, command: &[&str]) -> Finished {
    let (name, rest) = command.split_first().expect("a command has a name");
    taffrail(&[&[*name, option, place], rest].concat())
}

fn events(body: &str) -> Vec<Value> {
    let body: Value = serde_json::from_str(body).unwrap_or_else(|error| panic!("{error} in {body}"));
    body["events"].as_array().expect("a body has events").clone()
}

#[test]
fn exit_codes() {
    let story = Story::new();
    let nowhere = story.folder.path().join("nowhere");
    let nowhere = nowhere.to_string_lossy();
    assert_eq!(story.run(&["search", "verb:get"]).code, 0);
    assert_eq!(story.run(&["search", "user:nobody"]).code, 1);
    assert_eq!(story.run(&["search", "usr:alice"]).code, 2);
    assert_eq!(story.run(&["search", "--since", "soon"]).code, 2);
    assert_eq!(story.run(&["search", "--tz", "Europe/Nowhere"]).code, 2);
    assert_eq!(story.run(&["search", "--limt", "3"]).code, 2);
    assert_eq!(story.run(&["export", "user:nobody"]).code, 1);
    assert_eq!(story.run(&["export", "user:nobody", "--format", "csv"]).code, 1);
    assert_eq!(story.run(&["top", "--by", "user"]).code, 0);
    assert_eq!(story.run(&["top", "--by", "uid"]).code, 2);
    assert_eq!(story.run(&["top", "user:nobody"]).code, 1);
    assert_eq!(story.run(&["status"]).code, 0);
    assert_eq!(story.run(&["deadletters"]).code, 1);
    assert_eq!(run_on("--data", &nowhere, &["search"]).code, 2);
    assert_eq!(run_on("--server", "127.0.0.1:1", &["search"]).code, 3);
    assert_eq!(run_on("--server", "https://127.0.0.1:1", &["search"]).code, 3);
    assert_eq!(run_on("--server", "ftp://127.0.0.1:1", &["search"]).code, 2);
}

#[test]
fn query_errors_show_the_place_and_nothing_on_standard_output() {
    let done = Story::new().run(&["search", "verb:get", "usr:ü"]);
    assert_eq!(done.stdout, "");
    assert!(done.stderr.contains("\n  verb:get usr:ü\n           ^^^\nhint: "), "{}", done.stderr);
}

#[test]
fn a_minus_is_a_word_wherever_it_stands() {
    let story = Story::new();
    let count = |words: &[&str]| {
        let command = [&["search", "-o", "ndjson", "--limit", "0"], words].concat();
        story.run(&command).stdout.lines().count()
    };
    let all = count(&[]);
    let gets = count(&["verb:get"]);
    assert!(gets > 0 && gets < all);
    assert_eq!(count(&["-verb:get"]), all - gets);
    assert_eq!(count(&["-verb:get", "--cluster", "lab"]), all - gets);
    assert_eq!(count(&["--", "-verb:get"]), all - gets);
    assert_eq!(count(&["verb:get", "-cluster:lab"]), 0);
}

#[test]
fn an_empty_answer_says_what_there_is() {
    let story = Story::new();
    let done = story.run(&["search", "verb:delete", "--since", "1h", "--tz", "Europe/Berlin"]);
    assert_eq!(done.stdout, "");
    assert!(done.stderr.contains("nothing found for verb:delete since "), "{}", done.stderr);
    assert!(done.stderr.contains("received: cluster lab, "), "{}", done.stderr);
    assert!(done.stderr.contains("(Europe/Berlin), all before that time"), "{}", done.stderr);
    assert!(done.stderr.contains("without the time range: 1 event"), "{}", done.stderr);
}

#[test]
fn tables_fit_and_hold_no_control_characters() {
    let story = Story::new();
    let adversarial = samples::path("audit/adversarial-inputs.jsonl.gz");
    cli::import(&story.data, "lab", &[&adversarial]).ok();
    for width in ["80", "120", "200"] {
        let done = story.run(&["search", "--limit", "0", "--width", width]).ok();
        let widest = done.stdout.lines().map(|line| line.chars().count()).max().expect("there are lines");
        assert!(widest <= width.parse().expect("a number"), "{width}: {widest}");
        let obeyed = |character: char| character.is_control() && character != '\n';
        assert!(!done.stdout.contains(obeyed) && !done.stderr.contains(obeyed));
    }
}

#[test]
fn a_server_and_its_directory_answer_alike() {
    let story = Story::new();
    let server = Server::builder().data(&story.data).start();
    let url = format!("http://{}", server.api_addr());
    let same = |command: &[&str]| {
        let of_server = run_on("--server", &url, command).ok();
        let of_directory = story.run(command).ok();
        assert!(
            of_server.stderr.contains(&format!("answers come from server {url}")),
            "{}",
            of_server.stderr
        );
        assert!(of_directory.stderr.contains("answers come from directory"), "{}", of_directory.stderr);
        (of_server.stdout, of_directory.stdout)
    };
    for command in [
        &["search", "verb:get", "--limit", "20"] as &[&str],
        &["search", "-o", "ndjson", "--limit", "0", "-verb:watch"],
        &["export", "verb:(create OR patch)"],
        &["export", "--format", "csv"],
        &["top", "--by", "resource", "--limit", "3"],
    ] {
        let (of_server, of_directory) = same(command);
        assert_eq!(of_server, of_directory, "{command:?}");
        assert!(!of_server.is_empty(), "{command:?}");
    }
    let (of_server, of_directory) = same(&["search", "-o", "json", "--limit", "0"]);
    assert_eq!(events(&of_server), events(&of_directory));
    assert!(events(&of_server).len() > 500);
}

#[test]
fn a_body_of_many_pages_is_one_body() {
    let story = Story::new();
    cli::import(&story.data, "big", &[&samples::path("audit/scenario-typical-policy.jsonl.gz")]).ok();
    let json = story.run(&["search", "-o", "json", "--limit", "0", "--cluster", "big"]).ok().stdout;
    let lines = story.run(&["search", "-o", "ndjson", "--limit", "0", "--cluster", "big"]).ok().json_lines();
    let body: Value = serde_json::from_str(&json).expect("a body is JSON");
    assert!(lines.len() > 1000, "{}", lines.len());
    assert_eq!(events(&json), lines);
    assert_eq!(body["total"]["value"], lines.len());
    assert_eq!(body["next"], Value::Null);
    assert_eq!(body["coverage"]["partial"], false);
    let some = story.run(&["search", "-o", "json", "--limit", "1500", "--cluster", "big"]).ok().stdout;
    assert_eq!(events(&some), lines[..1500]);
}

#[test]
fn the_default_server_is_the_one_that_runs_on_the_default_directory() {
    let folder = TempDir::with_prefix("taffrail-").expect("create a temporary directory");
    let config = |listen: &str| {
        let file = folder.path().join("taffrail.yaml");
        let data = folder.path().join("data");
        let text = format!("data: {}\napi:\n  listen: {listen}\n", data.display());
        std::fs::write(&file, text).expect("write a file");
        file
    };
    let closed = config("127.0.0.1:1");
    let search = |file: &Path| taffrail(&["search", "--config", &file.to_string_lossy()]);
    let nothing = search(&closed);
    assert!(nothing.stderr.contains("no server answers at http://127.0.0.1:1"), "{}", nothing.stderr);
    let mut server = Server::builder().data(folder.path().join("data")).start();
    let found = search(&closed);
    assert!(found.stderr.contains(&format!("server http://{}", server.api_addr())), "{}", found.stderr);
    server.stop();
    let found = search(&closed);
    assert!(found.stderr.contains("answers come from directory"), "{}", found.stderr);
    assert_eq!(found.code, 1);
}

#[test]
fn an_export_file_is_whole_or_not_there() {
    let story = Story::new();
    let file = story.folder.path().join("events.csv");
    let path = file.to_string_lossy();
    assert_eq!(run_on("--server", "127.0.0.1:1", &["export", "-O", &path]).code, 3);
    assert!(!file.try_exists().expect("look for the file"));
    story.run(&["export", "-O", &path, "--format", "csv"]).ok();
    let written = std::fs::read_to_string(&file).expect("read the file");
    assert_eq!(written, story.run(&["export", "--format", "csv"]).ok().stdout);
}

#[test]
fn status_is_the_same_form_from_both() {
    let story = Story::new();
    let of_directory = story.run(&["status", "-o", "json"]).ok().json_lines();
    let server = Server::builder().data(&story.data).start();
    let url = format!("http://{}", server.api_addr());
    let of_server = run_on("--server", &url, &["status", "-o", "json"]).ok().json_lines();
    for pointer in ["/clusters", "/index/documents", "/index/splits", "/dead_letters/stored", "/data"] {
        let value = of_server[0].pointer(pointer);
        assert!(value.is_some(), "{pointer}");
        assert_eq!(of_directory[0].pointer(pointer), value, "{pointer}");
    }
    let table = run_on("--server", &url, &["status"]).ok().stdout;
    assert!(table.contains("CLUSTER  EVENTS") && table.contains("lab"), "{table}");
}

#[test]
fn a_pipe_that_is_closed_early_is_no_failure() {
    let story = Story::new();
    // Several pipes full, and more than its end can hide.
    cli::import(&story.data, "lab", &[&samples::path("audit/scenario.jsonl.gz")]).ok();
    let data = story.data.to_string_lossy();
    for command in [
        &["export"] as &[&str],
        &["export", "--format", "csv"],
        &["search", "--limit", "0"],
        &["search", "--limit", "0", "-o", "json"],
        &["search", "--limit", "0", "-o", "ndjson"],
    ] {
        let mut child = Command::new(Binary::Plain.path());
        child.env_clear().env("TZ", "UTC").args(command).args(["--data", &data]);
        let mut child =
            child.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("start the program");
        let mut stdout = child.stdout.take().expect("standard output is piped");
        stdout.read_exact(&mut [0; 100]).expect("an answer begins");
        drop(stdout);
        let ended = child.wait_with_output().expect("wait for the program");
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(0), "{command:?}: {said}");
        assert!(!said.contains("error"), "{command:?}: {said}");
    }
}

#[test]
fn dead_letters_as_json_are_the_body_of_the_api() {
    let server = Server::spawn();
    for number in 0..3 {
        server.post_ok("lab", format!("no event {number}").as_bytes());
    }
    let url = format!("http://{}", server.api_addr());
    let data = server.data().to_string_lossy().into_owned();
    let api = server.api().read("/api/v1/deadletters", &[("limit", "2")]);
    let keys = |body: &Value| body.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&api), ["deadletters", "next", "totals", "coverage"]);
    for (option, place) in [("--server", url.as_str()), ("--data", data.as_str())] {
        let done = run_on(option, place, &["deadletters", "-o", "json", "--limit", "2"]).ok();
        let body: Value = serde_json::from_str(&done.stdout).expect("a body");
        assert_eq!(keys(&body), keys(&api), "{option}");
        assert_eq!((&body["deadletters"], &body["next"]), (&api["deadletters"], &api["next"]), "{option}");
        assert_eq!(body["totals"]["stored"], 3, "{option}");
        assert_eq!(body["coverage"]["partial"], false, "{option}");
        let all = run_on(option, place, &["deadletters", "-o", "json"]).ok();
        let all: Value = serde_json::from_str(&all.stdout).expect("a body");
        assert_eq!((all["deadletters"].as_array().map(Vec::len), &all["next"]), (Some(3), &Value::Null));
    }
}

#[test]
fn the_check_reports_what_a_start_would_stumble_over() {
    let folder = TempDir::with_prefix("taffrail-").expect("create a temporary directory");
    let (key, file) = (folder.path().join("key"), folder.path().join("taffrail.yaml"));
    let data = folder.path().join("data").to_string_lossy().into_owned();
    let settings = |key: &str, filter: &str| {
        format!(
            "redaction: {{key: {{file: {key}}}}}\nlog: {{filter: {filter}}}\n\
             api: {{listen: '127.0.0.1:0'}}\ningest: {{listen: '127.0.0.1:0'}}\n"
        )
    };
    let check = |content: &str, expected: &[&str]| {
        std::fs::write(&file, content).expect("write a file");
        let file = file.to_string_lossy();
        let checked = taffrail(&["config", "check", "--config", &file]);
        let code = if expected.is_empty() { 0 } else { 2 };
        assert_eq!(checked.code, code, "{content}{}", checked.stderr);
        for text in expected {
            assert!(checked.stderr.contains(text), "{text} in {}", checked.stderr);
        }
        if !expected.is_empty() {
            let started = taffrail(&["serve", "--config", &file, "--data", &data]);
            assert_eq!(started.code, 2, "{content}{}", started.stderr);
        }
    };
    let path = key.to_string_lossy();
    std::fs::write(&key, "fifteen bytes..").expect("write a file");
    check(&settings(&path, "info"), &["redaction.key: ", "15"]);
    check(&settings(&path, "'taffrail=loud'"), &["2 problems", "redaction.key: ", "log.filter: "]);
    check(&settings("/nowhere/key", "info"), &["redaction.key: ", "/nowhere/key"]);
    std::fs::write(&key, "sixteen bytes...").expect("write a file");
    check(&settings(&path, "'taffrail=loud'"), &["log.filter: "]);
    check(&settings(&path, "info"), &[]);
}
