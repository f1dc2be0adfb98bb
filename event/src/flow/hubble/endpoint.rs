//! The two sides of a flow of Hubble, turned so that the source is who opened the connection.

use std::mem;

use crate::flow::endpoint::{Endpoint, EndpointKind, Labels, ResolvedBy};
use crate::flow::loose::Loose;

/// The members of `l4`, of which a flow has one, and the protocols.
const PROTOCOLS: [(&str, &str); 7] = [
    ("TCP", "tcp"),
    ("UDP", "udp"),
    ("ICMPv4", "icmp"),
    ("ICMPv6", "icmp6"),
    ("SCTP", "sctp"),
    ("VRRP", "vrrp"),
    ("IGMP", "igmp"),
];
/// Labels that Cilium gives to what is no pod, and the numbers of these identities, which stay where labels are masked out.
const WORLD: ([&str; 3], [u64; 3]) =
    (["reserved:world", "reserved:world-ipv4", "reserved:world-ipv6"], [2, 9, 10]);
const HOST: ([&str; 3], [u64; 3]) =
    (["reserved:host", "reserved:remote-node", "reserved:kube-apiserver"], [1, 6, 7]);

/// The protocol, who opened the connection, and who was to answer. The packet of an answer goes the other way.
pub(super) fn sides(flow: &Loose<'_>, is_reply: bool) -> (&'static str, Endpoint, Endpoint) {
    let (addresses, transport) = (flow.object("IP"), flow.object("l4"));
    let (member, protocol) =
        PROTOCOLS.into_iter().find(|(member, _)| transport.is_set(member)).unwrap_or(("", ""));
    let ports = transport.object(member);
    let side = |side| Endpoint {
        ip: addresses.text(side).parse().ok(),
        port: ports.port(&format!("{side}_port")),
        domain: flow.texts(&format!("{side}_names")),
        service: service(&flow.object(&format!("{side}_service"))),
        ..Endpoint::default()
    };
    let (mut source, mut destination) = (side("source"), side("destination"));
    source.identify(&flow.object("source"));
    destination.identify(&flow.object("destination"));
    if is_reply {
        mem::swap(&mut source, &mut destination);
    }
    // Nobody asks for a Service by the port that a connection was opened from.
    source.service.clear();
    (protocol, source, destination)
}

fn service(service: &Loose<'_>) -> String {
    let (namespace, name) = (service.text("namespace"), service.text("name"));
    if name.is_empty() { String::new() } else { format!("{namespace}/{name}") }
}

impl Endpoint {
    /// Says who has the address.
    fn identify(&mut self, known: &Loose<'_>) {
        let workload = known.list("workloads").and_then(|mut workloads| workloads.next());
        self.workload = workload.map(|first| Loose::of(first).text("name").into_owned()).unwrap_or_default();
        self.pod = known.text("pod_name").into_owned();
        self.labels = labels(known);
        self.namespace = namespace(known, &self.labels);
        let identity = known.number("identity");
        let is_reserved = |(names, numbers): ([&str; 3], [u64; 3])| {
            self.labels.iter().any(|label| names.contains(&&**label))
                || identity.is_some_and(|identity| numbers.contains(&identity))
        };
        self.kind = if !self.pod.is_empty() || !self.namespace.is_empty() {
            self.resolved_by = ResolvedBy::Record;
            EndpointKind::Pod
        } else if is_reserved(WORLD) {
            // The API server of a managed cluster is of the world, too, and no node.
            self.ip.map_or(EndpointKind::Public, EndpointKind::of_address)
        } else if is_reserved(HOST) {
            EndpointKind::Host
        } else {
            self.ip.map_or(EndpointKind::Unknown, EndpointKind::of_address)
        };
    }
}

/// Labels without their source where that is Kubernetes; what Cilium adds of its own keeps it.
fn labels(known: &Loose<'_>) -> Labels {
    const KUBERNETES: &str = "k8s:";
    let mut labels = known.texts("labels");
    for label in labels.iter_mut().filter(|label| label.starts_with(KUBERNETES)) {
        label.drain(..KUBERNETES.len());
    }
    labels
}

/// The namespace; of a pod on another node the record may know only the labels.
fn namespace(known: &Loose<'_>, labels: &Labels) -> String {
    let named = known.text("namespace");
    if !named.is_empty() {
        return named.into_owned();
    }
    let label = labels.iter().find_map(|label| label.strip_prefix("io.kubernetes.pod.namespace="));
    label.unwrap_or_default().to_owned()
}
