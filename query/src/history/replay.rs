//! The states of an object, write by write.

use taffrail_event::change::{ObjectState, Version, diff};
use taffrail_event::{AuditRecord, Change, ChangeType, Confidence};

use super::WholeChange;
use crate::search::Hit;

/// Where a walk over the writes of an object is.
#[derive(Debug, Default)]
pub(super) struct Replay {
    state: ObjectState,
    is_gone: bool,
}

impl Replay {
    /// Takes the next write, whatever it changed.
    pub(super) fn pass(&mut self, hit: &Hit) {
        match AuditRecord::decode(&hit.record).ok().as_ref().and_then(Version::of) {
            Some(version) => {
                self.is_gone = version.is_removal;
                self.state.pass(&version);
            }
            None => self.end(),
        }
    }

    /// Takes the next write and says what it changed.
    pub(super) fn next(&mut self, hit: &Hit) -> WholeChange {
        let told = || hit.event.change.clone().unwrap_or_else(|| Change::of_type(ChangeType::None));
        let audit = AuditRecord::decode(&hit.record).ok();
        let Some(version) = audit.as_ref().and_then(Version::of) else {
            let before = self.newest();
            self.end();
            return WholeChange { before, after: None, change: told() };
        };
        let before = match version.change_type {
            ChangeType::Create => None,
            ChangeType::Update | ChangeType::Delete | ChangeType::None => {
                self.in_version(&version.api_version)
            }
        };
        let mut change = self.state.next(&version).unwrap_or_else(told);
        self.is_gone = version.is_removal;
        let after = if self.is_gone { None } else { self.in_version(&version.api_version) };
        if change.change_type == ChangeType::Create
            && let Some(after) = &after
        {
            let (fields, total) = diff(&version.group, &version.resource, None, Some(after));
            (change.fields, change.fields_total) = (fields, Some(total));
        }
        WholeChange { before, after, change }
    }

    /// The newest state; `None` if it is gone, or if nobody knows.
    pub(super) fn newest(&self) -> Option<Vec<u8>> {
        self.state.state(None).filter(|_| !self.is_gone).map(|state| state.to_vec())
    }

    pub(super) fn is_gone(&self) -> bool {
        self.is_gone
    }

    pub(super) fn confidence(&self) -> Confidence {
        self.state.confidence()
    }

    fn in_version(&self, api_version: &str) -> Option<Vec<u8>> {
        self.state.state(Some(api_version)).map(|state| state.to_vec())
    }

    /// One of a collection that was deleted.
    fn end(&mut self) {
        *self = Self { state: ObjectState::default(), is_gone: true };
    }
}
