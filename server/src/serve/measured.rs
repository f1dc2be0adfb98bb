//! A sink whose commits are measured, and whose records are shown to those who watch.

use std::sync::Arc;
use std::time::{Duration, Instant};

use taffrail_event::{EventSink, Gap, RecordBatch, SinkError, Timestamp, WriteCounts};
use taffrail_query::Search;

use super::live::Live;
use crate::metrics::Metrics;

/// At least.
const COMMITS_TAKE: Duration = Duration::from_millis(1);

/// Passes everything on, and takes the time of whatever made documents searchable.
pub(super) struct Measured {
    sink: Box<dyn EventSink>,
    search: Arc<dyn Search>,
    live: Arc<Live>,
    metrics: Arc<Metrics>,
    last_commit: Option<Timestamp>,
}

impl Measured {
    pub(super) fn new(
        sink: Box<dyn EventSink>,
        search: Arc<dyn Search>,
        live: Arc<Live>,
        metrics: Arc<Metrics>,
    ) -> Self {
        let last_commit = search.progress().last_commit;
        Self { sink, search, live, metrics, last_commit }
    }

    fn measure<T>(&mut self, work: impl FnOnce(&mut dyn EventSink) -> T) -> T {
        let started = Instant::now();
        let result = work(&mut *self.sink);
        let took = started.elapsed();
        // A commit syncs files. What takes less was none, and asking has its price.
        if took < COMMITS_TAKE {
            return result;
        }
        let last_commit = self.search.progress().last_commit;
        if last_commit != self.last_commit {
            self.last_commit = last_commit;
            self.metrics.commits.observe(took.as_secs_f64());
        }
        result
    }
}

impl EventSink for Measured {
    fn write(&mut self, batch: &RecordBatch, offset: Option<u64>) -> Result<WriteCounts, SinkError> {
        let counts = self.measure(|sink| sink.write(batch, offset))?;
        if let Some(offset) = offset {
            self.live.push(offset, batch);
        }
        Ok(counts)
    }

    fn tick(&mut self) -> Result<WriteCounts, SinkError> {
        self.measure(|sink| sink.tick())
    }

    fn commit(&mut self) -> Result<(), SinkError> {
        self.measure(|sink| sink.commit())
    }

    fn finish(&mut self) -> Result<WriteCounts, SinkError> {
        self.measure(|sink| sink.finish())
    }

    fn report_gap(&mut self, gap: Gap) {
        self.sink.report_gap(gap);
    }

    fn replay_from(&self) -> u64 {
        self.sink.replay_from()
    }
}
