//! How much one commit corrects: a late write of an object that was written a hundred thousand times must not bring all of them
//! into memory at once. What does not fit is corrected by the commits that follow.

use std::sync::atomic::{AtomicUsize, Ordering};

/// As much as a commit of its own would bring.
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// What is left for the corrections of one commit, for all threads together.
#[derive(Debug)]
pub(super) struct Room(AtomicUsize);

impl Default for Room {
    fn default() -> Self {
        Self(AtomicUsize::new(MAX_BYTES))
    }
}

impl Room {
    /// Takes a part of it; `false` if it was full before. The last one may be larger than what was left.
    pub(super) fn take(&self, bytes: usize) -> bool {
        let less = |left: usize| (left > 0).then(|| left.saturating_sub(bytes));
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok()
    }

    pub(super) fn is_full(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_one_may_be_too_large() {
        let room = Room::default();
        assert!(room.take(MAX_BYTES - 1));
        assert!(!room.is_full());
        assert!(room.take(100));
        assert!(room.is_full());
        assert!(!room.take(1));
    }
}
