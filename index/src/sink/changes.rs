//! The change sets of a commit: worked out for what is dirty, and corrected in what the index holds.

use taffrail_event::{Class, crash_point};

use super::Indexer;
use crate::changes::{self, Asked, Correction, Found, Fresh, Replaced, Worked};
use crate::document::{SortKey, key_term};
use crate::error::{IndexError, Result};
use crate::groups::{Content, Place, Slot};
use crate::stored::Stored;

/// So many objects are looked at again in one commit.
const RECHECK_OBJECTS: usize = 5_000;

impl Indexer {
    /// Gives every dirty write its change set, and makes dirty what is corrected by them.
    pub(super) fn note_changes(&mut self) -> Result<Worked> {
        if self.is_recheck_due {
            self.recheck = changes::objects(&self.catalog)?;
            self.is_recheck_due = false;
        }
        let (fresh, replaced) = self.fresh_writes()?;
        let anew = self.recheck.get(..self.rechecked()).unwrap_or_default();
        if fresh.is_empty() && replaced.is_empty() && anew.is_empty() {
            return Ok(Worked::default());
        }
        let asked = Asked { fresh, replaced, anew };
        let mut worked = changes::work_out(&self.catalog, &mut self.states, asked)?;
        for found in std::mem::take(&mut worked.found) {
            self.set_change(found);
        }
        // Corrections go into other splits than what led to them, and a commit of several splits may break off between two.
        let corrected = || worked.corrected.iter().chain(&worked.unfinished).copied();
        if corrected().next().is_some() {
            self.catalog.store_manifest(|manifest| {
                manifest.correcting.extend(corrected());
                manifest.correcting.sort_unstable();
                manifest.correcting.dedup();
            })?;
            crash_point("index.corrections_noted");
        }
        worked.corrected_writes = worked.corrections.len() as u64;
        for correction in std::mem::take(&mut worked.corrections) {
            self.correct(correction)?;
        }
        Ok(worked)
    }

    /// Commits until nothing is left to be looked at again.
    pub(crate) fn recheck(&mut self) -> Result<()> {
        while !self.recheck.is_empty() || self.is_recheck_due {
            self.commit_all()?;
        }
        Ok(())
    }

    /// How many of the objects that wait for it the next commit looks at again.
    fn rechecked(&self) -> usize {
        self.recheck.len().min(RECHECK_OBJECTS)
    }

    /// What is left to correct when this commit is done: everything, or these objects.
    pub(super) fn still_correcting(&self, worked: &Worked) -> (bool, Vec<u64>) {
        let left = self.recheck.get(self.rechecked()..).unwrap_or_default();
        let mut correcting = [left, &worked.unfinished].concat();
        // A manifest that named every object would be larger than many an index.
        let is_recheck_due = self.catalog.manifest().is_recheck_due && !correcting.is_empty();
        if is_recheck_due {
            correcting.clear();
        }
        correcting.sort_unstable();
        correcting.dedup();
        (is_recheck_due, correcting)
    }

    /// The commit is done.
    pub(super) fn settle_changes(&mut self, mut worked: Worked) {
        self.recheck.drain(..self.rechecked());
        self.recheck.append(&mut worked.unfinished);
        let mut counters = self.catalog.counters();
        counters.state_cache_bytes = self.states.bytes() as u64;
        counters.corrected += worked.corrected_writes;
    }

    /// The commit broke off. What it had worked out may not be true any more when the next one comes: that works it out anew.
    pub(super) fn withdraw_changes(&mut self) {
        self.states.clear();
        let correcting = self.catalog.manifest().correcting.clone();
        self.recheck.extend(correcting);
        self.recheck.sort_unstable();
        self.recheck.dedup();
        for place in &self.dirty {
            let Some(slot) = self.groups.get_mut(*place) else { continue };
            for copy in slot.group.copies_mut() {
                copy.content.take_if(|content| content.is_correction);
            }
        }
    }

    /// The dirty writes, and the documents that go when they are committed.
    fn fresh_writes(&self) -> Result<(Vec<Fresh>, Vec<Replaced>)> {
        let mut fresh = Vec::new();
        let mut replaced = Vec::new();
        for place in &self.dirty {
            let Some(slot) =
                self.groups.get(*place).filter(|slot| slot.is_listed && slot.class == Class::Change)
            else {
                continue;
            };
            if slot.group.is_committed {
                self.add_replaced(*place, slot, &mut replaced)?;
            }
            for copy in slot.group.copies() {
                let content = copy.content.as_ref().filter(|content| !content.is_correction);
                if let Some((content, link)) = content.and_then(|content| Some((content, content.link?))) {
                    fresh.push(Fresh {
                        place: *place,
                        record: copy.record,
                        link,
                        bytes: content.bytes.clone(),
                        outline: content.outline.clone(),
                    });
                }
            }
        }
        Ok((fresh, replaced))
    }

    fn add_replaced(&self, place: Place, slot: &Slot, replaced: &mut Vec<Replaced>) -> Result<()> {
        let Some(split) = self.catalog.route(slot.class, place.time()) else { return Ok(()) };
        let searcher = split.searcher();
        let stays =
            |record: u64| slot.group.copies().any(|copy| copy.record == record && copy.content.is_none());
        for found in split.documents_of(&searcher, &key_term(&self.catalog.columns, place.key()))? {
            if stays(found.record) {
                continue;
            }
            let object = changes::object_of(&searcher, found.address)
                .map_err(IndexError::split("look up in", &split.name()))?;
            replaced.extend(object.map(|object| Replaced {
                object,
                time: place.time(),
                record: found.record,
            }));
        }
        Ok(())
    }

    fn set_change(&mut self, found: Found) {
        let Some(slot) = self.groups.get_mut(found.place) else { return };
        let copy = slot.group.copies_mut().find(|copy| copy.record == found.record);
        if let Some(content) = copy.and_then(|copy| copy.content.as_mut()) {
            content.change = found.change;
        }
    }

    /// Makes a document of the index dirty, with its new change set.
    fn correct(&mut self, correction: Correction) -> Result<()> {
        let Correction { found, link, stored } = correction;
        let Some(stored) = Stored::decode(&stored) else { return Ok(()) };
        if self.groups.get(found.place).is_none() {
            let Some(group) = self.committed_group(Class::Change, found.place)? else { return Ok(()) };
            self.groups.insert(found.place, Slot::committed(group, Class::Change));
        }
        let Some(slot) = self.groups.get_mut(found.place) else { return Ok(()) };
        let Some(copy) = slot.group.copies_mut().find(|copy| copy.record == found.record) else {
            return Ok(());
        };
        copy.content = Some(Box::new(Content {
            bytes: stored.record.to_vec().into(),
            outline: None,
            flow: None,
            cluster: stored.cluster.into(),
            flags: stored.flags,
            sort: SortKey::at(found.place.time()),
            link: Some(link),
            change: found.change,
            is_correction: true,
        }));
        slot.group.is_dirty = true;
        if !slot.is_listed {
            self.mark_dirty(found.place, stored.record.len());
        }
        Ok(())
    }
}
