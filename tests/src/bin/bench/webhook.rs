//! The webhook under load: throughput, latency, and how soon what was acknowledged can be searched.

use std::time::{Duration, Instant};

use taffrail_tests::{Load, Server, post_huge};

use crate::arguments::Arguments;
use crate::corpus::mebibytes;
use crate::table::Table;

/// Recorded bodies as fast as it goes, and a steady 2,000 events a second.
pub(crate) fn measure(arguments: &Arguments, table: &mut Table) {
    let server = start();
    let load = Load {
        connections: 8,
        duration: arguments.load,
        events_per_second: None,
        requests: Load::recorded_requests(),
    };
    let report = load.run(server.ingest_addr(), Some(server.api_addr()));
    let rate = report.events_per_second();
    let p99 = report.latency.percentile(99);
    table.add(
        &format!("webhook, 8 connections, recorded bodies, {} s", arguments.load.as_secs()),
        ">= 10,000 events/s acknowledged; goal 25,000",
        format!("{rate:.0} events/s ({:.0} MB/s)", report.bytes as f64 / 1e6 / report.elapsed.as_secs_f64()),
        rate >= 10_000.0,
    );
    table.add(
        "its latency",
        "p99 < 100 ms",
        format!("{}; {} told to come back", report.latency, report.refused),
        p99 < Duration::from_millis(100),
    );
    table.add(
        "lag until searchable, throughout",
        "< 3 s",
        format!("{}", report.lag),
        !report.lag.is_empty() && report.lag.max() < Duration::from_secs(3),
    );
    let usage = server.usage();
    let cores = usage.cpu.as_secs_f64() / report.elapsed.as_secs_f64();
    table.note(
        "its memory and processor",
        format!("{} at its peak, {cores:.2} cores", mebibytes(usage.peak_rss)),
    );
    drop(server);

    let server = start();
    let load = Load {
        connections: 4,
        duration: arguments.load.min(Duration::from_secs(30)),
        events_per_second: Some(2_000),
        requests: Load::requests_of(100),
    };
    let report = load.run(server.ingest_addr(), Some(server.api_addr()));
    table.add(
        "acknowledged to searchable at 2,000 events/s",
        "p95 < 1.5 s",
        format!("{}; {:.0} events/s", report.lag, report.events_per_second()),
        !report.lag.is_empty() && report.lag.percentile(95) < Duration::from_millis(1500),
    );
}

/// 216 MB in one POST.
pub(crate) fn measure_single_post(_: &Arguments, table: &mut Table) {
    let server = start();
    let before = server.usage().peak_rss;
    let started = Instant::now();
    let answer = post_huge(server.ingest_addr(), 0).expect("an answer to a huge request");
    let elapsed = started.elapsed();
    server.api().wait_until_searchable();
    let peak = server.usage().peak_rss;
    table.add(
        "216 MB in a single POST",
        "accepted, <= 512 MB",
        format!(
            "{} after {elapsed:.1?}; {} at its peak, {} before",
            answer.status,
            mebibytes(peak),
            mebibytes(before)
        ),
        answer.status == 200 && peak <= 512 << 20,
    );
}

/// A server with the settings that users get.
fn start() -> Server {
    Server::builder().set("index.commit_interval", "1s").expect_log("").start()
}
