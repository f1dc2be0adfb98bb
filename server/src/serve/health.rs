//! Whether the process accepts and answers.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// What `/readyz` asks.
#[derive(Debug, Default)]
pub(crate) struct Health {
    is_stopping: AtomicBool,
    journal: Mutex<Option<String>>,
    index: Mutex<Option<String>>,
}

impl Health {
    /// Nothing can be made durable.
    pub(crate) fn journal_failed(&self, reason: &str) {
        set(&self.journal, reason);
    }

    /// Something was made durable: whatever was in the way is gone.
    pub(crate) fn journal_works(&self) {
        let mut journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        if journal.take().is_some() {
            tracing::info!("events are made durable again");
        }
    }

    /// What is durable does not become searchable any more.
    pub(crate) fn index_failed(&self, reason: &str) {
        set(&self.index, reason);
    }

    /// The stop has begun.
    pub(crate) fn stopping(&self) {
        self.is_stopping.store(true, Ordering::Relaxed);
    }

    /// Whether the stop has begun.
    pub(crate) fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::Relaxed)
    }

    /// Why the journal takes nothing.
    pub(crate) fn journal(&self) -> Option<String> {
        get(&self.journal)
    }

    /// Why the index does not go on.
    pub(crate) fn index(&self) -> Option<String> {
        get(&self.index)
    }
}

/// The first reason is the cause of the others.
fn set(place: &Mutex<Option<String>>, reason: &str) {
    let mut place = place.lock().unwrap_or_else(PoisonError::into_inner);
    if place.is_none() {
        tracing::error!(reason, "it takes a person to go on");
        *place = Some(reason.to_owned());
    }
}

fn get(place: &Mutex<Option<String>>) -> Option<String> {
    place.lock().unwrap_or_else(PoisonError::into_inner).clone()
}
