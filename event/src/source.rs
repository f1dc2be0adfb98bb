//! What one source has brought, as its records tell: kept beside the index, so that a restart forgets nothing.

use serde::{Deserialize, Serialize};

use crate::record::Via;
use crate::rhythm::Rhythm;
use crate::time::Timestamp;

const HOUR_MICROS: i64 = 3_600_000_000;
const HOURS: usize = 24;

/// What a source has brought since it was first seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceSums {
    /// The cluster that its records speak about.
    pub cluster: String,
    /// Its name within the cluster.
    pub source: String,
    /// The route.
    pub via: Via,
    /// Records taken.
    pub records: u64,
    /// Their bytes, redacted.
    pub bytes: u64,
    /// Exact copies of records that were there already, from here or from another source.
    pub duplicates: u64,
    /// Records whose bodies are missing or cut.
    pub truncated: u64,
    /// The earliest time of an event.
    pub first_event: Timestamp,
    /// The latest time of an event.
    pub last_event: Timestamp,
    /// When the first batch came in.
    pub first_received: Timestamp,
    /// When the last batch came in.
    pub last_received: Timestamp,
    /// How long the newest event of the last batch had taken to get here, in microseconds. Negative: the source's clock is
    /// ahead of ours by at least as much.
    pub lag_micros: i64,
    /// How often it speaks.
    pub rhythm: Rhythm,
    /// Bytes by hour of arrival: the hour of `last_received` is the last one.
    hours: [u64; HOURS],
}

/// What a batch brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchSums {
    /// When it came in.
    pub received: Timestamp,
    /// Records.
    pub records: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Exact copies of records known before.
    pub duplicates: u64,
    /// Records whose bodies are missing or cut.
    pub truncated: u64,
    /// The earliest and the latest time of its events; `None` if it has none.
    pub events: Option<(Timestamp, Timestamp)>,
}

impl SourceSums {
    /// A source of which nothing has been taken.
    pub fn new(cluster: &str, source: &str, via: Via) -> Self {
        Self {
            cluster: cluster.to_owned(),
            source: source.to_owned(),
            via,
            records: 0,
            bytes: 0,
            duplicates: 0,
            truncated: 0,
            first_event: Timestamp::MAX,
            last_event: Timestamp::MIN,
            first_received: Timestamp::MAX,
            last_received: Timestamp::MIN,
            lag_micros: 0,
            rhythm: Rhythm::default(),
            hours: [0; HOURS],
        }
    }

    /// Adds a batch.
    pub fn add(&mut self, batch: &BatchSums) {
        if self.records > 0 {
            self.rhythm.note(batch.received.micros().saturating_sub(self.last_received.micros()));
        }
        self.turn_hours(batch.received);
        self.records += batch.records;
        self.bytes += batch.bytes;
        self.duplicates += batch.duplicates;
        self.truncated += batch.truncated;
        self.first_received = self.first_received.min(batch.received);
        self.last_received = self.last_received.max(batch.received);
        if let Some((first, last)) = batch.events {
            self.first_event = self.first_event.min(first);
            self.last_event = self.last_event.max(last);
            self.lag_micros = batch.received.micros().saturating_sub(last.micros());
        }
        if let Some(hour) = self.hours.last_mut() {
            *hour += batch.bytes;
        }
    }

    /// Bytes of the 24 hours before `now`; of a source that is younger, as many as it would bring in a day.
    pub fn bytes_per_day(&self, now: Timestamp) -> u64 {
        let passed = hour(now).saturating_sub(hour(self.last_received));
        let kept = HOURS.saturating_sub(usize::try_from(passed).unwrap_or(HOURS));
        let bytes: u64 = self.hours.iter().rev().take(kept).sum();
        let age = now.micros().saturating_sub(self.first_received.micros());
        let day = HOUR_MICROS * 24;
        if age >= day || age < HOUR_MICROS {
            return bytes;
        }
        u64::try_from(i128::from(bytes) * i128::from(day) / i128::from(age)).unwrap_or(u64::MAX)
    }

    fn turn_hours(&mut self, received: Timestamp) {
        let passed = if self.records == 0 { 0 } else { hour(received) - hour(self.last_received) };
        let passed = usize::try_from(passed).unwrap_or(0).min(HOURS);
        self.hours.rotate_left(passed);
        self.hours[HOURS - passed..].fill(0);
    }
}

fn hour(time: Timestamp) -> i64 {
    time.micros().div_euclid(HOUR_MICROS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(hour: i64, bytes: u64) -> BatchSums {
        let received = Timestamp::from_micros(hour * HOUR_MICROS);
        let event = |seconds: i64| received.plus_micros(-seconds * 1_000_000);
        let events = Some((event(9), event(2)));
        BatchSums { received, records: 2, bytes, duplicates: 1, truncated: 0, events }
    }

    #[test]
    fn batches_add_up() {
        let mut sums = SourceSums::new("prod", "webhook", Via::Webhook);
        sums.add(&batch(100, 5));
        sums.add(&batch(101, 7));
        assert_eq!((sums.records, sums.bytes, sums.duplicates), (4, 12, 2));
        assert_eq!(sums.lag_micros, 2_000_000);
        assert_eq!(sums.first_event.micros(), 100 * HOUR_MICROS - 9_000_000);
        assert_eq!(sums.last_event.micros(), 101 * HOUR_MICROS - 2_000_000);
        let text = serde_json::to_string(&sums).unwrap();
        assert_eq!(serde_json::from_str::<SourceSums>(&text).unwrap(), sums);
    }

    #[test]
    fn bytes_of_the_last_day() {
        let mut sums = SourceSums::new("prod", "webhook", Via::Webhook);
        for hour in 0..48 {
            sums.add(&batch(hour, 10));
        }
        let check = |hour: i64, expected: u64| {
            assert_eq!(sums.bytes_per_day(Timestamp::from_micros(hour * HOUR_MICROS)), expected, "{hour}");
        };
        check(47, 240);
        check(57, 140);
        check(70, 10);
        check(71, 0);
        check(10_000, 0);
        let mut young = SourceSums::new("prod", "webhook", Via::Webhook);
        young.add(&batch(0, 10));
        young.add(&batch(2, 10));
        assert_eq!(young.bytes_per_day(Timestamp::from_micros(2 * HOUR_MICROS)), 240);
    }

    #[test]
    fn a_batch_that_comes_out_of_order_counts_all_the_same() {
        let mut sums = SourceSums::new("prod", "webhook", Via::Webhook);
        sums.add(&batch(100, 5));
        sums.add(&batch(90, 7));
        assert_eq!(sums.last_received.micros(), 100 * HOUR_MICROS);
        assert_eq!(sums.bytes_per_day(sums.last_received), 28);
    }
}
