//! Logins that failed, by address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// So many may fail within a window: more than somebody mistypes.
const LIMIT: u32 = 10;

const WINDOW: Duration = Duration::from_secs(60);

/// Addresses that are remembered at once.
const MAX_ADDRESSES: usize = 10_000;

/// How many logins have failed, by address. A crate of keyed rate limits would keep addresses until somebody sweeps them;
/// this is bounded by itself.
#[derive(Debug, Default)]
pub(super) struct Failures {
    by_address: Mutex<HashMap<IpAddr, Window>>,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    began: Instant,
    failed: u32,
}

impl Failures {
    /// Notes one more; how many seconds to wait, if there were too many.
    pub(super) fn note(&self, address: IpAddr, now: Instant) -> Option<u32> {
        let is_open = |window: &Window| now.duration_since(window.began) < WINDOW;
        let mut windows = self.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() >= MAX_ADDRESSES {
            windows.retain(|_, window| is_open(window));
        }
        // Ten thousand addresses at once: to forget them all is to answer 401 where 429 would have been due.
        if windows.len() >= MAX_ADDRESSES {
            windows.clear();
        }
        let window = windows.entry(network(address)).or_insert(Window { began: now, failed: 0 });
        if !is_open(window) {
            *window = Window { began: now, failed: 0 };
        }
        window.failed = window.failed.saturating_add(1);
        let left = WINDOW.saturating_sub(now.duration_since(window.began));
        (window.failed > LIMIT).then(|| u32::try_from(left.as_secs()).unwrap_or(u32::MAX).max(1))
    }
}

/// One machine has a whole /64 of IPv6 to itself.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_the_limit_there_is_a_wait_until_the_window_ends() {
        let failures = Failures::default();
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let [one, other]: [IpAddr; 2] = ["10.0.0.1", "10.0.0.2"].map(|address| address.parse().unwrap());
        for _ in 0..LIMIT {
            assert_eq!(failures.note(one, at(0)), None);
        }
        assert_eq!(failures.note(one, at(20)), Some(40));
        assert_eq!(failures.note(other, at(20)), None, "others are not concerned");
        assert_eq!(failures.note(one, at(59)), Some(1));
        assert_eq!(failures.note(one, at(60)), None);
    }

    #[test]
    fn addresses_of_one_machine_count_together() {
        fn check(one: &str, other: &str, expected: bool) {
            let [one, other]: [IpAddr; 2] = [one, other].map(|address| address.parse().unwrap());
            assert_eq!(network(one) == network(other), expected, "{one} {other}");
        }
        check("2001:db8::1", "2001:db8::2:3:4:5", true);
        check("2001:db8:0:1::1", "2001:db8:0:2::1", false);
        check("10.0.0.1", "10.0.0.2", false);
        check("::ffff:10.0.0.1", "10.0.0.1", true);
    }

    #[test]
    fn the_memory_is_bounded() {
        let failures = Failures::default();
        let now = Instant::now();
        for address in 0..25_000_u32 {
            failures.note(IpAddr::from(address.to_be_bytes()), now);
        }
        assert!(failures.by_address.lock().unwrap().len() <= MAX_ADDRESSES);
    }
}
