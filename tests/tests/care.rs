//! Backups, also under load, and dead letters that are replayed.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::json;
use taffrail_tests::cli::{self, Finished, taffrail};
use taffrail_tests::{
    Binary, Ledger, Random, RequestPool, Sender, Server, ServerBuilder, samples, wait_until,
};
use tempfile::TempDir;

fn backup(data: &Path, to: &Path) -> Finished {
    let arguments = ["backup".as_ref(), "--data".as_ref(), data.as_os_str(), to.as_os_str()];
    taffrail(&arguments)
}

/// A backup, what it has to hold, and what its files were when it was made.
struct Backup {
    to: PathBuf,
    promised: Ledger,
    content: Vec<(PathBuf, Vec<u8>)>,
}

/// Everything that happens once an hour in real life happens several times a second.
fn busy() -> ServerBuilder {
    Server::builder()
        .set("journal.segment_bytes", "256KiB")
        .set("index.commit_interval", "40ms")
        .set("index.compact_after", "300ms")
        .set("index.hold", "500ms")
}

#[test]
fn a_backup_under_load_holds_everything_acknowledged_before_it_once() {
    let server = busy().start();
    let folder = TempDir::with_prefix("taffrail-").expect("create a temporary directory");
    let (ledger, pool) = (Arc::<Ledger>::default(), Arc::new(RequestPool::recorded(16 << 10)));
    let mut random = Random::of_run("backup");
    let mut senders: Vec<_> =
        (0..3).map(|_| Sender::new("lab", Arc::clone(&pool), Arc::clone(&ledger), random.fork())).collect();
    let (listener, stop) = (Mutex::new(Some(server.ingest_addr())), AtomicBool::new(false));
    let mut backups: Vec<Backup> = Vec::new();
    std::thread::scope(|scope| {
        for sender in &mut senders {
            scope.spawn(|| sender.run(&listener, &stop));
        }
        for number in 1..=5 {
            wait_until("there is more to back up", || ledger.acknowledged_requests() > number * 400);
            let (to, promised) = (folder.path().join(format!("backup-{number}")), ledger.by_now());
            let done = backup(server.data(), &to);
            if done.code != 0 {
                stop.store(true, Ordering::Relaxed);
            }
            done.ok();
            let content = contents(&to);
            backups.push(Backup { to, promised, content });
        }
        stop.store(true, Ordering::Relaxed);
    });
    // The original goes on and compacts; what is shared with it must not change.
    server.api().wait_until_searchable();
    for Backup { to, promised, content } in &backups {
        assert!(contents(to) == *content, "the original has written to {}", to.display());
        let found = cli::search(to, "").ok();
        assert_eq!(ledger.check("lab", &found.json_lines()).wrong, Vec::<String>::new());
        let restored = busy().data(to).start();
        restored.api().wait_until_searchable();
        let all = || promised.check("lab", &restored.api().exported("")).missing;
        wait_until("all that was acknowledged before the backup is found", || all().is_empty());
        let mut found = ledger.check("lab", &restored.api().exported(""));
        promised.check_dead_letters(&restored.api().dead_letters(), &mut found);
        let missing: Vec<_> = found.missing.iter().filter(|text| text.contains("no dead letter")).collect();
        assert_eq!((found.wrong, missing), (Vec::new(), Vec::<&String>::new()));
    }
    server.api().wait_until_searchable();
    let all = || ledger.check("lab", &server.api().exported("")).missing;
    wait_until("the original has everything", || all().is_empty());
}

#[test]
fn a_backup_shares_what_never_changes_and_goes_on_by_itself() {
    let folder = TempDir::with_prefix("taffrail-").expect("create a temporary directory");
    let server = Server::builder().data(folder.path().join("data")).start();
    server.post_ok("lab", &samples::unpacked("audit/scenario-typical-policy.jsonl.gz"));
    server.post_ok("lab", b"no event\n");
    server.api().wait_until_searchable();
    let (to, before) = (folder.path().join("backup"), server.api().total("-result:pending"));
    let done = backup(server.data(), &to).ok();
    assert!(done.stdout.contains("indexed events") && done.stdout.contains("shared"), "{}", done.stdout);
    let mut shared = 0;
    for path in files(&to) {
        let relative = path.strip_prefix(&to).expect("a file of the backup");
        let original = server.data().join(relative);
        let is_same = fs::metadata(&original)
            .is_ok_and(|original| original.ino() == fs::metadata(&path).expect("look at a file").ino());
        shared += usize::from(is_same);
        let may_be = relative.starts_with("index/splits") || relative.starts_with("journal");
        assert!(may_be || !is_same, "{} is written to by both", relative.display());
    }
    assert!(shared > 0);
    let key = |data: &Path| fs::read(data.join("redaction.key")).expect("there is a key");
    assert_eq!(key(&to), key(server.data()));
    assert_eq!(taffrail(&["deadletters".as_ref(), "--data".as_ref(), to.as_os_str()]).code, 0);

    // Both go their own ways.
    let restored = Server::builder().data(&to).start();
    restored.api().wait_until_searchable();
    server.post_ok("lab", &samples::unpacked("audit/delete-finalizer-ssa-crd.jsonl.gz"));
    restored.post_ok("other", &samples::unpacked("audit/all-verbs.jsonl.gz"));
    server.api().wait_until_searchable();
    restored.api().wait_until_searchable();
    assert_eq!(server.api().total("cluster:other"), 0);
    assert!(server.api().total("-result:pending") > before);
    assert!(restored.api().total("cluster:other") > 0);
    assert_eq!(restored.api().total("cluster:lab -result:pending"), before);
}

fn contents(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let content = |path: PathBuf| {
        let bytes = fs::read(&path).expect("read a file");
        (path, bytes)
    };
    let mut contents: Vec<_> = files(dir).into_iter().map(content).collect();
    contents.sort();
    contents
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).expect("list files") {
        let path = entry.expect("list files").path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

#[test]
fn a_backup_goes_to_a_new_place_only() {
    let folder = TempDir::with_prefix("taffrail-").expect("create a temporary directory");
    let data = folder.path().join("data");
    cli::import(&data, "lab", &[&samples::path("audit/all-verbs.jsonl.gz")]).ok();
    let refused = |to: &Path, why: &str| {
        let done = backup(&data, to);
        assert_eq!(done.code, 2, "{}", done.stderr);
        assert!(done.stderr.contains(why), "{}", done.stderr);
    };
    refused(&data, "holds something");
    refused(&data.join("backup"), "inside the data directory");
    let left = folder.path().join("copy.tmp");
    fs::create_dir(&left).expect("create a directory");
    refused(&folder.path().join("copy"), "was interrupted; remove it first");
    fs::remove_dir(&left).expect("remove a directory");
    assert_eq!(backup(&folder.path().join("nothing"), &folder.path().join("copy")).code, 2);
    // An empty directory will do, such as a mount point's.
    fs::create_dir(folder.path().join("copy")).expect("create a directory");
    backup(&data, &folder.path().join("copy")).ok();
    let count = |data: &Path| cli::search(data, "").ok().stdout.lines().count();
    assert_eq!(count(&folder.path().join("copy")), count(&data));
    assert!(!left.try_exists().expect("look for a directory"));
}

/// Puts a recorded event where an earlier release would have put it if it had not been able to decode it (constructed).
fn leave_letters(data: &Path) -> Vec<Vec<u8>> {
    let lines = samples::lines("audit/all-verbs.jsonl.gz");
    let is_small = |line: &&Vec<u8>| {
        line.len() < 4000 && memchr::memmem::find(line, br#""stage":"ResponseComplete""#).is_some()
    };
    let events: Vec<Vec<u8>> = lines.iter().filter(is_small).take(3).cloned().collect();
    let mut letters = String::new();
    for (number, excerpt) in events.iter().map(Vec::as_slice).chain([b"no event".as_slice()]).enumerate() {
        let letter = json!({
            "id": format!("{:032x}", (number as u128 + 1) << 96),
            "time": "2026-11-23T16:00:00.000000Z",
            "cluster": "lab",
            "source": "webhook",
            "reason": "not understood yet",
            "size": excerpt.len(),
            "sha256": "00",
            "excerpt": String::from_utf8_lossy(excerpt),
        });
        letters.push_str(&format!("{letter}\n"));
    }
    fs::create_dir_all(data.join("dead")).expect("create a directory");
    fs::write(data.join("dead/00000001.ndjson"), letters).expect("write a file");
    events
}

#[test]
fn dead_letters_are_replayed_on_a_directory() {
    let mut server = Server::spawn();
    server.kill();
    let events = leave_letters(server.data());
    let data = server.data().to_str().expect("a UTF-8 path").to_owned();
    assert_eq!(taffrail(&["deadletters", "replay", "--data", &data]).code, 2, "all, or which");
    let one = taffrail(&["deadletters", "replay", "--data", &data, "00000002"]).ok();
    assert!(one.stdout.contains("replayed 1 dead letter in"), "{}", one.stdout);
    assert_eq!(cli::search(server.data(), "kind:audit").ok().json_lines().len(), 1);
    let rest = taffrail(&["deadletters", "replay", "--data", &data, "--all"]).ok();
    assert!(rest.stdout.contains("replayed 2 dead letters"), "{}", rest.stdout);
    assert!(rest.stdout.contains("00000004000000000000000000000000  not JSON"), "{}", rest.stdout);
    let found = cli::search(server.data(), "kind:audit").ok().json_lines();
    assert_eq!(found.len(), events.len());
    assert_eq!(found[0]["received"], "2026-11-23T16:00:00.000000Z");
    assert_eq!(taffrail(&["deadletters", "replay", "--data", &data, "00000002"]).code, 1);
    let left = taffrail(&["deadletters", "--data", &data, "-o", "ndjson"]).ok();
    assert_eq!(left.stdout.lines().count(), 1);
}

#[test]
fn dead_letters_are_replayed_by_the_server_and_a_kill_in_between_does_no_harm() {
    let mut server = Server::builder()
        .binary(Binary::Crash)
        .env("FAILPOINTS", "replay.durable=return")
        .expect_log("foreign_origin")
        .start();
    server.stop();
    let events = leave_letters(server.data());
    server.start();
    let data = server.data().to_str().expect("a UTF-8 path").to_owned();
    let killed = taffrail(&["deadletters", "replay", "--data", &data, "--all"]);
    assert_eq!(killed.code, 3, "{}", killed.stdout);
    assert_eq!(server.wait().signal(), Some(9));
    server.set_env("FAILPOINTS", None);
    server.start();
    server.api().wait_for_total("kind:audit", events.len() as u64);
    assert_eq!(server.api().dead_letters().len(), 4, "killed before they went");
    let ingest = server.ingest_addr().to_string();
    let done = taffrail(&["deadletters", "replay", "--server", &ingest, "--all"]).ok();
    assert!(done.stdout.contains("replayed 3 dead letters"), "{}", done.stdout);
    server.api().wait_until_searchable();
    assert_eq!(server.api().total("kind:audit"), events.len() as u64, "once");
    assert_eq!(server.api().dead_letters().len(), 1);
    let refused =
        server.ingest().request("POST", "/v1/deadletters/replay", &["Origin: http://example.com"], b"");
    assert_eq!(refused.expect("an answer").status, 403);
}

#[test]
fn a_backup_knows_how_far_a_followed_log_is_read() {
    let folder = TempDir::with_prefix("taffrail-").expect("create a temporary directory");
    let log = folder.path().join("audit.log");
    let lines = samples::lines("audit/scenario-metadata-level.jsonl.gz");
    let text = |lines: &[Vec<u8>]| [lines.join(&b'\n'), b"\n".to_vec()].concat();
    fs::write(&log, b"").expect("make a log");
    // What is written before it begins to follow does not count, what is written after a backup of it does.
    let tail = format!("[{{paths: ['{}'], cluster: prod, node: n1, from: end}}]", log.display());
    let builder = || Server::builder().set("ingest.tail", &tail).set("index.hold", "500ms");
    let mut server = builder().start();
    server.api().wait_until_searchable();
    let append = |lines: &[Vec<u8>]| {
        let mut file = fs::OpenOptions::new().append(true).open(&log).expect("open the log");
        std::io::Write::write_all(&mut file, &text(lines)).expect("write to the log");
    };
    wait_until("the log is followed", || {
        server.api().read("/api/v1/status", &[]).to_string().contains("file:n1:")
    });
    append(&lines[..100]);
    let count = |lines: &[Vec<u8>]| taffrail_tests::oracle::fold(lines).len() as u64;
    server.api().wait_for_total("cluster:prod kind:audit", count(&lines[..100]));
    server.stop();
    let to = folder.path().join("backup");
    backup(server.data(), &to).ok();
    append(&lines[100..200]);
    let restored = builder().data(&to).start();
    restored.api().wait_for_total("cluster:prod kind:audit", count(&lines[..200]));
}
