//! Writes documents into a split: built on all cores, added in order by one thread.

use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::thread;

use rayon::prelude::*;
use tantivy::directory::MmapDirectory;
use tantivy::tokenizer::TokenizerManager;
use tantivy::{Index, SingleSegmentIndexWriter};

use crate::document::{DocumentBuilder, Entry, Plan, Source};
use crate::error::{IndexError, Result};
use crate::schema::{Columns, tokenizers};

/// Documents are handed over in chunks of this many; two chunks may wait.
const CHUNK: usize = 256;
const CHUNKS_WAITING: usize = 2;

/// Builds the documents of `sources` on the rayon pool and passes them to `add` in order.
pub(crate) fn feed<S: Source>(
    plan: Plan<'_>,
    sources: &[S],
    mut add: impl FnMut(Entry) -> tantivy::Result<()>,
) -> tantivy::Result<()> {
    thread::scope(|scope| {
        let (sender, receiver) = sync_channel::<Vec<Entry>>(CHUNKS_WAITING);
        scope.spawn(move || {
            for chunk in sources.chunks(CHUNK) {
                let documents = chunk
                    .par_iter()
                    .with_min_len(16)
                    .map_init(DocumentBuilder::default, |builder, source| builder.build(plan, source))
                    .flatten_iter()
                    .collect();
                if sender.send(documents).is_err() {
                    return;
                }
            }
        });
        for documents in receiver {
            for document in documents {
                add(document)?;
            }
        }
        Ok(())
    })
}

/// Writes a new split of one segment into `dir`, which must not exist yet. No lock: nobody knows the directory before the
/// manifest names it. Calls `fed` when all documents are in it: what is left to do then keeps one core busy.
pub(crate) fn single_segment<S: Source>(
    dir: &Path,
    plan: Plan<'_>,
    sources: &[S],
    memory: usize,
    fed: impl FnOnce(),
) -> Result<()> {
    let name = dir.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let write = || -> tantivy::Result<()> {
        let tokenizers: TokenizerManager = tokenizers();
        let mut writer: SingleSegmentIndexWriter<Entry> = Index::builder()
            .schema(plan.columns.schema.clone())
            .settings(Columns::settings())
            .tokenizers(tokenizers.clone())
            .fast_field_tokenizers(tokenizers)
            .single_segment_index_writer(MmapDirectory::open(dir)?, memory)?;
        feed(plan, sources, |document| writer.add_document(document))?;
        fed();
        writer.finalize()?;
        Ok(())
    };
    write().map_err(IndexError::split("build", &name))
}
