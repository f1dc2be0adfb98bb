//! The process's own log.

use serde::{Deserialize, Serialize};

/// What an operator has to know and nothing else.
pub(crate) const DEFAULT_FILTER: &str = "info";

/// The process's own log, on standard error.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogSettings {
    /// How a line looks.
    pub format: LogFormat,
    /// A level (`info`), or levels per target (`info,taffrail_ingest=debug`).
    pub filter: String,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { format: LogFormat::default(), filter: DEFAULT_FILTER.to_owned() }
    }
}

/// How a log line looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people, the common case of a first start.
    #[default]
    Plain,
    /// One JSON object a line, for log collectors.
    Json,
}
