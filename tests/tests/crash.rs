//! T35: whatever is killed, and whenever: acknowledged is stored, once.
//!
//! At least 100 kills in all; `make soak` does thousands.

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

use taffrail_tests::{Binary, Campaign, Fate, KillReport, Random, cli, crash_points, oracle, samples};
use tempfile::TempDir;

/// Kills per test of random times; there are four of those.
const KILLS: usize = 20;

/// What the points of compaction begin with.
const COMPACTION: &str = "index.compaction";

/// What the points begin with to which no load comes; `care.rs` and `notify.rs` kill there.
const ELSEWHERE: [&str; 3] = ["index.retention", "notify.", "replay."];

/// How many kills lie between two looks at everything.
const ROUND: usize = 10;

#[test]
fn t35_killed_at_every_point_of_intake_and_journal() {
    // Those of followed logs have a test of their own.
    let elsewhere = |point: &str| point.starts_with("index.") || point.starts_with("tail.");
    kill_at_each(new_campaign("intake"), &points(|point| !elsewhere(point)), &[1, 3]);
}

#[test]
fn t35_killed_at_every_point_of_a_commit() {
    let points = points(|point| point.starts_with("index.") && !point.starts_with(COMPACTION));
    kill_at_each(new_campaign("commit"), &points, &[1, 3]);
}

#[test]
fn t35_killed_at_every_point_of_a_compaction() {
    kill_at_each(new_campaign("compaction"), &points(|point| point.starts_with(COMPACTION)), &[1, 4]);
}

fn new_campaign(name: &str) -> Campaign {
    Campaign::new(Random::of_run(name))
}

fn points(wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let is_elsewhere = |point: &str| ELSEWHERE.iter().any(|elsewhere| point.starts_with(elsewhere));
    let points: Vec<_> =
        crash_points().into_iter().filter(|point| wanted(point) && !is_elsewhere(point)).collect();
    assert!(!points.is_empty());
    points
}

#[test]
fn t35_killed_at_random_times_1() {
    kill_at_random("random times 1");
}

#[test]
fn t35_killed_at_random_times_2() {
    kill_at_random("random times 2");
}

#[test]
fn t35_killed_at_random_times_3() {
    kill_at_random("random times 3");
}

#[test]
fn t35_killed_at_random_times_4() {
    kill_at_random("random times 4");
}

/// At each of them on the first, and on a later visit, when there is more to lose.
fn kill_at_each(mut campaign: Campaign, points: &[String], visits: &[usize]) {
    let fates: Vec<Fate> = points
        .iter()
        .flat_map(|point| visits.iter().map(|nth| Fate::At { point: point.clone(), nth: *nth }))
        .collect();
    for fates in fates.chunks(ROUND) {
        campaign.round(fates);
    }
    let report = campaign.report();
    say(report);
    let missed: Vec<_> = points.iter().filter(|point| !report.at.contains_key(*point)).collect();
    assert!(missed.is_empty(), "nothing was killed at {missed:?}: the load does not come there");
}

fn kill_at_random(name: &str) {
    let points = points(|_| true);
    let mut campaign = new_campaign(name);
    while campaign.report().kills < KILLS {
        let fates: Vec<Fate> = (0..ROUND).map(|_| campaign.any_fate(&points)).collect();
        campaign.round(&fates);
    }
    say(campaign.report());
    assert!(campaign.report().acknowledged > 0);
}

#[allow(clippy::print_stderr, reason = "what was done is worth reading when a test fails")]
fn say(report: &KillReport) {
    eprintln!("{report:?}");
}

#[test]
fn t35_a_killed_import_is_simply_run_again() {
    let lines = samples::lines("audit/scenario.jsonl.gz");
    let expected = oracle::fold(&lines).len();
    let file = samples::path("audit/scenario.jsonl.gz");
    for point in points(|point| point.starts_with("index.")) {
        let folder = TempDir::with_prefix("taffrail-").expect("create a temporary directory");
        let data = folder.path().join("data");
        let mut command = Command::new(Binary::Crash.path());
        command.env_clear().env("FAILPOINTS", format!("{point}=return")).stderr(Stdio::null());
        let status =
            command.args(["import", "--data"]).arg(&data).arg(&file).status().expect("start the program");
        assert!(status.success() || status.signal() == Some(9), "{point}: {status}");
        cli::import(&data, "default", &[&file]).ok();
        assert_eq!(cli::search(&data, "").ok().stdout.lines().count(), expected, "{point}");
    }
}
