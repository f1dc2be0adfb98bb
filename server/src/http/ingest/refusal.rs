//! What a sender is told when its request was not taken.

use std::io::ErrorKind;

use taffrail_ingest::IntakeError;

use crate::http::problem::{Code, Problem};
use crate::serve::{Receipts, Refusal};

/// A full disk does not empty itself; within ten seconds a commit may have freed the journal.
const RETRY_WHEN_FULL_S: u32 = 10;

/// The answer. What is in everybody's way is remembered: until it is gone the process is not ready, and its status says
/// why.
pub(super) fn refusal(error: &IntakeError, receipts: &Receipts) -> Problem {
    receipts.refused(error);
    let detail = Refusal::of(error).map_or_else(|| error.to_string(), |refusal| refusal.reason);
    match error {
        IntakeError::Busy => Problem::new(Code::TooManyRequests, detail).retry_after(1),
        IntakeError::DiskFull(_) => Problem::new(Code::DiskFull, detail).retry_after(RETRY_WHEN_FULL_S),
        IntakeError::JournalFull(_) => Problem::new(Code::JournalFull, detail).retry_after(RETRY_WHEN_FULL_S),
        IntakeError::Failed(_) => Problem::new(
            Code::JournalFailed,
            "nothing can be made durable at the moment; the server's log says why",
        )
        .retry_after(RETRY_WHEN_FULL_S),
        IntakeError::Body(source) if source.kind() == ErrorKind::TimedOut => {
            Problem::new(Code::BodyTimeout, detail)
        }
        IntakeError::Body(_) => Problem::new(Code::BodyIncomplete, detail),
        IntakeError::TooLarge { .. } => Problem::new(Code::BodyTooLarge, detail),
    }
}
