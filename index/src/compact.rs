//! Compaction: a quiet split is rebuilt from its stored records, in (object, time) order, and swapped in by the manifest.
//! `reindex` is the same rebuild, with every record passed through a rewrite.
//!
//! Large splits are rebuilt in slices of time: a slice fits into memory, versions of one object still lie side by side,
//! and a page in time order touches few blocks. The slices of one period become one segment: tantivy merges with some
//! memory for every document, so the number of documents in a segment is bounded, and there is one more per million.

mod periods;

use std::collections::{HashSet, VecDeque};
use std::path::Path;
use std::sync::Arc;

use taffrail_event::change::Link;
use taffrail_event::{Decoded, Kind, crash_point};
use tantivy::directory::MmapDirectory;
use tantivy::index::SegmentId;
use tantivy::indexer::NoMergePolicy;
use tantivy::schema::Field;
use tantivy::{DocAddress, Index, IndexWriter, Searcher};

use self::periods::Periods;
use crate::build;
use crate::catalog::Catalog;
use crate::document::{Entry, Plan, SortKey, Source, record_hash};
use crate::error::{IndexError, Result};
use crate::fold::Rank;
use crate::manifest::SplitEntry;
use crate::prepare::link_of;
use crate::schema::{Columns, SCHEMA, register_tokenizers};
use crate::split::{Split, remove_dir, stored_bytes, writing};
use crate::stored::Stored;

/// A slice ends at this many documents or bytes, whichever comes first.
const SLICE_DOCS: usize = 50_000;
const SLICE_BYTES: usize = 64 * 1024 * 1024;

/// A segment ends at this many documents.
const SEGMENT_DOCS: usize = 1_000_000;

/// Changes a record on its way through a rebuild; `None` leaves it as it is.
pub type Rewrite<'a> = &'a (dyn Fn(&[u8]) -> Option<Vec<u8>> + Sync);

/// Compacts the window's split unless it is compact. Returns whether a rebuild took place.
pub(crate) fn compact_window(catalog: &Catalog, class: &str, from: i64) -> Result<bool> {
    let entry = {
        let manifest = catalog.manifest();
        manifest.splits.iter().find(|entry| entry.class == class && entry.from == from).cloned()
    };
    match entry {
        Some(entry) if !entry.is_compacted || entry.schema != SCHEMA => {
            rebuild(catalog, &entry.name(), &|_| None)
        }
        _ => Ok(false),
    }
}

/// Rebuilds the named split and swaps it in; `false` if it changed meanwhile (then the work is thrown away) or is gone.
pub(crate) fn rebuild(catalog: &Catalog, name: &str, rewrite: Rewrite<'_>) -> Result<bool> {
    let _one_at_a_time = catalog.rebuilding();
    let Some(old) = catalog.splits().iter().find(|split| split.name() == name).cloned() else {
        return Ok(false);
    };
    let writes = old.writes();
    let entry = SplitEntry {
        generation: old.entry.generation + 1,
        schema: SCHEMA,
        is_compacted: true,
        ..old.entry.clone()
    };
    let splits = catalog.splits_dir();
    let dir = splits.join(entry.name());
    remove_dir(&dir)?;
    std::fs::create_dir_all(&dir).map_err(IndexError::io("create", &dir))?;
    let memory = usize::try_from(catalog.settings.writer_memory_bytes).unwrap_or(usize::MAX);
    write_slices(catalog.plan(), &old, &dir, memory, rewrite)?;
    let split = Arc::new(Split::open(&splits, entry)?);
    split.publish()?;
    crash_point("index.compaction_built");
    swap(catalog, &old, split, writes)
}

fn swap(catalog: &Catalog, old: &Split, split: Arc<Split>, writes: u64) -> Result<bool> {
    let mut writers = catalog.writers();
    if old.writes() != writes {
        drop(writers);
        remove_dir(&split.dir)?;
        return Ok(false);
    }
    writers.close(&old.name())?;
    catalog.sync_splits_dir()?;
    catalog.adopt(split, Some(old));
    catalog.store_manifest(|_| ())?;
    crash_point("index.compaction_swapped");
    remove_dir(&old.dir)?;
    Ok(true)
}

/// A stored document on its way into the rebuilt split.
struct Moved {
    sort: SortKey,
    rank: Rank,
    link: Option<Link>,
    stored: Vec<u8>,
}

impl Source for Moved {
    fn sort_key(&self) -> SortKey {
        self.sort
    }

    fn rank(&self) -> Rank {
        self.rank
    }

    fn link(&self) -> Option<Link> {
        self.link
    }

    fn stored(&self) -> Vec<u8> {
        self.stored.clone()
    }
}

fn write_slices(plan: Plan<'_>, old: &Split, dir: &Path, memory: usize, rewrite: Rewrite<'_>) -> Result<()> {
    let searcher = old.searcher();
    let failed = |error| IndexError::split("rebuild", &old.name())(error);
    let stored = old.stored_field()?;
    let slices =
        |addresses| Slices { stored, searcher: &searcher, rewrite, addresses, slice: VecDeque::new() };
    let mut periods = Periods::of(&searcher, SEGMENT_DOCS);
    let mut first = slices(periods.next().transpose().map_err(failed)?.unwrap_or_default().into_iter());
    let only = first.next().transpose().map_err(failed)?.unwrap_or_default();
    if first.is_done() {
        return build::single_segment(dir, plan, &only, memory, || {});
    }
    let write = || -> tantivy::Result<()> {
        let mut index = Index::builder()
            .schema(plan.columns.schema.clone())
            .settings(Columns::settings())
            .open_or_create(MmapDirectory::open(dir)?)?;
        register_tokenizers(&mut index);
        let mut writer: IndexWriter<Entry> = index.writer_with_options(writing::options(memory))?;
        writer.set_merge_policy(Box::new(NoMergePolicy));
        let mut done = HashSet::new();
        write_period(plan, &index, &mut writer, &mut done, std::iter::once(Ok(only)).chain(first))?;
        for addresses in periods {
            write_period(plan, &index, &mut writer, &mut done, slices(addresses?.into_iter()))?;
        }
        writer.wait_merging_threads()
    };
    write().map_err(failed)
}

/// Adds one segment to those that are `done`.
fn write_period(
    plan: Plan<'_>,
    index: &Index,
    writer: &mut IndexWriter<Entry>,
    done: &mut HashSet<SegmentId>,
    slices: impl Iterator<Item = tantivy::Result<Vec<Moved>>>,
) -> tantivy::Result<()> {
    for slice in slices {
        build::feed(plan, &slice?, |document| writer.add_document(document).map(drop))?;
    }
    writer.commit()?;
    let mut segments = index.searchable_segment_ids()?;
    segments.retain(|segment| !done.contains(segment));
    if segments.len() > 1 {
        writer.merge(&segments).wait()?;
    }
    done.extend(index.searchable_segment_ids()?);
    Ok(())
}

/// The documents of a period, in slices of time, each read block by block and put into the order of the split.
struct Slices<'a> {
    stored: Field,
    searcher: &'a Searcher,
    rewrite: Rewrite<'a>,
    /// By time; the rest of the current slice, in address order, comes first in `slice`.
    addresses: std::vec::IntoIter<(i64, DocAddress)>,
    slice: VecDeque<(i64, DocAddress)>,
}

impl Slices<'_> {
    fn is_done(&self) -> bool {
        self.slice.is_empty() && self.addresses.len() == 0
    }

    fn read(&mut self) -> tantivy::Result<Vec<Moved>> {
        let mut moved = Vec::with_capacity(self.slice.len());
        let mut bytes = 0;
        while bytes < SLICE_BYTES
            && let Some((time, address)) = self.slice.pop_front()
        {
            let stored = stored_bytes(self.searcher, self.stored, address)?;
            if let Some(document) = rewritten(stored, time, self.rewrite) {
                bytes += document.stored.len();
                moved.push(document);
            }
        }
        moved.sort_by_key(|document| document.sort);
        Ok(moved)
    }
}

impl Iterator for Slices<'_> {
    type Item = tantivy::Result<Vec<Moved>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.slice.is_empty() {
            let mut slice: Vec<_> = self.addresses.by_ref().take(SLICE_DOCS).collect();
            slice.sort_unstable_by_key(|(_, address)| *address);
            self.slice = slice.into();
        }
        (!self.slice.is_empty()).then(|| self.read())
    }
}

/// The document as it is stored from now on; `None` if it cannot be read as an event, which the index never writes.
fn rewritten(stored: Vec<u8>, time: i64, rewrite: Rewrite<'_>) -> Option<Moved> {
    let document = Stored::decode(&stored)?;
    let is_own = Kind::of(document.flags).is_own();
    let replaced = if is_own { None } else { rewrite(document.record) };
    let record = replaced.as_deref().unwrap_or(document.record);
    let decoded = Decoded::of(record, document.flags).ok()?;
    let (sort, rank) = (SortKey::of(&decoded, time), Rank::of(&decoded, document.flags, record_hash(record)));
    let link = link_of(&decoded, document.cluster);
    let stored = match &replaced {
        // The change set may hold what the record is rid of.
        Some(record) => Stored { record, change: &[], ..document }.encode(),
        None => stored,
    };
    Some(Moved { sort, rank, link, stored })
}
