//! Redaction: secrets are replaced by a keyed hash before anything reaches a disk (promise 5).
//!
//! [`Redactor::redact`] rewrites one audit event. A fast pass over the raw bytes finds what looks like a secret (`pattern.rs`);
//! the walk over the bodies (`walk.rs`) finds what is one by its place: Secrets in every form, credentials of variables,
//! command lines, annotations. Everything else is copied in bulk, byte for byte. [`Redactor::mask`] is for what is no audit
//! event; `flow.rs` knows flow records. The rules and their limits: docs/redaction.md.
//!
//! Invariants: the same bytes and key give the same result, whatever came before, because record keys are computed from it;
//! redacting twice changes nothing more; who, what, when and the outcome are never touched.

mod edit;
mod flow;
mod hash;
mod key;
mod manifest;
mod mask;
mod name;
mod paths;
mod pattern;
mod record;
mod resource;
mod scope;
mod uri;
mod walk;

#[cfg(test)]
mod tests;

use std::fmt;

use taffrail_config::RedactionSettings;
use taffrail_event::{NotAudit, Outline, RecordFlags};

pub(crate) use edit::write_escaped;
use hash::ValueHash;
pub(crate) use hash::from_base64;
pub use key::load_or_create_key;
use pattern::Patterns;
use scope::Rules;

/// A shorter key could be guessed, and with it every hashed value.
const MIN_KEY_BYTES: usize = 16;
/// Deeper documents do not count as JSON: no API server takes them, and stacks have to end somewhere.
const MAX_DEPTH: usize = 10_000;

/// More secrets in one record than any real one has; noting each would take far more memory than the record itself.
const MAX_SECRETS: usize = 1_000_000;

/// The redaction rules of this installation. Holds no state between records: share it behind an `Arc`.
pub struct Redactor {
    hash: ValueHash,
    patterns: Patterns,
    rules: Rules,
    off: Vec<String>,
    warnings: Vec<String>,
}

/// Why redaction cannot start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RedactionError {
    /// Values could be guessed from their hashes.
    #[error("the redaction key has {0} bytes, but needs at least 16; write 32 random bytes to its file")]
    ShortKey(usize),
    /// A rule cannot be compiled; a bug, since they are constants.
    #[error("the built-in redaction patterns cannot be compiled")]
    Patterns,
}

impl Redactor {
    /// Builds the rules. `key` is the installation's redaction key.
    ///
    /// # Errors
    /// When the key is too short.
    pub fn new(settings: &RedactionSettings, key: &[u8]) -> Result<Self, RedactionError> {
        if key.len() < MIN_KEY_BYTES {
            return Err(RedactionError::ShortKey(key.len()));
        }
        let warning = |resource: &String| {
            format!("redaction.off: {resource} are stored in the clear, with every secret they contain")
        };
        Ok(Self {
            hash: ValueHash::new(key).ok_or(RedactionError::ShortKey(key.len()))?,
            patterns: Patterns::new().ok_or(RedactionError::Patterns)?,
            rules: Rules::new(settings),
            off: settings.off.clone(),
            warnings: settings.off.iter().map(warning).collect(),
        })
    }

    /// Appends the redacted form of one audit event to `out`. On an error `out` is as before.
    ///
    /// # Errors
    /// When `record` is no audit event: it becomes a dead letter, see [`Redactor::mask`].
    pub fn redact(&self, record: &[u8], out: &mut Vec<u8>) -> Result<RecordFlags, NotAudit> {
        self.redact_outlined(record, out).map(|(flags, _)| flags)
    }

    /// As [`Redactor::redact`]; says too where the members of the redacted event stand, if nothing had to be redacted.
    ///
    /// # Errors
    /// As there.
    pub(crate) fn redact_outlined(
        &self,
        record: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(RecordFlags, Option<Outline>), NotAudit> {
        record::redact(self, record, out)
    }

    /// Appends the redacted form of one flow record to `out`.
    pub(crate) fn redact_flow(&self, record: &[u8], out: &mut Vec<u8>) {
        flow::redact(self, record, out);
    }

    /// Masks bytes that are no audit event, for dead letters and excerpts. When in doubt it masks more.
    #[must_use]
    pub fn mask(&self, bytes: &[u8]) -> Vec<u8> {
        mask::mask(self, bytes)
    }

    /// Masks bytes that are the rest of something whose beginning is not there, hence all of them.
    pub(crate) fn withhold(&self, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        self.hash.write(bytes, &mut out);
        out
    }

    /// What status and logs have to repeat: each resource that is stored in the clear.
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

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor").field("off", &self.off).finish_non_exhaustive()
    }
}
