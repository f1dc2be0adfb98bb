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
        Self { object, replay: Replay::default(), fields: BTreeMap::new() }
    }

    /// Takes the next write.
    pub fn take(&mut self, hit: &Hit) {
        let was_gone = self.replay.is_gone();
        let WholeChange { before, after, mut change } = self.replay.next(hit);
        let is_new = change.change_type == ChangeType::Create;
        if was_gone || self.replay.is_gone() || is_new {
            self.fields.clear();
        }
        if self.replay.is_gone() {
            return;
        }
        // Seen whole for the first time: what was there before, somebody set who was not seen.
        if let (None, Some(after), false) = (before, after, is_new) {
            let (found, _) = diff(&self.object.group, &self.object.resource, None, Some(&after));
            for field in found {
                self.fields.entry(field.path.clone()).or_insert_with(|| BlamedField {
                    actor: None,
                    confidence: Confidence::Unknown,
                    ..blamed(field, hit, &change)
                });
            }
        }
        if changes_something(&hit.event) {
            let fields = std::mem::take(&mut change.fields);
            fields.into_iter().for_each(|field| self.note(field, hit, &change));
        }
    }

    fn note(&mut self, field: FieldChange, hit: &Hit, change: &Change) {
        if field.op == FieldOp::Remove {
            self.fields.remove(&field.path);
        } else {
            self.fields.insert(field.path.clone(), blamed(field, hit, change));
        }
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
