//! Network flows: what tells who spoke to whom, and whether a policy let it pass.
//!
//! Every format becomes one [`Flow`] in initiator orientation: `source` is whoever opened the connection, whichever side reported
//! it. What a record cannot know stays absent. A kernel line counts one packet that a rule saw; an exporter's record
//! counts the connections of an interval.

mod calico;
mod calico_dns;
mod calico_log;
mod endpoint;
mod facts;
mod format;
mod goldmane;
mod hubble;
mod kernel_line;
mod later;
mod loose;
mod packet;
mod policy_hit;
mod prefix;
mod record;
mod stored;
mod summary;
mod trace_pipe;

use serde::{Deserialize, Serialize};

pub use self::endpoint::{API_SERVER, Endpoint, EndpointKind, Labels, ResolvedBy};
pub use self::facts::FlowFacts;
pub use self::format::{Format, NotAFlow};
pub use self::policy_hit::{HitAction, NotAHit, Policy, PolicyHit, PolicyKind};
pub use self::record::{Context, FlowRecord, Recognised};
pub use self::stored::{Folded, Stands, StoredFlow, fold_into, is_node_name, raw_of, write_stored};

use crate::time::Timestamp;

/// Traffic between two endpoints, as one record tells it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Flow {
    /// What the reporter says became of it.
    pub verdict: Verdict,
    /// What became of it after all reporters of the connection were heard; until then the same.
    pub effective_verdict: Verdict,
    /// What a new connection would get now, where the source re-evaluates its policies (Calico's `pending_policies`).
    pub pending_verdict: Option<Verdict>,
    /// Where it was seen.
    pub reporter: Reporter,
    /// Seen from the endpoint whose policy was asked.
    pub direction: Direction,
    /// `tcp`, `udp`, `icmp`, or a number; `""` where the source does not say.
    pub protocol: String,
    /// Start of the evidence: the moment, or the start of the interval.
    pub start: Timestamp,
    /// End of the interval; the start for moments.
    pub end: Timestamp,
    /// Length of the interval, 0 for moments: no time in the record is more exact than this.
    pub precision_s: u32,
    /// Whose clock told these times.
    pub clock: Clock,
    /// Connections of the interval, one for a record that is one attempt; null where only packets are known.
    pub connections: Option<u64>,
    /// Those of them that were opened in the interval.
    pub connections_started: Option<u64>,
    /// Those of them that ended in the interval.
    pub connections_completed: Option<u64>,
    /// The format of the record.
    pub format: Format,
    /// What the source merged before it wrote the record.
    pub aggregation: Aggregation,
    /// So many records that differ in their time alone were folded into this one on arrival; null where it stands for itself.
    #[serde(default)]
    pub folded: Option<u32>,
    /// Whether it was an answer; null where the source does not say.
    pub is_reply: Option<bool>,
    /// The node that saw it; `""` where nobody says.
    pub node: String,
    /// The policy that decided; null where the source names none.
    pub policy: Option<Policy>,
    /// Whoever opened the connection.
    pub source: Endpoint,
    /// Whoever was to answer it.
    pub destination: Endpoint,
    /// What was asked of a name server; null in flows of other protocols and where the source does not look into packets.
    pub dns: Option<Dns>,
}

/// What became of a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// A policy, or the lack of one, let it pass.
    Allowed,
    /// Dropped without an answer.
    Denied,
    /// Dropped with an answer.
    Rejected,
    /// Seen by a rule that decides nothing.
    Observed,
    /// Let pass, but a policy on trial would have dropped it.
    Audited,
    /// Lost for another reason than a policy.
    Error,
    /// The source says something that we do not know.
    Unknown,
}

/// Whose clock told the times of a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clock {
    /// The source's own.
    Record,
    /// The node counted from its start, and somebody said when that was.
    NodeStart,
    /// Ours: the record says nothing that could be used, so it happened before.
    Received,
}

/// Where a flow was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reporter {
    /// At the endpoint that opened it.
    Source,
    /// At the endpoint that was to answer.
    Destination,
    /// On a node that it passed through.
    Forwarder,
    /// The source does not say.
    Unknown,
}

/// A flow as seen from the endpoint whose policy was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// It left the endpoint.
    Egress,
    /// It came to the endpoint.
    Ingress,
    /// The source does not say.
    Unknown,
}

/// What a source merged before it wrote a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aggregation {
    /// Nothing: the record is of one connection or packet.
    None,
    /// Connections that differ in their source port.
    NoSourcePort,
    /// Those of all pods of one controller, too.
    PodPrefix,
    /// Those to all ports, too.
    PodPrefixNoPorts,
}

/// What was asked of a name server, and what it said.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Dns {
    /// The name.
    pub query: String,
    /// `A`, `AAAA`, ...
    pub query_type: String,
    /// `NoError`, `NXDomain`, ...
    pub rcode: String,
    /// The addresses and names of the answer.
    pub answers: Vec<String>,
    /// How often in the interval.
    pub count: Option<u64>,
}

impl Verdict {
    /// Every verdict. Their places are part of what the index stores.
    pub const ALL: [Self; 7] = [
        Self::Allowed,
        Self::Denied,
        Self::Rejected,
        Self::Observed,
        Self::Audited,
        Self::Error,
        Self::Unknown,
    ];

    /// The name in the event's JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Denied => "denied",
            Self::Rejected => "rejected",
            Self::Observed => "observed",
            Self::Audited => "audited",
            Self::Error => "error",
            Self::Unknown => "unknown",
        }
    }
}

impl Reporter {
    /// The direction of a flow at the endpoint where it was seen.
    fn direction(self) -> Direction {
        match self {
            Self::Source => Direction::Egress,
            Self::Destination => Direction::Ingress,
            Self::Forwarder | Self::Unknown => Direction::Unknown,
        }
    }
}

impl Flow {
    /// Calls `each` with every text that a bare word may find: names, addresses, labels, policies.
    pub(crate) fn texts(&self, each: &mut dyn FnMut(&str)) {
        each(&self.node);
        for endpoint in [&self.source, &self.destination] {
            for text in [&endpoint.namespace, &endpoint.pod, &endpoint.workload, &endpoint.service] {
                each(text);
            }
            if let Some(ip) = endpoint.ip {
                each(&ip.to_string());
            }
            endpoint.labels.iter().chain(&endpoint.domain).for_each(|text| each(text));
        }
        if let Some(policy) = &self.policy {
            each(&policy.tier);
            each(&policy.namespace);
            each(&policy.name);
        }
        if let Some(dns) = &self.dns {
            each(&dns.query);
            dns.answers.iter().for_each(|answer| each(answer));
        }
    }
}
