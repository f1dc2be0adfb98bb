//! The writes of one object that the index holds.

use std::sync::Arc;

use taffrail_event::Class;
use taffrail_event::change::{Link, Order};
use tantivy::{DocAddress, Searcher, Term};

use crate::catalog::Catalog;
use crate::error::{IndexError, Result};
use crate::schema::{LINK, OBJECT, RECORD, VERSION};
use crate::split::{Split, docs_with, stored_bytes, time_column};

/// A write in the index.
#[derive(Debug, Clone)]
pub(super) struct Listed {
    split: usize,
    address: DocAddress,
    pub(super) time: i64,
    pub(super) record: u64,
    pub(super) link: Link,
}

impl Listed {
    pub(super) fn order(&self) -> Order {
        self.link.order(self.time, self.record)
    }

    /// One that no split holds.
    #[cfg(test)]
    pub(super) fn at(time: i64, record: u64, link: Link) -> Self {
        Self { split: usize::MAX, address: DocAddress::new(0, 0), time, record, link }
    }
}

/// The writes of one object, from the newest split on back as far as they are asked for.
pub(super) struct List<'a> {
    catalog: &'a Catalog,
    object: u64,
    /// In no order.
    pub(super) writes: Vec<Listed>,
    read: Vec<(Arc<Split>, Searcher)>,
    /// The newest one stands last.
    unread: Vec<Arc<Split>>,
}

impl<'a> List<'a> {
    /// A list on which nothing is yet.
    pub(super) fn new(catalog: &'a Catalog, object: u64) -> Self {
        let mut unread: Vec<_> = change_splits(catalog);
        unread.sort_by_key(|split| split.entry.from);
        Self { catalog, object, writes: Vec::new(), read: Vec::new(), unread }
    }

    /// Lists everything from `time` on.
    pub(super) fn reach(&mut self, time: i64) -> Result<()> {
        while self.edge() > time {
            self.extend()?;
        }
        Ok(())
    }

    /// Lists one more split, the newest that is not listed.
    pub(super) fn extend(&mut self) -> Result<()> {
        let Some(split) = self.unread.pop() else { return Ok(()) };
        let searcher = split.searcher();
        let before = self.writes.len();
        self.add(&searcher).map_err(IndexError::split("look up in", &split.name()))?;
        if self.writes.len() > before {
            self.read.push((split, searcher));
        }
        Ok(())
    }

    /// Everything from this time on is listed.
    pub(super) fn edge(&self) -> i64 {
        self.unread.last().map_or(i64::MIN, |split| split.end())
    }

    pub(super) fn is_complete(&self) -> bool {
        self.unread.is_empty()
    }

    /// The stored value; empty if it is gone.
    pub(super) fn read(&self, listed: &Listed) -> Result<Vec<u8>> {
        let Some((split, searcher)) = self.read.get(listed.split) else { return Ok(Vec::new()) };
        stored_bytes(searcher, self.catalog.columns.stored, listed.address)
            .map_err(IndexError::split("read", &split.name()))
    }

    fn add(&mut self, searcher: &Searcher) -> tantivy::Result<()> {
        let split = self.read.len();
        let about = about(self.catalog, searcher, self.object)?;
        self.writes.extend(about.into_iter().filter_map(|about| {
            let About { address, time, record, link } = about;
            Some(Listed { split, address, time, record, link: link? })
        }));
        Ok(())
    }
}

/// A document about an object: a write of it, or a request that was refused or was about several.
#[derive(Debug, Clone, Copy)]
pub(crate) struct About {
    pub(crate) address: DocAddress,
    time: i64,
    record: u64,
    /// `None` unless it is a write of this one object.
    pub(crate) link: Option<Link>,
}

impl About {
    /// Its place among the writes of the object.
    pub(crate) fn order(&self) -> Order {
        match self.link {
            Some(link) => link.order(self.time, self.record),
            None => Order::new(None, 0, self.time, self.record),
        }
    }
}

/// The documents about an object, in no order.
pub(crate) fn about(catalog: &Catalog, searcher: &Searcher, object: u64) -> tantivy::Result<Vec<About>> {
    let term = Term::from_field_u64(catalog.columns.object, object);
    let mut found = Vec::new();
    for (ordinal, segment) in (0_u32..).zip(searcher.segment_readers()) {
        let docs = docs_with(segment, &term)?;
        if docs.is_empty() {
            continue;
        }
        let columns = segment.fast_fields();
        let (links, versions) = (columns.u64(LINK)?, columns.u64(VERSION)?);
        let (records, times) = (columns.u64(RECORD)?, time_column(segment)?);
        found.extend(docs.into_iter().map(|doc| About {
            address: DocAddress::new(ordinal, doc),
            time: times.first(doc).unwrap_or_default(),
            record: records.first(doc).unwrap_or_default(),
            link: links.first(doc).and_then(|bits| Link::from_bits(object, bits, versions.first(doc))),
        }));
    }
    Ok(found)
}

/// The object that a document is a write of; `None` if it is none.
pub(crate) fn object_of(searcher: &Searcher, address: DocAddress) -> tantivy::Result<Option<u64>> {
    let columns = searcher.segment_reader(address.segment_ord).fast_fields();
    if columns.u64(LINK)?.first(address.doc_id).is_none() {
        return Ok(None);
    }
    Ok(columns.u64(OBJECT)?.first(address.doc_id))
}

/// Every object of which the index holds a write.
pub(crate) fn objects(catalog: &Catalog) -> Result<Vec<u64>> {
    let mut objects = Vec::new();
    for split in change_splits(catalog) {
        let mut add = || -> tantivy::Result<()> {
            for segment in split.searcher().segment_readers() {
                let inverted = segment.inverted_index(catalog.columns.object)?;
                let mut terms = inverted.terms().stream()?;
                while terms.advance() {
                    if let Ok(bytes) = terms.key().try_into() {
                        objects.push(u64::from_be_bytes(bytes));
                    }
                }
            }
            Ok(())
        };
        add().map_err(IndexError::split("look through", &split.name()))?;
        objects.sort_unstable();
        objects.dedup();
    }
    Ok(objects)
}

/// The splits that hold writes, in no order.
fn change_splits(catalog: &Catalog) -> Vec<Arc<Split>> {
    catalog.splits().iter().filter(|split| split.entry.class == Class::Change.name()).cloned().collect()
}
