//! Log files that are followed while they grow.

use serde::{Deserialize, Serialize};

/// Audit logs of one cluster, on this machine's file system.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TailSettings {
    /// Absolute paths of logs, with `*`, `?` and `[...]`. A log's rotated files are found beside it and need not be named.
    pub paths: Vec<String>,
    /// Cluster that the logs speak about. Empty: the setting `cluster`.
    pub cluster: String,
    /// Machine or API server that writes them, which the events do not say. Becomes part of the source's name.
    pub node: String,
    /// Where to begin in files that are there when a log is seen for the first time.
    pub from: TailFrom,
}

/// Where to begin in a log that was never read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TailFrom {
    /// With its oldest rotated file: history that is there is not lost.
    #[default]
    Start,
    /// With the next line that is written.
    End,
}
