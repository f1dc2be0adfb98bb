//! Placeholder until it is written.

use std::process::ExitCode;

use crate::args::ServeArgs;

pub(crate) fn run(_args: ServeArgs) -> anyhow::Result<ExitCode> {
    anyhow::bail!("not built yet")
}
