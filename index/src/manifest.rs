//! The manifest: which splits there are, and how far the journal is covered by them.
//!
//! It is replaced as a whole: temporary file, fsync, rename, directory fsync. A split that it does not name does not
//! exist; what such a directory held is replayed from the journal.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use taffrail_event::{Gap, Removed, SourceSums, Timestamp, crash_point};

use crate::error::{IndexError, Result};

/// The index format that this build writes and the newest that it reads.
pub(crate) const FORMAT: u64 = 1;
pub(crate) const FILE: &str = "manifest.json";
const MAX_GAPS: usize = 1_000;

/// The contents of `manifest.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// Version of this file and of the splits' layout.
    pub(crate) format: u64,
    /// The lowest journal offset that is not yet in a committed document, counting held stages.
    pub(crate) replay_from: u64,
    /// The journal offset below which every record was looked at: those from `replay_from` on that are not in a document
    /// are starts of requests that wait for their end. Where an older build left it out, `replay_from` counts.
    #[serde(default)]
    pub(crate) taken: u64,
    /// Every split.
    pub(crate) splits: Vec<SplitEntry>,
    /// Records that a source lost, newest last.
    pub(crate) gaps: Vec<Gap>,
    /// What each source had brought below `taken`.
    #[serde(default)]
    pub(crate) sources: Vec<SourceSums>,
    /// Objects whose later change sets are being corrected by the commit that comes next: should it break off, they are
    /// corrected at the next start.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) correcting: Vec<u64>,
    /// Whether every change set is being worked out anew; goes on at the next start until it is done.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) is_recheck_due: bool,
    /// What retention has removed; at most one entry per class.
    #[serde(default)]
    pub(crate) removed: Vec<Removed>,
}

/// One split: the documents of one class whose time is in `from..to`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SplitEntry {
    /// `change` or `access`.
    pub(crate) class: String,
    /// Inclusive, in microseconds.
    pub(crate) from: i64,
    /// Exclusive. A window is one day; a full window is divided at a time, so that routing stays a function of class
    /// and time.
    pub(crate) to: i64,
    /// Counts rebuilds; part of the directory's name.
    pub(crate) generation: u32,
    /// Version of the schema it was built with.
    pub(crate) schema: u32,
    /// Whether it was rebuilt since its last write: one segment in (object, resource version, time) order, or several, each
    /// for a period.
    pub(crate) is_compacted: bool,
    /// When an import last wrote to it, in microseconds: retention counts from then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) imported: Option<i64>,
}

impl SplitEntry {
    /// The name of the split's directory.
    pub(crate) fn name(&self) -> String {
        let from = Timestamp::from_micros(self.from).to_string();
        let compact: String = from.chars().filter(char::is_ascii_digit).collect();
        format!("{}-{compact}-{}", self.class, self.generation)
    }
}

impl Default for Manifest {
    fn default() -> Self {
        Self {
            format: FORMAT,
            replay_from: 0,
            taken: 0,
            splits: Vec::new(),
            gaps: Vec::new(),
            sources: Vec::new(),
            correcting: Vec::new(),
            is_recheck_due: false,
            removed: Vec::new(),
        }
    }
}

impl Manifest {
    /// Reads the manifest of the index in `dir`; an index that has none yet is empty.
    pub(crate) fn load(dir: &Path) -> Result<Self> {
        let path = dir.join(FILE);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(IndexError::io("read", &path)(error)),
        };
        Self::parse(&path, &bytes)
    }

    /// Reads the content of the manifest at `path`.
    pub(crate) fn parse(path: &Path, bytes: &[u8]) -> Result<Self> {
        #[derive(Deserialize)]
        struct Version {
            format: u64,
        }
        let damaged = |error: serde_json::Error| IndexError::Damaged {
            path: path.to_owned(),
            reason: error.to_string(),
        };
        let version: Version = serde_json::from_slice(bytes).map_err(damaged)?;
        if version.format > FORMAT {
            let path = path.to_owned();
            return Err(IndexError::NewerFormat { path, found: version.format, supported: FORMAT });
        }
        serde_json::from_slice(bytes).map_err(damaged)
    }

    /// Replaces the manifest of the index in `dir`; durable when it returns.
    pub(crate) fn store(&self, dir: &Path) -> Result<()> {
        let path = dir.join(FILE);
        let temporary = dir.join("manifest.json.tmp");
        let bytes = self.encode(&path)?;
        let write = || -> std::io::Result<()> {
            let mut file = File::create(&temporary)?;
            file.write_all(&bytes)?;
            file.sync_all()?;
            crash_point("index.manifest_written");
            fs::rename(&temporary, &path)?;
            crash_point("index.manifest_renamed");
            File::open(dir)?.sync_all()
        };
        write().map_err(IndexError::io("replace", &path))
    }

    /// The content of the manifest at `path`.
    pub(crate) fn encode(&self, path: &Path) -> Result<Vec<u8>> {
        serde_json::to_vec_pretty(self).map_err(|error| IndexError::io("encode", path)(error.into()))
    }

    /// Notes that records are missing; the oldest note gives way at [`MAX_GAPS`]. A hole that is told of again may have grown.
    pub(crate) fn add_gap(&mut self, gap: Gap) {
        if let Some(known) = self.gaps.iter_mut().find(|known| known.is_same_hole(&gap)) {
            if known.to < gap.to {
                *known = gap;
            }
            return;
        }
        if self.gaps.len() >= MAX_GAPS {
            self.gaps.remove(0);
        }
        self.gaps.push(gap);
    }

    /// Notes that events of the class before this time are no longer there, or were not taken.
    pub(crate) fn note_removed(&mut self, class: &str, before: Timestamp, at: Timestamp) {
        match self.removed.iter_mut().find(|removed| removed.class == class) {
            Some(removed) => {
                removed.before = removed.before.max(before);
                removed.at = removed.at.max(at);
            }
            None => self.removed.push(Removed { class: class.to_owned(), before, at }),
        }
    }
}

/// Where the splits' directories are.
pub(crate) fn splits_dir(dir: &Path) -> PathBuf {
    dir.join("splits")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip_and_newer_format() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Manifest::load(dir.path()).unwrap(), Manifest::default());
        let manifest = Manifest {
            replay_from: 7,
            splits: vec![SplitEntry {
                class: "change".into(),
                from: 0,
                to: 86_400_000_000,
                generation: 2,
                schema: 1,
                is_compacted: true,
                imported: None,
            }],
            ..Manifest::default()
        };
        manifest.store(dir.path()).unwrap();
        assert_eq!(Manifest::load(dir.path()).unwrap(), manifest);
        assert_eq!(manifest.splits[0].name(), "change-19700101000000000000-2");
        fs::write(dir.path().join(FILE), br#"{"format":2}"#).unwrap();
        let error = Manifest::load(dir.path()).unwrap_err().to_string();
        assert!(error.contains("index format 2"), "{error}");
        fs::write(dir.path().join(FILE), b"{").unwrap();
        assert!(matches!(Manifest::load(dir.path()), Err(IndexError::Damaged { .. })));
    }
}
