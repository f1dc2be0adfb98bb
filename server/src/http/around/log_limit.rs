//! Keeps a sender that is refused a thousand times a second from filling the log.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// One line per code in so much time; the next one says how many were left out.
const INTERVAL: Duration = Duration::from_secs(10);

/// When a code, or another kind of trouble, was last logged, and how often it came since.
#[derive(Debug, Default)]
pub(crate) struct LogLimit {
    /// Codes are a fixed list, so this stays small.
    last: Mutex<BTreeMap<&'static str, (Instant, u64)>>,
}

impl LogLimit {
    /// Whether to log now, and how many were left out before.
    pub(crate) fn pass(&self, code: &'static str, now: Instant) -> Option<u64> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match last.get_mut(code) {
            Some((logged, left_out)) if now.duration_since(*logged) < INTERVAL => {
                *left_out += 1;
                None
            }
            known => {
                let left_out = known.map_or(0, |(_, left_out)| *left_out);
                last.insert(code, (now, 0));
                Some(left_out)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_per_code_and_interval() {
        let limit = LogLimit::default();
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(limit.pass("a", at(0)), Some(0));
        assert_eq!(limit.pass("b", at(0)), Some(0));
        assert_eq!(limit.pass("a", at(1)), None);
        assert_eq!(limit.pass("a", at(9)), None);
        assert_eq!(limit.pass("a", at(10)), Some(2));
        assert_eq!(limit.pass("a", at(11)), None);
        assert_eq!(limit.pass("b", at(60)), Some(0));
    }
}
