//! What the sink needs to know of a record before it is indexed; computed on all cores.

use std::sync::Arc;

use bytes::Bytes;
use taffrail_event::change::Link;
use taffrail_event::flow::{Flow, StoredFlow};
use taffrail_event::{Class, Decoded, Keys, Known, Origin, Outline, RecordFlags, ViaSet};

use crate::document::{SortKey, record_hash};
use crate::fold::Rank;

/// A record with its keys, rank and place.
pub(crate) struct Prepared {
    pub(crate) keys: Keys,
    pub(crate) rank: Rank,
    pub(crate) class: Class,
    /// Microseconds since 1970.
    pub(crate) time: i64,
    /// Whether the record names its time; else it is that of its arrival.
    pub(crate) has_time: bool,
    /// Whether its bodies are missing or cut.
    pub(crate) is_truncated: bool,
    pub(crate) sort: SortKey,
    /// Its place in the history of its object, if it is a write of one.
    pub(crate) link: Option<Link>,
    pub(crate) via: ViaSet,
    pub(crate) flags: RecordFlags,
    pub(crate) bytes: Bytes,
    /// Of an audit event.
    pub(crate) outline: Option<Arc<Outline>>,
    /// Of a flow.
    pub(crate) flow: Option<Arc<Flow>>,
}

impl Prepared {
    /// `None` if the record is not what its flags say.
    pub(crate) fn of(
        bytes: Bytes,
        flags: RecordFlags,
        known: Option<Known>,
        origin: &Origin,
    ) -> Option<Self> {
        let (outline, flow) = match known.or_else(|| Known::of(&bytes, flags)) {
            Some(Known::Outline(outline)) => (Some(outline), None),
            Some(Known::Flow(flow)) => (None, Some(flow)),
            None => (None, None),
        };
        let decoded = match &flow {
            Some(flow) => Decoded::Flow(StoredFlow::known(&bytes, Arc::clone(flow))?),
            None => Decoded::by_outline(&bytes, flags, outline.as_deref()).ok()?,
        };
        let own_time = decoded.time();
        let time = own_time.unwrap_or(origin.received).micros();
        Some(Self {
            keys: decoded.keys(&origin.cluster),
            rank: Rank::of(&decoded, flags, record_hash(&bytes)),
            class: decoded.class(),
            time,
            has_time: own_time.is_some(),
            is_truncated: decoded
                .audit()
                .is_some_and(|audit| flags.contains(RecordFlags::CUT) || audit.is_truncated()),
            sort: SortKey::of(&decoded, time),
            link: link_of(&decoded, &origin.cluster),
            via: ViaSet::of(origin.via),
            flags,
            flow,
            bytes,
            outline,
        })
    }
}

/// What a flow that was read takes in memory, with its dozens of small texts.
const FLOW_BYTES: usize = 2048;

impl Prepared {
    /// About what it takes while it waits for a commit.
    pub(crate) fn held_bytes(&self) -> usize {
        self.bytes.len() + if self.flow.is_some() { FLOW_BYTES } else { 0 }
    }
}

/// The place of a write in the history of its object.
pub(crate) fn link_of(decoded: &Decoded<'_>, cluster: &str) -> Option<Link> {
    let audit = decoded.audit().filter(|audit| audit.class() == Class::Change)?;
    Link::of(audit, cluster)
}
