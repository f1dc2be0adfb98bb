//! `RequestReceived` records that wait for their completion, in order of arrival.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use taffrail_event::Timestamp;

use crate::groups::Place;

/// A record that waits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Held {
    pub(crate) place: Place,
    /// Where in the journal it is; `None` in an import.
    pub(crate) offset: Option<u64>,
    pub(crate) received: Timestamp,
    pub(crate) bytes: usize,
}

/// Those that wait and no others: what one of them costs does not depend on how many came and went.
#[derive(Debug, Default)]
pub(crate) struct HeldQueue {
    by_arrival: BTreeMap<u64, Held>,
    arrivals: FxHashMap<Place, u64>,
    next: u64,
    bytes: usize,
}

impl HeldQueue {
    pub(crate) fn push(&mut self, held: Held) {
        self.resolve(held.place);
        self.by_arrival.insert(self.next, held);
        self.arrivals.insert(held.place, self.next);
        self.next += 1;
        self.bytes += held.bytes;
    }

    /// It waits no longer.
    pub(crate) fn resolve(&mut self, place: Place) {
        let arrival = self.arrivals.remove(&place);
        if let Some(held) = arrival.and_then(|arrival| self.by_arrival.remove(&arrival)) {
            self.bytes -= held.bytes;
        }
    }

    /// The one that has waited longest.
    pub(crate) fn first(&self) -> Option<&Held> {
        self.by_arrival.values().next()
    }

    pub(crate) fn len(&self) -> usize {
        self.by_arrival.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.by_arrival.is_empty()
    }

    /// Bytes of their records.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use taffrail_event::Key;

    #[test]
    fn what_is_resolved_neither_waits_nor_counts() {
        let mut queue = HeldQueue::default();
        let held = |key: u128| Held {
            place: Place::new(5, Key(key)),
            offset: Some(1),
            received: Timestamp::default(),
            bytes: 100,
        };
        for key in [3, 1, 2] {
            queue.push(held(key));
        }
        queue.resolve(Place::new(5, Key(3)));
        queue.resolve(Place::new(5, Key(3)));
        assert_eq!((queue.len(), queue.bytes()), (2, 200));
        assert_eq!(queue.first().map(|held| held.place), Some(Place::new(5, Key(1))));
        queue.push(held(1));
        assert_eq!(
            queue.first().map(|held| held.place),
            Some(Place::new(5, Key(2))),
            "pushed again, it waits anew"
        );
        assert_eq!(queue.bytes(), 200);
    }
}
