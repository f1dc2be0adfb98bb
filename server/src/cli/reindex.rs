//! Placeholder until it is written.

use std::process::ExitCode;

use crate::args::ReindexArgs;

pub(crate) fn run(_args: ReindexArgs) -> anyhow::Result<ExitCode> {
    anyhow::bail!("not built yet")
}
