//! Which segments there are and how big they are, without asking the disk.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The segments of an open journal, by their first sequence number.
#[derive(Debug, Default)]
pub(super) struct Catalog {
    listed: Mutex<Listed>,
}

#[derive(Debug, Default)]
struct Listed {
    segments: BTreeMap<u64, Segment>,
    bytes: u64,
}

/// What is known of a segment.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Segment {
    bytes: u64,
    pub(super) damaged: bool,
}

impl Catalog {
    pub(super) fn insert(&self, first: u64, bytes: u64) {
        self.put_back(first, Segment { bytes, damaged: false });
    }

    /// Lists a segment again whose file could not be deleted.
    pub(super) fn put_back(&self, first: u64, segment: Segment) {
        let mut listed = self.lock();
        listed.bytes += segment.bytes;
        listed.segments.insert(first, segment);
    }

    pub(super) fn grow(&self, first: u64, bytes: u64) {
        let mut listed = self.lock();
        listed.bytes += bytes;
        if let Some(segment) = listed.segments.get_mut(&first) {
            segment.bytes += bytes;
        }
    }

    pub(super) fn remove(&self, first: u64) {
        let mut listed = self.lock();
        if let Some(segment) = listed.segments.remove(&first) {
            listed.bytes -= segment.bytes;
        }
    }

    pub(super) fn mark_damaged(&self, first: u64) {
        if let Some(segment) = self.lock().segments.get_mut(&first) {
            segment.damaged = true;
        }
    }

    /// Bytes of all segments.
    pub(super) fn bytes(&self) -> u64 {
        self.lock().bytes
    }

    /// How many segments there are.
    pub(super) fn len(&self) -> usize {
        self.lock().segments.len()
    }

    /// The oldest segment.
    pub(super) fn first(&self) -> Option<u64> {
        self.lock().segments.keys().next().copied()
    }

    /// The segment that holds `seq` if any does.
    pub(super) fn at_or_before(&self, seq: u64) -> Option<u64> {
        self.lock().segments.range(..=seq).next_back().map(|(first, _)| *first)
    }

    /// The segment after the one that begins with `first`.
    pub(super) fn after(&self, first: u64) -> Option<u64> {
        self.lock().segments.range(first.checked_add(1)?..).next().map(|(first, _)| *first)
    }

    /// Segments that hold nothing at or above `seq`, oldest first. The last segment is never among them: it is being
    /// written.
    pub(super) fn below(&self, seq: u64) -> Vec<(u64, Segment)> {
        let listed = self.lock();
        let nexts = listed.segments.keys().skip(1);
        let below = listed.segments.iter().zip(nexts).take_while(|(_, next)| **next <= seq);
        below.map(|((first, segment), _)| (*first, *segment)).collect()
    }

    // Every change above is whole before anything can panic.
    fn lock(&self) -> MutexGuard<'_, Listed> {
        self.listed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn below_never_names_the_last_segment() {
        let catalog = Catalog::default();
        for first in [10, 20, 30] {
            catalog.insert(first, 100);
        }
        catalog.mark_damaged(20);
        let check = |seq, expected: &[(u64, bool)]| {
            let below: Vec<_> =
                catalog.below(seq).iter().map(|(first, segment)| (*first, segment.damaged)).collect();
            assert_eq!(below, expected, "{seq}");
        };
        check(19, &[]);
        check(20, &[(10, false)]);
        check(30, &[(10, false), (20, true)]);
        check(u64::MAX, &[(10, false), (20, true)]);
    }

    #[test]
    fn bytes_follow_every_change() {
        let catalog = Catalog::default();
        catalog.insert(0, 64);
        catalog.grow(0, 36);
        catalog.insert(5, 64);
        assert_eq!((catalog.bytes(), catalog.first()), (164, Some(0)));
        catalog.remove(0);
        catalog.remove(0);
        assert_eq!((catalog.bytes(), catalog.first()), (64, Some(5)));
        assert_eq!((catalog.at_or_before(4), catalog.at_or_before(5)), (None, Some(5)));
        assert_eq!((catalog.after(0), catalog.after(5), catalog.after(u64::MAX)), (Some(5), None, None));
    }
}
