//! Log files that are followed while they grow.

use serde::{Deserialize, Serialize};

/// Audit or flow logs of one cluster, on this machine's file system.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TailSettings {
    /// Absolute paths of logs, with `*`, `?` and `[...]`. A log's rotated files are found beside it and need not be named.
    pub paths: Vec<String>,
    /// Cluster that the logs speak about. Empty: the setting `cluster`.
    pub cluster: String,
    /// Machine or API server that writes them, which the events do not say; `*` is what the first `*` of the path matched.
    /// Becomes part of the source's name, and the node of flow records that name none.
    pub node: String,
    /// What they hold.
    pub records: TailRecords,
    /// Where to begin in files that are there when a log is seen for the first time.
    pub from: TailFrom,
}

/// What the lines of a log are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TailRecords {
    /// Audit events.
    #[default]
    Audit,
    /// Network flows, of any format: each line is recognised by itself.
    Flows,
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
