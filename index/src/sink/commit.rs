//! One commit: every dirty group goes into its split, then the manifest says how far the journal is covered.
//!
//! Order of the durable steps: splits (commit, directory sync), directory of new splits, manifest. A crash between any
//! two leaves documents that the manifest does not count on; the records come again and change nothing.

use std::cmp::Reverse;
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use rayon::prelude::*;
use taffrail_event::change::Link;
use taffrail_event::flow::Flow;
use taffrail_event::{Class, Key, Outline, Timestamp, Via, ViaSet, crash_point};
use tantivy::{Searcher, Term};

use super::Indexer;
use crate::build;
use crate::catalog::{Catalog, Writers};
use crate::changes::Worked;
use crate::document::{SortKey, Source, key_term};
use crate::error::{IndexError, Result};
use crate::fold::Rank;
use crate::groups::{Content, Place, Slot};
use crate::split::{Found, Split, stored_bytes};
use crate::stored::Stored;

/// A document to be written.
pub(super) struct Job {
    request: Key,
    /// The record key's lower half.
    record: u64,
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

    fn link(&self) -> Option<Link> {
        self.content.link
    }

    fn outline(&self) -> Option<&Outline> {
        self.content.outline.as_deref()
    }

    fn flow(&self) -> Option<Arc<Flow>> {
        self.content.flow.clone()
    }

    fn keys(&self) -> Option<(Key, u64)> {
        Some((self.request, self.record))
    }

    fn stored(&self) -> Vec<u8> {
        let stored = Stored {
            flags: self.content.flags,
            via: self.via,
            is_conflict: self.is_conflict,
            received: self.received,
            cluster: &self.content.cluster,
            change: &self.content.change,
            record: &self.content.bytes,
        };
        stored.encode()
    }
}

/// What one split gets in a commit.
pub(super) struct Share {
    pub(super) class: Class,
    /// The split's range of time; documents of the same class and range have the same share.
    pub(super) times: Range<i64>,
    places: Vec<Place>,
    pub(super) jobs: Vec<Job>,
    /// Requests whose committed documents are replaced.
    deletes: Vec<Term>,
}

/// On all cores: what was read of a hundred thousand flows is millions of small texts.
fn drop_all(shares: Vec<Share>) {
    shares.into_iter().for_each(|share| share.jobs.into_par_iter().for_each(drop));
}

impl Indexer {
    pub(super) fn commit_all(&mut self) -> Result<()> {
        let worked = self.commit_dirty().inspect_err(|_| self.withdraw_changes())?;
        self.dirty_bytes = 0;
        self.settle_changes(worked);
        // What one commit could not correct is up to the next.
        self.dirty_since = (!self.recheck.is_empty()).then(Instant::now);
        let groups = &self.groups;
        self.timeless
            .retain(|key, time| groups.get(Place::new(*time, *key)).is_some_and(|slot| slot.is_held));
        self.forget();
        Ok(())
    }

    fn commit_dirty(&mut self) -> Result<Worked> {
        let worked = self.note_changes()?;
        let wrote = !self.dirty.is_empty();
        let written = if wrote { self.write_dirty() } else { Ok(()) };
        // What a failed commit did write is no longer due: listed twice, it would be written twice.
        let groups = &self.groups;
        self.dirty.retain(|place| groups.get(*place).is_some_and(|slot| slot.is_listed));
        written?;
        self.cover(wrote, &worked)?;
        Ok(worked)
    }

    fn write_dirty(&mut self) -> Result<()> {
        let catalog = Arc::clone(&self.catalog);
        let mut writers = catalog.writers();
        let mut shares = self.share_out()?;
        shares.iter_mut().for_each(|share| share.jobs.sort_by_key(Source::sort_key));
        let is_new = |share: &Share| self.catalog.route(share.class, share.times.start).is_none();
        let (new, others): (Vec<_>, Vec<_>) = shares.into_iter().partition(is_new);
        for share in &others {
            self.begin(share);
            self.write_share(&mut writers, share)?;
            self.settle(&share.places);
        }
        drop_all(others);
        // Their documents were removed while they waited for one more route.
        let (mut new, gone): (Vec<_>, Vec<_>) = new.into_iter().partition(|share| !share.jobs.is_empty());
        gone.iter().for_each(|share| self.settle(&share.places));
        new.sort_by_key(|share| Reverse(share.jobs.len()));
        for shares in new.chunks(2) {
            shares.iter().for_each(|share| self.begin(share));
            self.found(shares)?;
            shares.iter().for_each(|share| self.settle(&share.places));
        }
        drop_all(new);
        Ok(())
    }

    /// A commit that fails halfway may have been durable: the next attempt replaces what it left.
    fn begin(&mut self, share: &Share) {
        for place in &share.places {
            if let Some(slot) = self.groups.get_mut(*place) {
                slot.group.is_committed = true;
            }
        }
    }

    /// Sorts the dirty groups by the split that they go into.
    fn share_out(&self) -> Result<Vec<Share>> {
        let mut shares: Vec<Share> = Vec::new();
        let mut latest = 0;
        for place in &self.dirty {
            let Some(slot) = self.groups.get(*place).filter(|slot| slot.is_listed) else { continue };
            let is_for = |share: &Share| share.class == slot.class && share.times.contains(&place.time());
            if !shares.get(latest).is_some_and(is_for) {
                latest = shares.iter().position(is_for).unwrap_or(shares.len());
            }
            if latest == shares.len() {
                let times = self.catalog.times_of(slot.class, place.time());
                shares.push(Share {
                    class: slot.class,
                    times,
                    places: Vec::new(),
                    jobs: Vec::new(),
                    deletes: Vec::new(),
                });
            }
            if let Some(share) = shares.get_mut(latest) {
                share.places.push(*place);
                self.add_group(share, *place, slot)?;
            }
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
                request: place.key(),
                record: copy.record,
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

    fn write_share(&mut self, writers: &mut Writers, share: &Share) -> Result<()> {
        let Some(split) = self.catalog.route(share.class, share.times.start) else { return Ok(()) };
        self.append(writers, &split, share, self.writer_memory())?;
        self.catalog.note_write(&split, false);
        self.note_share(&split, share);
        Ok(())
    }

    pub(super) fn note_share(&mut self, split: &Split, share: &Share) {
        let is_imported =
            |job: &Job| !job.content.is_correction && job.via.iter().any(|via| via == Via::Import);
        if share.jobs.iter().any(is_imported) {
            self.catalog.note_import(split, Timestamp::now());
        }
        self.touched.insert((split.entry.class.clone(), split.entry.from));
    }

    pub(super) fn writer_memory(&self) -> usize {
        usize::try_from(self.catalog.settings.writer_memory_bytes).unwrap_or(usize::MAX)
    }

    fn append(&self, writers: &mut Writers, split: &Split, share: &Share, memory: usize) -> Result<()> {
        let name = split.name();
        let writer = writers.of(split, memory)?;
        let mut write = || -> tantivy::Result<()> {
            for term in &share.deletes {
                writer.delete_term(term.clone());
            }
            build::feed(self.catalog.plan(), &share.jobs, |document| {
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
    fn cover(&mut self, wrote: bool, worked: &Worked) -> Result<()> {
        let waiting = self.held.first().and_then(|held| held.offset);
        let replay_from = waiting.unwrap_or(self.taken);
        let (is_recheck_due, correcting) = self.still_correcting(worked);
        let is_covered = {
            let manifest = self.catalog.manifest();
            let is_told = manifest.correcting == correcting && manifest.is_recheck_due == is_recheck_due;
            is_told && manifest.taken >= self.taken
        };
        if wrote || !is_covered {
            let sources = self.sources.list();
            let now = Timestamp::now();
            self.catalog.store_manifest(|manifest| {
                self.gaps.iter().for_each(|gap| manifest.add_gap(gap.clone()));
                manifest.sources.clone_from(&sources);
                manifest.correcting.clone_from(&correcting);
                manifest.is_recheck_due = is_recheck_due;
                manifest.replay_from = manifest.replay_from.max(replay_from);
                manifest.taken = manifest.taken.max(self.taken);
                for (class, before) in &self.expired {
                    manifest.note_removed(class, Timestamp::from_micros(*before), now);
                }
            })?;
            self.gaps.clear();
            self.expired.clear();
        }
        let mut counters = self.catalog.counters();
        // After a restart records that were looked at before come again: that takes nothing out of the index.
        counters.searchable = counters.searchable.max(self.taken);
        if wrote {
            counters.last_commit = Some(Timestamp::now());
        }
        Ok(())
    }

    /// These groups are in the index as they are.
    fn settle(&mut self, places: &[Place]) {
        for place in places {
            let Some(slot) = self.groups.get_mut(*place) else { continue };
            slot.is_listed = false;
            slot.group.is_dirty = false;
            slot.group.copies_mut().for_each(|copy| copy.content = None);
        }
    }

    /// Lets go of what is old enough to be looked up in its split.
    fn forget(&mut self) {
        let window = i64::try_from(self.catalog.settings.dedup_window.as_micros()).unwrap_or(i64::MAX);
        let before = self.journal_time.micros().saturating_sub(window);
        self.groups.forget(before, self.catalog.settings.dedup_keys);
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
        let bytes = stored_bytes(searcher, catalog.columns.stored, found.address)
            .map_err(IndexError::split("read", &split.name()))?;
        Ok(Stored::decode(&bytes).map(|stored| Content {
            bytes: stored.record.to_vec().into(),
            outline: None,
            flow: None,
            cluster: stored.cluster.into(),
            flags: stored.flags,
            sort: SortKey::at(place.time()),
            link: stored.link(),
            change: stored.change.to_vec().into(),
            is_correction: false,
        }))
    }
}
