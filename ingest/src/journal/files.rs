//! The segment files of one directory: begun, deleted and set aside so that every step survives a power cut.

use std::fs::{self, File};
use std::io::{self, IoSlice};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::JournalOptions;
use super::catalog::Catalog;
use super::disk::{Disk, is_full, write_all};
use super::error::JournalError;
use super::frame::Salt;
use super::segment::{SEGMENT_HEADER_BYTES, SegmentHeader, segment_path};

/// Damaged segments that are kept for a closer look. More would let a dying disk fill itself.
const KEPT_DAMAGED: usize = 16;

/// Where the segments are, and what all of them share.
#[derive(Debug)]
pub(super) struct Files {
    pub(super) dir: PathBuf,
    pub(super) options: JournalOptions,
    pub(super) disk: Arc<dyn Disk>,
    pub(super) salt: Salt,
    pub(super) catalog: Catalog,
}

impl Files {
    /// Creates the segment that begins with `first`, durable with its name, and lists it.
    pub(super) fn create_segment(&self, first: u64) -> Result<File, JournalError> {
        let path = segment_path(&self.dir, first);
        let created = self.disk.create(&path).and_then(|file| {
            let header = SegmentHeader::encode(first, self.salt);
            write_all(self.disk.as_ref(), &file, &mut [IoSlice::new(&header)], 0)?;
            self.disk.sync_file(&file)?;
            self.disk.sync_dir(&self.dir)?;
            Ok(file)
        });
        match created {
            Ok(file) => {
                self.catalog.insert(first, SEGMENT_HEADER_BYTES);
                Ok(file)
            }
            // Removed, the next attempt makes and syncs a new name; left, a failed sync would be repeated.
            Err(error) => match self.disk.remove(&path) {
                Err(left) if left.kind() != io::ErrorKind::NotFound => {
                    let reason = format!("a segment could not be begun ({error}) nor removed ({left})");
                    Err(JournalError::Failed { reason: reason.into() })
                }
                _ => Err(self.refused("begin", &path, error)),
            },
        }
    }

    /// Deletes segments that hold nothing at or above `seq`, oldest first; damaged ones are set aside.
    pub(super) fn truncate_below(&self, seq: u64) -> Result<(), JournalError> {
        let below = self.catalog.below(seq);
        if below.is_empty() {
            return Ok(());
        }
        for (first, segment) in below {
            let path = segment_path(&self.dir, first);
            // Left out of the catalog first, so that a reader does not take it for a file somebody lost.
            self.catalog.remove(first);
            let gone = if segment.damaged { self.set_aside(&path) } else { self.remove(&path) };
            if let Err(error) = gone {
                // Listed again, or the next truncation would forget it until the journal is opened anew.
                self.catalog.put_back(first, segment);
                return Err(error);
            }
        }
        taffrail_event::crash_point("journal.truncated");
        self.sync_dir()
    }

    pub(super) fn remove(&self, path: &Path) -> Result<(), JournalError> {
        match self.disk.remove(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(JournalError::io("delete", path)(error))
            }
            _ => Ok(()),
        }
    }

    /// Moves a damaged segment to `damaged/`, under a name that is free.
    pub(super) fn set_aside(&self, path: &Path) -> Result<(), JournalError> {
        let dir = self.dir.join("damaged");
        self.disk.create_dir(&dir).map_err(JournalError::io("create", &dir))?;
        let target = free_name(&dir, path).map_err(JournalError::io("list", &dir))?;
        match self.disk.rename(path, &target) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            renamed => renamed.map_err(JournalError::io("set aside", path))?,
        }
        tracing::warn!(segment = %target.display(), "damaged journal segment set aside");
        for old in oldest_beyond(&dir, KEPT_DAMAGED).map_err(JournalError::io("list", &dir))? {
            tracing::warn!(segment = %old.display(), kept = KEPT_DAMAGED, "oldest damaged journal segment deleted");
            self.remove(&old)?;
        }
        self.disk.sync_dir(&dir).map_err(JournalError::io("sync", &dir))
    }

    /// Makes the names of the segments durable.
    pub(super) fn sync_dir(&self) -> Result<(), JournalError> {
        self.disk.sync_dir(&self.dir).map_err(JournalError::io("sync", &self.dir))
    }

    /// The caller's error for a write that the operating system refused.
    pub(super) fn refused(&self, action: &'static str, path: &Path, error: io::Error) -> JournalError {
        if is_full(&error) {
            self.disk_full(self.disk.free_bytes(&self.dir).unwrap_or(0))
        } else {
            JournalError::io(action, path)(error)
        }
    }

    pub(super) fn disk_full(&self, free: u64) -> JournalError {
        JournalError::DiskFull { path: self.dir.clone(), free, min_free: self.options.min_free_bytes }
    }
}

fn free_name(dir: &Path, path: &Path) -> io::Result<PathBuf> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let mut target = dir.join(format!("{stem}.seg"));
    let mut copy = 1;
    while target.try_exists()? {
        copy += 1;
        target = dir.join(format!("{stem}-{copy}.seg"));
    }
    Ok(target)
}

fn oldest_beyond(dir: &Path, kept: usize) -> io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(dir)?.collect::<io::Result<Vec<_>>>()?;
    let mut names: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    names.retain(|name| name.extension().is_some_and(|extension| extension == "seg"));
    names.sort();
    names.truncate(names.len().saturating_sub(kept));
    Ok(names)
}
