//! How often a pod and its peers tried to connect, from all that tells of it.
//!
//! A connection is told of by up to two reporters, each counting for an interval, and by lines of the kernel, one a packet. So
//! within an interval the largest count of any reporter is the number of attempts, those that somebody denied were denied, and
//! distinct 5-tuples of packets are attempts only beyond that: never lines, never packets.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use taffrail_event::Timestamp;
use taffrail_event::flow::{Direction, Endpoint, Flow, Reporter, Verdict};

/// Which side of a flow the pod is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// It opened the connection.
    Source,
    /// The peer did.
    Destination,
}

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

/// Counts attempts. Takes flows in any order.
#[derive(Debug, Default)]
pub struct Attempts {
    groups: BTreeMap<GroupKey, Group>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct GroupKey {
    side: Side,
    peer: String,
    port: Option<u16>,
    protocol: String,
}

#[derive(Debug)]
struct Group {
    peer: Endpoint,
    first: Timestamp,
    last: Timestamp,
    counts: Vec<Counted>,
    packets: HashMap<Tuple, Seen>,
}

/// The four ends of a connection; the group has the protocol.
type Tuple = (Option<IpAddr>, Option<u16>, Option<IpAddr>, Option<u16>);

/// What one reporter counted in an interval.
#[derive(Debug)]
struct Counted {
    start: Timestamp,
    end: Timestamp,
    reporter: Reporter,
    allowed: u64,
    denied: u64,
}

/// What was seen of packets of one connection.
#[derive(Debug, Clone, Copy)]
struct Seen {
    first: Timestamp,
    was_allowed: bool,
    was_denied: bool,
}

#[derive(Debug, Default, Clone, Copy)]
struct Sums {
    allowed: u64,
    denied: u64,
    observed: u64,
}

impl Attempts {
    /// Takes a flow of which the pod is that side.
    pub fn take(&mut self, flow: &Flow, side: Side) {
        if flow.dns.is_some() {
            return;
        }
        let peer = if side == Side::Source { &flow.destination } else { &flow.source };
        let key = GroupKey {
            side,
            peer: peer_key(peer),
            port: flow.destination.port,
            protocol: flow.protocol.clone(),
        };
        let group = self.groups.entry(key).or_insert_with(|| Group {
            peer: peer.clone(),
            first: flow.start,
            last: flow.end,
            counts: Vec::new(),
            packets: HashMap::new(),
        });
        group.take(flow, peer);
    }

    /// All of them, the first seen first. Groups of which only open connections were seen have none.
    pub fn finish(self) -> Vec<Attempt> {
        let mut attempts: Vec<Attempt> = self
            .groups
            .into_iter()
            .map(|(key, group)| {
                let Sums { allowed, denied, observed } = group.sums();
                Attempt {
                    peer: group.peer,
                    port: key.port,
                    protocol: key.protocol,
                    direction: if key.side == Side::Source { Direction::Egress } else { Direction::Ingress },
                    allowed,
                    denied,
                    observed,
                    first: group.first,
                    last: group.last,
                }
            })
            .filter(|attempt| attempt.allowed + attempt.denied + attempt.observed > 0)
            .collect();
        attempts.sort_by_key(|attempt| attempt.first);
        attempts
    }
}

/// A kernel line knows addresses only, an aggregated record names only.
fn peer_key(peer: &Endpoint) -> String {
    match peer.ip {
        Some(ip) => ip.to_string(),
        None => format!("{}/{}/{}/{:?}", peer.namespace, peer.pod, peer.workload, peer.kind),
    }
}

impl Group {
    fn take(&mut self, flow: &Flow, peer: &Endpoint) {
        self.first = self.first.min(flow.start);
        self.last = self.last.max(flow.end);
        if knows_more(peer, &self.peer) {
            self.peer = peer.clone();
        }
        let was_denied = matches!(flow.verdict, Verdict::Denied | Verdict::Rejected);
        let was_allowed = matches!(flow.verdict, Verdict::Allowed | Verdict::Audited);
        if flow.precision_s == 0 {
            let tuple = (flow.source.ip, flow.source.port, flow.destination.ip, flow.destination.port);
            let new = Seen { first: flow.start, was_allowed: false, was_denied: false };
            let seen = self.packets.entry(tuple).or_insert(new);
            seen.first = seen.first.min(flow.start);
            seen.was_allowed |= was_allowed;
            seen.was_denied |= was_denied;
            return;
        }
        let opened = flow.connections_started.or(flow.connections).unwrap_or(1);
        let (allowed, denied) = match (was_allowed, was_denied) {
            (true, _) => (opened, 0),
            (_, true) => (0, opened),
            _ => return,
        };
        let (start, end, reporter) = (flow.start, flow.end, flow.reporter);
        self.counts.push(Counted { start, end, reporter, allowed, denied });
    }

    fn sums(&self) -> Sums {
        let mut counts: Vec<&Counted> = self.counts.iter().collect();
        counts.sort_by_key(|counted| counted.start);
        let mut packets: Vec<Seen> = self.packets.values().copied().collect();
        let mut sums = Sums::default();
        let mut rest = counts.as_slice();
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
            let start = first.start;
            let (within, beyond): (Vec<Seen>, Vec<Seen>) =
                packets.into_iter().partition(|seen| (start..end).contains(&seen.first));
            packets = beyond;
            sums.add(counted(those).with(Sums::of(&within)));
        }
        sums.add(Sums::of(&packets));
        sums
    }
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
fn counted(counts: &[&Counted]) -> Sums {
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
