//! Requests that were not taken: a sender comes back for a while, and then it gives up what it has.

use std::collections::BTreeMap;

use taffrail_event::{Gap, Timestamp};

/// API servers try a batch for 80 s or more, but what they collect meanwhile soon overflows (reference/audit.md section 5).
const MATTERS_MICROS: i64 = 30_000_000;

/// After so long without a further refusal it is over: senders come back within ten seconds.
const OVER_MICROS: i64 = 60_000_000;

/// Clusters at most: their names come from senders.
const MAX_CLUSTERS: usize = 1000;

/// The refusals that go on, by cluster.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    open: BTreeMap<String, Open>,
}

#[derive(Debug)]
struct Open {
    from: Timestamp,
    last: Timestamp,
    count: u64,
    reason: String,
}

impl Refusals {
    /// Counts one.
    pub(super) fn note(&mut self, cluster: &str, reason: &str, now: Timestamp) {
        if let Some(open) = self.open.get_mut(cluster) {
            open.last = now;
            open.count += 1;
        } else if self.open.len() < MAX_CLUSTERS {
            let open = Open { from: now, last: now, count: 1, reason: reason.to_owned() };
            self.open.insert(cluster.to_owned(), open);
        }
    }

    /// Returns the gaps to write: of refusals that are over and went on for long.
    pub(super) fn look(&mut self, now: Timestamp) -> Vec<Gap> {
        let mut gaps = Vec::new();
        self.open.retain(|cluster, open| {
            if now.micros() - open.last.micros() < OVER_MICROS {
                return true;
            }
            if open.matters() {
                gaps.push(open.gap(cluster));
            }
            false
        });
        gaps
    }

    /// The gaps of refusals that go on, up to the last of each.
    pub(super) fn lasting(&self) -> Vec<Gap> {
        let lasting = self.open.iter().filter(|(_, open)| open.matters());
        lasting.map(|(cluster, open)| open.gap(cluster)).collect()
    }
}

impl Open {
    /// Whether it went on for so long that senders may have given up.
    fn matters(&self) -> bool {
        self.last.micros() - self.from.micros() >= MATTERS_MICROS
    }

    fn gap(&self, cluster: &str) -> Gap {
        Gap {
            cluster: cluster.to_owned(),
            source: "webhook".to_owned(),
            from: self.from,
            to: self.last,
            lost: None,
            reason: format!(
                "{} requests were refused, and API servers give up after about 80 s: {}",
                self.count, self.reason
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn only_what_went_on_for_long_may_have_cost_events() {
        fn check(refused: &[i64], looked: i64, expected: Option<(i64, i64)>) {
            let mut refusals = Refusals::default();
            refused.iter().for_each(|second| refusals.note("prod", "the disk is full", at(*second)));
            let gaps = refusals.look(at(looked));
            let found = gaps.first().map(|gap| (gap.from.micros() / 1_000_000, gap.to.micros() / 1_000_000));
            assert_eq!(found, expected, "{refused:?}");
            assert!(gaps.iter().all(|gap| gap.reason.ends_with("the disk is full")), "{gaps:?}");
        }
        check(&[], 100, None);
        check(&[10], 100, None);
        check(&[10, 20, 39], 1000, None);
        check(&[10, 20, 40], 99, None);
        check(&[10, 20, 40], 100, Some((10, 40)));
    }
}
