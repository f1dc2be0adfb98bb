//! The shapes of what other crates serialise, for the OpenAPI document.
//!
//! `event` and `ingest` know nothing of HTTP, so their types are mirrored here: the members by name and type, the words from
//! the crates themselves. No value is ever made of them. Tests hold every answer to its shape.

mod admission;
mod change;
mod event;
mod flow;

use utoipa::ToSchema;
use utoipa::openapi::schema::{Object, ObjectBuilder, SchemaType, Type};

pub(crate) use self::change::{ChangeSchema, ConfidenceSchema};
pub(crate) use self::event::{ActorSchema, EventSchema, kind as event_kind};

/// RFC 3339 in UTC, to the microsecond.
#[derive(ToSchema)]
#[schema(as = Timestamp, value_type = String, format = DateTime, example = "2026-11-23T16:11:23.418577Z")]
#[expect(dead_code, reason = "only its shape is used")]
pub(crate) struct TimestampSchema(String);

/// The id of an event or a dead letter: 32 hex digits.
#[derive(ToSchema)]
#[schema(as = Key, value_type = String, pattern = "^[0-9a-f]{32}$", example = "00b06cbd2a3c4d9fd9aa1b0d8a0cf9f3")]
#[expect(dead_code, reason = "only its shape is used")]
pub(crate) struct KeySchema(String);

/// In which order events come.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "only its shape is used")]
pub(crate) enum OrderSchema {
    Asc,
    Desc,
}

/// What a lane stands for.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "only its shape is used")]
pub(crate) enum LaneBySchema {
    Object,
    Actor,
    Namespace,
    Node,
}

/// A stretch of time for which records are missing.
#[derive(ToSchema)]
#[schema(as = Gap)]
#[expect(dead_code, reason = "only its shape is used")]
pub(crate) struct GapSchema {
    /// The cluster, or `""` for every cluster.
    cluster: String,
    /// The source within it.
    source: String,
    /// Start, inclusive.
    from: TimestampSchema,
    /// End, exclusive.
    to: TimestampSchema,
    /// How many records are missing; null when unknown.
    lost: Option<u64>,
    /// Why, in plain words.
    reason: String,
}

/// Events of one class that are no longer there.
#[derive(ToSchema)]
#[schema(as = Removed)]
#[expect(dead_code, reason = "only its shape is used")]
pub(crate) struct RemovedSchema {
    /// The class: `change`, `access`.
    class: String,
    /// Events before this time may be missing.
    before: TimestampSchema,
    /// When the last of them were removed, or came too late to be taken.
    at: TimestampSchema,
}

/// What became of the records read since the start.
#[derive(ToSchema)]
#[schema(as = WriteCounts)]
#[expect(dead_code, reason = "only its shape is used")]
pub(crate) struct WriteCountsSchema {
    /// Records taken.
    read: u64,
    /// Documents that are new.
    kept: u64,
    /// Records merged into the document of their request.
    folded: u64,
    /// Exact copies of a record seen before.
    duplicate: u64,
    /// `RequestReceived` records that wait for their completion now.
    held: u64,
    /// Second records of one request and stage that differ; both are kept.
    conflicts: u64,
    /// Records of events that are older than retention keeps; not indexed.
    expired: u64,
}

/// Something that came in and could not be decoded.
#[derive(ToSchema)]
#[schema(as = DeadLetter)]
#[expect(dead_code, reason = "only its shape is used")]
pub(crate) struct DeadLetterSchema {
    id: KeySchema,
    /// When it came in first.
    time: TimestampSchema,
    /// The cluster it came for.
    cluster: String,
    /// The source within it.
    source: String,
    /// Why it is no event, in plain words.
    reason: String,
    /// Bytes of the whole.
    size: u64,
    /// SHA-256 of the original bytes, in hex.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    sha256: String,
    /// Its first 64 KiB, masked; what is not UTF-8 is shown as U+FFFD.
    excerpt: String,
}

/// How many dead letters there are.
#[derive(ToSchema)]
#[schema(as = DeadLetterTotals)]
#[expect(dead_code, reason = "only its shape is used")]
pub(crate) struct DeadLetterTotalsSchema {
    /// Letters stored.
    stored: u64,
    /// Their bytes on disk.
    bytes: u64,
    /// Letters that came in since the start, known ones included.
    received: u64,
}

/// One of a few words.
pub(super) fn words(description: &str, words: impl IntoIterator<Item = &'static str>) -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(words))
        .description(Some(description))
        .build()
}

/// Nothing, until there is something.
fn null(description: &str) -> Object {
    ObjectBuilder::new().schema_type(Type::Null).description(Some(description)).build()
}

/// Any value.
fn any(description: &str) -> Object {
    ObjectBuilder::new().schema_type(SchemaType::AnyValue).description(Some(description)).build()
}
