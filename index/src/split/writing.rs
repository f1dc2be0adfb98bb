//! The tantivy writer of a split, and what it must be told before its first operation.

use tantivy::indexer::{IndexWriterOptions, LogMergePolicy};
use tantivy::{Document, IndexWriter};

use super::Split;
use crate::error::{IndexError, Result};

/// Segments of more documents are not merged any more: a merge takes memory by the document (eight of these make two million).
const MERGED_DOCS: usize = 250_000;

impl Split {
    /// A writer with one indexing and one merge thread.
    pub(crate) fn writer<D: Document>(&self, memory: usize) -> Result<IndexWriter<D>> {
        let failed = |error| IndexError::split("write", &self.name())(error);
        let writer: IndexWriter<D> = self.index.writer_with_options(options(memory)).map_err(failed)?;
        // A writer that died before `meta.json` named its files leaves them, and this one counts on from the same number:
        // it would stumble over a file of the same name for ever.
        writer.garbage_collect_files().wait().map_err(failed)?;
        // tantivy gives the first operation the stamp that the last commit has. Were that a deletion, a merge of what is
        // committed would take it for done: the document would be gone before its replacement is there, or stand twice.
        writer.run([]).map_err(failed)?;
        let mut policy = LogMergePolicy::default();
        policy.set_del_docs_ratio_before_merge(0.3);
        policy.set_max_docs_before_merge(MERGED_DOCS);
        writer.set_merge_policy(Box::new(policy));
        Ok(writer)
    }
}

/// One indexing and one merge thread.
pub(crate) fn options(memory: usize) -> IndexWriterOptions {
    IndexWriterOptions::builder()
        .num_worker_threads(1)
        .memory_budget_per_thread(memory)
        .num_merge_threads(1)
        .build()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::ops::Range;

    use tantivy::indexer::NoMergePolicy;
    use tantivy::schema::{FAST, INDEXED, STORED, Schema};
    use tantivy::{Index, TantivyDocument, Term, doc};

    use super::*;
    use crate::manifest::SplitEntry;
    use crate::schema::{SCHEMA, TIME};
    use crate::split::docs_with;

    const MEMORY: usize = 15_000_000;

    /// Regression: after a kill a document stood twice. A merge that the writer's first commit set off took the first deletion
    /// for one that the last commit had dealt with.
    #[test]
    fn a_deletion_that_comes_first_is_not_lost_in_a_merge() {
        let mut schema = Schema::builder();
        let key = schema.add_u64_field("key", INDEXED | STORED);
        let time = schema.add_i64_field(TIME, FAST);
        let dir = tempfile::tempdir().unwrap();
        let entry = SplitEntry {
            class: "change".into(),
            from: 0,
            to: 1,
            generation: 0,
            schema: SCHEMA,
            is_compacted: false,
            imported: None,
        };
        let path = dir.path().join(entry.name());
        fs::create_dir(&path).unwrap();
        Index::create_in_dir(&path, schema.build()).unwrap();
        let split = Split::open(dir.path(), entry).unwrap();
        let term = |number| Term::from_field_u64(key, number);
        let add = |writer: &IndexWriter, numbers: Range<u64>| {
            for number in numbers {
                let document: TantivyDocument = doc!(key => number, time => 0_i64);
                writer.add_document(document).unwrap();
            }
        };

        // What a kill leaves: enough deletions for a merge that did not come to its end, the last of them in the last commit.
        let mut killed: IndexWriter = split.writer(MEMORY).unwrap();
        killed.set_merge_policy(Box::new(NoMergePolicy));
        add(&killed, 0..10);
        killed.commit().unwrap();
        add(&killed, 10..30);
        for number in 1..6 {
            killed.delete_term(term(number));
        }
        killed.commit().unwrap();
        drop(killed);

        let mut writer: IndexWriter = split.writer(MEMORY).unwrap();
        writer.delete_term(term(7));
        add(&writer, 7..8);
        writer.commit().unwrap();
        writer.wait_merging_threads().unwrap();
        split.publish().unwrap();
        let searcher = split.searcher();
        let mut found = BTreeMap::new();
        for number in 0..30 {
            let docs = searcher
                .segment_readers()
                .iter()
                .map(|segment| docs_with(segment, &term(number)).unwrap().len());
            found.insert(number, docs.sum::<usize>());
        }
        let expected = (0..30).map(|number| (number, usize::from(!(1..6).contains(&number)))).collect();
        assert_eq!(found, expected);
    }
}
