//! Flows of Goldmane, Calico's flow collector since v3.30, as its API gives them (protojson: enums by name, 64-bit numbers as
//! strings) and as its emitter posts them (`encoding/json`: enums by number, zeros left out). `goldmane/proto/api.proto`.
//!
//! It knows no addresses, and no names of pods that belong to a controller: only their common prefix.

use super::calico::{precision, seconds, verdict};
use super::endpoint::{Endpoint, EndpointKind};
use super::format::{Format, NotAFlow};
use super::loose::Loose;
use super::policy_hit::{HitAction, PROFILES, Policy, PolicyKind};
use super::{Aggregation, Clock, Flow, Reporter};

const ACTIONS: [&str; 4] = ["", "Allow", "Deny", "Pass"];
const ENDPOINTS: [&str; 5] = ["", "WorkloadEndpoint", "HostEndpoint", "NetworkSet", "Network"];
const REPORTERS: [&str; 3] = ["", "Src", "Dst"];
const KINDS: [&str; 12] = [
    "",
    "CalicoNetworkPolicy",
    "GlobalNetworkPolicy",
    "StagedNetworkPolicy",
    "StagedGlobalNetworkPolicy",
    "StagedKubernetesNetworkPolicy",
    "NetworkPolicy",
    "AdminNetworkPolicy",
    "BaselineAdminNetworkPolicy",
    "Profile",
    "EndOfTier",
    "ClusterNetworkPolicy",
];

/// Reads a flow, or the result of a list or stream that holds one.
pub(super) fn read(record: &Loose<'_>) -> Result<Flow, NotAFlow> {
    let inner = record.object("flow");
    let flow = if record.has("Key") { record } else { &inner };
    let key = flow.object("Key");
    let missing = |missing| NotAFlow::Incomplete { format: Format::Goldmane, missing };
    let start = flow.signed("start_time").and_then(seconds).ok_or_else(|| missing("start_time"))?;
    let end = flow.signed("end_time").and_then(seconds).filter(|end| *end >= start).unwrap_or(start);
    let reporter = match key.name_of("reporter", &REPORTERS) {
        "Src" => Reporter::Source,
        "Dst" => Reporter::Destination,
        _ => Reporter::Unknown,
    };
    let verdict = verdict(HitAction::parse(key.name_of("action", &ACTIONS)));
    let policies = key.object("policies");
    let (mut source, mut destination) = (endpoint(&key, "source"), endpoint(&key, "dest"));
    destination.port = key.port("dest_port");
    destination.service = service(&key);
    source.labels = flow.texts("source_labels");
    destination.labels = flow.texts("dest_labels");
    count(flow, reporter, &mut source, &mut destination);
    let started = flow.number("num_connections_started").unwrap_or(0);
    let live = flow.number("num_connections_live").unwrap_or(0);
    let completed = flow.number("num_connections_completed").unwrap_or(0);
    Ok(Flow {
        verdict,
        effective_verdict: verdict,
        pending_verdict: hits(&policies, "pending_policies", true)
            .map(|policy| self::verdict(Some(policy.action))),
        reporter,
        direction: reporter.direction(),
        protocol: key.text("proto").into_owned(),
        start,
        end,
        precision_s: precision(start, end),
        clock: Clock::Record,
        // Every connection of the interval is live at its end or was completed in it.
        connections: Some(started.max(live.saturating_add(completed))),
        connections_started: Some(started),
        connections_completed: Some(completed),
        format: Format::Goldmane,
        aggregation: Aggregation::PodPrefix,
        folded: None,
        is_reply: None,
        node: String::new(),
        policy: hits(&policies, "enforced_policies", false),
        source,
        destination,
        dns: None,
    })
}

fn endpoint(key: &Loose<'_>, side: &str) -> Endpoint {
    let member = |rest: &str| key.text(&format!("{side}_{rest}"));
    let name = member("name");
    let mut endpoint = Endpoint { namespace: member("namespace").into_owned(), ..Endpoint::default() };
    match key.name_of(&format!("{side}_type"), &ENDPOINTS) {
        "WorkloadEndpoint" => endpoint.name_pod("", &name),
        kind => {
            endpoint.kind = match (kind, &*name) {
                ("HostEndpoint", _) => EndpointKind::Host,
                ("NetworkSet", _) => EndpointKind::NetworkSet,
                ("Network", "pub") => EndpointKind::Public,
                ("Network", "pvt") => EndpointKind::Private,
                _ => EndpointKind::Unknown,
            };
            if matches!(endpoint.kind, EndpointKind::Host | EndpointKind::NetworkSet) {
                endpoint.workload = name.into_owned();
            }
        }
    }
    endpoint
}

fn service(key: &Loose<'_>) -> String {
    let name = key.text("dest_service_name");
    if name.is_empty() { name.into_owned() } else { format!("{}/{name}", key.text("dest_service_namespace")) }
}

/// Zeros are left out, so what is absent is 0.
fn count(flow: &Loose<'_>, reporter: Reporter, source: &mut Endpoint, destination: &mut Endpoint) {
    let (sent, received) = match reporter {
        Reporter::Source => ("out", "in"),
        Reporter::Destination => ("in", "out"),
        Reporter::Forwarder | Reporter::Unknown => return,
    };
    for (endpoint, way) in [(source, sent), (destination, received)] {
        endpoint.bytes = Some(flow.number(&format!("bytes_{way}")).unwrap_or(0));
        endpoint.packets = Some(flow.number(&format!("packets_{way}")).unwrap_or(0));
    }
}

/// What decided among the hits under `key`.
fn hits(policies: &Loose<'_>, key: &str, on_trial: bool) -> Option<Policy> {
    let hits = policies.list(key)?.filter_map(|hit| text_of(&Loose::of(hit))).collect();
    Policy::deciding(hits, on_trial)
}

/// A hit in the form in which flow logs write it, so that both are read alike and shown alike.
fn text_of(hit: &Loose<'_>) -> Option<String> {
    let kind = hit.name_of("kind", &KINDS);
    let trigger = hit.object("trigger");
    let (named, rule) = match kind {
        "EndOfTier" => (&trigger, -1),
        _ => (hit, hit.signed("rule_index").unwrap_or(0)),
    };
    let policy = PolicyKind::named(named.name_of("kind", &KINDS))?;
    let tier = if policy == PolicyKind::Profile { PROFILES.into() } else { hit.text("tier") };
    let name = policy.name_part(&named.text("namespace"), &named.text("name"));
    let order = hit.signed("policy_index").unwrap_or(0);
    let action = hit.name_of("action", &ACTIONS).to_ascii_lowercase();
    Some(format!("{order}|{tier}|{name}|{action}|{rule}"))
}
