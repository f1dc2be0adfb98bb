//! How long a query may run.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// A deadline that everything a query does looks at now and then.
#[derive(Debug)]
pub(crate) struct Budget {
    deadline: Option<Instant>,
    is_spent: AtomicBool,
    is_negated: AtomicBool,
}

impl Budget {
    pub(crate) fn until(deadline: Instant) -> Self {
        Self {
            deadline: Some(deadline),
            is_spent: AtomicBool::new(false),
            is_negated: AtomicBool::new(false),
        }
    }

    /// For what must be complete: exports.
    pub(crate) fn unlimited() -> Self {
        Self { deadline: None, is_spent: AtomicBool::new(false), is_negated: AtomicBool::new(false) }
    }

    /// Whether time is up. Once it is, the answer is marked as partial.
    pub(crate) fn is_up(&self) -> bool {
        if self.is_spent() {
            return true;
        }
        let is_up = self.deadline.is_some_and(|deadline| Instant::now() >= deadline);
        if is_up {
            self.is_spent.store(true, Ordering::Relaxed);
        }
        is_up
    }

    /// Whether somebody stopped early.
    pub(crate) fn is_spent(&self) -> bool {
        self.is_spent.load(Ordering::Relaxed)
    }

    /// Notes that the query holds a negation.
    pub(crate) fn note_negation(&self) {
        self.is_negated.store(true, Ordering::Relaxed);
    }

    /// Whether the query holds a negation: then what one of its parts missed can be an event too many.
    pub(crate) fn is_negated(&self) -> bool {
        self.is_negated.load(Ordering::Relaxed)
    }
}
