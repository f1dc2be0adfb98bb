//! Placeholder until its author replaces it.

use std::process::ExitCode;

use crate::args::ExportArgs;

pub(crate) fn run(_args: ExportArgs) -> anyhow::Result<ExitCode> {
    anyhow::bail!("not built yet")
}
