//! Waiting for something to be so.

use std::thread;
use std::time::{Duration, Instant};

/// Ample for a loaded machine: a test that is going to pass rarely waits a second.
const PATIENCE: Duration = Duration::from_secs(60);

/// Returns once `check` is true; panics, naming `what`, if that takes longer than a minute.
pub fn wait_until(what: &str, mut check: impl FnMut() -> bool) {
    wait_for(what, || check().then_some(()));
}

/// Whether `check` became true within a minute.
pub(crate) fn waited_for(mut check: impl FnMut() -> bool) -> bool {
    poll(|| check().then_some(())).is_some()
}

/// Returns the first `Some` of `check`; panics, naming `what`, if there is none within a minute.
pub fn wait_for<T>(what: &str, check: impl FnMut() -> Option<T>) -> T {
    match poll(check) {
        Some(found) => found,
        None => panic!("waited {PATIENCE:?} in vain until {what}"),
    }
}

fn poll<T>(mut check: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + PATIENCE;
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(found) = check() {
            return Some(found);
        }
        if Instant::now() > deadline {
            return None;
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}
