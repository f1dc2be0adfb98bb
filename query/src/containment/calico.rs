//! Calico's policies and tiers, after the types of `projectcalico.org/v3`.

use serde_json::{Map, Value};

use super::pod::Asked;
use super::policy::{Extent, Governed, Policy, PolicyKind, Rule, RuleAction};
use super::{kubernetes, read};
use crate::selector::Selector;

/// The tier of a policy that names none.
pub(super) const DEFAULT_TIER: &str = "default";
/// The tier of the policies of `policy.networking.k8s.io` that come first.
pub(super) const ADMIN_TIER: &str = "kube-admin";
/// The tier of those that come last.
pub(super) const BASELINE_TIER: &str = "kube-baseline";

/// Where a tier stands, and what becomes of what its rules do not take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Tier {
    /// Infinite if it has none: it is behind those that have one.
    pub(super) order: f64,
    /// Whether it is denied; else it goes on to the next tier.
    pub(super) denies: bool,
}

impl Tier {
    /// The tiers that are there without being made, also by their names before Calico 3.32.
    pub(super) fn built_in(name: &str) -> Option<Self> {
        match name {
            ADMIN_TIER | "adminnetworkpolicy" => Some(Self { order: 1000.0, denies: false }),
            DEFAULT_TIER => Some(Self { order: 1_000_000.0, denies: true }),
            BASELINE_TIER | "baselineadminnetworkpolicy" => Some(Self { order: 10_000_000.0, denies: false }),
            _ => None,
        }
    }

    pub(super) fn read(spec: &Value) -> Result<Self, String> {
        let order = read::number(spec, "order")?;
        match action(read::text(spec, "defaultAction")) {
            None if read::text(spec, "defaultAction").is_empty() => Ok(Self { order, denies: true }),
            Some(RuleAction::Deny) => Ok(Self { order, denies: true }),
            Some(RuleAction::Pass) => Ok(Self { order, denies: false }),
            _ => Err("its defaultAction is not understood".to_owned()),
        }
    }
}

/// Reads a policy. What cannot be read of it becomes its fault.
pub(super) fn policy(kind: PolicyKind, namespace: &str, name: &str, spec: &Value) -> Policy {
    let mut policy = Policy::unreadable(kind, namespace, name, String::new());
    policy.fault = read_into(&mut policy, spec).err();
    if kind.is_staged() && !matches!(read::text(spec, "stagedAction"), "" | "Set") {
        (policy.ingress, policy.egress) = (None, None);
    }
    policy
}

fn read_into(policy: &mut Policy, spec: &Value) -> Result<(), String> {
    if policy.kind == PolicyKind::StagedKubernetesNetworkPolicy {
        return kubernetes::read_into(policy, spec);
    }
    if !spec.is_object() {
        return Err("it has no spec".to_owned());
    }
    policy.order = read::number(spec, "order")?;
    policy.tier = match (read::member(spec, "tier"), read::text(spec, "tier")) {
        (None, _) => Some(DEFAULT_TIER.to_owned()),
        (Some(Value::String(_)), "") => Some(DEFAULT_TIER.to_owned()),
        (Some(Value::String(_)), tier) => Some(tier.to_owned()),
        _ => return Err("its tier is no text".to_owned()),
    };
    policy.subject = [
        asked(spec, "selector", Asked::Calico),
        asked(spec, "namespaceSelector", Asked::Namespace),
        asked(spec, "serviceAccountSelector", Asked::Account),
    ]
    .into_iter()
    .flatten()
    .collect();
    read::only(
        spec,
        &[
            "tier",
            "order",
            "selector",
            "namespaceSelector",
            "serviceAccountSelector",
            "types",
            "ingress",
            "egress",
            "doNotTrack",
            "preDNAT",
            "applyOnForward",
            "performanceHints",
            "stagedAction",
        ],
    )?;
    let is_for_hosts = |key| spec.get(key).and_then(Value::as_bool).unwrap_or_default();
    let rules = (rules(spec, "ingress")?, rules(spec, "egress")?);
    (policy.ingress, policy.egress) = if is_for_hosts("doNotTrack") || is_for_hosts("preDNAT") {
        (None, None)
    } else {
        governed(spec, rules)?
    };
    Ok(())
}

/// A selector that says nothing asks for nothing.
fn asked(spec: &Value, key: &str, of: fn(Selector) -> Asked) -> Option<Asked> {
    match read::member(spec, key)? {
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => Some(match Selector::parse(text) {
            Ok(selector) => of(selector),
            Err(error) => Asked::Unreadable(format!("its {key} cannot be read: {error}")),
        }),
        _ => Some(Asked::Unreadable(format!("its {key} is no text"))),
    }
}

/// After `defaultPolicyTypesField` of Calico: without types it is about ingress, unless it has rules for egress alone.
fn governed(
    spec: &Value,
    (ingress, egress): (Vec<Rule>, Vec<Rule>),
) -> Result<(Option<Governed>, Option<Governed>), String> {
    let (mut is_ingress, mut is_egress) = (false, false);
    for kind in read::list(spec, "types")? {
        match kind.as_str().unwrap_or_default() {
            kind if kind.eq_ignore_ascii_case("ingress") => is_ingress = true,
            kind if kind.eq_ignore_ascii_case("egress") => is_egress = true,
            kind => return Err(format!("its type {:?} is not understood", read::start_of(kind))),
        }
    }
    if !is_ingress && !is_egress {
        is_egress = !egress.is_empty();
        is_ingress = !ingress.is_empty() || !is_egress;
    }
    let governed = |is_governed: bool, rules| is_governed.then_some(Governed { rules, is_isolating: true });
    Ok((governed(is_ingress, ingress), governed(is_egress, egress)))
}

fn rules(spec: &Value, key: &str) -> Result<Vec<Rule>, String> {
    read::rules(spec, key, |rule| {
        let name = rule.get("action").and_then(Value::as_str).unwrap_or_default();
        let unknown = || format!("the action {:?} of a rule is not understood", read::start_of(name));
        Ok((action(name).ok_or_else(unknown)?, extent(rule)))
    })
}

/// `next-tier` is how `pass` was written once.
fn action(name: &str) -> Option<RuleAction> {
    const NAMES: [(&str, RuleAction); 5] = [
        ("allow", RuleAction::Allow),
        ("deny", RuleAction::Deny),
        ("pass", RuleAction::Pass),
        ("next-tier", RuleAction::Pass),
        ("log", RuleAction::Log),
    ];
    NAMES.iter().find(|(known, _)| name.eq_ignore_ascii_case(known)).map(|(_, action)| *action)
}

/// Every member narrows it, one that is not known as well.
fn extent(rule: &Map<String, Value>) -> Extent {
    let is_open = |(key, value): (&String, &Value)| match (key.as_str(), value) {
        ("action" | "metadata", _) => true,
        ("source" | "destination", Value::Object(members)) => members.values().all(read::is_void),
        (_, value) => read::is_void(value),
    };
    if rule.iter().all(is_open) { Extent::All } else { Extent::Part }
}
