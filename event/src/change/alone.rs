//! What a record says of a change by itself, without the states before it.

use super::diff::diff;
use super::effect::{Effect, Version};
use super::states::ObjectState;
use super::{Change, ChangeType, Confidence, change_type, members};
use crate::audit::AuditRecord;
use crate::object::{BodyMetadata, ObjectRef};
use crate::outcome::Outcome;

impl Change {
    /// The change as far as the record alone tells. The fields of a creation are left out: see [`Change::list_created`].
    pub(crate) fn alone(
        audit: &AuditRecord<'_>,
        object: Option<&ObjectRef>,
        outcome: &Outcome,
        response: &BodyMetadata<'_>,
    ) -> Self {
        let change_type = change_type(audit, object, outcome, response);
        let change = Self::of_type(change_type);
        let Some(object) = object.filter(|_| change_type != ChangeType::None) else { return change };
        if audit.verb == "deletecollection" {
            return Self { members: members(audit, object), ..change.of_deletion() };
        }
        let Some(version) = Version::of_parts(audit, object, outcome, response) else { return change };
        if let Some(found) = ObjectState::default().next(&version) {
            return Self { unseen_before: false, ..found };
        }
        match (change_type, version.effect) {
            (ChangeType::Create, Effect::State(_)) => Self { confidence: Confidence::Exact, ..change },
            (ChangeType::Create, Effect::Asked(_)) => Self { confidence: Confidence::Patch, ..change },
            (ChangeType::Create, Effect::Metadata(_)) => Self { confidence: Confidence::Partial, ..change },
            (ChangeType::Delete, _) => change.of_deletion(),
            _ => change,
        }
    }

    /// Lists what a creation was made of, every leaf an addition.
    pub(crate) fn list_created(&mut self, version: &Version<'_>) {
        let (Effect::State(body) | Effect::Asked(body) | Effect::Metadata(body)) = version.effect else {
            return;
        };
        if self.change_type == ChangeType::Create {
            let (fields, total) = diff(&version.group, &version.resource, None, Some(body));
            (self.fields, self.fields_total) = (fields, Some(total));
        }
    }

    /// What is gone is gone, whatever it was.
    fn of_deletion(self) -> Self {
        Self { confidence: Confidence::Exact, fields_total: Some(0), ..self }
    }
}
