//! The one stored field of a document, taken out of tantivy's bytes where it is.
//!
//! tantivy hands out a document as a whole and copied; a record is kilobytes, and a history reads ten thousand. The form of the
//! bytes is tantivy's own (`src/schema/document/se.rs`, of 0.27): what does not look like it is read by tantivy.

use tantivy::directory::OwnedBytes;
use tantivy::schema::Field;
use tantivy::schema::document::Value;
use tantivy::store::StoreReader;
use tantivy::{DocId, TantivyDocument};

/// How tantivy marks texts and bytes among the values of a document.
const CODES: [u8; 2] = [TEXT_CODE, BYTES_CODE];
const TEXT_CODE: u8 = 0;
const BYTES_CODE: u8 = 4;

/// The stored value of a document; empty if it has none.
pub(crate) fn stored_in(store: &StoreReader, stored: Field, doc: DocId) -> tantivy::Result<OwnedBytes> {
    let document = store.get_document_bytes(doc)?;
    match only_value(&document, stored.field_id()) {
        Some((start, end)) => Ok(document.slice(start..end)),
        None => Ok(OwnedBytes::new(stored_of(&store.get(doc)?, stored).to_vec())),
    }
}

/// The stored value of a document that tantivy has read; empty if it has none.
pub(crate) fn stored_of(document: &TantivyDocument, stored: Field) -> &[u8] {
    let value = document.get_first(stored);
    value.and_then(|value| value.as_str().map(str::as_bytes).or(value.as_bytes())).unwrap_or_default()
}

/// Where the value stands in the bytes of a document that has no other: number of values, field, type, length, bytes.
fn only_value(document: &[u8], field: u32) -> Option<(usize, usize)> {
    let (count, rest) = number(document)?;
    let (of, rest) = rest.split_first_chunk()?;
    let (code, rest) = rest.split_first()?;
    let (length, value) = number(rest)?;
    let is_it = count == 1 && u32::from_le_bytes(*of) == field && CODES.contains(code);
    let start = document.len() - value.len();
    (is_it && value.len() as u64 == length).then_some((start, document.len()))
}

/// Seven bits a byte, the lowest first; the last byte has the eighth set.
fn number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut number = 0;
    for (index, byte) in bytes.iter().enumerate().take(9) {
        number |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 != 0 {
            return Some((number, bytes.get(index + 1..)?));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use tantivy::Index;
    use tantivy::schema::{STORED, Schema};

    use super::*;

    /// What is taken out of the bytes is what tantivy reads: else every record would be read the slow way.
    #[test]
    fn values_are_found_in_the_bytes_of_documents() {
        let mut schema = Schema::builder();
        let stored = schema.add_text_field("stored", STORED);
        let index = Index::create_in_ram(schema.build());
        let mut writer = index.writer_with_num_threads(1, 20_000_000).unwrap();
        let texts = ["x".to_owned(), String::new(), "ß".repeat(63), "y".repeat(128), "z".repeat(70_000)];
        let bytes = [vec![0xff; 1], vec![0xfe; 300]];
        for text in &texts {
            let mut document = TantivyDocument::new();
            document.add_text(stored, text);
            writer.add_document(document).unwrap();
        }
        for bytes in &bytes {
            let mut document = TantivyDocument::new();
            document.add_bytes(stored, bytes);
            writer.add_document(document).unwrap();
        }
        writer.commit().unwrap();
        let searcher = index.reader().unwrap().searcher();
        let store = searcher.segment_reader(0).get_store_reader(1).unwrap();
        let values = texts.iter().map(|text| text.as_bytes()).chain(bytes.iter().map(Vec::as_slice));
        for (doc, value) in (0_u32..).zip(values) {
            assert_eq!(stored_in(&store, stored, doc).unwrap().as_slice(), value);
            assert_eq!(stored_of(&store.get(doc).unwrap(), stored), value);
            let document = store.get_document_bytes(doc).unwrap();
            assert!(only_value(&document, stored.field_id()).is_some(), "{}", value.len());
            assert!(only_value(&document, stored.field_id() + 1).is_none());
        }
        assert_eq!(only_value(b"\x81\0\0", 0), None);
    }
}
