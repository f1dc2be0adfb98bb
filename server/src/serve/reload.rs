//! Looks after the files that may change while the server runs.

use std::sync::Arc;
use std::time::Duration;

use crate::tasks::StopFlag;
use crate::watched::Follow;

/// A change is in use within two looks. A look costs a `stat` of each file.
const INTERVAL: Duration = Duration::from_secs(1);

/// Looks until the stop. Polled, because what is mounted into a container does not always tell of its changes.
pub(super) fn run(followed: &[Arc<dyn Follow>], stop: &StopFlag) {
    while !stop.wait(INTERVAL) {
        followed.iter().for_each(|files| files.look());
    }
}
