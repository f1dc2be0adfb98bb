//! The flow log of Calico Enterprise and Calico Cloud, one JSON object per connection (or group of them) and interval.
//!
//! Fields as in "Flow log data types" of their documentation. Bytes are counted at the reporter: what goes *out* at the
//! source goes *in* at the destination (`felix/collector/stats.go`).

use super::endpoint::{Endpoint, EndpointKind};
use super::format::{Format, NotAFlow};
use super::loose::Loose;
use super::policy_hit::{HitAction, Policy};
use super::{Aggregation, Clock, Flow, Reporter, Verdict};
use crate::time::Timestamp;

pub(super) fn read(record: &Loose<'_>) -> Result<Flow, NotAFlow> {
    let start = start(record)?;
    let end = record.signed("end_time").and_then(seconds).filter(|end| *end >= start).unwrap_or(start);
    let reporter = match &*record.text("reporter") {
        "src" => Reporter::Source,
        "dst" => Reporter::Destination,
        "fwd" => Reporter::Forwarder,
        _ => Reporter::Unknown,
    };
    let verdict = verdict(HitAction::parse(&record.text("action")));
    let policies = record.object("policies");
    let (mut source, mut destination) = (endpoint(record, &SOURCE), endpoint(record, &DESTINATION));
    destination.service = service(record);
    destination.domain = record.texts("dest_domains");
    count(record, reporter, &mut source, &mut destination);
    Ok(Flow {
        verdict,
        effective_verdict: verdict,
        pending_verdict: pending(&policies),
        reporter,
        direction: reporter.direction(),
        protocol: record.text("proto").into_owned(),
        start,
        end,
        precision_s: precision(start, end),
        clock: Clock::Record,
        connections: record.number("num_flows"),
        connections_started: record.number("num_flows_started"),
        connections_completed: record.number("num_flows_completed"),
        format: Format::CalicoFlow,
        aggregation: aggregation(&record.text("proto"), &source, &destination),
        folded: None,
        is_reply: None,
        node: record.text("host").into_owned(),
        policy: decided(&policies),
        source,
        destination,
        dns: None,
    })
}

/// All that a record must say: [`read`] takes whatever has it.
pub(super) fn start(record: &Loose<'_>) -> Result<Timestamp, NotAFlow> {
    let missing = NotAFlow::Incomplete { format: Format::CalicoFlow, missing: "start_time" };
    record.signed("start_time").and_then(seconds).ok_or(missing)
}

/// A moment that is given in seconds since 1970.
pub(super) fn seconds(seconds: i64) -> Option<Timestamp> {
    seconds.checked_mul(1_000_000).map(Timestamp::from_micros)
}

/// The length of an interval in seconds.
pub(super) fn precision(start: Timestamp, end: Timestamp) -> u32 {
    u32::try_from((end.micros() - start.micros()) / 1_000_000).unwrap_or(u32::MAX)
}

/// What an action of Calico makes of a flow.
pub(super) fn verdict(action: Option<HitAction>) -> Verdict {
    match action {
        Some(HitAction::Allow) => Verdict::Allowed,
        Some(HitAction::Deny) => Verdict::Denied,
        Some(HitAction::Pass | HitAction::Log) | None => Verdict::Unknown,
    }
}

/// The enforced policies; old releases have one list of all, in which those on trial stand too.
fn decided(policies: &Loose<'_>) -> Option<Policy> {
    let key = if policies.list("enforced_policies").is_some() { "enforced_policies" } else { "all_policies" };
    Policy::deciding(policies.texts(key), false)
}

/// `pending_policies` is worked out anew at each report, with the policies on trial.
fn pending(policies: &Loose<'_>) -> Option<Verdict> {
    let policy = Policy::deciding(policies.texts("pending_policies"), true)?;
    Some(verdict(Some(policy.action)))
}

/// The members that tell of one side.
struct Side {
    ip: &'static str,
    name: &'static str,
    name_aggr: &'static str,
    namespace: &'static str,
    port: &'static str,
    kind: &'static str,
    labels: &'static str,
}

const SOURCE: Side = Side {
    ip: "source_ip",
    name: "source_name",
    name_aggr: "source_name_aggr",
    namespace: "source_namespace",
    port: "source_port",
    kind: "source_type",
    labels: "source_labels",
};

const DESTINATION: Side = Side {
    ip: "dest_ip",
    name: "dest_name",
    name_aggr: "dest_name_aggr",
    namespace: "dest_namespace",
    port: "dest_port",
    kind: "dest_type",
    labels: "dest_labels",
};

fn endpoint(record: &Loose<'_>, side: &Side) -> Endpoint {
    let ip = record.text(side.ip).parse().ok();
    let (name, merged) = (record.text(side.name), record.text(side.name_aggr));
    let mut endpoint = Endpoint {
        ip,
        namespace: record.text(side.namespace).into_owned(),
        port: record.port(side.port),
        ..Endpoint::default()
    };
    let kind = record.text(side.kind);
    endpoint.labels = record.object(side.labels).texts("labels");
    match &*kind {
        "wep" => endpoint.name_pod(&name, &merged),
        kind => endpoint.name_other(kind, if name.is_empty() { &merged } else { &name }),
    }
    endpoint
}

impl Endpoint {
    /// What is no pod: a host endpoint, a network set, another network.
    fn name_other(&mut self, kind: &str, name: &str) {
        let of_address = self.ip.map_or(EndpointKind::Unknown, EndpointKind::of_address);
        self.kind = match (kind, name) {
            ("hep", _) => EndpointKind::Host,
            ("ns", _) => EndpointKind::NetworkSet,
            ("net", "pub") => EndpointKind::Public,
            ("net", "pvt") => EndpointKind::Private,
            _ => of_address,
        };
        if matches!(self.kind, EndpointKind::Host | EndpointKind::NetworkSet) {
            name.clone_into(&mut self.workload);
        }
    }
}

/// The Service; `*` stands for several ports, not for several Services.
fn service(record: &Loose<'_>) -> String {
    let (namespace, name) = (record.text("dest_service_namespace"), record.text("dest_service_name"));
    if name.is_empty() { String::new() } else { format!("{namespace}/{name}") }
}

/// Bytes and packets that each side sent. What merely passes through a node is not said per side.
fn count(record: &Loose<'_>, reporter: Reporter, source: &mut Endpoint, destination: &mut Endpoint) {
    let (came, went) = match reporter {
        Reporter::Source => (destination, source),
        Reporter::Destination => (source, destination),
        Reporter::Forwarder | Reporter::Unknown => return,
    };
    (came.bytes, went.bytes) = (record.number("bytes_in"), record.number("bytes_out"));
    (came.packets, went.packets) = (record.number("packets_in"), record.number("packets_out"));
}

/// Addresses go with the names of pods, at the second level; ports of protocols that have none say nothing.
fn aggregation(protocol: &str, source: &Endpoint, destination: &Endpoint) -> Aggregation {
    let has_ports = matches!(protocol, "tcp" | "udp" | "sctp");
    match (source.ip.is_none() || destination.ip.is_none(), source.port, destination.port) {
        (true, None, None) if has_ports => Aggregation::PodPrefixNoPorts,
        (true, ..) => Aggregation::PodPrefix,
        (false, None, _) if has_ports => Aggregation::NoSourcePort,
        (false, ..) => Aggregation::None,
    }
}
