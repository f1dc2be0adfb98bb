//! The versions of one object, write by write.

use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};
use taffrail_event::{Event, Key};
use taffrail_query::history::{ObjectName, changes_something};
use taffrail_query::{Hit, Matcher, Search, TimeContext, parse};
use utoipa::ToSchema;

use super::coverage::Coverage;
use super::error::ReadError;
use super::history::nothing_of;
use super::object::ObjectBody;
use super::schema::EventSchema;

/// Versions of a page if nobody asks for another number.
pub(crate) const DEFAULT_VERSIONS: usize = 100;

/// Versions of a page at most: each is an event.
const MAX_VERSIONS: usize = 1000;

/// `GET /api/v1/objects/.../history`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct HistoryBody {
    pub(crate) object: ObjectBody,
    /// Oldest first, across re-creations.
    pub(crate) versions: Vec<VersionBody>,
    pub(crate) next: Option<String>,
    pub(crate) coverage: Coverage,
}

/// One version of an object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ObjectVersion)]
pub(crate) struct VersionBody {
    /// Counts from 1. Of a write that changed nothing: the version that it left as it was, 0 if there was none.
    pub(crate) n: u64,
    /// Tells the objects apart that bore this name; `""` where the record does not say.
    pub(crate) uid: String,
    /// `metadata.resourceVersion` of the result, as far as the record says.
    pub(crate) resource_version: String,
    /// Whether a write that was not seen lies before it.
    pub(crate) unseen_before: bool,
    #[schema(value_type = EventSchema)]
    pub(crate) event: Event,
}

/// Asks for a page of the versions of an object.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct HistoryAsk<'a> {
    /// Only versions whose write it finds; empty is all of them.
    pub(crate) query: &'a str,
    /// Whether writes that changed nothing are shown too.
    pub(crate) no_ops: bool,
    /// 1 to [`MAX_VERSIONS`].
    pub(crate) limit: usize,
    /// `next` of the page before.
    pub(crate) cursor: Option<&'a str>,
}

/// A page of the versions of an object.
pub(crate) fn history(
    search: &dyn Search,
    object: &ObjectName,
    ask: &HistoryAsk<'_>,
    context: &TimeContext,
    coverage: Coverage,
) -> Result<HistoryBody, ReadError> {
    if !(1..=MAX_VERSIONS).contains(&ask.limit) {
        let limit = ask.limit;
        return Err(ReadError::Parameter(format!("limit is {limit}; it has to be 1 to {MAX_VERSIONS}")));
    }
    let query = parse(ask.query, context)?;
    let matcher = Matcher::new(&query);
    // The event behind whose version the page begins.
    let after = ask.cursor.map(|cursor| Key::parse(cursor).ok_or_else(no_cursor)).transpose()?;
    let (mut n, mut is_known, mut is_due, mut more) = (0, false, after.is_none(), false);
    let mut versions: Vec<VersionBody> = Vec::new();
    search.writes(object, &mut |Hit { event, record }| {
        is_known = true;
        let is_change = changes_something(&event);
        n += u64::from(is_change);
        if !is_due {
            is_due = after == Some(event.id);
            return ControlFlow::Continue(());
        }
        if !(is_change || ask.no_ops) || !matcher.matches(&event, &record) {
            return ControlFlow::Continue(());
        }
        more = versions.len() >= ask.limit;
        if more {
            return ControlFlow::Break(());
        }
        versions.push(VersionBody::of(n, event));
        ControlFlow::Continue(())
    })?;
    if !is_known {
        return Err(nothing_of(object));
    }
    if !is_due {
        return Err(no_cursor());
    }
    let next = versions.last().filter(|_| more).map(|last| last.event.id.to_string());
    Ok(HistoryBody { object: ObjectBody::of(object), versions, next, coverage })
}

fn no_cursor() -> ReadError {
    let problem =
        "cursor is none that this path has given out for this object, or the version that it names is gone";
    ReadError::Parameter(problem.to_owned())
}

impl VersionBody {
    fn of(n: u64, event: Event) -> Self {
        let object = event.object.as_ref();
        Self {
            n,
            uid: object.map(|object| object.uid.clone()).unwrap_or_default(),
            resource_version: object.map(|object| object.resource_version.clone()).unwrap_or_default(),
            unseen_before: event.change.as_ref().is_some_and(|change| change.unseen_before),
            event,
        }
    }
}
