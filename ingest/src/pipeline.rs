//! From the journal into the sink.
//!
//! One loop, one thread. It only ever holds what it read in one go; the journal is the queue. What the sink does not take
//! is offered again until it does, so that a full disk delays events and loses none. What the journal cannot read or give
//! back at the moment is tried again as well: of its errors only those end the loop that no waiting cures.

mod gaps;
mod status;
#[cfg(test)]
mod tests;

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use taffrail_event::{BadPayload, EventSink, RecordBatch, SinkError, Timestamp};

use crate::error::IngestError;
use crate::journal::{Frame, Item, Journal, JournalError};
use gaps::Losses;
pub use status::PipelineStatus;
use status::Step;

/// Read in one go: enough to keep the sink busy when far behind, little enough to hold.
const READ_BYTES: usize = 16 << 20;

/// How often the sink gets to do what time alone demands.
const TICK: Duration = Duration::from_millis(100);

/// The longest wait before the sink is asked again.
const MAX_BACKOFF: Duration = Duration::from_secs(5);

/// How long a stop may go on reading. What is left is read at the next start.
const STOP_READING: Duration = Duration::from_secs(5);

/// Feeds `sink` from where it left off until `stop` is set; then commits what is durable and returns. Blocks.
pub fn run(
    journal: &Journal,
    sink: &mut dyn EventSink,
    stop: &AtomicBool,
    status: &PipelineStatus,
) -> Result<(), IngestError> {
    let from = sink.replay_from();
    let mut pipeline =
        Pipeline { journal, sink, stop, status, losses: Losses::default(), ticked: Instant::now() };
    status.set_position(from);
    pipeline.truncate()?;
    let ran = pipeline.read_from(from);
    // Whatever stopped it: what the sink took is worth keeping.
    let committed = pipeline.commit();
    ran.and(committed)
}

struct Pipeline<'a> {
    journal: &'a Journal,
    sink: &'a mut dyn EventSink,
    stop: &'a AtomicBool,
    status: &'a PipelineStatus,
    losses: Losses,
    ticked: Instant,
}

impl Pipeline<'_> {
    fn read_from(&mut self, from: u64) -> Result<(), IngestError> {
        let mut reader = self.journal.reader(from)?;
        let mut stop_by = None;
        let mut backoff = Backoff::default();
        loop {
            if self.stop.load(Ordering::Acquire) {
                let stop_by = *stop_by.get_or_insert_with(|| Instant::now() + STOP_READING);
                if Instant::now() >= stop_by {
                    return Ok(());
                }
            }
            let wait = if stop_by.is_some() { Duration::ZERO } else { TICK };
            let Some(items) = self.tried(Step::Read, reader.next(READ_BYTES, wait))? else {
                self.tick_if_due()?;
                if backoff.wait(|| self.stop.load(Ordering::Acquire)).is_break() {
                    return Ok(());
                }
                continue;
            };
            backoff = Backoff::default();
            let is_end = items.is_empty();
            for item in items {
                let flow = match item {
                    Item::Frame(frame) => self.frame(&frame)?,
                    Item::Damage(damage) => {
                        tracing::error!(%damage, "records in the journal are damaged");
                        self.losses.add(&damage);
                        ControlFlow::Continue(())
                    }
                };
                if flow.is_break() {
                    return Ok(());
                }
                self.tick_if_due()?;
            }
            if is_end {
                self.losses.report(Timestamp::now(), self.sink);
                self.tick_if_due()?;
                if stop_by.is_some() {
                    return Ok(());
                }
            }
        }
    }

    fn frame(&mut self, frame: &Frame) -> Result<ControlFlow<()>, IngestError> {
        let next = frame.next();
        match RecordBatch::decode(&frame.payload) {
            Ok(batch) => {
                self.losses.report(batch.origin.received, self.sink);
                if self.write(&batch, frame.first)?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
            Err(error @ BadPayload::Version(_)) => return Err(IngestError::Sink(error.to_string())),
            Err(BadPayload::Malformed) => {
                tracing::error!(
                    position = frame.first,
                    records = frame.records,
                    "a journal frame is malformed"
                );
                self.losses.add_records(frame.records);
            }
        }
        self.status.set_position(next);
        Ok(ControlFlow::Continue(()))
    }

    /// Offers the batch until it is taken; breaks when asked to stop meanwhile.
    fn write(&mut self, batch: &RecordBatch, offset: u64) -> Result<ControlFlow<()>, IngestError> {
        let mut backoff = Backoff::default();
        loop {
            match self.sink.write(batch, Some(offset)) {
                Ok(counts) => {
                    self.status.add(counts);
                    self.status.set_trouble(Step::Write, None);
                    return Ok(ControlFlow::Continue(()));
                }
                Err(SinkError::Retry(reason)) => self.status.set_trouble(Step::Write, Some(reason)),
                Err(SinkError::Fatal(reason)) => return Err(IngestError::Sink(reason)),
            }
            if backoff.wait(|| self.stop.load(Ordering::Acquire)).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
    }

    fn tick_if_due(&mut self) -> Result<(), IngestError> {
        if self.ticked.elapsed() < TICK {
            return Ok(());
        }
        match self.sink.tick() {
            Ok(counts) => {
                self.status.add(counts);
                self.status.set_trouble(Step::Write, None);
            }
            Err(SinkError::Retry(reason)) => self.status.set_trouble(Step::Write, Some(reason)),
            Err(SinkError::Fatal(reason)) => return Err(IngestError::Sink(reason)),
        }
        self.ticked = Instant::now();
        self.truncate()
    }

    fn commit(&mut self) -> Result<(), IngestError> {
        match self.sink.commit() {
            Ok(()) => self.truncate(),
            Err(SinkError::Retry(reason)) => {
                tracing::warn!(
                    reason,
                    "not committed at the end; the journal keeps the records for the next start"
                );
                Ok(())
            }
            Err(SinkError::Fatal(reason)) => Err(IngestError::Sink(reason)),
        }
    }

    /// Gives back what is in committed documents.
    fn truncate(&mut self) -> Result<(), IngestError> {
        // Also when nothing new is committed: a segment may have reached its age, or the last attempt have failed.
        let truncated = self.journal.truncate_below(self.sink.replay_from());
        self.tried(Step::Truncate, truncated).map(drop)
    }

    /// What the journal gave; `None` when it could not at the moment, which the status tells.
    fn tried<T>(&self, step: Step, result: Result<T, JournalError>) -> Result<Option<T>, IngestError> {
        match result {
            Ok(value) => {
                self.status.set_trouble(step, None);
                Ok(Some(value))
            }
            // No space, no file descriptor: these pass.
            Err(error @ (JournalError::DiskFull { .. } | JournalError::Io { .. })) => {
                self.status.set_trouble(step, Some(error.to_string()));
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Waits longer each time.
#[derive(Debug)]
pub(crate) struct Backoff {
    next: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { next: TICK }
    }
}

impl Backoff {
    /// Breaks as soon as `stopped`.
    pub(crate) fn wait(&mut self, stopped: impl Fn() -> bool) -> ControlFlow<()> {
        let until = Instant::now() + self.next;
        self.next = (self.next * 2).min(MAX_BACKOFF);
        loop {
            if stopped() {
                return ControlFlow::Break(());
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return ControlFlow::Continue(());
            }
            thread::sleep(left.min(TICK));
        }
    }
}
