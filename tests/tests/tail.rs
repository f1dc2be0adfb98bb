//! A log that is followed, by the real program: every line is found, once, whatever happens to the log and to the program.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use taffrail_tests::{Binary, Server, ServerBuilder, Template, crash_points, oracle, samples, wait_until};
use tempfile::TempDir;

const LOG: &str = "audit.log";

/// An audit log as an API server keeps it.
struct AuditLog {
    dir: TempDir,
    rotations: usize,
}

impl AuditLog {
    fn new() -> Self {
        Self { dir: TempDir::with_prefix("taffrail-").expect("create a temporary directory"), rotations: 0 }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, content: &[u8]) {
        let mut file =
            OpenOptions::new().append(true).create(true).open(self.path(LOG)).expect("open the log");
        file.write_all(content).expect("write to the log");
    }

    /// Renames the log, begins a new one, and compresses the old one.
    fn rotate(&mut self) {
        self.rotations += 1;
        let name =
            format!("audit-2026-11-23T15-{:02}-{:02}.000.log", self.rotations / 60, self.rotations % 60);
        let old = self.path(&name);
        fs::rename(self.path(LOG), &old).expect("rename the log");
        File::create(self.path(LOG)).expect("create the log");
        let mut compressed = GzEncoder::new(Vec::new(), Compression::fast());
        compressed.write_all(&fs::read(&old).expect("read the old log")).expect("compress");
        fs::write(self.path(&format!("{name}.gz")), compressed.finish().expect("compress")).expect("write");
        fs::remove_file(&old).expect("remove the old log");
    }

    fn server(&self) -> ServerBuilder {
        Server::builder().set("ingest.tail", &setting(&self.path(LOG)))
    }
}

fn setting(path: &Path) -> String {
    format!("[{{paths: ['{}'], cluster: prod, node: n1}}]", path.display())
}

fn wait_until_read(server: &Server) {
    wait_until("the log is read", || {
        let status = server.api().read("/api/v1/status", &[]);
        let sources = status["sources"].as_array().expect("sources is a list");
        let is_log =
            |source: &&Value| source["source"].as_str().is_some_and(|name| name.starts_with("file:"));
        let logs: Vec<&Value> = sources.iter().filter(is_log).collect();
        !logs.is_empty() && logs.iter().all(|log| log["lag_bytes"] == 0)
    });
    server.api().wait_until_searchable();
}

#[test]
fn recorded_events_are_found_as_after_an_import() {
    let lines = samples::lines("audit/scenario.jsonl.gz");
    let mut log = AuditLog::new();
    let parts = lines.len() / 5 + 1;
    for part in lines.chunks(parts).take(3) {
        log.write(&[part.join(&b'\n'), b"\n".to_vec()].concat());
        log.rotate();
    }
    let mut server = log.server().start();
    for part in lines.chunks(parts).skip(3) {
        log.write(&[part.join(&b'\n'), b"\n".to_vec()].concat());
    }
    let expected = oracle::fold(&lines).len() as u64;
    server.api().wait_for_total("cluster:prod", expected);
    assert_eq!(server.api().total("via:file"), expected);
    server.restart();
    wait_until_read(&server);
    assert_eq!(server.api().total("cluster:prod"), expected);
    assert_eq!(server.api().total("kind:gap"), 0);
    assert_eq!(server.api().dead_letters().len(), 0);
    let status = server.api().read("/api/v1/status", &[]);
    assert_eq!(status["sources"][0]["source"], format!("file:n1:{}", log.path(LOG).display()));
}

#[test]
fn t42_a_half_line_does_not_take_the_next_event_with_it() {
    let event = samples::example("deployment-set-image");
    let mut other = Template::of(&event);
    other.renew(7, 1_000_000);
    let log = AuditLog::new();
    log.write(&[&event[..event.len() / 2], other.bytes(), b"\n"].concat());
    let server = log.server().start();
    server.api().wait_for_total("cluster:prod", 1);
    wait_until("the half line is a dead letter", || server.api().dead_letters().len() == 1);
}

#[test]
fn t44_truncation_shows_as_a_gap() {
    let lines = samples::lines("audit/scenario-metadata-level.jsonl.gz");
    let log = AuditLog::new();
    log.write(&[lines[..200].join(&b'\n'), b"\n".to_vec()].concat());
    let server = log.server().expect_log("truncated in place").start();
    wait_until_read(&server);
    File::create(log.path(LOG)).expect("truncate the log");
    server.api().wait_for_total("kind:gap", 1);
    log.write(&[lines[200..300].join(&b'\n'), b"\n".to_vec()].concat());
    let expected = oracle::fold(&lines[..300]).len() as u64;
    server.api().wait_for_total("-kind:gap", expected);
    let gap = server.api().only("kind:gap");
    assert_eq!(gap["gap"]["source"], format!("file:n1:{}", log.path(LOG).display()));
}

#[test]
fn t35_killed_while_it_follows_a_log_that_is_rotated() {
    let mut template = Template::of(&samples::example("deployment-set-image"));
    let mut log = AuditLog::new();
    let points: Vec<_> = crash_points()
        .into_iter()
        .filter(|point| {
            ["tail.", "intake.", "journal.appended", "journal.synced"]
                .iter()
                .any(|begin| point.starts_with(begin))
        })
        // Nothing is lost here, so nothing is missing.
        .filter(|point| point != "tail.gap_reported")
        .collect();
    assert!(points.iter().any(|point| point.starts_with("tail.")), "{points:?}");
    let mut server = log.server().binary(Binary::Crash).stopped();
    let mut written = 0;
    let mut write = |log: &mut AuditLog, rotates: bool| {
        for _ in 0..20 {
            template.renew(written, i64::from(written) * 1000);
            written += 1;
            log.write(&[template.bytes(), b"\n"].concat());
        }
        if rotates {
            log.rotate();
        }
        u64::from(written)
    };
    write(&mut log, true);
    for nth in [0, 2] {
        for point in &points {
            server.set_env("FAILPOINTS", Some(&format!("{point}={nth}*off->return")));
            if server.launch().is_ok() {
                wait_until("the program has died", || {
                    write(&mut log, true);
                    std::thread::sleep(Duration::from_millis(20));
                    server.ended().is_some()
                });
            }
        }
    }
    server.set_env("FAILPOINTS", None);
    server.start();
    let expected = write(&mut log, false);
    server.api().wait_for_total("cluster:prod", expected);
    wait_until_read(&server);
    assert_eq!(server.api().total("cluster:prod"), expected);
    assert_eq!(server.api().total("kind:gap"), 0);
}
