//! Group commit: what is written, what is durable, and the thread that turns one into the other.
//!
//! There is no timer. A sync starts when somebody waits for it and the last one has ended; everything that was
//! appended meanwhile shares the next one, so throughput grows with the load and latency stays at one or two
//! syncs. A failed sync is never repeated: the kernel may have dropped the pages and called them clean, and
//! then the second attempt succeeds without the bytes.

use std::fs::File;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::disk::Disk;
use super::error::JournalError;

/// A place in the journal: everything below `seq` lies before `offset` of the segment, or in earlier ones.
#[derive(Debug, Clone)]
pub(super) struct Mark {
    pub(super) seq: u64,
    pub(super) segment: u64,
    pub(super) offset: u64,
    pub(super) file: Arc<File>,
}

/// How far the journal is written and how far it is safe.
#[derive(Debug)]
pub(super) struct Progress {
    disk: Arc<dyn Disk>,
    state: Mutex<State>,
    work: Condvar,
    done: Condvar,
    /// Held during a sync. Linux reports a lost write to one caller only; with two at once the other would
    /// take its bytes for safe.
    syncing: Mutex<()>,
}

#[derive(Debug)]
struct State {
    written: Mark,
    durable: Mark,
    /// Somebody waits for everything below this.
    wanted: u64,
    /// Readers waiting at the durable end for whatever comes.
    readers: usize,
    failed: Option<Arc<str>>,
    stopping: bool,
}

impl Progress {
    /// Starts where everything up to `mark` is durable.
    pub(super) fn new(disk: Arc<dyn Disk>, mark: Mark) -> Self {
        let state = State {
            written: mark.clone(),
            durable: mark,
            wanted: 0,
            readers: 0,
            failed: None,
            stopping: false,
        };
        Self {
            disk,
            state: Mutex::new(state),
            work: Condvar::new(),
            done: Condvar::new(),
            syncing: Mutex::new(()),
        }
    }

    /// The error that stopped the journal, if one did.
    pub(super) fn check(&self) -> Result<(), JournalError> {
        self.lock().check()
    }

    pub(super) fn durable(&self) -> Mark {
        self.lock().durable.clone()
    }

    pub(super) fn end(&self) -> u64 {
        self.lock().written.seq
    }

    /// A frame was written up to `mark`.
    pub(super) fn wrote(&self, mark: Mark) {
        let mut state = self.lock();
        state.written = mark;
        if state.needs_sync() {
            self.work.notify_one();
        }
    }

    /// An empty segment became current. Everything before it was synced.
    pub(super) fn rolled(&self, mark: Mark) {
        let mut state = self.lock();
        state.written = mark.clone();
        state.durable = mark;
    }

    /// Stops the journal: nothing is promised from here on.
    pub(super) fn fail(&self, reason: String) -> JournalError {
        let mut state = self.lock();
        let reason = Arc::clone(state.failed.get_or_insert_with(|| reason.into()));
        self.done.notify_all();
        JournalError::Failed { reason }
    }

    /// Makes everything durable that is written now.
    pub(super) fn sync(&self) -> Result<(), JournalError> {
        let _one_at_a_time = self.syncing.lock().unwrap_or_else(PoisonError::into_inner);
        let mark = {
            let state = self.lock();
            state.check()?;
            if state.durable.seq == state.written.seq {
                return Ok(());
            }
            state.written.clone()
        };
        if let Err(error) = self.disk.sync_file(&mark.file) {
            return Err(self.fail(format!("the disk did not confirm a write ({error})")));
        }
        taffrail_event::crash_point("journal.synced");
        let mut state = self.lock();
        if mark.seq > state.durable.seq {
            state.durable = mark;
        }
        self.done.notify_all();
        Ok(())
    }

    /// Blocks until everything below `next` is durable.
    pub(super) fn wait_durable(&self, next: u64) -> Result<(), JournalError> {
        let mut state = self.lock();
        if next > state.written.seq {
            return Err(JournalError::BeyondEnd { position: next, end: state.written.seq });
        }
        while state.durable.seq < next {
            state.check()?;
            state.wanted = state.wanted.max(next);
            self.work.notify_one();
            state = self.done.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        Ok(())
    }

    /// Waits until something at or above `seq` is durable, at most for `timeout`.
    pub(super) fn wait_past(&self, seq: u64, timeout: Duration) -> Result<Mark, JournalError> {
        let started = Instant::now();
        let mut state = self.lock();
        while state.durable.seq <= seq {
            state.check()?;
            let Some(left) = timeout.checked_sub(started.elapsed()).filter(|left| !left.is_zero()) else {
                break;
            };
            state.readers += 1;
            if state.needs_sync() {
                self.work.notify_one();
            }
            (state, _) = self.done.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner);
            state.readers -= 1;
        }
        Ok(state.durable.clone())
    }

    /// The sync thread: runs until [`Progress::stop`], and leaves nothing unsynced.
    pub(super) fn run(&self) {
        loop {
            {
                let mut state = self.lock();
                while !state.needs_sync() && !state.stopping {
                    state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
                if state.stopping {
                    break;
                }
            }
            // A failure is in the state by now, where every waiter sees it.
            drop(self.sync());
        }
        drop(self.sync());
    }

    pub(super) fn stop(&self) {
        self.lock().stopping = true;
        self.work.notify_all();
    }

    // No code that can panic runs under the lock.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn check(&self) -> Result<(), JournalError> {
        match &self.failed {
            Some(reason) => Err(JournalError::Failed { reason: Arc::clone(reason) }),
            None => Ok(()),
        }
    }

    fn needs_sync(&self) -> bool {
        let asked = self.readers > 0 || self.wanted > self.durable.seq;
        asked && self.written.seq > self.durable.seq && self.failed.is_none()
    }
}
