//! What each source has brought, kept in the manifest.

use std::collections::BTreeMap;

use taffrail_event::{BatchSums, Gap, Origin, RecordBatch, SourceSums, Timestamp};

use crate::prepare::Prepared;

/// Sources told apart at most: their names come from senders, and the manifest is written with every commit.
const MAX_SOURCES: usize = 256;

/// A source that has said nothing for so long makes room for another: senders behind a pod address come and go.
const QUIET_MICROS: i64 = 7 * 86_400_000_000;

/// What the others are counted under.
const OTHERS: &str = "(others)";

/// Records without bodies that follow each other within this time are one stretch.
const STRETCH_MICROS: i64 = 3_600_000_000;

/// Why bodies are missing.
const TRUNCATED: &str = "bodies are missing: the API server or a shipper cut them off, or events were over ingest.max_event_bytes";

/// The sums of every source.
#[derive(Debug)]
pub(crate) struct Sources {
    sums: BTreeMap<(String, String), SourceSums>,
    /// Records below this journal offset are in the sums already.
    counted_to: u64,
}

impl Sources {
    /// Goes on from what the manifest knows of the records below `counted_to`.
    pub(crate) fn new(known: &[SourceSums], counted_to: u64) -> Self {
        let key = |sums: &SourceSums| (sums.cluster.clone(), sums.source.clone());
        Self { sums: known.iter().map(|sums| (key(sums), sums.clone())).collect(), counted_to }
    }

    /// Adds a batch, unless a replay brings it again.
    pub(crate) fn add(&mut self, batch: &RecordBatch, offset: Option<u64>, sums: &BatchSums) {
        if offset.is_some_and(|offset| offset < self.counted_to) || batch.is_empty() {
            return;
        }
        let origin = &batch.origin;
        let mut key = (origin.cluster.to_string(), origin.source.to_string());
        if !self.sums.contains_key(&key) && !self.makes_room(origin.received) {
            key = (String::new(), OTHERS.to_owned());
        }
        let new = |(cluster, source): &(String, String)| SourceSums::new(cluster, source, origin.via);
        self.sums.entry(key.clone()).or_insert_with(|| new(&key)).add(sums);
    }

    /// Whether one more can be told apart; the one that has been quiet longest is forgotten for it.
    fn makes_room(&mut self, now: Timestamp) -> bool {
        if self.sums.len() < MAX_SOURCES {
            return true;
        }
        let told_apart = self.sums.iter().filter(|((_, source), _)| source != OTHERS);
        let quietest =
            told_apart.min_by_key(|(_, sums)| sums.last_received).map(|(key, sums)| (key.clone(), sums));
        let Some((key, _)) = quietest.filter(|(_, sums)| sums.last_received < now.plus_micros(-QUIET_MICROS))
        else {
            return false;
        };
        self.sums.remove(&key);
        true
    }

    /// All of them, by cluster and name.
    pub(crate) fn list(&self) -> Vec<SourceSums> {
        self.sums.values().cloned().collect()
    }
}

/// What the batch brought. `duplicates` of its records were there already.
pub(crate) fn batch_sums(batch: &RecordBatch, prepared: &[Option<Prepared>], duplicates: u64) -> BatchSums {
    let times = prepared.iter().flatten().filter(|prepared| prepared.has_time).map(|prepared| prepared.time);
    let first_and_last = extremes(times);
    BatchSums {
        received: batch.origin.received,
        records: batch.len() as u64,
        bytes: batch.byte_len() as u64,
        duplicates,
        truncated: prepared.iter().flatten().filter(|prepared| prepared.is_truncated).count() as u64,
        events: first_and_last,
    }
}

/// The stretch in which bodies are missing that the batch begins or prolongs; `known` are the gaps noted before.
pub(crate) fn truncated_stretch<'g>(
    origin: &Origin,
    prepared: &[Option<Prepared>],
    known: impl Iterator<Item = &'g Gap>,
) -> Option<Gap> {
    // A clock that is ahead, or lies, must not make a stretch of the future.
    let received = origin.received.micros();
    let truncated = prepared.iter().flatten().filter(|prepared| prepared.is_truncated);
    let (first, last) = extremes(truncated.map(|prepared| prepared.time.min(received)))?;
    let end = last.plus_micros(1);
    let continues = |gap: &&Gap| {
        *gap.cluster == *origin.cluster
            && *gap.source == *origin.source
            && gap.reason == TRUNCATED
            && (gap.from..gap.to.plus_micros(STRETCH_MICROS)).contains(&first)
    };
    match known.filter(continues).max_by_key(|gap| gap.to) {
        Some(gap) if end <= gap.to => None,
        Some(gap) => Some(Gap { to: end, ..gap.clone() }),
        None => Some(Gap {
            cluster: origin.cluster.to_string(),
            source: origin.source.to_string(),
            from: first,
            to: end,
            lost: Some(0),
            reason: TRUNCATED.to_owned(),
        }),
    }
}

fn extremes(times: impl Iterator<Item = i64>) -> Option<(Timestamp, Timestamp)> {
    let extremes = times.fold(None, |known: Option<(i64, i64)>, time| {
        let (first, last) = known.unwrap_or((time, time));
        Some((first.min(time), last.max(time)))
    });
    extremes.map(|(first, last)| (Timestamp::from_micros(first), Timestamp::from_micros(last)))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use taffrail_event::{BatchBuilder, RecordFlags, Via};

    use super::*;

    const DAY: i64 = 86_400_000_000;

    fn add(sources: &mut Sources, source: &str, day: i64) {
        let received = Timestamp::from_micros(day * DAY);
        let origin = Origin { cluster: "prod".into(), source: source.into(), via: Via::Webhook, received };
        let mut batch = BatchBuilder::new(Arc::new(origin));
        batch.push(b"{}", RecordFlags::default());
        let batch = batch.finish();
        sources.add(&batch, None, &batch_sums(&batch, &[None], 0));
    }

    #[test]
    fn a_source_that_is_quiet_for_a_week_makes_room() {
        /// `last` comes on `day` after as many sources as are told apart, one a day: whether the first one is still known,
        /// and whether the last one is.
        fn check(day: i64, expected: (bool, bool)) {
            let mut sources = Sources::new(&[], 0);
            (0..MAX_SOURCES).for_each(|number| add(&mut sources, &format!("s{number}"), number as i64));
            add(&mut sources, "last", day);
            let is_known = |name: &str| sources.list().iter().any(|sums| sums.source == name);
            assert_eq!((is_known("s0"), is_known("last")), expected, "{day}");
        }
        check(7, (true, false));
        check(8, (false, true));
    }
}
