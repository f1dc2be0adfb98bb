//! The flows of one pod: which side it is, how often it and its peers tried to connect, and what tells of one connection.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;

use taffrail_event::Event;
use taffrail_event::flow::{Endpoint, Flow, Verdict};
use taffrail_query::history::ObjectName;
use taffrail_query::quarantine::{Address, Attempt, Attempts, Quarantine, Side};

use super::placed::Place;

/// Which side of the flow the pod is, if any: addresses are given to one pod after the other.
pub(super) fn side_of(flow: &Flow, pod: &ObjectName, addresses: &[Address]) -> Option<Side> {
    let is_pod = |endpoint: &Endpoint| {
        if !endpoint.pod.is_empty() {
            return endpoint.pod == pod.name && endpoint.namespace == pod.namespace;
        }
        let had = |address: &Address| {
            Some(address.ip) == endpoint.ip && (address.is_at(flow.start) || address.is_at(flow.end))
        };
        addresses.iter().any(had)
    };
    match (is_pod(&flow.source), is_pod(&flow.destination)) {
        (true, _) => Some(Side::Source),
        (false, true) => Some(Side::Destination),
        (false, false) => None,
    }
}

/// Records of intervals in which something was denied, by what a record without source port has in common with any other.
struct Denied(HashMap<Ends, Vec<Flow>>);

/// Both addresses, the port and the protocol.
type Ends = (Option<IpAddr>, Option<IpAddr>, Option<u16>, String);

impl Denied {
    fn of<'f>(flows: impl Iterator<Item = &'f Flow>) -> Self {
        let mut denied: HashMap<Ends, Vec<Flow>> = HashMap::new();
        for flow in flows.filter(|flow| flow.precision_s > 0 && flow.verdict == Verdict::Denied) {
            denied.entry(Self::key(flow)).or_default().push(flow.clone());
        }
        Self(denied)
    }

    fn like<'d>(&'d self, flow: &Flow) -> impl Iterator<Item = &'d Flow> + use<'d> {
        self.0.get(&Self::key(flow)).into_iter().flatten()
    }

    fn key(flow: &Flow) -> Ends {
        (flow.source.ip, flow.destination.ip, flow.destination.port, flow.protocol.clone())
    }
}

/// A packet of which nobody says what became.
fn is_undecided(flow: &Flow) -> bool {
    flow.precision_s == 0 && flow.verdict == Verdict::Observed
}

/// Tells connections apart, but for those that use a port again.
fn ends(flow: &Flow) -> (Option<IpAddr>, Option<u16>, Option<IpAddr>, Option<u16>) {
    let (source, destination) = (&flow.source, &flow.destination);
    (source.ip, source.port, destination.ip, destination.port)
}

/// Flows of a pod, and which side it is of each.
pub(super) struct PodFlows {
    pub(super) events: Vec<(Event, Side)>,
}

impl PodFlows {
    pub(super) fn flows(&self) -> impl Iterator<Item = &Flow> {
        self.events.iter().filter_map(|(event, _)| event.flow.as_deref())
    }

    pub(super) fn flows_mut(&mut self) -> impl Iterator<Item = &mut Flow> {
        self.events.iter_mut().filter_map(|(event, _)| event.flow.as_deref_mut())
    }

    /// All of them, to be counted.
    pub(super) fn all(&self) -> Counted<'_> {
        self.those(|_| true)
    }

    /// Those that belong into the quarantine, to be counted.
    pub(super) fn during(&self, quarantine: &Quarantine, all: &[Quarantine]) -> Counted<'_> {
        self.those(|event| Place::of(event, all).is_in(quarantine))
    }

    fn those(&self, is_one: impl Fn(&Event) -> bool) -> Counted<'_> {
        let those = self.events.iter().filter(|(event, _)| is_one(event));
        Counted(those.filter_map(|(event, side)| Some((event.flow.as_deref()?, *side))).collect())
    }

    /// Joins what tells of one connection: whoever denied it is right.
    pub(super) fn link(&mut self) {
        let denied = Denied::of(self.flows());
        self.link_reporters(&denied);
        self.link_packets(&denied);
    }

    /// The sender lets pass what the receiver's side denies, and neither record says so of the other. Labels tell apart what was
    /// before a change of labels from what came after, within one interval.
    fn link_reporters(&mut self, denied: &Denied) {
        for flow in self.flows_mut().filter(|flow| flow.verdict == Verdict::Allowed) {
            let is_of_it = |other: &&Flow| {
                (other.start, other.end) == (flow.start, flow.end)
                    && other.source.port == flow.source.port
                    && other.source.labels == flow.source.labels
                    && other.destination.labels == flow.destination.labels
                    && other.reporter != flow.reporter
            };
            let other = denied.like(flow).find(is_of_it);
            if let Some(other) = other {
                flow.effective_verdict = Verdict::Denied;
                flow.policy.clone_from(&other.policy);
            }
        }
    }

    /// Says of packets what the record of their interval says: who denied them, and by which policy. What was tried once more
    /// after the interval is still the connection that was denied in it.
    fn link_packets(&mut self, denied: &Denied) {
        let mut connections = HashMap::new();
        for packet in self.flows().filter(|flow| is_undecided(flow)) {
            let holds_it = |record: &&Flow| record.start <= packet.start && packet.start < record.end;
            if let Some(record) = denied.like(packet).find(holds_it) {
                connections.insert(ends(packet), record.policy.clone());
            }
        }
        for packet in self.flows_mut().filter(|flow| is_undecided(flow)) {
            if let Some(policy) = connections.get(&ends(packet)) {
                packet.effective_verdict = Verdict::Denied;
                packet.policy = packet.policy.take().or_else(|| policy.clone());
            }
        }
    }

    /// Name and tier of the policies that decided or logged.
    pub(super) fn policies(&self) -> BTreeSet<(&str, &str)> {
        let policies = self.flows().filter_map(|flow| flow.policy.as_ref());
        let named = policies.filter(|policy| !policy.is_profile() && !policy.name.ends_with('*'));
        named.map(|policy| (policy.name.as_str(), policy.tier.as_str())).collect()
    }
}

/// Flows that are counted together.
pub(super) struct Counted<'f>(Vec<(&'f Flow, Side)>);

impl Counted<'_> {
    pub(super) fn attempts(&self) -> Vec<Attempt> {
        let mut attempts = Attempts::default();
        self.0.iter().for_each(|(flow, side)| attempts.take(flow, *side));
        attempts.finish()
    }

    /// Policies by which flows were denied.
    pub(super) fn denying_policies(&self) -> BTreeSet<String> {
        let denied = self.0.iter().map(|(flow, _)| *flow).filter(|flow| flow.verdict == Verdict::Denied);
        denied.filter_map(|flow| flow.policy.as_ref()).map(|policy| policy.full_name()).collect()
    }
}
