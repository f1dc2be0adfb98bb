//! The one stored value of a document: what the index knows beside the record, then the redacted record itself.
//!
//! Layout (little endian): version u8 = 2, flags u8 (the record's flags), via u8, conflict u8 (1: the document stands
//! under its record key), received i64, cluster length u8 and bytes, length u32 and JSON of the change set (0: the record alone
//! tells what changed), then the record to the end. Version 1 has no change set.

use taffrail_event::change::Link;
use taffrail_event::{ActorRules, Decoded, Event, Key, NotAudit, Origins, RecordFlags, Timestamp, ViaSet};

use crate::prepare::link_of;

const VERSION: u8 = 2;
/// Without a change set.
const VERSION_1: u8 = 1;
const FIXED_BYTES: usize = 13;

/// A stored document, borrowed from its bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stored<'a> {
    pub(crate) flags: RecordFlags,
    pub(crate) via: ViaSet,
    pub(crate) is_conflict: bool,
    pub(crate) received: Timestamp,
    pub(crate) cluster: &'a str,
    /// The change set in JSON, where it follows from the states before; else empty.
    pub(crate) change: &'a [u8],
    pub(crate) record: &'a [u8],
}

impl<'a> Stored<'a> {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let cluster = self.cluster.as_bytes();
        let cluster = &cluster[..cluster.len().min(usize::from(u8::MAX))];
        let mut out =
            Vec::with_capacity(FIXED_BYTES + cluster.len() + 4 + self.change.len() + self.record.len());
        out.extend_from_slice(&[VERSION, self.flags.bits(), self.via.bits(), u8::from(self.is_conflict)]);
        out.extend_from_slice(&self.received.micros().to_le_bytes());
        out.push(u8::try_from(cluster.len()).unwrap_or(u8::MAX));
        out.extend_from_slice(cluster);
        // A change set is cut long before it is that long.
        let change = if u32::try_from(self.change.len()).is_ok() { self.change } else { &[] };
        out.extend_from_slice(&u32::try_from(change.len()).unwrap_or_default().to_le_bytes());
        out.extend_from_slice(change);
        out.extend_from_slice(self.record);
        out
    }

    /// `None` if the bytes were not written by [`Stored::encode`].
    pub(crate) fn decode(bytes: &'a [u8]) -> Option<Self> {
        let (fixed, rest) = bytes.split_first_chunk::<FIXED_BYTES>()?;
        let [version, flags, via, conflict, received @ .., cluster_len] = fixed;
        let (cluster, rest) = rest.split_at_checked(usize::from(*cluster_len))?;
        let (change, record) = match *version {
            VERSION => {
                let (len, rest) = rest.split_first_chunk()?;
                rest.split_at_checked(u32::from_le_bytes(*len).try_into().ok()?)?
            }
            VERSION_1 => (&rest[..0], rest),
            _ => return None,
        };
        Some(Self {
            flags: RecordFlags::from_bits(*flags),
            via: ViaSet::from_bits(*via),
            is_conflict: *conflict != 0,
            received: Timestamp::from_micros(i64::from_le_bytes(*received)),
            cluster: std::str::from_utf8(cluster).ok()?,
            change,
            record,
        })
    }

    /// The document's id: the request key, or its record key where another document has that.
    pub(crate) fn id(&self, decoded: &Decoded<'_>) -> Key {
        let keys = decoded.keys(self.cluster);
        if self.is_conflict { keys.record } else { keys.request }
    }

    /// The event as the API shows it.
    pub(crate) fn event(&self, actors: &ActorRules) -> Result<Event, NotAudit> {
        let decoded = Decoded::of(self.record, self.flags)?;
        let mut event = decoded.event(self.origins(self.id(&decoded), actors));
        event.list_created(&decoded);
        Ok(event)
    }

    /// The place of the record in the history of its object, if it is a write of one.
    pub(crate) fn link(&self) -> Option<Link> {
        Decoded::of(self.record, self.flags).ok().and_then(|decoded| link_of(&decoded, self.cluster))
    }

    pub(crate) fn origins(&self, id: Key, actors: &ActorRules) -> Origins {
        Origins {
            id,
            cluster: self.cluster.to_owned(),
            received: self.received,
            via: self.via,
            is_cut: self.flags.contains(RecordFlags::CUT),
            change: serde_json::from_slice(self.change).ok(),
            actors: actors.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use taffrail_event::Via;

    proptest! {
        #[test]
        fn round_trip(record in proptest::collection::vec(any::<u8>(), 0..50), change in proptest::collection::vec(any::<u8>(), 0..9), cluster in "[a-z0-9]{1,63}", received: i32, conflict: bool) {
            let stored = Stored {
                flags: RecordFlags::CUT,
                via: ViaSet::of(Via::Import),
                is_conflict: conflict,
                received: Timestamp::from_micros(received.into()),
                cluster: &cluster,
                change: &change,
                record: &record,
            };
            let bytes = stored.encode();
            let back = Stored::decode(&bytes).unwrap();
            prop_assert_eq!((back.flags, back.via, back.is_conflict, back.received), (stored.flags, stored.via, conflict, stored.received));
            prop_assert_eq!((back.cluster, back.change, back.record), (cluster.as_str(), change.as_slice(), record.as_slice()));
        }

        #[test]
        fn decode_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            Stored::decode(&bytes);
        }
    }
}
