//! How far the files of a log are read, on disk: one small file for each log in `<data>/tail`.
//!
//! It is replaced as a whole: temporary file, fsync, rename, directory fsync. It says less than is true at any time, never
//! more: what it does not know of is read again, and the index folds it.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use taffrail_event::{Timestamp, crash_point};

use super::content::Identity;
use super::fingerprint::Fingerprint;
use crate::error::IngestError;

/// The layout that this build writes and the newest that it reads.
const FORMAT: u32 = 1;

/// The checkpoint of one log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Checkpoint {
    format: u32,
    /// For people: where the log is and whose it is.
    pub(super) path: String,
    pub(super) cluster: String,
    /// Its files, oldest first.
    pub(super) files: Vec<FilePoint>,
}

/// How far one file is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FilePoint {
    /// Where it was seen, its copies and compressed forms too.
    pub(super) identities: Vec<Identity>,
    pub(super) fingerprint: Fingerprint,
    /// Everything before is in the journal. Of compressed files: of their content.
    pub(super) offset: u64,
    /// The end of what is before; nothing if that was no line, or if an older release wrote this.
    #[serde(default)]
    pub(super) ending: Fingerprint,
    /// Whether nothing will follow.
    pub(super) is_done: bool,
    /// When its first event was written.
    pub(super) first: Option<Timestamp>,
    /// When its last event that is in the journal was written.
    pub(super) last: Option<Timestamp>,
}

impl Checkpoint {
    /// Of the log at `path`.
    pub(super) fn new(path: &Path, cluster: &str, files: Vec<FilePoint>) -> Self {
        Self { format: FORMAT, path: path.to_string_lossy().into_owned(), cluster: cluster.to_owned(), files }
    }

    /// The name of its file: no log's name is one for all file systems.
    fn name(&self) -> String {
        let mut hash = Sha256::new();
        hash.update((self.cluster.len() as u64).to_le_bytes());
        hash.update(&self.cluster);
        hash.update(&self.path);
        let hash: String = hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        format!("{hash}.json")
    }
}

/// The directory of all checkpoints.
#[derive(Debug, Clone)]
pub(super) struct Checkpoints {
    dir: PathBuf,
}

/// What is known of a log from before.
#[derive(Debug, PartialEq)]
pub(super) enum Loaded {
    /// It was never followed.
    Never,
    Known(Checkpoint),
    /// It was followed, and nobody knows how far: it is read again.
    Unreadable,
}

impl Checkpoints {
    /// Makes the directory if there is none.
    pub(super) fn open(dir: &Path) -> Result<Self, IngestError> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(dir)
            .map_err(IngestError::storage("create", dir))?;
        Ok(Self { dir: dir.to_path_buf() })
    }

    /// The checkpoint of the log that `like` is of.
    pub(super) fn load(&self, like: &Checkpoint) -> Loaded {
        let path = self.dir.join(like.name());
        let read = fs::read(&path).and_then(|bytes| {
            let read: Checkpoint = serde_json::from_slice(&bytes)?;
            if read.format > FORMAT {
                return Err(io::Error::other("a newer release wrote it"));
            }
            Ok(read)
        });
        match read {
            Ok(checkpoint) => Loaded::Known(checkpoint),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Loaded::Never,
            Err(error) => {
                tracing::warn!(path = %path.display(), log = like.path, %error, "a checkpoint cannot be read; its log is read from the start");
                Loaded::Unreadable
            }
        }
    }

    /// Replaces the checkpoint. When it returns, the new one is durable.
    pub(super) fn save(&self, checkpoint: &Checkpoint) -> io::Result<()> {
        let path = self.dir.join(checkpoint.name());
        let temporary = path.with_extension("tmp");
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
        file.write_all(&serde_json::to_vec(checkpoint)?)?;
        file.sync_all()?;
        crash_point("tail.checkpoint_written");
        fs::rename(&temporary, &path)?;
        crash_point("tail.checkpoint_renamed");
        File::open(&self.dir)?.sync_all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_saved_is_loaded() {
        let dir = tempfile::tempdir().unwrap();
        let checkpoints = Checkpoints::open(&dir.path().join("tail")).unwrap();
        let point = FilePoint {
            identities: vec![Identity { device: 1, inode: 2 }],
            fingerprint: Fingerprint::of(b"abc"),
            offset: 3,
            ending: Fingerprint::of_end(b"abc"),
            is_done: false,
            first: None,
            last: Some(Timestamp::from_micros(5)),
        };
        let empty = Checkpoint::new(Path::new("/var/log/a.log"), "prod", Vec::new());
        assert_eq!(checkpoints.load(&empty), Loaded::Never);
        let full = Checkpoint { files: vec![point], ..empty.clone() };
        checkpoints.save(&full).unwrap();
        assert_eq!(checkpoints.load(&empty), Loaded::Known(full.clone()));
        assert_eq!(
            checkpoints.load(&Checkpoint::new(Path::new("/var/log/a.log"), "other", Vec::new())),
            Loaded::Never
        );
        fs::write(checkpoints.dir.join(full.name()), "{\"format\":").unwrap();
        assert_eq!(checkpoints.load(&empty), Loaded::Unreadable);
    }
}
