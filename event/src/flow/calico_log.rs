//! Calico's Log action: a line of the kernel log for each packet that a Log rule saw, or of the trace pipe where the data
//! plane is eBPF.
//!
//! A kernel line has no verdict and counts nothing but itself: what follows a Log rule decides, and a connection that gets no
//! answer is tried again. Whose rule it was, only the interfaces tell: a workload's is on its own node's end of it.

use super::endpoint::Endpoint;
use super::format::{Format, NotAFlow};
use super::kernel_line::{KernelLine, LineTime};
use super::packet::{NotAPacket, Packet};
use super::policy_hit::{HitAction, Policy, PolicyKind};
use super::prefix::LogPrefix;
use super::trace_pipe::{Hook, NotTraced, TracedPacket};
use super::{Aggregation, Clock, Context, Direction, Flow, Reporter, Verdict};
use crate::time::Timestamp;

/// How the node's ends of workloads' interfaces begin: with Calico's own network, and with those of EKS, AKS and GKE.
const WORKLOAD_INTERFACES: [&str; 4] = ["cali", "eni", "azv", "gke"];

/// Reads a line of the kernel log.
pub(super) fn read(line: &KernelLine<'_>, context: &Context<'_>) -> Result<Flow, NotAFlow> {
    let packet = Packet::parse(&line.message).map_err(|reason| match reason {
        // What no collector says is the kernel's may be anything.
        NotAPacket::Foreign if !line.is_kernels => NotAFlow::Unknown,
        NotAPacket::Foreign | NotAPacket::Arp => {
            NotAFlow::Other { format: Format::CalicoLog, what: "another line of the kernel" }
        }
        NotAPacket::NoAddresses => NotAFlow::Incomplete { format: Format::CalicoLog, missing: "SRC and DST" },
    })?;
    let (reporter, direction) = seen_by(packet.interface_in, packet.interface_out);
    let node = if line.node.is_empty() { context.node } else { &line.node };
    let (start, clock) = when(line.time, context);
    let mut flow = Flow {
        policy: policy(&packet),
        reporter,
        direction,
        ..moment(Format::CalicoLog, Verdict::Observed, start, clock, node)
    };
    match &packet.inner {
        // An answer of whoever could not deliver it: what it is about went the other way.
        Some(inner) => {
            name_ends(&mut flow, inner);
            mark_reply(&mut flow);
        }
        None => {
            name_ends(&mut flow, &packet);
            flow.source.bytes = packet.length;
            flow.source.packets = Some(1);
            turn(&mut flow, &packet);
        }
    }
    Ok(flow)
}

/// Whether a TCP segment opens a connection, or answers whoever did, who then stands second in the line.
fn turn(flow: &mut Flow, packet: &Packet<'_>) {
    if !packet.tcp_flags.has("SYN") {
        return;
    }
    if packet.tcp_flags.has("ACK") {
        std::mem::swap(&mut flow.source, &mut flow.destination);
        mark_reply(flow);
    } else {
        flow.is_reply = Some(false);
    }
}

/// Whoever it came to has opened the connection, and the other way round.
fn mark_reply(flow: &mut Flow) {
    flow.is_reply = Some(true);
    (flow.reporter, flow.direction) = match flow.reporter {
        Reporter::Source => (Reporter::Destination, Direction::Ingress),
        Reporter::Destination => (Reporter::Source, Direction::Egress),
        other => (other, flow.direction),
    };
}

fn name_ends(flow: &mut Flow, packet: &Packet<'_>) {
    flow.protocol = packet.transport.map(|transport| transport.to_string()).unwrap_or_default();
    flow.source = Endpoint { port: packet.source_port, ..Endpoint::of_address(packet.source) };
    flow.destination = Endpoint { port: packet.destination_port, ..Endpoint::of_address(packet.destination) };
}

/// Reads a line of the trace pipe.
pub(super) fn read_traced(line: &str, context: &Context<'_>) -> Result<Flow, NotAFlow> {
    let packet = TracedPacket::parse(line).map_err(|reason| match reason {
        NotTraced::Foreign => {
            NotAFlow::Other { format: Format::CalicoBpfLog, what: "another line of the trace pipe" }
        }
        NotTraced::NoAddresses => NotAFlow::Incomplete {
            format: Format::CalicoBpfLog,
            missing: "addresses, which need a kernel of 5.16 or later",
        },
    })?;
    let (reporter, direction) = match packet.hook {
        Hook::Egress => (Reporter::Source, Direction::Egress),
        Hook::Ingress => (Reporter::Destination, Direction::Ingress),
        Hook::Xdp => (Reporter::Unknown, Direction::Ingress),
    };
    let verdict = if packet.is_allowed { Verdict::Allowed } else { Verdict::Denied };
    let time = packet.uptime.map_or(LineTime::Unknown, LineTime::SinceStart);
    let (start, clock) = when(time, context);
    Ok(Flow {
        reporter,
        direction,
        protocol: packet.transport.to_string(),
        source: Endpoint {
            port: packet.source_port,
            packets: Some(1),
            ..Endpoint::of_address(packet.source)
        },
        destination: Endpoint { port: packet.destination_port, ..Endpoint::of_address(packet.destination) },
        ..moment(Format::CalicoBpfLog, verdict, start, clock, context.node)
    })
}

/// One packet of which nothing else is known yet.
fn moment(format: Format, verdict: Verdict, start: Timestamp, clock: Clock, node: &str) -> Flow {
    Flow {
        verdict,
        effective_verdict: verdict,
        pending_verdict: None,
        reporter: Reporter::Unknown,
        direction: Direction::Unknown,
        protocol: String::new(),
        start,
        end: start,
        precision_s: 0,
        clock,
        connections: None,
        connections_started: None,
        connections_completed: None,
        format,
        aggregation: Aggregation::None,
        folded: None,
        is_reply: None,
        node: node.to_owned(),
        policy: None,
        source: Endpoint::default(),
        destination: Endpoint::default(),
        dns: None,
    }
}

fn when(time: LineTime, context: &Context<'_>) -> (Timestamp, Clock) {
    match (time, context.started) {
        (LineTime::At(time), _) => (time, Clock::Record),
        (LineTime::SinceStart(uptime), Some(started)) => {
            let micros = i64::try_from(uptime.as_micros()).unwrap_or(i64::MAX);
            (started.plus_micros(micros), Clock::NodeStart)
        }
        (LineTime::SinceStart(_), None) | (LineTime::Unknown, _) => (context.received, Clock::Received),
    }
}

/// Between two workloads of a node both may have a Log rule, and the line does not say whose it was.
fn seen_by(interface_in: &str, interface_out: &str) -> (Reporter, Direction) {
    let is_workload = |name: &str| WORKLOAD_INTERFACES.iter().any(|start| name.starts_with(start));
    match (is_workload(interface_in), is_workload(interface_out)) {
        (true, false) => (Reporter::Source, Direction::Egress),
        (false, true) => (Reporter::Destination, Direction::Ingress),
        (true, true) => (Reporter::Unknown, Direction::Unknown),
        (false, false) => (Reporter::Forwarder, Direction::Unknown),
    }
}

/// The policy that its prefix names. Of a name that was cut stands the beginning and a `*`.
fn policy(packet: &Packet<'_>) -> Option<Policy> {
    let prefix = LogPrefix::of(packet.prefix)?;
    let cut = if prefix.is_cut { "*" } else { "" };
    Some(Policy {
        tier: String::new(),
        namespace: prefix.namespace.to_owned(),
        name: format!("{}{cut}", prefix.name),
        kind: PolicyKind::short(prefix.kind)?,
        action: HitAction::Log,
        rule: None,
        is_tier_default: false,
        trace: vec![packet.label().to_owned()],
    })
}
