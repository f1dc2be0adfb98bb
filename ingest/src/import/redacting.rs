//! The threads: one reads chunks, some redact them, and the caller's gets the batches in order.

use std::convert::Infallible;
use std::fmt;
use std::ops::Range;
use std::sync::atomic::AtomicU64;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use taffrail_event::{
    AuditRecord, BatchBuilder, Known, NotAudit, Origin, RecordBatch, RecordFlags, Timestamp, Via,
};

use super::chunk::{self, Chunk, Content};
use super::feed::Feed;
use super::gate::Gate;
use super::input::Input;
use super::{ImportInput, ImportOptions};
use crate::dead::{DeadLetter, reason};
use crate::envelope::{self, Recipient};
use crate::error::IngestError;
use crate::filter::Filter;
use crate::flows::{FlowHints, FlowLines, LeftOut};
use crate::redact::Redactor;
use crate::split::{Junk, JunkReason, Piece, Splitter};

/// Chunks that wait to be redacted or written, beside those in hand.
const WAITING: usize = 4;

/// Bytes of chunks in flight; their records take about as much again.
const IN_FLIGHT_BYTES: usize = 32 << 20;

/// Dead letters that are handed on at once. A chunk may be full of them, each a hundred times as large as what it is about.
const LETTERS: usize = 256;

/// Bytes of records that are handed on at once. An envelope may hold a hundred times as much as its chunk.
const BATCH_BYTES: usize = 8 << 20;

/// More threads than this wait for the reader or for the sink.
const MAX_THREADS: usize = 8;

/// A chunk's records, and what was none; or a part of them.
pub(super) struct Redacted {
    pub(super) batch: RecordBatch,
    pub(super) letters: Vec<DeadLetter>,
    pub(super) cut: u64,
    pub(super) dropped: u64,
    pub(super) folded: u64,
    pub(super) skipped: u64,
    /// The size of the chunk, with its last part.
    pub(super) bytes: usize,
}

struct Part {
    redacted: Redacted,
    is_last: bool,
}

struct Job {
    origin: Arc<Origin>,
    chunk: Chunk,
    done: SyncSender<Part>,
}

/// Gives `feed` everything in `inputs`, in order.
pub(super) fn run(
    inputs: &[ImportInput],
    options: &ImportOptions,
    redactor: &Redactor,
    feed: &mut Feed<'_>,
) -> Result<(), IngestError> {
    let (work, jobs) = sync_channel::<Job>(WAITING);
    // The order of the file: a place for each chunk's records, whichever thread fills it, and for each part of them.
    let (places, chunks) = sync_channel::<Receiver<Part>>(WAITING);
    let (parts, ordered) = sync_channel::<Receiver<Redacted>>(1);
    let jobs = Mutex::new(jobs);
    let gate = Gate::new(IN_FLIGHT_BYTES);
    let read_bytes = feed.read_bytes();
    let threads = thread::available_parallelism().map_or(1, usize::from).min(MAX_THREADS);
    thread::scope(|scope| {
        let reader = {
            let gate = &gate;
            scope.spawn(move || read(inputs, options, &read_bytes, gate, &places, &work))
        };
        scope.spawn(move || hand_on(&chunks, &parts));
        for _ in 0..threads {
            scope.spawn(|| redact_all(&jobs, redactor, options));
        }
        // If this fails, nobody takes a place any more, and the threads end one after the other.
        let fed = feed.all(&ordered, &gate);
        gate.close();
        drop(ordered);
        let read = reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        fed.and(read)
    })
}

fn read(
    inputs: &[ImportInput],
    options: &ImportOptions,
    read_bytes: &Arc<AtomicU64>,
    gate: &Gate,
    places: &SyncSender<Receiver<Part>>,
    work: &SyncSender<Job>,
) -> Result<(), IngestError> {
    for input in inputs {
        let input = Input::open(input, read_bytes)?;
        let origin = Arc::new(Origin {
            cluster: Arc::clone(&options.cluster),
            source: input.source().into(),
            via: Via::Import,
            received: Timestamp::now(),
        });
        chunk::read(input, options.max_event_bytes, |chunk| {
            let (done, place) = sync_channel(1);
            let job = Job { origin: Arc::clone(&origin), chunk, done };
            gate.enter(job.chunk.bytes.len()) && places.send(place).is_ok() && work.send(job).is_ok()
        })?;
    }
    Ok(())
}

/// Gives each part of each chunk a place of its own. A thread that fills a chunk waits until its last part but one was taken.
fn hand_on(chunks: &Receiver<Receiver<Part>>, parts: &SyncSender<Receiver<Redacted>>) {
    for chunk in chunks {
        let mut is_whole = false;
        for Part { redacted, is_last } in chunk {
            is_whole = is_last;
            let (filled, place) = sync_channel(1);
            if filled.send(redacted).is_err() || parts.send(place).is_err() {
                return;
            }
        }
        // The thread panicked: nothing more may come in, as if the chunk had been read to its end.
        if !is_whole {
            return;
        }
    }
}

fn redact_all(jobs: &Mutex<Receiver<Job>>, redactor: &Redactor, options: &ImportOptions) {
    loop {
        let next = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Job { origin, chunk, done }) = next else { return };
        let mut redacting = Redacting::new(origin, redactor, options, done);
        redacting.chunk(&chunk);
        redacting.finish(chunk.bytes.len());
    }
}

struct Redacting<'a> {
    origin: Arc<Origin>,
    redactor: &'a Redactor,
    filter: Option<&'a dyn Filter>,
    hints: &'a FlowHints,
    fold_flows: Duration,
    done: SyncSender<Part>,
    batch: BatchBuilder,
    letters: Vec<DeadLetter>,
    cut: u64,
    dropped: u64,
    folded: u64,
    skipped: u64,
    max_event_bytes: u64,
}

/// Why an item is not in the batch.
enum Left {
    Dead(NotAudit),
    Dropped,
}

impl<'a> Redacting<'a> {
    fn new(
        origin: Arc<Origin>,
        redactor: &'a Redactor,
        options: &'a ImportOptions,
        done: SyncSender<Part>,
    ) -> Self {
        let batch = BatchBuilder::new(Arc::clone(&origin));
        Self {
            origin,
            redactor,
            filter: options.filter.as_deref(),
            hints: &options.flows,
            fold_flows: options.fold_flows,
            done,
            batch,
            letters: Vec::new(),
            cut: 0,
            dropped: 0,
            folded: 0,
            skipped: 0,
            max_event_bytes: options.max_event_bytes,
        }
    }

    fn chunk(&mut self, chunk: &Chunk) {
        // Most records stay as they are. A packed envelope holds more, and takes it as it comes.
        self.batch.reserve(chunk.bytes.len().min(BATCH_BYTES));
        match &chunk.content {
            Content::Lines => {
                // Where the lines begin that are not simply events.
                let mut other = 0;
                let mut start = 0;
                for end in memchr::memchr_iter(b'\n', &chunk.bytes).chain([chunk.bytes.len()]) {
                    let begin = std::mem::replace(&mut start, (end + 1).min(chunk.bytes.len()));
                    let line = chunk.bytes[begin..end].trim_ascii();
                    if line.len() as u64 > self.max_event_bytes {
                        self.pieces(chunk, other..begin);
                        self.pieces(chunk, begin..end);
                        other = start;
                        continue;
                    }
                    if other < begin && AuditRecord::decode(line).is_ok() {
                        self.pieces(chunk, other..begin);
                        other = begin;
                    }
                    if other == begin && self.record(line, false).is_ok() {
                        other = start;
                    }
                }
                self.pieces(chunk, other..chunk.bytes.len());
            }
            Content::Flows => self.flows(chunk),
            Content::Items { items, junk } => {
                for (range, cut) in items {
                    self.item(&chunk.bytes[range.clone()], *cut, chunk.offset);
                }
                for junk in junk {
                    self.junk(junk, junk.offset);
                }
            }
        }
    }

    fn flows(&mut self, chunk: &Chunk) {
        let hints = FlowHints { offset: Some(chunk.offset), ..self.hints.clone() };
        let mut flows = FlowLines::new(self.redactor, self.filter, &hints, self.fold_flows).keeping_flows();
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', &chunk.bytes).chain([chunk.bytes.len()]) {
            let begin = std::mem::replace(&mut start, (end + 1).min(chunk.bytes.len()));
            let line = &chunk.bytes[begin..end];
            match flows.push(&mut self.batch, &self.origin, line, begin as u64) {
                Ok(()) if self.batch.byte_len() >= BATCH_BYTES => self.send(0, false),
                Ok(()) => {}
                Err(LeftOut::PassedOver) => self.skipped += u64::from(!line.trim_ascii().is_empty()),
                Err(LeftOut::Unwanted) => self.dropped += 1,
                Err(LeftOut::Folded) => self.folded += 1,
                Err(reason) => {
                    let reason = Place { reason, offset: chunk.offset + begin as u64 };
                    self.letter(DeadLetter::of_item(line, reason, &self.origin, self.redactor));
                }
            }
        }
    }

    /// Lines that are not simply events. They stay together: one may say what the next one is.
    fn pieces(&mut self, chunk: &Chunk, lines: Range<usize>) {
        let offset = chunk.offset + lines.start as u64;
        let is_rest = lines.start == 0 && chunk.offset > 0;
        let mut splitter = Splitter::new(chunk.bytes[lines].trim_ascii_end(), self.max_event_bytes);
        loop {
            let begin = splitter.offset();
            match splitter.next_piece() {
                Ok(Some(Piece::Item { bytes, cut })) => self.item(bytes, cut, offset + begin),
                Ok(Some(Piece::Junk(mut junk))) => {
                    if is_rest && begin == 0 && junk.reason == JunkReason::NotJson {
                        junk.excerpt = self.redactor.withhold(&junk.excerpt);
                    }
                    self.junk(&junk, offset + junk.offset);
                }
                // A slice cannot fail.
                Ok(None) | Err(_) => return,
            }
        }
    }

    fn junk(&mut self, junk: &Junk, offset: u64) {
        let reason = Place { reason: junk.reason, offset };
        self.letter(DeadLetter::of_junk(junk, reason, &self.origin, self.redactor));
    }

    fn letter(&mut self, letter: DeadLetter) {
        self.letters.push(letter);
        if self.letters.len() == LETTERS {
            self.send(0, false);
        }
    }

    fn item(&mut self, item: &[u8], cut: bool, offset: u64) {
        let Err(not_audit) = self.record(item, cut) else { return };
        if not_audit == NotAudit::NotAnEvent {
            let max_event_bytes = self.max_event_bytes;
            let Ok(is_envelope) = envelope::open(item, max_event_bytes, &mut Opened { by: self, offset });
            if is_envelope {
                return;
            }
        }
        let reason = Place { reason: reason(not_audit, item), offset };
        self.letter(DeadLetter::of_item(item, reason, &self.origin, self.redactor));
    }

    /// Takes an event, or drops it; else says why it is none.
    fn record(&mut self, item: &[u8], cut: bool) -> Result<(), NotAudit> {
        let (redactor, filter, origin) = (self.redactor, self.filter, &self.origin);
        let pushed = self.batch.push_with(|out| {
            let start = out.len();
            let (flags, outline) = redactor.redact_outlined(item, out).map_err(Left::Dead)?;
            let flags = with_cut(flags, cut);
            match filter {
                Some(filter) if filter.drops(&out[start..], flags, origin) => Err(Left::Dropped),
                _ => Ok((flags, outline.map(|outline| Known::Outline(Arc::new(outline))))),
            }
        });
        match pushed {
            Ok(()) => self.cut += u64::from(cut),
            Err(Left::Dropped) => self.dropped += 1,
            Err(Left::Dead(reason)) => return Err(reason),
        }
        if self.batch.byte_len() >= BATCH_BYTES {
            self.send(0, false);
        }
        Ok(())
    }

    fn finish(mut self, bytes: usize) {
        self.send(bytes, true);
    }

    fn send(&mut self, bytes: usize, is_last: bool) {
        let redacted = Redacted {
            batch: self.batch.finish(),
            letters: std::mem::take(&mut self.letters),
            cut: std::mem::take(&mut self.cut),
            dropped: std::mem::take(&mut self.dropped),
            folded: std::mem::take(&mut self.folded),
            skipped: std::mem::take(&mut self.skipped),
            bytes,
        };
        // The other end is gone after an error: there is nothing left to do.
        drop(self.done.send(Part { redacted, is_last }));
    }
}

/// What is in an envelope that begins at `offset`.
struct Opened<'o, 'a> {
    by: &'o mut Redacting<'a>,
    offset: u64,
}

impl Recipient for Opened<'_, '_> {
    type Error = Infallible;

    fn event(&mut self, bytes: &[u8], cut: bool) -> Result<(), Infallible> {
        match self.by.record(bytes, cut) {
            Ok(()) => Ok(()),
            Err(reason) => self.broken(bytes, reason.to_string()),
        }
    }

    fn broken(&mut self, bytes: &[u8], reason: String) -> Result<(), Infallible> {
        let by = &mut *self.by;
        let reason = Place { reason, offset: self.offset };
        by.letter(DeadLetter::of_item(bytes, reason, &by.origin, by.redactor));
        Ok(())
    }

    fn skipped(&mut self) {
        self.by.skipped += 1;
    }

    /// A thread holds one envelope at a time, and its size is bounded.
    fn hold(&mut self, _bytes: usize) -> Result<(), Infallible> {
        Ok(())
    }
}

fn with_cut(flags: RecordFlags, cut: bool) -> RecordFlags {
    if cut { flags.union(RecordFlags::CUT) } else { flags }
}

/// A reason, and where in the input.
struct Place<T> {
    reason: T,
    offset: u64,
}

impl<T: fmt::Display> fmt::Display for Place<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (from byte {} of the input)", self.reason, self.offset)
    }
}
