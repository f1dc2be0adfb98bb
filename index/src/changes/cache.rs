//! The newest states of objects, so that a write finds what it changes without a look into the index. What is not here is read
//! from the index: the cache never is the only place where something is known.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};
use taffrail_event::change::{ObjectState, Order};

use super::Fresh;

/// An object behind its last write.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(super) state: ObjectState,
    /// API versions in which all that the index knows is in `state`; `None`: in all of them.
    versions: Option<FxHashSet<u16>>,
    /// The greatest resource version with its tie, and the latest time, of all writes so far.
    last: Option<(u64, u8)>,
    latest: i64,
}

impl Known {
    pub(super) fn new(state: ObjectState, versions: Option<FxHashSet<u16>>) -> Self {
        Self { state, versions, last: None, latest: i64::MIN }
    }

    /// One more write is behind it.
    pub(super) fn note(&mut self, order: Order) {
        self.last = self.last.max(order.resource_version.map(|version| (version, order.tie)));
        self.latest = self.latest.max(order.time);
    }

    /// Whether all of these, which are in order, stand behind it whatever else there is, and are about states that it knows.
    pub(super) fn comes_before(&self, fresh: &[Fresh]) -> bool {
        let (mut last, mut latest) = (self.last, self.latest);
        let is_known = |version| self.versions.as_ref().is_none_or(|versions| versions.contains(&version));
        fresh.iter().all(|fresh| is_known(fresh.link.api_version))
            && fresh.iter().all(|fresh| {
                let order = fresh.order();
                let version = order.resource_version.map(|version| (version, order.tie));
                let is_behind = order.time > latest && version.is_none_or(|version| Some(version) >= last);
                last = last.max(version);
                latest = latest.max(order.time);
                is_behind
            })
    }
}

/// States by object, the longest unused of which go when they take more than they may.
#[derive(Debug)]
pub(crate) struct Cache {
    max_bytes: usize,
    bytes: usize,
    entries: FxHashMap<u64, (u64, Known)>,
    by_use: BTreeMap<u64, u64>,
    uses: u64,
}

/// What an entry takes beside its states.
const ENTRY_BYTES: usize = 160;

impl Cache {
    pub(crate) fn new(max_bytes: usize) -> Self {
        Self { max_bytes, bytes: 0, entries: FxHashMap::default(), by_use: BTreeMap::new(), uses: 0 }
    }

    /// Takes the object out: whoever has it puts back what became of it.
    pub(super) fn take(&mut self, object: u64) -> Option<Known> {
        let (used, known) = self.entries.remove(&object)?;
        self.by_use.remove(&used);
        self.bytes -= weight(&known);
        Some(known)
    }

    pub(super) fn put(&mut self, object: u64, known: Known) {
        self.take(object);
        self.uses += 1;
        self.bytes += weight(&known);
        self.by_use.insert(self.uses, object);
        self.entries.insert(object, (self.uses, known));
        while self.bytes > self.max_bytes
            && let Some((_, oldest)) = self.by_use.first_key_value()
        {
            let oldest = *oldest;
            self.take(oldest);
        }
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        *self = Self::new(self.max_bytes);
    }

    /// How much memory it takes.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

fn weight(known: &Known) -> usize {
    known.state.weight() + ENTRY_BYTES
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use taffrail_event::Key;
    use taffrail_event::change::{Link, LinkKind};

    use super::*;
    use crate::groups::Place;

    fn fresh(resource_version: u64, time: i64, api_version: u16) -> Fresh {
        let resource_version = (resource_version > 0).then_some(resource_version);
        let link = Link { object: 1, kind: LinkKind::Whole, api_version, tie: 0, resource_version };
        Fresh { place: Place::new(time, Key(0)), record: 0, link, bytes: Bytes::new(), outline: None }
    }

    /// Behind writes with the resource versions and times, in API version 1.
    #[track_caller]
    fn check(known: &[(u64, i64)], next: &[(u64, i64)], expected: bool) {
        let mut state = Known::new(ObjectState::default(), Some(FxHashSet::from_iter([1])));
        known.iter().for_each(|(version, time)| state.note(fresh(*version, *time, 1).order()));
        let next: Vec<_> = next.iter().map(|(version, time)| fresh(*version, *time, 1)).collect();
        assert_eq!(state.comes_before(&next), expected);
        let other: Vec<_> = next.iter().map(|next| fresh(9, next.place.time(), 2)).collect();
        assert!(!state.comes_before(&other), "another API version");
    }

    #[test]
    fn only_what_is_later_by_every_measure_is_behind() {
        check(&[(1, 10)], &[(2, 20)], true);
        check(&[(1, 10)], &[(2, 20), (3, 30)], true);
        check(&[(1, 10)], &[(0, 20)], true);
        check(&[(1, 10), (0, 20)], &[(2, 30)], true);
        check(&[(3, 10)], &[(2, 20)], false);
        check(&[(1, 10)], &[(2, 10)], false);
        check(&[(1, 10), (0, 20)], &[(2, 15)], false);
        check(&[(1, 10)], &[(2, 30), (3, 20)], false);
    }

    #[test]
    fn the_longest_unused_goes_first() {
        let known = || Known::new(ObjectState::default(), None);
        let mut cache = Cache::new(3 * weight(&known()));
        for object in [1, 2, 3] {
            cache.put(object, known());
        }
        let one = cache.take(1).unwrap();
        cache.put(1, one);
        cache.put(4, known());
        assert!(cache.take(2).is_none());
        assert_eq!(cache.bytes(), 3 * weight(&known()));
        assert!([1, 3, 4].into_iter().all(|object| cache.take(object).is_some()));
        assert_eq!(cache.bytes(), 0);
    }
}
