//! The journal: the durable ordered log between the sources and the index.
//!
//! What a source hands in is appended as a **frame**: opaque bytes that hold one or more consecutive records. A
//! **position** is the sequence number of a record, like a Kafka offset. The journal knows nothing of the
//! records, and nobody else knows its files.
//!
//! # The life of a frame
//!
//! 1. [`Journal::append`] writes it to the page cache of the current segment file, in one vectored write under
//!    a lock, and hands out its position. A write that fails is cut off again: a full disk costs an error,
//!    never the journal.
//! 2. [`Journal::wait_durable`] returns when the disk has confirmed it. One thread syncs for everybody: a sync
//!    starts when the last one has ended, so any number of appenders share it. Only now may the source be told.
//! 3. A [`JournalReader`] sees it, not earlier: the index must not hold what a power cut may take back.
//! 4. [`Journal::truncate_below`] deletes its segment once the index has committed everything in it.
//!
//! # Promises
//!
//! - What was durable is read exactly once and in order, or reported as [`Damage`]: never silently skipped.
//! - A torn tail, which a crash leaves, is cut at the last good frame when the journal is opened. Bad bytes with
//!   a good frame after them are damage; reading goes on at that frame, and the segment is set aside instead of
//!   deleted.
//! - A sync that failed stops the journal for good ([`JournalError::Failed`]): repeating it could succeed
//!   without the bytes being there.
//! - A new segment is durable, name and header, before a frame goes into it, and after the old one is durable.
//! - Opening reads one segment, however long the journal is.
//!
//! One process writes; [`inspect`], [`frame_at`] and [`segment_files`] let others look. Everything blocks: async callers use a blocking thread.
//! The format and the rules of recovery are in `docs/journal-format.md`.

mod catalog;
mod damage;
mod disk;
mod error;
mod files;
mod frame;
mod inspect;
mod reader;
mod recover;
mod scan;
mod segment;
mod snapshot;
mod sync;
#[cfg(test)]
pub(crate) mod tests;
mod writer;

use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

pub use self::damage::Damage;
use self::disk::HostDisk;
pub use self::error::JournalError;
use self::files::Files;
pub use self::frame::{Frame, MAX_PAYLOAD_BYTES};
pub use self::inspect::{JournalSummary, frame_at, inspect};
pub use self::reader::{Item, JournalReader};
pub use self::recover::OpenReport;
pub use self::segment::FORMAT_VERSION;
pub use self::snapshot::{SegmentFile, segment_files};
use self::sync::{Mark, Progress};
pub use self::writer::Appended;
use self::writer::{Payload, Writer};

/// Small enough that what is indexed is given back soon, large enough to open a file every few seconds only.
pub const DEFAULT_SEGMENT_BYTES: u64 = 64 << 20;

/// A quiet journal gives back what is indexed within the hour.
pub const DEFAULT_SEGMENT_MAX_AGE: Duration = Duration::from_secs(3600);

/// Hours of a busy cluster while the index is stopped.
pub const DEFAULT_MAX_BYTES: u64 = 16 << 30;

/// Leaves the index room for the commit that frees the journal again.
pub const DEFAULT_MIN_FREE_BYTES: u64 = 256 << 20;

/// The limits of a journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalOptions {
    /// Size in bytes at which a segment is closed and the next one begun. A larger frame gets its own segment.
    pub segment_bytes: u64,
    /// Age at which a segment is closed, so that truncation can advance past it.
    pub segment_max_age: Duration,
    /// Bytes of all segments together, beyond which appending is refused with [`JournalError::Full`].
    pub max_bytes: u64,
    /// Free bytes of the file system below which appending is refused with [`JournalError::DiskFull`].
    pub min_free_bytes: u64,
}

impl Default for JournalOptions {
    fn default() -> Self {
        Self {
            segment_bytes: DEFAULT_SEGMENT_BYTES,
            segment_max_age: DEFAULT_SEGMENT_MAX_AGE,
            max_bytes: DEFAULT_MAX_BYTES,
            min_free_bytes: DEFAULT_MIN_FREE_BYTES,
        }
    }
}

/// A handle to an open journal. Cheap to clone; the journal is synced and closed with its last handle or reader.
#[derive(Debug, Clone)]
pub struct Journal {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    core: Arc<Core>,
    writer: Mutex<Writer>,
    truncating: Mutex<()>,
    sync_thread: Option<JoinHandle<()>>,
    _lock: File,
}

/// What appenders, readers and the sync thread share.
#[derive(Debug)]
struct Core {
    files: Files,
    progress: Progress,
}

impl Journal {
    /// Opens the journal in `dir`, which is created if need be, and repairs what a crash left.
    ///
    /// No position below `start_at_least` is handed out, so that a journal that lost its end cannot give new
    /// records the positions of those that the index already has.
    pub fn open(
        dir: &Path,
        options: JournalOptions,
        start_at_least: u64,
    ) -> Result<(Self, OpenReport), JournalError> {
        recover::open(dir, options, start_at_least, Arc::new(HostDisk))
    }

    /// Appends a frame of `records` records whose payload is `parts` in order. It is not durable yet.
    pub fn append(&self, parts: &[&[u8]], records: u32) -> Result<Appended, JournalError> {
        if records == 0 {
            return Err(JournalError::Empty);
        }
        let bytes = parts.iter().map(|part| part.len()).sum::<usize>();
        let sized = u32::try_from(bytes).ok().filter(|_| bytes <= MAX_PAYLOAD_BYTES);
        let Some(bytes) = sized else {
            return Err(JournalError::TooLarge { bytes: bytes as u64, limit: MAX_PAYLOAD_BYTES as u64 });
        };
        let crc = self.core().files.salt.payload_crc(parts);
        self.writer().append(self.core(), &Payload { parts, bytes, crc, records })
    }

    /// Blocks until everything below `next` is on the disk.
    pub fn wait_durable(&self, next: u64) -> Result<(), JournalError> {
        self.core().progress.wait_durable(next)
    }

    /// Everything below this position is durable.
    #[must_use]
    pub fn durable(&self) -> u64 {
        self.core().progress.durable().seq
    }

    /// The next position that will be handed out.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.core().progress.end()
    }

    /// The first position that is still there.
    #[must_use]
    pub fn first(&self) -> u64 {
        self.core().files.catalog.first().unwrap_or_else(|| self.end())
    }

    /// Bytes of all segments.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.core().files.catalog.bytes()
    }

    /// A reader that starts with the frame that holds `from`, or the first one after it.
    pub fn reader(&self, from: u64) -> Result<JournalReader, JournalError> {
        JournalReader::new(self.clone(), from)
    }

    /// Gives back the segments that hold nothing at or above `seq`. The current one stays, but is closed if it
    /// has reached its age, and then given back as well.
    ///
    /// Of the errors only [`JournalError::Failed`] is final; after another one, calling again does the rest.
    pub fn truncate_below(&self, seq: u64) -> Result<(), JournalError> {
        let _one_at_a_time = self.inner.truncating.lock().unwrap_or_else(PoisonError::into_inner);
        // Before anything new is begun, which a full disk would refuse: this is what makes room on it.
        self.core().files.truncate_below(seq)?;
        if self.writer().roll_if_old(self.core())? {
            self.core().files.truncate_below(seq)?;
        }
        Ok(())
    }

    fn start(files: Files, mark: Mark, lock: File) -> Result<Self, JournalError> {
        let writer = Mutex::new(Writer::new(&mark));
        let progress = Progress::new(Arc::clone(&files.disk), mark);
        let core = Arc::new(Core { files, progress });
        let for_thread = Arc::clone(&core);
        let thread = thread::Builder::new().name("journal-sync".into());
        let spawned = thread.spawn(move || for_thread.progress.run());
        let sync_thread = spawned.map_err(JournalError::io("start the sync thread of", &core.files.dir))?;
        let truncating = Mutex::new(());
        let inner = Inner { core, writer, truncating, sync_thread: Some(sync_thread), _lock: lock };
        Ok(Self { inner: Arc::new(inner) })
    }

    fn core(&self) -> &Arc<Core> {
        &self.inner.core
    }

    // The writer changes its state only after a write has succeeded, so a panic leaves it right.
    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.inner.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.core.progress.stop();
        if let Some(thread) = self.sync_thread.take() {
            // It has nobody left to tell; what is not durable was never acknowledged.
            drop(thread.join());
        }
    }
}
