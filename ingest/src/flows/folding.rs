//! `ingest.fold_flows`: of records that differ in nothing but their time one is kept, and says how many they were.
//!
//! Only what is in one batch is folded, so that nobody has to wait for what may come, and what is acknowledged is stored. A record
//! that counts an interval stays: its source has folded it.

use std::collections::HashMap;
use std::time::Duration;

use taffrail_event::flow::{Flow, Folded, fold_into};
use taffrail_event::{BatchBuilder, Timestamp};

/// The records of a batch that others may be folded into.
#[derive(Debug)]
pub(super) struct Folding {
    interval_micros: i64,
    /// Their numbers and times, by the flow without its times.
    firsts: HashMap<Box<Flow>, (usize, Timestamp)>,
}

/// A record that others can be folded into once it is in the batch.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct First {
    flow: Box<Flow>,
    time: Timestamp,
}

/// What becomes of a record.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// One in the batch stands for it now.
    Folded,
    /// It is to be appended, as [`First::folded`] says, and then to be [noted](Folding::note).
    First(First),
    /// It is to be appended, and stays alone.
    Alone(Box<Flow>),
}

impl Folding {
    /// Folds what is less than `interval` apart; nothing if that is zero.
    pub(super) fn new(interval: Duration) -> Self {
        let interval_micros = i64::try_from(interval.as_micros()).unwrap_or(i64::MAX);
        Self { interval_micros, firsts: HashMap::new() }
    }

    /// Whether anything is folded.
    pub(super) fn is_on(&self) -> bool {
        self.interval_micros > 0
    }

    /// The place of a flow that is about to be appended to `batch`.
    pub(super) fn place(&mut self, batch: &mut BatchBuilder, mut flow: Box<Flow>) -> Place {
        if !self.is_on() || flow.precision_s > 0 || flow.end > flow.start {
            return Place::Alone(flow);
        }
        if batch.is_empty() {
            self.firsts.clear();
        }
        let time = flow.start;
        (flow.start, flow.end) = (Timestamp::default(), Timestamp::default());
        if let Some((number, first)) = self.firsts.get(&flow) {
            let apart = time.micros().saturating_sub(first.micros());
            let record = batch.record_mut(*number).filter(|_| (0..self.interval_micros).contains(&apart));
            if record.is_some_and(|record| fold_into(record, time)) {
                return Place::Folded;
            }
        }
        Place::First(First { flow, time })
    }

    /// It is the last record of `batch` now.
    pub(super) fn note(&mut self, batch: &BatchBuilder, first: First) {
        self.firsts.insert(first.flow, (batch.len().saturating_sub(1), first.time));
    }
}

impl First {
    /// Nothing is folded into it yet.
    pub(super) fn folded(&self) -> Folded {
        Folded { records: 1, last: self.time }
    }
}

#[cfg(test)]
mod tests;
