//! The webhook under load: throughput, latency, and how soon what was acknowledged can be searched.

use std::time::{Duration, Instant};

use taffrail_tests::{Load, LoadReport, Server, Usage, post_huge};

use crate::arguments::Arguments;
use crate::corpus::mebibytes;
use crate::table::Table;

/// Recorded bodies at the rate that is promised, at the one that is hoped for, and as fast as it goes; a steady 2,000
/// events a second.
pub(crate) fn measure(arguments: &Arguments, table: &mut Table) {
    let promised = under_load(arguments, Some(10_000));
    let seconds = arguments.load.as_secs();
    table.add(
        &format!("webhook at 10,000 events/s, 8 connections, recorded bodies, {seconds} s"),
        ">= 10,000 events/s acknowledged",
        promised.throughput(),
        promised.report.events_per_second() >= 9_900.0,
    );
    table.add(
        "its latency",
        "p99 < 100 ms",
        promised.report.latency.to_string(),
        promised.report.latency.percentile(99) < Duration::from_millis(100),
    );
    table.add(
        "its lag until searchable, throughout",
        "< 3 s",
        promised.report.lag.to_string(),
        !promised.report.lag.is_empty() && promised.report.lag.max() < Duration::from_secs(3),
    );
    table.note("its memory and processor", promised.cost());
    for (what, rate) in
        [("webhook at 25,000 events/s (goal)", Some(25_000)), ("webhook, as fast as it goes", None)]
    {
        let found = under_load(arguments, rate);
        table.note(
            what,
            format!(
                "{}; latency {}; lag {}; {}",
                found.throughput(),
                found.report.latency,
                found.report.lag,
                found.cost()
            ),
        );
    }
    measure_lag(arguments, table);
}

struct UnderLoad {
    report: LoadReport,
    usage: Usage,
}

impl UnderLoad {
    fn throughput(&self) -> String {
        let report = &self.report;
        format!(
            "{:.0} events/s ({:.0} MB/s), {} told to come back",
            report.events_per_second(),
            report.bytes as f64 / 1e6 / report.elapsed.as_secs_f64(),
            report.refused,
        )
    }

    fn cost(&self) -> String {
        let cores = self.usage.cpu.as_secs_f64() / self.report.elapsed.as_secs_f64();
        format!("{} at its peak, {cores:.2} cores", mebibytes(self.usage.peak_rss))
    }
}

fn under_load(arguments: &Arguments, events_per_second: Option<u32>) -> UnderLoad {
    let server = start();
    let load = Load {
        connections: 8,
        duration: arguments.load,
        events_per_second,
        requests: Load::recorded_requests(),
    };
    let report = load.run(server.ingest_addr(), Some(server.api_addr()));
    UnderLoad { report, usage: server.usage() }
}

fn measure_lag(arguments: &Arguments, table: &mut Table) {
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
