//! What has to do with an object: its owners and what it owns, what its pods use, and what selects them.
//!
//! All of it is read from the newest states that are known: of what was never written since recording began nothing is.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::Instant;

use taffrail_event::Timestamp;

use super::ObjectName;
use super::owner::OwnerReference;
use super::pods::{Pods, matches_labels};
use super::replay::Replay;
use crate::ast::Query;
use crate::field::Field;
use crate::parse::parse;
use crate::search::{Existence, ObjectsRequest, Order, PageRequest, Search, SearchError, TimeRange};
use crate::time::TimeContext;

/// Owners above owners, and what is owned by what is owned.
const MAX_LEVELS: usize = 3;

/// Objects of one kind that are looked at, and objects that one other owns.
const MAX_LOOKED_AT: usize = 200;

/// An object that has to do with another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    /// The object.
    pub object: ObjectName,
    /// What it has to do with the other.
    pub relation: Relation,
}

/// What an object has to do with another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Relation {
    /// It owns it.
    Owner,
    /// It is owned by it.
    Owned,
    /// Its pods use it.
    Used,
    /// Its pods run under it.
    RunsAs,
    /// It runs there.
    RunsOn,
    /// It scales it.
    Scales,
    /// It leads to its pods.
    Selects,
    /// It says what its pods may talk to.
    Restricts,
}

impl Relation {
    /// Every one.
    pub const ALL: [Self; 8] = [
        Self::Owner,
        Self::Owned,
        Self::Used,
        Self::RunsAs,
        Self::RunsOn,
        Self::Scales,
        Self::Selects,
        Self::Restricts,
    ];

    /// The name in `relation`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Owned => "owned",
            Self::Used => "used",
            Self::RunsAs => "runs_as",
            Self::RunsOn => "runs_on",
            Self::Scales => "scales",
            Self::Selects => "selects",
            Self::Restricts => "restricts",
        }
    }
}

/// What has to do with the object, by relation and name.
pub fn related(
    search: &dyn Search,
    object: &ObjectName,
    now: Timestamp,
    deadline: Instant,
) -> Result<Vec<Related>, SearchError> {
    let mut finder = Finder { search, now, deadline, found: BTreeMap::new() };
    let Some(known) = finder.newest(object)? else { return Ok(Vec::new()) };
    finder.found.insert(object.clone(), Relation::Owner);
    finder.owners(object, &known.state, 0)?;
    let scaled: Vec<ObjectName> = finder.found.keys().cloned().collect();
    finder.owned(object, &known.uid, 0)?;
    if let Some(pods) = Pods::of(&object.group, &object.resource, &known.state) {
        finder.used(object, &pods)?;
        finder.selecting(object, &pods)?;
    }
    finder.scaling(object, &scaled)?;
    finder.found.remove(object);
    let mut related: Vec<_> =
        finder.found.into_iter().map(|(object, relation)| Related { object, relation }).collect();
    related.sort_by(|one, other| (one.relation, &one.object).cmp(&(other.relation, &other.object)));
    Ok(related)
}

struct Finder<'a> {
    search: &'a dyn Search,
    now: Timestamp,
    deadline: Instant,
    found: BTreeMap<ObjectName, Relation>,
}

/// The last that is known of an object, gone or not.
struct Known {
    state: Vec<u8>,
    uid: String,
}

impl Finder<'_> {
    fn newest(&self, object: &ObjectName) -> Result<Option<Known>, SearchError> {
        let mut replay = Replay::new(object.clone());
        let mut known = None;
        self.search.writes(object, &mut |hit| {
            replay.pass(&hit);
            if let Some(state) = replay.newest() {
                known = Some(Known { state, uid: replay.uid().to_owned() });
            }
            ControlFlow::Continue(())
        })?;
        Ok(known)
    }

    fn add(&mut self, object: ObjectName, relation: Relation) -> bool {
        let is_new = !self.found.contains_key(&object);
        if is_new {
            self.found.insert(object, relation);
        }
        is_new
    }

    fn owners(&mut self, object: &ObjectName, state: &[u8], level: usize) -> Result<(), SearchError> {
        for owner in OwnerReference::all_of(state).into_iter().take(MAX_LOOKED_AT) {
            for name in owner.names(&object.cluster, &object.namespace) {
                let Some(known) = self.newest(&name)? else { continue };
                if self.add(name.clone(), Relation::Owner) && level < MAX_LEVELS {
                    self.owners(&name, &known.state, level + 1)?;
                }
                break;
            }
        }
        Ok(())
    }

    /// Whatever was created with the object's uid in it may be owned by it.
    fn owned(&mut self, object: &ObjectName, uid: &str, level: usize) -> Result<(), SearchError> {
        if uid.is_empty() || !uid.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            return Ok(());
        }
        let Ok(query) = parse(&format!("\"{uid}\" change:create"), &TimeContext::utc(self.now)) else {
            return Ok(());
        };
        let page = self.search.page(&PageRequest {
            query: Query::all_of(vec![query, Query::is(Field::Cluster, &object.cluster)]),
            range: TimeRange::default(),
            order: Order::Desc,
            limit: MAX_LOOKED_AT,
            after: None,
            deadline: self.deadline,
        })?;
        for event in page.events {
            let Some(child) = ObjectName::of(&event).filter(|child| child != object) else { continue };
            let Some(known) = self.newest(&child)? else { continue };
            let is_owned = OwnerReference::all_of(&known.state).iter().any(|owner| owner.uid == uid);
            if is_owned && self.add(child.clone(), Relation::Owned) && level < MAX_LEVELS {
                self.owned(&child, &known.uid, level + 1)?;
            }
        }
        Ok(())
    }

    fn used(&mut self, object: &ObjectName, pods: &Pods<'_>) -> Result<(), SearchError> {
        let of = |resource: &str, namespace: &str, name: &str| ObjectName {
            cluster: object.cluster.clone(),
            group: String::new(),
            resource: resource.to_owned(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        };
        let own = object.namespace.as_str();
        let mut named = Vec::new();
        named.extend(pods.config_maps().iter().map(|name| (of("configmaps", own, name), Relation::Used)));
        named.extend(pods.secrets().iter().map(|name| (of("secrets", own, name), Relation::Used)));
        named
            .extend(pods.service_account().map(|name| (of("serviceaccounts", own, &name), Relation::RunsAs)));
        named.extend(pods.node().map(|name| (of("nodes", "", &name), Relation::RunsOn)));
        for (name, relation) in named.into_iter().take(MAX_LOOKED_AT) {
            if self.newest(&name)?.is_some() {
                self.add(name, relation);
            }
        }
        Ok(())
    }

    fn selecting(&mut self, object: &ObjectName, pods: &Pods<'_>) -> Result<(), SearchError> {
        let kinds = [
            ("services", "", Relation::Selects),
            ("networkpolicies", "networking.k8s.io", Relation::Restricts),
        ];
        for (resource, group, relation) in kinds {
            for name in self.all(object, resource, group)? {
                let Some(known) = self.newest(&name)? else { continue };
                if matches_labels(resource, &known.state, pods.labels()) {
                    self.add(name, relation);
                }
            }
        }
        Ok(())
    }

    fn scaling(&mut self, object: &ObjectName, scaled: &[ObjectName]) -> Result<(), SearchError> {
        for name in self.all(object, "horizontalpodautoscalers", "autoscaling")? {
            let Some(known) = self.newest(&name)? else { continue };
            let target = super::pods::scale_target(&known.state);
            let is_target = target.is_some_and(|(kind, name)| {
                scaled.iter().any(|scaled| {
                    scaled.name == name
                        && taffrail_event::resource::singular(&scaled.resource) == kind.to_lowercase()
                })
            });
            if is_target {
                self.add(name, Relation::Scales);
            }
        }
        Ok(())
    }

    /// The objects of a kind in the object's namespace that are there.
    fn all(&self, object: &ObjectName, resource: &str, group: &str) -> Result<Vec<ObjectName>, SearchError> {
        if object.namespace.is_empty() {
            return Ok(Vec::new());
        }
        let found = self.search.objects(&ObjectsRequest {
            query: Query::all_of(vec![
                Query::is(Field::Cluster, &object.cluster),
                Query::is(Field::Resource, resource),
                Query::is(Field::Group, group),
                Query::is(Field::Namespace, &object.namespace),
            ]),
            at: self.now,
            after: None,
            limit: MAX_LOOKED_AT,
            deadline: self.deadline,
        })?;
        let there = found.objects.into_iter().filter(|listed| listed.existence != Existence::Deleted);
        Ok(there.map(|listed| listed.object).collect())
    }
}
