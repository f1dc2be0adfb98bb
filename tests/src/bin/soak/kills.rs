//! The server is killed over and over, at random and at named points, beside senders: what was acknowledged is found, once.

use std::time::Instant;

use taffrail_tests::{Campaign, Fate, KillReport, Random, crash_points};

/// Kills on one data directory before a fresh one is taken: old enough for every kind of compaction.
const KILLS_PER_DIRECTORY: usize = 100;

/// Kills between two looks at everything.
const ROUND: usize = 20;

pub(crate) fn run(kills: usize) {
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
}
