//! What should not be while a pod is under quarantine: its label removed, what contains it weakened, traffic that is let through.

use std::collections::{BTreeMap, HashSet};
use std::net::IpAddr;

use taffrail_event::flow::Verdict;
use taffrail_event::{Event, Finding, FindingRecord, Key, ObjectRef, Severity, Timestamp};
use taffrail_query::containment::{Containment, Moment, RuleRef, weakened};
use taffrail_query::history::ObjectName;
use taffrail_query::quarantine::{PodFlow, PodFlows, Quarantine};
use taffrail_query::{SearchError, TimeRange};

use super::gather::{Asker, WRITE_THROUGH_MICROS, is_stored};
use super::placed::{is_in, place_of_flow};
use super::rows::direction_name;
use super::story::in_words;

/// Rule: the label is on the pod, and policies let its traffic pass.
pub(super) const NOT_CONTAINED: &str = "quarantine.not_contained";
/// Rule: a connection was opened and let through.
pub(super) const ALLOWED_FLOW: &str = "quarantine.allowed_flow";

/// Peers that were reached, of one quarantine; what is beyond is said in the last of them.
const MAX_PEERS: usize = 50;

/// One pod under quarantine, with what is recorded of it.
pub(super) struct Watched<'a> {
    pub(super) pod: &'a ObjectName,
    pub(super) quarantine: &'a Quarantine,
    /// All quarantines of the pod that its flows are shared out among.
    pub(super) all: &'a [Quarantine],
    pub(super) moments: &'a [Moment<'a>],
    pub(super) flows: &'a PodFlows,
}

impl Watched<'_> {
    /// Everything that was found.
    pub(super) fn findings(&self, asker: &mut Asker<'_>) -> Result<Vec<FindingRecord>, SearchError> {
        let mut findings: Vec<FindingRecord> = self.label_removed().into_iter().collect();
        findings.extend(self.not_contained());
        findings.extend(self.weakenings());
        findings.extend(self.allowed(asker)?);
        Ok(findings)
    }

    fn label_removed(&self) -> Option<FindingRecord> {
        let removed = self.quarantine.ended_by.as_ref().filter(|event| !event.verb.starts_with("delete"))?;
        Some(
            self.finding(
                Found {
                    rule: "quarantine.label_removed",
                    severity: Severity::Medium,
                    time: removed.time,
                    subject: String::new(),
                },
                format!("{} released {} from quarantine", who(removed), self.pod_in_words()),
                "the label that the policies select is gone, so that they do not contain the pod any longer"
                    .to_owned(),
                vec![removed.id, self.quarantine.set_by.id],
            ),
        )
    }

    fn not_contained(&self) -> Option<FindingRecord> {
        let containment = &self.moments.first()?.containment;
        if containment.verdict() != Some(false) {
            return None;
        }
        let set_by = &self.quarantine.set_by;
        Some(self.finding(
            Found {
                rule: NOT_CONTAINED,
                severity: Severity::High,
                time: self.quarantine.since,
                subject: String::new(),
            },
            format!("{} got the quarantine label and is not contained", self.pod_in_words()),
            containment.in_words().join("; "),
            vec![set_by.id],
        ))
    }

    fn weakenings(&self) -> Vec<FindingRecord> {
        let pairs = self.moments.iter().zip(self.moments.iter().skip(1));
        pairs
            .filter_map(|(before, after)| {
                let lost = weakened(&before.containment, &after.containment)?;
                let write = self.told_first(after.write?);
                let (rule, severity) = rule_of(write, &before.containment);
                Some(self.finding(
                    Found { rule, severity, time: write.time, subject: write.id.to_string() },
                    format!("{} while {} was under quarantine", write.summary, self.pod_in_words()),
                    lost.join("; "),
                    vec![write.id, self.quarantine.set_by.id],
                ))
            })
            .collect()
    }

    /// Calico's API server stores what somebody asked of it: that one did it.
    fn told_first<'e>(&'e self, write: &'e Event) -> &'e Event {
        if !is_stored(write) {
            return write;
        }
        let is_it = |other: &&Event| {
            let (stored, told) = (write.object.as_ref(), other.object.as_ref());
            let names = |object: Option<&ObjectRef>| {
                object.map(|object| (object.resource.clone(), object.namespace.clone(), object.name.clone()))
            };
            !is_stored(other)
                && other.verb == write.verb
                && names(stored) == names(told)
                && (0..WRITE_THROUGH_MICROS).contains(&(write.time.micros() - other.time.micros()))
        };
        self.moments.iter().filter_map(|moment| moment.write).rfind(is_it).unwrap_or(write)
    }

    /// Connections that were opened and let through while the pod was under quarantine.
    fn allowed(&self, asker: &mut Asker<'_>) -> Result<Vec<FindingRecord>, SearchError> {
        let opened_before: HashSet<Connection> = self
            .flows
            .flows
            .iter()
            .filter(|flow| flow.start < self.quarantine.since && flow.facts.source_port.is_some())
            .filter_map(|flow| self.connection(flow))
            .collect();
        let is_new = |flow: &&PodFlow| {
            flow.effective_verdict == Verdict::Allowed
                && flow.facts.connections > 0
                && flow.start >= self.quarantine.since
                && is_in(place_of_flow(flow, self.all), self.quarantine)
                && self.connection(flow).is_some_and(|connection| !opened_before.contains(&connection))
        };
        let mut by_peer: BTreeMap<String, (PodFlow, u64)> = BTreeMap::new();
        for flow in self.flows.flows.iter().filter(is_new) {
            let Some(peer) = self.peer(flow) else { continue };
            let (first, flows) = by_peer.entry(peer).or_insert((*flow, 0));
            *flows += 1;
            if flow.start < first.start {
                *first = *flow;
            }
        }
        let more = by_peer.len().saturating_sub(MAX_PEERS);
        let mut found = Vec::new();
        for (subject, (first, flows)) in by_peer.into_iter().take(MAX_PEERS) {
            let peer = self.peer_in_words(&first).unwrap_or_default();
            let evidence = self.event_of(&first, asker)?;
            let others = if more > 0 { format!("; {more} more peers were reached") } else { String::new() };
            found.push(self.finding(
                Found {
                    rule: ALLOWED_FLOW,
                    severity: Severity::Critical,
                    time: first.start,
                    subject,
                },
                format!("{} was under quarantine and its traffic {peer} was let through", self.pod_in_words()),
                format!("{flows} flows were let through, and none of these connections was seen open before the label was set{others}"),
                evidence.into_iter().chain([self.quarantine.set_by.id]).collect(),
            ));
        }
        Ok(found)
    }

    fn connection(&self, flow: &PodFlow) -> Option<Connection> {
        let group = self.flows.group(flow).filter(|group| group.dns.is_none())?;
        Some((group.source.ip, flow.facts.source_port, group.destination.ip, group.destination.port))
    }

    /// The peer by its address, which stays the same whoever is found to have had it.
    fn peer(&self, flow: &PodFlow) -> Option<String> {
        let group = self.flows.group(flow)?;
        let peer = flow.side.peer(group);
        let name = peer.ip.map_or_else(|| peer.in_words(), |ip| ip.to_string());
        Some(format!("{:?} {name} {:?} {}", flow.side, group.destination.port, group.protocol))
    }

    /// "to service vote/vote via vote/vote-x, port 80/tcp".
    fn peer_in_words(&self, flow: &PodFlow) -> Option<String> {
        let group = self.flows.group(flow)?;
        let way = if direction_name(flow.side.direction()) == "egress" { "to" } else { "from" };
        let port = group.destination.port.map(|port| format!(", port {port}/{}", group.protocol));
        Some(format!("{way} {}{}", in_words(flow.side.peer(group)), port.unwrap_or_default()))
    }

    /// The event of this flow.
    fn event_of(&self, flow: &PodFlow, asker: &mut Asker<'_>) -> Result<Option<Key>, SearchError> {
        let range = TimeRange { from: Some(flow.start), to: Some(flow.start.plus_micros(1)) };
        let Some(group) = self.flows.group(flow) else { return Ok(None) };
        let is_it = |event: &Event| {
            event.flow.as_ref().is_some_and(|found| {
                found.source.ip == group.source.ip
                    && found.destination.ip == group.destination.ip
                    && found.destination.port == group.destination.port
                    && found.source.port == flow.facts.source_port
                    && found.verdict == flow.facts.verdict
                    && found.reporter == flow.facts.reporter
            })
        };
        asker.first_flow(self.pod, group, range, is_it)
    }

    fn pod_in_words(&self) -> String {
        format!("pod {}/{}", self.pod.namespace, self.pod.name)
    }

    fn finding(&self, found: Found, title: String, reason: String, evidence: Vec<Key>) -> FindingRecord {
        let Found { rule, severity, time, subject } = found;
        let object = ObjectRef {
            version: "v1".to_owned(),
            resource: self.pod.resource.clone(),
            namespace: self.pod.namespace.clone(),
            name: self.pod.name.clone(),
            uid: self.quarantine.uid.clone(),
            ..ObjectRef::default()
        };
        FindingRecord {
            cluster: self.pod.cluster.clone(),
            time,
            object,
            // A pod may be under quarantine again.
            subject: format!("{} {subject}", self.quarantine.set_by.id),
            finding: Finding { rule: rule.to_owned(), severity, title, reason, evidence },
        }
    }
}

/// Both addresses, and both ports.
type Connection = (Option<IpAddr>, Option<u16>, Option<IpAddr>, Option<u16>);

struct Found {
    rule: &'static str,
    severity: Severity,
    time: Timestamp,
    subject: String,
}

/// What became of the policies that contained the pod, by the write that weakened them.
fn rule_of(write: &Event, before: &Containment) -> (&'static str, Severity) {
    let object = write.object.as_ref();
    let is_it = |rule: &RuleRef| {
        object.is_some_and(|object| (&object.namespace, &object.name) == (&rule.namespace, &rule.name))
    };
    let is_own = [&before.ingress, &before.egress].iter().filter_map(|way| way.by.as_ref()).any(is_it);
    let changed =
        |path: &str| write.change.iter().flat_map(|change| &change.fields).any(|field| field.path == path);
    let is_tier = object.is_some_and(|object| object.resource == "tiers");
    match (is_own, write.verb.as_str()) {
        (true, "delete" | "deletecollection") => ("quarantine.policy_deleted", Severity::Critical),
        (true, _) if changed("spec.order") || changed("spec.tier") => {
            ("quarantine.policy_reordered", Severity::High)
        }
        (true, _) => ("quarantine.policy_edited", Severity::High),
        (false, _) if is_tier => ("quarantine.policy_reordered", Severity::High),
        (false, _) => ("quarantine.policy_overruled", Severity::High),
    }
}

fn who(event: &Event) -> &str {
    event.actor.as_ref().map_or("somebody", |actor| &actor.name)
}
