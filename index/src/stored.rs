//! The one stored value of a document: what the index knows beside the record, then the redacted record itself.
//!
//! Layout (little endian): version u8 = 1, flags u8 (the record's flags), via u8, conflict u8 (1: the document stands
//! under its record key), received i64, cluster length u8 and bytes, then the record to the end.

use taffrail_event::{Decoded, Event, Key, NotAudit, Origins, RecordFlags, Timestamp, ViaSet};

const VERSION: u8 = 1;
const FIXED_BYTES: usize = 13;

/// A stored document, borrowed from its bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stored<'a> {
    pub(crate) flags: RecordFlags,
    pub(crate) via: ViaSet,
    pub(crate) is_conflict: bool,
    pub(crate) received: Timestamp,
    pub(crate) cluster: &'a str,
    pub(crate) record: &'a [u8],
}

impl<'a> Stored<'a> {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let cluster = self.cluster.as_bytes();
        let cluster = &cluster[..cluster.len().min(usize::from(u8::MAX))];
        let mut out = Vec::with_capacity(FIXED_BYTES + cluster.len() + self.record.len());
        out.extend_from_slice(&[VERSION, self.flags.bits(), self.via.bits(), u8::from(self.is_conflict)]);
        out.extend_from_slice(&self.received.micros().to_le_bytes());
        out.push(u8::try_from(cluster.len()).unwrap_or(u8::MAX));
        out.extend_from_slice(cluster);
        out.extend_from_slice(self.record);
        out
    }

    /// `None` if the bytes were not written by [`Stored::encode`].
    pub(crate) fn decode(bytes: &'a [u8]) -> Option<Self> {
        let (fixed, rest) = bytes.split_first_chunk::<FIXED_BYTES>()?;
        let [version, flags, via, conflict, received @ .., cluster_len] = fixed;
        if *version != VERSION {
            return None;
        }
        let (cluster, record) = rest.split_at_checked(usize::from(*cluster_len))?;
        Some(Self {
            flags: RecordFlags::from_bits(*flags),
            via: ViaSet::from_bits(*via),
            is_conflict: *conflict != 0,
            received: Timestamp::from_micros(i64::from_le_bytes(*received)),
            cluster: std::str::from_utf8(cluster).ok()?,
            record,
        })
    }

    /// The document's id: the request key, or its record key where another document has that.
    pub(crate) fn id(&self, decoded: &Decoded<'_>) -> Key {
        let keys = decoded.keys(self.cluster);
        if self.is_conflict { keys.record } else { keys.request }
    }

    /// The event as the API shows it.
    pub(crate) fn event(&self) -> Result<Event, NotAudit> {
        let decoded = Decoded::of(self.record, self.flags)?;
        Ok(decoded.event(&self.origins(self.id(&decoded))))
    }

    pub(crate) fn origins(&self, id: Key) -> Origins {
        Origins {
            id,
            cluster: self.cluster.to_owned(),
            received: self.received,
            via: self.via,
            is_cut: self.flags.contains(RecordFlags::CUT),
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
        fn round_trip(record in proptest::collection::vec(any::<u8>(), 0..50), cluster in "[a-z0-9]{1,63}", received: i32, conflict: bool) {
            let stored = Stored {
                flags: RecordFlags::CUT,
                via: ViaSet::of(Via::Import),
                is_conflict: conflict,
                received: Timestamp::from_micros(received.into()),
                cluster: &cluster,
                record: &record,
            };
            let bytes = stored.encode();
            let back = Stored::decode(&bytes).unwrap();
            prop_assert_eq!((back.flags, back.via, back.is_conflict, back.received), (stored.flags, stored.via, conflict, stored.received));
            prop_assert_eq!((back.cluster, back.record), (cluster.as_str(), record.as_slice()));
        }

        #[test]
        fn decode_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            Stored::decode(&bytes);
        }
    }
}
