//! A page of dead letters as the API sends it.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use taffrail_ingest::DeadLetter;

use crate::read::Coverage;

/// Dead letters, newest first, and where to go on.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct DeadLettersPage {
    /// The letters.
    pub(crate) deadletters: Vec<DeadLetter>,
    /// The cursor of the next page.
    #[serde(default)]
    pub(crate) next: Option<String>,
    /// How many there are in all.
    #[serde(default)]
    pub(crate) totals: Value,
    /// How complete the answer is.
    #[serde(default)]
    pub(crate) coverage: Option<Coverage>,
}
