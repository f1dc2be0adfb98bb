//! The requests whose state is in memory: uncommitted, held, or recent enough that copies of them are expected.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use rustc_hash::FxHashMap;
use taffrail_event::change::Link;
use taffrail_event::flow::Flow;
use taffrail_event::{Class, Key, Outline, RecordFlags};

use crate::document::SortKey;
use crate::fold::{Copy, Group};
use crate::prepare::Prepared;

const BUCKET_MICROS: i64 = 60_000_000;

/// Where a request's state is: the minute of its time, and its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place {
    time: i64,
    key: Key,
}

impl Place {
    pub(crate) fn new(time: i64, key: Key) -> Self {
        Self { time, key }
    }

    pub(crate) fn time(self) -> i64 {
        self.time
    }

    pub(crate) fn key(self) -> Key {
        self.key
    }

    fn bucket(self) -> i64 {
        self.time.div_euclid(BUCKET_MICROS)
    }
}

/// A record that no split holds yet.
#[derive(Debug, Clone)]
pub(crate) struct Content {
    pub(crate) bytes: Bytes,
    /// Of an audit event that came in just now.
    pub(crate) outline: Option<Arc<Outline>>,
    /// Of a flow that came in just now.
    pub(crate) flow: Option<Arc<Flow>>,
    pub(crate) cluster: Arc<str>,
    pub(crate) flags: RecordFlags,
    pub(crate) sort: SortKey,
    pub(crate) link: Option<Link>,
    /// The change set in JSON, where it follows from the states before.
    pub(crate) change: Bytes,
    /// Whether it is what the index holds, with another change set.
    pub(crate) is_correction: bool,
}

impl Content {
    pub(crate) fn new(prepared: &Prepared, cluster: &Arc<str>) -> Box<Self> {
        Box::new(Self {
            bytes: prepared.bytes.clone(),
            outline: prepared.outline.clone(),
            flow: prepared.flow.clone(),
            cluster: Arc::clone(cluster),
            flags: prepared.flags,
            sort: prepared.sort,
            link: prepared.link,
            change: Bytes::new(),
            is_correction: false,
        })
    }
}

/// The state of one request.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) group: Group<Box<Content>>,
    pub(crate) class: Class,
    /// Only its `RequestReceived` was seen so far, and it still waits.
    pub(crate) is_held: bool,
    /// Whether it is in the list of what the next commit writes.
    pub(crate) is_listed: bool,
}

impl Slot {
    pub(crate) fn new(copy: Copy<Box<Content>>, class: Class, is_held: bool) -> Self {
        Self { group: Group::new(copy), class, is_held, is_listed: false }
    }

    pub(crate) fn committed(group: Group<Box<Content>>, class: Class) -> Self {
        Self { group, class, is_held: false, is_listed: false }
    }

    /// Copies the bytes out of the buffer they came in: a small record that waits must not keep a large one alive.
    pub(crate) fn own_content(&mut self) {
        for copy in self.group.copies_mut() {
            if let Some(content) = &mut copy.content {
                content.bytes = Bytes::copy_from_slice(&content.bytes);
            }
        }
    }

    fn may_go(&self) -> bool {
        !self.is_held && !self.is_listed
    }
}

/// All of them, by minute, so that old ones go cheaply.
#[derive(Debug)]
pub(crate) struct Groups {
    buckets: BTreeMap<i64, FxHashMap<Key, Slot>>,
    len: usize,
    /// Requests up to this time may be in the index without being here.
    forgotten_to: i64,
}

impl Groups {
    /// Nothing is known of requests up to `forgotten_to`.
    pub(crate) fn new(forgotten_to: i64) -> Self {
        Self { buckets: BTreeMap::new(), len: 0, forgotten_to }
    }

    pub(crate) fn get(&self, place: Place) -> Option<&Slot> {
        self.buckets.get(&place.bucket())?.get(&place.key)
    }

    pub(crate) fn get_mut(&mut self, place: Place) -> Option<&mut Slot> {
        self.buckets.get_mut(&place.bucket())?.get_mut(&place.key)
    }

    pub(crate) fn insert(&mut self, place: Place, slot: Slot) {
        let replaced = self.buckets.entry(place.bucket()).or_default().insert(place.key, slot);
        self.len += usize::from(replaced.is_none());
    }

    /// Whether the index must be asked about a request that is not here.
    pub(crate) fn may_be_committed(&self, place: Place) -> bool {
        place.time <= self.forgotten_to
    }

    /// Forgets committed requests older than `before`, and further ones, oldest first, until at most `max` are left.
    pub(crate) fn forget(&mut self, before: i64, max: usize) {
        let minutes: Vec<i64> = self.buckets.keys().copied().collect();
        for minute in minutes {
            let end = minute.saturating_add(1).saturating_mul(BUCKET_MICROS);
            if end > before && self.len <= max {
                break;
            }
            let Some(bucket) = self.buckets.get_mut(&minute) else { continue };
            let len = bucket.len();
            bucket.retain(|_, slot| !slot.may_go());
            self.len -= len - bucket.len();
            self.forgotten_to = self.forgotten_to.max(end - 1);
            if bucket.is_empty() {
                self.buckets.remove(&minute);
            }
        }
    }
}
