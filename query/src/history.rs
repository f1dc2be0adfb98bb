//! The history of one object, from its writes in their order: its state at a time, who set each field, what one write changed.
//!
//! Everything here is a function of the records ([`Search::writes`](crate::Search::writes) gives them): nothing is kept, so that
//! there is nothing to be out of date.

mod because;
mod blame;
mod controllers;
mod net;
mod owner;
mod pods;
mod related;
mod replay;

use taffrail_event::change::object_hash;
use taffrail_event::{Change, ChangeType, Confidence, Event, Key, Timestamp};

pub use because::{Cause, Sign, because};
pub use blame::{Blame, BlamedField};
pub use controllers::Controllers;
pub use net::{Net, NetChange, NetOutcome};
pub use owner::OwnerReference;
pub use related::{Related, Relation, related};
pub(crate) use replay::Replay;

use crate::search::Hit;

/// All objects that bore one name, one after the other. The order is that of the members.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectName {
    /// The cluster.
    pub cluster: String,
    /// API group; the core group is `""`.
    pub group: String,
    /// Plural resource name.
    pub resource: String,
    /// Namespace; `""` for cluster-scoped objects.
    pub namespace: String,
    /// Name.
    pub name: String,
}

impl ObjectName {
    /// The object that the event is about; `None` if it is about none, or about several.
    pub fn of(event: &Event) -> Option<Self> {
        let object = event.object.as_ref().filter(|object| !object.name.is_empty())?;
        Some(Self {
            cluster: event.cluster.clone(),
            group: object.group.clone(),
            resource: object.resource.clone(),
            namespace: object.namespace.clone(),
            name: object.name.clone(),
        })
    }

    /// The object that `hash` stands for, if the event is about it, alone or among others that it lists.
    pub fn with_hash(event: &Event, hash: u64) -> Option<Self> {
        Self::of(event).into_iter().chain(Self::members_of(event)).find(|object| object.hash() == hash)
    }

    /// The members of a collection that the event deleted, as far as it lists them.
    pub(crate) fn members_of(event: &Event) -> impl Iterator<Item = Self> + '_ {
        let members = event.change.iter().flat_map(|change| &change.members);
        members.map(|member| Self {
            cluster: event.cluster.clone(),
            group: member.object.group.clone(),
            resource: member.object.resource.clone(),
            namespace: member.object.namespace.clone(),
            name: member.object.name.clone(),
        })
    }

    /// Stands for it in an index.
    pub fn hash(&self) -> u64 {
        object_hash(&self.cluster, &self.group, &self.resource, &self.namespace, &self.name)
    }

    /// Whether the event wrote this object, alone or as one of a collection.
    pub fn is_written_by(&self, event: &Event) -> bool {
        let Some(object) = event.object.as_ref().filter(|_| event.cluster == self.cluster) else {
            return false;
        };
        if object.group != self.group || object.resource != self.resource {
            return false;
        }
        let is_it = |namespace: &str, name: &str| namespace == self.namespace && name == self.name;
        let members = event.change.iter().flat_map(|change| &change.members);
        is_it(&object.namespace, &object.name)
            || members.map(|member| &member.object).any(|object| is_it(&object.namespace, &object.name))
    }
}

/// An object at a moment.
#[derive(Debug, Clone, PartialEq)]
pub struct StateAt {
    /// The last write before that moment that changed it.
    pub as_of: Event,
    /// How sure the state is.
    pub confidence: Confidence,
    /// The whole object as JSON; `None` if it was gone, or if nobody knows.
    pub state: Option<Vec<u8>>,
    /// Whether it was gone.
    pub is_gone: bool,
}

/// Finds the state at a moment.
#[derive(Debug)]
pub struct AtTime {
    time: Timestamp,
    replay: Replay,
    as_of: Option<Event>,
}

impl AtTime {
    /// The object at `time`, what was written then included.
    pub fn new(object: ObjectName, time: Timestamp) -> Self {
        Self { time, replay: Replay::new(object), as_of: None }
    }

    /// Takes the next write.
    pub fn take(&mut self, hit: Hit) {
        if hit.event.time > self.time {
            return;
        }
        self.replay.pass(&hit);
        if self.as_of.is_none() || changes_something(&hit.event) {
            self.as_of = Some(hit.event);
        }
    }

    /// `None` if nothing was written until then.
    pub fn finish(self) -> Option<StateAt> {
        let as_of = self.as_of?;
        Some(StateAt {
            as_of,
            confidence: self.replay.confidence(),
            state: self.replay.newest(),
            is_gone: self.replay.is_gone(),
        })
    }
}

/// What one write changed, with both states whole.
#[derive(Debug, Clone, PartialEq)]
pub struct WholeChange {
    /// The state before as JSON; `None` if there was none, or if nobody knows.
    pub before: Option<Vec<u8>>,
    /// The state after.
    pub after: Option<Vec<u8>>,
    /// The change set, nothing of it cut.
    pub change: Change,
}

/// Finds what one write changed.
#[derive(Debug)]
pub struct ChangeOf {
    id: Key,
    replay: Replay,
    found: Option<WholeChange>,
}

impl ChangeOf {
    /// The write of the object that has this id.
    pub fn new(object: ObjectName, id: Key) -> Self {
        Self { id, replay: Replay::new(object), found: None }
    }

    /// Takes the next write; whether it was the one.
    pub fn take(&mut self, hit: &Hit) -> bool {
        if hit.event.id != self.id {
            self.replay.pass(hit);
            return false;
        }
        self.found = Some(self.replay.next(hit));
        true
    }

    /// `None` if it was not among the writes.
    pub fn finish(self) -> Option<WholeChange> {
        self.found
    }
}

/// Whether the write left the object another than before.
pub fn changes_something(event: &Event) -> bool {
    event.change.as_ref().is_some_and(|change| change.change_type != ChangeType::None)
}

#[cfg(test)]
#[path = "history/tests.rs"]
mod tests;
