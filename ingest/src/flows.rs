//! Flow records on their way in: each line is recognised by itself, redacted and put into a batch.
//!
//! What tells of lost flows becomes a gap. What belongs to a source of flows and is none is passed over: the kernel logs more
//! than packets. What is broken, or of a format that is not read yet, is for the dead letters.

mod folding;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use taffrail_event::flow::{self, Clock, Context, Flow, FlowRecord, Format, NotAFlow, Recognised, Stands};
use taffrail_event::{BatchBuilder, Gap, Known, Origin, RecordFlags, Timestamp};

use self::folding::{First, Folding, Place};
use crate::filter::Filter;
use crate::redact::Redactor;

/// A longer line is no flow.
pub(crate) const MAX_LINE_BYTES: usize = 1 << 20;

/// So many lines say what a file holds: other programs write into the kernel's log, too.
const LINES_LOOKED_AT: usize = 50;

/// What the sender says of its records.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FlowHints {
    /// Their format; else each is recognised.
    pub format: Option<Format>,
    /// The node that they come from, where they do not say; or `""`.
    pub node: Arc<str>,
    /// When that node was started: for records that count from there.
    pub started: Option<Timestamp>,
    /// Where the first line stands in its file, if it comes from one.
    pub offset: Option<u64>,
}

/// Why a line is not in the batch.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum LeftOut {
    /// Nobody asks for it.
    PassedOver,
    /// `ingest.drop` names it.
    Unwanted,
    /// One that is there stands for it, too.
    Folded,
    /// It is a flow that cannot be read, or nothing that we know.
    Broken(NotAFlow),
    /// Once its secrets are masked it is no flow any more.
    Masked,
    /// It is longer than a flow may be.
    TooLong,
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PassedOver => f.write_str("it is no flow"),
            Self::Unwanted => f.write_str("named by ingest.drop"),
            Self::Folded => f.write_str("folded into another one by ingest.fold_flows"),
            Self::Broken(reason) => reason.fmt(f),
            Self::Masked => f.write_str("a flow that cannot be read once its secrets are masked"),
            Self::TooLong => write!(f, "a line of more than {MAX_LINE_BYTES} bytes"),
        }
    }
}

/// Takes the lines of one source.
pub(crate) struct FlowLines<'a> {
    redactor: &'a Redactor,
    filter: Option<&'a dyn Filter>,
    hints: &'a FlowHints,
    folding: Folding,
    keeps_flows: bool,
}

impl<'a> FlowLines<'a> {
    /// `fold` as in `ingest.fold_flows`.
    pub(crate) fn new(
        redactor: &'a Redactor,
        filter: Option<&'a dyn Filter>,
        hints: &'a FlowHints,
        fold: Duration,
    ) -> Self {
        Self { redactor, filter, hints, folding: Folding::new(fold), keeps_flows: false }
    }

    /// Hands on what was read with the records: for batches that are indexed at once, and not written to the journal.
    pub(crate) fn keeping_flows(self) -> Self {
        Self { keeps_flows: true, ..self }
    }

    /// Appends the flow in `line`, which stands at `offset` behind the first one.
    pub(crate) fn push(
        &mut self,
        batch: &mut BatchBuilder,
        origin: &Origin,
        line: &[u8],
        offset: u64,
    ) -> Result<(), LeftOut> {
        let line = line.trim_ascii();
        // Behind a record of /dev/kmsg stand lines with its properties.
        if line.is_empty() || is_kmsg_property(line) {
            return Err(LeftOut::PassedOver);
        }
        if line.len() > MAX_LINE_BYTES {
            return Err(LeftOut::TooLong);
        }
        let FlowHints { format, node, started, .. } = self.hints;
        let context = Context { format: *format, node, received: origin.received, started: *started };
        let found = if self.keeps_flows || self.folding.is_on() {
            FlowRecord::read(line, &context).map(Recognised::Read)
        } else {
            FlowRecord::recognise(line, &context)
        };
        match found {
            // No format that is known so soon is one of lines, which are told apart by their place.
            Ok(Recognised::Flow(format)) => {
                self.append(batch, origin, line, (format, &context), Stands::default(), None)
            }
            Ok(Recognised::Read(FlowRecord::Flow(flow))) => {
                let place =
                    self.hints.offset.filter(|_| is_told_by_its_place(&flow)).map(|from| from + offset);
                let format = flow.format;
                let (first, read) = match self.folding.place(batch, flow) {
                    Place::Folded => return Err(LeftOut::Folded),
                    // Of what would be stored under another node something else is read.
                    Place::Alone(flow)
                        if self.keeps_flows && (node.is_empty() || flow::is_node_name(node)) =>
                    {
                        (None, Some(flow))
                    }
                    Place::Alone(_) => (None, None),
                    Place::First(first) => (Some(first), None),
                };
                let stands = Stands { place, folded: first.as_ref().map(First::folded) };
                self.append(batch, origin, line, (format, &context), stands, read)?;
                if let Some(first) = first {
                    self.folding.note(batch, first);
                }
                Ok(())
            }
            Ok(Recognised::Read(FlowRecord::Lost { from, to, lost, reason })) => {
                let gap = Gap {
                    cluster: origin.cluster.to_string(),
                    source: origin.source.to_string(),
                    from,
                    to: to.max(from.plus_micros(1)),
                    lost,
                    reason,
                };
                batch.push(&gap.encode(), RecordFlags::GAP);
                Ok(())
            }
            Err(NotAFlow::Other { .. }) => Err(LeftOut::PassedOver),
            Err(reason) => Err(LeftOut::Broken(reason)),
        }
    }

    /// Appends what is known to be a flow; `read` is what it says, for whoever wants it.
    fn append(
        &self,
        batch: &mut BatchBuilder,
        origin: &Origin,
        line: &[u8],
        (format, context): (Format, &Context<'_>),
        stands: Stands,
        read: Option<Box<Flow>>,
    ) -> Result<(), LeftOut> {
        batch.push_with(|out| {
            let start = out.len();
            flow::write_stored(format, context, stands, out, |out| self.redactor.redact_flow(line, out));
            let (flags, stored) = (RecordFlags::FLOW, &out[start..]);
            let is_whole = stored.ends_with(line);
            // Whoever reads it later must be able to.
            if !is_whole && flow::StoredFlow::decode(stored).is_none() {
                return Err(LeftOut::Masked);
            }
            match self.filter {
                Some(filter) if filter.drops(stored, flags, origin) => Err(LeftOut::Unwanted),
                _ => Ok((flags, read.filter(|_| is_whole).map(|flow| Known::Flow(flow.into())))),
            }
        })
    }
}

/// ` SUBSYSTEM=net`, but without the space that was trimmed.
fn is_kmsg_property(line: &[u8]) -> bool {
    [&b"SUBSYSTEM="[..], b"DEVICE="].into_iter().any(|property| line.starts_with(property))
}

/// Whether the same bytes at another place are another packet: their time is not exact enough to tell.
fn is_told_by_its_place(flow: &Flow) -> bool {
    let is_line = matches!(flow.format, Format::CalicoLog | Format::CalicoBpfLog);
    is_line && (flow.clock == Clock::Received || flow.start.micros() % 1_000_000 == 0)
}

/// Whether these are lines of flow records rather than audit events.
pub(crate) fn are_flows(beginning: &[u8]) -> bool {
    let context = Context { format: None, node: "", received: Timestamp::now(), started: None };
    let lines =
        beginning.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    lines.take(LINES_LOOKED_AT).any(|line| {
        line.len() <= MAX_LINE_BYTES
            && !matches!(
                FlowRecord::read(line, &context),
                Err(NotAFlow::Unknown | NotAFlow::Incomplete { .. })
            )
    })
}

#[cfg(test)]
mod tests;
