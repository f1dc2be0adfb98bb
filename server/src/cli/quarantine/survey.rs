//! Which policies there are in a cluster, as far as the caller may know.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::cluster::{Cluster, Refusal, Resource};

/// What was found, and what could not be read.
#[derive(Debug, Default)]
pub(super) struct Survey {
    pub(super) objects: Vec<Value>,
    pub(super) unread: Vec<Unread>,
    /// What this cluster does not have at all.
    absent: Vec<Resource>,
    /// The groups that it serves, if it says so. Who may not read a resource is refused also where there is none,
    /// and a policy that cannot be there needs no caution.
    groups: Option<BTreeSet<String>>,
}

/// Objects that may be there and say something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unread {
    pub(super) of: Resource,
    pub(super) namespace: Option<String>,
    pub(super) why: String,
}

impl Survey {
    /// Reads the policies that may be about a pod of the namespace, and the Namespace, by whose labels some select.
    /// Only what ends everything is an error.
    pub(super) fn of(cluster: &Cluster, namespace: &str) -> Result<Self, Refusal> {
        let mut survey = Self { groups: cluster.groups()?, ..Self::default() };
        let calico = [
            (Resource::TIERS, None),
            (Resource::CALICO_GLOBAL_POLICIES, None),
            (Resource::CALICO_POLICIES, Some(namespace)),
        ];
        for (of, within) in calico {
            if !survey.list(cluster, of, within)? {
                survey.list(cluster, of.stored(), within)?;
            }
        }
        let others = [
            (Resource::NETWORK_POLICIES, Some(namespace)),
            (Resource::CILIUM_CLUSTERWIDE_POLICIES, None),
            (Resource::CILIUM_POLICIES, Some(namespace)),
            (Resource::ADMIN_POLICIES, None),
            (Resource::BASELINE_ADMIN_POLICIES, None),
            (Resource::CLUSTER_POLICIES, None),
            (Resource::ANTREA_CLUSTER_POLICIES, None),
            (Resource::ANTREA_POLICIES, Some(namespace)),
        ];
        for (of, within) in others {
            survey.list(cluster, of, within)?;
        }
        match cluster.get(Resource::NAMESPACES, None, namespace) {
            Ok(object) => survey.objects.push(object),
            Err(refusal) => survey.leave_out(Resource::NAMESPACES, None, refusal)?,
        }
        Ok(survey)
    }

    /// Whether the cluster serves the resource, or may do so.
    pub(super) fn serves(&self, of: Resource) -> bool {
        !self.absent.contains(&of)
    }

    /// What is not known, and why: a sentence for each reason.
    pub(super) fn unread_in_words(&self) -> Vec<String> {
        let mut by_reason: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for unread in &self.unread {
            by_reason.entry(&unread.why).or_default().push(unread.of.full_name());
        }
        by_reason.into_iter().map(|(why, of)| format!("{} are not known: {why}", of.join(", "))).collect()
    }

    /// Whether there is such a resource.
    fn list(&mut self, cluster: &Cluster, of: Resource, namespace: Option<&str>) -> Result<bool, Refusal> {
        if self.groups.as_ref().is_some_and(|groups| !groups.contains(of.group)) {
            self.absent.push(of);
            return Ok(false);
        }
        match cluster.list(of, namespace, None) {
            Ok(objects) => self.objects.extend(objects),
            Err(Refusal::NotFound(_)) => {
                self.absent.push(of);
                return Ok(false);
            }
            Err(refusal) => self.leave_out(of, namespace, refusal)?,
        }
        Ok(true)
    }

    fn leave_out(&mut self, of: Resource, namespace: Option<&str>, refusal: Refusal) -> Result<(), Refusal> {
        if refusal.is_final() {
            return Err(refusal);
        }
        let why = match refusal {
            Refusal::Forbidden(_) => "you may not read them".to_owned(),
            refusal => refusal.to_string(),
        };
        self.unread.push(Unread { of, namespace: namespace.map(str::to_owned), why });
        Ok(())
    }
}
