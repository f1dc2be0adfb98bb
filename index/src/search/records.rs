//! The stored values of a searcher's documents.
//!
//! tantivy hands out a document as a whole, its bytes copied one at a time and then once more; a record is kilobytes, and a
//! history reads ten thousand. So the one stored field is taken out of the document's bytes where they are. The form of those
//! bytes is tantivy's own (`src/schema/document/se.rs`, of 0.27): what does not look like it is read by tantivy.

use std::sync::OnceLock;

use tantivy::directory::OwnedBytes;
use tantivy::schema::Field;
use tantivy::store::StoreReader;
use tantivy::{DocAddress, Searcher};

use crate::split::stored_bytes;

/// Blocks of a segment that stay unpacked while a question runs.
const BLOCKS: usize = 8;

/// How tantivy marks bytes among the values of a document.
const BYTES_CODE: u8 = 4;

/// Opens the stores of a searcher's segments when they are first needed.
pub(crate) struct Records {
    stores: Vec<OnceLock<StoreReader>>,
}

impl Records {
    pub(crate) fn of(searcher: &Searcher) -> Self {
        Self { stores: searcher.segment_readers().iter().map(|_| OnceLock::new()).collect() }
    }

    /// The stored value of a document.
    pub(crate) fn read(
        &self,
        searcher: &Searcher,
        stored: Field,
        address: DocAddress,
    ) -> tantivy::Result<OwnedBytes> {
        if let Some(store) = self.store(searcher, address)? {
            let document = store.get_document_bytes(address.doc_id)?;
            if let Some((start, end)) = only_value(&document, stored.field_id()) {
                return Ok(document.slice(start..end));
            }
        }
        Ok(OwnedBytes::new(stored_bytes(searcher, stored, address)?))
    }

    fn store(&self, searcher: &Searcher, address: DocAddress) -> tantivy::Result<Option<&StoreReader>> {
        let Some(place) = self.stores.get(address.segment_ord as usize) else { return Ok(None) };
        if place.get().is_none() {
            let opened = searcher.segment_reader(address.segment_ord).get_store_reader(BLOCKS)?;
            // Another thread may have been faster.
            place.set(opened).ok();
        }
        Ok(place.get())
    }
}

/// Where the value stands in the bytes of a document that has no other: number of values, field, type, length, bytes.
fn only_value(document: &[u8], field: u32) -> Option<(usize, usize)> {
    let (count, rest) = number(document)?;
    let (of, rest) = rest.split_first_chunk()?;
    let (code, rest) = rest.split_first()?;
    let (length, value) = number(rest)?;
    let is_it = count == 1 && u32::from_le_bytes(*of) == field && *code == BYTES_CODE;
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
    use tantivy::schema::{STORED, Schema};
    use tantivy::{Index, TantivyDocument};

    use super::*;

    /// What is taken out of the bytes is what tantivy reads: else every record would be read the slow way.
    #[test]
    fn values_are_found_in_the_bytes_of_documents() {
        let mut schema = Schema::builder();
        let stored = schema.add_bytes_field("stored", STORED);
        let index = Index::create_in_ram(schema.build());
        let mut writer = index.writer_with_num_threads(1, 20_000_000).unwrap();
        let values = [b"x".to_vec(), Vec::new(), vec![7; 127], vec![8; 128], vec![9; 70_000]];
        for value in &values {
            let mut document = TantivyDocument::new();
            document.add_bytes(stored, value);
            writer.add_document(document).unwrap();
        }
        writer.commit().unwrap();
        let searcher = index.reader().unwrap().searcher();
        let records = Records::of(&searcher);
        for (doc, value) in (0_u32..).zip(&values) {
            let address = DocAddress::new(0, doc);
            assert_eq!(records.read(&searcher, stored, address).unwrap().as_slice(), value);
            let document =
                records.store(&searcher, address).unwrap().unwrap().get_document_bytes(doc).unwrap();
            assert!(only_value(&document, stored.field_id()).is_some(), "{}", value.len());
            assert!(only_value(&document, stored.field_id() + 1).is_none());
        }
        assert_eq!(only_value(b"\x81\0\0", 0), None);
    }
}
