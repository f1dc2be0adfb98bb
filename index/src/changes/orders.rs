//! The writes of one object in two orders: as the index has them, and as they will be.

use rustc_hash::{FxHashMap, FxHashSet};
use taffrail_event::change::{Link, LinkKind, Order, sort_versions};

use super::Fresh;
use super::among::Task;
use super::listed::Listed;

/// The clocks of one cluster's API servers are at most this far apart (microseconds): certificates and leases fail long before.
/// A write with a smaller resource version is looked for no further back than that.
pub(super) const MAX_SKEW: i64 = 15 * 60 * 1_000_000;

/// A write as it will be.
#[derive(Debug)]
pub(super) enum Item {
    Fresh(Fresh),
    Stored(Listed),
}

impl Item {
    pub(super) fn order(&self) -> Order {
        match self {
            Self::Fresh(fresh) => fresh.order(),
            Self::Stored(listed) => listed.order(),
        }
    }

    pub(super) fn link(&self) -> Link {
        match self {
            Self::Fresh(fresh) => fresh.link,
            Self::Stored(listed) => listed.link,
        }
    }

    fn is(&self, listed: &Listed) -> bool {
        matches!(self, Self::Stored(own) if own.record == listed.record)
    }
}

/// The object's writes as the index has them, and as they will be.
pub(super) struct Orders {
    pub(super) old: Vec<Listed>,
    pub(super) new: Vec<Item>,
    /// So many are the same at the beginning.
    pub(super) first: usize,
    /// So many are the same at the end.
    pub(super) behind: usize,
}

/// Where to begin reading.
pub(super) struct Basis {
    pub(super) begin: usize,
    /// Whether the state is known there: in every API version that matters.
    pub(super) is_known: bool,
}

impl Orders {
    pub(super) fn of(writes: &[Listed], task: &Task) -> Self {
        let gone: FxHashSet<u64> = task.replaced.iter().map(|replaced| replaced.record).collect();
        let mut old = writes.to_vec();
        sort_versions(&mut old, Listed::order);
        let staying = writes.iter().filter(|listed| !gone.contains(&listed.record)).cloned();
        let mut new: Vec<Item> =
            staying.map(Item::Stored).chain(task.fresh.iter().cloned().map(Item::Fresh)).collect();
        sort_versions(&mut new, Item::order);
        let (mut first, mut behind) = (0, 0);
        if !task.is_anew {
            first = new.iter().zip(&old).take_while(|(item, listed)| item.is(listed)).count();
            let rest = (new.iter().skip(first).rev()).zip(old.iter().skip(first).rev());
            behind = rest.take_while(|(item, listed)| item.is(listed)).count();
        }
        Self { old, new, first, behind }
    }

    /// Whether nobody knows what any of these writes did: then there is nothing to find out for them.
    pub(super) fn says_nothing(&self) -> bool {
        self.new.iter().skip(self.first).all(|item| item.link().kind == LinkKind::Blind)
    }

    /// The last whole state before the first difference in every API version, or the object's beginning. `None`: it may be
    /// further back than `edge`, which is the minimum where nothing is.
    pub(super) fn basis(&self, edge: i64) -> Option<Basis> {
        let kind_at = |index: usize| self.new.get(index).map(|item| item.link().kind);
        if kind_at(self.first) == Some(LinkKind::Begin) && self.behind == 0 {
            return Some(Basis { begin: self.first, is_known: true });
        }
        let begin = (0..self.first).rev().find(|index| kind_at(*index) == Some(LinkKind::Begin));
        let mut last_whole: FxHashMap<u16, Option<usize>> = FxHashMap::default();
        for (index, item) in self.new.iter().enumerate().skip(begin.unwrap_or(0)) {
            let link = item.link();
            let known = last_whole.entry(link.api_version).or_insert(begin);
            if index < self.first && link.kind == LinkKind::Whole {
                *known = Some(index);
            }
        }
        // `None` is less than any place.
        let known = last_whole.into_values().min().flatten();
        let time = known.and_then(|index| self.new.get(index)).map(|item| item.order().time);
        match known {
            Some(begin) if time.is_some_and(|time| time.saturating_sub(MAX_SKEW) >= edge) => {
                Some(Basis { begin, is_known: true })
            }
            _ => (edge == i64::MIN).then_some(Basis { begin: 0, is_known: false }),
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use taffrail_event::Key;

    use super::*;
    use crate::changes::Replaced;
    use crate::groups::Place;

    const HOUR: i64 = 3_600_000_000;

    fn link(text: &str) -> Link {
        let (kind, number) = text.split_at(1);
        let kind = match kind {
            "b" => LinkKind::Begin,
            "w" | "v" => LinkKind::Whole,
            "p" => LinkKind::Part,
            "e" => LinkKind::End,
            _ => LinkKind::Blind,
        };
        let resource_version = number.parse().ok().filter(|number| *number > 0);
        Link { object: 1, kind, api_version: u16::from(text.starts_with('v')), tie: 0, resource_version }
    }

    /// Writes an hour apart, each a letter for its kind and its resource version; in capitals where it is fresh, in brackets
    /// where it goes.
    fn orders(writes: &str) -> Orders {
        let mut task = Task::new(1);
        let mut listed = Vec::new();
        for (hour, text) in (1..).zip(writes.split(' ')) {
            let (time, record) = (hour * HOUR, hour.unsigned_abs());
            let plain = text.trim_matches(['(', ')']).to_lowercase();
            if text != plain && !text.starts_with('(') {
                let place = Place::new(time, Key(record.into()));
                task.fresh.push(Fresh {
                    place,
                    record,
                    link: link(&plain),
                    bytes: Bytes::new(),
                    outline: None,
                });
                continue;
            }
            if text.starts_with('(') {
                task.replaced.push(Replaced { object: 1, time, record });
            }
            listed.push(Listed::at(time, record, link(&plain)));
        }
        Orders::of(&listed, &task)
    }

    #[track_caller]
    fn check_parts(writes: &str, first: usize, behind: usize) {
        let orders = orders(writes);
        assert_eq!((orders.first, orders.behind), (first, behind), "{writes}");
    }

    #[test]
    fn orders_part_at_the_first_difference_and_meet_behind_the_last() {
        check_parts("b1 w2 W3", 2, 0);
        check_parts("b1 W2 w3 w4", 1, 2);
        check_parts("b1 w2 (w3) w4", 2, 1);
        check_parts("b1 w4 W3", 1, 1);
        // A fresh one by a slow clock takes the unnumbered one along.
        check_parts("b1 w3 p0 W2", 1, 2);
        check_parts("b1 p0 w9 W3 w4", 2, 2);
        check_parts("w1 w2", 2, 0);
    }

    #[track_caller]
    fn check_basis(writes: &str, edge: i64, expected: Option<(usize, bool)>) {
        let basis = orders(writes).basis(edge);
        assert_eq!(basis.map(|basis| (basis.begin, basis.is_known)), expected, "{writes} from {edge}");
    }

    #[test]
    fn reading_begins_at_the_last_state_that_is_known_in_every_api_version() {
        check_basis("b1 w2 w3 P0", i64::MIN, Some((2, true)));
        check_basis("b1 w2 p3 P0", HOUR / 2, Some((1, true)));
        check_basis("w1 v2 w3 P0", HOUR / 2, Some((1, true)));
        check_basis("w1 b2 w3 P0 v5", HOUR / 2, Some((1, true)));
        // The first in its API version: it may have been written before, too.
        check_basis("w1 w2 V3", HOUR / 2, None);
        check_basis("w1 w2 V3", i64::MIN, Some((0, false)));
        check_basis("p1 p2 P3", HOUR / 2, None);
        // By a slow clock something in between may stand behind the edge.
        check_basis("w1 P0", HOUR, None);
        // Nothing that was before counts.
        check_basis("p1 B2", HOUR / 2, Some((1, true)));
        check_basis("p1 B2 w3", HOUR / 2, None);
        check_basis("w1 e2 W3", HOUR / 2, Some((0, true)));
    }

    #[test]
    fn blind_writes_say_nothing() {
        assert!(orders("w1 x0 X0").says_nothing());
        assert!(!orders("w1 X0 w3").says_nothing());
        assert!(!orders("w1 x0 W2").says_nothing());
    }
}
