//! The pod that is asked about, and whether a policy selects it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::policy::Policy;
use super::read;
use crate::selector::{Label, Selector};

/// A pod, as far as policies see it.
#[derive(Debug, Clone)]
pub struct PodSubject<'a> {
    /// Its namespace.
    pub namespace: &'a str,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// The name of its service account; empty if it is not known.
    pub service_account: &'a str,
    /// Whether it is in the network of its node.
    pub host_network: bool,
}

/// A pod read from its object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedPodSubject {
    namespace: String,
    labels: BTreeMap<String, String>,
    service_account: String,
    host_network: bool,
}

impl PodSubject<'_> {
    /// Reads a pod as the API server shows it. None if it is none.
    pub fn of_pod(object: &[u8]) -> Option<OwnedPodSubject> {
        let object = read::object(object).ok()?;
        if !matches!(object.get("kind"), None | Some(Value::Null)) && read::text(&object, "kind") != "Pod" {
            return None;
        }
        let metadata = object.get("metadata").filter(|metadata| metadata.is_object())?;
        let spec = object.get("spec").unwrap_or(&Value::Null);
        let account = [read::text(spec, "serviceAccountName"), read::text(spec, "serviceAccount")];
        Some(OwnedPodSubject {
            namespace: read::text(metadata, "namespace").to_owned(),
            labels: read::labels(metadata),
            service_account: account.into_iter().find(|name| !name.is_empty()).unwrap_or_default().to_owned(),
            host_network: spec.get("hostNetwork").and_then(Value::as_bool).unwrap_or_default(),
        })
    }
}

impl OwnedPodSubject {
    /// To be asked about.
    pub fn subject(&self) -> PodSubject<'_> {
        PodSubject {
            namespace: &self.namespace,
            labels: self.labels.clone(),
            service_account: &self.service_account,
            host_network: self.host_network,
        }
    }
}

/// One thing that a policy asks of the pods it selects.
#[derive(Debug, Clone)]
pub(super) enum Asked {
    /// Of the labels of the pod, as Calico sees them.
    Calico(Selector),
    /// Of the labels of the pod, as Cilium sees them.
    Cilium(Selector),
    /// Of the labels of the pod alone.
    Pod(Selector),
    /// Of the labels of its namespace.
    Namespace(Selector),
    /// Of the labels of its service account.
    Account(Selector),
    /// Why that cannot be told.
    Unreadable(String),
}

/// Whether a policy selects a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Selected {
    No,
    Yes,
    /// Why that cannot be told.
    Maybe(String),
}

/// What is known of a pod.
pub(super) struct Facts<'a> {
    pub(super) pod: &'a PodSubject<'a>,
    /// The labels of its namespace, if that was seen.
    pub(super) namespace: Option<&'a BTreeMap<String, String>>,
}

impl Facts<'_> {
    pub(super) fn selected(&self, policy: &Policy) -> Selected {
        if !policy.namespace.is_empty() && policy.namespace != self.pod.namespace {
            return Selected::No;
        }
        let mut selected = policy.fault.clone().map_or(Selected::Yes, Selected::Maybe);
        for asked in &policy.subject {
            let (answer, unknown) = self.answer(asked);
            match answer {
                Some(true) => {}
                Some(false) => return Selected::No,
                None => selected = Selected::Maybe(unknown),
            }
        }
        selected
    }

    /// And what is not known, if it cannot be told.
    fn answer(&self, asked: &Asked) -> (Option<bool>, String) {
        match asked {
            Asked::Unreadable(why) => (None, why.clone()),
            Asked::Pod(selector) => (selector.matches_known(|key| self.own_label(key)), String::new()),
            Asked::Calico(selector) => {
                (selector.matches_known(|key| self.calico_label(key)), self.unknown_labels())
            }
            Asked::Cilium(selector) => {
                (selector.matches_known(|key| self.cilium_label(key)), self.unknown_labels())
            }
            Asked::Namespace(selector) => {
                let answer = selector.matches_known_namespace(|key| self.namespace_label(key));
                (answer, format!("the labels of the namespace {} are not known", self.pod.namespace))
            }
            Asked::Account(selector) => {
                let answer = selector.matches_known(|key| self.account_label(key));
                (answer, "the labels of the pod's service account are not known".to_owned())
            }
        }
    }

    fn unknown_labels(&self) -> String {
        format!(
            "it asks for labels of the namespace {} or of the service account, which are not known",
            self.pod.namespace
        )
    }

    fn own_label(&self, key: &str) -> Label<'_> {
        self.pod.labels.get(key).map_or(Label::Missing, |value| Label::Is(value))
    }

    /// With those that `libcalico-go/lib/backend/k8s/conversion` adds, and those that a pod has from its profiles.
    fn calico_label(&self, key: &str) -> Label<'_> {
        match key {
            "projectcalico.org/namespace" => Label::Is(self.pod.namespace),
            "projectcalico.org/orchestrator" => Label::Is("k8s"),
            "projectcalico.org/serviceaccount" => self.account(),
            _ => match (key.strip_prefix("pcns."), key.strip_prefix("pcsa.")) {
                (Some(key), _) => self.namespace_label(key),
                (_, Some(key)) => self.account_label(key),
                _ => self.own_label(key),
            },
        }
    }

    /// With those of `pkg/k8s/apis/cilium.io/const.go` in cilium/cilium.
    fn cilium_label(&self, key: &str) -> Label<'_> {
        match key {
            "io.kubernetes.pod.namespace" => Label::Is(self.pod.namespace),
            "io.cilium.k8s.policy.serviceaccount" => self.account(),
            "io.cilium.k8s.policy.cluster" => Label::Unknown,
            _ => match key.strip_prefix("io.cilium.k8s.namespace.labels.") {
                Some(key) => self.namespace_label(key),
                None => self.own_label(key),
            },
        }
    }

    fn namespace_label(&self, key: &str) -> Label<'_> {
        if matches!(key, "projectcalico.org/name" | "kubernetes.io/metadata.name") {
            return Label::Is(self.pod.namespace);
        }
        match self.namespace {
            Some(labels) => labels.get(key).map_or(Label::Missing, |value| Label::Is(value)),
            None => Label::Unknown,
        }
    }

    fn account_label(&self, key: &str) -> Label<'_> {
        if key == "projectcalico.org/name" { self.account() } else { Label::Unknown }
    }

    fn account(&self) -> Label<'_> {
        match self.pod.service_account {
            "" => Label::Unknown,
            name => Label::Is(name),
        }
    }
}
