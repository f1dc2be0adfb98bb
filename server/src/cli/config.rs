//! Placeholder until its author replaces it.

use std::process::ExitCode;

use crate::args::ConfigCommand;

pub(crate) fn run(_args: ConfigCommand) -> anyhow::Result<ExitCode> {
    anyhow::bail!("not built yet")
}
