//! A split's documents by time, a period after the other, in memory that does not grow with the split.

use tantivy::{DocAddress, Searcher};

use crate::split::{is_alive, time_column};

/// The live documents of a split by time, so many of them at a time.
pub(super) struct Periods<'a> {
    searcher: &'a Searcher,
    documents: usize,
    last: Option<(i64, DocAddress)>,
}

impl<'a> Periods<'a> {
    /// Of `documents` each; the last one may have fewer.
    pub(super) fn of(searcher: &'a Searcher, documents: usize) -> Self {
        Self { searcher, documents, last: None }
    }
}

impl Iterator for Periods<'_> {
    type Item = tantivy::Result<Vec<(i64, DocAddress)>>;

    fn next(&mut self) -> Option<Self::Item> {
        let found = first_after(self.searcher, self.last, self.documents);
        if let Ok(found) = &found {
            self.last = Some(*found.last()?);
        }
        Some(found)
    }
}

/// Time and address of the first `limit` documents behind `last` that were not replaced, in this order. Holds twice the
/// limit at most, however large the split is.
fn first_after(
    searcher: &Searcher,
    last: Option<(i64, DocAddress)>,
    limit: usize,
) -> tantivy::Result<Vec<(i64, DocAddress)>> {
    let mut found = Vec::new();
    let mut end = None;
    for (ordinal, segment) in (0..).zip(searcher.segment_readers()) {
        let times = time_column(segment)?;
        for doc in 0..segment.max_doc() {
            let place = (times.first(doc).unwrap_or_default(), DocAddress::new(ordinal, doc));
            let is_due = last.is_none_or(|last| place > last) && end.is_none_or(|end| place < end);
            if !is_due || !is_alive(segment, doc) {
                continue;
            }
            found.push(place);
            if found.len() == 2 * limit {
                found.select_nth_unstable(limit);
                end = found.get(limit).copied();
                found.truncate(limit);
            }
        }
    }
    found.sort_unstable();
    found.truncate(limit);
    Ok(found)
}

#[cfg(test)]
mod tests {
    use tantivy::indexer::NoMergePolicy;
    use tantivy::schema::Schema;
    use tantivy::{Index, IndexWriter, TantivyDocument, doc};

    use super::*;
    use crate::schema::TIME;

    /// The periods of documents with these times, in two segments, at so many documents each.
    fn check(segments: [&[i64]; 2], limit: usize, expected: &[&[i64]]) {
        let mut schema = Schema::builder();
        let time = schema.add_i64_field(TIME, tantivy::schema::FAST);
        let index = Index::create_in_ram(schema.build());
        let mut writer: IndexWriter = index.writer_with_num_threads(1, 15_000_000).unwrap();
        writer.set_merge_policy(Box::new(NoMergePolicy));
        for segment in segments {
            for at in segment {
                let document: TantivyDocument = doc!(time => *at);
                writer.add_document(document).unwrap();
            }
            writer.commit().unwrap();
        }
        let searcher = index.reader().unwrap().searcher();
        let periods: Vec<Vec<i64>> = Periods::of(&searcher, limit)
            .map(|period| period.unwrap().iter().map(|(time, _)| *time).collect())
            .collect();
        assert_eq!(periods, expected, "{segments:?} {limit}");
    }

    #[test]
    fn every_document_is_in_one_period_and_periods_follow_each_other() {
        check([&[5, 1, 9, 3], &[2, 8, 4]], 3, &[&[1, 2, 3], &[4, 5, 8], &[9]]);
        check([&[5, 5, 5, 5, 5], &[5, 5]], 2, &[&[5, 5], &[5, 5], &[5, 5], &[5]]);
        check([&[9, 8, 7, 6, 5, 4], &[3, 2, 1]], 1, &[&[1], &[2], &[3], &[4], &[5], &[6], &[7], &[8], &[9]]);
        check([&[1, 2], &[3]], 100, &[&[1, 2, 3]]);
    }
}
