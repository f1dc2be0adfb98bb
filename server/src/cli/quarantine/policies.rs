//! The policies that contain whatever carries the label, for who has none yet.

use serde_json::Value;
use taffrail_query::quarantine::QuarantineLabel;

use super::cluster::{FIELD_MANAGER, Resource};
use crate::args::PolicyKind;

/// What says who made an object.
const MANAGED_BY: &str = "app.kubernetes.io/managed-by";

/// An object that is made for the quarantine.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PolicyObject {
    pub(super) of: Resource,
    pub(super) namespace: Option<String>,
    pub(super) object: Value,
}

/// The manifest, as somebody may review and apply it.
pub(super) fn yaml(kind: PolicyKind, label: &QuarantineLabel, namespace: &str) -> String {
    let template = match kind {
        PolicyKind::Calico => include_str!("policies/calico.yaml"),
        PolicyKind::Cilium => include_str!("policies/cilium.yaml"),
        PolicyKind::Networkpolicy => include_str!("policies/networkpolicy.yaml"),
    };
    // Neither label nor namespace can hold a $, nor anything that YAML or a selector would take for more than text.
    template
        .replace("$LABEL_KEY", &label.key)
        .replace("$LABEL_VALUE", &label.value)
        .replace("$NAMESPACE", namespace)
}

/// The objects of the manifest, in the order in which they are made.
pub(super) fn objects(kind: PolicyKind, label: &QuarantineLabel, namespace: &str) -> Vec<PolicyObject> {
    let documents: Vec<Value> =
        serde_saphyr::from_multiple(&yaml(kind, label, namespace)).expect("the manifests are YAML");
    let known = [
        Resource::TIERS,
        Resource::CALICO_GLOBAL_POLICIES,
        Resource::CILIUM_CLUSTERWIDE_POLICIES,
        Resource::NETWORK_POLICIES,
    ];
    let object = |object: Value| {
        let is_it = |of: &&Resource| object["kind"] == of.kind && object["apiVersion"] == of.api_version();
        let of = *known.iter().find(is_it)?;
        let namespace = object.pointer("/metadata/namespace").and_then(Value::as_str).map(str::to_owned);
        Some(PolicyObject { of, namespace, object })
    };
    documents.into_iter().filter_map(object).collect()
}

impl PolicyObject {
    pub(super) fn name(&self) -> &str {
        self.object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default()
    }

    /// `globalnetworkpolicy security.quarantine`.
    pub(super) fn in_words(&self) -> String {
        let place = self.namespace.as_ref().map(|namespace| format!("{namespace}/")).unwrap_or_default();
        format!("{} {place}{}", self.of.kind.to_lowercase(), self.name())
    }

    /// Whether `other` is the object of this kind and name.
    pub(super) fn is_named(&self, other: &Value) -> bool {
        let text = |pointer: &str| other.pointer(pointer).and_then(Value::as_str);
        other["kind"] == self.of.kind
            && other["apiVersion"] == self.of.api_version()
            && text("/metadata/name") == Some(self.name())
            && text("/metadata/namespace") == self.namespace.as_deref()
    }

    /// Whether another object of this name does the same.
    pub(super) fn does_the_same(&self, other: &Value) -> bool {
        pruned(&self.object["spec"]) == pruned(&other["spec"])
    }
}

/// Whether `apply` made the object.
pub(super) fn is_ours(object: &Value) -> bool {
    let labels = object.pointer("/metadata/labels");
    labels.and_then(|labels| labels.get(MANAGED_BY)).is_some_and(|by| by == FIELD_MANAGER)
}

/// Without what API servers add where nothing was said: empty members.
fn pruned(value: &Value) -> Value {
    let is_empty = |value: &Value| match value {
        Value::Null => true,
        Value::Object(members) => members.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    };
    match value {
        Value::Object(members) => {
            let members = members.iter().map(|(key, value)| (key.clone(), pruned(value)));
            members.filter(|(_, value)| !is_empty(value)).collect()
        }
        Value::Array(items) => items.iter().map(pruned).collect(),
        Value::Number(number) => number.as_f64().map_or(Value::Null, Value::from),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn all(label: &QuarantineLabel) -> Vec<PolicyObject> {
        let kinds = [PolicyKind::Calico, PolicyKind::Cilium, PolicyKind::Networkpolicy];
        kinds.into_iter().flat_map(|kind| objects(kind, label, "shop")).collect()
    }

    #[test]
    fn manifests_are_objects_that_say_who_made_them() {
        let objects =
            all(&QuarantineLabel { key: "example.com/isolate".to_owned(), value: "yes".to_owned() });
        let names: Vec<String> = objects.iter().map(PolicyObject::in_words).collect();
        let expected = [
            "tier security",
            "globalnetworkpolicy security.quarantine",
            "ciliumclusterwidenetworkpolicy quarantine",
            "networkpolicy shop/quarantine",
        ];
        assert_eq!(names, expected);
        assert!(objects.iter().all(|object| is_ours(&object.object)));
        assert_eq!(objects[1].object["spec"]["selector"], "example.com/isolate == \"yes\"");
        let labels = json!({"example.com/isolate": "yes"});
        assert_eq!(objects[2].object["spec"]["endpointSelector"]["matchLabels"], labels);
        assert_eq!(objects[3].object["spec"]["podSelector"]["matchLabels"], labels);
        assert_eq!(objects[3].object["metadata"]["namespace"], "shop");
    }

    #[test]
    fn values_stay_texts() {
        let objects = all(&QuarantineLabel { key: "quarantine".to_owned(), value: "1".to_owned() });
        assert_eq!(objects[2].object["spec"]["endpointSelector"]["matchLabels"]["quarantine"], "1");
    }

    #[test]
    fn the_same_as_an_api_server_gives_it_back() {
        let policy = &all(&QuarantineLabel::default())[1];
        let spec = |order: Value, more: Value| {
            let rule = |action: &str| json!({"action": action, "source": {}, "destination": {}});
            let mut spec = json!({
                "order": order, "selector": "quarantine == \"true\"", "tier": "security",
                "types": ["Ingress", "Egress"],
                "ingress": [rule("Log"), rule("Deny")], "egress": [rule("Log"), rule("Deny")],
            });
            for (key, value) in more.as_object().unwrap() {
                spec[key] = value.clone();
            }
            json!({"spec": spec})
        };
        assert!(policy.does_the_same(&spec(json!(100), json!({}))));
        assert!(policy.does_the_same(&spec(json!(100.0), json!({}))));
        assert!(!policy.does_the_same(&spec(json!(10), json!({}))));
        assert!(!policy.does_the_same(&spec(json!(100), json!({"namespaceSelector": "x == 'y'"}))));
        assert!(!policy.does_the_same(&json!({})));
    }
}
