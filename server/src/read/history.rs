//! What follows from the history of one object: its state at a time, who set each field; and what one event changed, whole.

use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};
use taffrail_event::change::JsonText;
use taffrail_event::{Actor, Change, Confidence, Event, Key, Timestamp};
use taffrail_query::history::{AtTime, Blame, BlamedField, ChangeOf, ObjectName};
use taffrail_query::{Search, TimeContext, parse_time};
use utoipa::ToSchema;

use super::because::{CauseBody, causes};
use super::coverage::Coverage;
use super::error::ReadError;
use super::event::one;
use super::object::ObjectBody;
use super::schema::{ActorSchema, ChangeSchema, ConfidenceSchema, EventSchema, KeySchema, TimestampSchema};

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
    /// Whether it is gone.
    pub(crate) deleted: bool,
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
    #[schema(value_type = EventSchema)]
    pub(crate) event: Event,
    /// The object before; null where there was none, or where nobody knows.
    #[schema(value_type = Option<Object>)]
    pub(crate) before: Option<JsonText>,
    /// The object after; null where there is none, or where nobody knows.
    #[schema(value_type = Option<Object>)]
    pub(crate) after: Option<JsonText>,
    /// What led to it, the nearest cause first; empty where it had none, or nobody knows.
    pub(crate) because: Vec<CauseBody>,
    /// What changed, nothing of it cut; null for what is about no object.
    #[schema(value_type = Option<ChangeSchema>)]
    pub(crate) change: Option<Change>,
    pub(crate) coverage: Coverage,
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
    let mut found = AtTime::new(object.clone(), time);
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
    let deleted = blame.is_gone();
    let fields = blame.finish().into_iter().map(BlameFieldBody::of).collect();
    Ok(BlameBody { object: ObjectBody::of(object), deleted, fields, coverage })
}

/// What the event whose id begins like this changed.
pub(crate) fn diff(search: &dyn Search, prefix: &str, coverage: Coverage) -> Result<DiffBody, ReadError> {
    let hit = one(search, prefix)?;
    let id = hit.event.id;
    let because = causes(search, &hit)?;
    let mut found = None;
    if let Some(object) = ObjectName::of(&hit.event) {
        let mut change = ChangeOf::new(object.clone(), id);
        search.writes(&object, &mut |hit| match change.take(&hit) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        })?;
        found = change.finish();
    }
    Ok(match found {
        Some(whole) => DiffBody {
            id,
            event: hit.event,
            because,
            before: whole.before.as_deref().map(JsonText::of),
            after: whole.after.as_deref().map(JsonText::of),
            change: Some(whole.change),
            coverage,
        },
        None => {
            let change = hit.event.change.clone();
            DiffBody { id, event: hit.event, because, before: None, after: None, change, coverage }
        }
    })
}

/// Nobody has seen a write of it.
pub(super) fn nothing_of(object: &ObjectName) -> ReadError {
    let ObjectName { cluster, group, resource, namespace, name } = object;
    let kind = if group.is_empty() { resource.clone() } else { format!("{resource}.{group}") };
    let place = if namespace.is_empty() { String::new() } else { format!(" in namespace {namespace}") };
    ReadError::NoObject(format!("no write of {kind} {name}{place} of cluster {cluster} is known"))
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
