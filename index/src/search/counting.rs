//! Passes over the matching documents of a segment.

use tantivy::query::Weight;
use tantivy::{DocId, SegmentReader};

use super::budget::Budget;

/// Blocks (of 64 documents) between two looks at the clock.
const BLOCKS_PER_LOOK: u32 = 256;

/// Calls `each` with blocks of matching, live documents in order, until the budget is spent.
pub(crate) fn for_each_block(
    segment: &SegmentReader,
    weight: &dyn Weight,
    budget: &Budget,
    each: &mut dyn FnMut(&[DocId]),
) -> tantivy::Result<()> {
    let mut scorer = weight.scorer(segment, 1.0)?;
    // What stopped early found too little, and a negation makes too much of that: a wrong event is worse than none.
    if budget.is_spent() && budget.is_negated() {
        return Ok(());
    }
    let alive = segment.alive_bitset();
    let mut buffer = [0; tantivy::COLLECT_BLOCK_BUFFER_LEN];
    let mut blocks = 0;
    loop {
        let filled = scorer.fill_buffer(&mut buffer);
        let docs = &mut buffer[..filled];
        let live = match alive {
            Some(alive) => {
                let mut live = 0;
                for index in 0..docs.len() {
                    if alive.is_alive(docs[index]) {
                        docs[live] = docs[index];
                        live += 1;
                    }
                }
                live
            }
            None => docs.len(),
        };
        if live > 0 {
            each(&docs[..live]);
        }
        blocks += 1;
        if filled < tantivy::COLLECT_BLOCK_BUFFER_LEN || (blocks % BLOCKS_PER_LOOK == 0 && budget.is_up()) {
            return Ok(());
        }
    }
}
