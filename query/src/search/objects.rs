//! Which objects there are, or were at a time.

use std::time::Instant;

use taffrail_event::{Event, Timestamp};

use crate::ast::Query;
use crate::history::ObjectName;

/// Asks for objects of which writes are stored.
#[derive(Debug, Clone)]
pub struct ObjectsRequest {
    /// Which writes lead to them: their cluster, resource, namespace or name, nothing that one write has and another has not.
    pub query: Query,
    /// What was written later does not count.
    pub at: Timestamp,
    /// Only those that come after this one in the order of [`ObjectName`].
    pub after: Option<ObjectName>,
    /// How many at most.
    pub limit: usize,
    /// When to stop and answer with what was found.
    pub deadline: Instant,
}

/// Some of the objects asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Objects {
    /// In the order of [`ObjectName`].
    pub objects: Vec<ListedObject>,
    /// Whether more follow.
    pub more: bool,
    /// Whether time or room ran out: objects may be missing, and states be older.
    pub partial: bool,
}

/// An object of which writes are stored.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedObject {
    /// Its name; all objects that bore it count as one.
    pub object: ObjectName,
    /// Whether it was there at the time asked for.
    pub existence: Existence,
    /// The first write of it that is stored.
    pub first_seen: Timestamp,
    /// The last write that changed more of it than its status; if there is none, the last that changed its status.
    pub last_change: Event,
}

/// Whether an object is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Existence {
    /// Nobody knows: its deletion was accepted, and whether it was carried out was not recorded.
    Unknown,
    /// It is there.
    Exists,
    /// It is gone.
    Deleted,
}

impl Existence {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Exists, Self::Deleted, Self::Unknown];

    /// The name in `state`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exists => "exists",
            Self::Deleted => "deleted",
            Self::Unknown => "unknown",
        }
    }
}
