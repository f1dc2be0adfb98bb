//! T35: whatever is killed, and whenever: acknowledged is stored, once.
//!
//! At least 100 kills in all; `make soak` does thousands.

use taffrail_tests::{Campaign, Fate, KillReport, Random, crash_points};

/// Kills per test of random times; there are four of those.
const KILLS: usize = 20;

/// How many kills lie between two looks at everything.
const ROUND: usize = 10;

#[test]
fn t35_killed_at_every_named_point_first_half() {
    let points = crash_points();
    kill_at_each(&points[..points.len() / 2]);
}

#[test]
fn t35_killed_at_every_named_point_second_half() {
    let points = crash_points();
    kill_at_each(&points[points.len() / 2..]);
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

/// Twice each: when it comes there first, and again some time later, when there is more to lose.
fn kill_at_each(points: &[String]) {
    let mut campaign = Campaign::new(Random::of_run("named points"));
    let fates: Vec<Fate> =
        points.iter().flat_map(|point| [1, 4].map(|nth| Fate::At { point: point.clone(), nth })).collect();
    for fates in fates.chunks(ROUND) {
        campaign.round(fates);
    }
    let report = campaign.report();
    say(report);
    for point in points {
        assert!(report.at.contains_key(point), "nothing was killed at {point}: the load does not come there");
    }
}

fn kill_at_random(name: &str) {
    let points = crash_points();
    let mut campaign = Campaign::new(Random::of_run(name));
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
