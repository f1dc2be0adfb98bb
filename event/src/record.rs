//! Records on their way from a source to the index: the redacted bytes of each item and where they came from.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::audit::AuditRecord;
use crate::event::Kind;
use crate::flow::{Flow, StoredFlow};
use crate::outline::Outline;
use crate::time::Timestamp;

/// The route by which a record came in. A document lists all the routes of its copies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Via {
    /// `POST /v1/audit/{cluster}` or `POST /v1/flows/{cluster}`.
    Webhook,
    /// `taffrail import`.
    Import,
    /// A log file that is followed while it grows.
    File,
    /// Taffrail itself: gaps, and who read what.
    Taffrail,
}

impl Via {
    /// Every route.
    pub const ALL: [Self; 4] = [Self::Webhook, Self::Import, Self::File, Self::Taffrail];

    /// The name in `via` of the event JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Import => "import",
            Self::File => "file",
            Self::Taffrail => "taffrail",
        }
    }

    /// Whether a source of this route speaks by itself for as long as it runs, so that its silence means something.
    pub fn is_steady(self) -> bool {
        matches!(self, Self::Webhook | Self::File)
    }

    /// The route with this bit in a [`ViaSet`] or on disk.
    fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|via| *via as u8 == code)
    }
}

/// A set of routes, as one byte on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ViaSet(u8);

impl ViaSet {
    /// The set of the one route.
    pub fn of(via: Via) -> Self {
        Self(1 << (via as u8))
    }

    /// Both sets together.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The bits as stored.
    pub fn bits(self) -> u8 {
        self.0
    }

    /// From the bits as stored; unknown bits are kept.
    pub fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// The routes in the set.
    pub fn iter(self) -> impl Iterator<Item = Via> {
        Via::ALL.into_iter().filter(move |via| self.0 & (1 << (*via as u8)) != 0)
    }
}

/// Where and when a batch of records came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The cluster that the records speak about.
    pub cluster: Arc<str>,
    /// The source within it: `webhook`, `import:FILE`.
    pub source: Arc<str>,
    /// The route.
    pub via: Via,
    /// When the batch was read.
    pub received: Timestamp,
}

/// What is known of a record beside its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RecordFlags(u8);

impl RecordFlags {
    /// The record's bodies were larger than `ingest.max_event_bytes` and were cut by us.
    pub const CUT: Self = Self(1);
    /// The bodies did not tokenize and belonged to a secret-bearing resource: replaced whole.
    pub const WITHHELD: Self = Self(2);
    /// The record is a [`Gap`](crate::Gap) and no audit event. Only Taffrail sets it: bytes that look like one are none.
    pub const GAP: Self = Self(4);
    /// The record is a flow in its stored form (see [`crate::flow::write_stored`]) and no audit event.
    pub const FLOW: Self = Self(8);
    /// The record is a [`FindingRecord`](crate::FindingRecord) and no audit event. Only Taffrail sets it.
    pub const FINDING: Self = Self(16);

    /// Both sets of flags.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `other` is set.
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The bits as stored.
    pub fn bits(self) -> u8 {
        self.0
    }

    /// From the bits as stored.
    pub fn from_bits(bits: u8) -> Self {
        Self(bits)
    }
}

/// Records of one origin, one after the other in one buffer.
///
/// Record bytes are one redacted audit event each (a JSON object, not necessarily valid UTF-8), or what the flags say.
#[derive(Debug, Clone)]
pub struct RecordBatch {
    /// Shared by all records of the batch.
    pub origin: Arc<Origin>,
    bytes: Bytes,
    entries: Vec<Entry>,
}

/// One record of a batch.
#[derive(Debug, Clone)]
struct Entry {
    place: Range<u32>,
    flags: RecordFlags,
    known: Option<Known>,
}

/// What is known of a record because whoever had it before has read it.
#[derive(Debug, Clone)]
pub enum Known {
    /// Where the members of an audit event stand.
    Outline(Arc<Outline>),
    /// What [`crate::flow::StoredFlow::decode`] finds in it.
    Flow(Arc<Flow>),
}

impl Known {
    /// Reads a record with these flags; `None` of what is neither an audit event nor a flow.
    pub fn of(record: &[u8], flags: RecordFlags) -> Option<Self> {
        match Kind::of(flags) {
            Kind::Audit => AuditRecord::outline(record).ok().map(|outline| Self::Outline(outline.into())),
            Kind::Flow => StoredFlow::decode(record).map(|stored| Self::Flow(stored.flow)),
            Kind::Gap | Kind::Finding => None,
        }
    }
}

impl RecordBatch {
    /// How many records there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The size of all record bytes.
    pub fn byte_len(&self) -> usize {
        self.entries.iter().map(|entry| entry.place.len()).sum()
    }

    /// Each record's bytes (sharing the batch's buffer) and flags, in order.
    pub fn records(&self) -> impl ExactSizeIterator<Item = (Bytes, RecordFlags)> + '_ {
        self.entries.iter().map(|entry| self.record_at(entry))
    }

    /// The record at `index`.
    pub fn record(&self, index: usize) -> Option<(Bytes, RecordFlags)> {
        self.entries.get(index).map(|entry| self.record_at(entry))
    }

    fn record_at(&self, Entry { place, flags, .. }: &Entry) -> (Bytes, RecordFlags) {
        (self.bytes.slice(place.start as usize..place.end as usize), *flags)
    }

    /// What is known of the record at `index`.
    pub fn known(&self, index: usize) -> Option<Known> {
        self.entries.get(index)?.known.clone()
    }

    /// The batch with what is known of its records, in their order.
    #[must_use]
    pub fn with_known(mut self, known: Vec<Option<Known>>) -> Self {
        self.entries.iter_mut().zip(known).for_each(|(entry, known)| entry.known = known);
        self
    }

    /// The header of the batch as a journal payload; the payload is this followed by [`RecordBatch::body`].
    ///
    /// Layout (little endian): version u8 = 1, via u8, received i64, cluster length u16 and bytes, source length u16 and
    /// bytes, record count u32, then per record flags u8 and length u32. The records' bytes follow without gaps.
    pub fn encode_header(&self) -> Vec<u8> {
        let origin = &self.origin;
        let mut out =
            Vec::with_capacity(32 + origin.cluster.len() + origin.source.len() + self.entries.len() * 5);
        out.extend_from_slice(&[PAYLOAD_VERSION, origin.via as u8]);
        out.extend_from_slice(&origin.received.micros().to_le_bytes());
        for name in [&origin.cluster, &origin.source] {
            let name = cut_name(name);
            out.extend_from_slice(&u16::try_from(name.len()).unwrap_or(u16::MAX).to_le_bytes());
            out.extend_from_slice(name);
        }
        out.extend_from_slice(&u32::try_from(self.entries.len()).unwrap_or(u32::MAX).to_le_bytes());
        for Entry { place, flags, .. } in &self.entries {
            out.push(flags.0);
            out.extend_from_slice(&(place.end - place.start).to_le_bytes());
        }
        out
    }

    /// The records' bytes, in order and without gaps.
    pub fn body(&self) -> &[u8] {
        &self.bytes
    }

    /// Reads a journal payload back, sharing its buffer.
    pub fn decode(payload: &Bytes) -> Result<Self, BadPayload> {
        let mut reader = PayloadReader { payload, pos: 0 };
        let version = reader.u8()?;
        if version != PAYLOAD_VERSION {
            return Err(BadPayload::Version(version));
        }
        let via = Via::from_code(reader.u8()?).ok_or(BadPayload::Malformed)?;
        let received = Timestamp::from_micros(i64::from_le_bytes(reader.array()?));
        let cluster = reader.name()?;
        let source = reader.name()?;
        let count = u32::from_le_bytes(reader.array()?) as usize;
        if count > payload.len() / ENTRY_BYTES {
            return Err(BadPayload::Malformed);
        }
        let mut entries = Vec::with_capacity(count);
        let mut end = 0_u32;
        for _ in 0..count {
            let flags = RecordFlags(reader.u8()?);
            let start = end;
            end = start.checked_add(u32::from_le_bytes(reader.array()?)).ok_or(BadPayload::Malformed)?;
            entries.push(Entry { place: start..end, flags, known: None });
        }
        let bytes = payload.slice(reader.pos..);
        if bytes.len() != end as usize {
            return Err(BadPayload::Malformed);
        }
        Ok(Self { origin: Arc::new(Origin { cluster, source, via, received }), bytes, entries })
    }
}

const PAYLOAD_VERSION: u8 = 1;
const ENTRY_BYTES: usize = 5;

/// A journal payload that is not a record batch.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadPayload {
    /// Written by a newer version.
    #[error("journal payload has version {0}, this build reads version 1; use the release that wrote it")]
    Version(u8),
    /// Its lengths contradict each other.
    #[error("journal payload is malformed although its checksum is right")]
    Malformed,
}

struct PayloadReader<'a> {
    payload: &'a Bytes,
    pos: usize,
}

impl PayloadReader<'_> {
    fn take(&mut self, len: usize) -> Result<&[u8], BadPayload> {
        let slice = self.payload.get(self.pos..self.pos + len).ok_or(BadPayload::Malformed)?;
        self.pos += len;
        Ok(slice)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], BadPayload> {
        self.take(N)?.try_into().map_err(|_| BadPayload::Malformed)
    }

    fn u8(&mut self) -> Result<u8, BadPayload> {
        Ok(self.take(1)?[0])
    }

    fn name(&mut self) -> Result<Arc<str>, BadPayload> {
        let len = u16::from_le_bytes(self.array()?) as usize;
        std::str::from_utf8(self.take(len)?).map(Arc::from).map_err(|_| BadPayload::Malformed)
    }
}

/// The name's first 1,024 bytes, cut between characters: a file path may be longer than anyone needs.
fn cut_name(name: &str) -> &[u8] {
    let mut end = name.len().min(1024);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    &name.as_bytes()[..end]
}

/// Collects records into a [`RecordBatch`].
pub struct BatchBuilder {
    origin: Arc<Origin>,
    bytes: Vec<u8>,
    entries: Vec<Entry>,
}

impl BatchBuilder {
    /// An empty batch of that origin.
    pub fn new(origin: Arc<Origin>) -> Self {
        Self { origin, bytes: Vec::new(), entries: Vec::new() }
    }

    /// Makes room for so many bytes of records.
    pub fn reserve(&mut self, bytes: usize) {
        self.bytes.reserve(bytes);
    }

    /// Appends one record that `write` puts at the end of the buffer; if it fails, the buffer is as before. `write` says too
    /// what it knows of the record.
    pub fn push_with<E>(
        &mut self,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(RecordFlags, Option<Known>), E>,
    ) -> Result<(), E> {
        let start = self.bytes.len();
        match write(&mut self.bytes) {
            Ok((flags, known)) => {
                let place = offset(start)..offset(self.bytes.len());
                self.entries.push(Entry { place, flags, known });
                Ok(())
            }
            Err(error) => {
                self.bytes.truncate(start);
                Err(error)
            }
        }
    }

    /// Appends a copy of `record`.
    pub fn push(&mut self, record: &[u8], flags: RecordFlags) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(record);
        self.entries.push(Entry { place: offset(start)..offset(self.bytes.len()), flags, known: None });
    }

    /// The bytes of a record that is in it, by its number; they may be changed where they stand.
    pub fn record_mut(&mut self, number: usize) -> Option<&mut [u8]> {
        let Range { start, end } = self.entries.get(number)?.place.clone();
        self.bytes.get_mut(start as usize..end as usize)
    }

    /// How many bytes are in it. A batch must stay below 4 GiB: finish it long before.
    pub fn byte_len(&self) -> usize {
        self.bytes.len()
    }

    /// How many records are in it.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The batch; the builder is empty again.
    pub fn finish(&mut self) -> RecordBatch {
        RecordBatch {
            origin: Arc::clone(&self.origin),
            bytes: Bytes::from(std::mem::take(&mut self.bytes)),
            entries: std::mem::take(&mut self.entries),
        }
    }
}

impl fmt::Debug for BatchBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BatchBuilder").field("records", &self.entries.len()).finish_non_exhaustive()
    }
}

fn offset(len: usize) -> u32 {
    u32::try_from(len).expect("a batch is finished long before it holds 4 GiB")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn origin() -> Arc<Origin> {
        Arc::new(Origin {
            cluster: "prod".into(),
            source: "webhook".into(),
            via: Via::Webhook,
            received: Timestamp::from_micros(7),
        })
    }

    fn payload(batch: &RecordBatch) -> Bytes {
        let mut payload = batch.encode_header();
        payload.extend_from_slice(batch.body());
        payload.into()
    }

    proptest! {
        #[test]
        fn payload_round_trip(records in proptest::collection::vec((proptest::collection::vec(any::<u8>(), 0..40), 0_u8..4), 0..20)) {
            let mut builder = BatchBuilder::new(origin());
            for (record, flags) in &records {
                builder.push(record, RecordFlags::from_bits(*flags));
            }
            let decoded = RecordBatch::decode(&payload(&builder.finish())).unwrap();
            prop_assert_eq!(&decoded.origin, &origin());
            let found: Vec<_> = decoded.records().map(|(bytes, flags)| (bytes.to_vec(), flags.bits())).collect();
            prop_assert_eq!(found, records);
        }

        #[test]
        fn decode_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let mut payload = vec![PAYLOAD_VERSION, 0];
            payload.extend_from_slice(&bytes);
            RecordBatch::decode(&payload.into()).ok();
            RecordBatch::decode(&bytes.into()).ok();
        }
    }
}
