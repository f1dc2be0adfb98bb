//! A fake sink for tests: keeps what it gets, and fails when told to.

use std::collections::VecDeque;

use taffrail_event::{EventSink, Gap, RecordBatch, RecordFlags, SinkError, WriteCounts};

#[derive(Debug, Default)]
pub(crate) struct FakeSink {
    pub(crate) records: Vec<Vec<u8>>,
    pub(crate) flags: Vec<RecordFlags>,
    pub(crate) sources: Vec<String>,
    pub(crate) offsets: Vec<Option<u64>>,
    pub(crate) gaps: Vec<Gap>,
    pub(crate) ticks: u64,
    pub(crate) finished: u64,
    /// Everything below is committed.
    pub(crate) committed: u64,
    /// Whether a tick commits.
    pub(crate) commits_when_ticked: bool,
    /// The next answers to `write`, before it takes anything again.
    pub(crate) refusals: VecDeque<SinkError>,
    pub(crate) taken: u64,
}

impl FakeSink {
    pub(crate) fn texts(&self) -> Vec<String> {
        self.records.iter().map(|record| String::from_utf8_lossy(record).into_owned()).collect()
    }
}

impl EventSink for FakeSink {
    fn write(&mut self, batch: &RecordBatch, offset: Option<u64>) -> Result<WriteCounts, SinkError> {
        if let Some(refusal) = self.refusals.pop_front() {
            return Err(refusal);
        }
        for (record, flags) in batch.records() {
            self.records.push(record.to_vec());
            self.flags.push(flags);
        }
        self.sources.push(batch.origin.source.as_ref().to_owned());
        self.offsets.push(offset);
        let count = batch.len() as u64;
        self.taken = offset.map_or(self.taken, |offset| offset + count);
        Ok(WriteCounts { read: count, kept: count, ..WriteCounts::default() })
    }

    fn tick(&mut self) -> Result<WriteCounts, SinkError> {
        self.ticks += 1;
        if self.commits_when_ticked {
            self.committed = self.taken;
        }
        Ok(WriteCounts::default())
    }

    fn commit(&mut self) -> Result<(), SinkError> {
        self.committed = self.taken;
        Ok(())
    }

    fn finish(&mut self) -> Result<WriteCounts, SinkError> {
        self.finished += 1;
        Ok(WriteCounts::default())
    }

    fn report_gap(&mut self, gap: Gap) {
        self.gaps.push(gap);
    }

    fn replay_from(&self) -> u64 {
        self.committed
    }
}
