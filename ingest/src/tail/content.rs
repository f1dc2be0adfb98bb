//! The content of one open file of a log, plain or compressed, from a place on.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::sync::Arc;

use flate2::bufread::MultiGzDecoder;
use serde::{Deserialize, Serialize};
use taffrail_event::Timestamp;

use super::fingerprint::PREFIX_BYTES;

/// Which file this is, while it is there: numbers of files that are gone are given out again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Identity {
    pub(super) device: u64,
    pub(super) inode: u64,
}

impl Identity {
    pub(super) fn of(metadata: &std::fs::Metadata) -> Self {
        Self { device: metadata.dev(), inode: metadata.ino() }
    }
}

/// A file, held open: what is in it can be read to its end whatever becomes of its name.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) identity: Identity,
    pub(super) is_gzip: bool,
    pub(super) file: Arc<File>,
}

impl Held {
    pub(super) fn size(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    /// When it was last written to.
    pub(super) fn modified(&self) -> io::Result<Timestamp> {
        let metadata = self.file.metadata()?;
        let micros = metadata.mtime().saturating_mul(1_000_000).saturating_add(metadata.mtime_nsec() / 1000);
        Ok(Timestamp::from_micros(micros))
    }

    /// Whether it has no name any more.
    pub(super) fn is_removed(&self) -> io::Result<bool> {
        Ok(self.file.metadata()?.nlink() == 0)
    }

    /// The beginning of its content. Of a compressed file that is not there as a whole yet: an error.
    pub(super) fn beginning(&self) -> io::Result<Vec<u8>> {
        self.read_at(0, PREFIX_BYTES)
    }

    /// So many bytes of its content from `offset` on; fewer at its end.
    pub(super) fn read_at(&self, offset: u64, count: usize) -> io::Result<Vec<u8>> {
        let mut read = Vec::with_capacity(count);
        self.content(offset)?.read(&mut read, count)?;
        Ok(read)
    }

    /// Its content from `offset` on. Of a compressed file, everything before is decompressed first.
    pub(super) fn content(&self, offset: u64) -> io::Result<Content> {
        if !self.is_gzip {
            return Ok(Content::Plain { file: Arc::clone(&self.file), pos: offset });
        }
        let file = BufReader::with_capacity(64 << 10, Positioned { file: Arc::clone(&self.file), pos: 0 });
        let mut decoder = Box::new(MultiGzDecoder::new(file));
        io::copy(&mut decoder.by_ref().take(offset), &mut io::sink())?;
        Ok(Content::Gzip(decoder))
    }

    /// Where the line begins that the file's end is in.
    pub(super) fn last_line_start(&self) -> io::Result<u64> {
        const LOOK_BACK: u64 = 1 << 20;
        let size = self.size()?;
        let from = size.saturating_sub(LOOK_BACK);
        let mut end = Vec::new();
        self.content(from)?.read(&mut end, LOOK_BACK as usize)?;
        let line_start = memchr::memrchr(b'\n', &end).map(|at| from + at as u64 + 1);
        Ok(line_start.unwrap_or(if from == 0 { 0 } else { size }))
    }
}

/// Content that is being read.
pub(super) enum Content {
    Plain { file: Arc<File>, pos: u64 },
    Gzip(Box<MultiGzDecoder<BufReader<Positioned>>>),
}

impl Content {
    /// Appends up to `count` bytes; fewer only at what is the end now.
    pub(super) fn read(&mut self, out: &mut Vec<u8>, count: usize) -> io::Result<usize> {
        match self {
            Self::Plain { file, pos } => {
                // The descriptor's own position is nobody else's: one thread reads.
                let mut file = &**file;
                file.seek(SeekFrom::Start(*pos))?;
                let read = file.take(count as u64).read_to_end(out)?;
                *pos += read as u64;
                Ok(read)
            }
            Self::Gzip(decoder) => decoder.take(count as u64).read_to_end(out),
        }
    }

    /// How much of the file was used, in its own bytes.
    pub(super) fn used(&self) -> u64 {
        match self {
            Self::Plain { pos, .. } => *pos,
            Self::Gzip(decoder) => decoder.get_ref().get_ref().pos,
        }
    }
}

/// Reads a file from a position of its own.
pub(super) struct Positioned {
    file: Arc<File>,
    pos: u64,
}

impl Read for Positioned {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(buf, self.pos)?;
        self.pos += read as u64;
        Ok(read)
    }
}
