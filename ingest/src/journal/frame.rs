//! The frame: a 28-byte header and a payload, each under its own salted checksum.
//!
//! The header has a checksum of its own so that a search for the next good frame rejects a wrong candidate in
//! constant time and a damaged payload still tells how many records it held. Both are salted with a secret of
//! the journal, because payloads come from outside: without the salt, a payload could carry bytes that look
//! like a frame, and damage to the real one would let them in as records that nobody sent.

use bytes::Bytes;

/// Bytes before a frame's payload.
pub(super) const FRAME_HEADER_BYTES: usize = 28;

/// The most that one payload may have. A frame is read in one piece, so this bounds the reader's memory.
pub const MAX_PAYLOAD_BYTES: usize = 256 << 20;

/// Starts every frame. 0xf6 never occurs in UTF-8, so JSON payloads give no false candidates.
pub(super) const FRAME_MAGIC: [u8; 4] = [0xf6, b'T', b'f', 0x1a];

/// Consecutive records as they were appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Sequence number of the first record.
    pub first: u64,
    /// How many records it holds, at least one.
    pub records: u32,
    /// The bytes as they were appended.
    pub payload: Bytes,
}

impl Frame {
    /// The sequence number after the last record.
    #[must_use]
    pub fn next(&self) -> u64 {
        self.first.saturating_add(u64::from(self.records))
    }
}

/// The secret with which a journal's checksums start.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Salt(pub(super) u64);

impl Salt {
    fn header_seed(self) -> u32 {
        (self.0 >> 32) as u32
    }

    fn payload_seed(self) -> u32 {
        self.0 as u32
    }

    /// The checksum of a payload given in parts.
    pub(super) fn payload_crc(self, parts: &[&[u8]]) -> u32 {
        parts.iter().fold(self.payload_seed(), |crc, part| crc32c::crc32c_append(crc, part))
    }
}

impl std::fmt::Debug for Salt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Salt(..)")
    }
}

/// What the header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FrameHeader {
    pub(super) payload_bytes: u32,
    pub(super) first: u64,
    pub(super) records: u32,
    pub(super) payload_crc: u32,
}

impl FrameHeader {
    pub(super) fn encode(&self, salt: Salt) -> [u8; FRAME_HEADER_BYTES] {
        let mut bytes = [0; FRAME_HEADER_BYTES];
        bytes[..4].copy_from_slice(&FRAME_MAGIC);
        bytes[4..8].copy_from_slice(&self.payload_bytes.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.first.to_le_bytes());
        bytes[16..20].copy_from_slice(&self.records.to_le_bytes());
        bytes[20..24].copy_from_slice(&self.payload_crc.to_le_bytes());
        let crc = crc32c::crc32c_append(salt.header_seed(), &bytes[..24]);
        bytes[24..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// `None` unless the bytes are a header that this journal wrote.
    pub(super) fn decode(bytes: &[u8], salt: Salt) -> Option<Self> {
        let bytes: &[u8; FRAME_HEADER_BYTES] = bytes.first_chunk()?;
        if bytes[..4] != FRAME_MAGIC {
            return None;
        }
        let u32_at = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        if u32_at(24) != crc32c::crc32c_append(salt.header_seed(), &bytes[..24]) {
            return None;
        }
        let first = u64::from(u32_at(8)) | u64::from(u32_at(12)) << 32;
        let header = Self { payload_bytes: u32_at(4), first, records: u32_at(16), payload_crc: u32_at(20) };
        let plausible = header.records > 0
            && header.payload_bytes as usize <= MAX_PAYLOAD_BYTES
            && first.checked_add(u64::from(header.records)).is_some();
        plausible.then_some(header)
    }

    /// Bytes of the whole frame.
    pub(super) fn frame_bytes(&self) -> u64 {
        FRAME_HEADER_BYTES as u64 + u64::from(self.payload_bytes)
    }

    /// The sequence number after the last record.
    pub(super) fn next(&self) -> u64 {
        self.first + u64::from(self.records)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SALT: Salt = Salt(0x0123_4567_89ab_cdef);

    proptest! {
        #[test]
        fn header_round_trips_and_every_flipped_bit_is_seen(
            payload_bytes in 0..=MAX_PAYLOAD_BYTES as u32,
            first in 0..u64::MAX - u64::from(u32::MAX),
            records in 1..u32::MAX,
            payload_crc: u32,
            bit in 0..FRAME_HEADER_BYTES * 8,
        ) {
            let header = FrameHeader { payload_bytes, first, records, payload_crc };
            let mut bytes = header.encode(SALT);
            prop_assert_eq!(FrameHeader::decode(&bytes, SALT), Some(header));
            prop_assert_eq!(FrameHeader::decode(&bytes, Salt(1)), None);
            bytes[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(FrameHeader::decode(&bytes, SALT), None);
        }

        #[test]
        fn any_bytes_are_no_header(bytes: Vec<u8>) {
            prop_assert_eq!(FrameHeader::decode(&bytes, SALT), None);
        }
    }

    #[test]
    fn header_refuses_what_the_writer_never_writes() {
        let good = FrameHeader { payload_bytes: 1, first: 7, records: 1, payload_crc: 0 };
        let check = |header: FrameHeader, ok: bool| {
            assert_eq!(FrameHeader::decode(&header.encode(SALT), SALT).is_some(), ok, "{header:?}");
        };
        check(good, true);
        check(FrameHeader { records: 0, ..good }, false);
        check(FrameHeader { first: u64::MAX, ..good }, false);
        check(FrameHeader { payload_bytes: MAX_PAYLOAD_BYTES as u32 + 1, ..good }, false);
    }

    #[test]
    fn payload_checksum_does_not_depend_on_the_parts() {
        assert_eq!(SALT.payload_crc(&[b"ab", b"", b"c"]), SALT.payload_crc(&[b"abc"]));
        assert_ne!(SALT.payload_crc(&[b"abc"]), Salt(2).payload_crc(&[b"abc"]));
    }
}
