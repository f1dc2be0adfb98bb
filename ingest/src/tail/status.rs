//! How far the followed logs are read, for status and metrics.

use std::sync::{Mutex, PoisonError};

use super::log::Log;

/// The state of all followed logs.
#[derive(Debug, Default)]
pub struct TailStatus {
    logs: Mutex<Vec<TailedLog>>,
}

/// One followed log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TailedLog {
    /// The cluster that it speaks about.
    pub cluster: String,
    /// Its name as a source: `file:PATH`, or `file:NODE:PATH`.
    pub source: String,
    /// Bytes that are in its files and not durable yet.
    pub lag_bytes: u64,
    /// Its files that are not read to their end.
    pub open_files: u64,
    /// Lines of the API server's own log that were left out since the start.
    pub noise_lines: u64,
    /// Why it cannot be read; null while it can.
    pub trouble: Option<String>,
}

impl TailStatus {
    /// Every log that was found since the start.
    pub fn all(&self) -> Vec<TailedLog> {
        self.logs.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set(&self, logs: Vec<TailedLog>) {
        *self.logs.lock().unwrap_or_else(PoisonError::into_inner) = logs;
    }
}

impl Log {
    pub(super) fn status(&self) -> TailedLog {
        TailedLog {
            cluster: self.origin.cluster.as_ref().to_owned(),
            source: self.origin.source.as_ref().to_owned(),
            lag_bytes: self.lag(),
            open_files: self.open_files() as u64,
            noise_lines: self.noise,
            trouble: self.trouble(),
        }
    }
}
