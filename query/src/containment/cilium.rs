//! Cilium's policies, after `pkg/policy/api/rule.go` in cilium/cilium: what one denies, none can allow.

use serde_json::{Map, Value};

use super::answer::{End, Passage, RuleRef};
use super::calico::BASELINE_TIER;
use super::pod::Asked;
use super::policy::{Extent, Governed, Policy, PolicyKind, Rule, RuleAction, Way};
use super::read;
use super::walk::{Chosen, Notes};

/// Reads the policies of an object: it may hold several. What cannot be read of one becomes its fault.
pub(super) fn policies(kind: PolicyKind, namespace: &str, name: &str, object: &Value) -> Vec<Policy> {
    let unreadable = |why| Policy::unreadable(kind, namespace, name, why);
    let specs = match read::list(object, "specs") {
        Ok(specs) => read::member(object, "spec").into_iter().chain(specs),
        Err(why) => return vec![unreadable(why)],
    };
    let policies: Vec<Policy> = specs
        .map(|spec| {
            let mut policy = unreadable(String::new());
            policy.fault = read_into(&mut policy, spec).err();
            policy
        })
        .collect();
    if policies.is_empty() { vec![unreadable("it has no spec".to_owned())] } else { policies }
}

fn read_into(policy: &mut Policy, spec: &Value) -> Result<(), String> {
    policy.tier = Some(String::new());
    if read::member(spec, "nodeSelector").is_some() {
        (policy.ingress, policy.egress) = (None, None);
        return Ok(());
    }
    let selector = read::member(spec, "endpointSelector").ok_or("it selects neither pods nor nodes")?;
    let selector = read::label_selector(Some(selector), label_key);
    policy.subject = vec![selector.map_or_else(Asked::Unreadable, Asked::Cilium)];
    read::only(
        spec,
        &[
            "endpointSelector",
            "nodeSelector",
            "ingress",
            "ingressDeny",
            "egress",
            "egressDeny",
            "labels",
            "enableDefaultDeny",
            "description",
            "log",
        ],
    )?;
    policy.ingress = governed(spec, "ingress", "ingressDeny")?;
    policy.egress = governed(spec, "egress", "egressDeny")?;
    Ok(())
}

/// Without the source of the label. A pod has none of the reserved ones, and no label of a pod has two slashes.
fn label_key(key: &str) -> Result<String, String> {
    match key.split_once(':') {
        None | Some(("k8s" | "any", _)) => Ok(key.split_once(':').map_or(key, |(_, key)| key).to_owned()),
        Some(("reserved", key)) => Ok(format!("reserved//{key}")),
        Some((source, _)) => Err(format!("labels of the source {:?} are not known", read::start_of(source))),
    }
}

/// The rules that deny come first. Without rules it is not about that direction.
fn governed(spec: &Value, allow: &str, deny: &str) -> Result<Option<Governed>, String> {
    let entities = if allow == "ingress" { "fromEntities" } else { "toEntities" };
    let mut rules = read::rules(spec, deny, |rule| Ok((RuleAction::Deny, extent(rule, entities))))?;
    rules.extend(read::rules(spec, allow, |rule| Ok((RuleAction::Allow, extent(rule, entities))))?);
    let is_isolating = match read::member(spec, "enableDefaultDeny").and_then(|of| read::member(of, allow)) {
        None => true,
        Some(Value::Bool(is_isolating)) => *is_isolating,
        Some(_) => return Err("its enableDefaultDeny is not understood".to_owned()),
    };
    Ok((!rules.is_empty()).then_some(Governed { rules, is_isolating }))
}

/// An empty rule, or an empty list of endpoints, matches nothing: that is how a pod is isolated without allowing anything.
fn extent(rule: &Map<String, Value>, entities: &str) -> Extent {
    let is_empty = |key| rule.get(key).and_then(Value::as_array).is_some_and(Vec::is_empty);
    if is_empty("fromEndpoints") || is_empty("toEndpoints") {
        return Extent::Nothing;
    }
    let said: Vec<(&str, &Value)> = rule
        .iter()
        .map(|(key, value)| (key.as_str(), value))
        .filter(|(_, value)| !read::is_void(value))
        .collect();
    match said.as_slice() {
        [] => Extent::Nothing,
        [(key, of)] if *key == entities && is_everybody(of) => Extent::All,
        _ => Extent::Part,
    }
}

fn is_everybody(entities: &Value) -> bool {
    let has = |name| entities.as_array().into_iter().flatten().any(|entity| entity.as_str() == Some(name));
    has("all") || has("cluster") && has("world")
}

/// What Cilium does: its own policies and those of Kubernetes together. Whether it enforces those of
/// `policy.networking.k8s.io`, which could come before, depends on its version.
pub(super) fn passage(way: Way, chosen: &[Chosen<'_>], notes: &mut Notes) -> Passage {
    let mut doubts = Doubts::default();
    let mut sure = Vec::new();
    for one in chosen {
        let Some(governed) = one.policy.governed(way) else { continue };
        if one.doubt.is_some() || one.policy.kind.is_admin() {
            doubts.add(way, one);
        } else {
            sure.push((one.policy, governed));
        }
    }
    let rules = |action: RuleAction, extent: Extent| -> Vec<RuleRef> {
        let is_it = |rule: &&Rule| rule.action == action && rule.extent == extent;
        let of = |(policy, governed): &(&Policy, &Governed)| -> Vec<RuleRef> {
            governed.rules.iter().filter(is_it).map(|rule| RuleRef::of_rule(policy, rule)).collect()
        };
        sure.iter().flat_map(of).collect()
    };
    let denies_all = rules(RuleAction::Deny, Extent::All);
    if !denies_all.is_empty() && !doubts.may_overrule {
        return Passage { by: denies_all.into_iter().next(), ..Passage::ending(End::Denied) };
    }
    doubts.notes.into_iter().for_each(|note| notes.add(note));
    let earlier = rules(RuleAction::Allow, Extent::Part);
    let isolating = sure.iter().filter(|(_, governed)| governed.is_isolating).map(|(policy, _)| *policy);
    let by_default = RuleRef::of_default(way, isolating);
    let by_allow = rules(RuleAction::Allow, Extent::All).into_iter().next();
    let (end, by, is_doubtful) = match (denies_all.into_iter().next(), by_default, by_allow) {
        (Some(by), ..) => return Passage { by: Some(by), ..Passage::ending(End::Unknown) },
        (_, None, by) => (End::Open, by, doubts.may_deny),
        (_, _, Some(by)) => (End::Open, Some(by), doubts.may_deny),
        (_, Some(by), None) => (End::Denied, Some(by), doubts.may_allow),
    };
    Passage { by, earlier, ..Passage::ending(if is_doubtful { End::Unknown } else { end }) }
}

/// What policies that cannot be evaluated could do.
#[derive(Default)]
struct Doubts {
    may_allow: bool,
    may_deny: bool,
    /// Whether one could let through what a rule of Cilium denies.
    may_overrule: bool,
    notes: Vec<String>,
}

impl Doubts {
    fn add(&mut self, way: Way, one: &Chosen<'_>) {
        let may_allow = one.policy.may(way, RuleAction::Allow);
        let is_admin = one.policy.kind.is_admin();
        self.may_allow |= may_allow;
        self.may_deny |= one.policy.may(way, RuleAction::Deny) || !is_admin;
        self.may_overrule |= is_admin && may_allow && one.policy.tier.as_deref() != Some(BASELINE_TIER);
        self.notes.push(match &one.doubt {
            Some(why) => format!("{} cannot be evaluated: {why}", one.policy),
            None => format!("{} selects the pod: whether Cilium enforces it is not known", one.policy),
        });
    }
}
