//! When the next message may go: not faster than the target's limit, and later and later while it is not taken.

use std::time::{Duration, Instant};

/// What may go at once, as a part of a minute's messages.
const BURST: f64 = 0.1;

/// The wait after the first failure; it doubles with each.
const FIRST: Duration = Duration::from_secs(1);

/// The longest wait that we choose.
const LONGEST: Duration = Duration::from_secs(300);

/// A receiver that asks for more than this is not taken at its word.
const LONGEST_ASKED: Duration = Duration::from_secs(3600);

/// A token bucket: each message takes one.
#[derive(Debug)]
pub(super) struct Bucket {
    tokens: f64,
    per_second: f64,
    most: f64,
    filled: Instant,
}

impl Bucket {
    /// A full one.
    pub(super) fn new(per_minute: u32, now: Instant) -> Self {
        let per_minute = f64::from(per_minute.max(1));
        let most = (per_minute * BURST).max(1.0);
        Self { tokens: most, per_second: per_minute / 60.0, most, filled: now }
    }

    /// Takes a token; if there is none, says when there will be one.
    pub(super) fn take(&mut self, now: Instant) -> Result<(), Duration> {
        let passed = now.saturating_duration_since(self.filled).as_secs_f64();
        self.tokens = passed.mul_add(self.per_second, self.tokens).min(self.most);
        self.filled = now;
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return Ok(());
        }
        // A little more, so that rounding does not lead to another wait of nothing.
        Err(Duration::from_secs_f64((1.0 - self.tokens) / self.per_second) + Duration::from_millis(1))
    }
}

/// How long to wait after a number of failures in a row. Between the half and the whole of what doubles each time, by `chance`
/// (0 to 1): targets that failed together do not come back together. At least what the receiver asked for.
pub(super) fn backoff(failures: u32, chance: f64, asked: Option<Duration>) -> Duration {
    let doubled = FIRST.saturating_mul(1_u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX));
    let own = doubled.min(LONGEST).mul_f64(0.5 + chance.clamp(0.0, 1.0) / 2.0);
    own.max(asked.unwrap_or_default().min(LONGEST_ASKED))
}

/// From 0 to 1.
pub(super) fn chance() -> f64 {
    let mut bytes = [0; 4];
    // Without chance it only waits longer.
    match getrandom::fill(&mut bytes) {
        Ok(()) => f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX),
        Err(_) => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_holds_back_and_lets_go_on() {
        let start = Instant::now();
        let mut bucket = Bucket::new(60, start);
        for _ in 0..6 {
            assert_eq!(bucket.take(start), Ok(()));
        }
        let wait = bucket.take(start).unwrap_err();
        assert!((1000..1010).contains(&wait.as_millis()), "{wait:?}");
        assert!(bucket.take(start + wait / 2).is_err());
        assert_eq!(bucket.take(start + wait), Ok(()));
        assert!(bucket.take(start + wait).is_err());
        // Time without messages is not saved up beyond the burst.
        let later = start + Duration::from_secs(3600);
        let taken = std::iter::repeat_with(|| bucket.take(later)).take_while(Result::is_ok).count();
        assert_eq!(taken, 6);
    }

    #[test]
    fn even_the_lowest_limit_lets_one_go() {
        let start = Instant::now();
        let mut bucket = Bucket::new(1, start);
        assert_eq!(bucket.take(start), Ok(()));
        let wait = bucket.take(start).unwrap_err();
        assert!((60_000..60_010).contains(&wait.as_millis()), "{wait:?}");
        assert_eq!(bucket.take(start + wait), Ok(()));
    }

    #[test]
    fn waits_double_up_to_a_bound() {
        fn check(failures: u32, chance: f64, asked_s: Option<u64>, expected_ms: u128) {
            let found = backoff(failures, chance, asked_s.map(Duration::from_secs));
            assert_eq!(found.as_millis(), expected_ms, "{failures} {chance} {asked_s:?}");
        }
        check(1, 1.0, None, 1000);
        check(1, 0.0, None, 500);
        check(2, 0.5, None, 1500);
        check(4, 1.0, None, 8000);
        check(9, 1.0, None, 256_000);
        check(10, 1.0, None, 300_000);
        check(u32::MAX, 0.0, None, 150_000);
        check(1, 1.0, Some(30), 30_000);
        check(10, 1.0, Some(30), 300_000);
        check(1, 1.0, Some(1_000_000), 3_600_000);
    }

    #[test]
    fn chances_are_between_nothing_and_all() {
        assert!((0..100).all(|_| (0.0..=1.0).contains(&chance())));
    }
}
