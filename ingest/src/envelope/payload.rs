//! What stands where an envelope has its event: an event, several, another envelope, an event that was cut, or the log line
//! of another program.

use std::fmt;

use memchr::memmem;
use taffrail_event::json;
use taffrail_event::{AuditRecord, NotAudit};

use super::complete::complete;
use super::mark::annotate;
use super::object::Object;
use super::{Around, MAX_DEPTH, Opener, Recipient};
use crate::split::{Junk, JunkReason, Piece, SplitError, Splitter};

/// What CloudWatch Logs puts where it cut a message.
const CUT_MARK: &[u8] = b"[Truncated...]";

/// Words that only audit events and what wraps them have. Without any of them a record is none of ours.
const TRACES: [&[u8]; 7] = [
    b"auditID",
    b"audit.k8s.io",
    b"requestReceivedTimestamp",
    b"authorization.k8s.io/decision",
    b"protoPayload",
    b"logEvents",
    b"awslogs",
];

impl<R: Recipient> Opener<'_, R> {
    /// A JSON value: of a string its content, else the value itself.
    pub(super) fn content(&mut self, value: &[u8], around: &Around) -> Result<(), R::Error> {
        match value {
            [b'"', content @ .., b'"'] => {
                let text = json::unescape(content);
                self.holding(&text, |opener| opener.payload(&text, around))
            }
            _ => self.payload(value, around),
        }
    }

    /// The bytes in an envelope.
    pub(super) fn payload(&mut self, bytes: &[u8], around: &Around) -> Result<(), R::Error> {
        let bytes = bytes.trim_ascii();
        if around.depth > MAX_DEPTH {
            return self.broken(
                bytes,
                around,
                format_args!("more than {MAX_DEPTH} envelopes, one in the other"),
            );
        }
        let is_json = matches!(bytes.first(), Some(b'{' | b'['));
        match AuditRecord::decode(bytes) {
            Ok(_) => self.event(bytes, false, around),
            // One object, and whole.
            Err(NotAudit::NotAnEvent) => self.document(bytes, around),
            Err(_) if is_json || may_hold_events(bytes) => self.pieces(bytes, around),
            Err(_) => {
                self.recipient.skipped();
                Ok(())
            }
        }
    }

    /// A JSON object that is no event.
    fn document(&mut self, bytes: &[u8], around: &Around) -> Result<(), R::Error> {
        let is_list = || {
            let object = Object::of(bytes);
            object.array("items").is_some() || object.text("kind").is_some_and(|kind| kind == "EventList")
        };
        if is_list() { self.pieces(bytes, around) } else { self.envelope(bytes, around) }
    }

    /// A JSON object that is neither an event nor a list.
    fn envelope(&mut self, bytes: &[u8], around: &Around) -> Result<(), R::Error> {
        if self.object(bytes, around)? {
            return Ok(());
        }
        if has_trace(bytes) {
            return self.broken(bytes, around, "JSON that is no audit event and no envelope that is known");
        }
        self.recipient.skipped();
        Ok(())
    }

    /// Several documents or a list of them, text between them, or a document that was cut.
    fn pieces(&mut self, bytes: &[u8], around: &Around) -> Result<(), R::Error> {
        let bytes = bytes.strip_suffix(CUT_MARK).unwrap_or(bytes);
        let mut splitter = Splitter::new(bytes, self.limit as u64);
        loop {
            match splitter.next_piece() {
                Ok(Some(Piece::Item { bytes, cut })) => match AuditRecord::decode(bytes) {
                    Ok(_) => self.event(bytes, cut, around)?,
                    Err(_) => self.envelope(bytes, around)?,
                },
                Ok(Some(Piece::Junk(junk))) => self.junk(bytes, &junk, around)?,
                // A slice cannot fail.
                Ok(None) | Err(SplitError::Read(_) | SplitError::NoRoom) => return Ok(()),
            }
        }
    }

    /// A part of `bytes` that is not JSON throughout.
    fn junk(&mut self, bytes: &[u8], junk: &Junk, around: &Around) -> Result<(), R::Error> {
        let place = usize::try_from(junk.offset).ok().zip(usize::try_from(junk.size).ok());
        let bytes = place.and_then(|(from, size)| bytes.get(from..from + size)).unwrap_or(&junk.excerpt);
        // Nothing stands before it, or the reason would count from there.
        let bytes = bytes.trim_ascii_end();
        if is_cut(bytes, junk.reason)
            && let Some(event) = complete(bytes, around.time)
        {
            return self.holding(&event, |opener| opener.event(&event, false, around));
        }
        if has_trace(bytes) && !is_log_line(bytes) {
            return self.broken(bytes, around, junk.reason);
        }
        if !bytes.is_empty() {
            self.recipient.skipped();
        }
        Ok(())
    }

    pub(super) fn event(&mut self, event: &[u8], cut: bool, around: &Around) -> Result<(), R::Error> {
        let Some(api_server) = &around.api_server else { return self.recipient.event(event, cut) };
        let marked = annotate(event, api_server);
        self.recipient.event(&marked, cut)
    }

    pub(super) fn broken(
        &mut self,
        bytes: &[u8],
        around: &Around,
        reason: impl fmt::Display,
    ) -> Result<(), R::Error> {
        self.recipient.broken(bytes, format!("in {}: {reason}", around.form))
    }
}

/// Whether `bytes` are JSON up to their end, where they break off.
fn is_cut(bytes: &[u8], reason: JunkReason) -> bool {
    match reason {
        JunkReason::Truncated => true,
        // A line end within a string, or the next event.
        JunkReason::Malformed { at } => usize::try_from(at).is_ok_and(|at| at >= bytes.len()),
        JunkReason::NotJson | JunkReason::OpenList | JunkReason::TooLarge { .. } => false,
    }
}

/// Whether there may be an audit event in `bytes`, however deep in strings.
pub(super) fn has_trace(bytes: &[u8]) -> bool {
    TRACES.iter().any(|trace| memmem::find(bytes, trace).is_some())
}

/// Whether a text is more than a log line about audit events.
fn may_hold_events(text: &[u8]) -> bool {
    has_trace(text) && (!is_log_line(text) || memmem::find(text, b"\n{").is_some())
}

/// Whether it is a line as klog writes them: `I0110 22:13:00.640063       1 httplog.go:132] ...`.
fn is_log_line(bytes: &[u8]) -> bool {
    matches!(bytes, [b'I' | b'W' | b'E' | b'F', m1, m2, d1, d2, b' ', ..]
        if [m1, m2, d1, d2].iter().all(|byte| byte.is_ascii_digit()))
}
