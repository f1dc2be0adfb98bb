//! Addresses that stay without a name, and why.

use std::collections::BTreeSet;
use std::net::IpAddr;

use taffrail_event::flow::{EndpointKind, Flow, ResolvedBy};
use taffrail_query::quarantine::Side;

/// Name servers listen here.
const DNS_PORT: u16 = 53;

/// What could not be named.
#[derive(Debug, Default)]
pub(in crate::read::quarantine) struct Unnamed {
    ambiguous: BTreeSet<IpAddr>,
    private: BTreeSet<IpAddr>,
    public: BTreeSet<IpAddr>,
    /// Addresses that were not looked up.
    left_out: usize,
    has_asked: bool,
    has_answers: bool,
}

impl Unnamed {
    pub(super) fn new(left_out: usize) -> Self {
        Self { left_out, ..Self::default() }
    }

    /// Notes whom the pod spoke with, after all that could be named has a name.
    pub(super) fn note(&mut self, flow: &Flow, side: Side) {
        self.has_answers |= flow.dns.is_some();
        self.has_asked |= side == Side::Source && flow.destination.port == Some(DNS_PORT);
        let peer = if side == Side::Source { &flow.destination } else { &flow.source };
        let Some(ip) = peer.ip.filter(|_| flow.dns.is_none()) else { return };
        match (peer.resolved_by, peer.kind) {
            (ResolvedBy::Ambiguous, _) => self.ambiguous.insert(ip),
            (ResolvedBy::None, EndpointKind::Private)
                if peer.service.is_empty() && peer.domain.is_empty() =>
            {
                self.private.insert(ip)
            }
            (ResolvedBy::None, EndpointKind::Public) if side == Side::Source && peer.domain.is_empty() => {
                self.public.insert(ip)
            }
            _ => false,
        };
    }

    /// One sentence for each reason.
    pub(in crate::read::quarantine) fn advice(&self) -> Vec<String> {
        let mut advice = Vec::new();
        if let Some(some) = some(&self.ambiguous) {
            advice.push(format!(
                "{some} belonged to several objects at one time, so that nobody is named for it: look at the audit events of those that had it, one of which may lack its end"
            ));
        }
        if let Some(some) = some(&self.private) {
            advice.push(format!(
                "{some} belonged to nothing that was audited: it lies outside the cluster, or pods/status, services, endpointslices and nodes are not audited at level Request or RequestResponse"
            ));
        }
        if let Some(some) = some(&self.public).filter(|_| self.has_asked && !self.has_answers) {
            advice.push(format!(
                "the pod looked names up, and no DNS log of it was received, so that it is not known what it meant by {some}: send the DNS log of the network plugin"
            ));
        }
        if self.left_out > 0 {
            advice.push(format!(
                "the pod spoke with more addresses than are looked up for one story; {} of them stay addresses: ask for a shorter time with before and after",
                self.left_out
            ));
        }
        advice
    }
}

/// "10.0.0.7", "10.0.0.7 and 2 more".
fn some(addresses: &BTreeSet<IpAddr>) -> Option<String> {
    let first = addresses.first()?;
    Some(match addresses.len() - 1 {
        0 => first.to_string(),
        more => format!("{first} (and {more} more)"),
    })
}

#[cfg(test)]
mod tests {
    use taffrail_event::Timestamp;
    use taffrail_event::flow::{Context, FlowRecord};

    use super::*;

    fn flow(to: &str, port: u16) -> Flow {
        let line = format!(
            "calico-packet: IN=cali1 OUT=eth0 SRC=10.244.1.4 DST={to} LEN=60 PROTO=TCP SPT=1 DPT={port} SYN "
        );
        let context = Context { format: None, node: "", received: Timestamp::default(), started: None };
        match FlowRecord::read(line.as_bytes(), &context).unwrap() {
            FlowRecord::Flow(flow) => *flow,
            lost => panic!("{lost:?}"),
        }
    }

    fn check(flows: &[Flow], left_out: usize, expected: &[&str]) {
        let mut unnamed = Unnamed::new(left_out);
        flows.iter().for_each(|flow| unnamed.note(flow, Side::Source));
        let advice = unnamed.advice();
        assert_eq!(advice.len(), expected.len(), "{advice:?}");
        for (advice, expected) in advice.iter().zip(expected) {
            assert!(advice.contains(expected), "{expected}: {advice}");
        }
    }

    #[test]
    fn what_stays_without_a_name_is_said() {
        check(&[flow("192.0.2.1", 80)], 0, &[]);
        check(
            &[flow("10.0.0.7", 80), flow("10.0.0.8", 80)],
            0,
            &["10.0.0.7 (and 1 more) belonged to nothing"],
        );
        check(
            &[flow("192.0.2.1", 80), flow("192.0.2.53", 53)],
            0,
            &["what it meant by 192.0.2.1 (and 1 more)"],
        );
        let mut ambiguous = flow("10.0.0.7", 80);
        ambiguous.destination.resolved_by = ResolvedBy::Ambiguous;
        check(&[ambiguous], 3, &["10.0.0.7 belonged to several", "3 of them stay addresses"]);
    }
}
