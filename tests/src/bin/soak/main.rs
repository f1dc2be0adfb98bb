//! The long runs: what the tests do in minutes, for as long as it takes.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "printing is what this program does")]

mod day;
mod kills;

use std::path::PathBuf;
use std::process::ExitCode;

const USAGE: &str = "usage: soak [kills [N] | day [EVENTS_A_SECOND [HOURS [FOLDER]]]]\n\
    without arguments: 1000 kills, then 24 hours at 20 and at 2,000 events a second\n\
    with a FOLDER a day is kept there, and goes on where it was when it is started again";

/// One run.
#[derive(Debug, Clone)]
enum Run {
    Kills(usize),
    Day { rate: u32, hours: u32, folder: Option<PathBuf> },
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let Some(runs) = runs(&arguments) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    for run in runs {
        match run {
            Run::Kills(kills) => kills::run(kills),
            Run::Day { rate, hours, folder } => day::run(rate, hours, folder),
        }
    }
    ExitCode::SUCCESS
}

fn runs(arguments: &[&str]) -> Option<Vec<Run>> {
    let number = |text: &&str| text.replace('_', "").parse::<u32>().ok();
    match arguments {
        [] => Some(vec![
            Run::Kills(1000),
            Run::Day { rate: 20, hours: 24, folder: None },
            Run::Day { rate: 2_000, hours: 24, folder: None },
        ]),
        ["kills"] => Some(vec![Run::Kills(1000)]),
        ["kills", kills] => Some(vec![Run::Kills(usize::try_from(number(kills)?).ok()?)]),
        ["day", rest @ ..] if rest.len() <= 3 => {
            let rate = rest.first().map_or(Some(20), number)?;
            let hours = rest.get(1).map_or(Some(24), number)?;
            let folder = rest.get(2).map(PathBuf::from);
            Some(vec![Run::Day { rate, hours, folder }])
        }
        _ => None,
    }
}
