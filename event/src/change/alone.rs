//! What a record says of a change by itself, without the states before it.

use super::diff::diff;
use super::effect::{Effect, Version};
use super::kind::is_question;
use super::states::ObjectState;
use super::{Change, ChangeType, Confidence, change_type, members};
use crate::audit::AuditRecord;
use crate::object::{BodyMetadata, ObjectRef};
use crate::outcome::{Outcome, OutcomeResult};

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
        let Some(object) = object else { return change };
        if change_type == ChangeType::None {
            let is_sure = !may_have_happened(audit, object, outcome);
            return if is_sure { change } else { change.of_nobody_knows() };
        }
        if audit.verb == "deletecollection" {
            let is_proven = audit.response_object.is_some();
            return Self { members: members(audit, object), ..change.of_deletion(is_proven) };
        }
        let Some(version) = Version::of_parts(audit, object, outcome, response) else { return change };
        if let Some(found) = ObjectState::default().next(&version) {
            return Self { unseen_before: false, ..found };
        }
        match (change_type, version.effect) {
            (ChangeType::Create, Effect::State(_)) => Self { confidence: Confidence::Exact, ..change },
            (ChangeType::Create, Effect::Asked(_)) => Self { confidence: Confidence::Patch, ..change },
            (ChangeType::Create, Effect::Metadata(_)) => Self { confidence: Confidence::Partial, ..change },
            (ChangeType::Delete, _) => change.of_deletion(version.is_proven && version.is_removal),
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

    /// What is gone is gone, whatever it was. A deletion that only began, with a grace or finalizers still to come, changed fields;
    /// without its answer nobody knows which of the two it was.
    fn of_deletion(self, is_gone: bool) -> Self {
        let confidence = if is_gone { Confidence::Exact } else { Confidence::Partial };
        Self { confidence, fields_total: Some(0), ..self }
    }

    fn of_nobody_knows(self) -> Self {
        Self { confidence: Confidence::Unknown, fields_total: None, ..self }
    }
}

/// Whether it was a write that may have taken effect, though nobody saw that: no completion is recorded, or the server failed
/// before it knew (a timeout comes after the store was asked).
fn may_have_happened(audit: &AuditRecord<'_>, object: &ObjectRef, outcome: &Outcome) -> bool {
    let is_write =
        matches!(audit.verb.as_ref(), "create" | "update" | "patch" | "delete" | "deletecollection");
    let is_open_ended = match outcome.result {
        OutcomeResult::Pending => true,
        OutcomeResult::Failed => outcome.code.is_none_or(|code| code >= 500),
        OutcomeResult::Success | OutcomeResult::Denied | OutcomeResult::Open => false,
    };
    is_write
        && is_open_ended
        && !audit.is_dry_run()
        && !crate::is_access_subresource(&object.subresource)
        && !is_question(object)
}

#[cfg(test)]
mod tests {
    use crate::{ChangeType, Confidence, Event, Origins};

    #[track_caller]
    fn check(rest: &str, expected: Confidence) {
        let record = format!(r#"{{"auditID":"a",{rest}}}"#);
        let change = Event::decode(record.as_bytes(), Origins::default()).unwrap().change.unwrap();
        assert_eq!((change.change_type, change.confidence), (ChangeType::None, expected), "{rest}");
        assert_eq!(change.fields_total, (expected == Confidence::Exact).then_some(0), "{rest}");
    }

    #[test]
    fn what_may_have_happened_is_not_denied() {
        let write = r#""verb":"patch","objectRef":{"resource":"pods","name":"x"}"#;
        let failed = |code: u16| format!(r#""stage":"ResponseComplete","responseStatus":{{"code":{code}}}"#);
        check(&format!(r#""stage":"RequestReceived",{write}"#), Confidence::Unknown);
        check(&format!(r#""stage":"Panic",{write},"responseStatus":{{"code":500}}"#), Confidence::Unknown);
        check(&format!("{},{write}", failed(504)), Confidence::Unknown);
        check(&format!("{},{write}", failed(409)), Confidence::Exact);
        check(&format!("{},{write}", failed(403)), Confidence::Exact);
        check(&format!(r#"{},{write},"requestURI":"/x?dryRun=All""#, failed(504)), Confidence::Exact);
        check(&format!("{},{}", failed(504), write.replace("patch", "get")), Confidence::Exact);
        check(r#""stage":"RequestReceived","verb":"post","requestURI":"/x""#, Confidence::Exact);
    }
}
