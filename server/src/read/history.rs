//! The history of one object: its versions, its state at a time, who set each field; and what one event changed, whole.

use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};
use taffrail_event::change::JsonText;
use taffrail_event::{Actor, Admission, Change, Confidence, Event, Key, Timestamp};
use taffrail_query::history::{AtTime, Blame, BlamedField, ChangeOf, ObjectName, changes_something};
use taffrail_query::{Search, TimeContext, parse_time};
use utoipa::ToSchema;

use super::coverage::Coverage;
use super::error::ReadError;
use super::event::one;
use super::schema::{
    ActorSchema, AdmissionSchema, ChangeSchema, ConfidenceSchema, EventSchema, KeySchema, TimestampSchema,
};

/// Versions of a page if nobody asks for another number.
pub(crate) const DEFAULT_VERSIONS: usize = 100;

/// Versions of a page at most: each is an event.
const MAX_VERSIONS: usize = 1000;

/// Which object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ObjectName)]
pub(crate) struct ObjectBody {
    pub(crate) cluster: String,
    /// API group; `""` for the core one.
    pub(crate) group: String,
    /// Plural resource name.
    pub(crate) resource: String,
    /// Namespace; `""` for what has none.
    pub(crate) namespace: String,
    pub(crate) name: String,
}

/// `GET /api/v1/objects/.../history`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct HistoryBody {
    pub(crate) object: ObjectBody,
    /// Oldest first, across re-creations. Writes that changed nothing are left out.
    pub(crate) versions: Vec<VersionBody>,
    pub(crate) next: Option<String>,
    pub(crate) coverage: Coverage,
}

/// One version of an object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ObjectVersion)]
pub(crate) struct VersionBody {
    /// Counts from 1.
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

/// `GET /api/v1/objects/.../at`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct AtBody {
    pub(crate) object: ObjectBody,
    /// The last write before that changed it.
    #[schema(value_type = EventSchema)]
    pub(crate) as_of: Event,
    /// How sure the state is.
    #[schema(value_type = ConfidenceSchema)]
    pub(crate) confidence: Confidence,
    /// Whether it was deleted by then.
    pub(crate) deleted: bool,
    /// The whole object; null if it was deleted, or if no record says what it was.
    #[schema(value_type = Option<Object>)]
    pub(crate) state: Option<JsonText>,
    pub(crate) coverage: Coverage,
}

/// `GET /api/v1/objects/.../blame`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct BlameBody {
    pub(crate) object: ObjectBody,
    /// By path; none where the object is gone.
    pub(crate) fields: Vec<BlameFieldBody>,
    pub(crate) coverage: Coverage,
}

/// One field, and the last write that set it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = BlamedField)]
pub(crate) struct BlameFieldBody {
    /// Where it is, with merge keys: `spec.containers[name=web].image`.
    pub(crate) path: String,
    /// What it is.
    #[schema(value_type = Value)]
    pub(crate) value: Option<JsonText>,
    /// Who set it; null where nobody saw that.
    #[schema(value_type = Option<ActorSchema>)]
    pub(crate) actor: Option<Actor>,
    /// When it was set, or first seen.
    #[schema(value_type = TimestampSchema)]
    pub(crate) time: Timestamp,
    /// The write that set it, or with which it was first seen.
    #[schema(value_type = KeySchema)]
    pub(crate) event_id: Key,
    /// How sure that is.
    #[schema(value_type = ConfidenceSchema)]
    pub(crate) confidence: Confidence,
    /// Whether it is a part of the status.
    pub(crate) status: bool,
}

/// `GET /api/v1/events/{id}/diff`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct DiffBody {
    #[schema(value_type = KeySchema)]
    pub(crate) id: Key,
    /// The object before; null where there was none, or where nobody knows.
    #[schema(value_type = Option<Object>)]
    pub(crate) before: Option<JsonText>,
    /// The object after; null where there is none, or where nobody knows.
    #[schema(value_type = Option<Object>)]
    pub(crate) after: Option<JsonText>,
    /// What changed, nothing of it cut; null for what is about no object.
    #[schema(value_type = Option<ChangeSchema>)]
    pub(crate) change: Option<Change>,
    /// What admission webhooks did to it; null where nothing is known of any.
    #[serde(default)]
    #[schema(value_type = Option<AdmissionSchema>)]
    pub(crate) admission: Option<Admission>,
    pub(crate) coverage: Coverage,
}

/// A page of the versions of an object.
pub(crate) fn history(
    search: &dyn Search,
    object: &ObjectName,
    cursor: Option<&str>,
    limit: usize,
    coverage: Coverage,
) -> Result<HistoryBody, ReadError> {
    if !(1..=MAX_VERSIONS).contains(&limit) {
        return Err(ReadError::Parameter(format!("limit is {limit}; it has to be 1 to {MAX_VERSIONS}")));
    }
    let seen = match cursor {
        Some(cursor) => cursor
            .parse::<u64>()
            .map_err(|_| ReadError::Parameter("cursor is none that this path has given out".to_owned()))?,
        None => 0,
    };
    let (mut n, mut versions, mut more) = (0, Vec::new(), false);
    search.writes(object, &mut |hit| {
        if !changes_something(&hit.event) {
            return ControlFlow::Continue(());
        }
        n += 1;
        if n <= seen {
            return ControlFlow::Continue(());
        }
        more = versions.len() >= limit;
        if more {
            return ControlFlow::Break(());
        }
        versions.push(version(n, hit.event));
        ControlFlow::Continue(())
    })?;
    if n == 0 {
        return Err(nothing_of(object));
    }
    let next = more.then(|| (seen + versions.len() as u64).to_string());
    Ok(HistoryBody { object: ObjectBody::of(object), versions, next, coverage })
}

fn version(n: u64, event: Event) -> VersionBody {
    let object = event.object.as_ref();
    VersionBody {
        n,
        uid: object.map(|object| object.uid.clone()).unwrap_or_default(),
        resource_version: object.map(|object| object.resource_version.clone()).unwrap_or_default(),
        unseen_before: event.change.as_ref().is_some_and(|change| change.unseen_before),
        event,
    }
}

/// The object at a time; now, if none is given.
pub(crate) fn at(
    search: &dyn Search,
    object: &ObjectName,
    time: Option<&str>,
    context: &TimeContext,
    coverage: Coverage,
) -> Result<AtBody, ReadError> {
    let time = match time {
        Some(text) => {
            parse_time(text, context).map_err(|error| ReadError::Time { parameter: "time", error })?
        }
        None => context.now,
    };
    let mut found = AtTime::new(time);
    search.writes(object, &mut |hit| {
        found.take(hit);
        ControlFlow::Continue(())
    })?;
    let found = found.finish().ok_or_else(|| nothing_of(object))?;
    Ok(AtBody {
        object: ObjectBody::of(object),
        as_of: found.as_of,
        confidence: found.confidence,
        deleted: found.is_gone,
        state: found.state.as_deref().map(JsonText::of),
        coverage,
    })
}

/// Who set each field of the object.
pub(crate) fn blame(
    search: &dyn Search,
    object: &ObjectName,
    coverage: Coverage,
) -> Result<BlameBody, ReadError> {
    let (mut blame, mut is_known) = (Blame::new(object.clone()), false);
    search.writes(object, &mut |hit| {
        is_known = true;
        blame.take(&hit);
        ControlFlow::Continue(())
    })?;
    if !is_known {
        return Err(nothing_of(object));
    }
    let fields = blame.finish().into_iter().map(BlameFieldBody::of).collect();
    Ok(BlameBody { object: ObjectBody::of(object), fields, coverage })
}

/// What the event whose id begins like this changed.
pub(crate) fn diff(search: &dyn Search, prefix: &str, coverage: Coverage) -> Result<DiffBody, ReadError> {
    let hit = one(search, prefix)?;
    let id = hit.event.id;
    let mut found = ChangeOf::new(id);
    if let Some(object) = ObjectName::of(&hit.event) {
        search.writes(&object, &mut |hit| match found.take(&hit) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        })?;
    }
    Ok(match found.finish() {
        Some(whole) => DiffBody {
            id,
            before: whole.before.as_deref().map(JsonText::of),
            after: whole.after.as_deref().map(JsonText::of),
            change: Some(whole.change),
            admission: hit.event.admission,
            coverage,
        },
        None => DiffBody {
            id,
            before: None,
            after: None,
            change: hit.event.change,
            admission: hit.event.admission,
            coverage,
        },
    })
}

fn nothing_of(object: &ObjectName) -> ReadError {
    let ObjectName { cluster, group, resource, namespace, name } = object;
    let kind = if group.is_empty() { resource.clone() } else { format!("{resource}.{group}") };
    let place = if namespace.is_empty() { String::new() } else { format!(" in namespace {namespace}") };
    ReadError::NoObject(format!("no write of {kind} {name}{place} of cluster {cluster} is known"))
}

impl ObjectBody {
    fn of(object: &ObjectName) -> Self {
        let ObjectName { cluster, group, resource, namespace, name } = object.clone();
        Self { cluster, group, resource, namespace, name }
    }
}

impl BlameFieldBody {
    fn of(field: BlamedField) -> Self {
        Self {
            path: field.path,
            value: field.value,
            actor: field.actor,
            time: field.time,
            event_id: field.event_id,
            confidence: field.confidence,
            status: field.is_status,
        }
    }
}
