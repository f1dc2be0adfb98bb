//! Records in: from the webhook and from followed logs into the journal, from the journal into the sink, and from files
//! straight into the sink.
//!
//! Flow: [`Intake::receive`] decompresses a request, the splitter cuts it into items at byte level, the [`redact`] rules
//! rewrite each item, and the [`journal`] makes batches of them durable before the sender gets its answer. Items that are
//! no events but hold some are opened first ([`envelope`]).
//! [`pipeline::run`] reads the journal and feeds an [`EventSink`](taffrail_event::EventSink). [`import`](import::import)
//! skips the journal: the file is the durable copy until the sink has committed. [`tail::run`] hands the lines of logs that
//! are still being written to the intake. What cannot be decoded goes, masked, to
//! the [`DeadLetters`] and never harms its neighbours.
//!
//! Invariants: nothing that is not redacted reaches a disk or a log line; nothing is acknowledged before it is durable;
//! memory is bounded whatever a sender does.

mod dead;
pub mod envelope;
mod error;
#[cfg(test)]
mod fake_sink;
mod filter;
mod flows;
pub mod import;
mod intake;
pub mod journal;
pub mod pipeline;
pub mod redact;
pub mod split;
pub mod tail;

pub use dead::{DeadLetter, DeadLetterPage, DeadLetterTotals, DeadLetters};
pub use error::{IngestError, IntakeError};
pub use filter::Filter;
pub use flows::FlowHints;
pub use intake::{Intake, IntakeLimits, IntakeOrigin, IntakeTotals, Receipt, ReplayReport};
