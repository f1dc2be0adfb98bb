//! One record of a source of flows, whatever its format.

use super::format::{Format, NotAFlow};
use super::kernel_line::KernelLine;
use super::loose::Loose;
use super::{Flow, calico, calico_dns, calico_log, goldmane, hubble};
use crate::time::Timestamp;

/// What one record of a source of flows says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FlowRecord {
    /// A flow.
    Flow(Box<Flow>),
    /// That the source left flows out.
    Lost {
        /// The first moment for which they are missing.
        from: Timestamp,
        /// The end of that time.
        to: Timestamp,
        /// How many; null where the source does not say.
        lost: Option<u64>,
        /// Why, in plain words.
        reason: String,
    },
}

/// What is found in a record without reading more of it than has to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recognised {
    /// A flow of this format: [`FlowRecord::read`] is known to find one.
    Flow(Format),
    /// It took all of it to know.
    Read(FlowRecord),
}

/// What is known of a record beside its bytes.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The format, where the sender says it; else it is recognised.
    pub format: Option<Format>,
    /// The node that it comes from, where the record does not say; or `""`.
    pub node: &'a str,
    /// When it came in.
    pub received: Timestamp,
    /// When the node was started: for records that count from there.
    pub started: Option<Timestamp>,
}

impl FlowRecord {
    /// Reads a record: one JSON object, or one line of text.
    pub fn read(record: &[u8], context: &Context<'_>) -> Result<Self, NotAFlow> {
        let record = record.trim_ascii();
        if record.starts_with(b"{") {
            let (members, format) = Self::members(record, context);
            return Self::of_json(record, &members, format, context);
        }
        Self::of_line(record, context)
    }

    /// Whether [`FlowRecord::read`] finds a flow: the same answer and the same errors, for less where its format allows.
    pub fn recognise(record: &[u8], context: &Context<'_>) -> Result<Recognised, NotAFlow> {
        let record = record.trim_ascii();
        if !record.starts_with(b"{") {
            return Self::of_line(record, context).map(Recognised::Read);
        }
        let (members, format) = Self::members(record, context);
        if format == Some(Format::CalicoFlow) {
            return calico::start(&members).map(|_| Recognised::Flow(Format::CalicoFlow));
        }
        Self::of_json(record, &members, format, context).map(Recognised::Read)
    }

    fn of_line(record: &[u8], context: &Context<'_>) -> Result<Self, NotAFlow> {
        let line = String::from_utf8_lossy(record);
        let unread = |reason| if reason == NotAFlow::Unknown { NotAFlow::unread(record) } else { reason };
        let flow = if line.contains(": bpf_trace_printk: ") {
            calico_log::read_traced(&line, context)
        } else {
            calico_log::read(&KernelLine::of_text(&line, context.received), context)
        };
        let flow = flow.map_err(unread)?;
        Ok(Self::Flow(Box::new(flow)))
    }

    /// The members of a JSON object, and its format if it is one of flows.
    fn members<'r>(record: &'r [u8], context: &Context<'_>) -> (Loose<'r>, Option<Format>) {
        let members = Loose::of(record);
        let format = context.format.or_else(|| Format::of_json(&members));
        // Whether the format was known or had to be looked for must not change what is read.
        members.rewind();
        (members, format)
    }

    fn of_json(
        record: &[u8],
        members: &Loose<'_>,
        format: Option<Format>,
        context: &Context<'_>,
    ) -> Result<Self, NotAFlow> {
        let Some(format) = format else {
            let line = KernelLine::of_journal(members).ok_or_else(|| NotAFlow::unread(record))?;
            return calico_log::read(&line, context).map(|flow| Self::Flow(Box::new(flow)));
        };
        let mut flow = match format {
            Format::CalicoFlow => calico::read(members)?,
            Format::CalicoDns if calico_dns::is_left_out(members) => {
                return calico_dns::read_left_out(members);
            }
            Format::CalicoDns => calico_dns::read(members)?,
            Format::Goldmane => goldmane::read(members)?,
            Format::CalicoLog | Format::CalicoBpfLog => {
                let line = KernelLine::of_journal(members).ok_or(NotAFlow::Unknown)?;
                calico_log::read(&line, context)?
            }
            Format::Hubble => match hubble::read(members)? {
                Self::Flow(flow) => *flow,
                lost @ Self::Lost { .. } => return Ok(lost),
            },
        };
        if flow.node.is_empty() {
            context.node.clone_into(&mut flow.node);
        }
        Ok(Self::Flow(Box::new(flow)))
    }
}
