//! From the journal into the sink.

use std::sync::atomic::AtomicBool;

use taffrail_event::{EventSink, WriteCounts};

use crate::error::IngestError;
use crate::journal::Journal;

/// What the pipeline does, for status and metrics. Share it in an `Arc`.
#[derive(Debug, Default)]
pub struct PipelineStatus {}

impl PipelineStatus {
    /// The journal offset up to which records were given to the sink.
    pub fn position(&self) -> u64 {
        unimplemented!()
    }

    /// What became of them since the start.
    pub fn counts(&self) -> WriteCounts {
        unimplemented!()
    }

    /// Why the sink does not take records at the moment; `None` while it does.
    pub fn trouble(&self) -> Option<String> {
        unimplemented!()
    }
}

/// Feeds `sink` from where it left off until `stop` is set; then commits what is durable and returns. Blocks.
pub fn run(
    _journal: &Journal,
    _sink: &mut dyn EventSink,
    _stop: &AtomicBool,
    _status: &PipelineStatus,
) -> Result<(), IngestError> {
    unimplemented!()
}
