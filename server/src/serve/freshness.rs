//! Since when what was acknowledged may not be searchable yet.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use taffrail_event::Timestamp;

/// Acknowledgements that lie closer together than this are remembered as one.
const GRAIN_MICROS: i64 = 50_000;

/// Entries at most; beyond it neighbours are merged. Merging only ever makes the answer more careful.
const MAX_ENTRIES: usize = 4096;

/// Remembers when what was acknowledged had been received, until it is searchable.
#[derive(Debug, Default)]
pub(crate) struct Freshness {
    waiting: Mutex<VecDeque<Waiting>>,
}

/// Records of neighbouring requests.
#[derive(Debug, Clone, Copy)]
struct Waiting {
    /// When the first of them was received.
    received: Timestamp,
    /// The journal position behind the last of them.
    end: u64,
}

impl Freshness {
    /// Everything up to the journal position `end` was acknowledged, and received no earlier than `received`, or was
    /// noted before.
    pub(crate) fn acknowledged(&self, end: u64, received: Timestamp) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        match waiting.back_mut() {
            // Requests end in another order than they begin: an older one may come after a newer one.
            Some(last) if received.micros() - last.received.micros() < GRAIN_MICROS => {
                last.received = last.received.min(received);
                last.end = last.end.max(end);
            }
            _ => waiting.push_back(Waiting { received, end }),
        }
        if waiting.len() > MAX_ENTRIES {
            merge_pairs(&mut waiting);
        }
    }

    /// Everything acknowledged before this time is searchable, if everything below the journal position `searchable`
    /// is; `now` if nothing waits.
    pub(crate) fn complete_to(&self, searchable: u64, now: Timestamp) -> Timestamp {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        while waiting.front().is_some_and(|first| first.end <= searchable) {
            waiting.pop_front();
        }
        waiting.iter().map(|waiting| waiting.received).min().map_or(now, |received| received.min(now))
    }
}

fn merge_pairs(waiting: &mut VecDeque<Waiting>) {
    let merged = waiting.make_contiguous().chunks(2).map(|pair| {
        let received = pair.iter().map(|waiting| waiting.received).min().unwrap_or_default();
        Waiting { received, end: pair.iter().map(|waiting| waiting.end).max().unwrap_or_default() }
    });
    *waiting = merged.collect();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn the_oldest_that_waits_counts() {
        let freshness = Freshness::default();
        assert_eq!(freshness.complete_to(0, at(9)), at(9));
        freshness.acknowledged(10, at(1));
        freshness.acknowledged(20, at(2));
        assert_eq!(freshness.complete_to(5, at(9)), at(1));
        assert_eq!(freshness.complete_to(10, at(9)), at(2));
        assert_eq!(freshness.complete_to(19, at(9)), at(2));
        assert_eq!(freshness.complete_to(20, at(9)), at(9));
    }

    #[test]
    fn a_request_that_took_long_is_not_hidden_by_a_short_one() {
        let freshness = Freshness::default();
        freshness.acknowledged(10, at(5));
        freshness.acknowledged(20, at(1));
        assert_eq!(freshness.complete_to(0, at(9)), at(1));
        assert_eq!(freshness.complete_to(10, at(9)), at(1));
    }

    #[test]
    fn it_stays_small_and_careful() {
        let freshness = Freshness::default();
        for second in 0..20_000 {
            freshness.acknowledged(u64::try_from(second + 1).unwrap(), at(second));
        }
        assert!(freshness.waiting.lock().unwrap().len() <= MAX_ENTRIES);
        for searchable in [1, 777, 12_345, 19_999] {
            let complete = freshness.complete_to(searchable, at(30_000));
            assert!(complete <= at(i64::try_from(searchable).unwrap()), "{searchable}: {complete}");
        }
        assert_eq!(freshness.complete_to(20_000, at(30_000)), at(30_000));
    }
}
