//! A log file that is followed: from the file to the journal, with redaction, as fast as it goes.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use taffrail_tests::Server;
use tempfile::TempDir;

use crate::arguments::Arguments;
use crate::corpus::{large, mebibytes};
use crate::table::Table;

/// Copies of the recording in the log.
const COPIES: usize = 4;

/// The server starts on a log that is there already.
pub(crate) fn measure(_: &Arguments, table: &mut Table) {
    let folder = TempDir::with_prefix("taffrail-").expect("create a temporary directory");
    let log = folder.path().join("audit.log");
    let recorded = fs::read(large()).expect("read the recording");
    fs::write(&log, recorded.repeat(COPIES)).expect("write a log");
    let bytes = recorded.len() * COPIES;
    let setting = format!("[{{paths: ['{}']}}]", log.display());
    let server = Server::builder()
        .set("index.commit_interval", "1s")
        .set("ingest.tail", &setting)
        .expect_log("")
        .start();
    let started = Instant::now();
    while !is_read(&server) {
        thread::sleep(Duration::from_millis(5));
    }
    let took = started.elapsed();
    let rate = bytes as f64 / 1e6 / took.as_secs_f64();
    server.api().wait_until_searchable();
    table.add(
        &format!("a log of {:.0} MB that is followed, through to the journal", bytes as f64 / 1e6),
        ">= 100 MB/s",
        format!(
            "{rate:.0} MB/s ({took:.1?}); searchable after {:.1?}; {} at its peak",
            started.elapsed(),
            mebibytes(server.usage().peak_rss)
        ),
        rate >= 100.0,
    );
}

fn is_read(server: &Server) -> bool {
    let status = server.api().read("/api/v1/status", &[]);
    let sources = status["sources"].as_array().expect("sources is a list").clone();
    let is_log =
        |source: &&serde_json::Value| source["source"].as_str().is_some_and(|name| name.starts_with("file:"));
    let read = sources.iter().filter(is_log).map(|log| &log["lag_bytes"]).collect::<Vec<_>>();
    !read.is_empty() && read.iter().all(|lag| **lag == 0)
}
