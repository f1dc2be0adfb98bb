//! Placeholder until its author replaces it.

use std::process::ExitCode;

use crate::args::TopArgs;

pub(crate) fn run(_args: TopArgs) -> anyhow::Result<ExitCode> {
    anyhow::bail!("not built yet")
}
