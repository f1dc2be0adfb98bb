//! The policies of Kubernetes: `networking.k8s.io` and `policy.networking.k8s.io`.
//!
//! They are given the places that Calico gives them. Without Calico these come to the same: what is of the cluster stands
//! before or behind what is of namespaces, and who is selected by one of the latter is denied what none of them allows.

use serde_json::{Map, Value};

use super::calico::{ADMIN_TIER, BASELINE_TIER, DEFAULT_TIER};
use super::pod::Asked;
use super::policy::{Extent, Governed, Policy, PolicyKind, Rule, RuleAction};
use super::read::{self, plain_key};

/// The order of a NetworkPolicy in Calico's default tier, after `K8sNetworkPolicyToCalico`.
pub(super) const ORDER: f64 = 1000.0;

/// Reads a policy of either group. What cannot be read of it becomes its fault.
pub(super) fn policy(kind: PolicyKind, namespace: &str, name: &str, spec: &Value) -> Policy {
    let mut policy = Policy::unreadable(kind, namespace, name, String::new());
    let read = if kind.is_admin() { read_admin_into } else { read_into };
    policy.fault = read(&mut policy, spec).err();
    policy
}

/// Reads a NetworkPolicy.
pub(super) fn read_into(policy: &mut Policy, spec: &Value) -> Result<(), String> {
    policy.tier = Some(DEFAULT_TIER.to_owned());
    policy.order = ORDER;
    if !spec.is_object() {
        return Err("it has no spec".to_owned());
    }
    let selector = read::label_selector(read::member(spec, "podSelector"), plain_key);
    policy.subject = vec![selector.map_or_else(Asked::Unreadable, Asked::Pod)];
    read::only(spec, &["podSelector", "policyTypes", "ingress", "egress", "stagedAction"])?;
    let allowing = |key| read::rules(spec, key, |rule| Ok((RuleAction::Allow, extent(rule))));
    let (ingress, egress) = (allowing("ingress")?, allowing("egress")?);
    let types = read::list(spec, "policyTypes")?;
    let is_about = |way: &str| types.iter().any(|kind| kind.as_str() == Some(way));
    if types.iter().any(|kind| !matches!(kind.as_str(), Some("Ingress" | "Egress"))) {
        return Err("one of its policyTypes is not understood".to_owned());
    }
    let is_ingress = types.is_empty() || is_about("Ingress");
    let is_egress = if types.is_empty() { !egress.is_empty() } else { is_about("Egress") };
    let governed = |is_governed: bool, rules| is_governed.then_some(Governed { rules, is_isolating: true });
    policy.ingress = governed(is_ingress, ingress);
    policy.egress = governed(is_egress, egress);
    Ok(())
}

/// Neither peers nor ports are everything. Every member narrows it, one that is not known as well.
fn extent(rule: &Map<String, Value>) -> Extent {
    if rule.values().all(read::is_void) { Extent::All } else { Extent::Part }
}

fn read_admin_into(policy: &mut Policy, spec: &Value) -> Result<(), String> {
    let is_baseline = match policy.kind {
        PolicyKind::BaselineAdminNetworkPolicy => true,
        PolicyKind::ClusterNetworkPolicy => match read::text(spec, "tier") {
            "Admin" => false,
            "Baseline" => true,
            _ => return Err("its tier is not understood".to_owned()),
        },
        _ => false,
    };
    policy.order = read::number(spec, "priority")?;
    policy.tier = Some(if is_baseline { BASELINE_TIER } else { ADMIN_TIER }.to_owned());
    policy.subject = subject(spec)?;
    read::only(spec, &["tier", "priority", "subject", "ingress", "egress"])?;
    let governed = |rules: Vec<Rule>| (!rules.is_empty()).then_some(Governed { rules, is_isolating: false });
    policy.ingress = governed(read::rules(spec, "ingress", admin_rule)?);
    policy.egress = governed(read::rules(spec, "egress", admin_rule)?);
    Ok(())
}

fn subject(spec: &Value) -> Result<Vec<Asked>, String> {
    let subject = read::member(spec, "subject").ok_or("it has no subject")?;
    read::only(subject, &["namespaces", "pods"])?;
    let selector = |of: &Value, key| read::label_selector(read::member(of, key), plain_key);
    match (read::member(subject, "namespaces"), read::member(subject, "pods")) {
        (Some(_), None) => Ok(vec![Asked::Namespace(selector(subject, "namespaces")?)]),
        (None, Some(pods)) => {
            read::only(pods, &["namespaceSelector", "podSelector"])?;
            let namespaces = Asked::Namespace(selector(pods, "namespaceSelector")?);
            Ok(vec![namespaces, Asked::Pod(selector(pods, "podSelector")?)])
        }
        _ => Err("its subject is not understood".to_owned()),
    }
}

/// Peers are pods, nodes or networks: only all the addresses of both families are everything, and only egress has those.
fn admin_rule(rule: &Map<String, Value>) -> Result<(RuleAction, Extent), String> {
    let action = match rule.get("action").and_then(Value::as_str).unwrap_or_default() {
        "Allow" | "Accept" => RuleAction::Allow,
        "Deny" => RuleAction::Deny,
        "Pass" => RuleAction::Pass,
        other => return Err(format!("the action {:?} of a rule is not understood", read::start_of(other))),
    };
    let is_open = |(key, value): (&String, &Value)| match key.as_str() {
        "action" | "name" => true,
        "to" => has_all_addresses(value),
        _ => read::is_void(value),
    };
    let is_all = rule.contains_key("to") && rule.iter().all(is_open);
    Ok((action, if is_all { Extent::All } else { Extent::Part }))
}

fn has_all_addresses(peers: &Value) -> bool {
    let networks = peers.as_array().into_iter().flatten().filter_map(|peer| peer.get("networks")?.as_array());
    let networks: Vec<&str> = networks.flatten().filter_map(Value::as_str).collect();
    networks.contains(&"0.0.0.0/0") && networks.contains(&"::/0")
}
