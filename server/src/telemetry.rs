//! The process's own log, on standard error.

use anyhow::anyhow;
use taffrail_config::{LogFormat, LogSettings};
use tracing_subscriber::EnvFilter;

/// Starts logging. The settings have been validated; a filter that still does not parse is told, not ignored.
pub(crate) fn start(settings: &LogSettings) -> anyhow::Result<()> {
    let filter = EnvFilter::builder()
        .parse(&settings.filter)
        .map_err(|error| crate::exit::WrongUse(format!("log.filter: {error}")))?;
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match settings.format {
        LogFormat::Plain => subscriber.with_target(false).try_init(),
        LogFormat::Json => subscriber.json().flatten_event(true).try_init(),
    };
    started.map_err(|error| anyhow!("cannot start the log: {error}"))
}
