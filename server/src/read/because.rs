//! What led to an event: the change of an owner that a controller carried out, and what led to that, up to whoever began.

use serde::{Deserialize, Serialize};
use taffrail_event::{Actor, Key, Timestamp};
use taffrail_query::history::{Cause, Sign, because};
use taffrail_query::{Hit, Search};
use utoipa::ToSchema;
use utoipa::openapi::schema::Object;

use super::error::ReadError;
use super::schema::{ActorSchema, KeySchema, TimestampSchema, words};

/// A pod of a replica set of a deployment of something: nobody builds higher.
const MAX_STEPS: usize = 8;

/// One step back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = Cause)]
pub(crate) struct CauseBody {
    /// The event that led to the one before in the list, or to the event itself.
    #[schema(value_type = KeySchema)]
    pub(crate) event_id: Key,
    #[schema(value_type = TimestampSchema)]
    pub(crate) time: Timestamp,
    #[schema(value_type = Option<ActorSchema>)]
    pub(crate) actor: Option<Actor>,
    pub(crate) summary: String,
    #[schema(schema_with = sign)]
    pub(crate) sign: String,
    /// Whether nothing but the time speaks for it.
    pub(crate) guess: bool,
}

/// What led to the event, the nearest cause first.
pub(super) fn causes(search: &dyn Search, hit: &Hit) -> Result<Vec<CauseBody>, ReadError> {
    let mut causes: Vec<CauseBody> = Vec::new();
    let mut next = because(search, hit)?;
    while let Some(Cause { hit, sign }) = next {
        if causes.len() >= MAX_STEPS || causes.iter().any(|cause| cause.event_id == hit.event.id) {
            break;
        }
        next = because(search, &hit)?;
        causes.push(CauseBody::of(hit, sign));
    }
    Ok(causes)
}

impl CauseBody {
    fn of(hit: Hit, sign: Sign) -> Self {
        Self {
            event_id: hit.event.id,
            time: hit.event.time,
            actor: hit.event.actor,
            summary: hit.event.summary,
            sign: sign.name().to_owned(),
            guess: sign.is_guess(),
        }
    }
}

fn sign() -> Object {
    words(
        "How that is known: the generation that the owner's status had not yet observed, the owner or the namespace that went, or nothing but the time.",
        Sign::ALL.map(Sign::name),
    )
}
