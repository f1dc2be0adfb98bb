//! An input part by part, for whoever takes its records elsewhere than into a sink of this process.

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::ImportInput;
use super::chunk::{self, Content};
use super::input::Input;
use crate::error::IngestError;
use crate::split::Junk;

/// A part of an input.
#[derive(Debug)]
pub enum Part<'a> {
    /// Whole lines, of an input that has one or more whole items a line; a few megabytes of them.
    Lines(&'a [u8]),
    /// Whole lines, of an input that has flow records.
    Flows {
        /// A few megabytes of them.
        lines: &'a [u8],
        /// Where they begin in the input.
        offset: u64,
    },
    /// An item, of any other input.
    Item {
        /// Its bytes.
        bytes: &'a [u8],
        /// Whether it was over the limit and its bodies are `null` now.
        cut: bool,
    },
    /// Something else, of any other input.
    Junk(&'a Junk),
}

/// Gives `each` the parts of `input` until it fails. Items over `max_item_bytes` are cut. `read` counts the bytes as they
/// lie there. If the input breaks off, everything whole before that comes first, then the error.
pub fn read_parts<E: From<IngestError>>(
    input: &ImportInput,
    max_item_bytes: u64,
    read: &Arc<AtomicU64>,
    mut each: impl FnMut(Part<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let mut failed = Ok(());
    let ended = chunk::read(Input::open(input, read)?, max_item_bytes, |chunk| {
        failed = match &chunk.content {
            Content::Lines => each(Part::Lines(&chunk.bytes)),
            Content::Flows => each(Part::Flows { lines: &chunk.bytes, offset: chunk.offset }),
            Content::Items { items, junk } => {
                let bytes = &chunk.bytes;
                let mut items =
                    items.iter().map(|(range, cut)| Part::Item { bytes: &bytes[range.clone()], cut: *cut });
                items
                    .try_for_each(&mut each)
                    .and_then(|()| junk.iter().map(Part::Junk).try_for_each(&mut each))
            }
        };
        failed.is_ok()
    });
    failed.and(ended.map_err(E::from))
}

/// The content of `input`, decompressed.
pub fn content(input: &ImportInput) -> Result<impl Read + Send, IngestError> {
    Input::open(input, &Arc::default())
}
