//! What the state of an object says of addresses: pods, Services, Endpoints, EndpointSlices and nodes do.

use std::net::IpAddr;

use taffrail_event::flow::API_SERVER;
use taffrail_event::json;

use super::claim::{Claim, Owner, Title};
use crate::history::ObjectName;

/// An object says something of so many addresses at most: an EndpointSlice has 1,000 endpoints.
const MAX_CLAIMS: usize = 4000;

/// The Service to which an EndpointSlice belongs.
const SERVICE_NAME: &str = "kubernetes.io/service-name";

/// All that the object says; what is of another form than the API server's says nothing.
pub(super) fn said(object: &ObjectName, state: &[u8]) -> Vec<Claim> {
    let mut claims = match (object.group.as_str(), object.resource.as_str()) {
        ("", "pods") => of_pod(object, state),
        ("", "services") => of_service(object, state),
        ("", "nodes") => of_node(object, state),
        ("", "endpoints") => of_endpoints(object, state),
        ("discovery.k8s.io", "endpointslices") => of_slice(object, state),
        _ => Vec::new(),
    };
    claims.truncate(MAX_CLAIMS);
    claims
}

/// Those of `status.podIPs`, of old `status.podIP`. A pod that has ended keeps them in its status, and others get them.
fn of_pod(object: &ObjectName, pod: &[u8]) -> Vec<Claim> {
    let (spec, status) = (at(pod, "spec"), at(pod, "status"));
    if matches!(text(status, "phase").as_str(), "Succeeded" | "Failed") {
        return Vec::new();
    }
    let is_on_host = at(spec, "hostNetwork") == b"true";
    let (owner, title) = match (is_on_host, text(spec, "nodeName")) {
        (true, node) if node.is_empty() => return Vec::new(),
        (true, name) => (Owner::Node { name }, Title::Node),
        (false, _) => {
            (Owner::Pod { namespace: object.namespace.clone(), name: object.name.clone() }, Title::Pod)
        }
    };
    let listed = list(status, "podIPs").filter_map(|element| address(at(element, "ip")));
    let ips = listed.chain(address(at(status, "podIP")));
    unique(ips.map(|ip| Claim { ip, owner: owner.clone(), title, ports: Vec::new() }))
}

fn of_service(object: &ObjectName, service: &[u8]) -> Vec<Claim> {
    let (spec, status) = (at(service, "spec"), at(service, "status"));
    let owner = Owner::Service { namespace: object.namespace.clone(), name: object.name.clone() };
    let ports = ports(list(spec, "ports"));
    let own = list(spec, "clusterIPs").chain([at(spec, "clusterIP")]).filter_map(address);
    let own = own.map(|ip| (ip, Title::Cluster, Vec::new()));
    let balanced =
        list(at(status, "loadBalancer"), "ingress").filter_map(|element| address(at(element, "ip")));
    let outside = list(spec, "externalIPs").filter_map(address).chain(balanced);
    let outside = outside.map(|ip| (ip, Title::Outside, ports.clone()));
    unique(own.chain(outside).map(|(ip, title, ports)| Claim { ip, owner: owner.clone(), title, ports }))
}

fn of_node(object: &ObjectName, node: &[u8]) -> Vec<Claim> {
    let owner = Owner::Node { name: object.name.clone() };
    let addresses = list(at(node, "status"), "addresses").filter_map(|element| {
        let is_address = matches!(text(element, "type").as_str(), "InternalIP" | "ExternalIP");
        address(at(element, "address")).filter(|_| is_address)
    });
    unique(addresses.map(|ip| Claim { ip, owner: owner.clone(), title: Title::Node, ports: Vec::new() }))
}

fn of_endpoints(object: &ObjectName, endpoints: &[u8]) -> Vec<Claim> {
    let service = (object.namespace.as_str(), object.name.as_str());
    let mut claims = Vec::new();
    for subset in list(endpoints, "subsets") {
        let ports = ports(list(subset, "ports"));
        for (key, is_ready) in [("addresses", true), ("notReadyAddresses", false)] {
            for endpoint in list(subset, key) {
                let Some(ip) = address(at(endpoint, "ip")) else { continue };
                of_endpoint(service, ip, at(endpoint, "targetRef"), is_ready, &ports, &mut claims);
            }
        }
    }
    claims
}

fn of_slice(object: &ObjectName, slice: &[u8]) -> Vec<Claim> {
    let labels = at(at(slice, "metadata"), "labels");
    let name = text(labels, SERVICE_NAME);
    let service = (object.namespace.as_str(), name.as_str());
    let ports = ports(list(slice, "ports"));
    let mut claims = Vec::new();
    if name.is_empty() {
        return claims;
    }
    for endpoint in list(slice, "endpoints") {
        // What is not said is to be taken for ready (`EndpointConditions` in `k8s.io/api/discovery/v1`).
        let is_ready = at(at(endpoint, "conditions"), "ready") != b"false";
        for ip in list(endpoint, "addresses").filter_map(address) {
            of_endpoint(service, ip, at(endpoint, "targetRef"), is_ready, &ports, &mut claims);
        }
    }
    claims
}

fn of_endpoint(
    (namespace, name): (&str, &str),
    ip: IpAddr,
    target: &[u8],
    is_ready: bool,
    ports: &[(String, u16)],
    claims: &mut Vec<Claim>,
) {
    if claims.len() >= MAX_CLAIMS {
        return;
    }
    let service = || Owner::Service { namespace: namespace.to_owned(), name: name.to_owned() };
    let mut claim = |owner, title| claims.push(Claim { ip, owner, title, ports: ports.to_vec() });
    if (namespace, name) == API_SERVER {
        claim(service(), Title::ApiServer);
        claim(service(), Title::ApiServerHost);
        return;
    }
    let (kind, pod) = (text(target, "kind"), text(target, "name"));
    if kind == "Pod" && !pod.is_empty() {
        claim(Owner::Pod { namespace: namespace.to_owned(), name: pod }, Title::EndpointPod);
    } else if kind.is_empty() {
        claim(service(), Title::Endpoint);
    }
    if is_ready {
        claim(service(), Title::Behind);
    }
}

/// Ports that have a number. Protocols are TCP where nothing else is said.
fn ports<'a>(elements: impl Iterator<Item = &'a [u8]>) -> Vec<(String, u16)> {
    let port = |element: &[u8]| {
        let port = json::integer(at(element, "port")).and_then(|port| u16::try_from(port).ok())?;
        let protocol = text(element, "protocol").to_ascii_lowercase();
        Some((if protocol.is_empty() { "tcp".to_owned() } else { protocol }, port))
    };
    elements.filter_map(port).collect()
}

fn unique(claims: impl Iterator<Item = Claim>) -> Vec<Claim> {
    let mut all: Vec<Claim> = Vec::new();
    for claim in claims.take(MAX_CLAIMS) {
        if !all.contains(&claim) {
            all.push(claim);
        }
    }
    all
}

/// The member of an object; empty where there is none.
fn at<'a>(value: &'a [u8], key: &str) -> &'a [u8] {
    json::member(value, key).unwrap_or_default()
}

fn list<'a>(value: &'a [u8], key: &str) -> impl Iterator<Item = &'a [u8]> {
    let list = at(value, key);
    json::elements(list).filter_map(|element| list.get(element))
}

fn text(value: &[u8], key: &str) -> String {
    json::string(at(value, key)).unwrap_or_default().into_owned()
}

/// An address; `None` of a headless Service is none.
fn address(value: &[u8]) -> Option<IpAddr> {
    Some(json::string(value)?.parse::<IpAddr>().ok()?.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(resource: &str, name: &str, state: &str, expected: &[&str]) {
        let object = ObjectName {
            cluster: "prod".to_owned(),
            group: if resource == "endpointslices" { "discovery.k8s.io" } else { "" }.to_owned(),
            resource: resource.to_owned(),
            namespace: if resource == "nodes" { "" } else { "vote" }.to_owned(),
            name: name.to_owned(),
        };
        let shown: Vec<String> = said(&object, state.as_bytes()).iter().map(shown).collect();
        assert_eq!(shown, expected, "{state}");
    }

    fn shown(claim: &Claim) -> String {
        let owner = match &claim.owner {
            Owner::Pod { namespace, name } => format!("pod {namespace}/{name}"),
            Owner::Service { namespace, name } => format!("service {namespace}/{name}"),
            Owner::Node { name } => format!("node {name}"),
        };
        let ports: String =
            claim.ports.iter().map(|(protocol, port)| format!(" {port}/{protocol}")).collect();
        format!("{} {owner} {:?}{ports}", claim.ip, claim.title)
    }

    #[test]
    fn pods() {
        check(
            "pods",
            "a",
            r#"{"spec":{"nodeName":"n1"},"status":{"phase":"Running","podIP":"10.0.0.1","podIPs":[{"ip":"10.0.0.1"},{"ip":"fd00:0::1"}]}}"#,
            &["10.0.0.1 pod vote/a Pod", "fd00::1 pod vote/a Pod"],
        );
        check("pods", "a", r#"{"status":{"podIP":"10.0.0.1"}}"#, &["10.0.0.1 pod vote/a Pod"]);
        // What has ended, what has no address yet.
        check("pods", "a", r#"{"status":{"phase":"Succeeded","podIP":"10.0.0.1"}}"#, &[]);
        check("pods", "a", r#"{"status":{"podIP":"","podIPs":[{}]}}"#, &[]);
        check("pods", "a", r#"{"status":7}"#, &[]);
        // A pod on its node's network is the node, if it is known which one.
        let on_host = r#"{"spec":{"nodeName":"n1","hostNetwork":true},"status":{"podIP":"172.18.0.3"}}"#;
        check("pods", "a", on_host, &["172.18.0.3 node n1 Node"]);
        check("pods", "a", r#"{"spec":{"hostNetwork":true},"status":{"podIP":"172.18.0.3"}}"#, &[]);
    }

    #[test]
    fn services() {
        check(
            "services",
            "vote",
            r#"{"spec":{"clusterIP":"10.96.10.5","clusterIPs":["10.96.10.5"],"externalIPs":["192.0.2.1"],"ports":[{"port":80},{"port":53,"protocol":"UDP"}]},
            "status":{"loadBalancer":{"ingress":[{"ip":"192.0.2.7"},{"hostname":"x.example.com"}]}}}"#,
            &[
                "10.96.10.5 service vote/vote Cluster",
                "192.0.2.1 service vote/vote Outside 80/tcp 53/udp",
                "192.0.2.7 service vote/vote Outside 80/tcp 53/udp",
            ],
        );
        check("services", "vote", r#"{"spec":{"clusterIP":"None","clusterIPs":["None"]}}"#, &[]);
    }

    #[test]
    fn nodes() {
        check(
            "nodes",
            "n1",
            r#"{"status":{"addresses":[{"type":"Hostname","address":"10.9.9.9"},{"type":"InternalIP","address":"172.18.0.3"},{"type":"ExternalIP","address":"192.0.2.3"}]}}"#,
            &["172.18.0.3 node n1 Node", "192.0.2.3 node n1 Node"],
        );
    }

    #[test]
    fn endpoints() {
        check(
            "endpoints",
            "vote",
            r#"{"subsets":[{"addresses":[{"ip":"10.0.0.1","targetRef":{"kind":"Pod","name":"a"}}],"notReadyAddresses":[{"ip":"10.0.0.2","targetRef":{"kind":"Pod","name":"b"}}],"ports":[{"port":80,"protocol":"TCP"}]}]}"#,
            &[
                "10.0.0.1 pod vote/a EndpointPod 80/tcp",
                "10.0.0.1 service vote/vote Behind 80/tcp",
                "10.0.0.2 pod vote/b EndpointPod 80/tcp",
            ],
        );
        let slice = |endpoint: &str| {
            format!(
                r#"{{"metadata":{{"labels":{{"kubernetes.io/service-name":"vote"}}}},"endpoints":[{endpoint}],"ports":[{{"port":80,"protocol":"TCP"}}]}}"#
            )
        };
        check(
            "endpointslices",
            "vote-x",
            &slice(
                r#"{"addresses":["10.0.0.1"],"conditions":{},"targetRef":{"kind":"Pod","name":"a"}},{"addresses":["10.0.0.2"],"conditions":{"ready":false},"targetRef":{"kind":"Pod","name":"b"}}"#,
            ),
            &[
                "10.0.0.1 pod vote/a EndpointPod 80/tcp",
                "10.0.0.1 service vote/vote Behind 80/tcp",
                "10.0.0.2 pod vote/b EndpointPod 80/tcp",
            ],
        );
        // What leads out of the cluster.
        check(
            "endpointslices",
            "vote-x",
            &slice(r#"{"addresses":["192.0.2.9"]}"#),
            &["192.0.2.9 service vote/vote Endpoint 80/tcp", "192.0.2.9 service vote/vote Behind 80/tcp"],
        );
        check("endpointslices", "vote-x", r#"{"endpoints":[{"addresses":["192.0.2.9"]}]}"#, &[]);
    }

    #[test]
    fn the_api_server() {
        let object = ObjectName {
            cluster: "prod".to_owned(),
            group: String::new(),
            resource: "endpoints".to_owned(),
            namespace: "default".to_owned(),
            name: "kubernetes".to_owned(),
        };
        let state = br#"{"subsets":[{"addresses":[{"ip":"172.18.0.2"}],"ports":[{"port":6443}]}]}"#;
        let claims: Vec<String> = said(&object, state).iter().map(shown).collect();
        assert_eq!(
            claims,
            [
                "172.18.0.2 service default/kubernetes ApiServer 6443/tcp",
                "172.18.0.2 service default/kubernetes ApiServerHost 6443/tcp"
            ]
        );
    }
}
