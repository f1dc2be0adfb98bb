//! The writes of one object that the index holds.

use std::sync::Arc;

use taffrail_event::Class;
use taffrail_event::change::{Link, Order};
use tantivy::columnar::Column;
use tantivy::schema::Field;
use tantivy::{DocAddress, DocId, Searcher, SegmentOrdinal, SegmentReader, Term};

use crate::catalog::Catalog;
use crate::error::{IndexError, Result};
use crate::schema::{LINK, OBJECT, RECORD, VERSION};
use crate::split::{Split, docs_with, stored_bytes, time_column};

/// A write in the index.
#[derive(Debug, Clone)]
pub(super) struct Listed {
    /// Which of the stretches holds it.
    stretch: usize,
    address: DocAddress,
    pub(super) time: i64,
    pub(super) record: u64,
    pub(super) link: Link,
}

impl Listed {
    pub(super) fn order(&self) -> Order {
        self.link.order(self.time, self.record)
    }

    /// One that no segment holds.
    #[cfg(test)]
    pub(super) fn at(time: i64, record: u64, link: Link) -> Self {
        Self { stretch: usize::MAX, address: DocAddress::new(0, 0), time, record, link }
    }
}

/// Every segment that holds writes, the one with the newest last: opened once for all objects of a commit.
pub(super) struct Stretches {
    object: Field,
    stored: Field,
    stretches: Vec<Stretch>,
}

/// One segment. Until compaction they follow each other in time, so that a look at the last minutes need not read those of the
/// whole day.
struct Stretch {
    split: Arc<Split>,
    searcher: Searcher,
    ordinal: SegmentOrdinal,
    last: i64,
    columns: LinkColumns,
}

impl Stretches {
    pub(super) fn of(catalog: &Catalog) -> Result<Self> {
        let mut stretches = Vec::new();
        for split in change_splits(catalog) {
            let searcher = split.searcher();
            for (ordinal, segment) in (0_u32..).zip(searcher.segment_readers()) {
                let columns =
                    LinkColumns::open(segment).map_err(IndexError::split("look up in", &split.name()))?;
                let (split, searcher) = (Arc::clone(&split), searcher.clone());
                stretches.push(Stretch {
                    split,
                    searcher,
                    ordinal,
                    last: columns.times.max_value(),
                    columns,
                });
            }
        }
        stretches.sort_by_key(|stretch| stretch.last);
        Ok(Self { object: catalog.columns.object, stored: catalog.columns.stored, stretches })
    }
}

/// The writes of one object, from the newest on back as far as they are asked for.
pub(super) struct List<'a> {
    stretches: &'a Stretches,
    object: u64,
    /// In no order.
    pub(super) writes: Vec<Listed>,
    /// How many stretches were not looked at.
    unread: usize,
}

impl<'a> List<'a> {
    /// A list on which nothing is yet.
    pub(super) fn new(stretches: &'a Stretches, object: u64) -> Self {
        Self { stretches, object, writes: Vec::new(), unread: stretches.stretches.len() }
    }

    /// Lists everything from `time` on.
    pub(super) fn reach(&mut self, time: i64) -> Result<()> {
        while self.edge() > time {
            self.extend()?;
        }
        Ok(())
    }

    /// Lists one more stretch, the newest that is not listed.
    pub(super) fn extend(&mut self) -> Result<()> {
        let Some(index) = self.unread.checked_sub(1) else { return Ok(()) };
        self.unread = index;
        let Some(stretch) = self.stretches.stretches.get(index) else { return Ok(()) };
        let term = Term::from_field_u64(self.stretches.object, self.object);
        let segment = stretch.searcher.segment_reader(stretch.ordinal);
        let found = stretch
            .columns
            .about(segment, stretch.ordinal, &term, self.object)
            .map_err(IndexError::split("look up in", &stretch.split.name()))?;
        self.writes.extend(found.into_iter().filter_map(|about| {
            let About { address, time, record, link } = about;
            Some(Listed { stretch: index, address, time, record, link: link? })
        }));
        Ok(())
    }

    /// Everything from this time on is listed.
    pub(super) fn edge(&self) -> i64 {
        let next = self.unread.checked_sub(1).and_then(|index| self.stretches.stretches.get(index));
        next.map_or(i64::MIN, |stretch| stretch.last.saturating_add(1))
    }

    pub(super) fn is_complete(&self) -> bool {
        self.unread == 0
    }

    /// The stored value; empty if it is gone.
    pub(super) fn read(&self, listed: &Listed) -> Result<Vec<u8>> {
        let Some(stretch) = self.stretches.stretches.get(listed.stretch) else { return Ok(Vec::new()) };
        stored_bytes(&stretch.searcher, self.stretches.stored, listed.address)
            .map_err(IndexError::split("read", &stretch.split.name()))
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
        found.extend(LinkColumns::open(segment)?.about(segment, ordinal, &term, object)?);
    }
    Ok(found)
}

/// What a segment has beside the records to tell where a write stands.
struct LinkColumns {
    times: Column<i64>,
    records: Column<u64>,
    links: Column<u64>,
    versions: Column<u64>,
}

impl LinkColumns {
    fn open(segment: &SegmentReader) -> tantivy::Result<Self> {
        let columns = segment.fast_fields();
        Ok(Self {
            times: time_column(segment)?,
            records: columns.u64(RECORD)?,
            links: columns.u64(LINK)?,
            versions: columns.u64(VERSION)?,
        })
    }

    fn about(
        &self,
        segment: &SegmentReader,
        ordinal: SegmentOrdinal,
        term: &Term,
        object: u64,
    ) -> tantivy::Result<Vec<About>> {
        let about = |doc: DocId| {
            let version = self.versions.first(doc);
            About {
                address: DocAddress::new(ordinal, doc),
                time: self.times.first(doc).unwrap_or_default(),
                record: self.records.first(doc).unwrap_or_default(),
                link: self.links.first(doc).and_then(|bits| Link::from_bits(object, bits, version)),
            }
        };
        Ok(docs_with(segment, term)?.into_iter().map(about).collect())
    }
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
