//! From the journal into the sink.
//!
//! One loop, and a thread that reads a little ahead of it (`ahead.rs`); the journal is the queue. What the sink does not take
//! is offered again until it does, so that a full disk delays events and loses none. What the journal cannot read or give
//! back at the moment is tried again as well: of its errors only those end the loop that no waiting cures.

mod ahead;
mod gaps;
mod status;
#[cfg(test)]
mod tests;

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use taffrail_event::{EventSink, RecordBatch, SinkError, Timestamp};

use crate::error::IngestError;
use crate::journal::Journal;
use ahead::{Ahead, READS_WAITING, Read};
use gaps::Losses;
pub use status::PipelineStatus;
use status::Step;

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
        let (status, stop, is_over) = (self.status, self.stop, AtomicBool::new(false));
        let ahead = Ahead { reader: self.journal.reader(from)?, status, stop, is_over: &is_over };
        let (sender, receiver) = sync_channel(READS_WAITING);
        thread::scope(|scope| {
            scope.spawn(move || ahead.run(&sender));
            let taken = self.take_all(&receiver);
            is_over.store(true, Ordering::Release);
            drop(receiver);
            taken
        })
    }

    fn take_all(&mut self, receiver: &Receiver<Result<Vec<Read>, IngestError>>) -> Result<(), IngestError> {
        let mut stop_by = None;
        loop {
            if self.stop.load(Ordering::Acquire) {
                let stop_by = *stop_by.get_or_insert_with(|| Instant::now() + STOP_READING);
                if Instant::now() >= stop_by {
                    return Ok(());
                }
            }
            let items = match receiver.recv_timeout(TICK) {
                Ok(items) => items?,
                Err(RecvTimeoutError::Timeout) => Vec::new(),
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            };
            for item in items {
                if self.take(item)?.is_break() {
                    return Ok(());
                }
                self.tick_if_due()?;
            }
            self.tick_if_due()?;
        }
    }

    fn take(&mut self, item: Read) -> Result<ControlFlow<()>, IngestError> {
        match item {
            Read::Batch { batch, first, next } => {
                self.losses.report(batch.origin.received, self.sink);
                if self.write(&batch, first)?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
                self.status.set_position(next);
            }
            Read::Malformed { first, next, records } => {
                tracing::error!(position = first, records, "a journal frame is malformed");
                self.losses.add_records(records);
                self.status.set_position(next);
            }
            Read::Damage(damage) => {
                tracing::error!(%damage, "records in the journal are damaged");
                self.losses.add(&damage);
            }
            Read::End => self.losses.report(Timestamp::now(), self.sink),
        }
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
        self.status.tried(Step::Truncate, truncated).map(drop)
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
