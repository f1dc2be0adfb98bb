//! What marks a pod as isolated: the label that policies select by, and beside it who did it, when and why.

use serde_json::{Value, json};
use taffrail_query::quarantine::QuarantineLabel;

/// Why.
pub(super) const REASON: &str = "taffrail.dev/quarantine-reason";

/// Since when, RFC 3339.
pub(super) const SINCE: &str = "taffrail.dev/quarantine-since";

/// Who, as the cluster calls them. It is what they say themselves; the audit log knows better.
pub(super) const BY: &str = "taffrail.dev/quarantine-by";

/// What is written beside the label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Marks<'a> {
    pub(super) reason: &'a str,
    pub(super) since: &'a str,
    pub(super) by: Option<&'a str>,
}

impl Marks<'_> {
    /// The merge patch that sets all of them. With the uid it is refused for another pod of the same name.
    pub(super) fn patch(&self, label: &QuarantineLabel, uid: Option<&str>) -> Value {
        let mut annotations = json!({REASON: self.reason, SINCE: self.since});
        if let Some(by) = self.by {
            annotations[BY] = json!(by);
        }
        patch(label, &json!(label.value), &annotations, uid)
    }
}

/// The merge patch that removes label and marks.
pub(super) fn removal(label: &QuarantineLabel, uid: Option<&str>) -> Value {
    patch(label, &Value::Null, &json!({REASON: null, SINCE: null, BY: null}), uid)
}

fn patch(label: &QuarantineLabel, value: &Value, annotations: &Value, uid: Option<&str>) -> Value {
    let mut metadata = json!({"labels": {&label.key: value}, "annotations": annotations});
    if let Some(uid) = uid {
        metadata["uid"] = json!(uid);
    }
    json!({"metadata": metadata})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_and_what_is_removed() {
        let label = QuarantineLabel::default();
        let marks = Marks { reason: "r", since: "2026-11-23T16:24:54Z", by: None };
        let expected = json!({"metadata": {
            "labels": {"quarantine": "true"},
            "annotations": {"taffrail.dev/quarantine-reason": "r", "taffrail.dev/quarantine-since": "2026-11-23T16:24:54Z"},
        }});
        assert_eq!(marks.patch(&label, None), expected);
        let patch = Marks { by: Some("alice"), ..marks }.patch(&label, Some("u"));
        assert_eq!(
            (&patch["metadata"]["uid"], &patch["metadata"]["annotations"][BY]),
            (&json!("u"), &json!("alice"))
        );
        let removed = removal(&label, None);
        assert_eq!(removed["metadata"]["labels"], json!({"quarantine": null}));
        let annotations = removed["metadata"]["annotations"].as_object().unwrap();
        assert!(annotations.len() == 3 && annotations.values().all(Value::is_null), "{removed}");
    }
}
