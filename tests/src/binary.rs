//! Where the program under test is.

use std::path::PathBuf;

/// The program in one of its two builds (`scripts/build-test-binaries.sh`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binary {
    /// As users get it: `TAFFRAIL_BIN`.
    Plain,
    /// With crash points, at which `FAILPOINTS` can have it killed or held up: `TAFFRAIL_CRASH_BIN`.
    Crash,
}

impl Binary {
    /// The path of the executable.
    pub fn path(self) -> PathBuf {
        let variable = match self {
            Self::Plain => "TAFFRAIL_BIN",
            Self::Crash => "TAFFRAIL_CRASH_BIN",
        };
        match std::env::var_os(variable) {
            Some(path) => path.into(),
            None => panic!(
                "{variable} is not set, and this test starts the real program: run `make test`, \
                 or: eval \"$(scripts/build-test-binaries.sh)\" && cargo nextest run -p taffrail-tests"
            ),
        }
    }
}
