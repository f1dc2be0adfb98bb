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

use taffrail_event::{BadPayload, EventSink, RecordBatch, SinkError, Timestamp};

use crate::error::IngestError;
use crate::journal::{Frame, Journal};
use ahead::{Ahead, READS_WAITING, Read, Reads};
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

    /// Until there is nobody who reads: a stop is up to them.
    fn take_all(&mut self, receiver: &Receiver<Reads>) -> Result<(), IngestError> {
        loop {
            match receiver.recv_timeout(TICK) {
                Ok(reads) => {
                    if self.take(reads?)?.is_break() {
                        return Ok(());
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
            self.tick_if_due()?;
        }
    }

    fn take(&mut self, reads: Vec<Read>) -> Result<ControlFlow<()>, IngestError> {
        if reads.is_empty() {
            self.losses.report(Timestamp::now(), self.sink);
        }
        for read in reads {
            match read {
                Read::Frame(frame, batch) => {
                    if self.frame(&frame, batch)?.is_break() {
                        return Ok(ControlFlow::Break(()));
                    }
                }
                Read::Damage(damage) => {
                    tracing::error!(%damage, "records in the journal are damaged");
                    self.losses.add(&damage);
                }
            }
            self.tick_if_due()?;
        }
        Ok(ControlFlow::Continue(()))
    }

    fn frame(
        &mut self,
        frame: &Frame,
        batch: Result<RecordBatch, BadPayload>,
    ) -> Result<ControlFlow<()>, IngestError> {
        match batch {
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
        self.status.set_position(frame.next());
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
