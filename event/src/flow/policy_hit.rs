//! Which policies Calico asked about a flow, as its flow records tell: `order|tier|name|action|rule`.
//!
//! The name has two grammars. Since v3.32 it is `kind:[namespace/]name`; before, the kind is hidden in the name. Both, and
//! what upstream refuses, are in `goldmane/proto/methods.go` and its test.

use serde::{Deserialize, Serialize};

/// The policy that decided about a flow.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Policy {
    /// The tier; `""` where the source has none.
    pub tier: String,
    /// Of a policy that belongs to a namespace, that; else `""`.
    pub namespace: String,
    /// The name, in Calico of old with the tier in front; its beginning and `*` where a log prefix was cut.
    pub name: String,
    /// What kind of object it is.
    pub kind: PolicyKind,
    /// What it said.
    pub action: HitAction,
    /// The rule, from 0; null where none of its rules matched, or where the source does not say.
    pub rule: Option<u32>,
    /// No rule matched: the tier's default action decided, because this policy selects the endpoint.
    pub is_tier_default: bool,
    /// Everything that was asked, in order, as the source writes it.
    pub trace: Vec<String>,
}

/// A kind of policy; the names are those of Goldmane's `PolicyKind` and of Hubble.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PolicyKind {
    /// `projectcalico.org/v3` NetworkPolicy.
    CalicoNetworkPolicy,
    /// `projectcalico.org/v3` GlobalNetworkPolicy.
    GlobalNetworkPolicy,
    /// A CalicoNetworkPolicy on trial.
    StagedNetworkPolicy,
    /// A GlobalNetworkPolicy on trial.
    StagedGlobalNetworkPolicy,
    /// A NetworkPolicy on trial.
    StagedKubernetesNetworkPolicy,
    /// `networking.k8s.io/v1` NetworkPolicy.
    NetworkPolicy,
    /// `policy.networking.k8s.io` AdminNetworkPolicy.
    AdminNetworkPolicy,
    /// `policy.networking.k8s.io` BaselineAdminNetworkPolicy.
    BaselineAdminNetworkPolicy,
    /// `policy.networking.k8s.io` ClusterNetworkPolicy, which took the place of both.
    ClusterNetworkPolicy,
    /// What holds for the pods of a namespace or service account that no policy selects.
    Profile,
    /// `cilium.io/v2` CiliumNetworkPolicy.
    CiliumNetworkPolicy,
    /// `cilium.io/v2` CiliumClusterwideNetworkPolicy.
    CiliumClusterwideNetworkPolicy,
    /// The source does not say, or says something that we do not know.
    Unknown,
}

/// What a policy said of a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HitAction {
    /// Let it pass.
    Allow,
    /// Drop it.
    Deny,
    /// Ask the next tier.
    Pass,
    /// Tell of it. Decides nothing, and stands in no list of those that were asked.
    Log,
}

/// One policy that was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyHit {
    /// Its place among all that were asked: records do not list them in order.
    pub order: u64,
    /// What it said; [`Policy::trace`] is empty.
    pub policy: Policy,
}

/// Why a text is no policy hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAHit {
    /// It has other parts.
    #[error("a policy hit has the parts order|tier|name|action|rule")]
    Parts,
    /// Order or rule is no number.
    #[error("order and rule of a policy hit are numbers")]
    Number,
    /// The action is another word.
    #[error("the action of a policy hit is allow, deny or pass")]
    Action,
    /// Tier, namespace or name cannot be one.
    #[error("tier, namespace and name of a policy hit are names of Kubernetes objects")]
    Name,
}

/// The tier of profiles, which is none.
pub(super) const PROFILES: &str = "__PROFILE__";

impl PolicyHit {
    /// Reads one hit. The rule is missing in old records.
    pub fn parse(text: &str) -> Result<Self, NotAHit> {
        let mut parts = text.split('|');
        let mut part = || parts.next().ok_or(NotAHit::Parts);
        let (order, tier, name, action) = (part()?, part()?, part()?, part()?);
        let rule = parts.next();
        if parts.next().is_some() {
            return Err(NotAHit::Parts);
        }
        let order = order.parse().map_err(|_| NotAHit::Number)?;
        let rule = rule.map(str::parse::<i64>).transpose().map_err(|_| NotAHit::Number)?;
        let action = HitAction::parse(action).ok_or(NotAHit::Action)?;
        let (kind, namespace, name) = kind_of(name);
        if !is_name(name) || !(namespace.is_empty() || is_name(namespace)) {
            return Err(NotAHit::Name);
        }
        if !(is_name(tier) || tier == PROFILES && kind == PolicyKind::Profile) {
            return Err(NotAHit::Name);
        }
        let policy = Policy {
            tier: tier.to_owned(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            kind,
            action,
            rule: rule.and_then(|rule| u32::try_from(rule).ok()),
            is_tier_default: rule == Some(-1),
            trace: Vec::new(),
        };
        Ok(Self { order, policy })
    }
}

impl HitAction {
    /// The action of this name, in any case.
    pub(super) fn parse(name: &str) -> Option<Self> {
        [("allow", Self::Allow), ("deny", Self::Deny), ("pass", Self::Pass)]
            .into_iter()
            .find_map(|(known, action)| known.eq_ignore_ascii_case(name).then_some(action))
    }
}

impl PolicyKind {
    /// The kinds as short as v3.32 writes them (`felix/types/policy_id.go`).
    const SHORT: [(&str, Self); 8] = [
        ("np", Self::CalicoNetworkPolicy),
        ("gnp", Self::GlobalNetworkPolicy),
        ("snp", Self::StagedNetworkPolicy),
        ("sgnp", Self::StagedGlobalNetworkPolicy),
        ("sknp", Self::StagedKubernetesNetworkPolicy),
        ("knp", Self::NetworkPolicy),
        ("kcnp", Self::ClusterNetworkPolicy),
        ("pro", Self::Profile),
    ];

    /// The kind of this short name, as log prefixes have it too.
    pub(super) fn short(name: &str) -> Option<Self> {
        Self::SHORT.into_iter().find_map(|(short, kind)| (short == name).then_some(kind))
    }

    /// The name of a policy of this kind in a hit. [`PolicyHit::parse`] reads it.
    pub(super) fn name_part(self, namespace: &str, name: &str) -> String {
        let slash = if namespace.is_empty() { "" } else { "/" };
        match Self::SHORT.into_iter().find(|(_, kind)| *kind == self) {
            Some((short, _)) => format!("{short}:{namespace}{slash}{name}"),
            None if self == Self::AdminNetworkPolicy => format!("kanp.{name}"),
            None if self == Self::BaselineAdminNetworkPolicy => format!("kbanp.{name}"),
            // Calico writes no others.
            None => format!("{namespace}{slash}{name}"),
        }
    }

    /// The kind of this name, as Goldmane and Hubble write it.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "AdminNetworkPolicy" => Some(Self::AdminNetworkPolicy),
            "BaselineAdminNetworkPolicy" => Some(Self::BaselineAdminNetworkPolicy),
            "CalicoNetworkPolicy" => Some(Self::CalicoNetworkPolicy),
            "GlobalNetworkPolicy" => Some(Self::GlobalNetworkPolicy),
            "StagedNetworkPolicy" => Some(Self::StagedNetworkPolicy),
            "StagedGlobalNetworkPolicy" => Some(Self::StagedGlobalNetworkPolicy),
            "StagedKubernetesNetworkPolicy" => Some(Self::StagedKubernetesNetworkPolicy),
            "NetworkPolicy" => Some(Self::NetworkPolicy),
            "ClusterNetworkPolicy" => Some(Self::ClusterNetworkPolicy),
            "Profile" => Some(Self::Profile),
            "CiliumNetworkPolicy" => Some(Self::CiliumNetworkPolicy),
            "CiliumClusterwideNetworkPolicy" => Some(Self::CiliumClusterwideNetworkPolicy),
            _ => None,
        }
    }

    fn is_staged(self) -> bool {
        use PolicyKind::{StagedGlobalNetworkPolicy, StagedKubernetesNetworkPolicy, StagedNetworkPolicy};
        matches!(self, StagedNetworkPolicy | StagedGlobalNetworkPolicy | StagedKubernetesNetworkPolicy)
    }
}

impl Policy {
    /// Whether it only holds because no policy selects the pod.
    pub fn is_profile(&self) -> bool {
        self.kind == PolicyKind::Profile
    }

    /// The name with the namespace that it belongs to.
    pub fn full_name(&self) -> String {
        if self.namespace.is_empty() {
            self.name.clone()
        } else {
            format!("{}/{}", self.namespace, self.name)
        }
    }

    /// What decided: the last that did not pass the question on. Policies on trial decide only where `on_trial`.
    pub(super) fn deciding(texts: Vec<String>, on_trial: bool) -> Option<Self> {
        let mut hits: Vec<(Option<PolicyHit>, String)> =
            texts.into_iter().map(|text| (PolicyHit::parse(&text).ok(), text)).collect();
        hits.sort_by_key(|(hit, _)| hit.as_ref().map_or(u64::MAX, |hit| hit.order));
        let decides =
            |policy: &Self| policy.action != HitAction::Pass && (on_trial || !policy.kind.is_staged());
        let decided = hits.iter().rev().filter_map(|(hit, _)| hit.as_ref()).find(|hit| decides(&hit.policy));
        let policy = decided?.policy.clone();
        Some(Self { trace: hits.into_iter().map(|(_, text)| text).collect(), ..policy })
    }
}

/// Kind, namespace and name in the name part of a hit.
fn kind_of(part: &str) -> (PolicyKind, &str, &str) {
    if let Some((kind, rest)) =
        part.split_once(':').and_then(|(kind, rest)| Some((PolicyKind::short(kind)?, rest)))
    {
        let (namespace, name) = rest.split_once('/').unwrap_or(("", rest));
        return (kind, namespace, name);
    }
    match part.split_once('/') {
        None => {
            let (kind, name) = old_global(part);
            (kind, "", name)
        }
        Some((namespace, rest)) => {
            let (kind, name) = old_namespaced(rest);
            (kind, namespace, name)
        }
    }
}

fn old_global(name: &str) -> (PolicyKind, &str) {
    let after = |prefix| name.strip_prefix(prefix);
    if let Some((_, name)) = name.split_once("staged:") {
        (PolicyKind::StagedGlobalNetworkPolicy, name)
    } else if let Some(name) = after("kanp.adminnetworkpolicy.").or_else(|| after("kanp.")) {
        (PolicyKind::AdminNetworkPolicy, name)
    } else if let Some(name) = after("kbanp.baselineadminnetworkpolicy.").or_else(|| after("kbanp.")) {
        (PolicyKind::BaselineAdminNetworkPolicy, name)
    } else if let Some(name) = after("__PROFILE__.") {
        (PolicyKind::Profile, name)
    } else {
        (PolicyKind::GlobalNetworkPolicy, name)
    }
}

fn old_namespaced(name: &str) -> (PolicyKind, &str) {
    let after = |prefix| name.strip_prefix(prefix);
    if let Some(name) = after("staged:knp.default.").or_else(|| after("staged:knp.")) {
        (PolicyKind::StagedKubernetesNetworkPolicy, name)
    } else if let Some(name) = after("knp.default.").or_else(|| after("knp.")) {
        (PolicyKind::NetworkPolicy, name)
    } else if let Some((_, name)) = name.split_once("staged:") {
        (PolicyKind::StagedNetworkPolicy, name)
    } else {
        (PolicyKind::CalicoNetworkPolicy, name)
    }
}

/// Whether an object may have this name (RFC 1123 subdomain).
fn is_name(text: &str) -> bool {
    let is_edge = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = text.as_bytes();
    bytes.iter().all(|byte| is_edge(*byte) || matches!(byte, b'-' | b'.'))
        && bytes.first().is_some_and(|byte| is_edge(*byte))
        && bytes.last().is_some_and(|byte| is_edge(*byte))
}

#[cfg(test)]
mod tests;
