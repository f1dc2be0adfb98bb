//! Whom the addresses in a pod's flows belonged to, then, and by which names the pod knew them.
//!
//! What a record names stays as it is. Everything else is looked up (`look_up.rs`) and decided by [`taffrail_query::owners`]; what
//! stays without a name is said in `unnamed.rs`.

mod look_up;
mod unnamed;

use std::collections::BTreeSet;
use std::net::IpAddr;

use taffrail_event::flow::{Endpoint, EndpointKind, Flow, ResolvedBy};
use taffrail_query::history::ObjectName;
use taffrail_query::owners::{Asked, Had, LookedUp, Owner, Owners};
use taffrail_query::quarantine::{PodFlows, PodLife, Side};
use taffrail_query::{SearchError, TimeRange};

use self::look_up::LookUp;
use self::unnamed::Unnamed;
use super::gather::Asker;

/// Addresses looked up for a story at most; those that were seen first.
const MAX_ADDRESSES: usize = 200;

/// Names whoever was behind the addresses in the flows of the pod.
pub(super) fn name_ends(
    flows: &mut PodFlows,
    pod: &ObjectName,
    life: &PodLife,
    range: TimeRange,
    asker: &mut Asker<'_>,
) -> Result<Unnamed, SearchError> {
    let (wanted, left_out) = addresses(flows);
    let mut look_up = LookUp::new(&pod.cluster, &wanted, range, asker);
    look_up.owners.add_pod(pod, life.addresses());
    look_up.api_server()?;
    look_up.by_what_was_set()?;
    let nobodys = nobodys(flows, &look_up.owners);
    look_up.by_what_was_written(&nobodys)?;
    let pods = called_pods(flows, &look_up.owners);
    look_up.services_of(&pods)?;
    let mut names = look_up.names(pod, life.addresses())?;
    let owners = look_up.owners;
    flows.groups.iter().for_each(|flow| names.take(flow));
    let mut unnamed = Unnamed::new(left_out);
    let sides: Vec<Option<Side>> = flows.sides();
    for (flow, side) in flows.groups.iter_mut().zip(sides) {
        let Some(side) = side else { continue };
        name(flow, side, &owners, &names);
        unnamed.note(flow, side);
    }
    if left_out > 0 {
        asker.note_partial(true);
    }
    Ok(unnamed)
}

/// A flow of each group, and which side of it the pod is.
fn of_pod(flows: &PodFlows) -> impl Iterator<Item = (&Flow, Side)> {
    flows.groups.iter().zip(flows.sides()).filter_map(|(flow, side)| Some((flow, side?)))
}

/// Addresses of which something is to be found out, and how many there are beyond those.
fn addresses(flows: &PodFlows) -> (BTreeSet<IpAddr>, usize) {
    let (mut wanted, mut others) = (BTreeSet::new(), BTreeSet::new());
    for (flow, side) in of_pod(flows) {
        let is_called = side == Side::Source && flow.dns.is_none();
        let ends = [(&flow.source, false), (&flow.destination, is_called)];
        let ends = ends.into_iter().filter(|(end, is_called)| *is_called || is_unnamed(end));
        for ip in ends.filter_map(|(end, _)| end.ip) {
            let is_room = wanted.len() < MAX_ADDRESSES || wanted.contains(&ip);
            if is_room {
                wanted.insert(ip)
            } else {
                others.insert(ip)
            };
        }
    }
    (wanted, others.len())
}

fn is_unnamed(end: &Endpoint) -> bool {
    end.pod.is_empty() && end.workload.is_empty() && end.resolved_by == ResolvedBy::None
}

/// Addresses that nobody is known to have had at the time of some flow.
fn nobodys(flows: &PodFlows, owners: &Owners) -> BTreeSet<IpAddr> {
    let ends =
        of_pod(flows).flat_map(|(flow, _)| [(flow, &flow.source, false), (flow, &flow.destination, true)]);
    let asked = ends
        .filter(|(_, end, _)| is_unnamed(end))
        .filter_map(|(flow, end, is_called)| asked(flow, end, is_called));
    asked.filter(|asked| owners.had(asked) == Had::Nobody).map(|asked| asked.ip).collect()
}

/// Pods that the pod spoke to, without a record that names the Service: namespace and name.
fn called_pods(flows: &PodFlows, owners: &Owners) -> BTreeSet<(String, String)> {
    let flows = of_pod(flows).filter(|(_, side)| *side == Side::Source).map(|(flow, _)| flow);
    let of = |flow: &Flow| {
        let end = &flow.destination;
        if flow.dns.is_some() || !end.service.is_empty() || end.port.is_none() {
            return None;
        }
        if !is_unnamed(end) {
            return Some((end.namespace.clone(), end.pod.clone())).filter(|(_, pod)| !pod.is_empty());
        }
        match owners.had(&asked(flow, end, true)?) {
            Had::One(Owner::Pod { namespace, name }) => Some((namespace.clone(), name.clone())),
            _ => None,
        }
    };
    flows.filter_map(of).collect()
}

fn asked<'f>(flow: &'f Flow, end: &Endpoint, is_called: bool) -> Option<Asked<'f>> {
    Some(Asked {
        ip: end.ip?,
        protocol: &flow.protocol,
        port: end.port.filter(|_| is_called),
        start: flow.start,
        end: flow.end,
    })
}

fn name(flow: &mut Flow, side: Side, owners: &Owners, names: &LookedUp) {
    let called = asked(flow, &flow.destination, true);
    let calling = asked(flow, &flow.source, false);
    let service = called.and_then(|asked| owners.service_before(&asked)).cloned();
    let [called, calling] = [called, calling].map(|asked| asked.map(|asked| found(owners, &asked)));
    if let Some(found) = calling.filter(|_| is_unnamed(&flow.source)) {
        found.name(&mut flow.source);
    }
    if let Some(found) = called.filter(|_| is_unnamed(&flow.destination)) {
        found.name(&mut flow.destination);
    }
    if side != Side::Source || flow.dns.is_some() {
        return;
    }
    let (start, end) = (flow.start, flow.end);
    let called = &mut flow.destination;
    if let Some(Owner::Service { namespace, name }) = service
        && !called.pod.is_empty()
        && called.service.is_empty()
    {
        called.service = format!("{namespace}/{name}");
    }
    let is_address_only = called.pod.is_empty() && called.workload.is_empty() && called.service.is_empty();
    if let Some(ip) = called.ip.filter(|_| is_address_only && called.domain.is_empty()) {
        called.domain = names.names(ip, start, end);
    }
}

/// What was found out of an address.
enum Found {
    Nobody,
    One(Owner),
    Several,
}

fn found(owners: &Owners, asked: &Asked<'_>) -> Found {
    match owners.had(asked) {
        Had::Nobody => Found::Nobody,
        Had::One(owner) => Found::One(owner.clone()),
        Had::Several => Found::Several,
    }
}

impl Found {
    fn name(self, end: &mut Endpoint) {
        end.resolved_by = ResolvedBy::Address;
        match self {
            Self::Nobody => end.resolved_by = ResolvedBy::None,
            Self::Several => end.resolved_by = ResolvedBy::Ambiguous,
            Self::One(Owner::Pod { namespace, name }) => {
                end.kind = EndpointKind::Pod;
                (end.namespace, end.pod) = (namespace, name);
            }
            Self::One(Owner::Service { namespace, name }) => {
                end.kind = EndpointKind::Service;
                end.service = format!("{namespace}/{name}");
            }
            Self::One(Owner::Node { name }) => {
                end.kind = EndpointKind::Host;
                end.workload = name;
            }
        }
    }
}
