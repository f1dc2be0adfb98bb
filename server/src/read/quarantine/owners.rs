//! Who was behind an address, then: from the lives of the pods that had it.
//!
//! An address that two pods had at one time is ambiguous, and one that none had is nobody's: neither is guessed.

use std::collections::HashMap;
use std::net::IpAddr;

use taffrail_event::Timestamp;
use taffrail_event::flow::{Endpoint, EndpointKind, Flow, ResolvedBy};
use taffrail_query::history::ObjectName;
use taffrail_query::quarantine::{Address, QuarantineLabel};
use taffrail_query::{Search, SearchError};

use super::gather::{Asker, pod_life};

/// Addresses looked up for a story at most: each takes a few searches.
const MAX_ADDRESSES: usize = 200;

/// Pods by the addresses that they had.
pub(super) struct Owners<'a> {
    search: &'a dyn Search,
    cluster: &'a str,
    known: HashMap<IpAddr, Vec<(ObjectName, Address)>>,
}

impl<'a> Owners<'a> {
    pub(super) fn new(search: &'a dyn Search, cluster: &'a str) -> Self {
        Self { search, cluster, known: HashMap::new() }
    }

    /// Names the pods behind addresses that the record does not name.
    pub(super) fn name_ends(&mut self, flow: &mut Flow, asker: &mut Asker<'_>) -> Result<(), SearchError> {
        let time = flow.start;
        for endpoint in [&mut flow.source, &mut flow.destination] {
            self.name_end(endpoint, time, asker)?;
        }
        Ok(())
    }

    fn name_end(
        &mut self,
        endpoint: &mut Endpoint,
        time: Timestamp,
        asker: &mut Asker<'_>,
    ) -> Result<(), SearchError> {
        let Some(ip) = endpoint.ip.filter(|_| endpoint.resolved_by == ResolvedBy::None) else {
            return Ok(());
        };
        if !self.known.contains_key(&ip) {
            if self.known.len() >= MAX_ADDRESSES {
                return Ok(());
            }
            let owners = self.look_up(ip, asker)?;
            self.known.insert(ip, owners);
        }
        let owners = self.known.get(&ip).map(Vec::as_slice).unwrap_or_default();
        let mut then = owners.iter().filter(|(_, address)| address.is_at(time));
        if let (Some((pod, _)), None) = (then.next(), then.next()) {
            endpoint.kind = EndpointKind::Pod;
            endpoint.namespace.clone_from(&pod.namespace);
            endpoint.pod.clone_from(&pod.name);
            endpoint.resolved_by = ResolvedBy::Address;
        }
        Ok(())
    }

    fn look_up(&self, ip: IpAddr, asker: &mut Asker<'_>) -> Result<Vec<(ObjectName, Address)>, SearchError> {
        let mut owners = Vec::new();
        for pod in asker.pods_with_address(self.cluster, ip)? {
            let life = pod_life(self.search, &pod, &QuarantineLabel::default())?;
            let had = life.addresses().iter().filter(|address| address.ip == ip);
            owners.extend(had.map(|address| (pod.clone(), *address)));
        }
        Ok(owners)
    }
}
