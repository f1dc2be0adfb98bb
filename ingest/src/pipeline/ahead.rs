//! Reads the journal on a thread of its own, so that records are ready when the sink has time for them: a commit ends in work
//! for one core, and the others look at what comes next meanwhile.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

use rayon::prelude::*;
use taffrail_event::{BadPayload, Known, RecordBatch};

use super::status::{PipelineStatus, Step};
use super::{Backoff, STOP_READING, TICK};
use crate::error::IngestError;
use crate::journal::{Damage, Frame, Item, JournalReader};

/// Read in one go.
const READ_BYTES: usize = 4 << 20;
/// So many times [`READ_BYTES`] may wait for the sink.
pub(super) const READS_WAITING: usize = 2;
/// Below this many records a batch is looked at on the reading thread.
const PARALLEL_FROM: usize = 64;

/// What came out of the journal.
pub(super) enum Read {
    /// With what it holds.
    Frame(Frame, Result<RecordBatch, BadPayload>),
    Damage(Damage),
}

/// What was read in one go, in the order of the journal: nothing when there is no more at the moment.
pub(super) type Reads = Result<Vec<Read>, IngestError>;

pub(super) struct Ahead<'a> {
    pub(super) reader: JournalReader,
    pub(super) status: &'a PipelineStatus,
    /// What is durable is still read, for a while.
    pub(super) stop: &'a AtomicBool,
    /// Nobody takes what is read any more.
    pub(super) is_over: &'a AtomicBool,
}

impl Ahead<'_> {
    /// Reads until asked to stop or until nobody listens. What no waiting cures is the last that is sent.
    pub(super) fn run(mut self, to: &SyncSender<Reads>) {
        let mut stop_by = None;
        let mut backoff = Backoff::default();
        loop {
            if self.stop.load(Ordering::Acquire) {
                let stop_by = *stop_by.get_or_insert_with(|| Instant::now() + STOP_READING);
                if Instant::now() >= stop_by {
                    return;
                }
            }
            let wait = if stop_by.is_some() { Duration::ZERO } else { TICK };
            let reads: Reads = match self.status.tried(Step::Read, self.reader.next(READ_BYTES, wait)) {
                Ok(Some(items)) => Ok(items.into_iter().map(read).collect()),
                Ok(None) => {
                    let is_done =
                        || self.stop.load(Ordering::Acquire) || self.is_over.load(Ordering::Acquire);
                    if backoff.wait(is_done).is_break() {
                        return;
                    }
                    continue;
                }
                Err(error) => Err(error),
            };
            backoff = Backoff::default();
            let is_last = reads.as_ref().map_or(true, |reads| reads.is_empty() && stop_by.is_some());
            if to.send(reads).is_err() || is_last {
                return;
            }
        }
    }
}

fn read(item: Item) -> Read {
    match item {
        Item::Frame(frame) => {
            let batch = RecordBatch::decode(&frame.payload).map(look_at);
            Read::Frame(frame, batch)
        }
        Item::Damage(damage) => Read::Damage(damage),
    }
}

/// What the sink would have to find out otherwise.
fn look_at(batch: RecordBatch) -> RecordBatch {
    let known = |index: usize| {
        let (record, flags) = batch.record(index)?;
        Known::of(&record, flags)
    };
    let known = if batch.len() < PARALLEL_FROM {
        (0..batch.len()).map(known).collect()
    } else {
        (0..batch.len()).into_par_iter().with_min_len(16).map(known).collect()
    };
    batch.with_known(known)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use taffrail_event::{BatchBuilder, Origin, RecordFlags, Timestamp, Via};

    use super::*;

    #[track_caller]
    fn check(record: &[u8], flags: RecordFlags, count: usize, is_known: bool) {
        let mut builder = BatchBuilder::new(Arc::new(Origin {
            cluster: "prod".into(),
            source: "webhook".into(),
            via: Via::Webhook,
            received: Timestamp::from_micros(7),
        }));
        (0..count).for_each(|_| builder.push(record, flags));
        let batch = look_at(builder.finish());
        assert_eq!(batch.len(), count);
        for index in 0..count {
            assert_eq!(batch.known(index).is_some(), is_known, "record {index} of {count}");
            assert_eq!(batch.record(index).unwrap(), (Bytes::copy_from_slice(record), flags));
        }
    }

    #[test]
    fn a_batch_says_what_its_records_are_and_stays_as_it_is() {
        let event = include_bytes!("../../../samples/audit/examples/anonymous-403.json");
        for count in [1, 1_000] {
            check(event, RecordFlags::default(), count, true);
            check(b"no event", RecordFlags::default(), count, false);
            check(event, RecordFlags::FLOW, count, false);
            check(event, RecordFlags::GAP, count, false);
        }
    }
}
