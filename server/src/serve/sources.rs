//! What came from where since the start, for the status.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use taffrail_event::Timestamp;
use taffrail_ingest::Receipt;

/// Sources told apart at most: their names come from senders.
const MAX_SOURCES: usize = 1000;

/// The rate is that of the last minute.
const RATE_WINDOW: Duration = Duration::from_secs(60);

/// Sums per cluster and source.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    sources: Mutex<BTreeMap<(String, String), Source>>,
}

#[derive(Debug)]
struct Source {
    requests: u64,
    records: u64,
    bytes: u64,
    dead_letters: u64,
    cut: u64,
    folded_flows: u64,
    skipped: u64,
    last_received: Timestamp,
    /// Records of this window and of the one before it.
    window: (Instant, u64, u64),
}

/// What has come in from a source since the start.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LiveSource {
    pub(crate) cluster: String,
    pub(crate) source: String,
    pub(crate) requests: u64,
    pub(crate) records: u64,
    pub(crate) bytes: u64,
    pub(crate) dead_letters: u64,
    pub(crate) cut: u64,
    pub(crate) folded_flows: u64,
    pub(crate) skipped: u64,
    pub(crate) last_received: Timestamp,
    pub(crate) records_per_second: f64,
}

impl Sources {
    /// Counts a request.
    pub(crate) fn note(&self, cluster: &str, source: &str, receipt: &Receipt) {
        let now = Instant::now();
        let mut sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        let mut key = (cluster.to_owned(), source.to_owned());
        if sources.len() >= MAX_SOURCES && !sources.contains_key(&key) {
            key = ("(others)".to_owned(), String::new());
        }
        let source = sources.entry(key).or_insert_with(|| Source {
            requests: 0,
            records: 0,
            bytes: 0,
            dead_letters: 0,
            cut: 0,
            folded_flows: 0,
            skipped: 0,
            last_received: Timestamp::default(),
            window: (now, 0, 0),
        });
        source.requests += 1;
        source.records += receipt.records;
        source.bytes += receipt.bytes;
        source.dead_letters += receipt.dead;
        source.cut += receipt.cut;
        source.folded_flows += receipt.folded;
        source.skipped += receipt.skipped;
        source.last_received = Timestamp::now();
        source.turn_window(now);
        source.window.1 += receipt.records;
    }

    /// When the source last brought something; `None` if it has not since the start.
    pub(crate) fn last_received(&self, cluster: &str, source: &str) -> Option<Timestamp> {
        let sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        sources.get(&(cluster.to_owned(), source.to_owned())).map(|source| source.last_received)
    }

    /// All sources, by cluster and name.
    pub(crate) fn list(&self) -> Vec<LiveSource> {
        let now = Instant::now();
        let mut sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        let bodies = sources.iter_mut().map(|((cluster, name), source)| LiveSource {
            cluster: cluster.clone(),
            source: name.clone(),
            requests: source.requests,
            records: source.records,
            bytes: source.bytes,
            dead_letters: source.dead_letters,
            cut: source.cut,
            folded_flows: source.folded_flows,
            skipped: source.skipped,
            last_received: source.last_received,
            records_per_second: source.rate(now),
        });
        bodies.collect()
    }
}

impl Source {
    fn turn_window(&mut self, now: Instant) {
        let passed = now.duration_since(self.window.0);
        if passed >= 2 * RATE_WINDOW {
            self.window = (now, 0, 0);
        } else if passed >= RATE_WINDOW {
            self.window = (self.window.0 + RATE_WINDOW, 0, self.window.1);
        }
    }

    /// Of this window and, as far as the last minute reaches into it, the one before.
    fn rate(&mut self, now: Instant) -> f64 {
        self.turn_window(now);
        let (started, current, before) = self.window;
        let share = 1.0 - now.duration_since(started).as_secs_f64() / RATE_WINDOW.as_secs_f64();
        let sum = current as f64 + before as f64 * share;
        (sum / RATE_WINDOW.as_secs_f64() * 100.0).round() / 100.0
    }
}

#[cfg(test)]
mod tests {
    use taffrail_event::Position;

    use super::*;

    #[test]
    fn names_of_senders_do_not_fill_the_memory() {
        let sources = Sources::default();
        let position = Position { partition: 0, offset: 1 };
        let receipt =
            Receipt { position, records: 2, dead: 1, dropped: 0, cut: 0, folded: 0, skipped: 0, bytes: 10 };
        for cluster in 0..MAX_SOURCES + 500 {
            sources.note(&format!("c{cluster}"), "webhook", &receipt);
        }
        let list = sources.list();
        assert_eq!(list.len(), MAX_SOURCES + 1);
        assert_eq!((list[0].cluster.as_str(), list[0].requests, list[0].records), ("(others)", 500, 1000));
    }
}
