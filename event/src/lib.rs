//! Domain types of Taffrail: the event as everyone sees it, the record it came from, its keys, and the write contract
//! between intake and index.
//!
//! Flow: a source yields redacted record bytes ([`RecordBatch`]); [`AuditRecord`] reads one without a DOM; [`Keys`] tell
//! copies and stages of one request apart; [`Event`] is what the API, the CLI and exports show.
//!
//! Invariant: this crate knows no runtime, no search engine, no HTTP and does no IO.

mod actor;
mod admission;
mod audit;
pub mod change;
mod client;
mod crash;
mod decoded;
mod event;
mod finding;
pub mod flow;
mod gap;
pub mod json;
mod key;
mod object;
mod outcome;
mod outline;
mod query_text;
mod record;
mod removed;
pub mod resource;
mod rhythm;
mod sink;
mod source;
mod summary;
mod time;
pub mod words;

pub use actor::{Actor, ActorPod, ActorRule, ActorRules, ActorType, DisplayName, Glob, Impersonated};
pub use admission::{Admission, FailedOpen, Mutation, WebhookKind};
pub use audit::{
    AuditRecord, Class, NotAudit, SKIPPED_BODY, Stage, TRUNCATED, is_access_subresource, query_parameters,
};
pub use change::{Change, ChangeType, Confidence, FieldChange, FieldOp};
pub use client::Client;
pub use crash::crash_point;
pub use decoded::Decoded;
pub use event::{Audit, Event, Kind, Origins};
pub use finding::{Finding, FindingRecord, Severity};
pub use gap::Gap;
pub use key::{AuditIdentity, Key, Keys};
pub use object::ObjectRef;
pub use outcome::{DeniedBy, Outcome, OutcomeResult};
pub use outline::Outline;
pub use record::{BadPayload, BatchBuilder, Known, Origin, RecordBatch, RecordFlags, Via, ViaSet};
pub use removed::Removed;
pub use rhythm::Rhythm;
pub use sink::{EventSink, Position, SinkError, WriteCounts};
pub use source::{BatchSums, SourceSums};
pub use time::{NotATime, Timestamp};
