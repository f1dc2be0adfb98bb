//! All that is said of addresses, and who had one by that.

use std::collections::HashMap;
use std::net::IpAddr;

use taffrail_event::Timestamp;

use super::claim::{Claim, Owner, Title};
use super::tenure::Held;
use crate::history::ObjectName;
use crate::quarantine::Address;

/// What is said of addresses, in any order.
#[derive(Debug, Default)]
pub struct Owners {
    held: HashMap<IpAddr, Vec<Held>>,
}

/// An address, by what a flow says of it.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The address.
    pub ip: IpAddr,
    /// The protocol; `""` where the flow does not say.
    pub protocol: &'a str,
    /// The port, where the address is the one that was called.
    pub port: Option<u16>,
    /// Start of the evidence.
    pub start: Timestamp,
    /// End of the interval; the start for moments.
    pub end: Timestamp,
}

/// Who had an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Had<'a> {
    /// Nobody is known to.
    Nobody,
    /// This one and no other.
    One(&'a Owner),
    /// Several in that time, all by as good a title: none of them is named.
    Several,
}

impl Owners {
    /// Adds what an object said.
    pub fn add(&mut self, said: impl IntoIterator<Item = Held>) {
        for held in said {
            self.held.entry(held.claim.ip).or_default().push(held);
        }
    }

    /// Adds the addresses of a pod of which more is known than its writes.
    pub fn add_pod(&mut self, pod: &ObjectName, addresses: &[Address]) {
        let owner = Owner::Pod { namespace: pod.namespace.clone(), name: pod.name.clone() };
        self.add(addresses.iter().map(|address| Held {
            claim: Claim { ip: address.ip, owner: owner.clone(), title: Title::Pod, ports: Vec::new() },
            from: address.from,
            to: address.to,
        }));
    }

    /// Who had the address. The best title decides; two owners by it are one too many.
    pub fn had(&self, asked: &Asked<'_>) -> Had<'_> {
        let then = || self.then(asked).filter(|claim| claim.title != Title::Behind);
        let Some(best) = then().map(|claim| claim.title).min() else { return Had::Nobody };
        one(then().filter(|claim| claim.title == best))
    }

    /// The one Service that leads to the address at that port.
    pub fn service_before(&self, asked: &Asked<'_>) -> Option<&Owner> {
        match one(self.then(asked).filter(|claim| claim.title == Title::Behind)) {
            Had::One(service) => Some(service),
            Had::Nobody | Had::Several => None,
        }
    }

    fn then(&self, asked: &Asked<'_>) -> impl Iterator<Item = &Claim> {
        let held = self.held.get(&asked.ip).map(Vec::as_slice).unwrap_or_default();
        let is_then = |held: &&Held| {
            let is_before_its_end = held.to.is_none_or(|to| asked.start < to);
            held.from <= asked.end && is_before_its_end && is_of_port(&held.claim, asked)
        };
        held.iter().filter(is_then).map(|held| &held.claim)
    }
}

fn is_of_port(claim: &Claim, asked: &Asked<'_>) -> bool {
    let is_it = |(protocol, port): &(String, u16)| {
        asked.port == Some(*port) && (asked.protocol.is_empty() || asked.protocol == protocol)
    };
    !claim.title.is_of_ports() || claim.ports.iter().any(is_it)
}

fn one<'a>(mut claims: impl Iterator<Item = &'a Claim>) -> Had<'a> {
    let Some(first) = claims.next() else { return Had::Nobody };
    if claims.all(|claim| claim.owner == first.owner) { Had::One(&first.owner) } else { Had::Several }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(name: &str) -> Owner {
        Owner::Pod { namespace: "vote".to_owned(), name: name.to_owned() }
    }

    fn service(name: &str) -> Owner {
        Owner::Service { namespace: "vote".to_owned(), name: name.to_owned() }
    }

    fn node(name: &str) -> Owner {
        Owner::Node { name: name.to_owned() }
    }

    fn time(second: i64) -> Timestamp {
        Timestamp::from_micros(second * 1_000_000)
    }

    fn ip() -> IpAddr {
        "10.0.0.1".parse().unwrap()
    }

    fn held(owner: Owner, title: Title, from: i64, to: Option<i64>, ports: &[u16]) -> Held {
        let ports = ports.iter().map(|port| ("tcp".to_owned(), *port)).collect();
        Held { claim: Claim { ip: ip(), owner, title, ports }, from: time(from), to: to.map(time) }
    }

    fn asked(start: i64, end: i64, port: Option<u16>) -> Asked<'static> {
        Asked { ip: ip(), protocol: "tcp", port, start: time(start), end: time(end) }
    }

    fn check(held: &[Held], asked: Asked<'_>, expected: Had<'_>) {
        for said in [held.to_vec(), held.iter().rev().cloned().collect()] {
            let mut owners = Owners::default();
            owners.add(said);
            assert_eq!(owners.had(&asked), expected, "{asked:?}");
        }
    }

    #[test]
    fn by_overlap_with_the_interval() {
        let (a, b) = (pod("a"), pod("b"));
        let both =
            [held(a.clone(), Title::Pod, 10, Some(20), &[]), held(b.clone(), Title::Pod, 30, None, &[])];
        check(&both, asked(5, 9, None), Had::Nobody);
        check(&both, asked(5, 10, None), Had::One(&a));
        check(&both, asked(19, 19, None), Had::One(&a));
        check(&both, asked(20, 20, None), Had::Nobody);
        check(&both, asked(20, 29, None), Had::Nobody);
        check(&both, asked(20, 35, None), Had::One(&b));
        // One after the other within one interval: nobody can say whose it was.
        check(&both, asked(15, 30, None), Had::Several);
    }

    #[test]
    fn by_the_best_title() {
        let host = [
            held(node("n1"), Title::Node, 0, None, &[]),
            held(pod("exporter"), Title::EndpointPod, 0, None, &[9100]),
            held(service("ingress"), Title::Outside, 0, None, &[80]),
        ];
        check(&host, asked(5, 5, Some(9100)), Had::One(&node("n1")));
        check(&host, asked(5, 5, Some(80)), Had::One(&service("ingress")));
        check(&host, asked(5, 5, None), Had::One(&node("n1")));
        check(&host[1..2], asked(5, 5, Some(9100)), Had::One(&pod("exporter")));
        check(&host[1..2], asked(5, 5, Some(22)), Had::Nobody);
    }

    #[test]
    fn two_owners_by_one_title_are_nobody() {
        let two = [held(pod("a"), Title::Pod, 0, None, &[]), held(pod("b"), Title::Pod, 1, None, &[])];
        check(&two, asked(5, 5, None), Had::Several);
        let same =
            [held(node("n1"), Title::Node, 0, None, &[]), held(node("n1"), Title::Node, 1, Some(9), &[])];
        check(&same, asked(5, 5, None), Had::One(&node("n1")));
    }

    #[test]
    fn the_one_service_before_a_pod() {
        fn check(services: &[(&str, u16)], port: Option<u16>, expected: Option<&str>) {
            let mut owners = Owners::default();
            owners.add(
                services.iter().map(|(name, port)| held(service(name), Title::Behind, 0, None, &[*port])),
            );
            let expected = expected.map(service);
            assert_eq!(owners.service_before(&asked(5, 5, port)), expected.as_ref(), "{services:?}");
            assert_eq!(owners.had(&asked(5, 5, port)), Had::Nobody);
        }
        check(&[("vote", 80)], Some(80), Some("vote"));
        check(&[("vote", 80), ("vote", 80)], Some(80), Some("vote"));
        check(&[("vote", 80), ("vote-admin", 8081)], Some(80), Some("vote"));
        check(&[("vote", 80), ("vote-canary", 80)], Some(80), None);
        check(&[("vote", 80)], Some(443), None);
        check(&[("vote", 80)], None, None);
    }
}
