//! Whether a file was missed.
//!
//! Whoever rotates removes the oldest files first. As long as one that was seen is still there,
//! whatever it is called now, no newer one can have been removed. If even the newest file of the last look is gone, files
//! between it and the oldest that is there may have come and gone, and that is a gap.

use taffrail_event::{Gap, Timestamp};

use super::{FileId, Log, Tracked};

/// Looks in a row that have to miss a file: while files are renamed, a listing may show neither their old nor their new
/// name, and a look may have begun before the file was removed.
const MISSED_LOOKS: u32 = 3;

impl Log {
    /// Forgets files that are read and gone, and notices those that are gone unread.
    pub(super) fn look_for_missed(&mut self) {
        let Some(newest) = self.newest_listed() else { return };
        // One that says too little to be told may be another, and proves nothing.
        let oldest = self.listed_files().filter(|file| file.fingerprint().tells()).map(|file| file.id).min();
        let mut missing = self.missing;
        let mut anchor_is_there = self.anchor.is_none();
        for file in &mut self.files {
            let is_anchor = self.anchor == Some(file.id);
            if file.is_there(&self.listed) {
                file.missed = 0;
                anchor_is_there |= is_anchor;
                continue;
            }
            if is_anchor || (file.follow.is_none() && file.in_flight == 0) {
                file.missed = file.missed.saturating_add(1);
            }
            let is_unread = !file.point.is_done && file.follow.is_none() && !file.is_excused;
            let is_gone = oldest.is_none_or(|oldest| oldest > file.id) && newest > file.id;
            if file.missed >= MISSED_LOOKS && (is_anchor || is_unread) && is_gone {
                missing = Some(missing.map_or((file.id, file.id), |(first, _)| (first, file.id)));
            }
        }
        self.missing = missing;
        // An anchor that is gone for good while an older file is there has another form now.
        let is_settled = anchor_is_there
            || self
                .files
                .iter()
                .any(|file| self.anchor == Some(file.id) && file.missed >= MISSED_LOOKS && newest > file.id);
        if is_settled && missing.is_none() {
            self.anchor = Some(newest);
        }
        self.forget();
    }

    fn forget(&mut self) {
        let (anchor, before) = (self.anchor, self.files.len());
        let is_missing = |id| self.missing.is_some_and(|(first, last)| (first..=last).contains(&id));
        self.files.retain(|file| {
            file.missed < MISSED_LOOKS
                || file.follow.is_some()
                || anchor == Some(file.id)
                || is_missing(file.id)
        });
        self.is_changed |= self.files.len() != before;
    }

    /// Whether a file newer than the last one that is known to have been next may not be the next.
    pub(super) fn suspects_a_gap(&self) -> bool {
        let anchor = self.files.iter().find(|file| self.anchor == Some(file.id));
        let is_newest = |id| self.files.last().is_some_and(|newest| newest.id == id);
        self.missing.is_some() || anchor.is_some_and(|file| file.missed > 0 && !is_newest(file.id))
    }

    fn listed_files(&self) -> impl Iterator<Item = &Tracked> {
        self.files.iter().filter(|file| file.is_listed(&self.listed))
    }

    fn newest_listed(&self) -> Option<FileId> {
        self.listed_files().map(|file| file.id).max()
    }

    /// Tells of a gap once everything before it is read and the first event behind it is known.
    pub(super) fn finish_gap(&mut self) {
        let Some((first, last)) = self.missing else { return };
        let is_read = |file: &Tracked| file.id > last || file.follow.is_none() || file.is_waiting;
        let Some(next) = self.files.iter().find(|file| file.id > last) else { return };
        let is_known = next.point.first.is_some() || next.follow.is_none() || next.is_waiting;
        if !is_known || !self.files.iter().all(is_read) {
            return;
        }
        let modified = next.follow.as_ref().and_then(|follow| follow.held().modified().ok());
        let to = next.point.first.or(modified).unwrap_or_else(Timestamp::now);
        let before = self.files.iter().filter(|file| file.id <= first);
        let from = before.filter_map(|file| file.point.last).next_back().unwrap_or(to);
        self.gaps.push(self.new_gap(
            from,
            to,
            "files of the log were rotated away before they could be read; keep more of them, or larger ones",
        ));
        self.missing = None;
        for file in self.files.iter_mut().filter(|file| file.id <= last) {
            file.is_excused = true;
        }
        self.anchor = self.newest_listed();
        self.forget();
    }

    pub(super) fn new_gap(&self, from: Timestamp, to: Timestamp, reason: &str) -> Gap {
        Gap {
            cluster: self.origin.cluster.as_ref().to_owned(),
            source: self.origin.source.as_ref().to_owned(),
            from,
            // Clocks are set back now and then; a gap has a length all the same.
            to: to.max(from.plus_micros(1)),
            lost: None,
            reason: reason.to_owned(),
        }
    }
}
