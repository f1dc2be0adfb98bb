//! The tantivy schema: typed columns, one text field over the words of an event, one over its short texts with
//! positions, and the stored record. No dynamic JSON field (reference/tantivy.md sections 2 and 9).

use std::borrow::Cow;

use rustc_hash::FxHasher;
use taffrail_event::change::{Part, has_keys, parts, without_keys};
use taffrail_query::{Field, FieldKind};
use tantivy::schema::{
    Field as TantivyField, IndexRecordOption, NumericOptions, STORED, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::store::{Compressor, ZstdCompressor};
use tantivy::tokenizer::{RawTokenizer, TextAnalyzer, Token, TokenStream, Tokenizer, TokenizerManager};
use tantivy::{Index, IndexSettings};

/// The version of the schema; a split built with an older one is rebuilt by `taffrail reindex`.
///
/// 2: `audit.truncated`; long values that ignore case are hashed in lower case. 3: change sets.
/// 4: changed paths with their merge keys. 5: values before and after are indexed by less of them. 6: flows.
/// 7: columns by which flows are counted.
pub(crate) const SCHEMA: u32 = 7;

/// The doc store's block: large enough that versions of one object compress against each other, small enough that
/// a page in time order, which touches a block a hit, stays fast.
const STORE_BLOCK_BYTES: usize = 128 * 1024;
/// Half as fast again as the level above; recorded events take no more room with it.
const STORE_LEVEL: i32 = 2;

/// Longer values are indexed by their first bytes and a hash of the whole.
const MAX_TERM_BYTES: usize = 512;
/// Of values before and after: whole lists and messages are among them, and nearly every one is new.
const MAX_CHANGED_TERM_BYTES: usize = 96;

/// Times are microseconds since 1970.
pub(crate) const TIME: &str = "time";
/// The upper half of the id: the tiebreak of the order (time, id).
pub(crate) const ID_HIGH: &str = "id_high";
/// The lower half of the record key.
pub(crate) const RECORD: &str = "record_key";
/// How good the stored copy is.
pub(crate) const RANK: &str = "rank";
/// Stands for every object that the event is about; see [`taffrail_event::change::object_hash`].
pub(crate) const OBJECT: &str = "object_hash";
/// What the write means for its object's states; see [`taffrail_event::change::Link::bits`].
pub(crate) const LINK: &str = "link";
/// The resource version of the write's result.
pub(crate) const VERSION: &str = "version";
/// What flows have in common that are counted together; see [`taffrail_event::flow::Flow::group_hash`].
pub(crate) const FLOW_GROUP: &str = "flow_group";
/// What else a flow is counted by; see [`taffrail_event::flow::FlowFacts::bits`].
pub(crate) const FLOW_FACTS: &str = "flow_facts";
/// From the start to the end of a flow, in microseconds.
pub(crate) const FLOW_LENGTH: &str = "flow_length";
/// The stored value. Its name is the same in every version of the schema: a rebuild needs nothing else.
pub(crate) const STORED_FIELD: &str = "stored";

/// The handles of every field.
#[derive(Debug, Clone)]
pub(crate) struct Columns {
    pub(crate) schema: Schema,
    /// The upper half of the id, and in a conflict also of the request key: what an upsert deletes by. Half a key is enough to
    /// be unique, and its terms take half the space.
    pub(crate) key: TantivyField,
    /// See [`crate::document::chosen_hash`].
    pub(crate) audit_id: TantivyField,
    pub(crate) time: TantivyField,
    pub(crate) id_high: TantivyField,
    pub(crate) record: TantivyField,
    pub(crate) rank: TantivyField,
    pub(crate) object: TantivyField,
    pub(crate) link: TantivyField,
    pub(crate) version: TantivyField,
    pub(crate) flow_group: TantivyField,
    pub(crate) flow_facts: TantivyField,
    pub(crate) flow_length: TantivyField,
    /// Every word of the event once, without positions.
    pub(crate) words: TantivyField,
    /// Summary and names, with positions.
    pub(crate) phrases: TantivyField,
    /// See [`crate::stored::Stored`].
    pub(crate) stored: TantivyField,
    /// Changed paths that have merge keys; see [`keyed_path`].
    pub(crate) keyed_paths: TantivyField,
    fields: Vec<(Field, TantivyField)>,
}

impl Columns {
    pub(crate) fn new() -> Self {
        let mut builder = Schema::builder();
        let indexed = NumericOptions::default().set_indexed();
        let key = builder.add_u64_field("key", indexed.clone());
        let audit_id = builder.add_u64_field("audit_id_hash", indexed);
        let fast = NumericOptions::default().set_fast();
        let time = builder.add_i64_field(TIME, fast.clone());
        let id_high = builder.add_u64_field(ID_HIGH, fast.clone());
        let record = builder.add_u64_field(RECORD, fast.clone());
        let rank = builder.add_u64_field(RANK, fast.clone());
        let object = builder.add_u64_field(OBJECT, NumericOptions::default().set_indexed().set_fast());
        let link = builder.add_u64_field(LINK, fast.clone());
        let version = builder.add_u64_field(VERSION, fast.clone());
        let flow_group = builder.add_u64_field(FLOW_GROUP, fast.clone());
        let flow_facts = builder.add_u64_field(FLOW_FACTS, fast.clone());
        let flow_length = builder.add_u64_field(FLOW_LENGTH, fast.clone());
        let words = builder.add_text_field("words", text(SPACES, IndexRecordOption::Basic));
        let phrases =
            builder.add_text_field("phrases", text(WORDS, IndexRecordOption::WithFreqsAndPositions));
        let stored = builder.add_text_field(STORED_FIELD, STORED);
        let keyed_paths = builder.add_text_field("keyed_paths", text(RAW, IndexRecordOption::Basic));
        let fields = Field::ALL
            .iter()
            .filter_map(|&field| {
                let name = field.canonical();
                let column = match field.kind() {
                    FieldKind::Keyword
                    | FieldKind::KeywordIgnoreCase
                    | FieldKind::Words
                    | FieldKind::Ip
                    | FieldKind::Endpoint
                    | FieldKind::Path => {
                        if matches!(field, Field::Id | Field::AuditId) {
                            return None;
                        }
                        let tokenizer = if is_case_ignored(field) { LOWER } else { RAW };
                        let options = text(tokenizer, IndexRecordOption::Basic);
                        builder.add_text_field(
                            name,
                            if field.is_facet() { options.set_fast(RAW) } else { options },
                        )
                    }
                    FieldKind::Number => builder.add_i64_field(name, fast.clone()),
                    FieldKind::Time => return None,
                };
                Some((field, column))
            })
            .collect();
        Self {
            schema: builder.build(),
            key,
            audit_id,
            time,
            id_high,
            record,
            rank,
            object,
            link,
            version,
            flow_group,
            flow_facts,
            flow_length,
            words,
            phrases,
            stored,
            keyed_paths,
            fields,
        }
    }

    /// The column of a field of the query language; times and ids have their own.
    pub(crate) fn of(&self, field: Field) -> Option<TantivyField> {
        self.fields.iter().find(|(known, _)| *known == field).map(|(_, column)| *column)
    }

    pub(crate) fn fields(&self) -> impl Iterator<Item = (Field, TantivyField)> + '_ {
        self.fields.iter().copied()
    }

    /// How new splits are laid out on disk.
    pub(crate) fn settings() -> IndexSettings {
        IndexSettings {
            docstore_compression: Compressor::Zstd(ZstdCompressor { compression_level: Some(STORE_LEVEL) }),
            docstore_blocksize: STORE_BLOCK_BYTES,
            ..IndexSettings::default()
        }
    }
}

pub(crate) fn is_case_ignored(field: Field) -> bool {
    matches!(field.kind(), FieldKind::KeywordIgnoreCase | FieldKind::Words)
}

/// The term under which a value stands in its column; a query's value goes through the same.
pub(crate) fn term_text(field: Field, value: &str) -> Cow<'_, str> {
    bounded(field.normal(value), longest(field))
}

/// Bytes of a value that a term holds at most.
fn longest(field: Field) -> usize {
    if matches!(field, Field::Before | Field::After) { MAX_CHANGED_TERM_BYTES } else { MAX_TERM_BYTES }
}

/// The text that a value is added to its column as. Columns that ignore case lower it in their tokenizer, which is too late
/// for the hash of a long one.
pub(crate) fn column_text<'a>(field: Field, value: &'a str) -> Cow<'a, str> {
    if field.kind() == FieldKind::Path {
        // Most questions name no merge keys, and without them there are few terms to look through.
        return bounded(without_keys(value), longest(field));
    }
    if matches!(field.kind(), FieldKind::Ip | FieldKind::Endpoint) || value.len() > longest(field) {
        term_text(field, value)
    } else {
        Cow::Borrowed(value)
    }
}

/// The term of a path in the column of paths with merge keys; `None` where it has none.
///
/// A list that is keyed by uid or address would make every write a term of its own: its paths stand there without any key, and
/// the record decides.
pub(crate) fn keyed_path(path: &str) -> Option<Cow<'_, str>> {
    if !has_keys(path) {
        return None;
    }
    let is_single = |part: Part<'_>| match part {
        Part::Keys(keys) => ["[uid=", "[ip="].iter().any(|key| keys.starts_with(key)),
        Part::Member(_) => false,
    };
    let path = if parts(path).any(is_single) { without_keys(path) } else { Cow::Borrowed(path) };
    Some(bounded(path, longest(Field::Changed)))
}

/// Long values by their first bytes and a hash, so that equality still works.
fn bounded(value: Cow<'_, str>, longest: usize) -> Cow<'_, str> {
    if value.len() <= longest {
        return value;
    }
    let hash = {
        use std::hash::Hasher;
        let mut hasher = FxHasher::default();
        hasher.write(value.as_bytes());
        hasher.finish()
    };
    Cow::Owned(format!("{}~{hash:016x}", first(&value, longest)))
}

/// Whether a term is the beginning of a longer value, with its hash: all others are shorter.
pub(crate) fn is_head(field: Field, term: &str) -> bool {
    term.len() > longest(field)
}

/// As much of a value as a term holds.
pub(crate) fn head(field: Field, value: &str) -> &str {
    first(value, longest(field))
}

fn first(value: &str, bytes: usize) -> &str {
    value.get(..value.floor_char_boundary(bytes)).unwrap_or(value)
}

fn text(tokenizer: &str, record: IndexRecordOption) -> TextOptions {
    let indexing =
        TextFieldIndexing::default().set_tokenizer(tokenizer).set_index_option(record).set_fieldnorms(false);
    TextOptions::default().set_indexing_options(indexing)
}

const RAW: &str = "raw";
const LOWER: &str = "taffrail_lower";
const SPACES: &str = "taffrail_spaces";
const WORDS: &str = "taffrail_words";

/// Tokenizers are not persisted: they are registered on every open, for both uses (reference/tantivy.md section 8).
pub(crate) fn register_tokenizers(index: &mut Index) {
    let manager = tokenizers();
    index.set_tokenizers(manager.clone());
    index.set_fast_field_tokenizers(manager);
}

/// Every tokenizer that the schema names.
pub(crate) fn tokenizers() -> TokenizerManager {
    let manager = TokenizerManager::default();
    manager.register(RAW, TextAnalyzer::from(RawTokenizer::default()));
    manager.register(LOWER, TextAnalyzer::from(Whole));
    manager.register(SPACES, TextAnalyzer::from(Spaces));
    manager.register(WORDS, TextAnalyzer::from(Words));
    manager
}

/// The whole value, lower-cased.
#[derive(Clone)]
struct Whole;

impl Tokenizer for Whole {
    type TokenStream<'a> = Tokens<std::iter::Once<Cow<'a, str>>>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Self::TokenStream<'a> {
        Tokens::new(std::iter::once(Field::ActorName.normal(text)))
    }
}

/// What stands between spaces, as it is: the words were cut and lower-cased before.
#[derive(Clone)]
struct Spaces;

impl Tokenizer for Spaces {
    type TokenStream<'a> = Tokens<Box<dyn Iterator<Item = Cow<'a, str>> + 'a>>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Self::TokenStream<'a> {
        Tokens::new(Box::new(text.split(' ').filter(|word| !word.is_empty()).map(Cow::Borrowed)))
    }
}

/// The words of a text (see [`taffrail_event::words`]).
#[derive(Clone)]
struct Words;

impl Tokenizer for Words {
    type TokenStream<'a> = Tokens<Box<dyn Iterator<Item = Cow<'a, str>> + 'a>>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Self::TokenStream<'a> {
        Tokens::new(Box::new(taffrail_event::words::words(text)))
    }
}

struct Tokens<I> {
    words: I,
    token: Token,
}

impl<I> Tokens<I> {
    fn new(words: I) -> Self {
        Self { words, token: Token::default() }
    }
}

impl<'a, I: Iterator<Item = Cow<'a, str>>> TokenStream for Tokens<I> {
    fn advance(&mut self) -> bool {
        let Some(word) = self.words.next() else { return false };
        self.token.text.clear();
        self.token.text.push_str(&word);
        self.token.position = self.token.position.wrapping_add(1);
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_with_keys_are_terms_unless_the_key_is_of_one_thing() {
        fn check(path: &str, expected: Option<&str>) {
            assert_eq!(keyed_path(path).as_deref(), expected, "{path}");
        }
        check("spec.replicas", None);
        check(r#"metadata.labels["app.kubernetes.io/name"]"#, None);
        check("spec.containers[name=web].image", Some("spec.containers[name=web].image"));
        check("metadata.ownerReferences[uid=1-2].name", Some("metadata.ownerReferences.name"));
        check("subsets.addresses[ip=10.0.0.1].ports[name=http].port", Some("subsets.addresses.ports.port"));
    }
}
