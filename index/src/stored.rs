//! The one stored value of a document: what the index knows beside the record, then the redacted record itself.
//!
//! Layout: a header of numbers, then the cluster, the JSON of the change set (none: the record alone tells what changed), and
//! the record to the end. Numbers are written seven bits a byte, the lowest first, in a fixed number of bytes: version = 3 (1),
//! the record's flags (2), via (2), conflict (1; 1: the document stands under its record key), received (10), length of the
//! cluster (2), length of the change set (5). So a value whose record is UTF-8 is UTF-8 as a whole, and can be stored as a text:
//! tantivy writes and reads bytes one at a time.
//!
//! Version 2, and 1 without a change set, are little endian: version u8, flags u8, via u8, conflict u8, received i64, cluster
//! length u8 and bytes, length u32 and JSON of the change set, the record.

use taffrail_event::change::Link;
use taffrail_event::{ActorRules, Decoded, Event, Key, NotAudit, Origins, RecordFlags, Timestamp, ViaSet};

use crate::prepare::link_of;

const VERSION: u8 = 3;
/// Little endian.
const VERSION_2: u8 = 2;
/// Without a change set.
const VERSION_1: u8 = 1;
/// The numbers of versions 1 and 2.
const FIXED_BYTES: usize = 13;
/// Bytes of a cluster's name that are kept.
const MAX_CLUSTER: usize = 255;
/// The numbers of today's version.
const HEADER_BYTES: usize = 23;

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
        // No cluster has such a name, and a change set is cut long before it is that long.
        let cluster = self.cluster.get(..self.cluster.floor_char_boundary(MAX_CLUSTER)).unwrap_or_default();
        let change = if u32::try_from(self.change.len()).is_ok() { self.change } else { &[] };
        let mut out = Vec::with_capacity(HEADER_BYTES + cluster.len() + change.len() + self.record.len());
        out.push(VERSION);
        put(&mut out, self.flags.bits().into(), 2);
        put(&mut out, self.via.bits().into(), 2);
        put(&mut out, self.is_conflict.into(), 1);
        put(&mut out, self.received.micros().cast_unsigned(), 10);
        put(&mut out, cluster.len() as u64, 2);
        put(&mut out, change.len() as u64, 5);
        out.extend_from_slice(cluster.as_bytes());
        out.extend_from_slice(change);
        out.extend_from_slice(self.record);
        out
    }

    /// `None` if the bytes were not written by [`Stored::encode`], today's or an older one.
    pub(crate) fn decode(bytes: &'a [u8]) -> Option<Self> {
        match *bytes.first()? {
            VERSION => Self::decode_today(bytes),
            VERSION_1 | VERSION_2 => Self::decode_older(bytes),
            _ => None,
        }
    }

    fn decode_today(bytes: &'a [u8]) -> Option<Self> {
        let (header, rest) = bytes.split_at_checked(HEADER_BYTES)?;
        let number = |from: usize, bytes: usize| take(header.get(from..from + bytes)?);
        let (cluster, rest) = rest.split_at_checked(number(16, 2)?.try_into().ok()?)?;
        let (change, record) = rest.split_at_checked(number(18, 5)?.try_into().ok()?)?;
        Some(Self {
            flags: RecordFlags::from_bits(number(1, 2)?.try_into().ok()?),
            via: ViaSet::from_bits(number(3, 2)?.try_into().ok()?),
            is_conflict: number(5, 1)? != 0,
            received: Timestamp::from_micros(number(6, 10)?.cast_signed()),
            cluster: std::str::from_utf8(cluster).ok()?,
            change,
            record,
        })
    }

    fn decode_older(bytes: &'a [u8]) -> Option<Self> {
        let (fixed, rest) = bytes.split_first_chunk::<FIXED_BYTES>()?;
        let [version, flags, via, conflict, received @ .., cluster_len] = fixed;
        let (cluster, rest) = rest.split_at_checked(usize::from(*cluster_len))?;
        let (change, record) = if *version == VERSION_1 {
            (&rest[..0], rest)
        } else {
            let (len, rest) = rest.split_first_chunk()?;
            rest.split_at_checked(u32::from_le_bytes(*len).try_into().ok()?)?
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

/// Appends a number in so many bytes.
fn put(out: &mut Vec<u8>, number: u64, bytes: u32) {
    out.extend((0..bytes).map(|place| (number >> (7 * place) & 0x7f) as u8));
}

/// The number that [`put`] wrote; `None` if it did not.
fn take(bytes: &[u8]) -> Option<u64> {
    bytes.iter().rev().try_fold(0, |number, byte| (*byte < 0x80).then_some(number << 7 | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn round_trip(record in proptest::collection::vec(any::<u8>(), 0..50), change in proptest::collection::vec(any::<u8>(), 0..200), cluster in "[a-zß]{1,127}", received: i64, bits: u8, conflict: bool) {
            let stored = Stored {
                flags: RecordFlags::from_bits(bits),
                via: ViaSet::from_bits(bits),
                is_conflict: conflict,
                received: Timestamp::from_micros(received),
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
        fn what_holds_text_is_text(record in ".{0,50}", received: i64, bits: u8) {
            let stored = Stored {
                flags: RecordFlags::from_bits(bits),
                via: ViaSet::from_bits(bits),
                is_conflict: false,
                received: Timestamp::from_micros(received),
                cluster: "lab",
                change: &[],
                record: record.as_bytes(),
            };
            prop_assert!(std::str::from_utf8(&stored.encode()).is_ok());
        }

        #[test]
        fn decode_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            Stored::decode(&bytes);
        }
    }

    #[test]
    fn values_of_older_versions_are_read() {
        fn check(version: u8, change: &[u8]) {
            let mut bytes = vec![version, RecordFlags::CUT.bits(), 1, 1];
            bytes.extend_from_slice(&(-5_i64).to_le_bytes());
            bytes.extend_from_slice(b"\x03lab");
            if version == VERSION_2 {
                bytes.extend_from_slice(&[2, 0, 0, 0]);
            }
            bytes.extend_from_slice(change);
            bytes.extend_from_slice(b"record");
            let stored = Stored::decode(&bytes).unwrap();
            assert_eq!((stored.flags, stored.via), (RecordFlags::CUT, ViaSet::from_bits(1)));
            assert_eq!((stored.is_conflict, stored.received.micros()), (true, -5));
            assert_eq!((stored.cluster, stored.change, stored.record), ("lab", change, &b"record"[..]));
        }
        check(VERSION_1, b"");
        check(VERSION_2, b"{}");
    }
}
