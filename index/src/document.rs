//! Turns a stored record into the tantivy document that makes it searchable. Indexing, compaction and reindexing all
//! come through here, so a rebuilt split answers like the first one.

mod entry;

use rustc_hash::{FxHashMap, FxHasher};
use std::borrow::Cow;
use std::hash::{Hash, Hasher};
use std::ops::Range;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use taffrail_event::change::{self, Link};
use taffrail_event::flow::{Endpoint, Flow, FlowFacts, StoredFlow};
use taffrail_event::{ActorRules, AuditRecord, Decoded, Event, Key, Outline, words};
use taffrail_query::{Field, FieldKind};

pub(crate) use self::entry::Entry;
use crate::fold::Rank;
use crate::schema::{Columns, column_text, keyed_path};
use crate::stored::Stored;

/// More distinct words than this are not indexed of one event: a list of 20 MB must not fill the dictionary.
const MAX_WORDS: usize = 50_000;

/// The order of documents within a split: versions of one object side by side, like objects near each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct SortKey {
    object: u64,
    time: i64,
}

impl SortKey {
    /// A document that changed after it was written goes to the end of its split; a compaction puts it into its place.
    pub(crate) fn at(time: i64) -> Self {
        Self { object: u64::MAX, time }
    }

    pub(crate) fn of(decoded: &Decoded<'_>, time: i64) -> Self {
        match decoded {
            Decoded::Audit(audit) => Self::of_audit(audit, time),
            Decoded::Flow(flow) => Self { object: of_ends(&flow.flow), time },
            Decoded::Gap(gap) => Self { object: hash(gap.source.as_bytes()), time },
            Decoded::Finding(finding) => Self { object: hash(finding.object.name.as_bytes()), time },
        }
    }

    fn of_audit(audit: &AuditRecord<'_>, time: i64) -> Self {
        use taffrail_event::json::{Members, string};
        let mut kind = FxHasher::default();
        let (mut namespace, mut name) = (0, Cow::Borrowed(""));
        let reference = audit.object_ref.unwrap_or_default();
        for member in Members::of(reference) {
            let text = string(&reference[member.value]).unwrap_or_default();
            match member.key.as_ref() {
                "namespace" => namespace = hash(text.as_bytes()),
                "name" => name = text,
                "resource" | "subresource" | "apiGroup" => kind.write(text.as_bytes()),
                _ => {}
            }
        }
        if reference.is_empty() {
            name = Cow::Borrowed(audit.uri.split('?').next().unwrap_or_default());
        }
        let stem = name.rsplit_once('-').map_or(name.as_ref(), |(stem, _)| stem);
        let object = kind.finish() >> 48 << 48
            | namespace >> 48 << 32
            | hash(stem.as_bytes()) >> 48 << 16
            | hash(name.as_bytes()) >> 48;
        Self { object, time }
    }
}

/// Flows of one endpoint stand side by side, by its peer.
fn of_ends(flow: &Flow) -> u64 {
    let side = |endpoint: &Endpoint| {
        let mut hasher = FxHasher::default();
        (endpoint.ip, &endpoint.namespace, &endpoint.pod, &endpoint.workload).hash(&mut hasher);
        spread(&hasher)
    };
    side(&flow.source) >> 32 << 32 | side(&flow.destination) >> 32
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(bytes);
    spread(&hasher)
}

/// Fx leaves its entropy in the upper bits only after a multiplication.
fn spread(hasher: &FxHasher) -> u64 {
    hasher.finish().wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// The hash of a record's bytes that breaks ties between copies.
pub(crate) fn record_hash(record: &[u8]) -> u64 {
    hash(record)
}

/// What documents are built by: the columns that they have, and who is who.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan<'a> {
    pub(crate) columns: &'a Columns,
    pub(crate) actors: &'a ActorRules,
}

/// What is known of a document before it is built.
pub(crate) trait Source: Sync {
    /// Where it belongs in the split.
    fn sort_key(&self) -> SortKey;
    /// How good the copy is.
    fn rank(&self) -> Rank;
    /// Its place in the history of its object, if it is a write of one.
    fn link(&self) -> Option<Link>;
    /// Where the members of its record stand, if that is known.
    fn outline(&self) -> Option<&Outline> {
        None
    }
    /// The flow that its record tells of, if that was read before: it takes as long as all the rest of the document.
    fn flow(&self) -> Option<Arc<Flow>> {
        None
    }
    /// Its request key and the lower half of its record key, if they are known: hashing them takes as long as many a column.
    fn keys(&self) -> Option<(Key, u64)> {
        None
    }
    /// The stored value (see [`crate::stored::Stored`]).
    fn stored(&self) -> Vec<u8>;
}

/// Builds documents, reusing its buffers.
#[derive(Debug, Default)]
pub(crate) struct DocumentBuilder {
    words: WordSet,
}

impl DocumentBuilder {
    /// The document of a stored record; `None` if the record is not what its flags say.
    pub(crate) fn build(
        &mut self,
        Plan { columns, actors }: Plan<'_>,
        source: &impl Source,
    ) -> Option<Entry> {
        let stored_bytes = source.stored();
        let stored = Stored::decode(&stored_bytes)?;
        let decoded = match source.flow() {
            Some(flow) => Decoded::Flow(StoredFlow::known(stored.record, flow)?),
            None => Decoded::by_outline(stored.record, stored.flags, source.outline()).ok()?,
        };
        let (id, request, record) = match source.keys().filter(|_| !stored.is_conflict) {
            Some((request, record)) => (request, request, record),
            None => {
                let keys = decoded.keys(stored.cluster);
                let id = if stored.is_conflict { keys.record } else { keys.request };
                (id, keys.request, keys.record.low())
            }
        };
        let event = decoded.event(stored.origins(id, actors));
        // Nearly in the order of the schema, by which tantivy sorts them.
        let mut document = Entry::default();
        document.add_u64(columns.key, id.high());
        if stored.is_conflict {
            document.add_u64(columns.key, request.high());
        }
        if let Some(audit) = event.audit.as_ref().filter(|audit| !audit.id.is_empty()) {
            document.add_u64(columns.audit_id, chosen_hash(&audit.id));
        }
        document.add_i64(columns.time, event.time.micros());
        document.add_u64(columns.id_high, id.high());
        document.add_u64(columns.record, record);
        document.add_u64(columns.rank, source.rank().0.into());
        if let Some((audit, object)) = decoded.audit().zip(event.object.as_ref()) {
            for hash in change::object_hashes(audit, stored.cluster, object) {
                document.add_u64(columns.object, hash);
            }
        }
        if let Some(link) = source.link() {
            document.add_u64(columns.link, link.bits());
            if let Some(version) = link.resource_version {
                document.add_u64(columns.version, version);
            }
        }
        if let Some(flow) = &event.flow {
            document.add_u64(columns.flow_group, flow.group_hash());
            document.add_u64(columns.flow_facts, FlowFacts::of(flow).bits());
            let length = flow.end.micros() - flow.start.micros();
            document.add_u64(columns.flow_length, u64::try_from(length).unwrap_or_default());
        }
        self.words.clear();
        event.texts_of(&decoded, |text| self.words.add_all(text));
        document.add_text(columns.words, self.words.text());
        phrases(&event, &mut |text| document.add_text(columns.phrases, text));
        Field::Changed.texts(&event, &mut |path| {
            if let Some(keyed) = keyed_path(path) {
                document.add_text(columns.keyed_paths, &keyed);
            }
        });
        for (field, column) in columns.fields() {
            if let Some(number) = field.number(&event) {
                document.add_i64(column, number);
            }
            if field.kind() != FieldKind::Number {
                field.texts(&event, &mut |text| {
                    if !text.is_empty() {
                        document.add_text(column, &column_text(field, text));
                    }
                });
            }
        }
        document.keep(columns.stored, stored_bytes);
        Some(document)
    }
}

/// The short texts that phrases are looked up in without reading the record: a subset of [`Event::texts`].
fn phrases(event: &Event, each: &mut dyn FnMut(&str)) {
    each(&event.summary);
    if let Some(object) = &event.object {
        each(&object.name);
    }
}

/// Finds the documents of a request, or the one with this id.
pub(crate) fn key_term(columns: &Columns, key: Key) -> tantivy::Term {
    tantivy::Term::from_field_u64(columns.key, key.high())
}

/// What stands for an audit id, or for another text that clients choose: a hash that they cannot steer.
pub(crate) fn chosen_hash(text: &str) -> u64 {
    let digest = Sha256::digest(text.as_bytes());
    digest.first_chunk().map(|bytes| u64::from_be_bytes(*bytes)).unwrap_or_default()
}

/// Each word once, joined by spaces.
#[derive(Debug, Default)]
struct WordSet {
    words: Seen,
    /// Texts that were added: the body of an answer mostly repeats that of the request.
    texts: Seen,
}

/// Longer texts are not noted, nor any behind so many bytes of them: they seldom come twice.
const MAX_SEEN_TEXT: usize = 256;
const MAX_SEEN_TEXTS: usize = 256 * 1024;

impl WordSet {
    fn clear(&mut self) {
        self.words.clear();
        self.texts.clear();
    }

    fn add_all(&mut self, text: &str) {
        let hash = hash(text.as_bytes());
        if self.texts.holds(hash, text) {
            return;
        }
        if text.len() <= MAX_SEEN_TEXT && self.texts.joined.len() < MAX_SEEN_TEXTS {
            self.texts.note(hash, text);
        }
        for word in words::words(text) {
            self.add(&word);
        }
    }

    fn add(&mut self, word: &str) {
        let hash = hash(word.as_bytes());
        if !self.words.holds(hash, word) && self.words.places.len() < MAX_WORDS {
            self.words.note(hash, word);
        }
    }

    fn text(&self) -> &str {
        &self.words.joined
    }
}

/// Texts that were seen, joined by spaces. Of two with one hash only the later one is remembered.
#[derive(Debug, Default)]
struct Seen {
    joined: String,
    places: FxHashMap<u64, Range<usize>>,
}

impl Seen {
    fn clear(&mut self) {
        self.joined.clear();
        self.places.clear();
    }

    fn holds(&self, hash: u64, text: &str) -> bool {
        self.places.get(&hash).is_some_and(|place| self.joined.get(place.clone()) == Some(text))
    }

    fn note(&mut self, hash: u64, text: &str) {
        if !self.joined.is_empty() {
            self.joined.push(' ');
        }
        let start = self.joined.len();
        self.joined.push_str(text);
        self.places.insert(hash, start..self.joined.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_added_once() {
        let mut words = WordSet::default();
        words.add_all("Pod shop/web-1 web");
        words.add_all("pod");
        assert_eq!(words.text(), "pod shop web 1");
    }
}
