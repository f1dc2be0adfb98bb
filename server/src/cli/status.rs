//! Placeholder until its author replaces it.

use std::process::ExitCode;

use crate::args::StatusArgs;

pub(crate) fn run(_args: StatusArgs) -> anyhow::Result<ExitCode> {
    anyhow::bail!("not built yet")
}
