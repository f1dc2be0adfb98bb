//! Whether documents have certain values, told by ordinals alone.

use taffrail_query::Field;
use tantivy::columnar::StrColumn;
use tantivy::{DocId, SegmentReader};

/// Documents of a segment that have one of a few values of a field.
pub(super) struct HasValue {
    column: Option<StrColumn>,
    ordinals: Vec<u64>,
}

impl HasValue {
    pub(super) fn of(segment: &SegmentReader, field: Field, values: &[&str]) -> tantivy::Result<Self> {
        let Some(column) = segment.fast_fields().str(field.canonical())? else {
            return Ok(Self { column: None, ordinals: Vec::new() });
        };
        let mut ordinals = Vec::new();
        for value in values {
            ordinals.extend(column.dictionary().term_ord(value.as_bytes())?);
        }
        Ok(Self { column: Some(column), ordinals })
    }

    pub(super) fn holds(&self, doc: DocId) -> bool {
        let Some(column) = self.column.as_ref().filter(|_| !self.ordinals.is_empty()) else { return false };
        column.ords().values_for_doc(doc).any(|ordinal| self.ordinals.contains(&ordinal))
    }
}
