//! Stretches of time for which a source lacks records. Silence must be visible, so a gap is a record like any other: durable in
//! the journal, searchable in the index, on the timeline at its start.

use serde::{Deserialize, Serialize};

use crate::key::{GapIdentity, Keys};
use crate::time::Timestamp;

/// A stretch of time for which a source lacks records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// The cluster, or `""` for every cluster.
    pub cluster: String,
    /// The source within it.
    pub source: String,
    /// Start, inclusive.
    pub from: Timestamp,
    /// End, exclusive.
    pub to: Timestamp,
    /// How many records are missing; null when unknown.
    pub lost: Option<u64>,
    /// Why, in plain words.
    pub reason: String,
}

impl Gap {
    /// The gap as a record's bytes.
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("strings and numbers are JSON")
    }

    /// Reads what [`Gap::encode`] wrote; `None` for anything else.
    pub fn decode(record: &[u8]) -> Option<Self> {
        serde_json::from_slice(record).ok()
    }

    /// The request key leaves the end out: a gap that is still growing is reported again under its id, and the longer one wins.
    pub fn keys(&self) -> Keys {
        GapIdentity { cluster: &self.cluster, source: &self.source, from: self.from, reason: &self.reason }
            .keys()
    }

    /// Whether both tell of one hole, at an earlier and a later time.
    pub fn is_same_hole(&self, other: &Self) -> bool {
        self.from == other.from
            && self.cluster == other.cluster
            && self.source == other.source
            && self.reason == other.reason
    }

    /// How long it is, in whole seconds.
    pub fn seconds(&self) -> u64 {
        u64::try_from((self.to.micros() - self.from.micros()) / 1_000_000).unwrap_or(0)
    }

    /// One line in plain words.
    pub fn summary(&self) -> String {
        let Self { source, reason, .. } = self;
        match self.lost {
            Some(0) => format!("{source}: {reason}"),
            Some(1) => format!("1 record of {source} is missing: {reason}"),
            Some(lost) => format!("{lost} records of {source} are missing: {reason}"),
            None => format!("records of {source} may be missing: {reason}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gap(to: i64, lost: Option<u64>) -> Gap {
        Gap {
            cluster: "prod".to_owned(),
            source: "webhook".to_owned(),
            from: Timestamp::from_micros(1_000_000),
            to: Timestamp::from_micros(to),
            lost,
            reason: "nobody spoke".to_owned(),
        }
    }

    #[test]
    fn round_trip() {
        for lost in [None, Some(7)] {
            let gap = gap(9_000_000, lost);
            assert_eq!(Gap::decode(&gap.encode()), Some(gap));
        }
        assert_eq!(Gap::decode(br#"{"auditID":"a","verb":"get"}"#), None);
    }

    #[test]
    fn a_growing_gap_keeps_its_id() {
        let (short, long) = (gap(2_000_000, None), gap(9_000_000, None));
        assert_eq!(short.keys().request, long.keys().request);
        assert!(short.is_same_hole(&long));
        let other = Gap { source: "file:/a".to_owned(), ..long.clone() };
        assert_ne!(other.keys().request, long.keys().request);
        assert!(!other.is_same_hole(&long));
        assert_eq!((short.seconds(), long.seconds()), (1, 8));
    }

    #[test]
    fn summaries() {
        fn check(lost: Option<u64>, expected: &str) {
            assert_eq!(gap(2_000_000, lost).summary(), expected);
        }
        check(None, "records of webhook may be missing: nobody spoke");
        check(Some(0), "webhook: nobody spoke");
        check(Some(1), "1 record of webhook is missing: nobody spoke");
        check(Some(5), "5 records of webhook are missing: nobody spoke");
    }
}
