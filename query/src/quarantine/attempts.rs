//! How often a pod and its peers tried to connect, from all that tells of it.
//!
//! A connection is told of by up to two reporters, each counting for an interval, and by lines of the kernel, one a packet. So
//! within an interval the largest count of any reporter is the number of attempts, those that somebody denied were denied, and
//! distinct 5-tuples of packets are attempts only beyond that: never lines, never packets.

use std::collections::HashMap;
use std::net::IpAddr;

use taffrail_event::Timestamp;
use taffrail_event::flow::{Direction, Endpoint, Flow, Reporter, Verdict};

use super::{PodFlow, Side};

/// Attempts to connect, between the pod and one peer, port and protocol, opened by one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The peer, by the best that any record says of it.
    pub peer: Endpoint,
    /// The port; `None` where there is none, or where no record says it.
    pub port: Option<u16>,
    /// The protocol.
    pub protocol: String,
    /// Seen from the pod.
    pub direction: Direction,
    /// Attempts that somebody let pass and nobody denied.
    pub allowed: u64,
    /// Attempts that somebody denied.
    pub denied: u64,
    /// Attempts that a log rule saw, and of which no record says what became.
    pub observed: u64,
    /// The first evidence; of an interval its start.
    pub first: Timestamp,
    /// The last evidence; of an interval its end.
    pub last: Timestamp,
}

/// Counts the attempts that flows tell of. Sorts the flows.
pub(super) fn attempts(groups: &[Flow], flows: &mut [PodFlow]) -> Vec<Attempt> {
    let peers = Peers::of(groups);
    let mut attempts: Vec<Attempt> = peers
        .sort(flows)
        .filter_map(|flows| attempt(groups, flows))
        .filter(|attempt| attempt.allowed + attempt.denied + attempt.observed > 0)
        .collect();
    attempts.sort_by(|a, b| {
        (a.first, &a.protocol, a.port, a.peer.ip).cmp(&(b.first, &b.protocol, b.port, b.peer.ip))
    });
    attempts
}

/// Which groups are about one peer, port and protocol, for each side that the pod may be.
pub(super) struct Peers(Vec<[u32; 2]>);

impl Peers {
    pub(super) fn of(groups: &[Flow]) -> Self {
        let mut known = HashMap::new();
        let mut place = |flow: &Flow, side: Side| {
            let next = known.len() as u32;
            let key = (side, peer_key(side.peer(flow)), flow.destination.port, flow.protocol.clone());
            *known.entry(key).or_insert(next)
        };
        Self(groups.iter().map(|flow| [place(flow, Side::Source), place(flow, Side::Destination)]).collect())
    }

    /// The flows of one peer, port and protocol after the other, each by their start.
    pub(super) fn sort<'f>(&self, flows: &'f mut [PodFlow]) -> impl Iterator<Item = &'f [PodFlow]> {
        flows.sort_unstable_by_key(|flow| {
            (self.place_of(flow), flow.start, flow.end, flow.facts.reporter, flow.group)
        });
        flows.chunk_by(|a, b| self.place_of(a) == self.place_of(b))
    }

    fn place_of(&self, flow: &PodFlow) -> u32 {
        let side = usize::from(flow.side == Side::Destination);
        self.0.get(flow.group as usize).and_then(|sides| sides.get(side)).copied().unwrap_or(u32::MAX)
    }
}

/// A kernel line knows addresses only, an aggregated record names only.
fn peer_key(peer: &Endpoint) -> String {
    match peer.ip {
        Some(ip) => ip.to_string(),
        None => format!("{}/{}/{}/{:?}", peer.namespace, peer.pod, peer.workload, peer.kind),
    }
}

/// The attempts of flows of one peer, port and protocol, by their start.
fn attempt(groups: &[Flow], flows: &[PodFlow]) -> Option<Attempt> {
    let told = flows.iter().filter_map(|flow| Some((flow, groups.get(flow.group as usize)?)));
    let told = told.filter(|(_, group)| group.dns.is_none());
    let (first, group) = told.clone().next()?;
    let (mut peer, mut known, mut last) = (first.side.peer(group), first.group, first.end);
    let mut counts = Vec::new();
    let mut packets: HashMap<Connection, Seen> = HashMap::new();
    for (flow, group) in told {
        if flow.group != known {
            known = flow.group;
            let other = first.side.peer(group);
            peer = if knows_more(other, peer) { other } else { peer };
        }
        last = last.max(flow.end);
        if group.precision_s > 0 {
            counts.extend(Counted::of(flow));
        } else {
            let connection = (group.source.ip, flow.facts.source_port, group.destination.ip);
            packets.entry(connection).or_insert(Seen::at(flow.start)).note(flow);
        }
    }
    let Sums { allowed, denied, observed } = sums(&counts, packets.into_values().collect());
    Some(Attempt {
        peer: peer.clone(),
        port: group.destination.port,
        protocol: group.protocol.clone(),
        direction: first.side.direction(),
        allowed,
        denied,
        observed,
        first: first.start,
        last,
    })
}

/// The ends of a connection; the group has port and protocol.
type Connection = (Option<IpAddr>, Option<u16>, Option<IpAddr>);

/// What one reporter counted in an interval.
#[derive(Debug, Clone, Copy)]
struct Counted {
    start: Timestamp,
    end: Timestamp,
    reporter: Reporter,
    allowed: u64,
    denied: u64,
}

impl Counted {
    fn of(flow: &PodFlow) -> Option<Self> {
        let opened = u64::from(flow.facts.connections);
        let (allowed, denied) = match flow.facts.verdict {
            Verdict::Allowed | Verdict::Audited => (opened, 0),
            Verdict::Denied | Verdict::Rejected => (0, opened),
            Verdict::Observed | Verdict::Error | Verdict::Unknown => return None,
        };
        let PodFlow { start, end, .. } = *flow;
        Some(Self { start, end, reporter: flow.facts.reporter, allowed, denied })
    }
}

/// What was seen of packets of one connection.
#[derive(Debug, Clone, Copy)]
struct Seen {
    first: Timestamp,
    was_allowed: bool,
    was_denied: bool,
}

impl Seen {
    fn at(first: Timestamp) -> Self {
        Self { first, was_allowed: false, was_denied: false }
    }

    fn note(&mut self, flow: &PodFlow) {
        self.first = self.first.min(flow.start);
        self.was_denied |= matches!(flow.facts.verdict, Verdict::Denied | Verdict::Rejected);
        self.was_allowed |= matches!(flow.facts.verdict, Verdict::Allowed | Verdict::Audited);
    }
}

#[derive(Debug, Default, Clone, Copy)]
struct Sums {
    allowed: u64,
    denied: u64,
    observed: u64,
}

/// `counts` stand by their start.
fn sums(counts: &[Counted], mut packets: Vec<Seen>) -> Sums {
    packets.sort_unstable_by_key(|seen| seen.first);
    let mut packets = packets.as_slice();
    let mut sums = Sums::default();
    let mut rest = counts;
    while let Some((first, _)) = rest.split_first() {
        // Reporters end their intervals at different moments: what overlaps belongs together.
        let mut end = first.end;
        let together = rest.iter().take_while(|counted| {
            let overlaps = counted.start < end || counted.start == first.start;
            end = if overlaps { end.max(counted.end) } else { end };
            overlaps
        });
        let (those, others) = rest.split_at(together.count());
        rest = others;
        let (earlier, later) = packets.split_at(packets.partition_point(|seen| seen.first < first.start));
        let (within, beyond) = later.split_at(later.partition_point(|seen| seen.first < end));
        packets = beyond;
        sums.add(Sums::of(earlier));
        sums.add(counted(those).with(Sums::of(within)));
    }
    sums.add(Sums::of(packets));
    sums
}

/// Whether the one endpoint says more of the peer than the other.
fn knows_more(one: &Endpoint, other: &Endpoint) -> bool {
    let known = |endpoint: &Endpoint| {
        (
            !endpoint.pod.is_empty(),
            !endpoint.workload.is_empty(),
            !endpoint.service.is_empty(),
            !endpoint.domain.is_empty(),
        )
    };
    known(one) > known(other)
}

/// The largest count of any reporter; who denies is right.
fn counted(counts: &[Counted]) -> Sums {
    let mut by_reporter: HashMap<Reporter, (u64, u64)> = HashMap::new();
    for counted in counts {
        let (allowed, denied) = by_reporter.entry(counted.reporter).or_default();
        *allowed += counted.allowed;
        *denied += counted.denied;
    }
    let most = by_reporter.values().map(|(allowed, denied)| allowed + denied).max().unwrap_or(0);
    let denied = by_reporter.values().map(|(_, denied)| *denied).max().unwrap_or(0);
    Sums { allowed: most.saturating_sub(denied), denied, observed: 0 }
}

impl Sums {
    fn of(packets: &[Seen]) -> Self {
        let mut sums = Self::default();
        for seen in packets {
            if seen.was_denied {
                sums.denied += 1;
            } else if seen.was_allowed {
                sums.allowed += 1;
            } else {
                sums.observed += 1;
            }
        }
        sums
    }

    /// What packets say of connections that were counted, too.
    fn with(self, packets: Self) -> Self {
        let denied = self.denied.max(packets.denied);
        let allowed = self.allowed.max(packets.allowed);
        let told = (self.allowed + self.denied).saturating_sub(packets.allowed + packets.denied);
        Self { allowed, denied, observed: packets.observed.saturating_sub(told) }
    }

    fn add(&mut self, other: Self) {
        self.allowed += other.allowed;
        self.denied += other.denied;
        self.observed += other.observed;
    }
}

#[cfg(test)]
mod tests;
