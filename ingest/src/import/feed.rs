//! The last stage: batches into the sink, dead letters into their store, and how far it all is.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use taffrail_event::{EventSink, RecordBatch, SinkError, WriteCounts};

use super::gate::Gate;
use super::redacting::Redacted;
use super::{ImportProgress, ImportReport};
use crate::dead::{DeadLetter, DeadLetters};
use crate::error::IngestError;
use crate::pipeline::Backoff;

/// How often progress is told, and the sink gets to do what time alone demands.
const TICK: Duration = Duration::from_millis(100);

/// Dead letters that wait for each other, by their number: each sync costs.
const LETTERS: usize = 64;

pub(super) struct Feed<'a> {
    dead: &'a DeadLetters,
    sink: &'a mut dyn EventSink,
    progress: &'a mut dyn FnMut(ImportProgress),
    total: Option<u64>,
    read_bytes: Arc<AtomicU64>,
    started: Instant,
    told: Instant,
    letters: Vec<DeadLetter>,
    records: u64,
    report: ImportReport,
}

impl<'a> Feed<'a> {
    pub(super) fn new(
        dead: &'a DeadLetters,
        sink: &'a mut dyn EventSink,
        progress: &'a mut dyn FnMut(ImportProgress),
        total: Option<u64>,
    ) -> Self {
        let now = Instant::now();
        Self {
            dead,
            sink,
            progress,
            total,
            read_bytes: Arc::default(),
            started: now,
            told: now,
            letters: Vec::new(),
            records: 0,
            report: ImportReport::default(),
        }
    }

    /// Counts the bytes read of the inputs.
    pub(super) fn read_bytes(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.read_bytes)
    }

    /// Takes everything that comes.
    pub(super) fn all(
        &mut self,
        ordered: &Receiver<Receiver<Redacted>>,
        gate: &Gate,
    ) -> Result<(), IngestError> {
        while let Some(place) = self.next(ordered)? {
            let Some(redacted) = self.next(&place)? else { return Ok(()) };
            let bytes = redacted.bytes;
            self.take(redacted)?;
            gate.leave(bytes);
        }
        Ok(())
    }

    /// Everything is in: commits and reports.
    pub(super) fn finish(mut self) -> Result<ImportReport, IngestError> {
        self.store_letters()?;
        let mut backoff = Backoff::default();
        loop {
            match self.sink.finish() {
                Ok(counts) => {
                    self.report.counts.add(counts);
                    break;
                }
                Err(error) => wait_or_fail(error, &mut backoff)?,
            }
        }
        self.report.took = self.started.elapsed();
        self.tell();
        Ok(self.report)
    }

    fn next<T>(&mut self, from: &Receiver<T>) -> Result<Option<T>, IngestError> {
        loop {
            match from.recv_timeout(TICK) {
                Ok(next) => return Ok(Some(next)),
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
                Err(RecvTimeoutError::Timeout) => self.tick()?,
            }
        }
    }

    fn take(&mut self, redacted: Redacted) -> Result<(), IngestError> {
        let Redacted { batch, letters, cut, dropped, folded, skipped, bytes } = redacted;
        self.report.bytes += bytes as u64;
        self.report.cut += cut;
        self.report.dropped += dropped;
        self.report.folded += folded;
        self.report.skipped += skipped;
        self.report.dead += letters.len() as u64;
        self.letters.extend(letters);
        if self.letters.len() >= LETTERS {
            self.store_letters()?;
        }
        if !batch.is_empty() {
            let counts = self.write(&batch)?;
            self.report.counts.add(counts);
            self.records += batch.len() as u64;
        }
        if self.told.elapsed() >= TICK { self.tick() } else { Ok(()) }
    }

    fn write(&mut self, batch: &RecordBatch) -> Result<WriteCounts, IngestError> {
        let mut backoff = Backoff::default();
        loop {
            match self.sink.write(batch, None) {
                Ok(counts) => return Ok(counts),
                Err(error) => wait_or_fail(error, &mut backoff)?,
            }
        }
    }

    fn tick(&mut self) -> Result<(), IngestError> {
        match self.sink.tick() {
            Ok(counts) => self.report.counts.add(counts),
            Err(SinkError::Retry(reason)) => tracing::warn!(reason, "the index could not commit yet"),
            Err(SinkError::Fatal(reason)) => return Err(IngestError::Sink(reason)),
        }
        self.tell();
        Ok(())
    }

    fn tell(&mut self) {
        self.told = Instant::now();
        (self.progress)(ImportProgress {
            bytes: self.read_bytes.load(Ordering::Relaxed),
            total: self.total,
            records: self.records,
            elapsed: self.started.elapsed(),
        });
    }

    fn store_letters(&mut self) -> Result<(), IngestError> {
        self.dead.append(&self.letters)?;
        self.letters.clear();
        Ok(())
    }
}

fn wait_or_fail(error: SinkError, backoff: &mut Backoff) -> Result<(), IngestError> {
    match error {
        SinkError::Retry(reason) => {
            tracing::warn!(reason, "the index does not take records; trying again");
            // Nobody can stop an import but by ending the process.
            if backoff.wait(|| false).is_continue() { Ok(()) } else { Err(IngestError::Sink(reason)) }
        }
        SinkError::Fatal(reason) => Err(IngestError::Sink(reason)),
    }
}
