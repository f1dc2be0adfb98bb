//! Dead letters once more through the intake, after what was in their way is gone: a release that decodes more, another
//! setting.
//!
//! A letter that holds its whole record is read as a request of its own would be. Its records become durable first, then the
//! letter goes; a crash between leaves a letter whose replay adds nothing. One that still is no event stays as it is.

use std::sync::Arc;

use taffrail_event::{BatchBuilder, Key, NotAudit, Origin, Via, crash_point};

use super::Intake;
use super::request::Refused;
use crate::dead::DeadLetter;
use crate::envelope::{self, Recipient};
use crate::error::IntakeError;
use crate::flows::{FlowHints, LeftOut};
use crate::split::{Piece, Splitter};

/// Letters named in a report at most; the others are only counted.
const MAX_NAMED: usize = 100;

/// What became of dead letters that were replayed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReplayReport {
    /// Letters that are no longer there, because their records are.
    pub replayed: u64,
    /// The records.
    pub records: u64,
    /// Records of them that were not kept because `ingest.drop` names them.
    pub dropped: u64,
    /// The journal position behind the last record.
    pub end: Option<u64>,
    /// Letters that still are no events.
    pub still_dead: u64,
    /// The first of them, with what is in their way now.
    pub reasons: Vec<(Key, String)>,
    /// Letters that hold only the beginning of their record: the source has to send it again.
    pub not_whole: u64,
}

impl Intake {
    /// Replays the letters that `wanted` names. When it returns, everything that it reports is durable.
    pub fn replay(&self, wanted: &dyn Fn(&DeadLetter) -> bool) -> Result<ReplayReport, IntakeError> {
        let mut report = ReplayReport::default();
        for file in self.dead.files()? {
            let mut gone = Vec::new();
            for letter in self.dead.letters_of(file)?.iter().filter(|letter| wanted(letter)) {
                if self.replay_one(letter, &mut report)? {
                    gone.push(letter.id);
                }
            }
            if let Some(end) = report.end {
                self.journal.wait_durable(end)?;
            }
            crash_point("replay.durable");
            self.dead.forget(file, &gone)?;
            report.replayed += gone.len() as u64;
        }
        Ok(report)
    }

    /// Whether the letter may go once the journal is durable.
    fn replay_one(&self, letter: &DeadLetter, report: &mut ReplayReport) -> Result<bool, IntakeError> {
        if !letter.is_whole() {
            report.not_whole += 1;
            return Ok(false);
        }
        match self.decode(letter) {
            Ok(mut decoded) => {
                report.dropped += decoded.dropped;
                if !decoded.batch.is_empty() {
                    let batch = decoded.batch.finish();
                    let records = u32::try_from(batch.len()).unwrap_or(u32::MAX);
                    let appended = self.journal.append(&[&batch.encode_header(), batch.body()], records)?;
                    report.records += u64::from(records);
                    report.end = Some(appended.next);
                }
                Ok(true)
            }
            Err(reason) => {
                report.still_dead += 1;
                if report.reasons.len() < MAX_NAMED {
                    report.reasons.push((letter.id, reason));
                }
                Ok(false)
            }
        }
    }

    /// What is in the letter, or why it still is nothing.
    fn decode(&self, letter: &DeadLetter) -> Result<Decoded<'_>, String> {
        let origin = Arc::new(Origin {
            cluster: letter.cluster.as_str().into(),
            source: letter.source.as_str().into(),
            via: via(&letter.source),
            received: letter.time,
        });
        let batch = BatchBuilder::new(Arc::clone(&origin));
        let mut decoded = Decoded { intake: self, origin, batch, dropped: 0, skipped: 0 };
        if decoded.flow(letter.excerpt.as_bytes()) {
            return Ok(decoded);
        }
        let mut splitter = Splitter::new(letter.excerpt.as_bytes(), self.limits.max_event_bytes);
        loop {
            match splitter.next_piece() {
                Ok(Some(Piece::Item { bytes, cut })) => decoded.item(bytes, cut)?,
                Ok(Some(Piece::Junk(junk))) => return Err(junk.reason.to_string()),
                Ok(None) if decoded.is_empty() => return Err("there is nothing in it".to_owned()),
                Ok(None) => return Ok(decoded),
                Err(error) => return Err(error.to_string()),
            }
        }
    }
}

/// What came out of a letter so far. The first thing that is no event ends it.
struct Decoded<'a> {
    intake: &'a Intake,
    origin: Arc<Origin>,
    batch: BatchBuilder,
    dropped: u64,
    skipped: u64,
}

impl Decoded<'_> {
    /// Takes a flow record. No audit event is one, and what the sender said beside it is gone.
    fn flow(&mut self, record: &[u8]) -> bool {
        let hints = FlowHints::default();
        match self.intake.flow_lines(&hints).push(&mut self.batch, &self.origin, record, 0) {
            Ok(()) => true,
            Err(LeftOut::Unwanted) => {
                self.dropped += 1;
                true
            }
            Err(
                LeftOut::Folded
                | LeftOut::PassedOver
                | LeftOut::Broken(_)
                | LeftOut::Masked
                | LeftOut::TooLong,
            ) => false,
        }
    }

    fn item(&mut self, item: &[u8], cut: bool) -> Result<(), String> {
        let Err(refused) = self.push(item, cut) else { return Ok(()) };
        let is_envelope = matches!(refused, Refused::NotAudit(NotAudit::NotAnEvent))
            && envelope::open(item, self.intake.limits.max_event_bytes, self)?;
        if is_envelope { Ok(()) } else { Err(refused.reason(item)) }
    }

    fn push(&mut self, item: &[u8], cut: bool) -> Result<(), Refused> {
        match self.intake.push(&mut self.batch, item, cut, &self.origin) {
            Err(Refused::Unwanted) => {
                self.dropped += 1;
                Ok(())
            }
            pushed => pushed,
        }
    }

    fn is_empty(&self) -> bool {
        self.batch.is_empty() && self.dropped == 0 && self.skipped == 0
    }
}

impl Recipient for Decoded<'_> {
    type Error = String;

    fn event(&mut self, bytes: &[u8], cut: bool) -> Result<(), String> {
        self.push(bytes, cut).map_err(|refused| refused.to_string())
    }

    fn broken(&mut self, _bytes: &[u8], reason: String) -> Result<(), String> {
        Err(reason)
    }

    fn skipped(&mut self) {
        self.skipped += 1;
    }

    /// A letter is small, and what it expands to is bounded.
    fn hold(&mut self, _bytes: usize) -> Result<(), String> {
        Ok(())
    }
}

/// The route of a source: `webhook`, `import:FILE`.
fn via(source: &str) -> Via {
    let route = source.split(':').next().unwrap_or_default();
    Via::ALL.into_iter().find(|via| via.name() == route).unwrap_or(Via::Webhook)
}
