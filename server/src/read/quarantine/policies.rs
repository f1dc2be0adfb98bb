//! What is recorded of the policies of a cluster, and what they did to a pod under quarantine.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};
use taffrail_event::Timestamp;
use taffrail_query::containment::{Containment, DECIDING, Moment, PodSubject, PolicyHistory, PolicyLife};
use taffrail_query::history::ObjectName;
use taffrail_query::quarantine::Quarantine;
use taffrail_query::{Field, ObjectsRequest, Query, SearchError};
use utoipa::ToSchema;

use super::gather::Asker;

/// Policies, tiers and namespaces of a cluster that are looked at.
const MAX_OBJECTS: usize = 1000;

/// Writes of policies during one quarantine that are looked at; each is weighed against all policies.
const MAX_MOMENTS: usize = 200;

/// What the network policies of the cluster, as they were recorded, do to the traffic of the pod.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Containment)]
pub(crate) struct ContainmentBody {
    /// Whether all of it is denied, both ways; null where that depends on what was not recorded or cannot be evaluated.
    pub(crate) contained: Option<bool>,
    /// The policies that deny it; null where it is not all denied.
    pub(crate) policy: Option<String>,
    /// What happens to it, and what gets through before: short sentences.
    pub(crate) sentences: Vec<String>,
    /// What cannot be evaluated: advice, no claim.
    pub(crate) notes: Vec<String>,
}

impl ContainmentBody {
    pub(super) fn of(containment: &Containment) -> Self {
        Self {
            contained: containment.verdict(),
            policy: containment.policy(),
            sentences: containment.in_words(),
            notes: containment.notes.clone(),
        }
    }
}

impl Asker<'_> {
    /// The policies and tiers of the cluster, and the namespace, with all writes of each.
    pub(super) fn policy_history(
        &mut self,
        cluster: &str,
        namespace: &str,
        until: Timestamp,
    ) -> Result<PolicyHistory, SearchError> {
        let deciding = Query::any_of(DECIDING.map(|resource| Query::is(Field::Resource, resource)).to_vec());
        let own =
            Query::all_of(vec![Query::is(Field::Resource, "namespaces"), Query::is(Field::Name, namespace)]);
        let query =
            Query::all_of(vec![Query::is(Field::Cluster, cluster), Query::any_of(vec![deciding, own])]);
        let request =
            ObjectsRequest { query, at: until, after: None, limit: MAX_OBJECTS, deadline: self.deadline() };
        let found = self.search().objects(&request)?;
        self.note_partial(found.partial || found.more);
        let mut lives = Vec::with_capacity(found.objects.len());
        for listed in found.objects {
            if self.is_late() {
                break;
            }
            let mut life = PolicyLife::new(listed.object.clone());
            self.search().writes(&listed.object, &mut |hit| {
                life.take(&hit);
                ControlFlow::Continue(())
            })?;
            lives.push(life);
        }
        Ok(PolicyHistory::new(lives))
    }
}

/// Policy histories of the clusters and namespaces that a question comes by.
#[derive(Debug, Default)]
pub(crate) struct Histories(BTreeMap<(String, String), PolicyHistory>);

impl Histories {
    /// That of the pod's cluster and namespace.
    pub(super) fn of(
        &mut self,
        pod: &ObjectName,
        until: Timestamp,
        asker: &mut Asker<'_>,
    ) -> Result<&PolicyHistory, SearchError> {
        match self.0.entry((pod.cluster.clone(), pod.namespace.clone())) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(place) => {
                Ok(place.insert(asker.policy_history(&pod.cluster, &pod.namespace, until)?))
            }
        }
    }
}

/// What the policies did to the pod from the moment on in which the label was set; nothing where none is recorded, as one may
/// be older than the records.
pub(super) fn moments<'h>(history: &'h PolicyHistory, quarantine: &Quarantine) -> Vec<Moment<'h>> {
    let Some(pod) = PodSubject::of_pod(&quarantine.pod) else { return Vec::new() };
    if !history.has_policies(quarantine.until.unwrap_or(Timestamp::MAX)) {
        return Vec::new();
    }
    history.moments(&pod.subject(), quarantine.since, quarantine.until, MAX_MOMENTS)
}
