//! At the limit the system pushes back and recovers by itself (reference list: "Overload").

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use taffrail_tests::cli::taffrail;
use taffrail_tests::{
    Binary, Client, Connection, Load, Server, Template, is_root, rfc3339, samples, wait_for, wait_until,
};

/// An API server gives up after this long.
const CLIENT_LIMIT: Duration = Duration::from_secs(30);

#[test]
fn t33_a_full_disk_refuses_and_recovers() {
    let Some(disk) = SmallDisk::mount(96) else { return };
    let mut server = Server::builder()
        .data(disk.path.join("data"))
        .set("journal.segment_bytes", "8MiB")
        .set("journal.min_free_bytes", "8MiB")
        .expect_log("full")
        .expect_log("space")
        // Reads are written down too, as long as there is room.
        .expect_log("cannot be written down at the moment")
        .start();
    let mut request = fresh_request();
    let mut acknowledged = 0;
    let mut post = |server: &Server, generation: u32| {
        request.renew(generation, i64::from(generation) * 1_000_000);
        (server.post("prod", request.bytes()), request.events() as u64)
    };
    for generation in 0..10 {
        let (answer, events) = post(&server, generation);
        assert_eq!(answer.status, 200);
        acknowledged += events;
    }
    disk.fill(4 << 20);
    // Free space is looked at now and then only.
    let mut generation = 1000;
    let answer = wait_for("it refuses", || {
        generation += 1;
        let (answer, events) = post(&server, generation);
        if answer.status == 200 {
            acknowledged += events;
            return None;
        }
        Some(answer)
    });
    assert_eq!(answer.status, 503, "{}", answer.text());
    let retry_after = answer.header("retry-after").expect("a sender is told when to come back");
    assert!(retry_after.parse::<u32>().is_ok_and(|seconds| (1..=60).contains(&seconds)), "{retry_after}");
    assert_eq!(server.api().get("/livez", &[]).status, 200);
    // And it says so to those who do not send.
    let ready = server.api().get("/readyz", &[]);
    assert_eq!((ready.status, &ready.json()["code"]), (503, &"disk_full".into()));
    let trouble = || server.api().read("/api/v1/status", &[])["ingest"]["trouble"].clone();
    assert!(trouble().as_str().is_some_and(|trouble| trouble.contains("the disk is full")), "{}", trouble());
    let url = format!("http://{}", server.api_addr());
    let status = taffrail(&["status", "--server", &url]).ok();
    assert!(status.stdout.contains("no events are accepted: the disk is full"), "{}", status.stdout);

    disk.free();
    wait_until("it takes events again", || post(&server, 1900).0.status == 200);
    acknowledged += post(&server, 1900).1;
    assert_eq!((server.api().get("/readyz", &[]).status, trouble()), (200, serde_json::Value::Null));
    wait_until("all that was acknowledged is found", || server.api().total("") >= acknowledged);

    // Full to the last byte, where writes fail in the middle and commits do too: it may refuse, but not forget.
    disk.fill(0);
    for generation in 2000..2020 {
        let (answer, events) = post(&server, generation);
        assert!([200, 503].contains(&answer.status), "{}", answer.text());
        if answer.status == 200 {
            acknowledged += events;
        }
    }
    disk.free();
    wait_until("it takes events again", || post(&server, 2100).0.status == 200);
    acknowledged += post(&server, 2100).1;
    wait_until("all that was acknowledged is found", || server.api().total("") >= acknowledged);
    server.kill();
    server.start();
    wait_until("all that was acknowledged is found", || server.api().total("") >= acknowledged);
}

#[test]
fn the_journal_refuses_when_the_index_is_too_far_behind() {
    let mut server = Server::builder()
        .binary(Binary::Crash)
        .set("journal.segment_bytes", "1MiB")
        .set("journal.max_bytes", "4MiB")
        .env("FAILPOINTS", STOPPED_INDEX)
        .expect_log("journal")
        .start();
    let mut request = fresh_request();
    let mut acknowledged = 0;
    let refused = (0..100).find_map(|generation| {
        request.renew(generation, i64::from(generation) * 1_000_000);
        let answer = server.post("prod", request.bytes());
        match answer.status {
            200 => {
                acknowledged += request.events() as u64;
                None
            }
            _ => Some(answer),
        }
    });
    let answer = refused.expect("4 MiB are full before 100 requests");
    assert_eq!(answer.status, 503);
    assert!(answer.header("retry-after").is_some_and(|seconds| seconds.parse::<u32>().is_ok()));
    server.kill();
    server.set_env("FAILPOINTS", None);
    server.start();
    server.api().wait_for_total("", acknowledged);
    server.post_ok("prod", request.bytes());
}

#[test]
fn t34_ingestion_goes_on_while_the_index_is_stopped() {
    let mut server = Server::builder().binary(Binary::Crash).env("FAILPOINTS", STOPPED_INDEX).start();
    let mut request = fresh_request();
    let started = Instant::now();
    for generation in 0..20 {
        request.renew(generation, i64::from(generation) * 1_000_000);
        server.post_ok("prod", request.bytes());
    }
    assert!(started.elapsed() < CLIENT_LIMIT, "{:?}", started.elapsed());
    let page = server.api().events("");
    assert_eq!(page["total"]["value"], 0, "the index is stopped");
    assert!(
        page["coverage"]["lag_ms"].as_u64().is_some_and(|lag| lag > 0),
        "and says so: {}",
        page["coverage"]
    );
    server.kill();
    server.set_env("FAILPOINTS", None);
    server.start();
    server.api().wait_for_total("", 20 * request.events() as u64);
}

#[test]
fn a_directory_read_during_a_replay_claims_no_more_than_it_has() {
    let mut server = Server::builder().binary(Binary::Crash).env("FAILPOINTS", STOPPED_INDEX).start();
    let mut request = fresh_request();
    for generation in 0..20 {
        request.renew(generation, i64::from(generation) * 1_000_000);
        server.post_ok("prod", request.bytes());
    }
    server.kill();
    let killed = micros_since_1970();
    // The replay commits a few times, which says nothing about what is left of it, and then stands still.
    server.set_env("TAFFRAIL__INDEX__COMMIT_DOCS", Some("100"));
    server.set_env("FAILPOINTS", Some("index.manifest_written=3*off->sleep(3600000)"));
    server.start();
    let searchable = || server.api().read("/api/v1/status", &[])["journal"]["searchable"].as_u64();
    wait_until("a part is searchable", || searchable().is_some_and(|position| position > 0));
    let data = server.data().to_str().expect("temporary paths are UTF-8");
    let answer = taffrail(&["search", "--data", data, "-o", "json"]).ok();
    let answer: serde_json::Value = serde_json::from_str(&answer.stdout).expect("a body");
    let complete_to = answer["coverage"]["complete_to"].as_str().expect("a time").as_bytes();
    assert!(complete_to < rfc3339(killed).as_slice(), "{}", answer["coverage"]);
    assert!(complete_to > rfc3339(killed - 60_000_000).as_slice(), "{}", answer["coverage"]);
}

#[test]
fn t36_a_slow_disk_keeps_acknowledgements_below_the_clients_limit() {
    // What is injected: the thread that syncs sleeps for two seconds behind every fdatasync, before it tells anybody.
    let server =
        Server::builder().binary(Binary::Crash).env("FAILPOINTS", "journal.synced=sleep(2000)").start();
    let requests: Vec<Vec<u8>> = (0..40)
        .map(|generation| {
            let mut request = fresh_request();
            request.renew(generation, i64::from(generation) * 1_000_000);
            request.bytes().to_vec()
        })
        .collect();
    let started = Instant::now();
    thread::scope(|scope| {
        for request in &requests {
            scope.spawn(|| {
                let started = Instant::now();
                server.post_ok("prod", request);
                // One sync may be under way; the next one is this one's, whoever else waits.
                assert!(started.elapsed() < Duration::from_secs(8), "{:?}", started.elapsed());
            });
        }
    });
    assert!(started.elapsed() >= Duration::from_secs(2), "the injection did not work");
    server.api().wait_for_total("", 40 * fresh_request().events() as u64);
}

#[test]
fn t37_15_requests_at_once_from_each_of_5_clients() {
    let server = Server::spawn();
    let bodies: Vec<Template> = Load::recorded_requests();
    let started = Instant::now();
    thread::scope(|scope| {
        for client in 0..75_u32 {
            let (server, bodies) = (&server, &bodies);
            scope.spawn(move || {
                let mut body = bodies[client as usize % bodies.len()].clone();
                body.renew(client / 15, i64::from(client / 15) * 3_600_000_000);
                let target = format!("/v1/audit/cluster-{}", client / 15);
                loop {
                    let answer =
                        Client::new(server.ingest_addr()).post(&target, body.bytes()).expect("an answer");
                    match answer.status {
                        200 => break,
                        429 | 503 => {
                            let wait = answer.header("retry-after").and_then(|text| text.parse().ok());
                            thread::sleep(Duration::from_secs(wait.expect("it says when to come back")));
                        }
                        status => panic!("{status}: {}", answer.text()),
                    }
                    assert!(started.elapsed() < CLIENT_LIMIT, "an API server would have given up");
                }
            });
        }
    });
    server.api().wait_until_searchable();
    assert!(server.usage().peak_rss < 512 << 20, "{:?}", server.usage());
}

#[test]
fn beyond_the_budget_of_bytes_in_flight_senders_are_told_to_come_back() {
    let server =
        Server::builder().set("ingest.max_event_bytes", "1MiB").set("ingest.budget_bytes", "1MiB").start();
    // One that stops in the middle of an event holds what it has sent of it, and then some.
    let mut half = Connection::open(server.ingest_addr()).expect("connect");
    let begun = [br#"{"kind":"Event","requestObject":{"data":""#.as_slice(), &vec![b'x'; 900 << 10]].concat();
    let length = format!("Content-Length: {}", begun.len() + 1000);
    half.send_head("POST", "/v1/audit/prod", &[&length]).expect("send a request");
    half.send(&begun).expect("send a request");
    wait_until("all of the budget is held", || {
        let status = server.api().read("/api/v1/status", &[]);
        status["ingest"]["in_flight_bytes"].as_u64().is_some_and(|held| held > 1 << 20)
    });
    let mut request = fresh_request();
    request.renew(1, 0);
    let answer = server.post("prod", request.bytes());
    assert_eq!(answer.status, 429, "{}", answer.text());
    assert!(answer.header("retry-after").is_some_and(|text| text.parse::<u32>().is_ok()));
    drop(half);
    wait_until("there is room again", || server.post("prod", request.bytes()).status == 200);
    server.api().wait_for_total("", request.events() as u64);
}

/// The first commit of a split never returns; the journal goes on.
const STOPPED_INDEX: &str = "index.split_committed=sleep(3600000)";

fn micros_since_1970() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("the clock is past 1970");
    i64::try_from(since.as_micros()).expect("the clock is before the year 290000")
}

/// Completed requests only, so that totals are simply events.
fn fresh_request() -> Template {
    let lines: Vec<Vec<u8>> = samples::lines("audit/scenario-typical-policy.jsonl.gz")
        .into_iter()
        .filter(|line| memchr::memmem::find(line, b"ResponseComplete").is_some())
        .filter(|line| Template::of(line).audit_ids().len() == 1)
        .take(100)
        .collect();
    Template::of(&samples::event_list(&lines))
}

/// A file system of its own in memory, that a test can fill up.
struct SmallDisk {
    path: PathBuf,
    _folder: tempfile::TempDir,
}

impl SmallDisk {
    /// `None`, with a line that says how to run the test, where mounting is not allowed.
    fn mount(mebibytes: u32) -> Option<Self> {
        let folder = tempfile::TempDir::with_prefix("taffrail-disk-").expect("create a temporary directory");
        let path = folder.path().to_path_buf();
        let mounted = is_root()
            && Command::new("mount")
                .args(["-t", "tmpfs", "-o", &format!("size={mebibytes}m"), "tmpfs"])
                .arg(&path)
                .output()
                .is_ok_and(|output| output.status.success());
        if !mounted {
            say_skipped(
                "a full disk needs a small tmpfs to fill; run the tests as root, where mount is allowed",
            );
            return None;
        }
        Some(Self { path, _folder: folder })
    }

    fn filler(&self) -> PathBuf {
        self.path.join("filler")
    }

    /// Leaves about `free` bytes.
    fn fill(&self, free: u64) {
        let mut file = File::create(self.filler()).expect("create a file");
        let block = vec![0_u8; 64 << 10];
        while file.write_all(&block).is_ok() {}
        let size = file.metadata().expect("ask for the size").len();
        file.set_len(size.saturating_sub(free)).expect("shorten a file");
    }

    fn free(&self) {
        fs::remove_file(self.filler()).expect("remove a file");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        unmount(&self.path);
    }
}

/// Lazily: the server that still runs there is killed only afterwards.
fn unmount(path: &Path) {
    let done = Command::new("umount").arg("-l").arg(path).status();
    assert!(done.is_ok_and(|status| status.success()) || thread::panicking(), "umount {}", path.display());
}

#[allow(clippy::print_stdout, reason = "a skipped test says how to run it")]
fn say_skipped(how_to_run: &str) {
    println!("SKIPPED: {how_to_run}");
}
