//! Start after `kill -9` with a gigabyte of journal that is not in the index yet.

use std::time::{Duration, Instant};

use taffrail_tests::{Load, Server, disk_usage};

use crate::arguments::Arguments;
use crate::table::Table;

const JOURNAL_BYTES: u64 = 1_000_000_000;

/// How the index is held back, without any tool: its next commit is a minute away and takes any number of documents, and
/// the kill comes before it.
pub(crate) fn measure(_: &Arguments, table: &mut Table) {
    let mut server = Server::builder()
        .set("index.commit_interval", "60s")
        .set("index.commit_docs", "10000000")
        .set("index.commit_bytes", "4GiB")
        .expect_log("")
        .start();
    let journal = server.data().join("journal");
    let load = Load {
        connections: 8,
        duration: Duration::from_secs(5),
        events_per_second: None,
        requests: Load::recorded_requests(),
    };
    let started = Instant::now();
    while disk_usage(&journal) < JOURNAL_BYTES && started.elapsed() < Duration::from_secs(50) {
        load.run(server.ingest_addr(), None);
    }
    server.kill();
    let bytes = disk_usage(&journal);

    server.set_env("TAFFRAIL__INDEX__COMMIT_INTERVAL", Some("1s"));
    server.set_env("TAFFRAIL__INDEX__COMMIT_DOCS", None);
    server.set_env("TAFFRAIL__INDEX__COMMIT_BYTES", None);
    let started = Instant::now();
    server.start();
    let page = server.api().events("");
    let answering = started.elapsed();
    let waiting = page["coverage"]["lag_ms"].as_u64().unwrap_or_default();
    table.add(
        &format!("start after kill -9 with {:.2} GB of unindexed journal", bytes as f64 / 1e9),
        "answering in < 2 s",
        format!("{answering:.2?}; then behind by {waiting} ms"),
        answering < Duration::from_secs(2),
    );
    loop {
        let status = server.api().read("/api/v1/status", &[]);
        if status["journal"]["searchable"] == status["journal"]["end"]
            || started.elapsed() > Duration::from_secs(300)
        {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let caught_up = started.elapsed();
    table.note(
        "catching up",
        format!("{caught_up:.1?}, {:.0} MB/s", bytes as f64 / 1e6 / caught_up.as_secs_f64()),
    );
}
