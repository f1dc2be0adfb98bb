//! What isolates a pod, and how soon it is told that it does not.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Four times what exporters are commonly set to between two reports.
const DEFAULT_SETTLE: Duration = Duration::from_secs(60);

/// By which label a pod is told to be under quarantine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct QuarantineSettings {
    /// The label as `key=value`, as the policies select it.
    pub label: String,
    /// Whether what should not be while a pod is under quarantine becomes a finding.
    pub watch: bool,
    /// How long a finding waits that records of others may disprove: two nodes report one connection, at moments of their own.
    #[serde(with = "crate::duration")]
    pub settle: Duration,
}

impl Default for QuarantineSettings {
    fn default() -> Self {
        Self { label: "quarantine=true".to_owned(), watch: true, settle: DEFAULT_SETTLE }
    }
}

impl QuarantineSettings {
    /// Key and value of the label; the value may be empty.
    #[must_use]
    pub fn label(&self) -> (&str, &str) {
        self.label.split_once('=').unwrap_or((&self.label, ""))
    }
}
