//! What can go wrong between a source and the sink, cut by what the caller can do.

use std::io;
use std::path::{Path, PathBuf};

use crate::journal::JournalError;

/// Why a request was not taken. Nothing of it may be acknowledged.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// Requests in flight hold as much memory as they may: 429, come back in a second.
    #[error("requests in flight hold all of ingest.budget_bytes; the sender should come back in a second")]
    Busy,
    /// The disk is full: 503, come back.
    #[error("{0}")]
    DiskFull(String),
    /// The journal holds all it may until the index catches up: 503, come back.
    #[error("{0}")]
    JournalFull(String),
    /// Nothing can be made durable until a person has looked: 503.
    #[error("{0}")]
    Failed(String),
    /// The body ended early or stopped coming; usually there is nobody left to answer.
    #[error("the request body could not be read: {0}")]
    Body(io::Error),
    /// The body expands to more than it may: 413.
    #[error(
        "the body expands to more than {limit} bytes or more than {ratio} times its size; \
         send it uncompressed, in smaller requests, or raise ingest.max_decompressed_bytes"
    )]
    TooLarge {
        /// `ingest.max_decompressed_bytes`.
        limit: u64,
        /// The largest expansion that is accepted.
        ratio: u64,
    },
}

impl IntakeError {
    /// Whether the same request may be taken later, so that its sender should come back.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Busy | Self::DiskFull(_) | Self::JournalFull(_) | Self::Failed(_) => true,
            Self::Body(_) | Self::TooLarge { .. } => false,
        }
    }
}

impl From<JournalError> for IntakeError {
    fn from(error: JournalError) -> Self {
        match error {
            JournalError::Full { .. } => Self::JournalFull(error.to_string()),
            JournalError::DiskFull { .. } => Self::DiskFull(error.to_string()),
            other => Self::Failed(other.to_string()),
        }
    }
}

impl From<IngestError> for IntakeError {
    fn from(error: IngestError) -> Self {
        match error {
            IngestError::Journal(error) => error.into(),
            IngestError::Storage { ref source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                Self::DiskFull(error.to_string())
            }
            other => Self::Failed(other.to_string()),
        }
    }
}

/// Why an import, the pipeline or the dead letters had to stop.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// An input cannot be read: correct the path, or send the rest again.
    #[error("cannot read {input} at byte {offset}: {source}")]
    Input {
        /// The file, or `stdin`.
        input: String,
        /// How many bytes of it (decompressed) had been read.
        offset: u64,
        /// Why.
        source: io::Error,
    },
    /// The journal stopped.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The index cannot go on without a person.
    #[error("the index stopped: {0}")]
    Sink(String),
    /// A file in the data directory cannot be used.
    #[error("cannot {action} {}: {source}", path.display())]
    Storage {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
}

impl IngestError {
    /// Says what was tried on `path`.
    pub(crate) fn storage(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Storage { action, path: path.to_path_buf(), source }
    }
}
