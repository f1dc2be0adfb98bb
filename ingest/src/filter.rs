//! Records that nobody wants to keep: what `ingest.drop` names never reaches the journal.
//!
//! Which they are is not for this crate to know: whoever starts an intake or an import passes the judge in.

use std::fmt;

use taffrail_event::{Origin, RecordFlags};

/// Judges records on their way in.
pub trait Filter: fmt::Debug + Send + Sync {
    /// Whether the record is not to be kept; counts it if so. `record` is one redacted audit event, as the journal would
    /// hold it.
    fn drops(&self, record: &[u8], flags: RecordFlags, origin: &Origin) -> bool;
}
