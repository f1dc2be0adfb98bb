//! The states of an object, write by write.

use taffrail_event::change::{ObjectState, Version, diff};
use taffrail_event::{AuditRecord, Change, ChangeType, Confidence};

use super::{ObjectName, WholeChange};
use crate::search::Hit;

/// Where a walk over the writes of an object is.
#[derive(Debug)]
pub(crate) struct Replay {
    object: ObjectName,
    state: ObjectState,
}

impl Replay {
    pub(crate) fn new(object: ObjectName) -> Self {
        Self { object, state: ObjectState::default() }
    }

    /// Takes the next write, whatever it changed.
    pub(crate) fn pass(&mut self, hit: &Hit) {
        if let Ok(audit) = AuditRecord::decode(&hit.record)
            && let Some(version) = self.version(&audit)
        {
            self.state.pass(&version);
        }
    }

    /// Takes the next write and says what it changed.
    pub(crate) fn next(&mut self, hit: &Hit) -> WholeChange {
        let told = || hit.event.change.clone().unwrap_or_else(|| Change::of_type(ChangeType::None));
        let audit = AuditRecord::decode(&hit.record).ok();
        let Some(version) = audit.as_ref().and_then(|audit| self.version(audit)) else {
            let state = self.newest();
            return WholeChange { before: state.clone(), after: state, change: told() };
        };
        let is_other = !version.uid.is_empty() && !self.uid().is_empty() && version.uid != self.uid();
        let before = match version.change_type {
            ChangeType::Create => None,
            _ if is_other => None,
            ChangeType::Update | ChangeType::Delete | ChangeType::None => {
                self.in_version(&version.api_version)
            }
        };
        let mut change = self.state.next(&version).unwrap_or_else(told);
        let after = if self.is_gone() { None } else { self.in_version(&version.api_version) };
        if change.change_type == ChangeType::Create
            && let Some(after) = &after
        {
            let (fields, total) = diff(&version.group, &version.resource, None, Some(after));
            (change.fields, change.fields_total) = (fields, Some(total));
        }
        WholeChange { before, after, change }
    }

    /// The newest state; `None` if it is gone, or if nobody knows.
    pub(crate) fn newest(&self) -> Option<Vec<u8>> {
        self.state.state(None).map(|state| state.to_vec())
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.state.is_gone()
    }

    pub(crate) fn confidence(&self) -> Confidence {
        self.state.confidence()
    }

    /// Tells the objects apart that bore the name; `""` while nobody knows.
    pub(crate) fn uid(&self) -> &str {
        self.state.uid()
    }

    fn in_version(&self, api_version: &str) -> Option<Vec<u8>> {
        self.state.state(Some(api_version)).map(|state| state.to_vec())
    }

    /// The object's own write, or its part in a collection that was deleted.
    fn version<'a>(&self, audit: &AuditRecord<'a>) -> Option<Version<'a>> {
        if audit.verb == "deletecollection" {
            return Version::of_member(audit, &self.object.namespace, &self.object.name);
        }
        Version::of(audit)
    }
}
