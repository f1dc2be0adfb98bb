//! The long runs: what the tests do in minutes, for as long as it takes.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "printing is what this program does")]

use std::process::ExitCode;
use std::time::Instant;

use taffrail_tests::{Campaign, Fate, KillReport, Random, crash_points};

/// Kills on one data directory before a fresh one is taken: old enough for every kind of compaction.
const KILLS_PER_DIRECTORY: usize = 100;

/// Kills between two looks at everything.
const ROUND: usize = 20;

fn main() -> ExitCode {
    let kills = match kills() {
        Ok(kills) => kills,
        Err(usage) => {
            eprintln!("{usage}");
            return ExitCode::from(2);
        }
    };
    let points = crash_points();
    let mut random = Random::of_run("soak");
    let mut total = KillReport::default();
    let started = Instant::now();
    while total.kills < kills {
        let mut campaign = Campaign::new(random.fork());
        while campaign.report().kills < KILLS_PER_DIRECTORY.min(kills - total.kills) {
            let fates: Vec<Fate> = (0..ROUND).map(|_| campaign.any_fate(&points)).collect();
            campaign.round(&fates);
            let report = campaign.report();
            println!(
                "{} kills, {} requests acknowledged and all found once, {:.0?}",
                total.kills + report.kills,
                total.acknowledged + report.acknowledged,
                started.elapsed(),
            );
        }
        total.add(campaign.report());
    }
    for point in &points {
        println!("{:>6} at {point}", total.at.get(point).copied().unwrap_or(0));
    }
    ExitCode::SUCCESS
}

/// From the command line, else from `TAFFRAIL_KILLS`, else a thousand.
fn kills() -> Result<usize, String> {
    let usage = || "usage: soak [KILLS] (or TAFFRAIL_KILLS; 1000 if neither is given)".to_owned();
    let wanted = std::env::args().nth(1).or_else(|| std::env::var("TAFFRAIL_KILLS").ok());
    wanted.map_or(Ok(1000), |wanted| wanted.parse().map_err(|_| usage()))
}
