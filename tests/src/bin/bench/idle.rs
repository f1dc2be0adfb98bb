//! What a server costs that has nothing to do.

use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use taffrail_tests::{Server, samples};

use crate::arguments::Arguments;
use crate::corpus::{folder, mebibytes};
use crate::table::Table;

const WATCHED: Duration = Duration::from_secs(30);

/// With a day's events, and with the data of the queries where it is there.
pub(crate) fn measure(arguments: &Arguments, table: &mut Table) {
    watch("idle, 6,000 events stored", None, table);
    let large = folder().join(format!("data-{}", arguments.events));
    if large.try_exists().expect("look for a directory") {
        watch(&format!("idle, {} events stored", arguments.events), Some(large), table);
    }
}

fn watch(what: &str, data: Option<PathBuf>, table: &mut Table) {
    let mut builder = Server::builder().set("index.commit_interval", "1s").expect_log("");
    let is_fresh = data.is_none();
    if let Some(data) = data {
        builder = builder.data(data);
    }
    let server = builder.start();
    if is_fresh {
        for request in samples::requests("audit/webhook") {
            server.post_ok("idle", &request);
        }
        server.api().wait_until_searchable();
    }
    thread::sleep(Duration::from_secs(10));
    let before = server.usage();
    thread::sleep(WATCHED);
    let after = server.usage();
    let percent = (after.cpu - before.cpu).as_secs_f64() * 100.0 / WATCHED.as_secs_f64();
    table.add(
        what,
        "< 60 MB, < 1 % of a core",
        format!("{} ({} of it not files), {percent:.2} %", mebibytes(after.rss), mebibytes(after.anonymous)),
        after.rss < 60_000_000 && percent < 1.0,
    );
}
