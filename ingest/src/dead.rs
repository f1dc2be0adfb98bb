//! Dead letters: what came in and is no audit event, masked, with the reason, in a store of bounded size.
//!
//! The store is a directory of files with one JSON object per line, numbered in order; a person can read them, and so can
//! another process while this one writes. A letter counts once its line end is there. Beyond the size limit the oldest
//! file goes. The same bytes from the same cluster are stored once: a sender repeats what it got no answer to.

mod files;
mod letter;
mod reason;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use taffrail_event::Key;

pub use letter::DeadLetter;
pub(crate) use reason::reason;

use crate::error::IngestError;
use files::{Segments, Writer};

/// Some dead letters, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeadLetterPage {
    /// The letters.
    pub letters: Vec<DeadLetter>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<u64>,
}

/// How many dead letters there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct DeadLetterTotals {
    /// Letters stored.
    pub stored: u64,
    /// Their bytes on disk.
    pub bytes: u64,
    /// Letters that came in since the start, those that were known already included.
    pub received: u64,
}

/// The store in `<data>/dead`. One process writes; any may list.
#[derive(Debug)]
pub struct DeadLetters {
    dir: PathBuf,
    max_bytes: u64,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    segments: Segments,
    known: HashSet<Key>,
    writer: Option<Writer>,
    received: u64,
}

impl DeadLetters {
    /// Opens the store for writing. Beyond `max_bytes` the oldest letters go.
    pub fn open(dir: &Path, max_bytes: u64) -> Result<Self, IngestError> {
        files::create_dir(dir).map_err(IngestError::storage("create", dir))?;
        let segments = Segments::load(dir).map_err(IngestError::storage("read", dir))?;
        let known = segments.ids().collect();
        let state = State { segments, known, writer: None, received: 0 };
        Ok(Self { dir: dir.to_path_buf(), max_bytes, state: Mutex::new(state) })
    }

    /// Stores those letters that are new. When it returns they are durable.
    pub fn append(&self, letters: &[DeadLetter]) -> Result<(), IngestError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let state = &mut *state;
        let (mut fresh, mut lines) = (HashSet::new(), Vec::new());
        for letter in letters {
            if !state.known.contains(&letter.id) && fresh.insert(letter.id) {
                letter.write_line(&mut lines);
            }
        }
        if !fresh.is_empty() {
            let ids = fresh.into_iter().collect();
            self.store(state, ids, &lines).map_err(IngestError::storage("write", &self.dir))?;
        }
        state.received += letters.len() as u64;
        Ok(())
    }

    /// Letters newest first, `limit` at a time, starting before `cursor`.
    pub fn list(&self, limit: usize, cursor: Option<u64>) -> Result<DeadLetterPage, IngestError> {
        files::list(&self.dir, limit, cursor).map_err(IngestError::storage("read", &self.dir))
    }

    /// Lists the store in `dir` without opening it, also while another process writes. No directory is an empty store.
    pub fn list_in(
        dir: &Path,
        limit: usize,
        cursor: Option<u64>,
    ) -> Result<(DeadLetterPage, DeadLetterTotals), IngestError> {
        let read = || Ok((files::list(dir, limit, cursor)?, Segments::load(dir)?));
        let (page, segments) = read().map_err(IngestError::storage("read", dir))?;
        Ok((page, DeadLetterTotals { stored: segments.letters(), bytes: segments.bytes(), received: 0 }))
    }

    /// The files of the store in `dir`, for a copy. The newest may be written to meanwhile: what is torn at its end does not
    /// count. No directory is an empty store.
    pub fn files_in(dir: &Path) -> Result<Vec<PathBuf>, IngestError> {
        let numbers = files::numbers(dir).map_err(IngestError::storage("list", dir))?;
        Ok(numbers.into_iter().map(|number| files::path(dir, number)).collect())
    }

    /// The numbers of the files there are, oldest first.
    pub(crate) fn files(&self) -> Result<Vec<u64>, IngestError> {
        files::numbers(&self.dir).map_err(IngestError::storage("list", &self.dir))
    }

    /// The letters of a file, oldest first.
    pub(crate) fn letters_of(&self, number: u64) -> Result<Vec<DeadLetter>, IngestError> {
        files::letters(&self.dir, number).map_err(IngestError::storage("read", &self.dir))
    }

    /// Takes letters out of a file. When it returns, that is durable.
    pub(crate) fn forget(&self, number: u64, gone: &[Key]) -> Result<(), IngestError> {
        if gone.is_empty() {
            return Ok(());
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.writer.as_ref().is_some_and(|writer| writer.number() == number) {
            // It would go on writing to the file that is replaced.
            state.writer = None;
        }
        let kept = files::rewrite(&self.dir, number, gone);
        let kept = kept.map_err(IngestError::storage("rewrite", &self.dir))?;
        state.segments.replace(number, kept);
        for id in gone {
            state.known.remove(id);
        }
        Ok(())
    }

    /// How many there are.
    pub fn totals(&self) -> DeadLetterTotals {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        DeadLetterTotals {
            stored: state.segments.letters(),
            bytes: state.segments.bytes(),
            received: state.received,
        }
    }

    fn store(&self, state: &mut State, ids: Vec<Key>, lines: &[u8]) -> io::Result<()> {
        let file_limit = (self.max_bytes / FILES).max(1);
        let mut writer = match state.writer.take() {
            Some(writer) if writer.fits(lines.len(), file_limit) => writer,
            // Also after an error: what it left behind is cut off at a line end by whoever reads it.
            _ => Writer::create(&self.dir, state.segments.next_number())?,
        };
        writer.write(lines)?;
        taffrail_event::crash_point("dead.written");
        state.known.extend(&ids);
        state.segments.add(writer.number(), lines.len() as u64, ids);
        state.writer = Some(writer);
        for (number, ids) in state.segments.drop_beyond(self.max_bytes) {
            for id in &ids {
                state.known.remove(id);
            }
            files::remove(&self.dir, number)?;
        }
        Ok(())
    }
}

/// About how many files there are when the store is full: so much of it goes at once.
const FILES: u64 = 16;
