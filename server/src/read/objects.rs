//! Which objects there are, or were at a time.

use std::time::Instant;

use serde::{Deserialize, Serialize};
use taffrail_event::resource::resolve;
use taffrail_event::{Event, Timestamp};
use taffrail_query::{
    Existence, Field, ListedObject, ObjectsRequest, Query, Search, TimeContext, TimeRange, parse_time,
};
use utoipa::ToSchema;
use utoipa::openapi::schema::Object;

use super::coverage::Coverage;
use super::error::ReadError;
use super::events::took_ms;
use super::object::{CORE, ObjectBody, object_of, path_of};
use super::schema::{EventSchema, TimestampSchema, words};

/// Objects of a page if nobody asks for another number.
pub(crate) const DEFAULT_OBJECTS: usize = 100;

/// Objects of a page at most: each has an event.
pub(crate) const MAX_OBJECTS: usize = 1000;

/// Asks for objects.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ObjectsAsk<'a> {
    pub(crate) cluster: Option<&'a str>,
    /// As kubectl takes it: `deployments`, `deploy`, `deployments.apps`; `pods.core` for the core group.
    pub(crate) resource: Option<&'a str>,
    pub(crate) namespace: Option<&'a str>,
    pub(crate) name: Option<&'a str>,
    /// When; now if it is not said.
    pub(crate) at: Option<&'a str>,
    /// 1 to [`MAX_OBJECTS`].
    pub(crate) limit: usize,
    /// `next` of the page before.
    pub(crate) cursor: Option<&'a str>,
}

/// `GET /api/v1/objects`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct ObjectsBody {
    /// By cluster, group, resource, namespace and name.
    pub(crate) objects: Vec<ListedObjectBody>,
    pub(crate) next: Option<String>,
    pub(crate) coverage: Coverage,
    pub(crate) took_ms: u64,
}

/// An object of which writes were recorded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ListedObject)]
pub(crate) struct ListedObjectBody {
    pub(crate) object: ObjectBody,
    #[schema(schema_with = existence)]
    pub(crate) state: String,
    /// The first write of it that is stored.
    #[schema(value_type = TimestampSchema)]
    pub(crate) first_seen: Timestamp,
    /// The last write that changed more of it than its status; if there is none, the last write.
    #[schema(value_type = EventSchema)]
    pub(crate) last_change: Event,
}

impl ListedObjectBody {
    fn of(listed: ListedObject) -> Self {
        Self {
            object: ObjectBody::of(&listed.object),
            state: listed.existence.name().to_owned(),
            first_seen: listed.first_seen,
            last_change: listed.last_change,
        }
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.state == Existence::Deleted.name()
    }
}

/// A page of objects.
pub(crate) fn objects(
    search: &dyn Search,
    ask: &ObjectsAsk<'_>,
    context: &TimeContext,
    coverage: Coverage,
    deadline: Instant,
) -> Result<ObjectsBody, ReadError> {
    let started = Instant::now();
    if !(1..=MAX_OBJECTS).contains(&ask.limit) {
        return Err(ReadError::Parameter(format!(
            "limit is {}; it goes from 1 to {MAX_OBJECTS}, and `next` leads to the rest",
            ask.limit
        )));
    }
    let at = match ask.at {
        Some(text) => {
            parse_time(text, context).map_err(|error| ReadError::Time { parameter: "at", error })?
        }
        None => context.now,
    };
    let after = ask.cursor.map(|cursor| {
        let unknown =
            "cursor is none that this path has given out; send `next` of the page before, unchanged";
        object_of(cursor).ok_or_else(|| ReadError::Parameter(unknown.to_owned()))
    });
    let found = search.objects(&ObjectsRequest {
        query: ask.query(),
        at,
        after: after.transpose()?,
        limit: ask.limit,
        deadline,
    })?;
    let next = found.objects.last().filter(|_| found.more).map(|last| path_of(&last.object));
    Ok(ObjectsBody {
        objects: found.objects.into_iter().map(ListedObjectBody::of).collect(),
        next,
        coverage: coverage.about(TimeRange { from: None, to: Some(at) }).partial(found.partial),
        took_ms: took_ms(started),
    })
}

impl ObjectsAsk<'_> {
    fn query(&self) -> Query {
        let mut parts = Vec::new();
        parts.extend(self.cluster.map(|cluster| Query::is(Field::Cluster, cluster)));
        if let Some(word) = self.resource {
            let (resource, group) = resolve(word);
            parts.push(Query::is(Field::Resource, &resource));
            let group = group.map(|group| if group == CORE { String::new() } else { group });
            parts.extend(group.map(|group| Query::is(Field::Group, &group)));
        }
        parts.extend(self.namespace.map(|namespace| Query::is(Field::Namespace, namespace)));
        parts.extend(self.name.map(|name| Query::is(Field::Name, name)));
        Query::all_of(parts)
    }
}

fn existence() -> Object {
    words(
        "Whether it was there; unknown where its deletion was accepted and nothing says that it was carried out.",
        Existence::ALL.map(Existence::name),
    )
}
