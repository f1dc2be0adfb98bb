//! What is known of a target: how far it has looked, what waits to be sent, and what was sent.

use std::collections::{HashSet, VecDeque};

use serde::{Deserialize, Serialize};
use taffrail_event::{Key, Timestamp};

/// Events that wait at most. If there are more, looking goes on when half of them have been sent.
pub(super) const MAX_WAITING: usize = 1000;

/// Ids remembered of what is done with, so that a better version of an event is not sent again.
pub(super) const REMEMBERED: usize = 10_000;

/// How far the records were looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    /// The journal position that comes next.
    pub(super) position: u64,
    /// What is below was received by then.
    pub(super) received: Timestamp,
    /// What the index has to be asked for first.
    pub(super) behind: Option<Behind>,
}

/// What was not looked at below a position, and is asked of the index, in the order of its times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Behind {
    /// Events from this time on; `None`: from the first one.
    pub(super) from: Option<Timestamp>,
    /// Of these, only those that were received from then on.
    pub(super) since: Option<Timestamp>,
}

/// An event that waits to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Waiting {
    pub(super) id: Key,
    /// Where it stands in the index.
    pub(super) time: Timestamp,
}

/// Sums since the target was first seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Totals {
    /// Events that were taken.
    pub(super) sent: u64,
    /// Tries that failed.
    pub(super) failed: u64,
    /// Events that were refused for good.
    pub(super) refused: u64,
    /// Events that were no longer there when it was their turn.
    pub(super) missed: u64,
    pub(super) last_sent: Option<Timestamp>,
    pub(super) last_failure: Option<Failure>,
}

/// A try that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Failure {
    pub(super) time: Timestamp,
    pub(super) reason: String,
}

/// How an event was done with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Sent,
    Refused,
    Missed,
}

/// All of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Progress {
    pub(super) place: Place,
    waiting: VecDeque<Waiting>,
    /// The oldest first.
    done: VecDeque<Key>,
    /// The ids of both.
    known: HashSet<Key>,
    pub(super) totals: Totals,
    /// Why nothing is taken at the moment.
    pub(super) trouble: Option<String>,
}

impl Progress {
    /// Of a target that was never seen.
    pub(super) fn new(place: Place) -> Self {
        Self::of(place, Vec::new(), Vec::new(), Totals::default())
    }

    /// As it was when it was saved.
    pub(super) fn of(place: Place, waiting: Vec<Waiting>, done: Vec<Key>, totals: Totals) -> Self {
        let known = waiting.iter().map(|waiting| waiting.id).chain(done.iter().copied()).collect();
        Self { place, waiting: waiting.into(), done: done.into(), known, totals, trouble: None }
    }

    /// What waits, the next one first.
    pub(super) fn waiting(&self) -> impl ExactSizeIterator<Item = &Waiting> {
        self.waiting.iter()
    }

    /// What is done with, as far as it is remembered, the oldest first.
    pub(super) fn done(&self) -> impl Iterator<Item = Key> {
        self.done.iter().copied()
    }

    /// Whether looking has to wait.
    pub(super) fn is_full(&self) -> bool {
        self.waiting.len() >= MAX_WAITING
    }

    /// Whether looking may go on that had to wait.
    pub(super) fn is_half_empty(&self) -> bool {
        self.waiting.len() <= MAX_WAITING / 2
    }

    /// Lets an event wait, unless it does or did already; whether it does now.
    pub(super) fn push(&mut self, waiting: Waiting) -> bool {
        let is_new = self.known.insert(waiting.id);
        if is_new {
            self.waiting.push_back(waiting);
        }
        is_new
    }

    /// The event is done with.
    pub(super) fn end(&mut self, id: Key, end: End, now: Timestamp) {
        let Some(at) = self.waiting.iter().position(|waiting| waiting.id == id) else { return };
        self.waiting.remove(at);
        self.done.push_back(id);
        while self.done.len() > REMEMBERED {
            if let Some(oldest) = self.done.pop_front() {
                self.known.remove(&oldest);
            }
        }
        match end {
            End::Sent => {
                self.totals.sent += 1;
                self.totals.last_sent = Some(now);
                self.trouble = None;
            }
            End::Refused => {
                self.totals.refused += 1;
                self.trouble = None;
            }
            End::Missed => self.totals.missed += 1,
        }
    }

    /// A try failed.
    pub(super) fn fail(&mut self, reason: String, now: Timestamp) {
        self.totals.failed += 1;
        self.totals.last_failure = Some(Failure { time: now, reason });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(number: u128) -> Waiting {
        Waiting { id: Key(number), time: Timestamp::default() }
    }

    fn ids(progress: &Progress) -> Vec<u128> {
        progress.waiting().map(|waiting| waiting.id.0).collect()
    }

    #[test]
    fn each_waits_once() {
        let now = Timestamp::from_micros(7);
        let place = Place { position: 0, received: Timestamp::default(), behind: None };
        let mut progress = Progress::new(place);
        assert!(progress.push(waiting(1)) && progress.push(waiting(2)) && !progress.push(waiting(1)));
        assert_eq!(ids(&progress), [1, 2]);
        progress.fail("no".to_owned(), now);
        progress.end(Key(1), End::Sent, now);
        progress.end(Key(1), End::Sent, now);
        assert!(!progress.push(waiting(1)), "it was sent");
        progress.end(Key(2), End::Refused, now);
        let Totals { sent, failed, refused, missed, last_sent, .. } = progress.totals.clone();
        assert_eq!((sent, failed, refused, missed, last_sent), (1, 1, 1, 0, Some(now)));
        let again = Progress::of(
            progress.place,
            progress.waiting().copied().collect(),
            progress.done().collect(),
            progress.totals.clone(),
        );
        assert_eq!(again, progress);
    }

    #[test]
    fn memory_is_bounded_and_what_waits_is_never_forgotten() {
        let place = Place { position: 0, received: Timestamp::default(), behind: None };
        let mut progress = Progress::new(place);
        progress.push(waiting(0));
        for number in 1..=REMEMBERED as u128 + 5 {
            progress.push(waiting(number));
            progress.end(Key(number), End::Missed, Timestamp::default());
        }
        assert!(!progress.push(waiting(0)));
        assert!(progress.push(waiting(5)), "forgotten");
        assert!(!progress.push(waiting(6)));
        assert_eq!(progress.done().count(), REMEMBERED);
        assert_eq!(progress.known.len(), REMEMBERED + 2);
        assert!((1..MAX_WAITING as u128).all(|number| progress.push(waiting(number << 64))));
        assert!(progress.is_full());
    }
}
