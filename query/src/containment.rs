//! Whether a pod is contained: what the network policies of a cluster, as they stand at one moment, do to its traffic.
//!
//! [`Policies`] takes the objects that the API server showed; [`Policies::containment_of`] answers for one pod. A claim is
//! made only of what is known: what cannot be evaluated and could matter makes the end of the traffic [`End::Unknown`] and
//! becomes a note. Nothing is known of packets, so a rule that asks for anything at all matches *some* traffic: it lets
//! some through, or denies some, and neither makes a pod contained.
//!
//! Calico's tiers and the policies of Kubernetes are walked in order (`walk`); Cilium has no order, what one policy
//! denies no other allows (`cilium`). Where both are in a cluster, traffic has to get through both.
//!
//! New connections only: Calico lets those that are open go on.

mod answer;
mod calico;
mod cilium;
mod copies;
mod history;
mod kubernetes;
mod pod;
mod policy;
mod read;
#[cfg(test)]
mod tests;
mod walk;
mod weakened;

use std::collections::BTreeMap;

use serde_json::Value;

use self::calico::Tier;
use self::copies::{Held, Key, Source};
use self::pod::{Facts, Selected};
use self::policy::{CALICO, CALICO_STORED, Policy, Way};
use self::walk::{Chosen, Notes};

pub use self::answer::{Containment, End, Passage, RuleRef};
pub use self::history::{DECIDING, Moment, PolicyHistory, PolicyLife};
pub use self::pod::{OwnedPodSubject, PodSubject};
pub use self::policy::{PolicyKind, RuleAction};
pub use self::weakened::weakened;

/// Most bytes of objects that are held, as they came: tens of thousands of policies.
const MAX_BYTES: usize = 64 * 1024 * 1024;
/// What a name alone is counted as.
const NAME_BYTES: usize = 512;

/// The policies of one cluster at one moment, with its tiers and the labels of its namespaces.
///
/// It does not matter in which order they come, but that a later object replaces an earlier one of its name.
#[derive(Debug, Default)]
pub struct Policies {
    policies: BTreeMap<Key, Held<Vec<Policy>>>,
    /// None of a tier that could not be read.
    tiers: BTreeMap<String, (Source, Option<Tier>)>,
    namespaces: BTreeMap<String, Held<BTreeMap<String, String>>>,
    bytes: usize,
    /// Whether there was more than is held.
    is_cut: bool,
}

/// What was taken from an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// A policy that is enforced.
    Policy,
    /// A tier of Calico.
    Tier,
    /// The labels of a namespace.
    Namespace,
    /// Nothing: it decides nothing here. Staged policies are kept all the same, for the notes.
    Other,
    /// It cannot be evaluated; why, for advice. If it is a policy with a name, it counts as one of which only the name is
    /// known.
    Unreadable(String),
}

impl Policies {
    /// Takes an object, as JSON, whole as the API server shows it.
    ///
    /// A policy that Calico keeps in `crd.projectcalico.org`, perhaps with its tier before its name, is the one that
    /// people see in `projectcalico.org`, if that comes too.
    pub fn put(&mut self, object: &[u8]) -> Taken {
        let bytes = object.len();
        let object = match read::object(object) {
            Ok(object) => object,
            Err(why) => return Taken::Unreadable(why),
        };
        let metadata = object.get("metadata").unwrap_or(&Value::Null);
        let (namespace, name) = (read::text(metadata, "namespace"), read::text(metadata, "name"));
        let (group, kind) = match read::text(&object, "apiVersion").split_once('/') {
            Some((group, _)) => (group, read::text(&object, "kind")),
            None => ("", read::text(&object, "kind")),
        };
        let source = if group == CALICO_STORED { Source::Stored } else { Source::Shown };
        match (group, kind) {
            (_, "") => Taken::Other,
            ("", "Namespace") if !name.is_empty() => self.put_namespace(name, read::labels(metadata), bytes),
            (CALICO | CALICO_STORED, "Tier") if !name.is_empty() => self.put_tier(name, source, &object),
            ("", _) => Taken::Other,
            _ => match PolicyKind::of(group, kind) {
                None => Taken::Other,
                Some(_) if name.is_empty() => Taken::Unreadable("it has no name".to_owned()),
                Some(kind) => {
                    let namespace = if kind.is_of_namespace() { namespace } else { "" };
                    if kind.is_of_namespace() && namespace.is_empty() {
                        return Taken::Unreadable("it has no namespace".to_owned());
                    }
                    let key = Key { kind, namespace: namespace.to_owned(), name: name.to_owned(), source };
                    self.put_policies(key, policies_of(kind, namespace, name, &object), bytes)
                }
            },
        }
    }

    /// Takes note of a policy that exists and of which only the name is known, as it was audited without its content.
    ///
    /// `kind` may be the kind or the resource, and may have the group behind a dot: `NetworkPolicy`,
    /// `networkpolicies.projectcalico.org`. Without one, a `NetworkPolicy` may be that of Kubernetes or Calico's. Other
    /// kinds are no policies and are passed over. An object that is known counts, whichever comes first.
    pub fn put_unknown(&mut self, kind: &str, namespace: &str, name: &str) {
        let (word, group) = kind.split_once('.').unwrap_or((kind, ""));
        let Some(kind) = PolicyKind::of(group, word) else { return };
        let namespace = if kind.is_of_namespace() { namespace } else { "" };
        let key = Key { kind, namespace: namespace.to_owned(), name: name.to_owned(), source: Source::Name };
        let mut policy = Policy::unreadable(kind, namespace, name, "only its name is known".to_owned());
        if kind == PolicyKind::NetworkPolicy && !group.is_empty() {
            policy.tier = Some(calico::DEFAULT_TIER.to_owned());
            policy.order = kubernetes::ORDER;
        }
        let bytes = NAME_BYTES + namespace.len() + name.len();
        self.put_policies(key, vec![policy], bytes);
    }

    /// What the policies do to a pod.
    pub fn containment_of(&self, pod: &PodSubject<'_>) -> Containment {
        let mut notes = Notes::default();
        if pod.host_network {
            notes.add(
                "the pod is in the network of its node: policies for pods have no effect on it, only those for the node"
                    .to_owned(),
            );
            let unknown = || Passage::ending(End::Unknown);
            return Containment { ingress: unknown(), egress: unknown(), notes: notes.finish() };
        }
        let namespace = self.namespaces.get(pod.namespace).map(|held| &held.what);
        let chosen = self.chosen(&Facts { pod, namespace });
        let ingress = self.passage(Way::Ingress, &chosen, &mut notes);
        let egress = self.passage(Way::Egress, &chosen, &mut notes);
        note_staged(&chosen, &ingress, &egress, &mut notes);
        Containment { ingress, egress, notes: notes.finish() }
    }

    /// The policies that select a pod, or may.
    fn chosen(&self, facts: &Facts<'_>) -> Vec<Chosen<'_>> {
        let choose = |policy| match facts.selected(policy) {
            Selected::No => None,
            Selected::Yes => Some(Chosen { policy, doubt: None }),
            Selected::Maybe(why) => Some(Chosen { policy, doubt: Some(why) }),
        };
        copies::current(&self.policies).into_iter().filter_map(choose).collect()
    }

    /// Through every engine that is in the cluster. Without Calico or Cilium, the policies of Kubernetes come to the same
    /// as Calico makes of them.
    fn passage(&self, way: Way, chosen: &[Chosen<'_>], notes: &mut Notes) -> Passage {
        let has_cilium = self.policies.keys().any(|key| key.kind.is_cilium());
        let has_calico = !self.tiers.is_empty() || self.policies.keys().any(|key| key.kind.is_calico());
        let of = |is_meant: fn(PolicyKind) -> bool| -> Vec<Chosen<'_>> {
            chosen.iter().filter(|one| is_meant(one.policy.kind)).cloned().collect()
        };
        let mut passages = Vec::new();
        if has_calico || !has_cilium {
            let mut notes = Notes::default();
            let chosen = of(|kind| !kind.is_cilium() && !kind.is_staged());
            passages.push((walk::passage(way, &chosen, |name| self.tier(name), &mut notes), notes));
        }
        if has_cilium {
            let mut notes = Notes::default();
            let chosen = of(|kind| !kind.is_calico());
            passages.push((cilium::passage(way, &chosen, &mut notes), notes));
        }
        let strictest = passages.into_iter().min_by_key(|(passage, _)| match passage.end {
            End::Denied => usize::from(!passage.earlier.is_empty()),
            End::Unknown => 2,
            End::Open => 3,
        });
        let (mut passage, of_engine) = strictest.unwrap_or((Passage::ending(End::Open), Notes::default()));
        of_engine.finish().into_iter().for_each(|note| notes.add(note));
        if self.is_cut {
            passage.end = End::Unknown;
            notes.add("there are more policies than can be held: some are missing here".to_owned());
        }
        passage
    }

    fn tier(&self, name: &str) -> Option<Tier> {
        match self.tiers.get(name) {
            Some((_, tier)) => *tier,
            None => Tier::built_in(name),
        }
    }

    fn put_policies(&mut self, key: Key, policies: Vec<Policy>, bytes: usize) -> Taken {
        let old = self.policies.get(&key).map(|held| held.bytes).unwrap_or_default();
        if !self.has_room(old, bytes) {
            return Taken::Unreadable(format!("{MAX_BYTES} bytes of policies are held already"));
        }
        let fault = policies.iter().find_map(Policy::advice);
        let is_staged = key.kind.is_staged();
        self.policies.insert(key, Held { what: policies, bytes });
        match fault {
            Some(why) => Taken::Unreadable(why),
            None if is_staged => Taken::Other,
            None => Taken::Policy,
        }
    }

    fn put_namespace(&mut self, name: &str, labels: BTreeMap<String, String>, bytes: usize) -> Taken {
        let old = self.namespaces.get(name).map(|held| held.bytes).unwrap_or_default();
        if !self.has_room(old, bytes) {
            return Taken::Unreadable(format!("{MAX_BYTES} bytes of objects are held already"));
        }
        self.namespaces.insert(name.to_owned(), Held { what: labels, bytes });
        Taken::Namespace
    }

    fn put_tier(&mut self, name: &str, source: Source, object: &Value) -> Taken {
        if self.tiers.get(name).is_some_and(|(known, _)| *known > source) {
            return Taken::Tier;
        }
        if !self.tiers.contains_key(name) && !self.has_room(0, NAME_BYTES + name.len()) {
            return Taken::Unreadable(format!("{MAX_BYTES} bytes of objects are held already"));
        }
        let tier = match read::member(object, "spec") {
            Some(spec) => Tier::read(spec),
            None => Err("it has no spec".to_owned()),
        };
        self.tiers.insert(name.to_owned(), (source, tier.as_ref().ok().copied()));
        tier.map_or_else(Taken::Unreadable, |_| Taken::Tier)
    }

    /// Whether something of this size may take the place of something old; if so, it is counted.
    fn has_room(&mut self, old: usize, new: usize) -> bool {
        let bytes = self.bytes.saturating_sub(old).saturating_add(new);
        if bytes > MAX_BYTES {
            self.is_cut = true;
            return false;
        }
        self.bytes = bytes;
        true
    }
}

fn policies_of(kind: PolicyKind, namespace: &str, name: &str, object: &Value) -> Vec<Policy> {
    let spec = object.get("spec").unwrap_or(&Value::Null);
    if kind.is_cilium() {
        cilium::policies(kind, namespace, name, object)
    } else if kind.is_calico() {
        vec![calico::policy(kind, namespace, name, spec)]
    } else if kind.is_antrea() {
        vec![Policy::unreadable(kind, namespace, name, "policies of Antrea are not evaluated".to_owned())]
    } else {
        vec![kubernetes::policy(kind, namespace, name, spec)]
    }
}

/// What is staged and would deny what is not denied now.
fn note_staged(chosen: &[Chosen<'_>], ingress: &Passage, egress: &Passage, notes: &mut Notes) {
    for one in chosen.iter().filter(|one| one.policy.kind.is_staged() && one.doubt.is_none()) {
        let would = |way, passage: &Passage| !passage.is_contained() && one.policy.denies_by_itself(way);
        let ways = match (would(Way::Ingress, ingress), would(Way::Egress, egress)) {
            (true, true) => "ingress and egress",
            (true, false) => "ingress",
            (false, true) => "egress",
            (false, false) => continue,
        };
        notes.add(format!(
            "{} selects the pod and would deny its {ways}, but it is staged: it does nothing yet",
            one.policy
        ));
    }
}
