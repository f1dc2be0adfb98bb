//! Sends events on (`notify`): those that match a target's query go to its URL, in the order in which they came in, each once.
//!
//! Each target has two threads. One looks ([`look`]): it goes through the records in the order of the journal, behind the
//! index, so that an event is judged and sent with the change set that a search shows. What matches waits by its id. The other
//! sends ([`deliver`]): it asks the index for the event that waits longest, and posts it until it is taken or refused for good. What is
//! known of a target ([`progress`]) is on the disk ([`checkpoint`]).
//!
//! Nothing waits for this: not the intake, not the index, not the journal, which gives records back whether they were looked
//! at or not. What it no longer has is asked of the index.

mod candidate;
mod checkpoint;
mod deliver;
mod look;
mod lookup;
mod message;
mod pace;
mod possible;
mod post;
mod progress;
mod shown;
mod target;

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::Context;
use taffrail_config::{ConfigError, NotifySettings, Problem};
use taffrail_event::ActorRules;
use taffrail_ingest::journal::Journal;
use taffrail_query::Search;

use self::deliver::Delivery;
use self::look::Look;
pub(crate) use self::shown::{NotifyBody, NotifyFailure};
use self::target::Target;
use crate::serve::Live;
use crate::tasks::StopFlag;

/// How long a stop waits for an answer that is on its way. Whoever gives it later is sent the event again after the start.
const LAST_ANSWER: Duration = Duration::from_secs(2);

/// How often it is seen whether the threads still run.
const LOOK_AFTER: Duration = Duration::from_secs(1);

/// Where the events come from.
#[derive(Clone)]
pub(crate) struct Feed {
    pub(crate) search: Arc<dyn Search>,
    pub(crate) journal: Journal,
    pub(crate) live: Arc<Live>,
    pub(crate) actors: ActorRules,
}

/// The targets of `notify`.
#[derive(Debug, Default)]
pub(crate) struct Notify {
    targets: Vec<Arc<Target>>,
}

impl Notify {
    /// Makes the targets ready, each where its checkpoint in `dir` says that it is.
    ///
    /// # Errors
    /// With everything that is wrong in the settings ([`ConfigError`]), or when the directory cannot be made.
    pub(crate) fn open(settings: &[NotifySettings], feed: &Feed, dir: &Path) -> anyhow::Result<Arc<Self>> {
        if settings.is_empty() {
            return Ok(Arc::default());
        }
        let (ready, problems) = target::ready(settings);
        if !problems.is_empty() {
            return Err(ConfigError::Invalid { problems }.into());
        }
        let opened = ready.into_iter().map(|ready| Target::open(ready, feed, dir).map(Arc::new));
        Ok(Arc::new(Self { targets: opened.collect::<anyhow::Result<_>>()? }))
    }

    /// What is wrong with the settings.
    pub(crate) fn problems(settings: &[NotifySettings]) -> Vec<Problem> {
        target::ready(settings).1
    }

    /// Whether there is nobody to send to.
    pub(crate) fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }

    /// How far each is. `searchable` is how far the index is.
    pub(crate) fn list(&self, searchable: u64) -> Vec<NotifyBody> {
        self.targets.iter().map(|target| NotifyBody::of(target, searchable)).collect()
    }

    /// Sends until the stop.
    pub(crate) fn run(&self, feed: &Feed, stop: &StopFlag) -> anyhow::Result<()> {
        let mut threads = Vec::with_capacity(2 * self.targets.len());
        for target in &self.targets {
            let (target, feed, stop) = (Arc::clone(target), feed.clone(), stop.clone());
            let (target_of_sender, search, stop_of_sender) =
                (Arc::clone(&target), Arc::clone(&feed.search), stop.clone());
            threads.push(spawn("notify-look", move || Look::new(&target, feed).run(&stop))?);
            threads.push(spawn("notify-send", move || {
                Delivery::new(&target_of_sender, search).run(&stop_of_sender);
            })?);
        }
        while !stop.wait(LOOK_AFTER) {
            anyhow::ensure!(!threads.iter().any(JoinHandle::is_finished), "a thread of a target panicked");
        }
        // They are left alone if they do not come back: a receiver may take its time.
        let until = Instant::now() + LAST_ANSWER;
        while Instant::now() < until && !threads.iter().all(JoinHandle::is_finished) {
            std::thread::sleep(Duration::from_millis(10));
        }
        self.targets.iter().for_each(|target| target.save());
        Ok(())
    }
}

impl std::fmt::Debug for Feed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Feed").finish_non_exhaustive()
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> anyhow::Result<JoinHandle<()>> {
    let spawned = std::thread::Builder::new().name(name.to_owned()).spawn(work);
    spawned.with_context(|| format!("cannot start the {name} thread"))
}
