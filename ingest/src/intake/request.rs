//! One request on its way: records into batches and batches into the journal, the rest into dead letters.

use std::fmt;
use std::io::Read;
use std::sync::Arc;

use taffrail_event::{BatchBuilder, NotAudit, Origin, Position, RecordFlags, crash_point};

use super::body::{Body, MAX_RATIO};
use super::budget::Share;
use super::{Intake, Receipt};
use crate::dead::{DeadLetter, reason};
use crate::envelope::{self, Recipient};
use crate::error::IntakeError;
use crate::journal::MAX_PAYLOAD_BYTES;
use crate::split::{Junk, JunkReason, Piece, SplitError, Splitter};

/// About the size of a journal frame: it is written, and read again, in one piece.
const FRAME_BYTES: usize = 1 << 20;

/// Dead letters of a request that wait for each other, by what they hold and by their number.
const LETTER_BYTES: usize = 1 << 20;
const LETTERS: usize = 256;

/// Leaves room for the frame's list of records.
const MAX_RECORD_BYTES: usize = MAX_PAYLOAD_BYTES - (1 << 20);

pub(super) struct Request<'a> {
    pub(super) intake: &'a Intake,
    pub(super) origin: Arc<Origin>,
    pub(super) share: &'a Share,
    pub(super) batch: BatchBuilder,
    letters: Vec<DeadLetter>,
    letter_bytes: usize,
    /// What an envelope that is being opened takes beside its item.
    opened_bytes: usize,
    /// The position after the last record in the journal.
    next: Option<u64>,
    records: u64,
    dead: u64,
    pub(super) dropped: u64,
    pub(super) folded: u64,
    cut: u64,
    pub(super) skipped: u64,
}

impl<'a> Request<'a> {
    pub(super) fn new(intake: &'a Intake, origin: Arc<Origin>, share: &'a Share) -> Self {
        let batch = BatchBuilder::new(Arc::clone(&origin));
        Self {
            intake,
            origin,
            share,
            batch,
            letters: Vec::new(),
            letter_bytes: 0,
            opened_bytes: 0,
            next: None,
            records: 0,
            dead: 0,
            dropped: 0,
            folded: 0,
            cut: 0,
            skipped: 0,
        }
    }

    pub(super) fn receive<R: Read>(mut self, body: Body<R>) -> Result<Receipt, IntakeError> {
        let limits = &self.intake.limits;
        let mut splitter = Splitter::with_room(body, limits.max_event_bytes, self.share.window());
        let mut corrupt_at = None;
        loop {
            match splitter.next_piece() {
                Ok(Some(Piece::Item { bytes, cut })) => self.item(bytes, cut)?,
                Ok(Some(Piece::Junk(junk))) => match splitter.reader().corrupt() {
                    // The input ended because the rest of it cannot be decoded.
                    Some(corrupt) if matches!(junk.reason, JunkReason::Truncated | JunkReason::OpenList) => {
                        corrupt_at = Some(junk.offset);
                        self.junk(&junk, corrupt)?;
                    }
                    _ => self.junk(&junk, junk.reason)?,
                },
                Ok(None) => break,
                Err(SplitError::NoRoom) => return Err(IntakeError::Busy),
                Err(SplitError::Read(error)) => {
                    return Err(if splitter.reader().is_too_large() {
                        IntakeError::TooLarge { limit: limits.max_decompressed_bytes, ratio: MAX_RATIO }
                    } else {
                        IntakeError::Body(error)
                    });
                }
            }
        }
        let mut body = splitter.into_reader();
        let bytes = body.decoded_bytes();
        if let Some(corrupt) = body.corrupt().map(str::to_owned) {
            body.drain().map_err(IntakeError::Body)?;
            if corrupt_at.is_none() {
                // No item is half decoded that could stand for it.
                self.junk(&body.into_junk(), &corrupt)?;
            }
        }
        self.finish(bytes)
    }

    fn item(&mut self, item: &[u8], cut: bool) -> Result<(), IntakeError> {
        let Some(refused) = self.record(item, cut)? else { return Ok(()) };
        let max_event_bytes = self.intake.limits.max_event_bytes;
        if matches!(refused, Refused::NotAudit(NotAudit::NotAnEvent))
            && envelope::open(item, max_event_bytes, self)?
        {
            return Ok(());
        }
        self.letter(DeadLetter::of_item(item, refused.reason(item), &self.origin, &self.intake.redactor))
    }

    /// Takes an event, or says why it is none that can be taken.
    fn record(&mut self, item: &[u8], cut: bool) -> Result<Option<Refused>, IntakeError> {
        if !self.share.hold_batch(self.batch.byte_len() + self.opened_bytes + item.len()) {
            return Err(IntakeError::Busy);
        }
        let redacted = self.intake.push(&mut self.batch, item, cut, &self.origin);
        match redacted {
            Ok(()) => self.cut += u64::from(cut),
            Err(Refused::Unwanted) => self.dropped += 1,
            Err(refused) => return Ok(Some(refused)),
        }
        self.flush_if_due()?;
        Ok(None)
    }

    pub(super) fn flush_if_due(&mut self) -> Result<(), IntakeError> {
        if self.batch.byte_len() >= FRAME_BYTES { self.flush() } else { Ok(()) }
    }

    pub(super) fn junk(&mut self, junk: &Junk, reason: impl fmt::Display) -> Result<(), IntakeError> {
        self.letter(DeadLetter::of_junk(junk, reason, &self.origin, &self.intake.redactor))
    }

    pub(super) fn letter(&mut self, letter: DeadLetter) -> Result<(), IntakeError> {
        self.dead += 1;
        self.letter_bytes += letter.held_bytes();
        if !self.share.hold_letters(self.letter_bytes) {
            return Err(IntakeError::Busy);
        }
        self.letters.push(letter);
        let is_full = self.letter_bytes >= LETTER_BYTES || self.letters.len() >= LETTERS;
        if is_full { self.store_letters() } else { Ok(()) }
    }

    fn store_letters(&mut self) -> Result<(), IntakeError> {
        self.intake.dead.append(&self.letters)?;
        self.letters.clear();
        self.letter_bytes = 0;
        self.share.hold_letters(0);
        Ok(())
    }

    /// Appends the batch to the journal; nothing is durable yet.
    fn flush(&mut self) -> Result<(), IntakeError> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let batch = self.batch.finish();
        let records = u32::try_from(batch.len()).unwrap_or(u32::MAX);
        let appended = self.intake.journal.append(&[&batch.encode_header(), batch.body()], records)?;
        crash_point("intake.appended");
        self.next = Some(appended.next);
        self.records += u64::from(records);
        drop(batch);
        self.share.hold_batch(self.opened_bytes);
        Ok(())
    }

    /// Makes all of it durable.
    pub(super) fn finish(mut self, bytes: u64) -> Result<Receipt, IntakeError> {
        self.flush()?;
        self.store_letters()?;
        let journal = &self.intake.journal;
        if let Some(next) = self.next {
            journal.wait_durable(next)?;
        }
        crash_point("intake.durable");
        let offset = self.next.unwrap_or_else(|| journal.durable());
        Ok(Receipt {
            position: Position { partition: 0, offset },
            records: self.records,
            dead: self.dead,
            dropped: self.dropped,
            folded: self.folded,
            cut: self.cut,
            skipped: self.skipped,
            bytes,
        })
    }
}

impl Intake {
    /// Appends the item, redacted, to the batch.
    pub(super) fn push(
        &self,
        batch: &mut BatchBuilder,
        item: &[u8],
        cut: bool,
        origin: &Origin,
    ) -> Result<(), Refused> {
        batch.push_with(|out| {
            let start = out.len();
            let flags = self.redactor.redact(item, out).map_err(Refused::NotAudit)?;
            if out.len() - start > MAX_RECORD_BYTES {
                return Err(Refused::TooLarge);
            }
            let flags = if cut { flags.union(RecordFlags::CUT) } else { flags };
            match &self.filter {
                Some(filter) if filter.drops(&out[start..], flags, origin) => Err(Refused::Unwanted),
                // The journal keeps no outline.
                _ => Ok((flags, None)),
            }
        })
    }
}

impl Recipient for Request<'_> {
    type Error = IntakeError;

    fn event(&mut self, bytes: &[u8], cut: bool) -> Result<(), IntakeError> {
        match self.record(bytes, cut)? {
            None => Ok(()),
            Some(refused) => self.broken(bytes, refused.to_string()),
        }
    }

    fn broken(&mut self, bytes: &[u8], reason: String) -> Result<(), IntakeError> {
        self.letter(DeadLetter::of_item(bytes, reason, &self.origin, &self.intake.redactor))
    }

    fn skipped(&mut self) {
        self.skipped += 1;
    }

    fn hold(&mut self, bytes: usize) -> Result<(), IntakeError> {
        self.opened_bytes = bytes;
        let is_held = self.share.hold_batch(self.batch.byte_len() + bytes);
        if is_held { Ok(()) } else { Err(IntakeError::Busy) }
    }
}

/// Why an item does not get into the journal.
pub(super) enum Refused {
    NotAudit(NotAudit),
    TooLarge,
    /// It is one, and is not to be kept.
    Unwanted,
}

impl Refused {
    /// Why that is, of this item.
    pub(super) fn reason(&self, item: &[u8]) -> String {
        match self {
            Self::NotAudit(not_audit) => reason(*not_audit, item),
            _ => self.to_string(),
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAudit(reason) => reason.fmt(f),
            Self::TooLarge => write!(f, "larger than {MAX_RECORD_BYTES} bytes after redaction"),
            Self::Unwanted => f.write_str("named by ingest.drop"),
        }
    }
}
