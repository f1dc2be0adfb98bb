//! Logs that are followed: their lines go to the intake, and what becomes of them is counted like that of requests.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use taffrail_config::Settings;
use taffrail_event::{Gap, Position, Timestamp};
use taffrail_ingest::tail::{self, TailOptions, TailSink, TailStatus};
use taffrail_ingest::{Intake, IntakeError, IntakeOrigin, Receipt};

use super::receipts::Receipts;

/// Follows the logs of `ingest.tail` until `stop` is set.
pub(super) fn follow(
    settings: &Settings,
    dir: PathBuf,
    intake: Arc<Intake>,
    receipts: Receipts,
    status: &TailStatus,
    stop: &AtomicBool,
) -> anyhow::Result<()> {
    let options = TailOptions::new(&settings.ingest, &settings.cluster, dir);
    Ok(tail::run(&options, &CountedIntake { intake, receipts }, status, stop)?)
}

struct CountedIntake {
    intake: Arc<Intake>,
    receipts: Receipts,
}

impl TailSink for CountedIntake {
    fn receive(&self, origin: &IntakeOrigin, lines: &[u8]) -> Result<Receipt, IntakeError> {
        let received = Timestamp::now();
        let result = self.intake.receive(origin, lines);
        match &result {
            Ok(receipt) => self.receipts.note(origin, receipt, received),
            Err(error) => self.receipts.refused(error),
        }
        result
    }

    fn report_gap(&self, gap: &Gap) -> Result<Position, IntakeError> {
        self.intake.report_gap(gap)
    }
}
