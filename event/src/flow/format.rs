//! The formats of flow records: their names, and how a record is recognised.

use serde::{Deserialize, Serialize};

use super::loose::Loose;
use super::{hubble, later};

/// A format of flow records. The names are those of `?format=` and of `flow.format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Format {
    /// Flow log of Calico Enterprise and Calico Cloud.
    #[serde(rename = "calico.flow")]
    CalicoFlow,
    /// Their DNS log.
    #[serde(rename = "calico.dns")]
    CalicoDns,
    /// Flows of Goldmane (Calico 3.30), as protojson or as its emitter posts them.
    #[serde(rename = "calico.goldmane")]
    Goldmane,
    /// Packets that Calico's Log rules saw, as the kernel logs them.
    #[serde(rename = "calico.log")]
    CalicoLog,
    /// The same of its eBPF data plane.
    #[serde(rename = "calico.bpflog")]
    CalicoBpfLog,
    /// Flows of Cilium's Hubble, as its exporter writes them and its command line prints them; Retina's have the same form.
    #[serde(rename = "hubble.flow")]
    Hubble,
}

/// Why a record is no flow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAFlow {
    /// It belongs to no format that we know.
    #[error("no known format of flow records")]
    Unknown,
    /// It says of itself that it is a flow, and lacks what every flow has.
    #[error("a record of {} without {missing}", format.name())]
    Incomplete {
        /// Its format.
        format: Format,
        /// What is missing.
        missing: &'static str,
    },
    /// Its source writes it beside flows. It is to be passed over, and no sign that something is wrong.
    #[error("a record of {} that is no flow: {what}", format.name())]
    Other {
        /// Its format.
        format: Format,
        /// What it is, in plain words.
        what: &'static str,
    },
    /// It is of a format that has a name, and nothing more yet.
    #[error("a record of {name}, a format that this release does not read yet")]
    Later {
        /// The name of the format.
        name: &'static str,
    },
}

impl NotAFlow {
    /// Why `record`, which is of no [`Format`], is not read.
    pub(super) fn unread(record: &[u8]) -> Self {
        later::name_of(record).map_or(Self::Unknown, |name| Self::Later { name })
    }
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 6] = [
        Self::CalicoFlow,
        Self::CalicoDns,
        Self::Goldmane,
        Self::CalicoLog,
        Self::CalicoBpfLog,
        Self::Hubble,
    ];

    /// The name.
    pub fn name(self) -> &'static str {
        match self {
            Self::CalicoFlow => "calico.flow",
            Self::CalicoDns => "calico.dns",
            Self::Goldmane => "calico.goldmane",
            Self::CalicoLog => "calico.log",
            Self::CalicoBpfLog => "calico.bpflog",
            Self::Hubble => "hubble.flow",
        }
    }

    /// The format of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// Recognises a JSON record by the members that only its format has.
    pub(super) fn of_json(record: &Loose<'_>) -> Option<Self> {
        let has = |keys: [&str; 2]| keys.into_iter().all(|key| record.has(key));
        if has(["source_name_aggr", "dest_name_aggr"]) {
            Some(Self::CalicoFlow)
        } else if has(["client_name_aggr", "qname"]) {
            Some(Self::CalicoDns)
        } else if record.object("Key").has("source_name") || record.object("flow").has("Key") {
            Some(Self::Goldmane)
        } else if hubble::is_one(record) {
            Some(Self::Hubble)
        } else {
            None
        }
    }
}
