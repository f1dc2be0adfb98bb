//! What isolates a pod.

use serde::{Deserialize, Serialize};

/// By which label a pod is told to be under quarantine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct QuarantineSettings {
    /// The label as `key=value`, as the policies select it.
    pub label: String,
}

impl Default for QuarantineSettings {
    fn default() -> Self {
        Self { label: "quarantine=true".to_owned() }
    }
}

impl QuarantineSettings {
    /// Key and value of the label; the value may be empty.
    #[must_use]
    pub fn label(&self) -> (&str, &str) {
        self.label.split_once('=').unwrap_or((&self.label, ""))
    }
}
