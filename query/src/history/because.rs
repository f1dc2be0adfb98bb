//! Why a controller wrote an object: the change of its owner that led to it.
//!
//! Certain are only the signs that controllers themselves leave: `ownerReferences`, and the generation that a status says it has
//! observed. Where nothing but the time speaks, the link is a guess; where even that does not, there is none.

use std::ops::ControlFlow;

use taffrail_event::change::{Effect, Version};
use taffrail_event::{ActorType, AuditRecord, Change, ChangeType, Event, Timestamp, json};

use super::owner::OwnerReference;
use super::{ChangeOf, ObjectName, WholeChange, changes_something};
use crate::search::{Hit, Search, SearchError};

/// What a controller makes so soon after its owner changed, it makes because of that, in all likelihood.
const SOON_MICROS: i64 = 5_000_000;

/// What led to a write.
#[derive(Debug, Clone, PartialEq)]
pub struct Cause {
    /// The write that led to it.
    pub hit: Hit,
    /// How that is known.
    pub sign: Sign,
}

/// How a cause is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// The controller had not yet observed the owner's generation before, and had after.
    Generation,
    /// The owner is gone, and its objects with it.
    OwnerGone,
    /// The namespace is going, and all that is in it.
    NamespaceGone,
    /// It came soon after: a guess.
    Time,
}

impl Sign {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Generation, Self::OwnerGone, Self::NamespaceGone, Self::Time];

    /// The name in `because.sign`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Generation => "generation",
            Self::OwnerGone => "owner_gone",
            Self::NamespaceGone => "namespace_gone",
            Self::Time => "time",
        }
    }

    /// Whether nothing but the time speaks for it.
    pub fn is_guess(self) -> bool {
        self == Self::Time
    }
}

/// What led to this write; `None` where a person or a workload made it of its own accord, and where nobody knows.
pub fn because(search: &dyn Search, hit: &Hit) -> Result<Option<Cause>, SearchError> {
    let event = &hit.event;
    let Some(actor) = event.actor.as_ref().filter(|_| changes_something(event)) else { return Ok(None) };
    let is_machine =
        matches!(actor.actor_type, ActorType::Controller | ActorType::System | ActorType::ServiceAccount);
    if !is_machine {
        return Ok(None);
    }
    if actor.name.ends_with(":namespace-controller")
        && matches!(event.verb.as_str(), "delete" | "deletecollection")
    {
        return namespace_gone(search, event);
    }
    let Some(object) = ObjectName::of(event) else { return Ok(None) };
    let Ok(audit) = AuditRecord::decode(&hit.record) else { return Ok(None) };
    let Some(written) = Version::of(&audit) else { return Ok(None) };
    if event.change.as_ref().is_some_and(Change::is_status_only) {
        return observed(search, &object, event, &written);
    }
    // Its own record mostly shows whose it is; an object may have been written a hundred thousand times.
    let states = match written.effect {
        Effect::State(_) => None,
        _ => states_of(search, &object, event)?,
    };
    let state = match (&written.effect, &states) {
        (Effect::State(state), _) => state,
        (_, Some(states)) => states.after.as_deref().or(states.before.as_deref()).unwrap_or_default(),
        (_, None) => return Ok(None),
    };
    let owners = OwnerReference::all_of(state);
    if actor.name.ends_with(":generic-garbage-collector") {
        return match event.verb.as_str() {
            "delete" => owner_gone(search, &object, &owners, event.time),
            _ => Ok(None),
        };
    }
    // Whoever made it is its owner's controller; who else writes it may be anybody.
    let is_own = actor.actor_type != ActorType::ServiceAccount || written.change_type == ChangeType::Create;
    match owners.iter().find(|owner| owner.is_controller).filter(|_| is_own) {
        Some(owner) => owner_changed(search, &object, owner, event, &written),
        None => Ok(None),
    }
}

/// Both states of a write.
fn states_of(
    search: &dyn Search,
    object: &ObjectName,
    event: &Event,
) -> Result<Option<WholeChange>, SearchError> {
    let mut found = ChangeOf::new(object.clone(), event.id);
    search.writes(object, &mut |hit| match found.take(&hit) {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
    })?;
    Ok(found.finish())
}

/// The write that made the generation that a status observes for the first time.
fn observed(
    search: &dyn Search,
    object: &ObjectName,
    event: &Event,
    written: &Version<'_>,
) -> Result<Option<Cause>, SearchError> {
    if matches!(written.effect, Effect::State(state) if observed_generation(state).is_none()) {
        return Ok(None);
    }
    let Some(states) = states_of(search, object, event)? else { return Ok(None) };
    let [before, after] =
        [states.before, states.after].map(|state| state.and_then(|state| observed_generation(&state)));
    match before.zip(after) {
        Some((before, after)) if before < after => generation_of(search, object, written, after),
        _ => Ok(None),
    }
}

/// The write that made this generation of an object, before `written`.
fn generation_of(
    search: &dyn Search,
    object: &ObjectName,
    written: &Version<'_>,
    generation: i64,
) -> Result<Option<Cause>, SearchError> {
    let mut found = None;
    search.writes(object, &mut |hit| {
        if let Some(write) = Write::of(&hit)
            && write.uid == written.uid
            && write.generation == Some(generation)
        {
            found = is_change(&hit.event).then_some(hit);
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    })?;
    Ok(found.map(|hit| Cause { hit, sign: Sign::Generation }))
}

fn owner_gone(
    search: &dyn Search,
    object: &ObjectName,
    owners: &[OwnerReference],
    time: Timestamp,
) -> Result<Option<Cause>, SearchError> {
    for owner in owners {
        let mut found = None;
        each_write(search, object, owner, &mut |hit| {
            let change = hit.event.change.as_ref();
            if hit.event.time <= time && change.is_some_and(|change| change.change_type == ChangeType::Delete)
            {
                // The first that asked for it: what comes after only carries it out.
                found.get_or_insert(hit);
            }
            ControlFlow::Continue(())
        })?;
        if let Some(hit) = found {
            return Ok(Some(Cause { hit, sign: Sign::OwnerGone }));
        }
    }
    Ok(None)
}

fn namespace_gone(search: &dyn Search, event: &Event) -> Result<Option<Cause>, SearchError> {
    let namespace = event.object.as_ref().map(|object| object.namespace.clone()).unwrap_or_default();
    if namespace.is_empty() {
        return Ok(None);
    }
    let object = ObjectName {
        cluster: event.cluster.clone(),
        group: String::new(),
        resource: "namespaces".to_owned(),
        namespace: String::new(),
        name: namespace,
    };
    let mut found = None;
    search.writes(&object, &mut |hit| {
        match hit.event.change.as_ref().map(|change| change.change_type) {
            _ if hit.event.time > event.time => {}
            Some(ChangeType::Create) => found = None,
            Some(ChangeType::Delete) => drop(found.get_or_insert(hit)),
            _ => {}
        }
        ControlFlow::Continue(())
    })?;
    Ok(found.map(|hit| Cause { hit, sign: Sign::NamespaceGone }))
}

/// The owner's change that its controller was carrying out when it wrote the object.
fn owner_changed(
    search: &dyn Search,
    object: &ObjectName,
    owner: &OwnerReference,
    event: &Event,
    written: &Version<'_>,
) -> Result<Option<Cause>, SearchError> {
    let mut progress = Progress::default();
    each_write(search, object, owner, &mut |hit| progress.take(hit, event.time, written.resource_version))?;
    let Some(last) = progress.last else { return Ok(None) };
    let Some(generation) = progress.generation else { return Ok(None) };
    // A ReplicaSet is scaled step by step as a rollout goes on, long after it was observed, and for nothing else.
    let is_rollout = owner.kind == "Deployment" && object.resource == "replicasets";
    let observes = progress.observed_before.is_some() || progress.observed_after.is_some();
    let sign = match (progress.observed_before, progress.observed_after) {
        (Some(before), _) if before >= generation && is_rollout => Sign::Generation,
        (Some(before), _) if before >= generation => return Ok(None),
        (_, Some(after)) if after >= generation => Sign::Generation,
        _ => Sign::Time,
    };
    let is_soon = event.time.micros() - last.event.time.micros() <= SOON_MICROS;
    let may_guess = is_soon && written.change_type == ChangeType::Create && (!observes || progress.is_open);
    if sign.is_guess() && !may_guess {
        return Ok(None);
    }
    Ok(Some(Cause { hit: last, sign }))
}

/// What the owner's writes say of the moment at which the object was written.
#[derive(Debug, Default)]
struct Progress {
    /// The owner's last change before, and its generation.
    last: Option<Hit>,
    generation: Option<i64>,
    /// The generation that its status said was observed, before and after.
    observed_before: Option<i64>,
    observed_after: Option<i64>,
    /// Whether the records end before the next status.
    is_open: bool,
}

impl Progress {
    fn take(&mut self, hit: Hit, time: Timestamp, resource_version: Option<u64>) -> ControlFlow<()> {
        let Some(write) = Write::of(&hit) else { return ControlFlow::Continue(()) };
        let is_before = match (write.resource_version, resource_version) {
            (Some(own), Some(other)) => own < other,
            _ => hit.event.time <= time,
        };
        if !is_before {
            self.is_open = false;
            let is_next =
                write.generation.is_some_and(|next| self.generation.is_some_and(|known| next > known));
            self.observed_after = self.observed_after.max(write.observed);
            // A status can be written once more before the generation counts as observed.
            let is_observed = self.observed_after.is_some_and(|after| Some(after) >= self.generation);
            return if is_next || is_observed { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
        }
        self.is_open = true;
        self.observed_before = self.observed_before.max(write.observed);
        let has_grown = match (self.generation, write.generation) {
            (Some(before), Some(now)) => now > before,
            _ => is_change(&hit.event),
        };
        if has_grown {
            self.last = is_change(&hit.event).then_some(hit);
        }
        self.generation = self.generation.max(write.generation);
        ControlFlow::Continue(())
    }
}

/// Every write of the owner itself, whatever other objects bore its name.
fn each_write(
    search: &dyn Search,
    object: &ObjectName,
    owner: &OwnerReference,
    each: &mut dyn FnMut(Hit) -> ControlFlow<()>,
) -> Result<(), SearchError> {
    for name in owner.names(&object.cluster, &object.namespace) {
        let mut is_known = false;
        search.writes(&name, &mut |hit| {
            let uid = hit.event.object.as_ref().map(|object| object.uid.as_str()).unwrap_or_default();
            if uid != owner.uid {
                return ControlFlow::Continue(());
            }
            is_known = true;
            each(hit)
        })?;
        if is_known {
            break;
        }
    }
    Ok(())
}

/// What a write of an owner says of its generations.
struct Write {
    uid: String,
    resource_version: Option<u64>,
    generation: Option<i64>,
    observed: Option<i64>,
}

impl Write {
    fn of(hit: &Hit) -> Option<Self> {
        let audit = AuditRecord::decode(&hit.record).ok()?;
        let version = Version::of(&audit)?;
        let observed = match version.effect {
            Effect::State(state) => observed_generation(state),
            _ => None,
        };
        Some(Self {
            uid: version.uid,
            resource_version: version.resource_version,
            generation: version.generation,
            observed,
        })
    }
}

/// Whether it changed more than the status, as far as anybody knows.
fn is_change(event: &Event) -> bool {
    changes_something(event) && !event.change.as_ref().is_some_and(Change::is_status_only)
}

fn observed_generation(state: &[u8]) -> Option<i64> {
    json::integer(json::member(json::member(state, "status")?, "observedGeneration")?)
}
