//! What is wrong, why, and what to do about it.

use serde::Serialize;

/// One thing to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// Which check found it; scripts may rely on the names.
    pub(super) check: &'static str,
    /// Events are lost or cannot be found; else it would be better otherwise.
    #[serde(rename = "urgent")]
    pub(super) is_urgent: bool,
    /// In a few words, with names.
    pub(super) problem: String,
    /// Why that is, or may be.
    pub(super) cause: String,
    /// What to do.
    pub(super) fix: String,
}

impl Finding {
    /// Something is lost or cannot be found.
    pub(super) fn urgent(
        check: &'static str,
        problem: impl Into<String>,
        cause: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self { check, is_urgent: true, problem: problem.into(), cause: cause.into(), fix: fix.into() }
    }

    /// Something would be better otherwise.
    pub(super) fn advice(
        check: &'static str,
        problem: impl Into<String>,
        cause: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self { is_urgent: false, ..Self::urgent(check, problem, cause, fix) }
    }
}
