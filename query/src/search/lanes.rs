//! Events side by side: one row per object, actor, namespace or node.

use std::time::Instant;

use taffrail_event::{Event, Timestamp};

use super::TimeRange;
use crate::ast::Query;
use crate::field::Field;
use crate::history::ObjectName;

/// What a lane stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LaneBy {
    /// An object, under one name.
    Object,
    /// Whoever made the requests.
    Actor,
    /// A namespace.
    Namespace,
    /// A node.
    Node,
}

impl LaneBy {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Object, Self::Actor, Self::Namespace, Self::Node];

    /// The name in `by=`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Object => "object",
            Self::Actor => "actor",
            Self::Namespace => "namespace",
            Self::Node => "node",
        }
    }

    /// The field whose values the lanes are; `None` for objects, which have several.
    pub fn field(self) -> Option<Field> {
        match self {
            Self::Object => None,
            Self::Actor => Some(Field::ActorName),
            Self::Namespace => Some(Field::Namespace),
            Self::Node => Some(Field::Node),
        }
    }
}

/// Asks for lanes.
#[derive(Debug, Clone)]
pub struct LanesRequest {
    /// Of which events.
    pub query: Query,
    /// From when.
    pub range: TimeRange,
    /// What a lane stands for.
    pub by: LaneBy,
    /// How many at most.
    pub lanes: usize,
    /// Events of a lane at most: its newest.
    pub per_lane: usize,
    /// Whether to look for the turns of objects.
    pub turns: bool,
    /// When to stop and answer with what was found.
    pub deadline: Instant,
}

/// The lanes that matter most.
#[derive(Debug, Clone, PartialEq)]
pub struct Lanes {
    /// Those that people touched first, then those with refusals or errors, then by their newest event.
    pub lanes: Vec<Lane>,
    /// How many lanes there are in all.
    pub total: u64,
    /// Whether time or room ran out: lanes and events may be missing.
    pub partial: bool,
}

/// One lane.
#[derive(Debug, Clone, PartialEq)]
pub struct Lane {
    /// What it stands for.
    pub key: LaneKey,
    /// How many events there are.
    pub count: u64,
    /// How many of them a person caused.
    pub by_humans: u64,
    /// How many of them were refused, or failed for a reason of the server's.
    pub problems: u64,
    /// When its object came to be and went in the range, whether the query finds that or not, oldest first; empty for what is no
    /// object, and if nobody asked for it.
    pub turns: Vec<Turn>,
    /// The newest of them, oldest first.
    pub events: Vec<Event>,
}

/// An object comes to be, or goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// When.
    pub time: Timestamp,
    /// Whether it comes to be.
    pub begins: bool,
}

/// What a lane stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LaneKey {
    /// An object.
    Object(ObjectName),
    /// A value of a field.
    Value(Field, String),
}
