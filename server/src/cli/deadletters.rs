//! Placeholder until its author replaces it.

use std::process::ExitCode;

use crate::args::DeadlettersArgs;

pub(crate) fn run(_args: DeadlettersArgs) -> anyhow::Result<ExitCode> {
    anyhow::bail!("not built yet")
}
