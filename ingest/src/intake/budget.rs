//! The memory that all requests in flight may hold.
//!
//! Each request says how much it holds and is refused where the sum would exceed the limit. A request that is alone is
//! never refused, however large its items: otherwise it never could come in.

use std::cell::Cell;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::split::Room;

#[derive(Debug)]
pub(super) struct Budget {
    limit: u64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    held: u64,
    holders: usize,
}

impl Budget {
    pub(super) fn new(limit: u64) -> Arc<Self> {
        Arc::new(Self { limit, state: Mutex::default() })
    }

    /// One request's part, empty. Given back when dropped.
    pub(super) fn enter(self: &Arc<Self>) -> Share {
        self.lock().holders += 1;
        Share { budget: Arc::clone(self), window: Cell::new(0), batch: Cell::new(0), letters: Cell::new(0) }
    }

    /// What all requests hold now.
    pub(super) fn held(&self) -> u64 {
        self.lock().held
    }

    /// How many requests there are now.
    pub(super) fn holders(&self) -> u64 {
        self.lock().holders as u64
    }

    // Nothing that can panic runs under the lock.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What one request holds.
#[derive(Debug)]
pub(super) struct Share {
    budget: Arc<Budget>,
    window: Cell<u64>,
    batch: Cell<u64>,
    letters: Cell<u64>,
}

impl Share {
    /// For the splitter.
    pub(super) fn window(&self) -> impl Room + '_ {
        Part { share: self, held: &self.window }
    }

    /// The request's batch is about to hold `bytes`. `false`: it must not.
    pub(super) fn hold_batch(&self, bytes: usize) -> bool {
        self.set(&self.batch, bytes as u64)
    }

    /// The request's dead letters hold `bytes`. `false`: they must not.
    pub(super) fn hold_letters(&self, bytes: usize) -> bool {
        self.set(&self.letters, bytes as u64)
    }

    fn held(&self) -> u64 {
        self.window.get() + self.batch.get() + self.letters.get()
    }

    fn set(&self, part: &Cell<u64>, bytes: u64) -> bool {
        let mut state = self.budget.lock();
        let others = state.held - self.held();
        let held = state.held - part.get() + bytes;
        let grows = bytes > part.get();
        if grows && held > self.budget.limit && others > 0 {
            return false;
        }
        state.held = held;
        part.set(bytes);
        true
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut state = self.budget.lock();
        state.held -= self.held();
        state.holders -= 1;
    }
}

struct Part<'a> {
    share: &'a Share,
    held: &'a Cell<u64>,
}

impl Room for Part<'_> {
    fn hold(&mut self, bytes: usize) -> bool {
        self.share.set(self.held, bytes as u64)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_request_alone_may_exceed_the_budget_but_not_beside_another() {
        let budget = Budget::new(100);
        let (one, two) = (budget.enter(), budget.enter());
        assert!(one.window().hold(500));
        assert!(!two.window().hold(1));
        assert!(one.window().hold(60));
        assert!(two.window().hold(40));
        assert!(!two.hold_batch(1));
        assert!(!one.window().hold(61));
        drop(one);
        assert!(two.hold_batch(1000));
        assert_eq!((budget.held(), budget.holders()), (1040, 1));
        drop(two);
        assert_eq!((budget.held(), budget.holders()), (0, 0));
    }

    proptest! {
        #[test]
        fn the_sum_is_what_was_granted(steps in proptest::collection::vec((0_usize..4, 0_usize..3, 0_usize..200), 0..60)) {
            let budget = Budget::new(300);
            let shares: Vec<_> = (0..4).map(|_| budget.enter()).collect();
            let mut model = [[0_u64; 3]; 4];
            for (request, part, bytes) in steps {
                let share = &shares[request];
                let granted = match part {
                    0 => share.window().hold(bytes),
                    1 => share.hold_batch(bytes),
                    _ => share.hold_letters(bytes),
                };
                let old = model;
                model[request][part] = bytes as u64;
                let sum: u64 = model.iter().flatten().sum();
                let others = sum - model[request].iter().sum::<u64>();
                let shrinks = bytes as u64 <= old[request][part];
                prop_assert_eq!(granted, sum <= 300 || others == 0 || shrinks);
                if !granted {
                    model = old;
                }
                prop_assert_eq!(budget.held(), model.iter().flatten().sum::<u64>());
            }
            drop(shares);
            prop_assert_eq!(budget.held(), 0);
        }
    }
}
