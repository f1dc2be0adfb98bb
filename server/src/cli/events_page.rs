//! A page of events as the API sends it, each event left as it came: what is not understood is passed on all the same.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::read::{Coverage, TotalBody};

/// Events, and where to go on.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct EventsPage {
    /// Each as the API shows it.
    pub(crate) events: Vec<Box<RawValue>>,
    /// The cursor of the next page.
    pub(crate) next: Option<String>,
    /// How many match in all.
    pub(crate) total: TotalBody,
    /// What the answer can and cannot speak for.
    pub(crate) coverage: Coverage,
    /// How long it took.
    pub(crate) took_ms: u64,
}
