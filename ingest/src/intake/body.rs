//! A request's body, decompressed.
//!
//! Three things can end it early, and they mean different things to the sender: the transport failed (an error), it
//! expands beyond all measure (an error), or its compression is corrupt (the end: what came before is good).

use std::io::{self, BufReader, Cursor, Read};

use flate2::bufread::MultiGzDecoder;
use sha2::{Digest, Sha256};

use crate::split::{Junk, JunkReason};

/// What a body may expand to, relative to its own size, once it is larger than [`FREE_BYTES`]. Audit events compress by
/// 10 to 30, a batch of one event repeated by 200.
pub(super) const MAX_RATIO: u64 = 250;

/// What any body may expand to.
const FREE_BYTES: u64 = 64 << 20;

/// What RFC 9659 lets a sender of `Content-Encoding: zstd` ask of a receiver: 8 MiB.
const ZSTD_WINDOW_LOG: u32 = 23;

/// What a dead letter shows of a compressed stream: its header. No mask sees into the rest.
const SHOWN_BYTES: usize = 16;

pub(super) struct Body<R: Read> {
    decoder: Decoder<R>,
    max_bytes: u64,
    bytes: u64,
    too_large: bool,
    corrupt: Option<String>,
}

enum Decoder<R: Read> {
    Identity(Source<R>),
    Gzip(Box<MultiGzDecoder<BufReader<Source<R>>>>),
    Zstd(Box<zstd::stream::read::Decoder<'static, BufReader<Source<R>>>>),
}

impl<R: Read> Body<R> {
    /// The body behind `reader`. Its first bytes say how it is compressed: no JSON begins like gzip or Zstandard, while
    /// headers get lost, or stay behind where a proxy has decompressed.
    pub(super) fn new(mut reader: R, max_bytes: u64) -> io::Result<Self> {
        let mut beginning = Vec::with_capacity(4);
        reader.by_ref().take(4).read_to_end(&mut beginning)?;
        let (is_gzip, is_zstd) =
            (beginning.starts_with(&[0x1f, 0x8b]), beginning.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]));
        let stream = (is_gzip || is_zstd).then(Stream::default);
        let source = Source { beginning: Cursor::new(beginning), reader, bytes: 0, stream, failed: false };
        let decoder = if is_gzip {
            Decoder::Gzip(Box::new(MultiGzDecoder::new(BufReader::new(source))))
        } else if is_zstd {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(BufReader::new(source))?;
            decoder.window_log_max(ZSTD_WINDOW_LOG)?;
            Decoder::Zstd(Box::new(decoder))
        } else {
            Decoder::Identity(source)
        };
        Ok(Self { decoder, max_bytes, bytes: 0, too_large: false, corrupt: None })
    }

    /// Bytes after decompression so far.
    pub(super) fn decoded_bytes(&self) -> u64 {
        self.bytes
    }

    /// Bytes before decompression so far.
    pub(super) fn sent_bytes(&self) -> u64 {
        self.source().bytes
    }

    /// Whether the error was that it expands beyond all measure.
    pub(super) fn is_too_large(&self) -> bool {
        self.too_large
    }

    /// Why it ended early, if it did because its compression is corrupt.
    pub(super) fn corrupt(&self) -> Option<&str> {
        self.corrupt.as_deref()
    }

    /// Reads what is left behind a corrupt place, so that the sender gets to read the answer.
    pub(super) fn drain(&mut self) -> io::Result<()> {
        let source = match &mut self.decoder {
            Decoder::Identity(source) => source,
            Decoder::Gzip(decoder) => decoder.get_mut().get_mut(),
            Decoder::Zstd(decoder) => decoder.get_mut().get_mut(),
        };
        io::copy(source, &mut io::sink()).map(drop)
    }

    /// All of a compressed body as it came, once it was read to its end.
    pub(super) fn into_junk(self) -> Junk {
        let offset = self.bytes;
        let Source { bytes, stream, .. } = self.into_source();
        let Stream { hash, beginning } = stream.unwrap_or_default();
        let sha256 = hash.finalize().into();
        Junk { reason: JunkReason::Truncated, offset, size: bytes, sha256, excerpt: beginning }
    }

    fn into_source(self) -> Source<R> {
        match self.decoder {
            Decoder::Identity(source) => source,
            Decoder::Gzip(decoder) => decoder.into_inner().into_inner(),
            Decoder::Zstd(decoder) => decoder.finish().into_inner(),
        }
    }

    fn source(&self) -> &Source<R> {
        match &self.decoder {
            Decoder::Identity(source) => source,
            Decoder::Gzip(decoder) => decoder.get_ref().get_ref(),
            Decoder::Zstd(decoder) => decoder.get_ref().get_ref(),
        }
    }
}

impl<R: Read> Read for Body<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.corrupt.is_some() {
            return Ok(0);
        }
        let (read, name) = match &mut self.decoder {
            Decoder::Identity(source) => (source.read(buf), ""),
            Decoder::Gzip(decoder) => (decoder.read(buf), "gzip"),
            Decoder::Zstd(decoder) => (decoder.read(buf), "zstd"),
        };
        match read {
            Ok(count) => {
                self.bytes += count as u64;
                let measure = FREE_BYTES.max(self.sent_bytes().saturating_mul(MAX_RATIO)).min(self.max_bytes);
                if !name.is_empty() && self.bytes > measure {
                    self.too_large = true;
                    return Err(io::Error::other("the body expands beyond all measure"));
                }
                Ok(count)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted || self.source().failed => Err(error),
            Err(error) => {
                let bytes = self.bytes;
                self.corrupt =
                    Some(format!("the {name} stream is corrupt after {bytes} decoded bytes: {error}"));
                Ok(0)
            }
        }
    }
}

/// The transport: counts, and remembers whether an error is its own.
struct Source<R> {
    beginning: Cursor<Vec<u8>>,
    reader: R,
    bytes: u64,
    /// `None` if it is not compressed.
    stream: Option<Stream>,
    failed: bool,
}

/// What is known of a compressed stream when nobody can decompress it.
#[derive(Default)]
struct Stream {
    hash: Sha256,
    beginning: Vec<u8>,
}

impl Stream {
    fn add(&mut self, bytes: &[u8]) {
        self.hash.update(bytes);
        let left = SHOWN_BYTES.saturating_sub(self.beginning.len());
        self.beginning.extend_from_slice(&bytes[..left.min(bytes.len())]);
    }
}

impl<R: Read> Read for Source<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = match self.beginning.read(buf) {
            Ok(0) => self.reader.read(buf),
            read => read,
        };
        match &read {
            Ok(count) => {
                self.bytes += *count as u64;
                if let Some(stream) = &mut self.stream {
                    stream.add(&buf[..*count]);
                }
            }
            Err(error) => self.failed |= error.kind() != io::ErrorKind::Interrupted,
        }
        read
    }
}
