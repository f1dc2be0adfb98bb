//! Whether the process accepts and answers.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use taffrail_ingest::IntakeError;

/// How long a refusal for want of room speaks for the present. Senders come back within ten seconds; if none does, nobody
/// can say whether there is room by now, and a server that called itself unready for ever would get no more senders.
const REFUSAL_COUNTS: Duration = Duration::from_secs(60);

/// What `/readyz` asks.
#[derive(Debug, Default)]
pub(crate) struct Health {
    is_stopping: AtomicBool,
    refusal: Mutex<Option<Refused>>,
    index: Mutex<Option<String>>,
}

/// Why nothing is accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// What is in the way.
    pub(crate) cause: Cause,
    /// In words.
    pub(crate) reason: String,
}

impl Refusal {
    /// What `error` says about the requests that come next; `None` if it speaks for its own only.
    pub(crate) fn of(error: &IntakeError) -> Option<Self> {
        let (cause, reason) = match error {
            IntakeError::DiskFull(detail) => (Cause::DiskFull, format!("the disk is full: {detail}")),
            IntakeError::JournalFull(detail) => {
                (Cause::JournalFull, format!("the journal is full: {detail}"))
            }
            IntakeError::Failed(detail) => (Cause::JournalFailed, detail.clone()),
            IntakeError::Busy | IntakeError::Body(_) | IntakeError::TooLarge { .. } => return None,
        };
        Some(Self { cause, reason })
    }
}

/// What is in the way of accepting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The disk is full.
    DiskFull,
    /// The journal holds all it may.
    JournalFull,
    /// Nothing can be made durable.
    JournalFailed,
}

#[derive(Debug)]
struct Refused {
    refusal: Refusal,
    last: Instant,
}

impl Health {
    /// A request was refused. If that will happen to the next one too, it is remembered.
    pub(crate) fn refused(&self, error: &IntakeError) {
        if let Some(Refusal { cause, reason }) = Refusal::of(error) {
            self.refused_at(Instant::now(), cause, &reason);
        }
    }

    /// Something was made durable: whatever was in the way is gone.
    pub(crate) fn journal_works(&self) {
        let mut place = self.refusal.lock().unwrap_or_else(PoisonError::into_inner);
        if place.take().is_some() {
            tracing::info!("events are accepted again");
        }
    }

    /// What is durable does not become searchable any more.
    pub(crate) fn index_failed(&self, reason: &str) {
        let mut place = self.index.lock().unwrap_or_else(PoisonError::into_inner);
        if place.is_none() {
            tracing::error!(reason, "it takes a person to go on");
            *place = Some(reason.to_owned());
        }
    }

    /// The stop has begun.
    pub(crate) fn stopping(&self) {
        self.is_stopping.store(true, Ordering::Relaxed);
    }

    /// Whether the stop has begun.
    pub(crate) fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::Relaxed)
    }

    /// Why nothing is accepted; `None` while events are, as far as anybody knows.
    pub(crate) fn refusal(&self) -> Option<Refusal> {
        self.refusal_at(Instant::now())
    }

    /// Why the index does not go on.
    pub(crate) fn index(&self) -> Option<String> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn refused_at(&self, now: Instant, cause: Cause, reason: &str) {
        let mut place = self.refusal.lock().unwrap_or_else(PoisonError::into_inner);
        match place.as_ref().map(|refused| refused.refusal.cause) {
            // The first failure is the cause of what comes after it.
            Some(Cause::JournalFailed) => return,
            _ if cause == Cause::JournalFailed => tracing::error!(reason, "it takes a person to go on"),
            None => tracing::warn!(reason, "no events are accepted until there is room"),
            Some(_) => {}
        }
        *place = Some(Refused { refusal: Refusal { cause, reason: reason.to_owned() }, last: now });
    }

    fn refusal_at(&self, now: Instant) -> Option<Refusal> {
        let place = self.refusal.lock().unwrap_or_else(PoisonError::into_inner);
        let Refused { refusal, last } = place.as_ref()?;
        let counts = refusal.cause == Cause::JournalFailed || now.duration_since(*last) < REFUSAL_COUNTS;
        counts.then(|| refusal.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_the_way_is_known_until_it_is_gone() {
        let health = Health::default();
        let start = Instant::now();
        let check = |after_s: u64, expected: Option<Cause>| {
            let refusal = health.refusal_at(start + Duration::from_secs(after_s));
            assert_eq!(refusal.map(|refusal| refusal.cause), expected, "after {after_s} s");
        };
        check(0, None);
        health.refused_at(start, Cause::DiskFull, "no room");
        check(59, Some(Cause::DiskFull));
        check(61, None);
        health.refused_at(start + Duration::from_secs(50), Cause::JournalFull, "behind");
        check(61, Some(Cause::JournalFull));
        health.journal_works();
        check(61, None);
        // A failure does not pass by itself, and what is refused behind it is its consequence.
        health.refused_at(start, Cause::JournalFailed, "fsync: EIO");
        health.refused_at(start, Cause::DiskFull, "no room");
        check(3600, Some(Cause::JournalFailed));
        health.journal_works();
        check(0, None);
    }
}
