//! What each write changed, worked out before it is committed (DESIGN section 4.3).
//!
//! The change set of a write is a function of the writes of its object, in their order ([`taffrail_event::change`]). A commit
//! brings new ones, usually behind all that are known: then the state that the cache holds is enough. Where one comes late, or
//! the cache does not know the object, its writes are listed from the index and read from a known state on, and those behind
//! the new ones are corrected until they would be what they are ([`among`]). So the order of arrival leaves no trace.

mod among;
mod cache;
mod listed;
mod orders;
mod room;

use std::sync::Arc;

use bytes::Bytes;
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use taffrail_event::change::{Link, ObjectState, Order, Version, sort_versions};
use taffrail_event::{AuditRecord, Change, Class, Outline};

use self::among::Task;
pub(crate) use self::cache::Cache;
use self::cache::Known;
use self::listed::Stretches;
pub(crate) use self::listed::{About, about, object_of, objects};
use self::room::Room;
use crate::catalog::Catalog;
use crate::error::Result;
use crate::groups::Place;

/// A write that the next commit stores.
#[derive(Debug, Clone)]
pub(crate) struct Fresh {
    pub(crate) place: Place,
    /// The record key's lower half.
    pub(crate) record: u64,
    pub(crate) link: Link,
    pub(crate) bytes: Bytes,
    pub(crate) outline: Option<Arc<Outline>>,
}

impl Fresh {
    fn order(&self) -> Order {
        self.link.order(self.place.time(), self.record)
    }
}

/// A write that the next commit takes out of the index.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Replaced {
    pub(crate) object: u64,
    pub(crate) time: i64,
    pub(crate) record: u64,
}

/// What a commit is about to do to the writes of objects.
#[derive(Debug, Default)]
pub(crate) struct Asked<'a> {
    pub(crate) fresh: Vec<Fresh>,
    pub(crate) replaced: Vec<Replaced>,
    /// Objects of which every change set is looked at again.
    pub(crate) anew: &'a [u64],
}

/// The change set of a write, in JSON; empty where its record alone tells.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) place: Place,
    pub(crate) record: u64,
    pub(crate) change: Bytes,
}

/// A write in the index whose change set is another one now.
#[derive(Debug)]
pub(crate) struct Correction {
    pub(crate) found: Found,
    pub(crate) link: Link,
    pub(crate) stored: Vec<u8>,
}

/// What a commit has to write, and what is known then.
#[derive(Debug, Default)]
pub(crate) struct Worked {
    pub(crate) found: Vec<Found>,
    pub(crate) corrections: Vec<Correction>,
    /// Objects of which something is corrected.
    pub(crate) corrected: Vec<u64>,
    /// Objects of which there was more to correct than one commit takes.
    pub(crate) unfinished: Vec<u64>,
    /// How many writes are corrected.
    pub(crate) corrected_writes: u64,
    known: Vec<(u64, Known)>,
}

impl Worked {
    /// Takes what became of some objects. Their states go to the cache at once, or those of all objects of a commit would be
    /// held beside it; a commit that breaks off empties it.
    fn add(&mut self, other: Self, cache: &mut Cache) {
        self.found.extend(other.found);
        self.corrections.extend(other.corrections);
        self.corrected.extend(other.corrected);
        self.unfinished.extend(other.unfinished);
        for (object, known) in other.known {
            cache.put(object, known);
        }
    }
}

/// Objects that are worked at side by side: an object may be megabytes.
const PORTION: usize = 64;

/// Works out what the fresh writes changed, and what is another now because of them.
pub(crate) fn work_out(catalog: &Catalog, cache: &mut Cache, asked: Asked<'_>) -> Result<Worked> {
    let mut tasks: FxHashMap<u64, Task> = FxHashMap::default();
    for object in asked.anew {
        tasks.entry(*object).or_insert_with(|| Task::new(*object)).is_anew = true;
    }
    for fresh in asked.fresh {
        let object = fresh.link.object;
        tasks.entry(object).or_insert_with(|| Task::new(object)).fresh.push(fresh);
    }
    for replaced in asked.replaced {
        let object = replaced.object;
        tasks.entry(object).or_insert_with(|| Task::new(object)).replaced.push(replaced);
    }
    let mut tasks = tasks.into_values();
    let is_cut = catalog.manifest().removed.iter().any(|removed| removed.class == Class::Change.name());
    let room = Room::default();
    let mut stretches = None;
    let mut all = Worked::default();
    loop {
        let (mut simple, mut others) = (Vec::new(), Vec::new());
        for mut task in tasks.by_ref().take(PORTION) {
            sort_versions(&mut task.fresh, Fresh::order);
            match cache.take(task.object) {
                Some(known) if task.is_only_fresh() && known.comes_before(&task.fresh) => {
                    simple.push((task, known));
                }
                known => others.push((task, known)),
            }
        }
        if simple.is_empty() && others.is_empty() {
            return Ok(all);
        }
        let mut worked: Vec<_> = simple.into_par_iter().map(|(task, known)| behind(task, known)).collect();
        if !others.is_empty() {
            let stretches = match &stretches {
                Some(opened) => opened,
                None => &*stretches.insert(Stretches::of(catalog)?),
            };
            let among = others
                .into_par_iter()
                .map(|(task, known)| among::work_out(stretches, &task, known, is_cut, &room))
                .collect::<Result<Vec<_>>>()?;
            worked.extend(among);
        }
        worked.into_iter().for_each(|worked| all.add(worked, cache));
    }
}

/// The fresh writes come behind everything that is known.
fn behind(task: Task, mut known: Known) -> Worked {
    let found = task
        .fresh
        .into_iter()
        .map(|fresh| {
            let change = next(&mut known.state, &fresh.bytes, fresh.outline.as_deref());
            known.note(fresh.order());
            Found { place: fresh.place, record: fresh.record, change }
        })
        .collect();
    Worked { found, known: vec![(task.object, known)], ..Worked::default() }
}

/// The change set of the next write, in JSON.
fn next(state: &mut ObjectState, record: &[u8], outline: Option<&Outline>) -> Bytes {
    let change = with_version(record, outline, |version| state.next(version)).flatten();
    change.map(encode).unwrap_or_default()
}

/// Takes the next write, whatever it changed.
fn pass(state: &mut ObjectState, record: &[u8], outline: Option<&Outline>) {
    with_version(record, outline, |version| state.pass(version));
}

fn with_version<R>(
    record: &[u8],
    outline: Option<&Outline>,
    with: impl FnOnce(&Version<'_>) -> R,
) -> Option<R> {
    let audit = match outline {
        Some(outline) => AuditRecord::by_outline(record, outline),
        None => AuditRecord::decode(record).ok()?,
    };
    Version::of(&audit).as_ref().map(with)
}

fn encode(mut change: Change) -> Bytes {
    change.cut();
    serde_json::to_vec(&change).map(Bytes::from).unwrap_or_default()
}
