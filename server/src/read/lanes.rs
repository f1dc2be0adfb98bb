//! The timeline: events side by side, one lane per object, actor, namespace or node.

use std::time::Instant;

use serde::Serialize;
use taffrail_event::{Event, Key, Kind, Timestamp};
use taffrail_query::history::{Controllers, ObjectName};
use taffrail_query::{Field, Lane, LaneBy, LaneKey, LanesRequest, Query, Search, TimeContext, Turn};
use utoipa::ToSchema;

use super::ask::Ask;
use super::body::BucketBody;
use super::counts::{DEFAULT_BUCKETS, DEFAULT_SPLIT, HistogramAsk, histogram, within};
use super::coverage::Coverage;
use super::error::ReadError;
use super::events::took_ms;
use super::object::ObjectBody;
use super::schema::{KeySchema, TimestampSchema, event_kind};

/// Lanes when nobody says how many.
pub(crate) const DEFAULT_LANES: usize = 50;

/// Lanes at most.
pub(crate) const MAX_LANES: usize = 500;

/// Events of a lane when nobody says how many.
pub(crate) const DEFAULT_PER_LANE: usize = 500;

/// Events of a lane at most.
pub(crate) const MAX_PER_LANE: usize = 5000;

/// Events of all lanes together at most: with many lanes each holds fewer.
const MAX_EVENTS: usize = 50_000;

/// Asks for a timeline.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LanesAsk<'a> {
    pub(crate) ask: Ask<'a>,
    pub(crate) by: LaneBy,
    /// 1 to [`MAX_LANES`].
    pub(crate) lanes: usize,
    /// 1 to [`MAX_PER_LANE`].
    pub(crate) per_lane: usize,
    /// Whether the lanes say more of their objects: what controls them, when they came to be and went.
    pub(crate) objects: bool,
}

/// `GET /api/v1/timeline`.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct TimelineBody {
    /// Those that people touched first, then those with refusals or errors of the server, then by their newest event.
    pub(crate) lanes: Vec<LaneBody>,
    /// How many lanes there are in all.
    pub(crate) lanes_total: u64,
    pub(crate) histogram: TimelineHistogramBody,
    pub(crate) coverage: Coverage,
    pub(crate) took_ms: u64,
}

/// One lane.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Lane)]
pub(crate) struct LaneBody {
    pub(crate) key: LaneKeyBody,
    /// What it stands for, in words.
    pub(crate) label: String,
    /// The query that leads to its events alone, together with the one asked for.
    pub(crate) query: String,
    /// What controls the object, the nearest first: the ReplicaSet of a pod, then its Deployment. Empty if nobody asked for it, nothing
    /// controls it, or no record says what does.
    pub(crate) owners: Vec<LaneObjectBody>,
    /// How many events match.
    pub(crate) count: u64,
    /// How many of them a person caused.
    pub(crate) by_humans: u64,
    /// How many of them were refused, or failed for a reason of the server's.
    pub(crate) problems: u64,
    /// Whether `events` are only the newest.
    pub(crate) truncated: bool,
    /// When its object came to be and went in this time, whatever was asked for, oldest first. Empty if nobody asked for it.
    pub(crate) turns: Vec<TurnBody>,
    /// Oldest first.
    pub(crate) events: Vec<LaneEventBody>,
}

/// An object comes to be, or goes.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Turn)]
pub(crate) struct TurnBody {
    #[schema(value_type = TimestampSchema)]
    pub(crate) time: Timestamp,
    /// Whether it comes to be.
    pub(crate) begins: bool,
}

/// An object that has a lane, or could have one.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = LaneObject)]
pub(crate) struct LaneObjectBody {
    pub(crate) object: ObjectBody,
    /// The object in words, as the label of its own lane has it.
    pub(crate) label: String,
    /// The query that leads to its events.
    pub(crate) query: String,
}

/// What a lane stands for.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = LaneKey)]
#[serde(untagged)]
pub(crate) enum LaneKeyBody {
    Object(ObjectBody),
    Value {
        /// `actor.name`, `object.namespace` or `object.node`.
        field: String,
        value: String,
    },
}

/// As much of an event as a mark on a lane needs.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = LaneEvent)]
pub(crate) struct LaneEventBody {
    #[schema(value_type = KeySchema)]
    pub(crate) id: Key,
    #[schema(value_type = TimestampSchema)]
    pub(crate) time: Timestamp,
    #[schema(schema_with = event_kind)]
    pub(crate) kind: Kind,
    pub(crate) summary: String,
    /// `actor.name`; `""` where there is none.
    pub(crate) actor: String,
    /// `actor.type`; `""` where there is none.
    pub(crate) actor_type: String,
    pub(crate) verb: String,
    /// `outcome.result`; `""` where there is none.
    pub(crate) result: String,
    /// `change.type`; `""` where there is none.
    pub(crate) change: String,
    /// `change.confidence`; `""` where there is none.
    pub(crate) confidence: String,
    /// Whether nothing changed but the status.
    pub(crate) status_only: bool,
}

/// Events counted over time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = TimelineHistogram)]
pub(crate) struct TimelineHistogramBody {
    #[schema(value_type = TimestampSchema)]
    pub(crate) from: Timestamp,
    #[schema(value_type = TimestampSchema)]
    pub(crate) to: Timestamp,
    pub(crate) interval_ms: i64,
    /// Split by kind.
    pub(crate) buckets: Vec<BucketBody>,
}

/// The lanes that matter most, with their events.
pub(crate) fn timeline(
    search: &dyn Search,
    ask: &LanesAsk<'_>,
    context: &TimeContext,
    coverage: Coverage,
    deadline: Instant,
) -> Result<TimelineBody, ReadError> {
    let started = Instant::now();
    within("lanes", ask.lanes, MAX_LANES)?;
    within("per_lane", ask.per_lane, MAX_PER_LANE)?;
    let question = ask.ask.resolve(context)?;
    let found = search.lanes(&LanesRequest {
        query: question.query,
        range: question.range,
        by: ask.by,
        lanes: ask.lanes,
        per_lane: ask.per_lane.min(MAX_EVENTS / ask.lanes),
        turns: ask.objects,
        deadline,
    })?;
    let over_time = HistogramAsk { ask: ask.ask, buckets: DEFAULT_BUCKETS, split: DEFAULT_SPLIT };
    let over_time = histogram(search, &over_time, context, coverage, deadline)?;
    let owners = if ask.objects { owners_of(search, &found.lanes, deadline)? } else { Vec::new() };
    let is_partial =
        over_time.coverage.partial || found.partial || ask.objects && owners.len() < found.lanes.len();
    let owners = owners.into_iter().chain(std::iter::repeat_with(Vec::new));
    Ok(TimelineBody {
        lanes: found
            .lanes
            .into_iter()
            .zip(owners)
            .map(|(lane, owners)| LaneBody::of(lane, &owners))
            .collect(),
        lanes_total: found.total,
        histogram: TimelineHistogramBody {
            from: over_time.from,
            to: over_time.to,
            interval_ms: over_time.interval_ms,
            buckets: over_time.buckets,
        },
        coverage: over_time.coverage.partial(is_partial),
        took_ms: took_ms(started),
    })
}

/// What controls the objects of the lanes, lane by lane; of those for which there was no time nothing is said.
fn owners_of(
    search: &dyn Search,
    lanes: &[Lane],
    deadline: Instant,
) -> Result<Vec<Vec<ObjectName>>, ReadError> {
    let mut controllers = Controllers::default();
    let mut owners = Vec::with_capacity(lanes.len());
    for lane in lanes {
        if Instant::now() >= deadline {
            break;
        }
        owners.push(match &lane.key {
            LaneKey::Object(object) => controllers.above(search, object)?,
            LaneKey::Value(..) => Vec::new(),
        });
    }
    Ok(owners)
}

impl LaneBody {
    fn of(lane: Lane, owners: &[ObjectName]) -> Self {
        let (key, label, query) = match lane.key {
            LaneKey::Object(object) => {
                let LaneObjectBody { object, label, query } = LaneObjectBody::of(&object);
                (LaneKeyBody::Object(object), label, query)
            }
            LaneKey::Value(field, value) => {
                let query = Query::is(field, &value).to_string();
                (
                    LaneKeyBody::Value { field: field.canonical().to_owned(), value: value.clone() },
                    value,
                    query,
                )
            }
        };
        Self {
            key,
            label,
            query,
            owners: owners.iter().map(LaneObjectBody::of).collect(),
            count: lane.count,
            by_humans: lane.by_humans,
            problems: lane.problems,
            truncated: (lane.events.len() as u64) < lane.count,
            turns: lane.turns.into_iter().map(|Turn { time, begins }| TurnBody { time, begins }).collect(),
            events: lane.events.into_iter().map(LaneEventBody::of).collect(),
        }
    }
}

impl LaneObjectBody {
    fn of(object: &ObjectName) -> Self {
        let namespace = if is_namespace(object) { &object.name } else { &object.namespace };
        let query = Query::all_of(vec![
            Query::is(Field::Cluster, &object.cluster),
            Query::is(Field::Group, &object.group),
            Query::is(Field::Resource, &object.resource),
            Query::is(Field::Namespace, namespace),
            Query::is(Field::Name, &object.name),
        ]);
        let object = ObjectBody::of(object);
        Self { label: object.in_words(), object, query: query.to_string() }
    }
}

/// A Namespace is found by its own name as one.
fn is_namespace(object: &ObjectName) -> bool {
    object.resource == "namespaces" && object.group.is_empty()
}

impl LaneEventBody {
    fn of(event: Event) -> Self {
        let (actor, actor_type) = event
            .actor
            .map_or_else(Default::default, |actor| (actor.name, actor.actor_type.name().to_owned()));
        let change = event.change.as_ref();
        Self {
            id: event.id,
            time: event.time,
            kind: event.kind,
            summary: event.summary,
            actor,
            actor_type,
            verb: event.verb,
            result: event.outcome.map(|outcome| outcome.result.name().to_owned()).unwrap_or_default(),
            change: change.map(|change| change.change_type.name().to_owned()).unwrap_or_default(),
            confidence: change.map(|change| change.confidence.name().to_owned()).unwrap_or_default(),
            status_only: change.is_some_and(taffrail_event::Change::is_status_only),
        }
    }
}
