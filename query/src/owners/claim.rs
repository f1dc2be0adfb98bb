//! What is said of an address.

use std::net::IpAddr;

/// Whoever had an address. Objects that bore one name one after the other are one owner.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// A pod with an address of its own.
    Pod {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// A Service.
    Service {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// A node, and with it every pod on its network.
    Node {
        /// Its name.
        name: String,
    },
}

/// By what somebody has an address. Of several the first in this order decides: each is surer than those behind it, which share
/// addresses with others or say it at second hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Title {
    /// A Service's `spec.clusterIPs`.
    Cluster,
    /// An endpoint of the API server, at its port.
    ApiServer,
    /// A pod's `status.podIPs`.
    Pod,
    /// A Service's `spec.externalIPs` and `status.loadBalancer`, at its ports: nodes may have the same addresses.
    Outside,
    /// A node's `status.addresses`, or those of a pod on its network.
    Node,
    /// The pod behind an endpoint, at its ports.
    EndpointPod,
    /// An endpoint without a pod, at its ports: the Service leads out of the cluster.
    Endpoint,
    /// An endpoint of the API server, at any port: a node that is not known, or what a provider runs.
    ApiServerHost,
    /// Not the owner: a Service that leads to this address, at its ports, and is ready to.
    Behind,
}

/// What an object says of an address while it is as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The address.
    pub ip: IpAddr,
    /// Whose it is.
    pub owner: Owner,
    /// By what.
    pub title: Title,
    /// Protocol in small letters, and port: it is said of no other.
    pub ports: Vec<(String, u16)>,
}

impl Title {
    /// Whether it is said of certain ports only.
    pub(super) fn is_of_ports(self) -> bool {
        match self {
            Self::ApiServer | Self::Outside | Self::EndpointPod | Self::Endpoint | Self::Behind => true,
            Self::Cluster | Self::Pod | Self::Node | Self::ApiServerHost => false,
        }
    }
}
