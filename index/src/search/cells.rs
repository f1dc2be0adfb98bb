//! Counts by bucket and value, within one segment.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::facets::Values;

/// Values that are counted apart: the most frequent ones. A chart shows fewer; the bucket's own count holds all.
const MAX_VALUES: usize = 1_000;

/// Up to so many cells are an array, which costs a document next to nothing.
const MAX_DENSE: usize = 1 << 20;

/// How often each value, by its ordinal, occurs in each bucket.
pub(super) enum Cells {
    Dense { values: usize, counts: Vec<u64> },
    Sparse(FxHashMap<(usize, u64), u64>),
}

impl Cells {
    /// `values`: how many ordinals there are, where they count from 0.
    pub(super) fn new(buckets: usize, values: Option<usize>) -> Self {
        match values {
            Some(values) if values.saturating_mul(buckets) <= MAX_DENSE => {
                Self::Dense { values, counts: vec![0; values * buckets] }
            }
            _ => Self::Sparse(FxHashMap::default()),
        }
    }

    pub(super) fn add(&mut self, bucket: usize, ordinal: u64) {
        match self {
            Self::Dense { values, counts } => {
                let ordinal = usize::try_from(ordinal).unwrap_or(usize::MAX);
                if let Some(count) = counts.get_mut((bucket * *values).saturating_add(ordinal)) {
                    *count += 1;
                }
            }
            Self::Sparse(counts) => *counts.entry((bucket, ordinal)).or_default() += 1,
        }
    }

    /// The counts that are not zero, by the names of the values that occur most.
    pub(super) fn named(self, values: &Values) -> tantivy::Result<HashMap<(usize, Arc<str>), u64>> {
        let cells = self.into_counts();
        let mut totals: FxHashMap<u64, u64> = FxHashMap::default();
        for ((_, ordinal), count) in &cells {
            *totals.entry(*ordinal).or_default() += count;
        }
        let mut most: Vec<(u64, u64)> = totals.into_iter().collect();
        if most.len() > MAX_VALUES {
            most.select_nth_unstable_by_key(MAX_VALUES, |(_, count)| Reverse(*count));
            most.truncate(MAX_VALUES);
        }
        let mut names: FxHashMap<u64, Arc<str>> = FxHashMap::default();
        for (ordinal, _) in most {
            names.insert(ordinal, values.name(ordinal)?.into());
        }
        let named = |((bucket, ordinal), count)| Some(((bucket, Arc::clone(names.get(&ordinal)?)), count));
        Ok(cells.into_iter().filter_map(named).collect())
    }

    fn into_counts(self) -> Vec<((usize, u64), u64)> {
        match self {
            Self::Dense { values, counts } => counts
                .chunks(values.max(1))
                .enumerate()
                .flat_map(|(bucket, counts)| {
                    (0_u64..).zip(counts).map(move |(ordinal, count)| ((bucket, ordinal), *count))
                })
                .filter(|(_, count)| *count > 0)
                .collect(),
            Self::Sparse(counts) => counts.into_iter().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn array_and_table_count_alike() {
        let counted = |values| {
            let mut cells = Cells::new(3, values);
            for (bucket, ordinal) in [(0, 1), (2, 0), (2, 1), (2, 1)] {
                cells.add(bucket, ordinal);
            }
            let mut counts = cells.into_counts();
            counts.sort_unstable();
            counts
        };
        let expected = [((0, 1), 1), ((2, 0), 1), ((2, 1), 2)];
        assert_eq!(counted(Some(2)), expected);
        assert_eq!(counted(None), expected);
    }
}
