//! The segment file: its name, its header, and the list of those in a directory.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::disk::Disk;
use super::error::JournalError;
use super::frame::Salt;

/// The format version that this build writes and the newest that it reads.
pub const FORMAT_VERSION: u32 = 1;

/// Bytes before a segment's first frame: the header, twice, so that one bad byte in it loses nothing.
pub(super) const SEGMENT_HEADER_BYTES: u64 = 2 * COPY_BYTES as u64;

const COPY_BYTES: usize = 32;
const SEGMENT_MAGIC: [u8; 8] = *b"taffjrnl";

/// What the start of a segment file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SegmentHeader {
    /// Both copies are right.
    Good(Salt),
    /// One copy is damaged.
    Worn(Salt),
    /// Neither copy can be used.
    Unreadable,
    /// Written by a newer build.
    Newer(u32),
}

impl SegmentHeader {
    pub(super) fn encode(first: u64, salt: Salt) -> [u8; SEGMENT_HEADER_BYTES as usize] {
        let mut bytes = [0; SEGMENT_HEADER_BYTES as usize];
        let (copy, second) = bytes.split_at_mut(COPY_BYTES);
        copy[..8].copy_from_slice(&SEGMENT_MAGIC);
        copy[8..12].copy_from_slice(&FORMAT_VERSION.to_le_bytes());
        copy[12..20].copy_from_slice(&first.to_le_bytes());
        copy[20..28].copy_from_slice(&salt.0.to_le_bytes());
        let crc = crc32c::crc32c(&copy[..28]);
        copy[28..].copy_from_slice(&crc.to_le_bytes());
        second.copy_from_slice(copy);
        bytes
    }

    /// Reads the header of the segment whose name says `first`.
    pub(super) fn read(disk: &dyn Disk, file: &File, first: u64) -> io::Result<Self> {
        let mut bytes = [0; SEGMENT_HEADER_BYTES as usize];
        let mut filled = 0;
        while filled < bytes.len() {
            match disk.read(file, &mut bytes[filled..], filled as u64) {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if is_bad_sector(&error) => break,
                Err(error) => return Err(error),
            }
        }
        Ok(Self::decode(&bytes, first))
    }

    fn decode(bytes: &[u8; SEGMENT_HEADER_BYTES as usize], first: u64) -> Self {
        let (one, two) = bytes.split_at(COPY_BYTES);
        match (Copy::decode(one), Copy::decode(two)) {
            (Some(copy), _) | (None, Some(copy)) if copy.version > FORMAT_VERSION => {
                Self::Newer(copy.version)
            }
            (Some(copy), Some(_)) if copy.first == first => Self::Good(copy.salt),
            (Some(copy), None) | (None, Some(copy)) if copy.first == first => Self::Worn(copy.salt),
            _ => Self::Unreadable,
        }
    }

    /// The salt, if a copy could be read.
    pub(super) fn salt(self) -> Option<Salt> {
        match self {
            Self::Good(salt) | Self::Worn(salt) => Some(salt),
            Self::Unreadable | Self::Newer(_) => None,
        }
    }
}

struct Copy {
    version: u32,
    first: u64,
    salt: Salt,
}

impl Copy {
    // Magic, version and the place of the checksum are the same in every version, so that an old build can
    // always tell a newer segment from a damaged one.
    fn decode(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; COPY_BYTES] = bytes.first_chunk()?;
        let u32_at = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let u64_at = |at: usize| u64::from(u32_at(at)) | u64::from(u32_at(at + 4)) << 32;
        let ok = bytes[..8] == SEGMENT_MAGIC && u32_at(28) == crc32c::crc32c(&bytes[..28]);
        ok.then(|| Self { version: u32_at(8), first: u64_at(12), salt: Salt(u64_at(20)) })
    }
}

/// The file name of the segment that begins with `first`. Twenty digits hold any u64, so names sort as numbers.
pub(super) fn segment_path(dir: &Path, first: u64) -> PathBuf {
    dir.join(format!("{first:020}.seg"))
}

/// The segments in `dir`, oldest first, with their lengths. Other files are not ours and are left alone.
pub(super) fn list_segments(dir: &Path) -> Result<Vec<(u64, u64)>, JournalError> {
    let mut segments = Vec::new();
    for entry in fs::read_dir(dir).map_err(JournalError::io("list", dir))? {
        let entry = entry.map_err(JournalError::io("list", dir))?;
        let Some(first) = entry.file_name().to_str().and_then(parse_name) else { continue };
        match entry.metadata() {
            Ok(meta) if meta.is_file() => segments.push((first, meta.len())),
            Ok(_) => {}
            // The writer of another process may truncate while this one lists.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(JournalError::io("read", &entry.path())(error)),
        }
    }
    segments.sort_unstable();
    Ok(segments)
}

fn parse_name(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".seg")?;
    (digits.len() == 20 && digits.bytes().all(|b| b.is_ascii_digit())).then(|| digits.parse().ok())?
}

/// A part of the medium that cannot be read is damage like any other, not a reason to stop.
pub(super) fn is_bad_sector(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SALT: Salt = Salt(0xfeed_beef_0bad_cafe);

    #[test]
    fn header_survives_any_single_bad_byte_and_no_more() {
        let good = SegmentHeader::encode(42, SALT);
        assert_eq!(SegmentHeader::decode(&good, 42), SegmentHeader::Good(SALT));
        assert_eq!(SegmentHeader::decode(&good, 43), SegmentHeader::Unreadable);
        for at in 0..good.len() {
            let mut bytes = good;
            bytes[at] ^= 0x40;
            assert_eq!(SegmentHeader::decode(&bytes, 42), SegmentHeader::Worn(SALT), "byte {at}");
            bytes[(at + COPY_BYTES) % good.len()] ^= 0x01;
            assert_eq!(SegmentHeader::decode(&bytes, 42), SegmentHeader::Unreadable, "byte {at} of both");
        }
    }

    #[test]
    fn header_of_a_newer_format_is_told_from_damage() {
        let mut bytes = SegmentHeader::encode(42, SALT);
        bytes[8..12].copy_from_slice(&7_u32.to_le_bytes());
        let crc = crc32c::crc32c(&bytes[..28]);
        bytes[28..32].copy_from_slice(&crc.to_le_bytes());
        assert_eq!(SegmentHeader::decode(&bytes, 42), SegmentHeader::Newer(7));
    }

    #[test]
    fn names_are_twenty_digits() {
        let check = |name: &str, expected: Option<u64>| assert_eq!(parse_name(name), expected, "{name}");
        check("00000000000000000000.seg", Some(0));
        check("18446744073709551615.seg", Some(u64::MAX));
        check("18446744073709551616.seg", None);
        check("42.seg", None);
        check("00000000000000000042.seg.bak", None);
        check("+0000000000000000042.seg", None);
    }
}
