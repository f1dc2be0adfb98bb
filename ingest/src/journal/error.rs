//! What can go wrong with the journal, cut by what the caller can do about it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why the journal refused or failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum JournalError {
    /// The journal holds as much as it may. Ask the sender to come back; the index makes room by itself.
    #[error(
        "the journal holds {bytes} of at most {limit} bytes: wait until the index has caught up, or raise \
         journal.max_bytes"
    )]
    Full {
        /// Bytes of all segments.
        bytes: u64,
        /// The configured limit.
        limit: u64,
    },
    /// The file system is (nearly) full. Ask the sender to come back; appending works again once there is space.
    #[error(
        "{free} bytes are free at {path} and {min_free} must stay free: make room there, or lower \
         journal.min_free_bytes; accepting goes on by itself"
    )]
    DiskFull {
        /// The journal directory.
        path: PathBuf,
        /// Bytes left to an unprivileged user.
        free: u64,
        /// The configured reserve.
        min_free: u64,
    },
    /// The disk refused to keep what was written, so nothing more can be promised until the journal is reopened.
    #[error(
        "the journal has stopped: {reason}; nothing is accepted until taffrail is restarted: check the disk \
         and the kernel log first"
    )]
    Failed {
        /// The first failure.
        reason: Arc<str>,
    },
    /// A newer build wrote this journal. Nothing was touched.
    #[error(
        "{path} has journal format {found} and this build reads up to format {supported}: run a taffrail that \
         reads journal format {found}"
    )]
    NewerFormat {
        /// The segment that says so.
        path: PathBuf,
        /// Its format version.
        found: u32,
        /// The newest version that this build reads.
        supported: u32,
    },
    /// The frame could never be accepted, so sending it again is pointless: split it.
    #[error("a journal frame of {bytes} bytes is over the limit of {limit}: append it in smaller frames")]
    TooLarge {
        /// Bytes of the frame.
        bytes: u64,
        /// The most that one frame may have.
        limit: u64,
    },
    /// A frame without records has no position and cannot be waited for: do not append it.
    #[error("a journal frame must hold at least one record")]
    Empty,
    /// A position that has not been handed out yet.
    #[error(
        "position {position} is beyond the journal's end {end}: the journal is older than what was read from \
         it; open it with start_at_least"
    )]
    BeyondEnd {
        /// The position asked for.
        position: u64,
        /// The next position to be handed out.
        end: u64,
    },
    /// Another process, or another handle, has the journal open for writing.
    #[error("the journal {path} is in use by another taffrail: stop that one first")]
    Locked {
        /// The journal directory.
        path: PathBuf,
    },
    /// The operating system refused.
    #[error("cannot {action} {path}: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file or directory.
        path: PathBuf,
        /// Why it failed.
        source: Arc<io::Error>,
    },
}

impl JournalError {
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, path: path.to_path_buf(), source: Arc::new(source) }
    }
}
