//! One policy that is known several times: by name, as Calico keeps it, and as people see it.

use std::collections::{BTreeMap, BTreeSet};

use super::policy::{Policy, PolicyKind};

#[derive(Debug)]
pub(super) struct Held<T> {
    pub(super) what: T,
    pub(super) bytes: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) kind: PolicyKind,
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) source: Source,
}

/// Where a policy is known from. What is better known of the same policy counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Source {
    /// By its name alone.
    Name,
    /// As older versions of Calico keep it.
    Stored,
    /// As people see it.
    Shown,
}

/// Each policy once.
pub(super) fn current(held: &BTreeMap<Key, Held<Vec<Policy>>>) -> Vec<&Policy> {
    let policies = || held.iter().flat_map(|(key, held)| held.what.iter().map(move |policy| (key, policy)));
    let mut shown_names = BTreeSet::new();
    let mut shown = BTreeSet::new();
    let mut known = BTreeSet::new();
    for (key, policy) in policies().filter(|(key, _)| key.source != Source::Name) {
        known.extend(policy.names().map(|name| (key.kind, key.namespace.as_str(), name)));
        if key.source == Source::Shown {
            shown_names.insert((key.kind, key.namespace.as_str(), key.name.as_str()));
            shown.insert(policy.identity());
        }
    }
    let is_known = |key: &Key, kind| known.contains(&(kind, key.namespace.as_str(), key.name.clone()));
    let is_current = |key: &Key, policy: &Policy| match key.source {
        Source::Shown => true,
        Source::Stored => {
            !shown_names.contains(&(key.kind, key.namespace.as_str(), key.name.as_str()))
                && !shown.contains(&policy.identity())
        }
        Source::Name if policy.could_be_calicos() => {
            !is_known(key, key.kind) && !is_known(key, PolicyKind::CalicoNetworkPolicy)
        }
        Source::Name => !is_known(key, key.kind),
    };
    policies().filter(|(key, policy)| is_current(key, policy)).map(|(_, policy)| policy).collect()
}
