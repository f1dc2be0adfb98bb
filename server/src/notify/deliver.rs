//! Sends what waits, one event after the other, each until it is taken or refused for good.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use taffrail_event::{Key, Timestamp};
use taffrail_query::Search;

use super::lookup::lookup;
use super::message::message;
use super::pace::{Bucket, backoff, chance};
use super::post::Answer;
use super::progress::{End, Waiting};
use super::target::Target;
use crate::tasks::StopFlag;

/// How often it looks for something to send.
const POLL: Duration = Duration::from_millis(100);

/// How often a message is tried that its receiver refuses. Another answer may come from the next try, and nothing else is
/// sent meanwhile.
const REFUSALS: u32 = 3;

/// What sends.
pub(super) struct Delivery<'a> {
    target: &'a Target,
    search: Arc<dyn Search>,
    bucket: Bucket,
    /// Tries in a row that failed.
    failures: u32,
    /// How often what is sent now was refused.
    refusals: HashMap<Key, u32>,
}

impl<'a> Delivery<'a> {
    pub(super) fn new(target: &'a Target, search: Arc<dyn Search>) -> Self {
        let bucket = Bucket::new(target.settings.max_per_minute, Instant::now());
        Self { target, search, bucket, failures: 0, refusals: HashMap::new() }
    }

    /// Sends until the stop.
    pub(super) fn run(mut self, stop: &StopFlag) {
        loop {
            let next = self.target.progress().waiting().next().copied();
            let wait = match next {
                None => POLL,
                Some(waiting) => match self.bucket.take(Instant::now()) {
                    Ok(()) => self.send(waiting),
                    Err(wait) => wait,
                },
            };
            if stop.wait(wait) {
                return;
            }
        }
    }

    /// Sends one, and says how long to wait before the next.
    fn send(&mut self, Waiting { id, time }: Waiting) -> Duration {
        let found =
            lookup(&*self.search, &[id], Some((time, time))).and_then(|mut found| match found.remove(&id) {
                // A request that says no time has that of its first copy, and that may have come later.
                None => Ok(lookup(&*self.search, &[id], None)?.remove(&id)),
                found => Ok(found),
            });
        let event = match found {
            Ok(event) => event,
            Err(error) => return self.failed(format!("the event cannot be read: {error}"), None),
        };
        let Some(event) = event else {
            let name = &self.target.settings.name;
            tracing::warn!(notify = name, event = %id, "an event was removed before it could be sent");
            return self.done(id, End::Missed);
        };
        let answer = match message(&self.target.settings, &event) {
            Ok(body) => self.target.receiver.post(id, &body),
            Err(error) => Answer::Refused(format!("the event cannot be written: {error}")),
        };
        match answer {
            Answer::Taken => {
                if self.failures > 0 {
                    tracing::info!(notify = self.target.settings.name, "notifications are taken again");
                }
                self.done(id, End::Sent)
            }
            Answer::Failed(reason, asked) => self.failed(reason, asked),
            Answer::Refused(reason) => self.refused(id, &reason),
        }
    }

    fn done(&mut self, id: Key, end: End) -> Duration {
        self.failures = 0;
        self.refusals.clear();
        self.target.progress().end(id, end, Timestamp::now());
        // Before the next one goes: what was taken is not sent again, whatever happens.
        self.target.save();
        Duration::ZERO
    }

    fn failed(&mut self, reason: String, asked: Option<Duration>) -> Duration {
        self.failures += 1;
        if self.failures == 1 {
            let (name, url) = (&self.target.settings.name, self.target.receiver.shown());
            tracing::warn!(notify = name, url, reason, "a notification is not taken and will be tried again");
        }
        let mut progress = self.target.progress();
        progress.fail(reason.clone(), Timestamp::now());
        progress.trouble = Some(reason);
        backoff(self.failures, chance(), asked)
    }

    fn refused(&mut self, id: Key, reason: &str) -> Duration {
        let refusals = self.refusals.entry(id).or_default();
        *refusals += 1;
        let refusals = *refusals;
        self.target.progress().fail(reason.to_owned(), Timestamp::now());
        if refusals < REFUSALS {
            return backoff(refusals, chance(), None);
        }
        let (name, url) = (&self.target.settings.name, self.target.receiver.shown());
        tracing::warn!(notify = name, url, event = %id, reason, "a notification is refused and given up");
        self.done(id, End::Refused)
    }
}
