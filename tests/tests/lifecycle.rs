//! Start, stop, restart, and who may use a data directory at the same time.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use taffrail_tests::{Binary, Ledger, Load, Random, RequestPool, Sender, Server, cli, samples, wait_until};

#[test]
fn a_restart_keeps_everything() {
    let mut server = Server::spawn();
    server.post_ok("lab", &samples::unpacked("audit/scenario-typical-policy.jsonl.gz"));
    server.api().wait_until_searchable();
    let before = server.api().exported("");
    assert!(before.len() > 2000);
    server.restart();
    assert_eq!(server.api().exported(""), before);
    server.kill();
    server.start();
    assert_eq!(server.api().exported(""), before);
}

#[test]
fn a_graceful_stop_under_load_takes_less_than_25_seconds_and_commits() {
    let mut server = Server::builder().set("index.hold", "0s").start();
    let (ledger, pool) = (Arc::<Ledger>::default(), Arc::new(RequestPool::recorded(16 << 10)));
    let mut random = Random::of_run("graceful stop");
    let mut senders: Vec<_> =
        (0..6).map(|_| Sender::new("lab", Arc::clone(&pool), Arc::clone(&ledger), random.fork())).collect();
    let (listener, stop) = (Mutex::new(Some(server.ingest_addr())), AtomicBool::new(false));
    // An open connection that says nothing does not hold it up.
    let _idle = taffrail_tests::Connection::open(server.ingest_addr()).expect("connect");
    std::thread::scope(|scope| {
        let threads: Vec<_> =
            senders.iter_mut().map(|sender| scope.spawn(|| sender.run(&listener, &stop))).collect();
        wait_until("there is load", || ledger.acknowledged_requests() > 500);
        let started = Instant::now();
        server.stop();
        assert!(started.elapsed() < Duration::from_secs(25), "{:?}", started.elapsed());
        assert!(threads.iter().all(|thread| !thread.is_finished()), "a sender got a wrong answer");
        stop.store(true, Ordering::Relaxed);
    });
    assert!(
        !server.data().join("server.json").try_exists().expect("look for a file"),
        "it left its address behind"
    );
    // Committed: a reader of the directory finds everything that was acknowledged at once.
    let found = cli::search(server.data(), "").ok();
    assert!(found.stderr.contains("all of its journal is indexed"), "{}", found.stderr);
    let found = ledger.check("lab", &found.json_lines());
    assert_eq!((found.wrong, found.missing), (Vec::new(), Vec::new()));
}

#[test]
fn a_second_signal_exits_at_once_and_loses_nothing() {
    // The commit that the stop wants never ends.
    let mut server = Server::builder()
        .binary(Binary::Crash)
        .env("FAILPOINTS", "index.split_committed=sleep(3600000)")
        .start();
    server.post_ok("lab", &samples::unpacked("audit/scenario-typical-policy.jsonl.gz"));
    server.signal(Signal::TERM);
    wait_until("the stop has begun", || server.log().holds("a second signal ends the process at once"));
    let started = Instant::now();
    server.signal(Signal::INT);
    let status = server.wait();
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    assert_eq!(status.code(), Some(3));
    server.set_env("FAILPOINTS", None);
    server.start();
    server.api().wait_until_searchable();
    server.api().wait_for_total("-result:pending", 2312);
}

#[test]
fn a_second_writer_is_refused_and_told_who_holds_the_directory() {
    let server = Server::spawn();
    let mut second = server.command();
    let output = second.stdout(Stdio::piped()).stderr(Stdio::piped()).output().expect("start the program");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains(&server.pid().to_string()), "names the process: {said}");
    // The first one is none the worse.
    server.post_ok("lab", &samples::example("label-quarantine-true"));
    server.api().wait_for_total("", 1);
}

#[test]
fn a_newer_format_is_refused_with_the_version_it_needs() {
    let mut server = Server::spawn();
    server.post_ok("lab", &samples::example("label-quarantine-true"));
    server.stop();
    let file = server.data().join("format.json");
    let format = fs::read_to_string(&file).expect("a directory says its format");
    assert!(format.contains("\"format\""), "{format}");
    fs::write(&file, r#"{"format": 99}"#).expect("write a file");
    let output =
        server.command().stdout(Stdio::piped()).stderr(Stdio::piped()).output().expect("start the program");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("99"), "{said}");
    let read = cli::search(server.data(), "");
    assert_eq!(read.code, 3, "{}", read.stderr);
    assert!(read.stderr.contains("99"), "{}", read.stderr);
    fs::write(&file, format).expect("write a file");
    server.start();
    server.api().wait_for_total("", 1);
}

#[test]
fn the_command_line_reads_a_directory_while_the_server_writes() {
    let server = Server::spawn();
    let load = Load {
        connections: 1,
        duration: Duration::from_secs(3),
        events_per_second: Some(2000),
        requests: Load::requests_of(50),
    };
    std::thread::scope(|scope| {
        let load = scope.spawn(|| load.run(server.ingest_addr(), None));
        let mut last = 0;
        while !load.is_finished() {
            let found = cli::search(server.data(), "");
            assert!([0, 1].contains(&found.code), "{}", found.stderr);
            let count = found.stdout.lines().count();
            assert!(count >= last, "{count} after {last}");
            last = count;
        }
        assert!(load.join().expect("the load ends").events > 0);
    });
    server.api().wait_until_searchable();
    let count = || cli::search(server.data(), "-result:pending").ok().stdout.lines().count();
    wait_until("both see the same", || count() as u64 == server.api().total("-result:pending"));
}

#[test]
fn a_server_that_cannot_start_says_why() {
    let server = Server::spawn();
    let taken = server.api_addr().to_string();
    let mut other = Server::builder().set("api.listen", &taken).stopped();
    let output =
        other.command().stdout(Stdio::piped()).stderr(Stdio::piped()).output().expect("start the program");
    assert_eq!(output.status.code(), Some(3));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains(&taken), "{said}");

    other.set_env("TAFFRAIL__API__LISTEN", Some("0.0.0.0:0"));
    let output =
        other.command().stdout(Stdio::piped()).stderr(Stdio::piped()).output().expect("start the program");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("allow_insecure"), "{said}");
}

#[test]
fn files_with_secrets_are_the_owners_only() {
    let server = Server::spawn();
    server.post_ok("lab", b"not an event");
    let mode = |path: &str| {
        let path = server.data().join(path);
        fs::metadata(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).permissions().mode()
            & 0o777
    };
    assert_eq!(mode("redaction.key"), 0o600);
    assert_eq!(mode("") & 0o077, 0, "the data directory");
    for entry in fs::read_dir(server.data().join("dead")).expect("list dead letters") {
        let entry = entry.expect("list dead letters");
        assert_eq!(
            entry.metadata().expect("ask for the mode").permissions().mode() & 0o077,
            0,
            "{:?}",
            entry.path()
        );
    }
}

#[test]
fn in_a_directory_that_others_can_read_the_events_are_the_owners_only() {
    let folder = tempfile::TempDir::with_prefix("taffrail-").expect("create a temporary directory");
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))
        .expect("open a directory to others");
    let server = Server::builder().data(folder.path()).start();
    server.post_ok("lab", &samples::example("label-quarantine-true"));
    server.api().wait_for_total("", 1);
    for name in ["index", "journal", "dead"] {
        let metadata = fs::metadata(folder.path().join(name)).expect("ask for the mode");
        assert_eq!(metadata.permissions().mode() & 0o077, 0, "{name}");
    }
}
