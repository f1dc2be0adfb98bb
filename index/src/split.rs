//! One split: a tantivy index over the documents of one class and time range.

pub(crate) mod writing;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use taffrail_event::{Class, Timestamp};
use tantivy::columnar::Column;
use tantivy::directory::MmapDirectory;
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{
    DocAddress, DocId, DocSet, Index, IndexReader, ReloadPolicy, Searcher, SegmentReader, TERMINATED,
    TantivyDocument, Term,
};

use crate::error::{IndexError, Result};
use crate::fold::Rank;
use crate::kept::stored_of;
use crate::manifest::SplitEntry;
use crate::schema::{ID_HIGH, RANK, RECORD, STORED_FIELD, TIME, register_tokenizers};

/// Blocks of the doc store that one segment's reader keeps decompressed, for as long as it lives: over hundreds of splits
/// more than a few would add up. Pages and exports read in address order, so few are enough.
const STORE_CACHE_BLOCKS: usize = 2;

/// An open split. Reading needs no lock; writing is the sink's business.
pub(crate) struct Split {
    pub(crate) entry: SplitEntry,
    pub(crate) dir: PathBuf,
    index: Index,
    reader: IndexReader,
    /// Exclusive end of the times that it takes; moves down when the split is full.
    end: AtomicI64,
    /// Counts commits, so that a compaction sees whether the split changed under it.
    writes: AtomicU64,
    state: Mutex<SplitState>,
}

#[derive(Debug, Clone, Copy)]
struct SplitState {
    /// Times of the documents, inclusive; `None` without documents.
    times: Option<(i64, i64)>,
    last_write: Timestamp,
    /// The size of the split's files.
    disk_bytes: u64,
}

impl std::fmt::Debug for Split {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Split").field("name", &self.entry.name()).finish_non_exhaustive()
    }
}

impl Split {
    /// Opens the split in `splits`. It must be there: an empty one in the place of one that is gone would be a loss that
    /// nobody sees.
    pub(crate) fn open(splits: &Path, entry: SplitEntry) -> Result<Self> {
        let name = entry.name();
        let dir = splits.join(&name);
        let open = || -> tantivy::Result<(Index, IndexReader)> {
            let mut index = Index::open(MmapDirectory::open(&dir)?)?;
            register_tokenizers(&mut index);
            let reader = index
                .reader_builder()
                .reload_policy(ReloadPolicy::Manual)
                .doc_store_cache_num_blocks(STORE_CACHE_BLOCKS)
                .try_into()?;
            Ok((index, reader))
        };
        let (index, reader) = open().map_err(IndexError::split("open", &name))?;
        let state = Mutex::new(SplitState { times: None, last_write: Timestamp::now(), disk_bytes: 0 });
        let end = AtomicI64::new(entry.to);
        let split = Self { entry, dir, index, reader, end, writes: AtomicU64::new(0), state };
        split.look()?;
        Ok(split)
    }

    pub(crate) fn name(&self) -> String {
        self.entry.name()
    }

    /// Whether documents of this class and time go into this split.
    pub(crate) fn is_for(&self, class: Class, time: i64) -> bool {
        self.entry.class == class.name() && (self.entry.from..self.end()).contains(&time)
    }

    /// Exclusive end of the times that it takes.
    pub(crate) fn end(&self) -> i64 {
        self.end.load(Ordering::Acquire)
    }

    /// Takes nothing at or after this time any more.
    pub(crate) fn end_at(&self, time: i64) {
        self.end.fetch_min(time, Ordering::AcqRel);
    }

    /// The field of the stored value, by the split's own schema: every version has it.
    pub(crate) fn stored_field(&self) -> Result<Field> {
        self.index.schema().get_field(STORED_FIELD).map_err(IndexError::split("open", &self.name()))
    }

    pub(crate) fn searcher(&self) -> Searcher {
        self.reader.searcher()
    }

    /// Makes what was committed visible and durable: tantivy renames `meta.json` after its last directory sync
    /// (reference/tantivy.md section 6).
    pub(crate) fn publish(&self) -> Result<()> {
        sync_dir(&self.dir)?;
        self.reader.reload().map_err(IndexError::split("reload", &self.name()))?;
        self.writes.fetch_add(1, Ordering::AcqRel);
        self.state().last_write = Timestamp::now();
        self.look()
    }

    /// Counts the commits since the split was opened.
    pub(crate) fn writes(&self) -> u64 {
        self.writes.load(Ordering::Acquire)
    }

    pub(crate) fn last_write(&self) -> Timestamp {
        self.state().last_write
    }

    /// First and last time of the documents, both inclusive.
    pub(crate) fn times(&self) -> Option<(i64, i64)> {
        self.state().times
    }

    /// The size of the split's files, as of the last commit.
    pub(crate) fn disk_bytes(&self) -> u64 {
        self.state().disk_bytes
    }

    fn state(&self) -> std::sync::MutexGuard<'_, SplitState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what questions need often and only a commit changes.
    fn look(&self) -> Result<()> {
        let mut times: Option<(i64, i64)> = None;
        for segment in self.searcher().segment_readers() {
            if segment.num_docs() == 0 {
                continue;
            }
            let column = time_column(segment).map_err(IndexError::split("read times of", &self.name()))?;
            let (from, to) = times.unwrap_or((i64::MAX, i64::MIN));
            times = Some((from.min(column.min_value()), to.max(column.max_value())));
        }
        let files = fs::read_dir(&self.dir).map_err(IndexError::io("list", &self.dir))?;
        let disk_bytes = files.flatten().filter_map(|file| file.metadata().ok()).map(|file| file.len()).sum();
        let mut state = self.state();
        (state.times, state.disk_bytes) = (times, disk_bytes);
        Ok(())
    }

    /// The committed documents of a request: address, record key's lower half, rank.
    pub(crate) fn documents_of(&self, searcher: &Searcher, key_term: &Term) -> Result<Vec<Found>> {
        let find = || -> tantivy::Result<Vec<Found>> {
            let mut found = Vec::new();
            for (ordinal, segment) in (0..).zip(searcher.segment_readers()) {
                let docs = docs_with(segment, key_term)?;
                if docs.is_empty() {
                    continue;
                }
                let columns = segment.fast_fields();
                let (records, ranks) = (columns.u64(RECORD)?, columns.u64(RANK)?);
                found.extend(docs.into_iter().map(|doc| Found {
                    address: DocAddress::new(ordinal, doc),
                    record: records.first(doc).unwrap_or_default(),
                    rank: Rank(ranks.first(doc).and_then(|rank| rank.try_into().ok()).unwrap_or_default()),
                }));
            }
            Ok(found)
        };
        find().map_err(IndexError::split("look up in", &self.name()))
    }

    /// The time of a committed document.
    pub(crate) fn time_of(&self, searcher: &Searcher, address: DocAddress) -> Result<i64> {
        let times = time_column(searcher.segment_reader(address.segment_ord))
            .map_err(IndexError::split("read times of", &self.name()))?;
        Ok(times.first(address.doc_id).unwrap_or_default())
    }
}

/// A committed document.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found {
    pub(crate) address: DocAddress,
    pub(crate) record: u64,
    pub(crate) rank: Rank,
}

/// The documents of a segment that have the term and were not deleted or replaced.
pub(crate) fn docs_with(segment: &SegmentReader, term: &Term) -> tantivy::Result<Vec<DocId>> {
    let inverted = segment.inverted_index(term.field())?;
    let Some(mut postings) = inverted.read_postings(term, IndexRecordOption::Basic)? else {
        return Ok(Vec::new());
    };
    let mut docs = Vec::new();
    let mut doc = postings.doc();
    while doc != TERMINATED {
        if is_alive(segment, doc) {
            docs.push(doc);
        }
        doc = postings.advance();
    }
    Ok(docs)
}

/// The stored value of the document at `address`.
pub(crate) fn stored_bytes(
    searcher: &Searcher,
    stored: Field,
    address: DocAddress,
) -> tantivy::Result<Vec<u8>> {
    let document: TantivyDocument = searcher.doc(address)?;
    Ok(stored_of(&document, stored).to_vec())
}

/// Every document's time; one per document.
pub(crate) fn time_column(segment: &SegmentReader) -> tantivy::Result<Column<i64>> {
    segment.fast_fields().i64(TIME)
}

/// Every document's upper half of the id.
pub(crate) fn id_column(segment: &SegmentReader) -> tantivy::Result<Column<u64>> {
    segment.fast_fields().u64(ID_HIGH)
}

/// Whether the document was not deleted or replaced.
pub(crate) fn is_alive(segment: &SegmentReader, doc: DocId) -> bool {
    segment.alive_bitset().is_none_or(|alive| alive.is_alive(doc))
}

/// Makes the names in a directory durable.
pub(crate) fn sync_dir(dir: &Path) -> Result<()> {
    File::open(dir).and_then(|file| file.sync_all()).map_err(IndexError::io("sync", dir))
}

/// Removes a directory with all that is in it; one that is gone already is fine.
pub(crate) fn remove_dir(dir: &Path) -> Result<()> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(IndexError::io("remove", dir)(error))
        }
        _ => Ok(()),
    }
}
