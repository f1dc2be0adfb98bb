//! `taffrail quarantine`: which pods are isolated, what became of one, and how one gets there and out.
//!
//! `apply` and `release` are the only commands that write to a cluster, and they do it as whoever calls them: with that
//! person's kubeconfig, after asking. They need no server, and no server does what they do.

mod apply;
mod ask;
mod cluster;
mod containment;
mod list;
mod marks;
mod outcome;
mod plan;
mod pod;
mod policies;
mod release;
mod show;
mod survey;
mod target;

use std::process::ExitCode;

use crate::args::QuarantineCommand;

/// Runs the command.
pub(crate) fn run(command: &QuarantineCommand) -> anyhow::Result<ExitCode> {
    match command {
        QuarantineCommand::List(args) => list::run(args),
        QuarantineCommand::Show(args) => show::run(args),
        QuarantineCommand::Apply(args) => apply::run(args),
        QuarantineCommand::Release(args) => release::run(args),
    }
}
