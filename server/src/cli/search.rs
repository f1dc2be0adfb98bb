//! Placeholder until its author replaces it.

use std::process::ExitCode;

use crate::args::SearchArgs;

pub(crate) fn run(_args: SearchArgs) -> anyhow::Result<ExitCode> {
    anyhow::bail!("not built yet")
}
