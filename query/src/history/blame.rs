//! Who set each field of an object to what it is.

use std::collections::BTreeMap;

use taffrail_event::change::{JsonText, diff};
use taffrail_event::{Actor, Change, ChangeType, Confidence, FieldChange, FieldOp, Key, Timestamp};

use super::replay::Replay;
use super::{ObjectName, WholeChange, changes_something};
use crate::search::Hit;

/// One field, and the last write that set it.
#[derive(Debug, Clone, PartialEq)]
pub struct BlamedField {
    /// Where it is.
    pub path: String,
    /// What it is; `None` where only the write of it was seen.
    pub value: Option<JsonText>,
    /// Who set it; `None` where that was before anything that was recorded.
    pub actor: Option<Actor>,
    /// When that was, or when it was first seen.
    pub time: Timestamp,
    /// The write, or the one with which it was first seen.
    pub event_id: Key,
    /// How sure that is; unknown where nobody saw it set.
    pub confidence: Confidence,
    /// Whether it is a part of the status.
    pub is_status: bool,
}

/// Finds who set each field.
#[derive(Debug)]
pub struct Blame {
    object: ObjectName,
    replay: Replay,
    fields: BTreeMap<String, BlamedField>,
}

impl Blame {
    /// Of the object that bears this name at the end.
    pub fn new(object: ObjectName) -> Self {
        Self { replay: Replay::new(object.clone()), object, fields: BTreeMap::new() }
    }

    /// Takes the next write.
    pub fn take(&mut self, hit: &Hit) {
        let (was_gone, uid) = (self.replay.is_gone(), self.replay.uid().to_owned());
        let WholeChange { before, after, mut change } = self.replay.next(hit);
        let is_new = change.change_type == ChangeType::Create;
        let is_other = !uid.is_empty() && self.replay.uid() != uid;
        if was_gone || self.replay.is_gone() || is_new || is_other {
            self.fields.clear();
        }
        if self.replay.is_gone() {
            return;
        }
        if let (None, Some(after), false) = (before, after, is_new) {
            self.meet(&after, hit, &change);
        }
        if changes_something(&hit.event) {
            let fields = std::mem::take(&mut change.fields);
            fields.into_iter().for_each(|field| self.note(field, hit, &change));
        }
    }

    /// The object is seen whole for the first time, or in another API version than before: what is not known to be as it is,
    /// somebody set who was not seen.
    fn meet(&mut self, after: &[u8], hit: &Hit, change: &Change) {
        let (found, _) = diff(&self.object.group, &self.object.resource, None, Some(after));
        let mut before = std::mem::take(&mut self.fields);
        for field in found {
            let known = before.remove(&field.path).filter(|known| known.value == field.after);
            let known = known.unwrap_or_else(|| BlamedField {
                actor: None,
                confidence: Confidence::Unknown,
                ..blamed(field.clone(), hit, change)
            });
            self.fields.insert(field.path, known);
        }
    }

    fn note(&mut self, field: FieldChange, hit: &Hit, change: &Change) {
        if field.op == FieldOp::Remove {
            self.fields.remove(&field.path);
        } else {
            self.fields.insert(field.path.clone(), blamed(field, hit, change));
        }
    }

    /// Whether the object is gone now.
    pub fn is_gone(&self) -> bool {
        self.replay.is_gone()
    }

    /// By path.
    pub fn finish(self) -> Vec<BlamedField> {
        self.fields.into_values().collect()
    }
}

fn blamed(field: FieldChange, hit: &Hit, change: &Change) -> BlamedField {
    BlamedField {
        path: field.path,
        value: field.after,
        actor: hit.event.actor.clone(),
        time: hit.event.time,
        event_id: hit.event.id,
        // It may have been one that was not seen.
        confidence: if change.unseen_before && change.confidence == Confidence::Exact {
            Confidence::Partial
        } else {
            change.confidence
        },
        is_status: field.status,
    }
}
