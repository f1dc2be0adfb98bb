//! The `taffrail` binary: reads the command line, wires the crates together, says what went wrong.
//!
//! Flow: [`args`] is what may be typed; each command is one function that takes its arguments and returns an exit
//! code. `serve` (in [`serve`]) opens the data directory and starts every task that [`tasks`] lists; [`http`] answers
//! both listeners. The other commands are in [`cli`].
//!
//! Invariant: only this crate names axum handlers and reads environment, arguments and the clock's zone.

mod actors;
mod args;
mod cli;
mod data_dir;
mod exit;
mod http;
mod metrics;
mod notify;
mod read;
mod serve;
mod settings;
mod tasks;
mod telemetry;
mod tls;
mod token;
mod unwanted;
mod watched;

use std::process::ExitCode;

use crate::args::{Arguments, Command};

/// Gives memory back by itself, so that a burst does not stay as resident size for the rest of the day.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    #[cfg(feature = "crash-points")]
    let _crash_points = fail::FailScenario::setup();
    match run(Arguments::of_process()) {
        Ok(code) => code,
        Err(error) => exit::report(&error),
    }
}

fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    match arguments.command {
        Command::Serve(args) => serve::run(&args),
        Command::Import(args) => cli::import::run(&args),
        Command::Backup(args) => cli::backup::run(&args),
        Command::Reindex(args) => cli::reindex::run(&args),
        Command::Search(args) => cli::search::run(&args),
        Command::Timeline(args) => cli::timeline::run(&args),
        Command::Get(args) => cli::get::run(&args),
        Command::History(args) => cli::history::run(&args),
        Command::At(args) => cli::at::run(&args),
        Command::Blame(args) => cli::blame::run(&args),
        Command::Diff(args) => cli::diff::run(&args),
        Command::Export(args) => cli::export::run(&args),
        Command::Top(args) => cli::top::run(&args),
        Command::Tail(args) => cli::tail::run(&args),
        Command::Status(args) => cli::status::run(&args),
        Command::Doctor(args) => cli::doctor::run(&args),
        Command::Deadletters(args) => cli::deadletters::run(&args),
        Command::Setup(args) => cli::setup::run(&args),
        Command::Quarantine(command) => cli::quarantine::run(&command),
        Command::Token(command) => cli::token::run(&command),
        Command::Config(command) => cli::config::run(command),
    }
}
