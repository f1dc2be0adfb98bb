//! Fresh writes that stand somewhere among those that the index holds, or of whose object the cache knows nothing.
//!
//! The object's writes are put into two orders: as the index has them, and as they will be. Up to where the two part nothing
//! changes. From there on every write's change set is worked out by the new order, until the state is the one that the old
//! order led to: what follows would come out as it is.

use rustc_hash::FxHashSet;
use taffrail_event::Decoded;
use taffrail_event::change::{LinkKind, ObjectState};

use super::cache::Known;
use super::listed::{List, Listed, Stretches};
use super::orders::{Basis, Item, MAX_SKEW, Orders};
use super::room::Room;
use super::{Correction, Found, Fresh, Replaced, Worked, next, pass};
use crate::error::Result;
use crate::groups::Place;
use crate::stored::Stored;

/// What a commit is about to do to the writes of one object.
#[derive(Debug, Default)]
pub(super) struct Task {
    pub(super) object: u64,
    /// In their order.
    pub(super) fresh: Vec<Fresh>,
    pub(super) replaced: Vec<Replaced>,
    /// Whether every change set is looked at again.
    pub(super) is_anew: bool,
}

impl Task {
    pub(super) fn new(object: u64) -> Self {
        Self { object, ..Self::default() }
    }

    /// Whether nothing but fresh writes makes a difference.
    pub(super) fn is_only_fresh(&self) -> bool {
        self.replaced.is_empty() && !self.is_anew
    }

    /// From when on it makes a difference.
    fn from(&self) -> i64 {
        let fresh = self.fresh.iter().map(|fresh| fresh.place.time());
        let replaced = self.replaced.iter().map(|replaced| replaced.time);
        if self.is_anew { i64::MIN } else { fresh.chain(replaced).min().unwrap_or(i64::MAX) }
    }
}

/// Works out the change sets of the fresh writes, and corrects those behind them. `known`: what the cache knew. `is_cut`: whether
/// old writes were removed from the index.
pub(super) fn work_out(
    stretches: &Stretches,
    task: &Task,
    known: Option<Known>,
    is_cut: bool,
    room: &Room,
) -> Result<Worked> {
    if task.is_anew && task.fresh.is_empty() && room.is_full() {
        return Ok(Worked { unfinished: vec![task.object], ..Worked::default() });
    }
    let mut list = List::new(stretches, task.object);
    list.reach(task.from().saturating_sub(MAX_SKEW))?;
    // Twice as many each time: whoever has to go far back sorts a few times only.
    let mut step = 1;
    loop {
        let orders = Orders::of(&list.writes, task);
        if orders.says_nothing() {
            let found = task.fresh.iter().map(Found::nothing).collect();
            return Ok(Worked { found, ..Worked::default() });
        }
        if let Some(basis) = orders.basis(list.edge()) {
            let is_kept = is_cut && !task.is_anew && !basis.is_known;
            return Walk { list: &list, task, room, is_kept }.through(&orders, &basis, known);
        }
        (0..step).try_for_each(|_| list.extend())?;
        step *= 2;
    }
}

impl Found {
    fn nothing(fresh: &Fresh) -> Self {
        Self { place: fresh.place, record: fresh.record, change: bytes::Bytes::new() }
    }
}

/// Reads the writes one after the other.
struct Walk<'a> {
    list: &'a List<'a>,
    task: &'a Task,
    room: &'a Room,
    /// Whether change sets before the first known state stay as they are: they were worked out when the index held more.
    is_kept: bool,
}

impl Walk<'_> {
    fn through(&self, orders: &Orders, basis: &Basis, known: Option<Known>) -> Result<Worked> {
        let Orders { old, new, first, behind } = orders;
        let mut state = ObjectState::default();
        for item in new.iter().take(*first).skip(basis.begin) {
            self.pass(&mut state, item)?;
        }
        let mut before = state.clone();
        for listed in old.iter().take(old.len() - behind).skip(*first) {
            pass_stored(&mut before, &self.list.read(listed)?);
        }
        let mut worked = Worked::default();
        let is_ground = |item: &Item| matches!(item.link().kind, LinkKind::Begin | LinkKind::Whole);
        let mut is_kept = self.is_kept && !new.iter().take(*first).any(is_ground);
        let mut is_at_end = true;
        for (index, item) in new.iter().enumerate().skip(*first) {
            let is_behind = index >= new.len() - behind;
            if is_behind && state == before {
                is_at_end = false;
                break;
            }
            match item {
                Item::Fresh(fresh) => {
                    let change = next(&mut state, &fresh.bytes, fresh.outline.as_deref());
                    worked.found.push(Found { place: fresh.place, record: fresh.record, change });
                }
                Item::Stored(listed) => {
                    let stored = self.list.read(listed)?;
                    if is_behind {
                        pass_stored(&mut before, &stored);
                    }
                    self.correct(&mut worked, &mut state, listed, stored, is_kept);
                }
            }
            is_kept &= !is_ground(item);
            if !worked.unfinished.is_empty() && worked.found.len() == self.task.fresh.len() {
                is_at_end = false;
                break;
            }
        }
        if !worked.corrections.is_empty() {
            worked.corrected.push(self.task.object);
        }
        let known =
            if is_at_end { Some(self.known(orders, basis, state)) } else { self.untouched(&worked, known) };
        worked.known.extend(known.map(|known| (self.task.object, known)));
        Ok(worked)
    }

    fn correct(
        &self,
        worked: &mut Worked,
        state: &mut ObjectState,
        listed: &Listed,
        stored: Vec<u8>,
        is_kept: bool,
    ) {
        let Some(was) = Stored::decode(&stored) else { return };
        let change = next(state, was.record, None);
        if *was.change == *change || is_kept && !was.change.is_empty() {
            return;
        }
        let Some(place) = place_of(&was, listed.time) else { return };
        if self.room.take(stored.len()) {
            worked.corrections.push(Correction {
                found: Found { place, record: listed.record, change },
                link: listed.link,
                stored,
            });
        } else if worked.unfinished.is_empty() {
            worked.unfinished.push(self.task.object);
        }
    }

    fn pass(&self, state: &mut ObjectState, item: &Item) -> Result<()> {
        match item {
            Item::Fresh(fresh) => pass(state, &fresh.bytes, fresh.outline.as_deref()),
            Item::Stored(listed) => pass_stored(state, &self.list.read(listed)?),
        }
        Ok(())
    }

    /// What is known behind the last write.
    fn known(&self, orders: &Orders, basis: &Basis, state: ObjectState) -> Known {
        let read = || orders.new.iter().skip(basis.begin).map(Item::link);
        let is_all = self.list.is_complete() || read().any(|link| link.kind == LinkKind::Begin);
        let versions = (!is_all).then(|| read().map(|link| link.api_version).collect::<FxHashSet<u16>>());
        let mut known = Known::new(state, versions);
        orders.new.iter().for_each(|item| known.note(item.order()));
        known
    }

    /// What the cache knew, if the newest state is still the same.
    fn untouched(&self, worked: &Worked, known: Option<Known>) -> Option<Known> {
        let mut known = known.filter(|_| worked.unfinished.is_empty() && self.task.replaced.is_empty())?;
        self.task.fresh.iter().for_each(|fresh| known.note(fresh.order()));
        Some(known)
    }
}

fn pass_stored(state: &mut ObjectState, stored: &[u8]) {
    if let Some(stored) = Stored::decode(stored) {
        pass(state, stored.record, None);
    }
}

/// Where the request of a stored record is kept.
fn place_of(stored: &Stored<'_>, time: i64) -> Option<Place> {
    let decoded = Decoded::of(stored.record, stored.flags).ok()?;
    Some(Place::new(time, decoded.keys(stored.cluster).request))
}
