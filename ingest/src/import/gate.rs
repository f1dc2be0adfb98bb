//! How many bytes of chunks are in flight: one chunk of any size, or several that are small together.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

#[derive(Debug)]
pub(super) struct Gate {
    limit: usize,
    state: Mutex<State>,
    left: Condvar,
}

#[derive(Debug, Default)]
struct State {
    held: usize,
    closed: bool,
}

impl Gate {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, state: Mutex::default(), left: Condvar::new() }
    }

    /// Waits until there is room for `bytes`; whether it is worth going on.
    pub(super) fn enter(&self, bytes: usize) -> bool {
        let mut state = self.lock();
        while !state.closed && state.held > 0 && state.held + bytes > self.limit {
            state = self.left.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.held += bytes;
        !state.closed
    }

    pub(super) fn leave(&self, bytes: usize) {
        self.lock().held -= bytes;
        self.left.notify_all();
    }

    /// Nobody takes chunks any more.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.left.notify_all();
    }

    // Nothing that can panic runs under the lock.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
