//! A flow in two numbers, so that millions can be counted without reading their records: the group that it belongs to,
//! and what tells it from others of the group but for its times.

use sha2::{Digest, Sha256};

use super::{Endpoint, Flow, Labels, Reporter, Verdict};

/// What tells a flow from others of its group, beside its times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FlowFacts {
    /// What the reporter says became of it.
    pub verdict: Verdict,
    /// What a new connection would get now; see [`Flow::pending_verdict`].
    pub pending_verdict: Option<Verdict>,
    /// Where it was seen.
    pub reporter: Reporter,
    /// The port of whoever opened it.
    pub source_port: Option<u16>,
    /// Hash of the labels of both sides, of 12 bits: within a group they seldom change.
    pub labels: u16,
    /// Connections that it tells of, [`FlowFacts::MAX_CONNECTIONS`] at most: those that were opened, where the source says so.
    pub connections: u32,
}

const REPORTERS: [Reporter; 4] =
    [Reporter::Source, Reporter::Destination, Reporter::Forwarder, Reporter::Unknown];

/// Stands for a verdict that is not there.
const NO_VERDICT: u64 = 7;

impl FlowFacts {
    /// A record that counts more is counted as this many.
    pub const MAX_CONNECTIONS: u32 = (1 << 24) - 1;

    /// Those of a flow.
    pub fn of(flow: &Flow) -> Self {
        let opened = flow.connections_started.or(flow.connections).unwrap_or(1);
        Self {
            verdict: flow.verdict,
            pending_verdict: flow.pending_verdict,
            reporter: flow.reporter,
            source_port: flow.source.port,
            labels: labels_hash(&flow.source.labels, &flow.destination.labels),
            connections: u32::try_from(opened).unwrap_or(u32::MAX).min(Self::MAX_CONNECTIONS),
        }
    }

    /// As a number: from the lowest bit 3 bits of the verdict, 3 of the pending one, 2 of the reporter, 1 for whether there is a
    /// port and 16 of it, 12 of the labels, 24 of the connections.
    pub fn bits(self) -> u64 {
        let verdict = |verdict: Verdict| Verdict::ALL.iter().position(|known| *known == verdict);
        let place = |place: Option<usize>| place.map_or(NO_VERDICT, |place| place as u64);
        let reporter = REPORTERS.iter().position(|known| *known == self.reporter).unwrap_or_default() as u64;
        place(verdict(self.verdict))
            | place(self.pending_verdict.and_then(verdict)) << 3
            | reporter << 6
            | u64::from(self.source_port.is_some()) << 8
            | u64::from(self.source_port.unwrap_or_default()) << 9
            | u64::from(self.labels & 0xfff) << 25
            | u64::from(self.connections.min(Self::MAX_CONNECTIONS)) << 37
    }

    /// From the number. Of one that nobody wrote the verdict is unknown.
    pub fn from_bits(bits: u64) -> Self {
        let field = |from: u32, width: u32| (bits >> from) & ((1 << width) - 1);
        let verdict = |from| Verdict::ALL.get(field(from, 3) as usize).copied();
        let port = (field(8, 1) == 1).then_some(field(9, 16) as u16);
        Self {
            verdict: verdict(0).unwrap_or(Verdict::Unknown),
            pending_verdict: verdict(3),
            reporter: REPORTERS.get(field(6, 2) as usize).copied().unwrap_or(Reporter::Unknown),
            source_port: port,
            labels: field(25, 12) as u16,
            connections: field(37, 24) as u32,
        }
    }
}

impl Flow {
    /// Stands for all that flows have in common which are counted together: both ends, port, protocol, policy, and the way in
    /// which they were seen. Who sends records chooses most of it, so the hash is one that they cannot steer; of 48 bits, since
    /// only the groups of one question must be told apart.
    pub fn group_hash(&self) -> u64 {
        let mut hasher = Sha256::new();
        let mut add = |part: &[u8]| {
            hasher.update((part.len() as u32).to_le_bytes());
            hasher.update(part);
        };
        for Endpoint { kind, ip, namespace, pod, workload, service, .. } in [&self.source, &self.destination]
        {
            add(&[*kind as u8]);
            match ip {
                Some(std::net::IpAddr::V4(ip)) => add(&ip.octets()),
                Some(std::net::IpAddr::V6(ip)) => add(&ip.octets()),
                None => add(&[]),
            }
            [namespace, pod, workload, service].into_iter().for_each(|text| add(text.as_bytes()));
        }
        add(&self.destination.port.map(u16::to_le_bytes).unwrap_or_default());
        add(self.protocol.as_bytes());
        let (tier, name) = self.policy.as_ref().map_or(("", ""), |policy| (&policy.tier, &policy.name));
        add(tier.as_bytes());
        add(name.as_bytes());
        add(self.format.name().as_bytes());
        // What a name led to is asked later of every address.
        if let Some(dns) = &self.dns {
            add(dns.query.as_bytes());
            dns.answers.iter().for_each(|answer| add(answer.as_bytes()));
        }
        add(&[
            self.aggregation as u8,
            self.clock as u8,
            u8::from(self.precision_s == 0),
            u8::from(self.dns.is_some()),
        ]);
        let hash = hasher.finalize().first_chunk().map(|bytes| u64::from_be_bytes(*bytes));
        hash.unwrap_or_default() >> 16
    }
}

fn labels_hash(source: &Labels, destination: &Labels) -> u16 {
    // FNV-1a: whoever makes two sets of labels alike only makes two records of one interval one.
    let labels =
        source.iter().map(String::as_str).chain(["\0"]).chain(destination.iter().map(String::as_str));
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in labels.flat_map(|label| label.bytes().chain([b'\n'])) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    ((hash >> 40) & 0xfff) as u16
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Context, FlowRecord};
    use super::*;
    use crate::time::Timestamp;

    proptest! {
        #[test]
        fn bits_lead_back(verdict in 0..7_usize, pending in proptest::option::of(0..7_usize), reporter in 0..4_usize,
            source_port in proptest::option::of(any::<u16>()), labels in 0..0x1000_u16, connections in 0..=FlowFacts::MAX_CONNECTIONS)
        {
            let facts = FlowFacts {
                verdict: Verdict::ALL[verdict],
                pending_verdict: pending.map(|pending| Verdict::ALL[pending]),
                reporter: REPORTERS[reporter],
                source_port,
                labels,
                connections,
            };
            prop_assert_eq!(FlowFacts::from_bits(facts.bits()), facts);
        }

        #[test]
        fn any_bits_are_read(bits in any::<u64>()) {
            FlowFacts::from_bits(bits);
        }
    }

    fn line(rest: &str) -> Flow {
        let record = format!("calico-packet: IN=cali1 OUT=eth0 SRC=10.0.0.1 {rest} ");
        let context = Context { format: None, node: "", received: Timestamp::default(), started: None };
        match FlowRecord::read(record.as_bytes(), &context) {
            Ok(FlowRecord::Flow(flow)) => *flow,
            other => panic!("{record}: {other:?}"),
        }
    }

    #[test]
    fn flows_of_one_group() {
        fn check(one: &str, other: &str, expected: bool) {
            assert_eq!(line(one).group_hash() == line(other).group_hash(), expected, "{one} and {other}");
        }
        let first = "DST=10.0.0.2 LEN=60 PROTO=TCP SPT=1 DPT=80";
        check(first, "DST=10.0.0.2 LEN=90 PROTO=TCP SPT=2 DPT=80", true);
        check(first, "DST=10.0.0.3 LEN=60 PROTO=TCP SPT=1 DPT=80", false);
        check(first, "DST=10.0.0.2 LEN=60 PROTO=TCP SPT=1 DPT=81", false);
        check(first, "DST=10.0.0.2 LEN=60 PROTO=UDP SPT=1 DPT=80", false);
        assert_eq!(FlowFacts::of(&line(first)).source_port, Some(1));
    }
}
