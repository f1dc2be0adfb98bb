//! What is masked, beyond and below the built-in rules.

use serde::{Deserialize, Serialize};

use crate::field_path::FieldPath;
use crate::secret::Secret;

/// What is masked before anything reaches a disk. The built-in rules always apply unless they are listed in `off`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RedactionSettings {
    /// Key of the keyed hash that stands in for a masked value; several receivers share one so that equal values stay
    /// equal. Without it a key is generated in the data directory, readable by its owner only.
    pub key: Option<Secret>,
    /// Rules in addition to the built-in ones.
    pub add: Vec<RedactionRule>,
    /// Resources (`secrets`, `tokenreviews.authentication.k8s.io`) whose built-in rules are switched off.
    pub off: Vec<String>,
}

/// Masks fields of some resources.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RedactionRule {
    /// Names the rule in messages and metrics; unique.
    pub name: String,
    /// Resources it applies to: `secrets`, `foos.example.com`, `pods/exec`, or `*` for all.
    pub resources: Vec<String>,
    /// Fields of the object whose values, and everything below them, are masked.
    pub paths: Vec<FieldPath>,
    /// Names of container environment variables whose values are masked; `*` stands for any run of characters.
    pub env_names: Vec<String>,
}
