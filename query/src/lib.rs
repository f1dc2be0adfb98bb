//! What people ask of Taffrail: the query language, the matcher that answers it in memory, time expressions, and the
//! contract by which a store answers it at scale.
//!
//! Flow: [`parse`] turns text into a [`Query`], relative times resolved by a [`TimeContext`]; the same `Query` is lowered
//! to an engine's own queries by the index and evaluated on a single event by [`Matcher`]. [`Field`] is the one table of
//! field names and of how a field's values are read from an event: the matcher and the index both read by it, so both
//! answer alike.
//!
//! Invariant: no IO, no clock, no environment, no search engine. Every text is accepted or refused with a place and a
//! reason; none panics, overflows the stack or takes more than linear time.

#[cfg(test)]
mod arbitrary;
mod ast;
pub mod containment;
mod cursor;
mod error;
mod field;
pub mod history;
mod ip;
mod matcher;
pub mod owners;
mod parse;
mod pattern;
mod print;
pub mod quarantine;
mod search;
mod selector;
mod time;

pub use ast::{Predicate, Query, TextPredicate};
pub use cursor::{CursorError, CursorToken};
pub use error::{QueryError, QueryErrorCode};
pub use field::{Field, FieldKind, UnknownField};
pub use ip::IpRange;
pub use matcher::Matcher;
pub use parse::parse;
pub use pattern::Pattern;
pub use search::{
    Bucket, ClusterSpan, Cursor, Existence, Facets, FacetsRequest, FlowGroup, FlowLimit, FlowsRequest, Found,
    FoundFlow, FoundFlows, Histogram, HistogramRequest, Hit, Lane, LaneBy, LaneKey, Lanes, LanesRequest,
    ListedObject, Objects, ObjectsRequest, Order, Page, PageRequest, Progress, RemovedTotals, Search,
    SearchError, TimeRange, Total, Turn,
};
pub use selector::{LabelRequirement, Selector, SelectorError};
pub use time::{TimeContext, TimeError, parse_time};
