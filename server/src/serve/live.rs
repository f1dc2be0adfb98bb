//! The newest records, kept in memory for those who watch events as they come.
//!
//! The pipeline puts every batch in that the index has taken, and never waits: who reads too slowly is told what it missed.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use taffrail_event::{RecordBatch, Timestamp};
use tokio::sync::watch;

/// Enough for a reader that comes back after some seconds at a high rate, or after hours at a low one.
const MAX_BYTES: usize = 16 << 20;

/// Batches may be small: each costs its frame too.
const MAX_BATCHES: usize = 16_384;

/// The newest records, by their place in the journal.
#[derive(Debug)]
pub(crate) struct Live {
    ring: Mutex<Ring>,
    /// The place behind the newest record.
    end: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Ring {
    batches: VecDeque<(u64, RecordBatch)>,
    bytes: usize,
    /// Everything from here on is in `batches`.
    start: u64,
}

/// What a reader gets.
#[derive(Debug)]
pub(crate) struct Taken {
    /// Batches with the place of their first record, the first of which may begin before the place that was asked for.
    pub(crate) batches: Vec<(u64, RecordBatch)>,
    /// Where to go on.
    pub(crate) next: u64,
    /// What is not there any more.
    pub(crate) missed: Option<Missed>,
}

/// Records that a reader came too late for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Missed {
    /// How many.
    pub(crate) records: u64,
    /// When the first record was received that is still there; `None` if there is none.
    pub(crate) until: Option<Timestamp>,
}

impl Live {
    /// Nothing yet; the next record will be the one at `start`.
    pub(crate) fn new(start: u64) -> Self {
        Self { ring: Mutex::new(Ring { start, ..Ring::default() }), end: watch::Sender::new(start) }
    }

    /// Adds a batch. Batches come in the order of the journal; one that is there already changes nothing.
    pub(crate) fn push(&self, offset: u64, batch: &RecordBatch) {
        let end = offset + batch.len() as u64;
        if batch.is_empty() || end <= *self.end.borrow() {
            return;
        }
        self.ring().push(offset, batch.clone());
        self.end.send_replace(end);
    }

    /// Wakes up when there is more.
    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.end.subscribe()
    }

    /// Where a reader begins that wants only what comes from now on.
    pub(crate) fn end(&self) -> u64 {
        *self.end.borrow()
    }

    /// Whether everything from this place on is still there.
    pub(crate) fn reaches(&self, place: u64) -> bool {
        (self.ring().start..=self.end()).contains(&place)
    }

    /// What is there from `place` on: whole batches, `max_records` or a little more.
    pub(crate) fn take(&self, place: u64, max_records: usize) -> Taken {
        self.ring().take(place, max_records)
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ring {
    fn push(&mut self, offset: u64, batch: RecordBatch) {
        if self.batches.is_empty() {
            self.start = offset;
        }
        self.bytes += batch.body().len();
        self.batches.push_back((offset, batch));
        while self.bytes > MAX_BYTES || self.batches.len() > MAX_BATCHES {
            let Some((offset, batch)) = self.batches.pop_front() else { break };
            self.bytes -= batch.body().len();
            self.start = offset + batch.len() as u64;
        }
    }

    fn take(&self, place: u64, max_records: usize) -> Taken {
        let first = self.batches.partition_point(|(offset, batch)| offset + batch.len() as u64 <= place);
        let from = place.max(self.start);
        let missed = (from > place).then(|| Missed {
            records: from - place,
            until: self.batches.front().map(|(_, batch)| batch.origin.received),
        });
        let (mut taken, mut records, mut next) = (Vec::new(), 0, from);
        for (offset, batch) in self.batches.range(first..) {
            if records >= max_records {
                break;
            }
            records += batch.len();
            next = offset + batch.len() as u64;
            taken.push((*offset, batch.clone()));
        }
        Taken { batches: taken, next, missed }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use taffrail_event::{BatchBuilder, Origin, RecordFlags, Via};

    use super::*;

    fn batch(records: usize, bytes: usize) -> RecordBatch {
        let received = Timestamp::from_micros(7);
        let origin = Origin { cluster: "prod".into(), source: "webhook".into(), via: Via::Webhook, received };
        let mut batch = BatchBuilder::new(Arc::new(origin));
        (0..records).for_each(|_| batch.push(&vec![b'x'; bytes], RecordFlags::default()));
        batch.finish()
    }

    /// What a reader gets who comes to `place`: the places of the batches, where to go on, and how many records it missed.
    fn take(live: &Live, place: u64, max_records: usize) -> (Vec<u64>, u64, u64) {
        let taken = live.take(place, max_records);
        let places = taken.batches.iter().map(|(offset, _)| *offset).collect();
        (places, taken.next, taken.missed.map_or(0, |missed| missed.records))
    }

    #[test]
    fn readers_go_on_where_they_were() {
        let live = Live::new(10);
        assert_eq!(take(&live, 10, 100), (vec![], 10, 0));
        live.push(10, &batch(3, 1));
        live.push(13, &batch(2, 1));
        live.push(10, &batch(3, 1));
        assert_eq!(
            (live.end(), live.reaches(9), live.reaches(10), live.reaches(15), live.reaches(16)),
            (15, false, true, true, false)
        );
        assert_eq!(take(&live, 10, 100), (vec![10, 13], 15, 0));
        assert_eq!(take(&live, 10, 1), (vec![10], 13, 0));
        assert_eq!(take(&live, 12, 100), (vec![10, 13], 15, 0));
        assert_eq!(take(&live, 13, 100), (vec![13], 15, 0));
        assert_eq!(take(&live, 15, 100), (vec![], 15, 0));
        assert_eq!(take(&live, 5, 100), (vec![10, 13], 15, 5));
    }

    #[test]
    fn the_oldest_go_and_who_comes_too_late_is_told() {
        let live = Live::new(0);
        (0..20).for_each(|number| live.push(number * 2, &batch(2, MAX_BYTES / 16)));
        let (places, next, missed) = take(&live, 0, 1000);
        assert_eq!((places.len(), next, missed), (8, 40, 24));
        // One that is larger than all the room there is goes at once.
        live.push(40, &batch(1, MAX_BYTES + 1));
        assert_eq!(take(&live, 40, 1000), (vec![], 41, 1));
        live.push(41, &batch(1, 1));
        assert_eq!(take(&live, 40, 1000), (vec![41], 42, 1));
    }
}
