//! Questions and their answers, as the API gives them and as the CLI gives them on a directory: the same code for both,
//! with no HTTP in it.
//!
//! Flow: an `…Ask` holds what was asked as text; its function resolves times and cursor, asks the store
//! ([`Search`](taffrail_query::Search)) and builds the body that goes out as JSON.

mod ask;
mod because;
mod body;
mod counts;
mod coverage;
mod csv;
mod error;
mod event;
mod events;
mod history;
mod lanes;
mod levels;
mod object;
mod objects;
mod own;
mod quarantine;
mod related;
mod room;
pub(crate) mod schema;
mod sources;
mod tail;
mod versions;

pub(crate) use self::ask::{Ask, Question};
pub(crate) use self::body::{
    ClusterBody, ClustersBody, EventBody, EventsBody, FacetsBody, HistogramBody, TotalBody,
};
pub(crate) use self::counts::{
    DEFAULT_BUCKETS, DEFAULT_FACETS, DEFAULT_SPLIT, FacetsAsk, HistogramAsk, MAX_FACETS, clusters, facets,
    histogram,
};
pub(crate) use self::coverage::Coverage;
pub(crate) use self::csv::CsvWriter;
pub(crate) use self::error::ReadError;
pub(crate) use self::event::{MIN_ID_DIGITS, event};
pub(crate) use self::events::{DEFAULT_EVENTS, EventsAsk, events};
pub(crate) use self::history::{AtBody, BlameBody, BlameFieldBody, DiffBody, at, blame, diff};
pub(crate) use self::lanes::{DEFAULT_LANES, DEFAULT_PER_LANE, LanesAsk, TimelineBody, timeline};
pub(crate) use self::levels::{LevelsBody, levels};
pub(crate) use self::object::{CORE, ObjectBody, of_parts, path_of};
pub(crate) use self::objects::{
    DEFAULT_OBJECTS, ListedObjectBody, MAX_OBJECTS, ObjectsAsk, ObjectsBody, objects,
};
pub(crate) use self::own::without_own;
pub(crate) use self::quarantine::{
    AttemptBody, ContainmentBody, Histories, QuarantineBody, QuarantinesAsk, QuarantinesBody, RowBody,
    StoryAsk, StoryBody, can_be_disproved, quarantine_findings, quarantined_pods, quarantines, span, story,
};
pub(crate) use self::related::{RelatedBody, related_to};
pub(crate) use self::room::RoomBody;
pub(crate) use self::sources::{SourceBody, sources};
pub(crate) use self::tail::{TailFilter, TailPlace};
pub(crate) use self::versions::{DEFAULT_VERSIONS, HistoryAsk, HistoryBody, VersionBody, history};
