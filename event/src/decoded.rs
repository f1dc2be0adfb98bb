//! A record read as what it is: an audit event, a flow, or what Taffrail itself noted: a gap, a finding.

use std::sync::Arc;

use crate::audit::{AuditRecord, Class, NotAudit};
use crate::event::{Event, Kind, Origins};
use crate::finding::FindingRecord;
use crate::flow::StoredFlow;
use crate::gap::Gap;
use crate::key::Keys;
use crate::outline::Outline;
use crate::record::RecordFlags;
use crate::time::Timestamp;

/// A decoded record. Which kind it is, its flags say, never its bytes: those come from whoever sent them.
#[derive(Debug)]
pub enum Decoded<'a> {
    /// A request to an API server.
    Audit(Box<AuditRecord<'a>>),
    /// Traffic between two endpoints.
    Flow(StoredFlow<'a>),
    /// Records that are missing.
    Gap(Gap),
    /// What was found.
    Finding(Box<FindingRecord>),
}

impl<'a> Decoded<'a> {
    /// Reads the record with these flags.
    pub fn of(record: &'a [u8], flags: RecordFlags) -> Result<Self, NotAudit> {
        Self::of_kind(record, Kind::of(flags))
    }

    /// Reads the record with these flags, of which the outline is known if it is an audit event.
    pub fn by_outline(
        record: &'a [u8],
        flags: RecordFlags,
        outline: Option<&Outline>,
    ) -> Result<Self, NotAudit> {
        match outline.filter(|_| Kind::of(flags) == Kind::Audit) {
            Some(outline) => Ok(Self::Audit(Box::new(AuditRecord::by_outline(record, outline)))),
            None => Self::of(record, flags),
        }
    }

    /// Reads the record of an event of this kind.
    pub fn of_kind(record: &'a [u8], kind: Kind) -> Result<Self, NotAudit> {
        match kind {
            Kind::Audit => Ok(Self::Audit(Box::new(AuditRecord::decode(record)?))),
            Kind::Flow => StoredFlow::decode(record).map(Self::Flow).ok_or(NotAudit::Malformed),
            Kind::Gap => Gap::decode(record).map(Self::Gap).ok_or(NotAudit::Malformed),
            Kind::Finding => {
                FindingRecord::decode(record).map(Box::new).map(Self::Finding).ok_or(NotAudit::Malformed)
            }
        }
    }

    /// The audit event, if it is one.
    pub fn audit(&self) -> Option<&AuditRecord<'a>> {
        match self {
            Self::Audit(audit) => Some(audit),
            Self::Flow(_) | Self::Gap(_) | Self::Finding(_) => None,
        }
    }

    /// Its keys. `cluster` is the one it came in for.
    pub fn keys(&self, cluster: &str) -> Keys {
        match self {
            Self::Audit(audit) => audit.keys(cluster),
            Self::Flow(flow) => flow.keys(cluster),
            Self::Gap(gap) => gap.keys(),
            Self::Finding(finding) => finding.keys(),
        }
    }

    /// Which splits it belongs to.
    pub fn class(&self) -> Class {
        match self {
            Self::Audit(audit) => audit.class(),
            Self::Flow(_) => Class::Flow,
            Self::Gap(_) | Self::Finding(_) => Class::Notice,
        }
    }

    /// When it happened, if it says so.
    pub fn time(&self) -> Option<Timestamp> {
        match self {
            Self::Audit(audit) => audit.time(),
            Self::Flow(flow) => Some(flow.flow.start),
            Self::Gap(gap) => Some(gap.from),
            Self::Finding(finding) => Some(finding.time),
        }
    }

    /// The event.
    pub fn event(&self, origins: Origins) -> Event {
        match self {
            Self::Audit(audit) => Event::of_audit(audit, origins),
            Self::Flow(flow) => Event::of_flow(Arc::clone(&flow.flow), origins),
            Self::Gap(gap) => Event::of_gap(gap.clone(), &origins),
            Self::Finding(finding) => Event::of_finding((**finding).clone(), &origins),
        }
    }
}
