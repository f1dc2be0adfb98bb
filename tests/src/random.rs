//! Reproducible random numbers: a failing run is repeated with the seed that it prints.

/// SplitMix64.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The sequence of that seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A seed of its own for every run, unless `TAFFRAIL_SEED` names one. Printed, so that it can be named.
    pub fn of_run(name: &str) -> Self {
        let seed = match std::env::var("TAFFRAIL_SEED") {
            Ok(seed) => seed.parse().expect("TAFFRAIL_SEED is a number"),
            Err(_) => seed_from_clock(),
        };
        announce(name, seed);
        Self(seed)
    }

    /// The next number.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound.max(1)).expect("usize fits into u64");
        usize::try_from(self.next_u64() % bound).expect("less than a usize")
    }

    /// True in `percent` of a hundred cases.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// Any of them.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    /// A generator of its own for a thread.
    pub fn fork(&mut self) -> Self {
        Self(self.next_u64())
    }
}

fn seed_from_clock() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(1, |now| now.as_secs() ^ u64::from(now.subsec_nanos()))
}

#[allow(clippy::print_stderr, reason = "the seed belongs into the output of a failed test")]
fn announce(name: &str, seed: u64) {
    eprintln!("{name}: repeat this run with TAFFRAIL_SEED={seed}");
}
