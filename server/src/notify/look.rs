//! Looks through the records for events that match, in the order of the journal.
//!
//! Records that are searchable are looked at, and no others: the index then knows what each write changed. The newest are in
//! memory ([`Live`](crate::serve::Live)); those before them in the journal; and what the journal has given back is asked of the
//! index, by the times of the events from a day before on, of those that were received since.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use taffrail_event::{Key, RecordBatch, Timestamp, Via};
use taffrail_ingest::journal::{Item, JournalError, JournalReader};
use taffrail_query::{Matcher, SearchError, TimeRange};

use super::Feed;
use super::candidate::Candidate;
use super::lookup::lookup;
use super::progress::{Behind, Place, Waiting};
use super::target::Target;
use crate::tasks::StopFlag;

/// How often it looks for news.
const POLL: Duration = Duration::from_millis(200);

/// When to try again what failed.
const RETRY: Duration = Duration::from_secs(5);

/// How long what was looked at may be looked at again after a crash.
const SAVE_AFTER: Duration = Duration::from_secs(5);

/// Records taken from memory in one go.
const STEP: usize = 2000;

/// Bytes of the journal that are read in one go.
const STEP_BYTES: usize = 1 << 20;

/// Events that are asked of the index together.
const TOGETHER: usize = 100;

/// Events that come later than this are not found when the journal no longer has them.
const LATE_MICROS: i64 = 86_400_000_000;

/// A request's first record may have been received so much before the one that ended it.
const OVERLAP_MICROS: i64 = 180_000_000;

/// What goes through the records.
pub(super) struct Look<'a> {
    target: &'a Target,
    feed: Feed,
    /// Open while the newest records do not reach back to the place.
    reader: Option<JournalReader>,
    /// Whether so much waits that looking has to wait, too.
    is_paused: bool,
    /// When the checkpoint was last written, and with which place.
    saved: (Instant, Place),
    /// So that one failure is one line in the log.
    is_failing: bool,
}

/// Why a step came to nothing.
#[derive(Debug, thiserror::Error)]
enum LookError {
    #[error("{0}")]
    Search(#[from] SearchError),
    #[error("{0}")]
    Journal(#[from] JournalError),
}

impl<'a> Look<'a> {
    pub(super) fn new(target: &'a Target, feed: Feed) -> Self {
        let saved = (Instant::now(), target.progress().place);
        Self { target, feed, reader: None, is_paused: false, saved, is_failing: false }
    }

    /// Looks until the stop.
    pub(super) fn run(mut self, stop: &StopFlag) {
        loop {
            let wait = match self.step(stop) {
                Ok(ControlFlow::Continue(())) => Duration::ZERO,
                Ok(ControlFlow::Break(())) => POLL,
                Err(error) => {
                    self.complain(&error);
                    RETRY
                }
            };
            if wait == POLL {
                self.is_failing = false;
            }
            self.save_if_due();
            if stop.wait(wait) {
                return;
            }
        }
    }

    /// Goes on a little; breaks when there is nothing to go on with at the moment.
    fn step(&mut self, stop: &StopFlag) -> Result<ControlFlow<()>, LookError> {
        let Place { position, received, behind } = {
            let progress = self.target.progress();
            // To begin again costs too much to do it for each event that is sent.
            self.is_paused = progress.is_full() || self.is_paused && !progress.is_half_empty();
            if self.is_paused {
                self.reader = None;
                return Ok(ControlFlow::Break(()));
            }
            progress.place
        };
        if let Some(behind) = behind {
            return self.ask_index(behind, received, stop);
        }
        let searchable = self.feed.search.progress().searchable;
        if position >= searchable {
            self.reader = None;
            return Ok(ControlFlow::Break(()));
        }
        if self.feed.live.reaches(position) {
            self.reader = None;
            return self.look_at_newest(position, searchable);
        }
        let journal = &self.feed.journal;
        if self.reader.is_some() || (journal.first()..=journal.end()).contains(&position) {
            return self.read_journal(position, searchable);
        }
        // Before the index is asked: what becomes searchable meanwhile is above this position.
        self.reader = None;
        let before = |micros: i64| Some(received.plus_micros(-micros));
        let behind = Behind { from: before(LATE_MICROS), since: before(OVERLAP_MICROS) };
        tracing::info!(
            notify = self.target.settings.name,
            records = searchable - position,
            "the journal no longer has what was not looked at; asking the index"
        );
        self.target.progress().place =
            Place { position: searchable, received: Timestamp::now(), behind: Some(behind) };
        Ok(ControlFlow::Continue(()))
    }

    fn look_at_newest(&mut self, position: u64, searchable: u64) -> Result<ControlFlow<()>, LookError> {
        let taken = self.feed.live.take(position, STEP);
        if taken.missed.is_some() {
            // They went this moment: the journal is next.
            return Ok(ControlFlow::Continue(()));
        }
        if taken.batches.is_empty() {
            return Ok(ControlFlow::Break(()));
        }
        for (offset, batch) in &taken.batches {
            if self.look_at(*offset, batch, searchable)?.is_break() {
                break;
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn read_journal(&mut self, position: u64, searchable: u64) -> Result<ControlFlow<()>, LookError> {
        let mut reader = match self.reader.take() {
            Some(reader) => reader,
            None => self.feed.journal.reader(position)?,
        };
        let items = reader.next(STEP_BYTES, Duration::ZERO)?;
        // Only damage was left below what is searchable, which the index has come by as well.
        if items.is_empty() {
            self.target.progress().place.position = searchable;
            return Ok(ControlFlow::Continue(()));
        }
        for item in items {
            let Item::Frame(frame) = item else {
                if self.feed.journal.first() > self.target.progress().place.position {
                    // It was given back this moment.
                    return Ok(ControlFlow::Continue(()));
                }
                // What is damaged is a gap, which comes by itself.
                continue;
            };
            let Ok(batch) = RecordBatch::decode(&frame.payload) else { continue };
            // The reader has gone on, the place has not.
            if self.look_at(frame.first, &batch, searchable)?.is_break() {
                return Ok(ControlFlow::Continue(()));
            }
        }
        self.reader = Some(reader);
        Ok(ControlFlow::Continue(()))
    }

    /// Looks at the records of a batch from the place on; breaks where something is left that cannot be looked at yet.
    fn look_at(
        &self,
        offset: u64,
        batch: &RecordBatch,
        searchable: u64,
    ) -> Result<ControlFlow<()>, LookError> {
        let end = offset + batch.len() as u64;
        let position = self.target.progress().place.position;
        let (possible, exact) = (Matcher::new(&self.target.possible), Matcher::new(&self.target.query));
        let mut candidates = Vec::new();
        for (number, (record, flags)) in (offset..).zip(batch.records()) {
            if number < position {
                continue;
            }
            if number >= searchable {
                break;
            }
            if let Some(candidate) =
                Candidate::of(&record, flags, batch, &self.feed.actors, &exact, &possible)
            {
                candidates.push(candidate);
            }
            if candidates.len() >= TOGETHER {
                let is_full = self.settle(&exact, &candidates, number + 1, batch.origin.received)?;
                candidates.clear();
                if is_full {
                    return Ok(ControlFlow::Break(()));
                }
            }
        }
        let is_full = self.settle(&exact, &candidates, end.min(searchable), batch.origin.received)?;
        Ok(if is_full || searchable < end { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }

    /// Lets those candidates wait that match as the index has them, and moves the place; whether looking has to wait now. What the
    /// index did not take (too old, or no better than what it has) is no event.
    fn settle(
        &self,
        matcher: &Matcher<'_>,
        candidates: &[Candidate],
        position: u64,
        received: Timestamp,
    ) -> Result<bool, LookError> {
        let ids: Vec<Key> = candidates.iter().flat_map(Candidate::ids).collect();
        let times: Option<Vec<Timestamp>> = candidates.iter().map(|candidate| candidate.time).collect();
        let times = times.and_then(|times| Some((*times.iter().min()?, *times.iter().max()?)));
        let stored = lookup(&*self.feed.search, &ids, times)?;
        let found = candidates.iter().filter_map(|candidate| {
            let event = candidate.ids().into_iter().find_map(|id| stored.get(&id))?;
            matcher.matches(event, &candidate.record).then_some(Waiting { id: event.id, time: event.time })
        });
        let mut progress = self.target.progress();
        for waiting in found {
            progress.push(waiting);
        }
        progress.place.position = progress.place.position.max(position);
        progress.place.received = received;
        Ok(progress.is_full())
    }

    /// Asks for what was not looked at in the journal; what was received after `until` is looked at there.
    fn ask_index(
        &self,
        behind: Behind,
        until: Timestamp,
        stop: &StopFlag,
    ) -> Result<ControlFlow<()>, LookError> {
        let range = TimeRange { from: behind.from, to: None };
        let mut is_through = true;
        self.feed.search.walk(&self.target.query, range, &mut |event| {
            let mut progress = self.target.progress();
            if stop.wait(Duration::ZERO) || progress.is_full() {
                is_through = false;
                return ControlFlow::Break(());
            }
            let Some(event) = event else { return ControlFlow::Continue(()) };
            let is_since = behind.since.is_none_or(|since| event.received >= since);
            // What was imported never passes through the journal either.
            let is_imported = event.via.iter().all(|via| *via == Via::Import);
            if is_since && event.received <= until && !is_imported {
                progress.push(Waiting { id: event.id, time: event.time });
            }
            progress.place.behind = Some(Behind { from: Some(event.time), ..behind });
            ControlFlow::Continue(())
        })?;
        if is_through {
            self.target.progress().place.behind = None;
        }
        Ok(ControlFlow::Continue(()))
    }

    fn save_if_due(&mut self) {
        let place = self.target.progress().place;
        if place != self.saved.1 && self.saved.0.elapsed() >= SAVE_AFTER {
            self.saved = (Instant::now(), place);
            self.target.save();
        }
    }

    fn complain(&mut self, error: &LookError) {
        if !std::mem::replace(&mut self.is_failing, true) {
            let name = &self.target.settings.name;
            tracing::warn!(notify = name, %error, "records cannot be looked at and will be again");
        }
    }
}
