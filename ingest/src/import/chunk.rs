//! An input in chunks of whole items.
//!
//! A file of JSON lines, or of flow records, is cut at line ends, which costs next to nothing, and whoever takes a chunk looks
//! into the lines.
//! Anything else (one list on one line, a list over many lines) is cut item by item here.

use std::io::{Cursor, Read};
use std::ops::Range;

use memchr::{memchr, memrchr};

use super::input::Input;
use crate::error::IngestError;
use crate::flows::are_flows;
use crate::split::{Junk, JunkReason, Piece, SplitError, Splitter};

/// Large enough that handing it on costs nothing, small enough that a few of them are little.
const CHUNK_BYTES: usize = 2 << 20;

/// A part of an input.
pub(super) struct Chunk {
    /// Where it begins.
    pub(super) offset: u64,
    pub(super) bytes: Vec<u8>,
    pub(super) content: Content,
}

pub(super) enum Content {
    /// Whole lines.
    Lines,
    /// Whole lines of flow records.
    Flows,
    /// Items that were cut out already, and what was between them.
    Items { items: Vec<(Range<usize>, bool)>, junk: Vec<Junk> },
}

/// Gives `each` the chunks of `input` until it answers `false`. If the input breaks off, everything whole before that comes
/// first, then the error.
pub(super) fn read(
    mut input: Input,
    max_event_bytes: u64,
    mut each: impl FnMut(Chunk) -> bool,
) -> Result<(), IngestError> {
    let mut bytes = Vec::new();
    let mut offset = 0;
    let mut filled = input.fill(&mut bytes, CHUNK_BYTES);
    let is_flows = are_flows(&bytes);
    if !is_flows && !begins_with_a_line(&bytes, max_event_bytes) {
        return read_items(input, bytes, offset, max_event_bytes, each);
    }
    loop {
        let ended = matches!(filled, Ok(true));
        // A last line without an end is one all the same, unless there was more of it.
        let end = if ended { bytes.len() } else { memrchr(b'\n', &bytes).map_or(0, |at| at + 1) };
        if end == 0 && matches!(filled, Ok(false)) {
            if bytes.len() as u64 > max_event_bytes && !is_flows {
                return read_items(input, bytes, offset, max_event_bytes, each);
            }
            let size = bytes.len() * 2;
            filled = input.fill(&mut bytes, size);
            continue;
        }
        let rest = bytes.split_off(end);
        let content = if is_flows { Content::Flows } else { Content::Lines };
        let chunk = Chunk { offset, bytes, content };
        offset += end as u64;
        if !each(chunk) || ended {
            return Ok(());
        }
        if let Err(error) = filled {
            return Err(input.failed(error));
        }
        bytes = rest;
        filled = input.fill(&mut bytes, CHUNK_BYTES);
    }
}

/// Whether the first line is whole items and nothing else.
fn begins_with_a_line(bytes: &[u8], max_event_bytes: u64) -> bool {
    let begin = bytes.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(0);
    let bytes = &bytes[begin..];
    let Some(end) = memchr(b'\n', bytes) else { return false };
    let mut splitter = Splitter::new(&bytes[..end], max_event_bytes);
    loop {
        match splitter.next_piece() {
            Ok(Some(Piece::Junk(Junk { reason: JunkReason::Truncated | JunkReason::OpenList, .. }))) => {
                return false;
            }
            Ok(Some(_)) => {}
            Ok(None) | Err(_) => return true,
        }
    }
}

fn read_items(
    input: Input,
    beginning: Vec<u8>,
    offset: u64,
    max_event_bytes: u64,
    mut each: impl FnMut(Chunk) -> bool,
) -> Result<(), IngestError> {
    let mut splitter = Splitter::new(Cursor::new(beginning).chain(input), max_event_bytes);
    let mut next = ItemChunk::new(offset);
    let mut broken = None;
    loop {
        match splitter.next_piece() {
            // In the middle of something: nothing can be said of it.
            Ok(Some(Piece::Junk(_))) if broken.is_some() => {}
            Ok(Some(Piece::Item { bytes, cut })) => {
                let start = next.bytes.len();
                next.bytes.extend_from_slice(bytes);
                next.items.push((start..next.bytes.len(), cut));
            }
            Ok(Some(Piece::Junk(mut junk))) => {
                junk.offset += offset;
                next.size += junk.excerpt.len();
                next.junk.push(junk);
            }
            Ok(None) => {
                each(next.finish());
                return Ok(());
            }
            // It may have read whole items before the error; they come when it is asked again.
            Err(SplitError::Read(error)) if broken.is_none() => broken = Some(error),
            Err(error) => {
                each(next.finish());
                let (_, input) = splitter.into_reader().into_inner();
                return Err(input.failed(match error {
                    SplitError::Read(error) => broken.unwrap_or(error),
                    SplitError::NoRoom => std::io::ErrorKind::OutOfMemory.into(),
                }));
            }
        }
        if next.bytes.len() + next.size >= CHUNK_BYTES {
            let full = std::mem::replace(&mut next, ItemChunk::new(offset + splitter.offset()));
            if !each(full.finish()) {
                return Ok(());
            }
        }
    }
}

struct ItemChunk {
    offset: u64,
    bytes: Vec<u8>,
    items: Vec<(Range<usize>, bool)>,
    junk: Vec<Junk>,
    /// Bytes held by `junk`.
    size: usize,
}

impl ItemChunk {
    fn new(offset: u64) -> Self {
        Self { offset, bytes: Vec::new(), items: Vec::new(), junk: Vec::new(), size: 0 }
    }

    fn finish(self) -> Chunk {
        let Self { offset, bytes, items, junk, .. } = self;
        Chunk { offset, bytes, content: Content::Items { items, junk } }
    }
}
