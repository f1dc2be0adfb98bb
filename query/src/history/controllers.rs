//! Who manages an object, and who manages that one: what lanes are grouped by.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use super::ObjectName;
use super::owner::OwnerReference;
use super::replay::Replay;
use crate::search::{Search, SearchError};

/// Controllers above one another. Kubernetes' own chains have two: a CronJob, its Job, the pod.
const MAX_LEVELS: usize = 4;

/// Writes that are looked at until one says what the object holds.
const MAX_WRITES: usize = 16;

/// Finds controllers, and remembers them: the pods of one ReplicaSet ask for the same ones.
#[derive(Debug, Default)]
pub struct Controllers {
    known: BTreeMap<ObjectName, Option<ObjectName>>,
}

impl Controllers {
    /// The controllers above an object, the nearest first.
    ///
    /// They are read from the first state of the object that is known: owners are set when an object is created, and the first writes
    /// are the cheapest to read. A controller of which no write is known is there by the name that the object calls it.
    pub fn above(
        &mut self,
        search: &dyn Search,
        object: &ObjectName,
    ) -> Result<Vec<ObjectName>, SearchError> {
        let mut chain: Vec<ObjectName> = Vec::new();
        let mut below = object.clone();
        while chain.len() < MAX_LEVELS {
            let Some(controller) = self.of(search, &below)? else { break };
            if controller == *object || chain.contains(&controller) {
                break;
            }
            chain.push(controller.clone());
            below = controller;
        }
        Ok(chain)
    }

    fn of(&mut self, search: &dyn Search, object: &ObjectName) -> Result<Option<ObjectName>, SearchError> {
        if let Some(known) = self.known.get(object) {
            return Ok(known.clone());
        }
        let found = read(search, object)?;
        self.known.insert(object.clone(), found.clone());
        Ok(found)
    }
}

fn read(search: &dyn Search, object: &ObjectName) -> Result<Option<ObjectName>, SearchError> {
    let Some(state) = first_state(search, object)? else { return Ok(None) };
    let owners = OwnerReference::all_of(&state);
    let Some(owner) = owners.iter().find(|owner| owner.is_controller).or(owners.first()) else {
        return Ok(None);
    };
    let names = owner.names(&object.cluster, &object.namespace);
    for name in &names {
        if is_written(search, name)? {
            return Ok(Some(name.clone()));
        }
    }
    Ok(names.into_iter().next())
}

fn first_state(search: &dyn Search, object: &ObjectName) -> Result<Option<Vec<u8>>, SearchError> {
    let mut replay = Replay::new(object.clone());
    let mut looked_at = 0;
    let mut state = None;
    search.writes(object, &mut |hit| {
        replay.pass(&hit);
        state = replay.newest();
        looked_at += 1;
        if state.is_some() || looked_at == MAX_WRITES {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    })?;
    Ok(state)
}

fn is_written(search: &dyn Search, object: &ObjectName) -> Result<bool, SearchError> {
    let mut is_written = false;
    search.writes(object, &mut |_| {
        is_written = true;
        ControlFlow::Break(())
    })?;
    Ok(is_written)
}
