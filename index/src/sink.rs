//! The writing side: takes record batches in journal order, folds them, and commits what is due.
//!
//! State of a request lives in `groups` while it is uncommitted, held, or newer than `covered_from`; everything older is
//! looked up in its split. Nothing depends on what a crash loses: written again, the same records find themselves in
//! the splits and change nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use taffrail_event::{
    BatchBuilder, Class, EventSink, Gap, Key, Kind, Origin, RecordBatch, RecordFlags, SinkError, Timestamp,
    Via, WriteCounts,
};

use crate::catalog::Catalog;
use crate::changes::Cache;
use crate::compact;
use crate::document::key_term;
use crate::error::{IndexError, Result};
use crate::fold::{Copy, Group, Merged};
use crate::groups::{Content, Groups, Place, Slot};
use crate::held::{Held, HeldQueue};
use crate::prepare::Prepared;
use crate::retention::{is_expired, was_removed};
use crate::sources::{Sources, batch_sums, truncated_stretch};
use crate::split::stored_bytes;
use crate::stored::Stored;

mod changes;
mod commit;
mod founding;

/// Records of an import wait for one large commit: a window that is written at once needs no compaction.
const IMPORT_COMMIT_BYTES: usize = 192 * 1024 * 1024;
const IMPORT_COMMIT_DOCS: usize = 200_000;
/// Without records for so long, the machine's clock counts for held stages.
const QUIET: Duration = Duration::from_secs(1);
/// Below this many records a batch is prepared on the calling thread.
const PARALLEL_FROM: usize = 64;

/// The one writer of an index.
pub(crate) struct Indexer {
    catalog: Arc<Catalog>,
    groups: Groups,
    held: HeldQueue,
    /// Times of uncommitted requests whose records name none: they are found again by their keys.
    timeless: FxHashMap<Key, i64>,
    /// Places of groups that the index does not hold as they are.
    dirty: Vec<Place>,
    dirty_bytes: usize,
    dirty_since: Option<Instant>,
    /// Gaps that the next manifest will name, so that coverage shows them.
    gaps: Vec<Gap>,
    sources: Sources,
    /// What is known of objects behind their last writes.
    states: Cache,
    /// Objects of which every change set is looked at again by the commits that come next.
    recheck: Vec<u64>,
    /// Whether these are to be all objects.
    is_recheck_due: bool,
    /// The journal offset after the last record taken.
    taken: u64,
    /// The newest arrival seen: the journal's clock.
    journal_time: Timestamp,
    /// Splits that were written since the last [`EventSink::finish`].
    touched: BTreeSet<(String, i64)>,
    /// Up to when events were too old to be taken since the last commit, by class.
    expired: BTreeMap<&'static str, i64>,
    /// Of records below this journal offset the index had everything once: what it does not have any more was removed.
    replayed_below: u64,
    is_import: bool,
    last_write: Instant,
}

impl Indexer {
    pub(crate) fn new(catalog: Arc<Catalog>) -> Self {
        let newest = catalog.splits().iter().filter_map(|split| split.times()).map(|(_, last)| last).max();
        let (taken, replayed_below, sources, recheck, is_recheck_due) = {
            let manifest = catalog.manifest();
            let sources = Sources::new(&manifest.sources, manifest.taken);
            let recheck = (manifest.correcting.clone(), manifest.is_recheck_due);
            (manifest.replay_from, manifest.taken, sources, recheck.0, recheck.1)
        };
        let state_bytes = usize::try_from(catalog.settings.state_cache_bytes).unwrap_or(usize::MAX);
        Self {
            groups: Groups::new(newest.unwrap_or(i64::MIN)),
            catalog,
            held: HeldQueue::default(),
            timeless: FxHashMap::default(),
            dirty: Vec::new(),
            dirty_bytes: 0,
            // A commit that broke off is made good by the first one.
            dirty_since: (!recheck.is_empty() || is_recheck_due).then(Instant::now),
            gaps: Vec::new(),
            sources,
            states: Cache::new(state_bytes),
            recheck,
            is_recheck_due,
            taken,
            journal_time: Timestamp::MIN,
            touched: BTreeSet::new(),
            expired: BTreeMap::new(),
            replayed_below,
            is_import: false,
            last_write: Instant::now(),
        }
    }

    fn take(&mut self, batch: &RecordBatch, offset: Option<u64>) -> Result<WriteCounts> {
        let prepared = prepare(batch);
        let mut counts = WriteCounts::default();
        self.journal_time = self.journal_time.max(batch.origin.received);
        let now = Timestamp::now().micros();
        let end = offset.map(|offset| offset + batch.len() as u64);
        let is_replay = end.is_some_and(|end| end <= self.replayed_below);
        for prepared in &prepared {
            counts.read += 1;
            let Some(prepared) = prepared else {
                // The intake lets only events in; a record from another hand is passed over and shown.
                tracing::error!(cluster = %batch.origin.cluster, "a journal record is no event; it was not indexed");
                counts.folded += 1;
                continue;
            };
            // An import is somebody's wish to ask about what is old.
            let is_wanted = batch.origin.via == Via::Import;
            if (!is_wanted && is_expired(&self.catalog, prepared.class, prepared.time, now))
                || (is_replay && was_removed(&self.catalog, prepared.class, prepared.time))
            {
                self.pass_over(prepared);
                counts.expired += 1;
                continue;
            }
            self.take_one(prepared, batch, &mut counts)?;
            if prepared.flags.contains(RecordFlags::GAP) {
                self.gaps.extend(Gap::decode(&prepared.bytes));
            }
        }
        let is_own = prepared.iter().flatten().all(|prepared| Kind::of(prepared.flags).is_own());
        if !is_own {
            let sums = batch_sums(batch, &prepared, counts.duplicate);
            self.sources.add(batch, offset, &sums);
            if sums.truncated > 0 {
                self.note_truncated(batch, &prepared)?;
            }
        }
        Ok(counts)
    }

    /// What came without its bodies is on the timeline as a gap.
    fn note_truncated(&mut self, batch: &RecordBatch, prepared: &[Option<Prepared>]) -> Result<()> {
        let stretch = {
            let manifest = self.catalog.manifest();
            truncated_stretch(&batch.origin, prepared, self.gaps.iter().chain(&manifest.gaps))
        };
        stretch.map_or(Ok(()), |gap| self.take_gap(&gap, batch.origin.received))
    }

    fn take_gap(&mut self, gap: &Gap, received: Timestamp) -> Result<()> {
        let origin = Origin {
            cluster: gap.cluster.as_str().into(),
            source: gap.source.as_str().into(),
            via: Via::Taffrail,
            received,
        };
        let mut batch = BatchBuilder::new(Arc::new(origin));
        batch.push(&gap.encode(), RecordFlags::GAP);
        self.take(&batch.finish(), None).map(drop)
    }

    /// It is too old to be taken, which coverage has to show.
    fn pass_over(&mut self, prepared: &Prepared) {
        let end = self.catalog.times_of(prepared.class, prepared.time).end;
        let before = self.expired.entry(prepared.class.name()).or_insert(end);
        *before = end.max(*before);
    }

    fn take_one(&mut self, prepared: &Prepared, batch: &RecordBatch, counts: &mut WriteCounts) -> Result<()> {
        let place = Place::new(self.time_of(prepared)?, prepared.keys.request);
        // The limit of an import is one of memory, that of a server one of records.
        let bytes = if self.is_import { prepared.held_bytes() } else { prepared.bytes.len() };
        let is_request_received = prepared.rank.is_request_received();
        let copy = Copy {
            record: prepared.keys.record.low(),
            rank: prepared.rank,
            via: prepared.via,
            received: batch.origin.received.micros(),
            content: Some(Content::new(prepared, &batch.origin.cluster)),
        };
        if self.groups.get(place).is_none()
            && self.groups.may_be_committed(place)
            && let Some(group) = self.committed_group(prepared.class, place)?
        {
            self.groups.insert(place, Slot::committed(group, prepared.class));
        }
        let Some(slot) = self.groups.get_mut(place) else {
            let is_held = is_request_received;
            let mut slot = Slot::new(copy, prepared.class, is_held);
            if is_held {
                slot.own_content();
            }
            self.groups.insert(place, slot);
            if is_held {
                let offset = (!self.is_import).then_some(self.taken);
                self.held.push(Held { place, offset, received: batch.origin.received, bytes });
            } else {
                self.mark_dirty(place, bytes);
                counts.kept += 1;
            }
            return Ok(());
        };
        let was_held = slot.is_held;
        let merged = slot.group.merge(copy);
        slot.is_held = was_held && slot.group.is_request_received();
        let (was_resolved, is_listed, is_dirty) =
            (was_held && !slot.is_held, slot.is_listed, slot.group.is_dirty);
        match merged {
            Merged::Duplicate => counts.duplicate += 1,
            Merged::Folded => counts.folded += 1,
            Merged::Conflict => {
                counts.kept += 1;
                counts.conflicts += 1;
            }
        }
        if was_resolved {
            // The held record folds into this one's document, which is new.
            counts.kept += 1;
            self.held.resolve(place);
        }
        if is_dirty && !is_listed && (was_resolved || !was_held) {
            self.mark_dirty(place, bytes);
        }
        Ok(())
    }

    fn mark_dirty(&mut self, place: Place, bytes: usize) {
        if let Some(slot) = self.groups.get_mut(place) {
            slot.is_listed = true;
        }
        self.dirty.push(place);
        self.dirty_bytes += bytes;
        self.dirty_since.get_or_insert_with(Instant::now);
    }

    /// The time under which the request is kept. A record that names none stands under the time of its arrival, and a
    /// copy of it that arrives later has to be the same request: it is looked for by its key.
    fn time_of(&mut self, prepared: &Prepared) -> Result<i64> {
        if prepared.has_time {
            return Ok(prepared.time);
        }
        let key = prepared.keys.request;
        if let Some(time) = self.timeless.get(&key) {
            return Ok(*time);
        }
        let term = key_term(&self.catalog.columns, key);
        for split in self.catalog.splits().iter().filter(|split| split.entry.class == prepared.class.name()) {
            let searcher = split.searcher();
            if let Some(found) = split.documents_of(&searcher, &term)?.first() {
                return split.time_of(&searcher, found.address);
            }
        }
        self.timeless.insert(key, prepared.time);
        Ok(prepared.time)
    }

    /// What the index holds of the request.
    fn committed_group(&self, class: Class, place: Place) -> Result<Option<Group<Box<Content>>>> {
        let Some(split) = self.catalog.route(class, place.time()) else { return Ok(None) };
        if split.times().is_none_or(|(first, last)| place.time() < first || place.time() > last) {
            return Ok(None);
        }
        let searcher = split.searcher();
        let found = split.documents_of(&searcher, &key_term(&self.catalog.columns, place.key()))?;
        let mut copies = Vec::with_capacity(found.len());
        for found in found {
            let stored = stored_bytes(&searcher, self.catalog.columns.stored, found.address)
                .map_err(IndexError::split("read", &split.name()))?;
            let Some(stored) = Stored::decode(&stored) else { continue };
            copies.push(Copy {
                record: found.record,
                rank: found.rank,
                via: stored.via,
                received: stored.received.micros(),
                content: None,
            });
        }
        Ok(Group::committed(copies))
    }

    /// Lets go of `RequestReceived` records that waited long enough, or of all of them: no completion was seen.
    fn release_held(&mut self, all: bool) -> WriteCounts {
        let mut counts = WriteCounts::default();
        let hold = i64::try_from(self.catalog.settings.hold.as_micros()).unwrap_or(i64::MAX);
        let max_bytes = usize::try_from(self.catalog.settings.hold_bytes).unwrap_or(usize::MAX);
        while let Some(held) = self.held.first() {
            let is_due =
                !self.is_import && held.received.micros().saturating_add(hold) <= self.journal_time.micros();
            if !all && !is_due && self.held.bytes() <= max_bytes {
                break;
            }
            let (place, bytes) = (held.place, held.bytes);
            self.held.resolve(place);
            if let Some(slot) = self.groups.get_mut(place) {
                slot.is_held = false;
            }
            self.mark_dirty(place, bytes);
            counts.kept += 1;
        }
        counts
    }

    /// Compacts what was written.
    pub(crate) fn compact_touched(&mut self) -> Result<()> {
        for (class, from) in std::mem::take(&mut self.touched) {
            compact::compact_window(&self.catalog, &class, from)?;
        }
        Ok(())
    }

    fn is_commit_due(&self) -> bool {
        let settings = &self.catalog.settings;
        let Some(since) = self.dirty_since else { return false };
        if self.is_import {
            return self.dirty_bytes + self.held.bytes() >= IMPORT_COMMIT_BYTES
                || self.dirty.len() >= IMPORT_COMMIT_DOCS;
        }
        since.elapsed() >= settings.commit_interval
            || self.dirty.len() >= settings.commit_docs
            || self.dirty_bytes as u64 >= settings.commit_bytes
    }

    fn note(&self, counts: WriteCounts) {
        let mut counters = self.catalog.counters();
        counters.counts.add(counts);
        counters.counts.held = self.held.len() as u64;
    }
}

impl EventSink for Indexer {
    fn write(&mut self, batch: &RecordBatch, offset: Option<u64>) -> Result<WriteCounts, SinkError> {
        self.is_import = offset.is_none();
        self.last_write = Instant::now();
        if let Some(offset) = offset {
            self.taken = offset;
        }
        let mut counts = self.take(batch, offset)?;
        if let Some(offset) = offset {
            self.taken = offset + batch.len() as u64;
            // Even records that change nothing must move `replay_from` in the end.
            self.dirty_since.get_or_insert_with(Instant::now);
        }
        counts.add(self.release_held(false));
        if self.is_commit_due() {
            self.commit_all()?;
        }
        self.note(counts);
        Ok(counts)
    }

    fn tick(&mut self) -> Result<WriteCounts, SinkError> {
        // While records flow, their own arrival is the clock: a journal that is read late must not look like silence.
        if !self.is_import && !self.held.is_empty() && self.last_write.elapsed() >= QUIET {
            self.journal_time = self.journal_time.max(Timestamp::now());
        }
        let counts = self.release_held(false);
        if self.is_commit_due() {
            self.commit_all()?;
        }
        if self.dirty.is_empty() {
            self.catalog.writers().close_idle()?;
        }
        if counts != WriteCounts::default() {
            self.note(counts);
        }
        Ok(counts)
    }

    fn commit(&mut self) -> Result<(), SinkError> {
        Ok(self.commit_all()?)
    }

    fn finish(&mut self) -> Result<WriteCounts, SinkError> {
        let counts = self.release_held(true);
        self.commit_all()?;
        self.recheck()?;
        self.note(counts);
        self.compact_touched()?;
        Ok(counts)
    }

    fn report_gap(&mut self, gap: Gap) {
        // No journal holds it: it is durable now or never.
        if let Err(error) = self.catalog.store_manifest(|manifest| manifest.add_gap(gap.clone())) {
            tracing::error!(%error, "a gap could not be noted in the manifest");
        }
        if let Err(error) = self.take_gap(&gap, gap.to) {
            tracing::error!(%error, "a gap could not be indexed");
        }
    }

    fn replay_from(&self) -> u64 {
        self.catalog.manifest().replay_from
    }
}

fn prepare(batch: &RecordBatch) -> Vec<Option<Prepared>> {
    let one = |index: usize| {
        let (bytes, flags) = batch.record(index)?;
        Prepared::of(bytes, flags, batch.known(index), &batch.origin)
    };
    if batch.len() < PARALLEL_FROM {
        return (0..batch.len()).map(one).collect();
    }
    (0..batch.len()).into_par_iter().with_min_len(16).map(one).collect()
}
