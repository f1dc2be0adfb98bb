//! The process's own log, on standard error.

use std::io::IsTerminal;

use anyhow::anyhow;
use taffrail_config::{LogFormat, LogSettings};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;

use crate::exit::WrongUse;

/// The default of `log.filter`.
const DEFAULT_FILTER: &str = "info";

/// Where tantivy warns of a merge that it throws away because a commit has emptied one of its segments meanwhile. That is in
/// order, and nobody can do anything about it.
const IN_ORDER: &str = "tantivy::indexer::segment_manager=error";

/// For commands that end by themselves: only what goes wrong, unless somebody asked for more.
pub(crate) fn start_quietly(settings: &LogSettings) -> anyhow::Result<()> {
    let mut settings = settings.clone();
    if settings.filter == DEFAULT_FILTER {
        settings.filter = "warn".to_owned();
    }
    start(&settings)
}

/// What `log.filter` means.
pub(crate) fn filter(settings: &LogSettings) -> Result<EnvFilter, ParseError> {
    // What somebody writes of the same place comes behind it, and counts.
    EnvFilter::builder().parse(format!("{IN_ORDER},{}", settings.filter))
}

/// Starts logging. The settings have been validated; a filter that still does not parse is told, not ignored.
pub(crate) fn start(settings: &LogSettings) -> anyhow::Result<()> {
    let filter = filter(settings).map_err(|error| WrongUse(format!("log.filter: {error}")))?;
    let colours = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let subscriber =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours);
    let started = match settings.format {
        LogFormat::Plain => subscriber.with_target(false).try_init(),
        LogFormat::Json => subscriber.json().flatten_event(true).try_init(),
    };
    started.map_err(|error| anyhow!("cannot start the log: {error}"))
}
