//! One side of a flow.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// One side of a flow. Strings are `""` and numbers null where the record does not know.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Endpoint {
    /// What it is.
    pub kind: EndpointKind,
    /// Its address; null where the source merged it away.
    pub ip: Option<IpAddr>,
    /// Its port; for ICMP null.
    pub port: Option<u16>,
    /// The pod's namespace.
    pub namespace: String,
    /// The pod's name; `""` where the source merged the pods of a controller, and for everything that is no pod.
    pub pod: String,
    /// The controller of the pods, or the name of the host, node or network set.
    pub workload: String,
    /// `key=value`; those that all merged pods share.
    pub labels: Labels,
    /// Names under which the address was looked up.
    pub domain: Vec<String>,
    /// The Service that was asked for, `namespace/name`.
    pub service: String,
    /// Bytes that this side sent.
    pub bytes: Option<u64>,
    /// Packets that this side sent.
    pub packets: Option<u64>,
    /// How it is known who it is.
    pub resolved_by: ResolvedBy,
}

/// Labels of an endpoint, as `key=value`.
pub type Labels = Vec<String>;

/// What an endpoint is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndpointKind {
    /// A pod, or the pods of one controller.
    Pod,
    /// A node or a host endpoint.
    Host,
    /// A Service, at an address of its own.
    Service,
    /// A set of networks with a name.
    NetworkSet,
    /// An address of a private network that belongs to nothing known.
    Private,
    /// An address of the internet.
    Public,
    /// The record does not say.
    #[default]
    Unknown,
}

/// How it is known who an endpoint is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResolvedBy {
    /// The record says it.
    Record,
    /// Whoever had the address then, by what was audited.
    Address,
    /// Several had the address then, by what was audited: none of them is named.
    Ambiguous,
    /// It is not known.
    #[default]
    None,
}

impl EndpointKind {
    /// What an address says of itself.
    pub fn of_address(ip: IpAddr) -> Self {
        // What goes to a group, to all, or to nobody does not leave for the internet either.
        let is_private = match ip {
            _ if ip.is_multicast() || ip.is_unspecified() => true,
            IpAddr::V4(ip) => {
                ip.is_private()
                    || ip.is_loopback()
                    || ip.is_link_local()
                    || ip.is_broadcast()
                    || is_shared(ip.octets())
            }
            IpAddr::V6(ip) => ip.is_unique_local() || ip.is_loopback() || ip.is_unicast_link_local(),
        };
        if is_private { Self::Private } else { Self::Public }
    }
}

/// 100.64.0.0/10, which carriers and clouds use behind their own translation (RFC 6598).
fn is_shared([first, second, ..]: [u8; 4]) -> bool {
    first == 100 && second & 0xc0 == 64
}

/// Namespace and name of the Service that is the API server: `kube-apiserver` itself makes it.
pub const API_SERVER: (&str, &str) = ("default", "kubernetes");

/// A line says so many names of one address at most.
const MAX_DOMAINS_SHOWN: usize = 3;

impl Endpoint {
    /// An endpoint of which only the address is known.
    pub fn of_address(ip: IpAddr) -> Self {
        Self { kind: EndpointKind::of_address(ip), ip: Some(ip), ..Self::default() }
    }

    /// The best name there is: the pod, the pods of a controller, the address and what it was looked up as.
    pub fn in_words(&self) -> String {
        let Endpoint { kind, ip, namespace, pod, workload, service, .. } = self;
        if !pod.is_empty() {
            return format!("{namespace}/{pod}");
        }
        if self.is_api_server() {
            return "Kubernetes API".to_owned();
        }
        if !workload.is_empty() {
            return match kind {
                EndpointKind::Pod => format!("pods of {namespace}/{workload}"),
                _ => workload.clone(),
            };
        }
        if *kind == EndpointKind::Service {
            return format!("service {service}");
        }
        match (ip, self.domains()) {
            (Some(ip), Some(domains)) => format!("{ip} ({domains})"),
            (Some(ip), None) => ip.to_string(),
            (None, Some(domains)) => domains,
            (None, None) => match kind {
                EndpointKind::Public => "the internet".to_owned(),
                EndpointKind::Private => "a private network".to_owned(),
                _ => "an unknown address".to_owned(),
            },
        }
    }

    /// The names under which the address was looked up, where there are any: which of several was meant nobody knows.
    pub fn domains(&self) -> Option<String> {
        let (shown, more) = self.domain.split_at(self.domain.len().min(MAX_DOMAINS_SHOWN));
        let more = if more.is_empty() { String::new() } else { format!(" or {} more", more.len()) };
        (!shown.is_empty()).then(|| format!("{}{more}", shown.join(" or ")))
    }

    /// Whether it is the API server of the cluster, by the Service that it makes for itself.
    pub fn is_api_server(&self) -> bool {
        self.service.split_once('/') == Some(API_SERVER)
    }

    /// A pod whose name the source gives as `prefix-*`, `prefix*` or, where it stands alone, in full.
    pub(super) fn name_pod(&mut self, name: &str, merged: &str) {
        self.kind = EndpointKind::Pod;
        self.resolved_by = ResolvedBy::Record;
        match merged.strip_suffix('*').map(|prefix| prefix.strip_suffix('-').unwrap_or(prefix)) {
            Some(prefix) => prefix.clone_into(&mut self.workload),
            // A pod without a controller keeps its name where others lose theirs.
            None if name.is_empty() => merged.clone_into(&mut self.pod),
            None => {}
        }
        if !name.is_empty() {
            name.clone_into(&mut self.pod);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        fn check(ip: &str, expected: EndpointKind) {
            assert_eq!(EndpointKind::of_address(ip.parse().unwrap()), expected, "{ip}");
        }
        check("10.244.1.4", EndpointKind::Private);
        check("172.31.9.12", EndpointKind::Private);
        check("100.64.0.1", EndpointKind::Private);
        check("100.128.0.1", EndpointKind::Public);
        check("34.223.124.45", EndpointKind::Public);
        check("fd00:10:244::17", EndpointKind::Private);
        check("fe80::1", EndpointKind::Private);
        check("2001:db8::53", EndpointKind::Public);
        check("224.0.0.251", EndpointKind::Private);
        check("255.255.255.255", EndpointKind::Private);
        check("0.0.0.0", EndpointKind::Private);
        check("ff02::2", EndpointKind::Private);
    }

    #[test]
    fn words() {
        fn check(endpoint: &Endpoint, expected: &str) {
            assert_eq!(endpoint.in_words(), expected);
        }
        let of = |ip: &str| Endpoint::of_address(ip.parse().unwrap());
        let domain = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        check(&of("34.223.124.45"), "34.223.124.45");
        check(
            &Endpoint { domain: domain(&["neverssl.com"]), ..of("34.223.124.45") },
            "34.223.124.45 (neverssl.com)",
        );
        check(
            &Endpoint {
                domain: domain(&["a.example", "b.example", "c.example", "d.example"]),
                ..of("192.0.2.1")
            },
            "192.0.2.1 (a.example or b.example or c.example or 1 more)",
        );
        let service = |name: &str| Endpoint {
            kind: EndpointKind::Service,
            service: name.to_owned(),
            ..of("10.96.0.1")
        };
        check(&service("vote/vote"), "service vote/vote");
        check(&service("default/kubernetes"), "Kubernetes API");
        let pod = Endpoint { pod: "a".to_owned(), namespace: "vote".to_owned(), ..service("vote/vote") };
        check(&pod, "vote/a");
        let host = Endpoint {
            kind: EndpointKind::Host,
            workload: "node-1".to_owned(),
            service: "default/kubernetes".to_owned(),
            ..of("172.18.0.2")
        };
        check(&host, "Kubernetes API");
        check(&Endpoint::default(), "an unknown address");
    }

    #[test]
    fn names_of_pods() {
        fn check(name: &str, merged: &str, (pod, workload): (&str, &str)) {
            let mut endpoint = Endpoint::default();
            endpoint.name_pod(name, merged);
            assert_eq!(
                (endpoint.pod.as_str(), endpoint.workload.as_str()),
                (pod, workload),
                "{name} {merged}"
            );
        }
        check("vote-7d9-k2x9p", "vote-7d9-*", ("vote-7d9-k2x9p", "vote-7d9"));
        check("", "vote-7d9-*", ("", "vote-7d9"));
        check("", "vote-7d9*", ("", "vote-7d9"));
        check("", "attacker", ("attacker", ""));
        check("attacker", "attacker", ("attacker", ""));
        check("attacker", "", ("attacker", ""));
    }
}
