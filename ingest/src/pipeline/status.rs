//! What the pipeline does and what keeps it from doing more, for those who watch.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use taffrail_event::WriteCounts;

use crate::error::IngestError;
use crate::journal::JournalError;

/// What the pipeline does, for status and metrics. Share it in an `Arc`.
#[derive(Debug, Default)]
pub struct PipelineStatus {
    position: AtomicU64,
    told: Mutex<Told>,
}

/// A step that may be in trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Records into the sink.
    Write,
    /// Records out of the journal.
    Read,
    /// What is indexed, given back.
    Truncate,
}

#[derive(Debug, Default)]
struct Told {
    counts: WriteCounts,
    /// By step.
    troubles: [Option<String>; 3],
}

impl PipelineStatus {
    /// The journal offset up to which records were given to the sink.
    pub fn position(&self) -> u64 {
        self.position.load(Ordering::Relaxed)
    }

    /// What became of them since the start.
    pub fn counts(&self) -> WriteCounts {
        self.told().counts
    }

    /// Why records do not get from the journal into the sink at the moment; `None` while they do.
    pub fn trouble(&self) -> Option<String> {
        let told = self.told();
        told.trouble(Step::Write).or(told.trouble(Step::Read)).map(str::to_owned)
    }

    /// Why the journal does not give back what is indexed at the moment; `None` while it does.
    pub fn journal_trouble(&self) -> Option<String> {
        self.told().trouble(Step::Truncate).map(str::to_owned)
    }

    pub(super) fn set_position(&self, position: u64) {
        self.position.store(position, Ordering::Relaxed);
    }

    pub(super) fn add(&self, counts: WriteCounts) {
        self.told().counts.add(counts);
    }

    /// Logs once when trouble begins and once when it ends.
    pub(super) fn set_trouble(&self, step: Step, trouble: Option<String>) {
        let mut told = self.told();
        let place = &mut told.troubles[step as usize];
        match (&place, &trouble) {
            (None, Some(reason)) => tracing::warn!(reason, "{}", step.trouble()),
            (Some(_), None) => tracing::info!("{}", step.relief()),
            _ => {}
        }
        *place = trouble;
    }

    /// What the journal gave; `None` when it could not at the moment, which the status tells.
    pub(super) fn tried<T>(
        &self,
        step: Step,
        result: Result<T, JournalError>,
    ) -> Result<Option<T>, IngestError> {
        match result {
            Ok(value) => {
                self.set_trouble(step, None);
                Ok(Some(value))
            }
            // No space, no file descriptor: these pass.
            Err(error @ (JournalError::DiskFull { .. } | JournalError::Io { .. })) => {
                self.set_trouble(step, Some(error.to_string()));
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Told {
    fn trouble(&self, step: Step) -> Option<&str> {
        self.troubles[step as usize].as_deref()
    }
}

impl Step {
    fn trouble(self) -> &'static str {
        match self {
            Self::Write => "the index does not take records; they wait in the journal",
            Self::Read => "the journal cannot be read at the moment; it is tried again",
            Self::Truncate => "the journal cannot give back what is indexed; it is tried again",
        }
    }

    fn relief(self) -> &'static str {
        match self {
            Self::Write => "the index takes records again",
            Self::Read => "the journal is read again",
            Self::Truncate => "the journal gives back what is indexed again",
        }
    }
}
