//! The flows of one pod: which side it is of each, and what tells of one connection.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;

use taffrail_event::Timestamp;
use taffrail_event::flow::{Direction, Endpoint, Flow, FlowFacts, Policy, Reporter, Verdict};

use super::attempts::attempts;
use super::rolled_up::rolled_up;
use super::{Address, Attempt, Place, RolledUp};
use crate::history::ObjectName;
use crate::search::FoundFlow;

/// Which side of a flow the pod is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// It opened the connection.
    Source,
    /// The peer did.
    Destination,
}

impl Side {
    /// Which side of a flow in that time the pod is, if any: addresses are given to one pod after the other.
    fn of(
        pod: &ObjectName,
        addresses: &[Address],
        flow: &Flow,
        start: Timestamp,
        end: Timestamp,
    ) -> Option<Self> {
        let is_pod = |endpoint: &Endpoint| {
            if !endpoint.pod.is_empty() {
                return endpoint.pod == pod.name && endpoint.namespace == pod.namespace;
            }
            let had = |address: &Address| {
                Some(address.ip) == endpoint.ip && (address.is_at(start) || address.is_at(end))
            };
            addresses.iter().any(had)
        };
        match (is_pod(&flow.source), is_pod(&flow.destination)) {
            (true, _) => Some(Self::Source),
            (false, true) => Some(Self::Destination),
            (false, false) => None,
        }
    }

    /// Which side of the flow the pod is, if any.
    pub fn of_flow(flow: &Flow, pod: &ObjectName, addresses: &[Address]) -> Option<Self> {
        Self::of(pod, addresses, flow, flow.start, flow.end)
    }

    /// Seen from the pod.
    pub fn direction(self) -> Direction {
        if self == Self::Source { Direction::Egress } else { Direction::Ingress }
    }

    /// Whoever is on the other side.
    pub fn peer(self, flow: &Flow) -> &Endpoint {
        if self == Self::Source { &flow.destination } else { &flow.source }
    }
}

/// A flow of the pod, as far as it is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PodFlow {
    /// The place of its group in [`PodFlows::groups`].
    pub group: u32,
    /// Which side the pod is.
    pub side: Side,
    /// Start of the evidence.
    pub start: Timestamp,
    /// End of the interval; the start for moments.
    pub end: Timestamp,
    /// What tells it from others of its group.
    pub facts: FlowFacts,
    /// What became of it, by all that tell of its connection.
    pub effective_verdict: Verdict,
    /// The group whose policy decided: its own, unless another record knows better.
    pub decided_by: u32,
}

/// The flows of a pod, by groups.
#[derive(Debug, Default)]
pub struct PodFlows {
    /// A flow for each group; see [`Flow::group_hash`].
    pub groups: Vec<Flow>,
    /// All of them.
    pub flows: Vec<PodFlow>,
}

impl PodFlows {
    /// Those of them that are of the pod.
    pub fn of(
        pod: &ObjectName,
        addresses: &[Address],
        groups: Vec<Flow>,
        flows: impl IntoIterator<Item = FoundFlow>,
    ) -> Self {
        let of_pod = |found: FoundFlow| {
            let FoundFlow { group, start, end, facts } = found;
            let side = Side::of(pod, addresses, groups.get(group as usize)?, start, end)?;
            let effective_verdict = facts.verdict;
            Some(PodFlow { group, side, start, end, facts, effective_verdict, decided_by: group })
        };
        let flows = flows.into_iter().filter_map(of_pod).collect();
        Self { groups, flows }
    }

    /// Makes start and end of each group those of all its flows.
    pub fn groups_span_their_flows(&mut self) {
        let mut spans: Vec<Option<(Timestamp, Timestamp)>> = vec![None; self.groups.len()];
        for flow in &self.flows {
            if let Some(span) = spans.get_mut(flow.group as usize) {
                let (start, end) = span.unwrap_or((flow.start, flow.end));
                *span = Some((start.min(flow.start), end.max(flow.end)));
            }
        }
        for (group, span) in self.groups.iter_mut().zip(spans) {
            if let Some(span) = span {
                (group.start, group.end) = span;
            }
        }
    }

    /// Which side the pod is of each group; of one that it was both sides of, the one of some flow.
    pub fn sides(&self) -> Vec<Option<Side>> {
        let mut sides = vec![None; self.groups.len()];
        for flow in &self.flows {
            if let Some(side) = sides.get_mut(flow.group as usize) {
                *side = Some(flow.side);
            }
        }
        sides
    }

    /// The flow that stands for the group.
    pub fn group(&self, flow: &PodFlow) -> Option<&Flow> {
        self.groups.get(flow.group as usize)
    }

    /// The policy that decided about it.
    pub fn policy(&self, flow: &PodFlow) -> Option<&Policy> {
        self.groups.get(flow.decided_by as usize)?.policy.as_ref()
    }

    /// Attempts that these tell of, the first seen first.
    pub fn attempts(&self, is_one: impl Fn(&PodFlow) -> bool) -> Vec<Attempt> {
        let mut flows: Vec<PodFlow> = self.flows.iter().copied().filter(is_one).collect();
        attempts(&self.groups, &mut flows)
    }

    /// All attempts. Leaves the flows in another order.
    pub fn all_attempts(&mut self) -> Vec<Attempt> {
        attempts(&self.groups, &mut self.flows)
    }

    /// The flows as rows of a minute each, in no order of time. Leaves the flows in another order.
    pub fn rolled_up(&mut self, place: impl Fn(&PodFlow) -> Place) -> Vec<RolledUp> {
        rolled_up(&self.groups, &mut self.flows, place)
    }

    /// Name and tier of the policies that decided or logged.
    pub fn policies(&self) -> BTreeSet<(&str, &str)> {
        let policies = self.groups.iter().filter_map(|flow| flow.policy.as_ref());
        let named = policies.filter(|policy| !policy.is_profile() && !policy.name.ends_with('*'));
        named.map(|policy| (policy.name.as_str(), policy.tier.as_str())).collect()
    }

    /// Joins what tells of one connection: whoever denied it is right. In any order of the flows.
    pub fn link(&mut self) {
        let ends = self.ends();
        let of = |flow: &PodFlow| ends.get(flow.group as usize).copied().flatten();
        let is_interval = |groups: &[Flow], flow: &PodFlow| {
            groups.get(flow.group as usize).is_some_and(|group| group.precision_s > 0)
        };
        let mut denied = Denied::default();
        for flow in &self.flows {
            if let Some(ends) = of(flow).filter(|_| flow.facts.verdict == Verdict::Denied)
                && is_interval(&self.groups, flow)
            {
                denied.note(ends, flow);
            }
        }
        denied.sort();
        let mut connections: HashMap<(u32, Option<u16>), u32> = HashMap::new();
        for flow in &mut self.flows {
            let Some(ends) = of(flow) else { continue };
            match flow.facts.verdict {
                // The sender lets pass what the receiver's side denies, and neither record says so of the other.
                Verdict::Allowed if is_interval(&self.groups, flow) => {
                    if let Some(decided_by) = denied.by_another_reporter(ends, flow) {
                        (flow.effective_verdict, flow.decided_by) = (Verdict::Denied, decided_by);
                    }
                }
                Verdict::Observed if !is_interval(&self.groups, flow) => {
                    if let Some(decided_by) = denied.at(ends, flow.start) {
                        connections.insert((ends, flow.facts.source_port), decided_by);
                    }
                }
                _ => {}
            }
        }
        // What was tried once more after the interval is still the connection that was denied in it.
        for flow in &mut self.flows {
            let undecided = flow.facts.verdict == Verdict::Observed && !is_interval(&self.groups, flow);
            if let Some(ends) = of(flow).filter(|_| undecided)
                && let Some(&decided_by) = connections.get(&(ends, flow.facts.source_port))
            {
                flow.effective_verdict = Verdict::Denied;
                let names_none =
                    self.groups.get(flow.group as usize).is_some_and(|group| group.policy.is_none());
                flow.decided_by = if names_none { decided_by } else { flow.group };
            }
        }
    }

    /// Stands for both addresses, port and protocol of a group: what any two records of one connection have in common.
    fn ends(&self) -> Vec<Option<u32>> {
        let mut known: HashMap<Ends<'_>, u32> = HashMap::new();
        let place = |flow| {
            let next = u32::try_from(known.len()).ok()?;
            Some(*known.entry(ends(flow)).or_insert(next))
        };
        self.groups.iter().map(place).collect()
    }
}

type Ends<'f> = (Option<IpAddr>, Option<IpAddr>, Option<u16>, &'f str);

fn ends(flow: &Flow) -> Ends<'_> {
    (flow.source.ip, flow.destination.ip, flow.destination.port, &flow.protocol)
}

/// Both ends, start, end, source port and labels.
type Exactly = (u32, Timestamp, Timestamp, Option<u16>, u16);

/// Records of intervals in which something was denied.
#[derive(Default)]
struct Denied {
    /// By what two reporters of one connection agree on. Labels tell apart what was before a change of labels from what came
    /// after, within one interval.
    exactly: HashMap<Exactly, Vec<(Reporter, u32)>>,
    /// Start, end and group.
    by_ends: HashMap<u32, Intervals>,
}

/// Intervals by their start.
#[derive(Default)]
struct Intervals {
    intervals: Vec<(Timestamp, Timestamp, u32)>,
    longest: i64,
}

impl Denied {
    fn key(ends: u32, flow: &PodFlow) -> Exactly {
        (ends, flow.start, flow.end, flow.facts.source_port, flow.facts.labels)
    }

    fn note(&mut self, ends: u32, flow: &PodFlow) {
        self.exactly.entry(Self::key(ends, flow)).or_default().push((flow.facts.reporter, flow.group));
        let those = self.by_ends.entry(ends).or_default();
        those.intervals.push((flow.start, flow.end, flow.group));
        those.longest = those.longest.max(flow.end.micros() - flow.start.micros());
    }

    fn sort(&mut self) {
        self.by_ends.values_mut().for_each(|those| those.intervals.sort_unstable());
    }

    fn by_another_reporter(&self, ends: u32, flow: &PodFlow) -> Option<u32> {
        let those = self.exactly.get(&Self::key(ends, flow))?;
        let other = those.iter().filter(|(reporter, _)| *reporter != flow.facts.reporter);
        other.map(|(_, group)| *group).min()
    }

    /// The first interval that holds the moment.
    fn at(&self, ends: u32, time: Timestamp) -> Option<u32> {
        let Intervals { intervals, longest } = self.by_ends.get(&ends)?;
        let from = intervals.partition_point(|(start, ..)| start.plus_micros(*longest) <= time);
        let possible = intervals.get(from..)?.iter().take_while(|(start, ..)| *start <= time);
        possible.filter(|(_, end, _)| time < *end).map(|(.., group)| *group).next()
    }
}

#[cfg(test)]
mod tests;
