//! Sources that say nothing for longer than is usual for them.

use std::collections::BTreeMap;

use taffrail_event::{Gap, Timestamp};

/// A source that is silent for so long is not coming back: a node that was replaced must not be missed for ever.
const GONE_MICROS: i64 = 3 * 86_400_000_000;

const REASON: &str = "the source was silent for longer than usual; `taffrail doctor` says what to look at";

/// When a source was last heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Heard {
    pub(super) cluster: String,
    pub(super) source: String,
    /// Whether it speaks by itself for as long as it runs.
    pub(super) is_steady: bool,
    /// The silence that is longer than usual, in microseconds; `None` while its rhythm is not known.
    pub(super) remarkable: Option<i64>,
    pub(super) last: Timestamp,
}

/// The silences that last.
#[derive(Debug, Default)]
pub(super) struct Silences {
    open: BTreeMap<(String, String), Open>,
}

#[derive(Debug, Clone, Copy)]
struct Open {
    from: Timestamp,
    /// Up to when the gap was reported.
    reported: Timestamp,
}

impl Silences {
    /// Returns the gaps to write: of silences that begin, that lasted twice as long as when last written, and that ended. What
    /// a source said while this process did not run, since before `started`, nobody knows.
    pub(super) fn look(&mut self, now: Timestamp, started: Timestamp, sources: &[Heard]) -> Vec<Gap> {
        let mut gaps = Vec::new();
        for heard in sources.iter().filter(|heard| heard.is_steady) {
            let key = (heard.cluster.clone(), heard.source.clone());
            let last = heard.last.max(started);
            match self.open.get_mut(&key) {
                Some(open) if last > open.from => {
                    gaps.push(gap(&key, open.from, last));
                    self.open.remove(&key);
                }
                Some(open) => {
                    let (length, written) = (span(open.from, now), span(open.from, open.reported));
                    if length >= GONE_MICROS {
                        gaps.push(gap(&key, open.from, now));
                        self.open.remove(&key);
                    } else if length >= 2 * written {
                        open.reported = now;
                        gaps.push(gap(&key, open.from, now));
                    }
                }
                None if heard
                    .remarkable
                    .is_some_and(|least| (least..GONE_MICROS).contains(&span(last, now))) =>
                {
                    gaps.push(gap(&key, last, now));
                    self.open.insert(key, Open { from: last, reported: now });
                }
                None => {}
            }
        }
        gaps
    }

    /// The silences that last, up to `now`.
    pub(super) fn lasting(&self, now: Timestamp) -> Vec<Gap> {
        self.open.iter().map(|(key, open)| gap(key, open.from, now)).collect()
    }
}

fn span(from: Timestamp, to: Timestamp) -> i64 {
    to.micros() - from.micros()
}

fn gap((cluster, source): &(String, String), from: Timestamp, to: Timestamp) -> Gap {
    let (cluster, source, reason) = (cluster.clone(), source.clone(), REASON.to_owned());
    Gap { cluster, source, from, to: to.max(from.plus_micros(1)), lost: None, reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    fn heard(last: i64) -> Heard {
        let (cluster, source) = ("prod".to_owned(), "webhook".to_owned());
        Heard { cluster, source, is_steady: true, remarkable: Some(90_000_000), last: at(last) }
    }

    /// Looks at these times, with the source last heard at these, and returns the gaps in seconds.
    fn look(started: i64, looks: &[(i64, i64)]) -> Vec<(i64, i64)> {
        let mut silences = Silences::default();
        let gaps = looks.iter().flat_map(|(now, last)| silences.look(at(*now), at(started), &[heard(*last)]));
        gaps.map(|gap| (gap.from.micros() / 1_000_000, gap.to.micros() / 1_000_000)).collect()
    }

    #[test]
    fn a_silence_begins_grows_and_ends() {
        fn check(started: i64, looks: &[(i64, i64)], expected: &[(i64, i64)]) {
            assert_eq!(look(started, looks), expected, "{looks:?}");
        }
        check(0, &[(100, 50), (139, 50)], &[]);
        check(0, &[(140, 50)], &[(50, 140)]);
        check(0, &[(140, 50), (200, 50), (230, 50), (240, 50)], &[(50, 140), (50, 230)]);
        check(0, &[(140, 50), (200, 150)], &[(50, 140), (50, 150)]);
        check(0, &[(140, 50), (200, 150), (205, 150), (300, 150)], &[(50, 140), (50, 150), (150, 300)]);
        // Before the start nobody listened.
        check(1000, &[(1005, 50), (1089, 50)], &[]);
        check(1000, &[(1090, 50)], &[(1000, 1090)]);
        let days = |days: i64| days * 86_400;
        check(0, &[(140, 50), (days(4), 50), (days(5), 50)], &[(50, 140), (50, days(4))]);
        // An hour of silence that nobody looked at, because the machine slept, is noted when somebody does.
        check(0, &[(3650, 50)], &[(50, 3650)]);
    }

    #[test]
    fn only_steady_sources_with_a_known_rhythm_are_missed() {
        let mut silences = Silences::default();
        let import = Heard { is_steady: false, ..heard(50) };
        let new = Heard { remarkable: None, ..heard(50) };
        assert!(silences.look(at(9000), at(0), &[import, new]).is_empty());
    }

    #[test]
    fn what_lasts_is_shown_up_to_now() {
        let mut silences = Silences::default();
        silences.look(at(140), at(0), &[heard(50)]);
        let lasting = silences.lasting(at(160));
        assert_eq!(lasting.iter().map(|gap| (gap.from, gap.to)).collect::<Vec<_>>(), [(at(50), at(160))]);
        silences.look(at(165), at(0), &[heard(163)]);
        assert!(silences.lasting(at(170)).is_empty());
    }
}
