//! `taffrail quarantine`: which pods are isolated, and what became of one.

mod list;
mod show;

use std::process::ExitCode;

use crate::args::QuarantineCommand;

/// Runs the command.
pub(crate) fn run(command: &QuarantineCommand) -> anyhow::Result<ExitCode> {
    match command {
        QuarantineCommand::List(args) => list::run(args),
        QuarantineCommand::Show(args) => show::run(args),
    }
}
