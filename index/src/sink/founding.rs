//! New splits of a commit.

use std::panic::resume_unwind;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread;

use taffrail_event::crash_point;

use super::Indexer;
use super::commit::Share;
use crate::build;
use crate::error::{IndexError, Result};
use crate::manifest::SplitEntry;
use crate::split::{Split, remove_dir};

impl Indexer {
    /// Writes new splits, one or two, each in one go: one segment in order, as a compaction would leave it. The second is
    /// begun when the documents of the first are in: the dictionaries of that take one core, and there is more than one.
    pub(super) fn found(&mut self, shares: &[Share]) -> Result<()> {
        let founded = shares.iter().map(|share| self.room_for(share)).collect::<Result<Vec<_>>>()?;
        let (plan, memory) = (self.catalog.plan(), self.writer_memory());
        thread::scope(|scope| {
            let mut building = Vec::new();
            for (share, (_, dir)) in shares.iter().zip(&founded) {
                let (fed, is_fed) = sync_channel(1);
                building.push(scope.spawn(move || {
                    build::single_segment(dir, plan, &share.jobs, memory, || {
                        // Whoever waits for it is there until the thread ends.
                        fed.send(()).ok();
                    })
                }));
                // Also when it failed: then nobody is left to say so.
                is_fed.recv().ok();
            }
            let mut built = building.into_iter().map(|building| building.join());
            built.try_for_each(|built| built.unwrap_or_else(|panic| resume_unwind(panic)))
        })?;
        for (share, (entry, _)) in shares.iter().zip(founded) {
            let split = Arc::new(Split::open(&self.catalog.splits_dir(), entry)?);
            split.publish()?;
            crash_point("index.split_committed");
            self.catalog.sync_splits_dir()?;
            self.catalog.adopt(Arc::clone(&split), None);
            self.note_share(&split, share);
        }
        Ok(())
    }

    /// The entry of a new split and its directory, empty.
    fn room_for(&self, share: &Share) -> Result<(SplitEntry, PathBuf)> {
        let mut entry = self.catalog.new_entry(share.class, share.times.start);
        entry.is_compacted = true;
        let dir = self.catalog.splits_dir().join(entry.name());
        // A failed attempt may have left one; the manifest does not know it.
        remove_dir(&dir)?;
        std::fs::create_dir_all(&dir).map_err(IndexError::io("create", &dir))?;
        Ok((entry, dir))
    }
}
