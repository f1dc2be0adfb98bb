//! One input after the other, decompressed, with its name and how far it was read.

use std::fs::{self, File};
use std::io::{self, BufReader, Cursor, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;

use super::ImportInput;
use crate::error::IngestError;

/// The most that `zstd --long=31` asks for; the file is the user's own.
const ZSTD_WINDOW_LOG: u32 = 31;

const READ_BYTES: usize = 256 << 10;

/// An open input. Once it cannot be read any further, every later attempt says so again.
pub(super) struct Input {
    name: Arc<str>,
    reader: Box<dyn Read + Send>,
    /// Bytes after decompression.
    offset: u64,
    broken: Option<(io::ErrorKind, String)>,
}

/// The sum of the files' sizes, as far as they have one. Opens none; says early which is missing.
pub(super) fn total_bytes(inputs: &[ImportInput]) -> Result<Option<u64>, IngestError> {
    let mut total = Some(0_u64);
    for input in inputs {
        let size = match input {
            ImportInput::Stdin => None,
            ImportInput::File(path) => {
                let metadata = fs::metadata(path).map_err(|error| failed(&display(path), 0, error))?;
                if metadata.is_dir() {
                    let hint = "it is a directory; name the files in it";
                    return Err(failed(&display(path), 0, io::Error::new(io::ErrorKind::IsADirectory, hint)));
                }
                metadata.is_file().then_some(metadata.len())
            }
        };
        total = total.zip(size).map(|(total, size)| total + size);
    }
    Ok(total)
}

impl Input {
    /// Opens `input`; `progress` counts the bytes read of it as it lies there.
    pub(super) fn open(input: &ImportInput, progress: &Arc<AtomicU64>) -> Result<Self, IngestError> {
        let (name, reader): (String, Box<dyn Read + Send>) = match input {
            ImportInput::Stdin => ("stdin".to_owned(), Box::new(io::stdin())),
            ImportInput::File(path) => {
                let name = display(path);
                let file = File::open(path).map_err(|error| failed(&name, 0, error))?;
                (name, Box::new(file))
            }
        };
        let counted = Counted { reader, bytes: Arc::clone(progress) };
        let reader = decompressed(counted).map_err(|error| failed(&name, 0, error))?;
        Ok(Self { name: name.into(), reader, offset: 0, broken: None })
    }

    /// The last part of the path, for the events' source.
    pub(super) fn source(&self) -> String {
        format!("import:{}", Path::new(self.name.as_ref()).file_name().unwrap_or_default().to_string_lossy())
    }

    /// What to say if reading it fails.
    pub(super) fn failed(&self, error: io::Error) -> IngestError {
        failed(&self.name, self.offset, error)
    }

    /// Reads until `buf` holds `size` bytes or the input ends; whether it has ended. After an error `buf` holds what came
    /// before it.
    pub(super) fn fill(&mut self, buf: &mut Vec<u8>, size: usize) -> io::Result<bool> {
        let wanted = size.saturating_sub(buf.len());
        buf.reserve_exact(wanted);
        let read = self.by_ref().take(wanted as u64).read_to_end(buf);
        read.map(|count| count < wanted)
    }
}

impl Read for Input {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if let Some((kind, reason)) = &self.broken {
            return Err(io::Error::new(*kind, reason.as_str()));
        }
        let read = self.reader.read(buf);
        match &read {
            Ok(count) => self.offset += *count as u64,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => self.broken = Some((error.kind(), error.to_string())),
        }
        read
    }
}

fn failed(input: &str, offset: u64, source: io::Error) -> IngestError {
    IngestError::Input { input: input.to_owned(), offset, source }
}

fn display(path: &Path) -> String {
    path.display().to_string()
}

fn decompressed(mut reader: Counted) -> io::Result<Box<dyn Read + Send>> {
    let mut beginning = Vec::with_capacity(4);
    reader.by_ref().take(4).read_to_end(&mut beginning)?;
    let is_gzip = beginning.starts_with(&[0x1f, 0x8b]);
    let is_zstd = beginning == [0x28, 0xb5, 0x2f, 0xfd];
    let whole = Cursor::new(beginning).chain(reader);
    Ok(if is_gzip {
        Box::new(MultiGzDecoder::new(BufReader::with_capacity(READ_BYTES, whole)))
    } else if is_zstd {
        let mut decoder =
            zstd::stream::read::Decoder::with_buffer(BufReader::with_capacity(READ_BYTES, whole))?;
        decoder.window_log_max(ZSTD_WINDOW_LOG)?;
        Box::new(decoder)
    } else {
        Box::new(whole)
    })
}

struct Counted {
    reader: Box<dyn Read + Send>,
    bytes: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buf)?;
        self.bytes.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}
