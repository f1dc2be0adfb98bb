//! The pod that is isolated: its name as it is typed, and what an API server says of it.

use std::fmt;

use serde_json::Value;
use taffrail_query::quarantine::QuarantineLabel;

use crate::exit::WrongUse;

/// A pod's name and namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PodName {
    pub(super) namespace: String,
    pub(super) name: String,
}

impl PodName {
    /// Of what was typed: `attacker`, `pod/attacker`. It becomes part of paths, so it has to be a name.
    pub(super) fn new(typed: &str, namespace: &str) -> Result<Self, WrongUse> {
        let name = match typed.split_once('/') {
            None => typed,
            Some(("po" | "pod" | "pods", name)) => name,
            Some(_) => {
                return Err(WrongUse(format!(
                    "{typed}: only pods are isolated; write POD -n NAMESPACE, or pod/POD"
                )));
            }
        };
        if !is_name(name, 253) {
            return Err(WrongUse(format!("{name:?} is no name of a pod")));
        }
        if !is_name(namespace, 63) {
            return Err(WrongUse(format!("{namespace:?} is no name of a namespace")));
        }
        Ok(Self { namespace: namespace.to_owned(), name: name.to_owned() })
    }
}

impl fmt::Display for PodName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

fn is_name(text: &str, max: usize) -> bool {
    let is_ordinary = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = text.as_bytes();
    let ends = [bytes.first(), bytes.last()];
    text.len() <= max
        && ends.iter().all(|end| end.is_some_and(|byte| is_ordinary(*byte)))
        && bytes.iter().all(|byte| is_ordinary(*byte) || b"-.".contains(byte))
}

/// A pod as the API server has it.
#[derive(Debug, Clone)]
pub(super) struct Pod(pub(super) Value);

impl Pod {
    pub(super) fn uid(&self) -> Option<&str> {
        self.text("/metadata/uid")
    }

    pub(super) fn node(&self) -> Option<&str> {
        self.text("/spec/nodeName")
    }

    pub(super) fn ips(&self) -> Vec<&str> {
        let listed = self.0.pointer("/status/podIPs").and_then(Value::as_array);
        let listed: Vec<&str> =
            listed.into_iter().flatten().filter_map(|entry| entry["ip"].as_str()).collect();
        if listed.is_empty() { self.text("/status/podIP").into_iter().collect() } else { listed }
    }

    /// `replicaset attacker-5d4`: who makes another one when this one is gone.
    pub(super) fn owner(&self) -> Option<String> {
        let owners = self.0.pointer("/metadata/ownerReferences")?.as_array()?;
        let owner = owners.iter().find(|owner| owner["controller"] == true)?;
        Some(format!("{} {}", owner["kind"].as_str()?.to_lowercase(), owner["name"].as_str()?))
    }

    /// Whether it uses the network of its node, to which policies of pods do not apply.
    pub(super) fn is_on_host_network(&self) -> bool {
        self.0.pointer("/spec/hostNetwork") == Some(&Value::Bool(true))
    }

    /// Whether it runs no more, so that there is nothing to isolate.
    pub(super) fn has_ended(&self) -> bool {
        matches!(self.text("/status/phase"), Some("Succeeded" | "Failed"))
    }

    pub(super) fn is_being_deleted(&self) -> bool {
        self.text("/metadata/deletionTimestamp").is_some()
    }

    pub(super) fn label(&self, key: &str) -> Option<&str> {
        self.member("labels", key)
    }

    pub(super) fn annotation(&self, key: &str) -> Option<&str> {
        self.member("annotations", key)
    }

    pub(super) fn is_isolated(&self, label: &QuarantineLabel) -> bool {
        self.label(&label.key) == Some(&label.value)
    }

    /// As it will be with the label.
    pub(super) fn with(&self, label: &QuarantineLabel) -> Value {
        let mut pod = self.0.clone();
        if pod["metadata"].is_object() {
            if !pod["metadata"]["labels"].is_object() {
                pod["metadata"]["labels"] = Value::Object(serde_json::Map::new());
            }
            pod["metadata"]["labels"][&label.key] = Value::String(label.value.clone());
        }
        pod
    }

    fn text(&self, pointer: &str) -> Option<&str> {
        self.0.pointer(pointer)?.as_str().filter(|text| !text.is_empty())
    }

    fn member(&self, of: &str, key: &str) -> Option<&str> {
        self.0.pointer("/metadata")?.get(of)?.get(key)?.as_str()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_as_they_are_typed() {
        fn check(typed: &str, namespace: &str, expected: Option<&str>) {
            let found = PodName::new(typed, namespace).ok().map(|name| name.to_string());
            assert_eq!(found.as_deref(), expected, "{typed} -n {namespace}");
        }
        check("attacker", "default", Some("default/attacker"));
        check("pod/web-0.a", "shop", Some("shop/web-0.a"));
        check("po/web", "shop", Some("shop/web"));
        check("deployment/web", "shop", None);
        check("default/attacker", "shop", None);
        for wrong in ["", "../secrets/x", "a?b", "A", "-a", "a/b/c", "pod/"] {
            check(wrong, "default", None);
        }
        check("web", "shop/../x", None);
        check("web", "", None);
    }

    #[test]
    fn what_is_said_of_a_pod() {
        let pod = Pod(json!({
            "metadata": {
                "uid": "u",
                "labels": {"quarantine": "true"},
                "annotations": {"a.b/c": "d"},
                "ownerReferences": [
                    {"kind": "Other", "name": "x"},
                    {"kind": "ReplicaSet", "name": "web-5d4", "controller": true},
                ],
            },
            "spec": {"nodeName": "node-1", "hostNetwork": true},
            "status": {"phase": "Failed", "podIP": "10.0.0.1", "podIPs": [{"ip": "10.0.0.1"}, {"ip": "fd00::1"}]},
        }));
        assert_eq!(
            (pod.uid(), pod.node(), pod.ips()),
            (Some("u"), Some("node-1"), vec!["10.0.0.1", "fd00::1"])
        );
        assert_eq!(pod.owner().as_deref(), Some("replicaset web-5d4"));
        assert!(pod.is_on_host_network() && pod.has_ended() && !pod.is_being_deleted());
        assert!(pod.is_isolated(&QuarantineLabel::default()));
        assert_eq!(pod.annotation("a.b/c"), Some("d"));
        for strange in [json!(null), json!([]), json!({"metadata": {"labels": 1}, "status": {"podIPs": {}}})]
        {
            let pod = Pod(strange);
            assert_eq!((pod.label("a"), pod.owner(), pod.ips()), (None, None, vec![]));
            pod.with(&QuarantineLabel::default());
        }
    }

    #[test]
    fn a_pod_as_it_will_be() {
        let label = QuarantineLabel::default();
        for before in [json!({"metadata": {}}), json!({"metadata": {"labels": null}})] {
            assert_eq!(Pod(before).with(&label), json!({"metadata": {"labels": {"quarantine": "true"}}}));
        }
    }
}
