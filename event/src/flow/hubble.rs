//! Flows of Cilium's Hubble: events of its exporter, and flows alone as `hubble observe` prints them. Both are protojson with
//! the names of the proto files: zeros are left out, 64-bit numbers are strings (`api/v1/flow/flow.proto`).
//!
//! A record is a moment: a packet at a trace point, a verdict on the first packet of a connection, a drop, or a request of
//! layer 7. A field mask of the exporter may remove any member, the time too.

mod dns;
mod endpoint;
mod policy;

use super::calico::precision;
use super::format::{Format, NotAFlow};
use super::loose::Loose;
use super::{Aggregation, Clock, Flow, FlowRecord, Reporter, Verdict};
use crate::time::Timestamp;

/// What the exporter writes: one of these beside `node_name` and `time` (`ExportEvent` in `observer.proto`).
const EVENTS: [&str; 5] = ["flow", "lost_events", "node_status", "agent_event", "debug_event"];
/// Members of a flow that no other format has. Two of them make one.
const MARKS: [&str; 9] = [
    "IP",
    "l4",
    "verdict",
    "is_reply",
    "traffic_direction",
    "drop_reason_desc",
    "policy_match_type",
    "trace_observation_point",
    "sock_xlate_point",
];
const VERDICTS: [&str; 8] =
    ["", "FORWARDED", "DROPPED", "ERROR", "AUDIT", "REDIRECTED", "TRACED", "TRANSLATED"];
const DIRECTIONS: [&str; 3] = ["", "INGRESS", "EGRESS"];
const TYPES: [&str; 4] = ["", "L3_L4", "L7", "SOCK"];
/// Points where the address of an answer is translated, by number: there the one who asked is the destination.
const BACKWARD: [&str; 5] =
    ["", "", "", "SOCK_XLATE_POINT_PRE_DIRECTION_REV", "SOCK_XLATE_POINT_POST_DIRECTION_REV"];
const LOSERS: [&str; 4] = ["", "PERF_EVENT_RING_BUFFER", "OBSERVER_EVENTS_QUEUE", "HUBBLE_RING_BUFFER"];

/// Types of events as `pkg/monitor/api` numbers them.
const DROP: u64 = 1;
const POLICY_VERDICT: u64 = 5;

/// Whether it is an event of the exporter, or a flow alone.
pub(super) fn is_one(record: &Loose<'_>) -> bool {
    let marks = |flow: &Loose<'_>| MARKS.into_iter().filter(|mark| flow.has(mark)).count();
    let frame = ["node_name", "time"].into_iter().filter(|key| record.has(key)).count();
    match event(record) {
        // A mask may leave little of a flow, and other records have something that they call so.
        Some("flow") => frame > 1 || frame + marks(&record.object("flow")) > 1,
        Some(_) => frame > 0,
        None => marks(record) > 1,
    }
}

/// The event in a record of the exporter. Its other members may be there and null.
fn event(record: &Loose<'_>) -> Option<&'static str> {
    let set = EVENTS.into_iter().find(|event| record.is_set(event));
    set.or_else(|| EVENTS.into_iter().find(|event| record.has(event)))
}

/// Reads an event of the exporter, or a flow alone.
pub(super) fn read(record: &Loose<'_>) -> Result<FlowRecord, NotAFlow> {
    let other = |what| Err(NotAFlow::Other { format: Format::Hubble, what });
    match event(record) {
        Some("lost_events") => lost(record),
        Some("node_status") => other("the state of a node"),
        Some("agent_event") => other("an event of the agent"),
        Some("debug_event") => other("an event for debugging"),
        Some(_) => flow(&record.object("flow"), record).map(|flow| FlowRecord::Flow(Box::new(flow))),
        None => flow(record, record).map(|flow| FlowRecord::Flow(Box::new(flow))),
    }
}

fn missing(missing: &'static str) -> NotAFlow {
    NotAFlow::Incomplete { format: Format::Hubble, missing }
}

fn time(record: &Loose<'_>, key: &str) -> Option<Timestamp> {
    Timestamp::parse(&record.text(key))
}

fn flow(flow: &Loose<'_>, record: &Loose<'_>) -> Result<Flow, NotAFlow> {
    if flow.is_empty() {
        return Err(missing("flow"));
    }
    let start = time(flow, "time").or_else(|| time(record, "time")).ok_or_else(|| missing("time"))?;
    let reporter = match flow.name_of("traffic_direction", &DIRECTIONS) {
        "EGRESS" => Reporter::Source,
        "INGRESS" => Reporter::Destination,
        _ => Reporter::Unknown,
    };
    let verdict = verdict(flow);
    let is_reply = is_reply(flow);
    let (protocol, source, destination) = endpoint::sides(flow, is_reply == Some(true));
    let merged = merged(flow);
    let end = time(record, "time").filter(|end| merged.is_some() && *end > start).unwrap_or(start);
    Ok(Flow {
        verdict,
        effective_verdict: verdict,
        pending_verdict: None,
        reporter,
        // Hubble gives the direction of the connection: that of an answer is turned round already
        // (`decodeTrafficDirection` in `pkg/hubble/parser/threefour`).
        direction: reporter.direction(),
        protocol: protocol.to_owned(),
        start,
        end,
        precision_s: precision(start, end),
        clock: Clock::Record,
        connections: is_attempt(flow, verdict).then(|| merged.unwrap_or(1)),
        connections_started: None,
        connections_completed: None,
        format: Format::Hubble,
        aggregation: match merged {
            Some(_) if source.port.is_none() => Aggregation::NoSourcePort,
            _ => Aggregation::None,
        },
        folded: None,
        is_reply,
        node: node(flow, record),
        policy: policy::deciding(flow, verdict),
        source,
        destination,
        dns: dns::read(flow),
    })
}

fn verdict(flow: &Loose<'_>) -> Verdict {
    match flow.name_of("verdict", &VERDICTS) {
        "FORWARDED" | "REDIRECTED" => Verdict::Allowed,
        "DROPPED" if is_by_policy(flow) => Verdict::Denied,
        "DROPPED" | "ERROR" => Verdict::Error,
        "AUDIT" => Verdict::Audited,
        "TRACED" | "TRANSLATED" => Verdict::Observed,
        _ => Verdict::Unknown,
    }
}

/// Whether a policy dropped it: the proxy, which gives no reason, drops for no other.
fn is_by_policy(flow: &Loose<'_>) -> bool {
    match &*flow.text("drop_reason_desc") {
        "POLICY_DENIED" | "POLICY_DENY" | "AUTH_REQUIRED" => true,
        "" | "DROP_REASON_UNKNOWN" => {
            let reason = flow.number("drop_reason_desc").or_else(|| flow.number("drop_reason"));
            matches!(reason, None | Some(0 | 133 | 181 | 189))
        }
        _ => false,
    }
}

/// `reply` is of old, and false where nobody knows.
fn is_reply(flow: &Loose<'_>) -> Option<bool> {
    let is_backward = !flow.name_of("sock_xlate_point", &BACKWARD).is_empty();
    let is_reply = flow.flag("is_reply").or_else(|| flow.flag("reply").filter(|reply| *reply));
    is_reply.or_else(|| is_backward.then_some(true))
}

/// Whether the record tells of an attempt to connect: a verdict is of a connection's first packet, and so is, as far as anybody
/// can say, what a policy drops. Trace points see packets, and not all of them; the proxy sees requests.
fn is_attempt(flow: &Loose<'_>, verdict: Verdict) -> bool {
    match flow.object("event_type").number("type") {
        Some(POLICY_VERDICT) => true,
        Some(DROP) | None => {
            let is_request = flow.is_set("l7") || flow.name_of("Type", &TYPES) == "L7";
            !is_request && matches!(verdict, Verdict::Denied | Verdict::Audited)
        }
        Some(_) => false,
    }
}

/// How many flows an exporter that aggregates (`fieldAggregate`) made into this one.
fn merged(flow: &Loose<'_>) -> Option<u64> {
    let counts = flow.object("aggregate");
    let keys = ["ingress_flow_count", "egress_flow_count", "unknown_direction_flow_count"];
    let flows = keys.into_iter().filter_map(|key| counts.number(key)).fold(0, u64::saturating_add);
    (flows > 0).then_some(flows)
}

/// The node as Kubernetes names it; Hubble writes the cluster before it.
fn node(flow: &Loose<'_>, record: &Loose<'_>) -> String {
    let inner = flow.text("node_name");
    let name = if inner.is_empty() { record.text("node_name") } else { inner };
    name.rsplit_once('/').map_or(&*name, |(_, node)| node).to_owned()
}

fn lost(record: &Loose<'_>) -> Result<FlowRecord, NotAFlow> {
    let lost = record.object("lost_events");
    let seen = time(record, "time");
    let from = time(&lost, "first").or(seen).ok_or_else(|| missing("time"))?;
    let to = time(&lost, "last").or(seen).filter(|to| *to >= from).unwrap_or(from);
    let reason = match lost.name_of("source", &LOSERS) {
        "PERF_EVENT_RING_BUFFER" => "the Cilium agent did not keep up with the events of the kernel",
        "OBSERVER_EVENTS_QUEUE" => "Hubble did not keep up with the events of the Cilium agent",
        "HUBBLE_RING_BUFFER" => "Hubble's buffer was written over before its events were read",
        _ => "Hubble lost events and does not say where",
    };
    Ok(FlowRecord::Lost { from, to, lost: lost.number("num_events_lost"), reason: reason.to_owned() })
}

#[cfg(test)]
mod tests;
