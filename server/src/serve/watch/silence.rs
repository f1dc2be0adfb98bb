//! Sources that say nothing for longer than is usual for them.

use std::collections::BTreeMap;

use taffrail_event::{Gap, Timestamp};

/// A source that is silent for so long is not coming back: a node that was replaced must not be missed for ever.
pub(crate) const GONE_MICROS: i64 = 3 * 86_400_000_000;

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

/// When somebody listened.
#[derive(Debug, Clone, Copy)]
pub(super) struct Listened {
    /// This process since then.
    pub(super) started: Timestamp,
    /// The one before it until then; `None` if nobody knows.
    pub(super) before: Option<Timestamp>,
}

impl Listened {
    /// Whether the process before had given up a source that was last heard then. A restart must not begin to miss it again.
    fn had_given_up(self, last: Timestamp) -> bool {
        self.before.is_some_and(|before| span(last, before) >= GONE_MICROS)
    }
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
    /// a source said while this process did not run nobody knows.
    pub(super) fn look(&mut self, now: Timestamp, listened: Listened, sources: &[Heard]) -> Vec<Gap> {
        let mut gaps = self.forgotten(now, sources);
        let is_missed = |heard: &&Heard| heard.is_steady && !listened.had_given_up(heard.last);
        for heard in sources.iter().filter(is_missed) {
            let key = (heard.cluster.clone(), heard.source.clone());
            let last = heard.last.max(listened.started);
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

    /// Ends the silences of sources that the index has forgotten, to make room for others.
    fn forgotten(&mut self, now: Timestamp, sources: &[Heard]) -> Vec<Gap> {
        let mut gaps = Vec::new();
        self.open.retain(|key, open| {
            let is_known = sources.iter().any(|heard| heard.cluster == key.0 && heard.source == key.1);
            if !is_known {
                gaps.push(gap(key, open.from, now));
            }
            is_known
        });
        gaps
    }

    /// The silences that last, up to `now`.
    pub(super) fn lasting(&self, now: Timestamp) -> Vec<Gap> {
        self.open.iter().map(|(key, open)| gap(key, open.from, now)).collect()
    }
}

/// The silences that lasted at `until`, when the process before this one was last alive, and that it could not write as far as
/// that because it was killed. `known` are the gaps that were written.
pub(super) fn lasted(until: Timestamp, sources: &[Heard], known: &[Gap]) -> Vec<Gap> {
    let silence = |heard: &Heard| {
        let least = heard.remarkable.filter(|_| heard.is_steady)?;
        let is_of = |gap: &&Gap| {
            gap.cluster == heard.cluster
                && gap.source == heard.source
                && gap.reason == REASON
                && gap.from >= heard.last
        };
        // A gap that has grown is reported under its beginning, so that it stays one.
        let written = known.iter().filter(is_of).max_by_key(|gap| gap.from);
        let from = written.map_or(heard.last, |gap| gap.from);
        let is_news = written.is_none_or(|gap| gap.to < until);
        let is_remarkable = (least..GONE_MICROS).contains(&span(from, until));
        let key = (heard.cluster.clone(), heard.source.clone());
        (is_news && is_remarkable).then(|| gap(&key, from, until))
    };
    sources.iter().filter_map(silence).collect()
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

    /// Nobody knows of a process before this one.
    fn since(started: i64) -> Listened {
        Listened { started: at(started), before: None }
    }

    fn seconds(gaps: impl IntoIterator<Item = Gap>) -> Vec<(i64, i64)> {
        gaps.into_iter().map(|gap| (gap.from.micros() / 1_000_000, gap.to.micros() / 1_000_000)).collect()
    }

    /// Looks at these times, with the source last heard at these, and returns the gaps in seconds.
    fn look(started: i64, looks: &[(i64, i64)]) -> Vec<(i64, i64)> {
        let mut silences = Silences::default();
        let gaps =
            looks.iter().flat_map(|(now, last)| silences.look(at(*now), since(started), &[heard(*last)]));
        seconds(gaps)
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
        assert!(silences.look(at(9000), since(0), &[import, new]).is_empty());
    }

    #[test]
    fn what_lasts_is_shown_up_to_now() {
        let mut silences = Silences::default();
        silences.look(at(140), since(0), &[heard(50)]);
        let lasting = silences.lasting(at(160));
        assert_eq!(lasting.iter().map(|gap| (gap.from, gap.to)).collect::<Vec<_>>(), [(at(50), at(160))]);
        silences.look(at(165), since(0), &[heard(163)]);
        assert!(silences.lasting(at(170)).is_empty());
    }

    #[test]
    fn a_source_that_was_given_up_is_not_missed_again_after_a_restart() {
        const DAY: i64 = 86_400;
        fn check(before: Option<i64>, last: i64, expected: &[(i64, i64)]) {
            let listened = Listened { started: at(10 * DAY), before: before.map(at) };
            let gaps = Silences::default().look(at(10 * DAY + 90), listened, &[heard(last)]);
            assert_eq!(seconds(gaps), expected, "{before:?} {last}");
        }
        let missed = [(10 * DAY, 10 * DAY + 90)];
        check(Some(9 * DAY), 6 * DAY, &[]);
        check(Some(9 * DAY), 6 * DAY + 1, &missed);
        // Nobody listened for days: it may have spoken all the time.
        check(Some(6 * DAY), 6 * DAY - 1, &missed);
        check(None, DAY, &missed);
        // It is back.
        check(Some(9 * DAY), 10 * DAY, &missed);
    }

    #[test]
    fn a_source_that_the_index_has_forgotten_is_not_missed_for_ever() {
        let mut silences = Silences::default();
        silences.look(at(140), since(0), &[heard(50)]);
        assert_eq!(seconds(silences.look(at(200), since(0), &[])), [(50, 200)]);
        assert!(silences.lasting(at(300)).is_empty());
    }

    #[test]
    fn a_silence_that_lasted_when_the_process_was_killed_is_written_at_the_next_start() {
        fn check(heard: Heard, known: &[(i64, i64)], until: i64, expected: &[(i64, i64)]) {
            let key = ("prod".to_owned(), "webhook".to_owned());
            let known: Vec<_> = known.iter().map(|(from, to)| gap(&key, at(*from), at(*to))).collect();
            assert_eq!(seconds(lasted(at(until), &[heard], &known)), expected, "{known:?} {until}");
        }
        check(heard(50), &[], 139, &[]);
        check(heard(50), &[], 140, &[(50, 140)]);
        check(heard(50), &[], 40, &[]);
        check(heard(50), &[], 50 + GONE_MICROS / 1_000_000, &[]);
        // It had been written in part, from a moment later.
        check(heard(50), &[(51, 141)], 200, &[(51, 200)]);
        check(heard(50), &[(51, 200)], 200, &[]);
        check(heard(50), &[(51, 141), (150, 240)], 300, &[(150, 300)]);
        // One that had ended before is another.
        check(heard(50), &[(1, 49)], 200, &[(50, 200)]);
        check(Heard { is_steady: false, ..heard(50) }, &[], 200, &[]);
        check(Heard { remarkable: None, ..heard(50) }, &[], 200, &[]);
    }
}
