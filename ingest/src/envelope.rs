//! Envelopes: audit events as cloud providers and log shippers wrap them.
//!
//! An item that is no event itself is opened here, the same way for every source. What comes out are events, which are
//! redacted like any other; what should be one and is not (a dead letter); and what is of no concern: the text logs of
//! other programs, the records of other services in a mixed stream. Which envelopes there are and how each is recognised:
//! docs/formats.md.
//!
//! Invariants: an envelope never says for which cluster it is, only the path or the flag does; a broken record does not harm
//! its neighbours; at most four envelopes are opened one in the other, of which one may be in base64 or compressed;
//! nothing is expanded beyond the largest event.

mod aks;
mod cloudwatch;
mod complete;
mod gke;
mod mark;
mod object;
mod otlp;
mod packed;
mod payload;
mod shipper;
#[cfg(test)]
mod tests;

use taffrail_event::Timestamp;

use object::Object;

/// Envelopes in envelopes: a shipper's record with a batch of a cloud provider whose records hold the event makes three.
const MAX_DEPTH: u8 = 4;

/// Who takes what is found in an envelope.
pub trait Recipient {
    /// Why it takes no more.
    type Error;

    /// `bytes` are an audit event; `cut` if it was too large and its bodies are `null` now.
    fn event(&mut self, bytes: &[u8], cut: bool) -> Result<(), Self::Error>;

    /// `bytes` should be an audit event and are none.
    fn broken(&mut self, bytes: &[u8], reason: String) -> Result<(), Self::Error>;

    /// There was something that has nothing to do with audit events.
    fn skipped(&mut self);

    /// So many bytes are about to be in memory beside the item, until told otherwise.
    fn hold(&mut self, bytes: usize) -> Result<(), Self::Error>;
}

/// Opens `item`, a JSON value that is no audit event, if it is an envelope. `false`: it is none that is known, and nothing
/// came out. `max_event_bytes` bounds what anything in it is expanded to.
///
/// # Errors
/// The first one of `recipient`; then nothing more comes.
pub fn open<R: Recipient>(item: &[u8], max_event_bytes: u64, recipient: &mut R) -> Result<bool, R::Error> {
    let limit = usize::try_from(max_event_bytes).unwrap_or(usize::MAX);
    let mut opener = Opener { recipient, limit, held: 0 };
    opener.object(item, &Around::default())
}

struct Opener<'o, R: Recipient> {
    recipient: &'o mut R,
    /// The largest event, and the most that anything is expanded to.
    limit: usize,
    held: usize,
}

/// What the envelopes around a payload say about it.
#[derive(Debug, Clone, Default)]
struct Around {
    /// The innermost envelope, in words.
    form: &'static str,
    /// When the record was written, for events that are cut before they say so.
    time: Option<Timestamp>,
    /// The API server that wrote it.
    api_server: Option<String>,
    depth: u8,
    is_unpacked: bool,
}

impl Around {
    /// Within one more envelope.
    fn within(&self, form: &'static str) -> Self {
        Self { form, depth: self.depth + 1, ..self.clone() }
    }
}

impl<R: Recipient> Opener<'_, R> {
    /// Opens the envelope that `value` is. `false`: none that is known.
    fn object(&mut self, value: &[u8], around: &Around) -> Result<bool, R::Error> {
        let object = Object::of(value);
        Ok(self.log_entry(&object, around)?
            || self.cloudwatch(&object, around)?
            || self.records(&object, around)?
            || self.aks(&object, around)?
            || self.otlp(&object, around)?
            || self.pub_sub(&object, around)?
            || self.shipper(&object, around)?)
    }

    /// `{"records": [...]}`: Event Hubs, Firehose, Kinesis. Each record is an envelope, or of no concern.
    fn records(&mut self, object: &Object<'_>, around: &Around) -> Result<bool, R::Error> {
        let Some(records) = object.array("records").or_else(|| object.array("Records")) else {
            return Ok(false);
        };
        let around = around.within("a batch of records");
        for record in taffrail_event::json::elements(records) {
            self.payload(&records[record], &around)?;
        }
        Ok(true)
    }

    /// Runs `open` with `bytes` counted as held.
    fn holding(
        &mut self,
        bytes: &[u8],
        open: impl FnOnce(&mut Self) -> Result<(), R::Error>,
    ) -> Result<(), R::Error> {
        self.held += bytes.len();
        self.recipient.hold(self.held)?;
        let opened = open(self);
        self.held -= bytes.len();
        opened?;
        self.recipient.hold(self.held)
    }
}
