//! Keeps an eye on the directories of all logs, so that no file is missed while others are being read.
//!
//! Looking is the truth; inotify only says when a look is worth while before the next one is due: it loses events when
//! many come, and some file systems have none.

use std::collections::{BTreeMap, HashMap};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify;

use super::TailSource;
use super::find::{LogPath, find};
use super::look::{Looker, Sighting};

/// How often every directory is looked at, at least.
const LOOK_INTERVAL: Duration = Duration::from_millis(100);

/// How often new logs are looked for.
const FIND_INTERVAL: Duration = Duration::from_secs(1);

/// Files held open at most, over all logs. The process may open a few thousand.
const MAX_HELD: usize = 1024;

/// What was seen and is not yet known to the reader.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    sightings: Mutex<BTreeMap<LogPath, (Arc<TailSource>, Sighting)>>,
    news: Condvar,
}

impl Inbox {
    /// Everything seen since the last time.
    pub(super) fn take(&self) -> BTreeMap<LogPath, (Arc<TailSource>, Sighting)> {
        std::mem::take(&mut *self.sightings.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns when a file was opened, or after `time`.
    pub(super) fn wait(&self, time: Duration) {
        let sightings = self.sightings.lock().unwrap_or_else(PoisonError::into_inner);
        let is_quiet = |sightings: &mut BTreeMap<LogPath, (Arc<TailSource>, Sighting)>| {
            sightings.values().all(|(_, sighting)| sighting.opened.is_empty())
        };
        drop(self.news.wait_timeout_while(sightings, time, is_quiet));
    }

    fn put(&self, log: &LogPath, source: &Arc<TailSource>, mut sighting: Sighting) {
        let mut sightings = self.sightings.lock().unwrap_or_else(PoisonError::into_inner);
        // The newer look says what is there; what was opened before is still to be read.
        if let Some((_, earlier)) = sightings.remove(log) {
            sighting.opened.splice(0..0, earlier.opened);
        }
        if !sighting.opened.is_empty() {
            self.news.notify_all();
        }
        sightings.insert(log.clone(), (Arc::clone(source), sighting));
    }
}

/// Looks until `stop` is set.
pub(super) fn watch(sources: &[Arc<TailSource>], inbox: &Inbox, stop: &AtomicBool) {
    let mut watcher = Watcher { lookers: HashMap::new(), logs: BTreeMap::new(), hints: Hints::new() };
    let mut find_next = Instant::now();
    while !stop.load(Ordering::Relaxed) {
        if Instant::now() >= find_next {
            find_next = Instant::now() + FIND_INTERVAL;
            watcher.find(sources);
        }
        watcher.look(inbox);
        watcher.hints.wait(LOOK_INTERVAL);
    }
}

struct Watcher {
    logs: BTreeMap<LogPath, Arc<TailSource>>,
    lookers: HashMap<LogPath, (Arc<TailSource>, Looker)>,
    hints: Hints,
}

impl Watcher {
    fn find(&mut self, sources: &[Arc<TailSource>]) {
        // A log of which no file is there at the moment comes back; one whose directory is gone does not.
        self.logs.retain(|log, _| log.dir.is_dir());
        for (log, source) in find(sources) {
            self.logs.entry(log).or_insert(source);
        }
        for log in self.logs.keys() {
            self.hints.watch(&log.dir);
        }
    }

    fn look(&mut self, inbox: &Inbox) {
        self.lookers.retain(|log, (source, looker)| {
            if self.logs.contains_key(log) {
                return true;
            }
            // What is held of it is read to its end, as no writer has it.
            inbox.put(log, source, Sighting { is_gone: true, ..Sighting::default() });
            looker.held() > 0
        });
        let mut room = MAX_HELD.saturating_sub(self.lookers.values().map(|(_, looker)| looker.held()).sum());
        for (log, source) in &self.logs {
            let new = || (Arc::clone(source), Looker::default());
            let (_, looker) = self.lookers.entry(log.clone()).or_insert_with(new);
            let sighting = looker.look(log, room).unwrap_or_else(|error| Sighting {
                trouble: Some(format!("cannot look into {}: {error}", log.dir.display())),
                ..Sighting::default()
            });
            room = room.saturating_sub(sighting.opened.len());
            inbox.put(log, source, sighting);
        }
    }
}

/// Says when something in a directory was created, renamed or removed, where the system can say so.
struct Hints {
    inotify: Option<OwnedFd>,
}

impl Hints {
    fn new() -> Self {
        let flags = inotify::CreateFlags::NONBLOCK | inotify::CreateFlags::CLOEXEC;
        Self { inotify: inotify::init(flags).ok() }
    }

    /// May be called again for the same directory.
    fn watch(&self, dir: &Path) {
        use inotify::WatchFlags as Flags;
        let Some(inotify) = &self.inotify else { return };
        let flags = Flags::CREATE | Flags::MOVED_FROM | Flags::MOVED_TO | Flags::DELETE | Flags::ONLYDIR;
        // Without a hint the next look sees it.
        inotify::add_watch(inotify, dir, flags).ok();
    }

    fn wait(&self, time: Duration) {
        let Some(inotify) = &self.inotify else { return std::thread::sleep(time) };
        let timeout = Timespec::try_from(time).ok();
        poll(&mut [PollFd::new(inotify, PollFlags::IN)], timeout.as_ref()).ok();
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut events = inotify::Reader::new(inotify, &mut buffer);
        while events.next().is_ok() {}
    }
}
