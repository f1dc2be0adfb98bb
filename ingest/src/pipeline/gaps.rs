//! What the journal could not give back, as stretches of time.
//!
//! The lost records took their times with them: they came in between the batches before and after them.

use taffrail_event::{EventSink, Gap, Timestamp};

use crate::journal::Damage;

#[derive(Debug, Default)]
pub(super) struct Losses {
    /// When the last good batch came in.
    before: Option<Timestamp>,
    pending: Option<Pending>,
}

#[derive(Debug)]
struct Pending {
    /// `None`: unknown.
    lost: Option<u64>,
    reason: String,
}

impl Losses {
    pub(super) fn add(&mut self, damage: &Damage) {
        if damage.lost != Some(0) {
            self.merge(damage.lost, || damage.to_string());
        }
    }

    pub(super) fn add_records(&mut self, records: u32) {
        self.merge(Some(u64::from(records)), || "a journal frame was malformed".to_owned());
    }

    /// Tells the sink of what was lost before the batch that came in at `received`.
    pub(super) fn report(&mut self, received: Timestamp, sink: &mut dyn EventSink) {
        if let Some(Pending { lost, reason }) = self.pending.take() {
            let from = self.before.unwrap_or(received).min(received);
            // A gap has an extent even if both neighbours came in at once.
            let to = received.max(from.plus_micros(1));
            sink.report_gap(Gap { cluster: String::new(), source: "journal".into(), from, to, lost, reason });
        }
        self.before = Some(received);
    }

    fn merge(&mut self, lost: Option<u64>, reason: impl FnOnce() -> String) {
        match &mut self.pending {
            Some(pending) => pending.lost = pending.lost.zip(lost).map(|(one, other)| one + other),
            None => self.pending = Some(Pending { lost, reason: reason() }),
        }
    }
}
