//! Watches for what nobody reports: sources that fell silent, requests that were refused for long, and the time in which
//! this process did not run. Each becomes a gap, because nothing found must be told from nothing received.

mod downtime;
mod refusals;
mod silence;

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use taffrail_event::{Gap, Timestamp};
use taffrail_ingest::Intake;
use taffrail_query::Search;

use self::downtime::{Heartbeat, downtime};
use self::refusals::Refusals;
use self::silence::{Heard, Silences};
use super::sources::Sources;
use crate::tasks::StopFlag;

/// How often it looks. Half of the shortest silence that counts would do; a look costs microseconds.
const INTERVAL: Duration = Duration::from_secs(5);

/// Gaps that could not be written at most; they wait for room on the disk.
const MAX_WAITING: usize = 1000;

/// The requests that were told to come back since the start.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Refused {
    pub(crate) requests: u64,
    pub(crate) last: Option<Timestamp>,
}

/// What is known of silences and refusals. Shared by the watch, the listener and the answers.
#[derive(Debug)]
pub(crate) struct Watch {
    silences: Mutex<Silences>,
    refusals: Mutex<Refusals>,
    refused: Mutex<Refused>,
    started: Timestamp,
    /// `ingest.silence_after`.
    least: Duration,
}

impl Watch {
    /// A watch that begins now.
    pub(crate) fn new(least: Duration) -> Self {
        Self {
            silences: Mutex::default(),
            refusals: Mutex::default(),
            refused: Mutex::default(),
            started: Timestamp::now(),
            least,
        }
    }

    /// A request for this cluster was not taken, and the sender was told to come back.
    pub(crate) fn refused(&self, cluster: &str, reason: &str) {
        let now = Timestamp::now();
        lock(&self.refusals).note(cluster, reason, now);
        let mut refused = lock(&self.refused);
        *refused = Refused { requests: refused.requests + 1, last: Some(now) };
    }

    /// How many those were.
    pub(crate) fn refusals(&self) -> Refused {
        *lock(&self.refused)
    }

    /// The silences that last, up to `now`: longer by now than the gap that was written.
    pub(crate) fn lasting(&self, now: Timestamp) -> Vec<Gap> {
        lock(&self.silences).lasting(now)
    }

    /// Looks until the stop.
    pub(super) fn run(
        &self,
        intake: &Intake,
        search: &dyn Search,
        sources: &Sources,
        data: &Path,
        stop: &StopFlag,
    ) -> anyhow::Result<()> {
        let heartbeat = Heartbeat::new(data);
        let mut waiting = downtime(heartbeat.last(), self.started, &search.sources());
        let interval = INTERVAL.min(self.least.max(Duration::from_millis(20)) / 2);
        loop {
            let now = Timestamp::now();
            waiting.extend(self.look(now, &heard(search, sources, self.least)));
            waiting.truncate(MAX_WAITING);
            // What cannot be written now, because the disk is full, is written when there is room.
            waiting.retain(|gap| intake.report_gap(gap).is_err());
            heartbeat.beat(now);
            if stop.wait(interval) {
                return Ok(());
            }
        }
    }

    fn look(&self, now: Timestamp, heard: &[Heard]) -> Vec<Gap> {
        let mut gaps = lock(&self.silences).look(now, self.started, heard);
        gaps.extend(lock(&self.refusals).look(now));
        gaps
    }
}

/// Every source as the index knows it, with what came in since.
fn heard(search: &dyn Search, sources: &Sources, least: Duration) -> Vec<Heard> {
    let least = i64::try_from(least.as_micros()).unwrap_or(i64::MAX);
    let known = search.sources().into_iter().map(|sums| {
        let last = sources.last_received(&sums.cluster, &sums.source).unwrap_or(sums.last_received);
        Heard {
            is_steady: sums.via.is_steady(),
            remarkable: sums.rhythm.remarkable_micros(least),
            last: last.max(sums.last_received),
            cluster: sums.cluster,
            source: sums.source,
        }
    });
    known.collect()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
