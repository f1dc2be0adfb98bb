//! Placeholder until it is written.

use std::process::ExitCode;

use crate::args::ImportArgs;

pub(crate) fn run(_args: ImportArgs) -> anyhow::Result<ExitCode> {
    anyhow::bail!("not built yet")
}
