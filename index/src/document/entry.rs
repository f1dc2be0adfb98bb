//! A document on its way into tantivy.
//!
//! tantivy's own type copies every value into a buffer that grows; a record is kilobytes, and there is one in every document.

use std::ops::Range;

use tantivy::Document;
use tantivy::schema::Field;
use tantivy::schema::document::{ReferenceValue, ReferenceValueLeaf, Value};

/// Texts of a document, all but the record, are about as long.
const TEXT_BYTES: usize = 1024;
/// Values of a document.
const VALUES: usize = 64;

/// The values of a document by field.
#[derive(Debug)]
pub(crate) struct Entry {
    values: Vec<(Field, Kept)>,
    /// Where [`Kept::Text`] points to.
    texts: String,
    stored: Stored,
}

#[derive(Debug, Clone)]
enum Kept {
    U64(u64),
    I64(i64),
    Text(Range<usize>),
    Stored,
}

/// The stored value. Bytes are written one at a time, texts at once.
#[derive(Debug)]
enum Stored {
    Text(String),
    Bytes(Vec<u8>),
}

impl Entry {
    /// Takes the one stored value.
    pub(super) fn keep(&mut self, field: Field, stored: Vec<u8>) {
        self.values.push((field, Kept::Stored));
        self.stored = match String::from_utf8(stored) {
            Ok(text) => Stored::Text(text),
            Err(error) => Stored::Bytes(error.into_bytes()),
        };
    }

    pub(super) fn add_u64(&mut self, field: Field, number: u64) {
        self.values.push((field, Kept::U64(number)));
    }

    pub(super) fn add_i64(&mut self, field: Field, number: i64) {
        self.values.push((field, Kept::I64(number)));
    }

    pub(super) fn add_text(&mut self, field: Field, text: &str) {
        let start = self.texts.len();
        self.texts.push_str(text);
        self.values.push((field, Kept::Text(start..self.texts.len())));
    }
}

impl Default for Entry {
    fn default() -> Self {
        Self {
            values: Vec::with_capacity(VALUES),
            texts: String::with_capacity(TEXT_BYTES),
            stored: Stored::Bytes(Vec::new()),
        }
    }
}

impl Document for Entry {
    type Value<'a> = EntryValue<'a>;
    type FieldsValuesIter<'a> = EntryValues<'a>;

    fn iter_fields_and_values(&self) -> EntryValues<'_> {
        EntryValues { entry: self, next: 0 }
    }
}

/// The values in the order in which they were added.
#[derive(Debug)]
pub(crate) struct EntryValues<'a> {
    entry: &'a Entry,
    next: usize,
}

impl<'a> Iterator for EntryValues<'a> {
    type Item = (Field, EntryValue<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let entry = self.entry;
        let (field, kept) = entry.values.get(self.next)?;
        self.next += 1;
        let value = match kept {
            Kept::U64(number) => EntryValue::U64(*number),
            Kept::I64(number) => EntryValue::I64(*number),
            Kept::Text(place) => EntryValue::Text(entry.texts.get(place.clone()).unwrap_or_default()),
            Kept::Stored => match &entry.stored {
                Stored::Text(text) => EntryValue::Text(text),
                Stored::Bytes(bytes) => EntryValue::Bytes(bytes),
            },
        };
        Some((*field, value))
    }
}

/// One value.
#[derive(Debug, Clone, Copy)]
pub(crate) enum EntryValue<'a> {
    U64(u64),
    I64(i64),
    Text(&'a str),
    Bytes(&'a [u8]),
}

impl<'a> Value<'a> for EntryValue<'a> {
    type ArrayIter = std::iter::Empty<Self>;
    type ObjectIter = std::iter::Empty<(&'a str, Self)>;

    fn as_value(&self) -> ReferenceValue<'a, Self> {
        ReferenceValue::Leaf(match *self {
            Self::U64(number) => ReferenceValueLeaf::U64(number),
            Self::I64(number) => ReferenceValueLeaf::I64(number),
            Self::Text(text) => ReferenceValueLeaf::Str(text),
            Self::Bytes(bytes) => ReferenceValueLeaf::Bytes(bytes),
        })
    }
}
