//! The index as the rest of the program sees it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use taffrail_config::IndexSettings;
use taffrail_event::{ActorRules, EventSink, Timestamp};
use taffrail_query::Search;

use crate::catalog::Catalog;
use crate::compact::{self, Rewrite};
use crate::error::Result;
use crate::retention;
use crate::search::IndexSearch;
use crate::sink::Indexer;

/// An open index.
#[derive(Debug, Clone)]
pub struct Store {
    catalog: Arc<Catalog>,
}

impl Store {
    /// Opens the index in `dir` to read and write, creating it if need be. The caller sees to it that nobody else writes.
    /// `actors` say who is who in everything that is decoded, for an answer or for the index.
    pub fn open(dir: &Path, settings: &IndexSettings, actors: &ActorRules) -> Result<Self> {
        Ok(Self { catalog: Arc::new(Catalog::open(dir, settings, actors)?) })
    }

    /// Opens the index in `dir` to read, while another process may write. It shows what was committed by now.
    pub fn open_read_only(dir: &Path, settings: &IndexSettings, actors: &ActorRules) -> Result<Self> {
        Ok(Self { catalog: Arc::new(Catalog::open_read_only(dir, settings, actors)?) })
    }

    /// Opens the index in `dir` for [`Store::reindex`], also where an older release wrote it; questions are answered right
    /// only after that. The caller sees to it that nobody else writes.
    pub fn open_to_rebuild(dir: &Path, settings: &IndexSettings, actors: &ActorRules) -> Result<Self> {
        Ok(Self { catalog: Arc::new(Catalog::open_to_rebuild(dir, settings, actors)?) })
    }

    /// The writing side. There must be one at a time.
    pub fn sink(&self) -> Box<dyn EventSink> {
        Box::new(Indexer::new(Arc::clone(&self.catalog)))
    }

    /// The reading side.
    pub fn search(&self) -> Arc<dyn Search> {
        Arc::new(IndexSearch::new(Arc::clone(&self.catalog)))
    }

    /// The lowest journal offset that the index does not cover.
    pub fn replay_from(&self) -> u64 {
        self.catalog.manifest().replay_from
    }

    /// Compacts the splits that were not written for `index.compact_after`, until `stop`. Returns how many.
    pub fn compact_due(&self, stop: &AtomicBool) -> Result<usize> {
        let quiet = i64::try_from(self.catalog.settings.compact_after.as_micros()).unwrap_or(i64::MAX);
        let mut done = 0;
        for split in self.catalog.splits().iter() {
            if stop.load(Ordering::Relaxed) {
                break;
            }
            if split.last_write().plus_micros(quiet) <= Timestamp::now()
                && compact::compact_window(&self.catalog, &split.entry.class, split.entry.from)?
            {
                tracing::info!(split = %split.name(), "compacted");
                done += 1;
            }
        }
        Ok(done)
    }

    /// Removes what `index.retention` does not keep: splits that have outlived their class, then the oldest until the index
    /// and `elsewhere_bytes` of the data directory together are within `max_bytes`. Returns by how many bytes they still are not,
    /// because the rest takes what happens now.
    pub fn enforce_retention(&self, elsewhere_bytes: u64, max_bytes: Option<u64>) -> Result<u64> {
        retention::enforce(&self.catalog, elsewhere_bytes, max_bytes, Timestamp::now())
    }

    /// Rebuilds every split, passing each record through `rewrite` (`None` leaves it as it is), and works out anew what each write
    /// changed; `progress` is told how many splits are done, of how many.
    pub fn reindex(&self, rewrite: Rewrite<'_>, progress: &mut dyn FnMut(usize, usize)) -> Result<usize> {
        let splits = self.catalog.splits();
        progress(0, splits.len());
        self.catalog.store_manifest(|manifest| manifest.is_recheck_due = true)?;
        for (done, split) in (1..).zip(splits.iter()) {
            compact::rebuild(&self.catalog, &split.name(), rewrite)?;
            progress(done, splits.len());
        }
        // What a write changed follows from what other splits hold, so all of them are built anew before.
        let mut indexer = Indexer::new(Arc::clone(&self.catalog));
        indexer.recheck()?;
        indexer.compact_touched()?;
        Ok(splits.len())
    }
}
