//! A page of dead letters as the API sends it.

use serde::{Deserialize, Serialize};
use taffrail_ingest::DeadLetter;

/// Dead letters, newest first, and where to go on.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct DeadLettersPage {
    /// The letters.
    pub(crate) deadletters: Vec<DeadLetter>,
    /// The cursor of the next page.
    #[serde(default)]
    pub(crate) next: Option<String>,
}
