//! What has to do with an object.

use std::time::Instant;

use serde::{Deserialize, Serialize};
use taffrail_query::history::{ObjectName, Related, Relation, related};
use taffrail_query::{Search, TimeContext};
use utoipa::ToSchema;
use utoipa::openapi::schema::Object;

use super::coverage::Coverage;
use super::error::ReadError;
use super::object::ObjectBody;
use super::schema::words;

/// `GET /api/v1/objects/.../related`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct RelatedBody {
    pub(crate) object: ObjectBody,
    /// By relation and name. What was never written since recording began is not among them.
    pub(crate) related: Vec<RelatedObjectBody>,
    pub(crate) coverage: Coverage,
}

/// An object that has to do with another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = RelatedObject)]
pub(crate) struct RelatedObjectBody {
    pub(crate) object: ObjectBody,
    #[schema(schema_with = relation)]
    pub(crate) relation: String,
}

/// What has to do with the object: owners and what it owns, what its pods use, and what selects them.
pub(crate) fn related_to(
    search: &dyn Search,
    object: &ObjectName,
    context: &TimeContext,
    coverage: Coverage,
    deadline: Instant,
) -> Result<RelatedBody, ReadError> {
    let related = related(search, object, context.now, deadline)?;
    // Whatever had no time to be looked at is missing.
    let coverage = coverage.partial(Instant::now() >= deadline);
    Ok(RelatedBody {
        object: ObjectBody::of(object),
        related: related.iter().map(RelatedObjectBody::of).collect(),
        coverage,
    })
}

impl RelatedObjectBody {
    fn of(related: &Related) -> Self {
        Self { object: ObjectBody::of(&related.object), relation: related.relation.name().to_owned() }
    }
}

fn relation() -> Object {
    words("What it has to do with the other.", Relation::ALL.map(Relation::name))
}
