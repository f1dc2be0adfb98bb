//! The index directory as a whole: the manifest, the open splits, and who may write to them.

use std::collections::HashMap;
use std::fs;
use std::ops::Range;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use taffrail_config::IndexSettings;
use taffrail_event::{ActorRules, Class, Gap, Removed, Timestamp, WriteCounts, crash_point};
use taffrail_query::RemovedTotals;
use tantivy::IndexWriter;

use crate::document::{Entry, Plan};
use crate::error::{IndexError, Result};
use crate::manifest::{Manifest, SplitEntry, splits_dir};
use crate::schema::{Columns, SCHEMA};
use crate::split::{Split, sync_dir};

/// A window of every class but `flow`.
pub(crate) const WINDOW_MICROS: i64 = 86_400_000_000;
/// Flows are more than everything else together, and seldom is one asked for without its hour.
const FLOW_WINDOW_MICROS: i64 = 3_600_000_000;
/// At most this many tantivy writers are open: each has threads and an arena.
const MAX_WRITERS: usize = 4;
/// A writer that was not used for so long is closed; an idle server has none.
const WRITER_IDLE_MICROS: i64 = 10_000_000;

/// Shared by the sink, the compactor and every search.
pub(crate) struct Catalog {
    pub(crate) dir: PathBuf,
    pub(crate) settings: IndexSettings,
    pub(crate) columns: Columns,
    /// Who is who, for whatever is decoded.
    pub(crate) actors: ActorRules,
    /// What is on disk, and what the next store adds to it. Locked for moments only.
    manifest: Mutex<Manifest>,
    /// Held while the manifest is written. Taken before `manifest`.
    storing: Mutex<()>,
    /// What searches see and records are routed by: replaced as a whole, never changed.
    splits: RwLock<Arc<Vec<Arc<Split>>>>,
    /// Locked for a whole commit, and for the swap of a compaction: never both. Taken before `storing`.
    writers: Mutex<Writers>,
    counters: Mutex<Counters>,
    /// One rebuild at a time: two of one split would write the same directory.
    rebuilding: Mutex<()>,
}

/// What an index is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    /// To write and to answer questions: every split must have today's columns.
    Answers,
    /// To build every split anew: only the stored records are read.
    Rebuild,
}

/// What the sink has done since the start.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counters {
    pub(crate) counts: WriteCounts,
    /// The journal offset below which every record is searchable.
    pub(crate) searchable: u64,
    pub(crate) last_commit: Option<Timestamp>,
    pub(crate) removed_by_age: RemovedTotals,
    pub(crate) removed_by_bytes: RemovedTotals,
    /// Memory of the states that the sink knows.
    pub(crate) state_cache_bytes: u64,
    /// Change sets that were corrected.
    pub(crate) corrected: u64,
}

/// The open tantivy writers by split name.
#[derive(Default)]
pub(crate) struct Writers {
    open: HashMap<String, (IndexWriter<Entry>, Timestamp)>,
}

impl std::fmt::Debug for Catalog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Catalog").field("dir", &self.dir).finish_non_exhaustive()
    }
}

impl Catalog {
    /// Opens the index in `dir` to write: creates it if need be and removes what the manifest does not name.
    pub(crate) fn open(dir: &Path, settings: &IndexSettings, actors: &ActorRules) -> Result<Self> {
        let splits = splits_dir(dir);
        // Owner-only: it holds everybody's audit log, and the directory that it is in may be open to others.
        let created = fs::DirBuilder::new().recursive(true).mode(0o700).create(&splits);
        created.map_err(IndexError::io("create", &splits))?;
        let manifest = Manifest::load(dir)?;
        remove_strangers(&splits, &manifest)?;
        Self::with_manifest(dir, settings, actors, manifest, Use::Answers)
    }

    /// Opens the index in `dir` to build it anew: splits of older releases can be read, but not asked.
    pub(crate) fn open_to_rebuild(dir: &Path, settings: &IndexSettings, actors: &ActorRules) -> Result<Self> {
        let manifest = Manifest::load(dir)?;
        remove_strangers(&splits_dir(dir), &manifest)?;
        Self::with_manifest(dir, settings, actors, manifest, Use::Rebuild)
    }

    /// Opens the index in `dir` to read, while another process may write.
    pub(crate) fn open_read_only(dir: &Path, settings: &IndexSettings, actors: &ActorRules) -> Result<Self> {
        // A compaction may remove a split between reading the manifest and opening it: then the manifest is newer.
        let mut manifest = Manifest::load(dir)?;
        loop {
            let error = match Self::with_manifest(dir, settings, actors, manifest.clone(), Use::Answers) {
                Ok(catalog) => return Ok(catalog),
                Err(error) => error,
            };
            let newer = Manifest::load(dir)?;
            if newer.splits == manifest.splits {
                return Err(error);
            }
            manifest = newer;
        }
    }

    /// What documents are built by.
    pub(crate) fn plan(&self) -> Plan<'_> {
        Plan { columns: &self.columns, actors: &self.actors }
    }

    fn with_manifest(
        dir: &Path,
        settings: &IndexSettings,
        actors: &ActorRules,
        manifest: Manifest,
        to: Use,
    ) -> Result<Self> {
        let splits_dir = splits_dir(dir);
        let mut splits = Vec::with_capacity(manifest.splits.len());
        for entry in &manifest.splits {
            if entry.schema > SCHEMA {
                let (path, found) = (splits_dir.join(entry.name()), entry.schema.into());
                return Err(IndexError::NewerFormat { path, found, supported: SCHEMA.into() });
            }
            if entry.schema < SCHEMA && to == Use::Answers {
                let (path, found) = (splits_dir.join(entry.name()), entry.schema);
                return Err(IndexError::OlderSchema { path, found, expected: SCHEMA });
            }
            splits.push(Arc::new(Split::open(&splits_dir, entry.clone())?));
        }
        let counters =
            Counters { searchable: manifest.taken.max(manifest.replay_from), ..Counters::default() };
        Ok(Self {
            dir: dir.to_owned(),
            settings: settings.clone(),
            columns: Columns::new(),
            actors: actors.clone(),
            manifest: Mutex::new(manifest),
            storing: Mutex::new(()),
            splits: RwLock::new(Arc::new(splits)),
            writers: Mutex::default(),
            counters: Mutex::new(counters),
            rebuilding: Mutex::new(()),
        })
    }

    /// Where the splits are.
    pub(crate) fn splits_dir(&self) -> PathBuf {
        splits_dir(&self.dir)
    }

    /// The splits as of now.
    pub(crate) fn splits(&self) -> Arc<Vec<Arc<Split>>> {
        Arc::clone(&self.splits.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn manifest(&self) -> MutexGuard<'_, Manifest> {
        self.manifest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn writers(&self) -> MutexGuard<'_, Writers> {
        self.writers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn rebuilding(&self) -> MutexGuard<'_, ()> {
        self.rebuilding.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn counters(&self) -> MutexGuard<'_, Counters> {
        self.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn gaps(&self) -> Vec<Gap> {
        self.manifest().gaps.clone()
    }

    pub(crate) fn removed(&self) -> Vec<Removed> {
        self.manifest().removed.clone()
    }

    /// The split that takes documents of this class and time, if there is one.
    pub(crate) fn route(&self, class: Class, time: i64) -> Option<Arc<Split>> {
        self.splits().iter().find(|split| split.is_for(class, time)).cloned()
    }

    /// The range of time of the split that takes documents of this class and time, whether it exists yet or not.
    pub(crate) fn times_of(&self, class: Class, time: i64) -> Range<i64> {
        match self.route(class, time) {
            Some(split) => split.entry.from..split.end(),
            None => {
                let entry = self.new_entry(class, time);
                entry.from..entry.to
            }
        }
    }

    /// The entry of the split that a document of this class and time founds: its window, or what other parts leave of it.
    pub(crate) fn new_entry(&self, class: Class, time: i64) -> SplitEntry {
        let length = if class == Class::Flow { FLOW_WINDOW_MICROS } else { WINDOW_MICROS };
        let window = time.div_euclid(length) * length;
        let splits = self.splits();
        let others = || splits.iter().filter(|split| split.entry.class == class.name());
        let from = others().map(|split| split.end()).filter(|end| *end <= time).fold(window, i64::max);
        let to = others()
            .map(|split| split.entry.from)
            .filter(|from| *from > time)
            .fold(window + length, i64::min);
        SplitEntry {
            class: class.name().to_owned(),
            from,
            to,
            generation: 0,
            schema: SCHEMA,
            is_compacted: false,
            imported: None,
        }
    }

    /// Makes a new or rebuilt split part of the index, in place of the one it replaces, in one step for whoever looks. The
    /// manifest is not written yet.
    pub(crate) fn adopt(&self, split: Arc<Split>, replaces: Option<&Split>) {
        let replaced_name = replaces.map(Split::name);
        if let Some(old) = replaces {
            // The end of the range may have moved since the rebuild began.
            split.end_at(old.end());
        }
        let mut entry = split.entry.clone();
        entry.to = split.end();
        {
            let mut manifest = self.manifest();
            let replaced = manifest.splits.iter().find(|entry| Some(entry.name()) == replaced_name);
            entry.imported = replaced.map_or(entry.imported, |replaced| replaced.imported);
            manifest.splits.retain(|entry| Some(entry.name()) != replaced_name);
            manifest.splits.push(entry);
            manifest.splits.sort_by(|a, b| (&a.class, a.from).cmp(&(&b.class, b.from)));
        }
        self.replace_splits(|splits| {
            splits.retain(|split| Some(split.name()) != replaced_name);
            splits.push(split);
        });
    }

    /// Takes splits out of the index for good, and returns them: the manifest is durable when it returns, and their
    /// directories may go. The caller keeps writers and rebuilds away meanwhile.
    pub(crate) fn retire(&self, entries: &[SplitEntry], now: Timestamp) -> Result<Vec<Arc<Split>>> {
        let names: Vec<String> = entries.iter().map(SplitEntry::name).collect();
        self.store_manifest(|manifest| {
            manifest.splits.retain(|entry| !names.contains(&entry.name()));
            for entry in entries {
                manifest.note_removed(&entry.class, Timestamp::from_micros(entry.to), now);
            }
        })?;
        let splits = self.splits();
        self.replace_splits(|splits| splits.retain(|split| !names.contains(&split.name())));
        let retired = names.iter().filter_map(|name| splits.iter().find(|split| split.name() == *name));
        Ok(retired.cloned().collect())
    }

    fn replace_splits(&self, change: impl FnOnce(&mut Vec<Arc<Split>>)) {
        let mut guard = self.splits.write().unwrap_or_else(PoisonError::into_inner);
        let mut splits = guard.as_ref().clone();
        change(&mut splits);
        *guard = Arc::new(splits);
    }

    /// Notes that a split changed, so that it is compacted again; divides its window when it is full.
    pub(crate) fn note_write(&self, split: &Split, is_compacted: bool) {
        // Later documents found a next part: routing stays a function of class and time.
        if split.searcher().num_docs() >= self.settings.split_docs
            && let Some((_, last)) = split.times()
        {
            split.end_at(last + 1);
        }
        let mut manifest = self.manifest();
        let name = split.name();
        if let Some(entry) = manifest.splits.iter_mut().find(|entry| entry.name() == name) {
            entry.is_compacted = is_compacted;
            entry.to = split.end();
        }
    }

    /// Notes that an import wrote to the split.
    pub(crate) fn note_import(&self, split: &Split, now: Timestamp) {
        let name = split.name();
        if let Some(entry) = self.manifest().splits.iter_mut().find(|entry| entry.name() == name) {
            entry.imported = Some(now.micros());
        }
    }

    /// Writes the manifest; durable when it returns. What `change` says holds only then: the journal is given back by it.
    /// It is made twice, to what is written and to what is known, which others may read and add to meanwhile.
    pub(crate) fn store_manifest(&self, change: impl Fn(&mut Manifest)) -> Result<()> {
        let _one_at_a_time = self.storing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut written = self.manifest().clone();
        change(&mut written);
        written.store(&self.dir)?;
        change(&mut self.manifest());
        Ok(())
    }

    /// Makes the directory of a new split durable, before the manifest names it.
    pub(crate) fn sync_splits_dir(&self) -> Result<()> {
        sync_dir(&self.splits_dir())?;
        crash_point("index.split_durable");
        Ok(())
    }
}

impl Writers {
    /// The writer of the split; the one that was idle longest is closed for it.
    pub(crate) fn of(&mut self, split: &Split, memory: usize) -> Result<&mut IndexWriter<Entry>> {
        let name = split.name();
        if !self.open.contains_key(&name) {
            if self.open.len() >= MAX_WRITERS
                && let Some(idle) =
                    self.open.iter().min_by_key(|(_, (_, used))| *used).map(|(name, _)| name.clone())
            {
                self.close(&idle)?;
            }
            let writer = split.writer(memory)?;
            self.open.insert(name.clone(), (writer, Timestamp::now()));
        }
        let Some((writer, used)) = self.open.get_mut(&name) else {
            return Err(IndexError::split("write", &name)(tantivy::TantivyError::Poisoned));
        };
        *used = Timestamp::now();
        Ok(writer)
    }

    /// Closes the split's writer, if it is open, and waits for its merges.
    pub(crate) fn close(&mut self, name: &str) -> Result<()> {
        match self.open.remove(name) {
            Some((writer, _)) => writer.wait_merging_threads().map_err(IndexError::split("close", name)),
            None => Ok(()),
        }
    }

    /// Drops a writer after an error: what it had not committed is gone and will be written again.
    pub(crate) fn abandon(&mut self, name: &str) {
        self.open.remove(name);
    }

    /// Closes the writers that were not used for a while.
    pub(crate) fn close_idle(&mut self) -> Result<()> {
        let oldest = Timestamp::now().plus_micros(-WRITER_IDLE_MICROS);
        let idle: Vec<_> =
            self.open.iter().filter(|(_, (_, used))| *used < oldest).map(|(name, _)| name.clone()).collect();
        idle.iter().try_for_each(|name| self.close(name))
    }
}

/// Removes directories that the manifest does not name: a crash left them before it became true, or after it ceased to be.
fn remove_strangers(splits: &Path, manifest: &Manifest) -> Result<()> {
    for found in fs::read_dir(splits).map_err(IndexError::io("list", splits))? {
        let found = found.map_err(IndexError::io("list", splits))?;
        let name = found.file_name();
        if !manifest.splits.iter().any(|entry| *entry.name() == *name) {
            let path = found.path();
            tracing::info!(path = %path.display(), "removing a split that was not finished");
            fs::remove_dir_all(&path).map_err(IndexError::io("remove", &path))?;
        }
    }
    Ok(())
}
