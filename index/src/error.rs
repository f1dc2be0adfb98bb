//! What can go wrong in the index, by what the caller can do.

use std::path::{Path, PathBuf};

use taffrail_event::SinkError;
use taffrail_query::SearchError;

/// An error of the index.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// The disk, or a file on it: fix the cause and try again; nothing is lost.
    #[error("{action} {path}: {source}")]
    Io {
        /// What was tried, as a verb: "open", "sync".
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
    /// The search engine reported an error.
    #[error("{action} split {split}: {source}")]
    Split {
        /// What was tried, as a verb.
        action: &'static str,
        /// Which split.
        split: String,
        /// Why it failed.
        source: tantivy::TantivyError,
    },
    /// Written by a newer release: use that one.
    #[error(
        "{path} has index format {found}, this build reads up to {supported}; use the release that wrote it"
    )]
    NewerFormat {
        /// The file that says so.
        path: PathBuf,
        /// Its version.
        found: u64,
        /// Ours.
        supported: u64,
    },
    /// Written by an older release: its events have to be indexed anew.
    #[error(
        "{path} was indexed by an older release (schema {found}, this build uses {expected}); run `taffrail reindex` once, \
         with the server stopped: it builds the index anew from the stored records"
    )]
    OlderSchema {
        /// The split's directory.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// Ours.
        expected: u32,
    },
    /// The manifest cannot be read: restore it, or move the index away and import again.
    #[error(
        "{path} is damaged ({reason}); restore it from a backup, or move the index directory away and start again: the journal still holds what was not indexed"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// The crate's results.
pub(crate) type Result<T, E = IndexError> = std::result::Result<T, E>;

impl IndexError {
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }

    pub(crate) fn split(action: &'static str, split: &str) -> impl FnOnce(tantivy::TantivyError) -> Self {
        let split = split.to_owned();
        move |source| Self::Split { action, split, source }
    }
}

impl From<IndexError> for SinkError {
    fn from(error: IndexError) -> Self {
        match error {
            IndexError::Io { .. } | IndexError::Split { .. } => Self::Retry(error.to_string()),
            IndexError::NewerFormat { .. } | IndexError::OlderSchema { .. } | IndexError::Damaged { .. } => {
                Self::Fatal(error.to_string())
            }
        }
    }
}

impl From<IndexError> for SearchError {
    fn from(error: IndexError) -> Self {
        Self::Storage(error.to_string())
    }
}
