//! What a copy of the index consists of, also while another process writes to it.
//!
//! Nothing is copied here. Two kinds of files are told apart: those that never change once they are named (the segments of the
//! splits), which a copy may share by a hard link, and those that are replaced as a whole (the manifest, and what each split
//! says of itself), whose content is read here and belongs to the moment. A writer may remove a file of the first kind
//! meanwhile: then the moment is over, and a new snapshot has to be taken.
//!
//! The splits may be newer than the manifest, never older: the copy is what a crash between a commit and the manifest leaves.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::error::{IndexError, Result};
use crate::manifest::{self, Manifest, SplitEntry, splits_dir};

/// What tantivy says of a split: which segments there are, and which of its files it may remove.
const META: &str = "meta.json";
const MANAGED: &str = ".managed.json";

/// The files of an index. All paths are relative to its directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    dir: PathBuf,
    splits: Vec<SplitEntry>,
    /// From where the journal has to be replayed.
    pub replay_from: u64,
    /// Files with their content as of this snapshot.
    pub contents: Vec<(PathBuf, Vec<u8>)>,
    /// Files that never change: link or copy them. One that is gone ends the snapshot.
    pub immutable: Vec<PathBuf>,
}

#[derive(Deserialize)]
struct Meta {
    segments: Vec<SegmentMeta>,
}

#[derive(Deserialize)]
struct SegmentMeta {
    segment_id: String,
}

impl Snapshot {
    /// Reads the manifest of the index in `dir`. The journal belongs to the copy from [`Snapshot::replay_from`] on: secure it
    /// before [`Snapshot::add_splits`], which takes its time.
    pub fn begin(dir: &Path) -> Result<Self> {
        let manifest_path = dir.join(manifest::FILE);
        let mut snapshot = Self {
            dir: dir.to_owned(),
            splits: Vec::new(),
            replay_from: 0,
            contents: Vec::new(),
            immutable: Vec::new(),
        };
        if !manifest_path.try_exists().map_err(IndexError::io("read", &manifest_path))? {
            return Ok(snapshot);
        }
        let bytes = read(&manifest_path)?;
        let manifest = Manifest::parse(&manifest_path, &bytes)?;
        snapshot.replay_from = manifest.replay_from;
        snapshot.splits = manifest.splits;
        snapshot.contents.push((manifest::FILE.into(), bytes));
        Ok(snapshot)
    }

    /// Adds the files of the splits. If a writer removes a split meanwhile, the error is that a file was not found: begin
    /// again.
    pub fn add_splits(&mut self) -> Result<()> {
        let (dir, splits) = (self.dir.clone(), splits_dir(Path::new("")));
        let names: Vec<PathBuf> = self.splits.iter().map(|entry| splits.join(entry.name())).collect();
        let (contents, immutable) = (self.contents.len(), self.immutable.len());
        loop {
            let before = self.manifest_now()?;
            names.iter().try_for_each(|split| self.add_split(&dir, split))?;
            // The splits may be those of a commit that corrects some of them and has not come to all: then this manifest, and
            // no other, says what was to be corrected.
            if self.manifest_now()? == before {
                return self.add_correcting(&before);
            }
            self.contents.truncate(contents);
            self.immutable.truncate(immutable);
        }
    }

    /// The manifest as it is now; nothing if there is none.
    fn manifest_now(&self) -> Result<Vec<u8>> {
        if self.contents.is_empty() { Ok(Vec::new()) } else { read(&self.dir.join(manifest::FILE)) }
    }

    /// Notes in the copy's manifest what a commit was about to correct.
    fn add_correcting(&mut self, now: &[u8]) -> Result<()> {
        let path = self.dir.join(manifest::FILE);
        let Some((_, bytes)) = self.contents.first_mut() else { return Ok(()) };
        let now = Manifest::parse(&path, now)?;
        if now.correcting.is_empty() {
            return Ok(());
        }
        let mut copied = Manifest::parse(&path, bytes)?;
        copied.correcting.extend(now.correcting);
        copied.correcting.sort_unstable();
        copied.correcting.dedup();
        *bytes = copied.encode(&path)?;
        Ok(())
    }

    /// Whether the manifest is still the one of this snapshot.
    pub fn is_current(&self) -> bool {
        let now = fs::read(self.dir.join(manifest::FILE)).ok();
        self.contents.first().map(|(_, bytes)| bytes) == now.as_ref()
    }

    fn add_split(&mut self, dir: &Path, split: &Path) -> Result<()> {
        let path = dir.join(split);
        let mut meta = read(&path.join(META))?;
        loop {
            let immutable = immutable_files(&path, &meta)?;
            // It names all of the segments' files, or one of them is gone by now.
            let managed = read(&path.join(MANAGED))?;
            let now = read(&path.join(META))?;
            // As long as nothing was committed, nothing that it names was removed.
            if now == meta {
                self.immutable.extend(immutable.into_iter().map(|name| split.join(name)));
                self.contents.push((split.join(MANAGED), managed));
                self.contents.push((split.join(META), meta));
                return Ok(());
            }
            meta = now;
        }
    }
}

/// The files of the segments that `meta` names.
fn immutable_files(split: &Path, meta: &[u8]) -> Result<Vec<OsString>> {
    let meta: Meta = serde_json::from_slice(meta)
        .map_err(|error| IndexError::Damaged { path: split.join(META), reason: error.to_string() })?;
    let segments: HashSet<String> =
        meta.segments.iter().map(|segment| segment.segment_id.replace('-', "")).collect();
    let mut names = Vec::new();
    for file in fs::read_dir(split).map_err(IndexError::io("list", split))? {
        let name = file.map_err(IndexError::io("list", split))?.file_name();
        // `<segment>.<kind>`, and for deletions `<segment>.<number>.del`.
        let segment = name.to_str().and_then(|name| Some(name.split_once('.')?.0));
        if segment.is_some_and(|segment| segments.contains(segment)) {
            names.push(name);
        }
    }
    Ok(names)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(IndexError::io("read", path))
}
