//! Watches for what nobody reports: sources that fell silent, requests that were refused for long, and the time in which
//! this process did not run. Each becomes a gap, because nothing found must be told from nothing received. What still lasts
//! when the server stops is written then, and what lasted when it was killed is written at the next start.

mod downtime;
mod refusals;
mod silence;
mod turned_away;

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use taffrail_event::{Gap, SourceSums, Timestamp};
use taffrail_ingest::Intake;
use taffrail_query::Search;

use self::downtime::{Heartbeat, downtime};
use self::refusals::Refusals;
pub(crate) use self::silence::GONE_MICROS;
use self::silence::{Heard, Listened, Silences, lasted};
use self::turned_away::TurnedAway;
pub(crate) use self::turned_away::TurnedAwayBody;
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
    turned_away: Mutex<TurnedAway>,
    listened: Listened,
    /// Gaps from before the start.
    owed: Mutex<Vec<Gap>>,
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
            turned_away: Mutex::default(),
            listened: Listened { started: Timestamp::now(), before: None },
            owed: Mutex::default(),
            least,
        }
    }

    /// Goes on where the process before was last alive in `data`. What was received from `indexed_to` on waits in the journal,
    /// so nobody can say yet who was silent then.
    pub(crate) fn going_on(self, data: &Path, search: &dyn Search, indexed_to: Option<Timestamp>) -> Self {
        let before = Heartbeat::new(data).last();
        let listened = Listened { before, ..self.listened };
        let known = search.sources();
        let mut owed = downtime(before, listened.started, &known);
        if let Some(before) = before {
            let until = indexed_to.map_or(before, |time| time.min(before));
            let heard: Vec<_> = known.into_iter().map(|sums| Heard::of(sums, None, self.least)).collect();
            owed.extend(lasted(until, &heard, &search.gaps()));
        }
        Self { listened, owed: Mutex::new(owed), ..self }
    }

    /// A request for this cluster was not taken, and the sender was told to come back.
    pub(crate) fn refused(&self, cluster: &str, reason: &str) {
        let now = Timestamp::now();
        lock(&self.refusals).note(cluster, reason, now);
        let mut refused = lock(&self.refused);
        *refused = Refused { requests: refused.requests + 1, last: Some(now) };
    }

    /// A request for this cluster was not taken, and never will be as it is. It was not told to come back.
    pub(crate) fn lost(&self, cluster: &str, reason: &str) {
        lock(&self.refusals).note(cluster, reason, Timestamp::now());
    }

    /// A sender was refused for good, with this code, at this path.
    pub(crate) fn turned_away(&self, sender: String, code: &'static str, detail: &str, path: &str) {
        lock(&self.turned_away).note(sender, code, detail, path, Timestamp::now());
    }

    /// All of those, the newest first.
    pub(crate) fn all_turned_away(&self) -> Vec<TurnedAwayBody> {
        lock(&self.turned_away).list()
    }

    /// How many were told to come back.
    pub(crate) fn refusals(&self) -> Refused {
        *lock(&self.refused)
    }

    /// The silences that last, up to `now`: longer by now than the gap that was written.
    pub(crate) fn lasting(&self, now: Timestamp) -> Vec<Gap> {
        lock(&self.silences).lasting(now)
    }

    /// Looks until the stop, and then once more.
    pub(super) fn run(
        &self,
        intake: &Intake,
        search: &dyn Search,
        sources: &Sources,
        data: &Path,
        stop: &StopFlag,
    ) -> anyhow::Result<()> {
        let heartbeat = Heartbeat::new(data);
        let mut waiting = std::mem::take(&mut *lock(&self.owed));
        let interval = INTERVAL.min(self.least.max(Duration::from_millis(20)) / 2);
        let mut is_last = false;
        loop {
            let now = Timestamp::now();
            waiting.extend(self.look(now, &heard(search, sources, self.least)));
            if is_last {
                waiting.extend(self.unended(now));
            }
            waiting.truncate(MAX_WAITING);
            // What cannot be written now, because the disk is full, is written when there is room.
            waiting.retain(|gap| intake.report_gap(gap).is_err());
            heartbeat.beat(now);
            if is_last {
                break;
            }
            is_last = stop.wait(interval);
        }
        if !waiting.is_empty() {
            tracing::warn!(gaps = waiting.len(), "gaps could not be written before the stop");
        }
        Ok(())
    }

    fn look(&self, now: Timestamp, heard: &[Heard]) -> Vec<Gap> {
        let mut gaps = lock(&self.silences).look(now, self.listened, heard);
        gaps.extend(lock(&self.refusals).look(now));
        gaps
    }

    /// What still lasts, as far as it goes: the next process remembers nothing of it.
    fn unended(&self, now: Timestamp) -> Vec<Gap> {
        let mut gaps = self.lasting(now);
        gaps.extend(lock(&self.refusals).lasting());
        gaps
    }
}

impl Heard {
    /// As the index knows it, and as this process has heard it since.
    fn of(sums: SourceSums, heard: Option<Timestamp>, least: Duration) -> Self {
        let least = i64::try_from(least.as_micros()).unwrap_or(i64::MAX);
        Self {
            is_steady: sums.via.is_steady(),
            remarkable: sums.rhythm.remarkable_micros(least),
            last: heard.map_or(sums.last_received, |heard| heard.max(sums.last_received)),
            cluster: sums.cluster,
            source: sums.source,
        }
    }
}

/// Every source as the index knows it, with what came in since.
fn heard(search: &dyn Search, sources: &Sources, least: Duration) -> Vec<Heard> {
    let known = search.sources().into_iter().map(|sums| {
        let last = sources.last_received(&sums.cluster, &sums.source);
        Heard::of(sums, last, least)
    });
    known.collect()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_still_lasts_at_the_stop_is_written() {
        let watch = Watch::new(Duration::from_secs(90));
        let (start, now) = (Timestamp::now(), Timestamp::now().plus_micros(100_000_000));
        for seconds in [0, 30, 60] {
            lock(&watch.refusals).note("prod", "the disk is full", start.plus_micros(seconds * 1_000_000));
        }
        lock(&watch.refusals).note("test", "the disk is full", start);
        let silent = Heard {
            cluster: "prod".to_owned(),
            source: "webhook".to_owned(),
            is_steady: true,
            remarkable: Some(90_000_000),
            last: start,
        };
        assert_eq!(watch.look(now, &[silent]).len(), 1, "the silence begins");
        let later = now.plus_micros(30_000_000);
        let gaps = watch.unended(later);
        let ends: Vec<_> = gaps.iter().map(|gap| (gap.cluster.as_str(), gap.to)).collect();
        assert_eq!(ends, [("prod", later), ("prod", start.plus_micros(60_000_000))]);
    }
}
