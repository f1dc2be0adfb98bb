//! One commit: every dirty group goes into its split, then the manifest says how far the journal is covered.
//!
//! Order of the durable steps: splits (commit, directory sync), directory of new splits, manifest. A crash between any
//! two leaves documents that the manifest does not count on; the records come again and change nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use taffrail_event::{Class, Timestamp, ViaSet, crash_point};
use tantivy::{Searcher, Term};

use super::Indexer;
use crate::build::{self, Source};
use crate::catalog::{Catalog, Writers};
use crate::document::{SortKey, key_term};
use crate::error::{IndexError, Result};
use crate::fold::Rank;
use crate::groups::{Content, Place, Slot};
use crate::split::{Found, Split, stored_bytes};
use crate::stored::Stored;

/// A document to be written.
struct Job {
    rank: Rank,
    via: ViaSet,
    received: Timestamp,
    is_conflict: bool,
    content: Content,
}

impl Source for Job {
    fn sort_key(&self) -> SortKey {
        self.content.sort
    }

    fn rank(&self) -> Rank {
        self.rank
    }

    fn with_stored<R>(&self, with: impl FnOnce(&[u8]) -> R) -> R {
        let stored = Stored {
            flags: self.content.flags,
            via: self.via,
            is_conflict: self.is_conflict,
            received: self.received,
            cluster: &self.content.cluster,
            record: &self.content.bytes,
        };
        with(&stored.encode())
    }
}

/// What one split gets in a commit.
#[derive(Default)]
struct Share {
    jobs: Vec<Job>,
    /// Requests whose committed documents are replaced.
    deletes: Vec<Term>,
}

impl Indexer {
    pub(super) fn commit_all(&mut self) -> Result<()> {
        if !self.dirty.is_empty() {
            let catalog = Arc::clone(&self.catalog);
            let mut writers = catalog.writers();
            let shares = self.share_out()?;
            for ((class, _), share) in shares {
                self.write_share(&mut writers, class, share)?;
            }
        }
        self.cover()?;
        self.settle();
        Ok(())
    }

    /// Sorts the dirty groups by the window that they go into.
    fn share_out(&self) -> Result<BTreeMap<(Class, i64), Share>> {
        let mut shares: BTreeMap<(Class, i64), Share> = BTreeMap::new();
        for place in &self.dirty {
            let Some(slot) = self.groups.get(*place) else { continue };
            let from = match self.catalog.route(slot.class, place.time()) {
                Some(split) => split.entry.from,
                None => self.catalog.new_entry(slot.class, place.time()).from,
            };
            let share = shares.entry((slot.class, from)).or_default();
            self.add_group(share, *place, slot)?;
        }
        Ok(shares)
    }

    fn add_group(&self, share: &mut Share, place: Place, slot: &Slot) -> Result<()> {
        let term = key_term(&self.catalog.columns, place.key());
        let mut committed = Committed::default();
        for (index, copy) in slot.group.copies().enumerate() {
            let content = match &copy.content {
                Some(content) => (**content).clone(),
                None => match committed.content(&self.catalog, slot.class, place, &term, copy.record)? {
                    Some(content) => content,
                    None => continue,
                },
            };
            share.jobs.push(Job {
                rank: copy.rank,
                via: copy.via,
                received: Timestamp::from_micros(copy.received),
                is_conflict: index > 0,
                content,
            });
        }
        if slot.group.is_committed {
            share.deletes.push(term);
        }
        Ok(())
    }

    fn write_share(&mut self, writers: &mut Writers, class: Class, mut share: Share) -> Result<()> {
        let Some(time) = share.jobs.first().map(|job| job.content.sort.time()) else { return Ok(()) };
        share.jobs.sort_by_key(Source::sort_key);
        let memory = usize::try_from(self.catalog.settings.writer_memory_bytes).unwrap_or(usize::MAX);
        let split = match self.catalog.route(class, time) {
            Some(split) => {
                self.append(writers, &split, &share, memory)?;
                self.catalog.note_write(&split, false);
                split
            }
            None => self.found(class, time, &share, memory)?,
        };
        self.touched.insert((split.entry.class.clone(), split.entry.from));
        Ok(())
    }

    /// Writes a new split in one go: one segment in order, as a compaction would leave it.
    fn found(&self, class: Class, time: i64, share: &Share, memory: usize) -> Result<Arc<Split>> {
        let mut entry = self.catalog.new_entry(class, time);
        entry.is_compacted = true;
        let splits = self.catalog.splits_dir();
        let dir = splits.join(entry.name());
        // A failed attempt may have left one; the manifest does not know it.
        match std::fs::remove_dir_all(&dir) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(IndexError::io("remove", &dir)(error));
            }
            _ => std::fs::create_dir_all(&dir).map_err(IndexError::io("create", &dir))?,
        }
        build::single_segment(&dir, &self.catalog.columns, &share.jobs, memory)?;
        let split = Arc::new(Split::open(&splits, entry, &self.catalog.columns)?);
        split.publish()?;
        crash_point("index.split_committed");
        self.catalog.sync_splits_dir()?;
        self.catalog.adopt(Arc::clone(&split), None);
        Ok(split)
    }

    fn append(&self, writers: &mut Writers, split: &Split, share: &Share, memory: usize) -> Result<()> {
        let name = split.name();
        let writer = writers.of(split, memory)?;
        let mut write = || -> tantivy::Result<()> {
            for term in &share.deletes {
                writer.delete_term(term.clone());
            }
            build::feed(&self.catalog.columns, &share.jobs, |document| {
                writer.add_document(document).map(drop)
            })?;
            crash_point("index.split_prepared");
            writer.commit().map(drop)
        };
        if let Err(error) = write() {
            writers.abandon(&name);
            return Err(IndexError::split("commit", &name)(error));
        }
        split.publish()?;
        crash_point("index.split_committed");
        Ok(())
    }

    /// Moves `replay_from` up to the first record that waits, now that everything else is in committed documents.
    fn cover(&self) -> Result<()> {
        let waiting = self.held.iter().filter(|held| self.is_waiting(held)).find_map(|held| held.offset);
        let replay_from = waiting.unwrap_or(self.taken);
        let is_known = {
            let manifest = self.catalog.manifest();
            manifest.replay_from >= replay_from && self.dirty.is_empty()
        };
        if !is_known {
            self.catalog
                .store_manifest(|manifest| manifest.replay_from = manifest.replay_from.max(replay_from))?;
        }
        let mut counters = self.catalog.counters();
        counters.searchable = self.taken;
        if !self.dirty.is_empty() {
            counters.last_commit = Some(Timestamp::now());
        }
        Ok(())
    }

    /// What was dirty is in the index; what is old enough may be forgotten.
    fn settle(&mut self) {
        for place in std::mem::take(&mut self.dirty) {
            let Some(slot) = self.groups.get_mut(place) else { continue };
            slot.is_listed = false;
            slot.group.is_committed = true;
            slot.group.is_dirty = false;
            slot.group.copies_mut().for_each(|copy| copy.content = None);
        }
        self.dirty_bytes = 0;
        self.dirty_since = None;
        let window = i64::try_from(self.catalog.settings.dedup_window.as_micros()).unwrap_or(i64::MAX);
        let newest = self.journal_time.micros();
        self.groups.forget(newest.saturating_sub(window), self.catalog.settings.dedup_keys);
    }
}

/// The documents of a request that the index holds, read when one of them is needed.
#[derive(Default)]
struct Committed(Option<(Searcher, Vec<Found>)>);

impl Committed {
    fn content(
        &mut self,
        catalog: &Catalog,
        class: Class,
        place: Place,
        term: &Term,
        record: u64,
    ) -> Result<Option<Content>> {
        let Some(split) = catalog.route(class, place.time()) else { return Ok(None) };
        let (searcher, found) = match &mut self.0 {
            Some(read) => read,
            unread => {
                let searcher = split.searcher();
                let found = split.documents_of(&searcher, term)?;
                unread.insert((searcher, found))
            }
        };
        let Some(found) = found.iter().find(|found| found.record == record) else { return Ok(None) };
        let bytes = stored_bytes(searcher, &catalog.columns, found.address)
            .map_err(IndexError::split("read", &split.name()))?;
        Ok(Stored::decode(&bytes).map(|stored| Content {
            bytes: stored.record.to_vec().into(),
            cluster: stored.cluster.into(),
            flags: stored.flags,
            sort: SortKey::at(place.time()),
        }))
    }
}
