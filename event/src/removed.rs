//! What retention took away: part of how complete an answer is.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// Events of one class that are no longer there, or were too old to be taken at all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removed {
    /// The class: `change`, `access`.
    pub class: String,
    /// Events before this time may be missing; those at and after it are not.
    pub before: Timestamp,
    /// When the last of them were removed.
    pub at: Timestamp,
}
