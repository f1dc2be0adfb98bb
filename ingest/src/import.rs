//! Files straight into the sink: the file is the durable copy until the sink has finished.
//!
//! Three stages at once: one thread reads and decompresses, several redact, and the caller's feeds the sink, in the order
//! of the file. A few chunks of a few megabytes are in flight, whatever the size of the file.

mod chunk;
mod feed;
mod gate;
mod input;
mod parts;
mod redacting;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use taffrail_event::{EventSink, WriteCounts};

use crate::dead::DeadLetters;
use crate::error::IngestError;
use crate::filter::Filter;
use crate::flows::FlowHints;
use crate::redact::Redactor;
use feed::Feed;
pub use parts::{Part, content, read_parts};

/// What to import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportInput {
    /// Standard input.
    Stdin,
    /// A file; gzip and Zstandard are recognised by content.
    File(PathBuf),
}

impl ImportInput {
    /// From a command-line argument: `-` is standard input.
    pub fn from_argument(argument: impl Into<PathBuf>) -> Self {
        let path = argument.into();
        if path.as_os_str() == "-" { Self::Stdin } else { Self::File(path) }
    }
}

/// How to import.
#[derive(Debug, Clone)]
pub struct ImportOptions {
    /// The cluster that the files speak about.
    pub cluster: Arc<str>,
    /// The largest event that is kept whole.
    pub max_event_bytes: u64,
    /// What is known of flow records, for files that hold them.
    pub flows: FlowHints,
    /// Which records are not to be kept.
    pub filter: Option<Arc<dyn Filter>>,
    /// How far apart alike flow records may be that are folded; zero folds none.
    pub fold_flows: Duration,
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ImportProgress {
    /// Bytes read of the files as they lie there (compressed ones: compressed).
    pub bytes: u64,
    /// Bytes of all files; `None` if standard input or a pipe is among them.
    pub total: Option<u64>,
    /// Records written to the sink.
    pub records: u64,
    /// Time since the start.
    pub elapsed: Duration,
}

/// What an import did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ImportReport {
    /// What became of the records.
    pub counts: WriteCounts,
    /// Items that became dead letters.
    pub dead: u64,
    /// Records that were not kept because `ingest.drop` names them.
    pub dropped: u64,
    /// Records whose bodies were cut because the event was over `ingest.max_event_bytes`.
    pub cut: u64,
    /// Flow records that others stand for, because of `ingest.fold_flows`.
    pub folded: u64,
    /// Records in envelopes that have nothing to do with audit events. Nothing of them is kept.
    pub skipped: u64,
    /// Bytes after decompression.
    pub bytes: u64,
    /// How long it took, up to and including [`EventSink::finish`].
    pub took: Duration,
}

/// Reads `inputs` one after the other into `sink` and finishes it. Calls `progress` at most ten times a second.
///
/// When an input cannot be read to its end, what came before is kept and the error says where it is. Importing again adds
/// only what is missing.
pub fn import(
    inputs: &[ImportInput],
    options: &ImportOptions,
    redactor: &Redactor,
    dead: &DeadLetters,
    sink: &mut dyn EventSink,
    progress: &mut dyn FnMut(ImportProgress),
) -> Result<ImportReport, IngestError> {
    let total = input::total_bytes(inputs)?;
    let mut feed = Feed::new(dead, sink, progress, total);
    let read = redacting::run(inputs, options, redactor, &mut feed);
    match read {
        Err(error @ IngestError::Input { .. }) => feed.finish().and(Err(error)),
        Err(error) => Err(error),
        Ok(()) => feed.finish(),
    }
}
