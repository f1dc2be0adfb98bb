//! The stored values of a searcher's documents.

use std::sync::OnceLock;

use tantivy::directory::OwnedBytes;
use tantivy::schema::Field;
use tantivy::store::StoreReader;
use tantivy::{DocAddress, Searcher};

use crate::kept::stored_in;

/// Blocks of a segment that stay unpacked while a question runs.
const BLOCKS: usize = 8;

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
        match self.store(searcher, address)? {
            Some(store) => stored_in(store, stored, address.doc_id),
            None => Ok(OwnedBytes::empty()),
        }
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
