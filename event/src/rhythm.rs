//! How often a source speaks, and from when on its silence means something.

use serde::{Deserialize, Serialize};

/// Pauses of up to 2^n milliseconds are counted together: from a millisecond to twelve days.
const CLASSES: usize = 31;

/// Fewer pauses than this say nothing about a source.
const ENOUGH: u32 = 30;

/// With so many, the older ones count half: a source may change its habits.
const MANY: u32 = 4096;

/// A silence is remarkable when it is so many times as long as nearly all pauses before it.
const TIMES: i64 = 4;

/// The pauses between the batches of one source, by their length.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rhythm {
    /// By class; classes at the end that were never met are left out.
    pauses: Vec<u32>,
}

impl Rhythm {
    /// Counts a pause. One that is not positive (batches overtake each other) is none.
    pub fn note(&mut self, micros: i64) {
        let millis = u64::try_from(micros / 1000).unwrap_or(0);
        let class = usize::try_from(u64::BITS - millis.leading_zeros()).unwrap_or(CLASSES).min(CLASSES - 1);
        if self.pauses.len() <= class {
            self.pauses.resize(class + 1, 0);
        }
        self.pauses[class] += 1;
        if self.count() >= MANY {
            self.pauses.iter_mut().for_each(|count| *count /= 2);
        }
    }

    /// From how many microseconds on a silence is longer than usual, and never fewer than `least`; `None` while too little is
    /// known.
    pub fn remarkable_micros(&self, least: i64) -> Option<i64> {
        let count = self.count();
        if count < ENOUGH {
            return None;
        }
        // One pause in two hundred may be longer.
        let mut longer = count / 200;
        let class = self.pauses.iter().enumerate().rev().find_map(|(class, pauses)| {
            if *pauses > longer {
                return Some(class);
            }
            longer -= pauses;
            None
        })?;
        Some(((1_i64 << class) * 1000).saturating_mul(TIMES).max(least))
    }

    fn count(&self) -> u32 {
        self.pauses.iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000;

    fn rhythm(pauses: &[(i64, usize)]) -> Rhythm {
        let mut rhythm = Rhythm::default();
        for (micros, count) in pauses {
            (0..*count).for_each(|_| rhythm.note(*micros));
        }
        rhythm
    }

    #[test]
    fn a_silence_is_measured_by_what_is_usual() {
        fn check(pauses: &[(i64, usize)], expected_s: Option<i64>) {
            assert_eq!(
                rhythm(pauses).remarkable_micros(90 * SECOND).map(|micros| micros / SECOND),
                expected_s,
                "{pauses:?}"
            );
        }
        check(&[], None);
        check(&[(SECOND, 29)], None);
        // Whoever speaks every second is not missed for a minute and a half.
        check(&[(SECOND, 30)], Some(90));
        check(&[(30 * SECOND, 100)], Some(131));
        // One long pause in two hundred changes nothing, three do.
        check(&[(30 * SECOND, 400), (3600 * SECOND, 2)], Some(131));
        check(&[(30 * SECOND, 400), (3600 * SECOND, 3)], Some(16_777));
        check(&[(0, 10), (-SECOND, 100)], Some(90));
        check(&[(i64::MAX, 100)], Some(4_294_967));
    }

    #[test]
    fn habits_change() {
        let mut rhythm = rhythm(&[(3600 * SECOND, 100)]);
        (0..20_000).for_each(|_| rhythm.note(SECOND));
        assert_eq!(rhythm.remarkable_micros(90 * SECOND), Some(90 * SECOND));
        assert!(rhythm.count() < MANY);
    }
}
