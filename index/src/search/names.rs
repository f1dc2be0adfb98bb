//! The names of objects, from the columns of documents that are about them.

use rustc_hash::FxHashMap;
use taffrail_query::Field;
use taffrail_query::history::ObjectName;
use tantivy::columnar::StrColumn;
use tantivy::{DocId, SegmentReader};

use super::View;
use super::scan::Place;
use crate::error::{IndexError, Result};

/// Reads the names of one segment after the other.
pub(super) struct Names {
    cluster: Texts,
    group: Texts,
    resource: Texts,
    namespace: Texts,
    name: Texts,
}

impl Names {
    /// The names of the objects at these places, which come in order.
    pub(super) fn of<T>(views: &[View], places: Vec<(Place, T)>) -> Result<Vec<(ObjectName, T)>> {
        let mut open: Option<((usize, u32), Self)> = None;
        let mut named = Vec::with_capacity(places.len());
        for (place, value) in places {
            let Some(view) = views.get(place.view) else { continue };
            let mut read = || -> tantivy::Result<ObjectName> {
                let here = (place.view, place.address.segment_ord);
                let names = match &mut open {
                    Some((segment, names)) if *segment == here => names,
                    other => {
                        let names = Self::open(view.searcher.segment_reader(place.address.segment_ord))?;
                        &mut other.insert((here, names)).1
                    }
                };
                names.read(place.address.doc_id)
            };
            let name = read().map_err(IndexError::split("read names of", &view.split.name()))?;
            named.push((name, value));
        }
        Ok(named)
    }

    fn open(segment: &SegmentReader) -> tantivy::Result<Self> {
        Ok(Self {
            cluster: Texts::open(segment, Field::Cluster)?,
            group: Texts::open(segment, Field::Group)?,
            resource: Texts::open(segment, Field::Resource)?,
            namespace: Texts::open(segment, Field::Namespace)?,
            name: Texts::open(segment, Field::Name)?,
        })
    }

    fn read(&mut self, doc: DocId) -> tantivy::Result<ObjectName> {
        let (group, resource) = (self.group.read(doc)?, self.resource.read(doc)?);
        // A Namespace is found by its own name as one, but is in none.
        let is_namespace = resource == "namespaces" && group.is_empty();
        let namespace = if is_namespace { String::new() } else { self.namespace.read(doc)? };
        Ok(ObjectName {
            cluster: self.cluster.read(doc)?,
            group,
            resource,
            namespace,
            name: self.name.read(doc)?,
        })
    }
}

/// The values of one column. Many documents share them, and looking one up in the dictionary takes long.
struct Texts {
    column: Option<StrColumn>,
    known: FxHashMap<u64, String>,
}

impl Texts {
    fn open(segment: &SegmentReader, field: Field) -> tantivy::Result<Self> {
        Ok(Self { column: segment.fast_fields().str(field.canonical())?, known: FxHashMap::default() })
    }

    /// The document's first value; `""` if it has none.
    fn read(&mut self, doc: DocId) -> tantivy::Result<String> {
        let Some(column) = &self.column else { return Ok(String::new()) };
        let Some(ordinal) = column.ords().first(doc) else { return Ok(String::new()) };
        if let Some(text) = self.known.get(&ordinal) {
            return Ok(text.clone());
        }
        let mut text = String::new();
        column.ord_to_str(ordinal, &mut text)?;
        self.known.insert(ordinal, text.clone());
        Ok(text)
    }
}
