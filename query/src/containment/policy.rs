//! A network policy as far as it matters here: whom it selects, where it stands, and what its rules do.

use std::fmt;

use super::pod::Asked;

/// The kind of a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PolicyKind {
    /// Calico's, for the whole cluster.
    GlobalNetworkPolicy,
    /// Calico's, of a namespace.
    CalicoNetworkPolicy,
    /// That of Kubernetes.
    NetworkPolicy,
    /// Of `policy.networking.k8s.io`, before the policies of namespaces.
    AdminNetworkPolicy,
    /// Of `policy.networking.k8s.io`, behind the policies of namespaces.
    BaselineAdminNetworkPolicy,
    /// Of `policy.networking.k8s.io`, before or behind them: what became of the two above.
    ClusterNetworkPolicy,
    /// Cilium's, of a namespace.
    CiliumNetworkPolicy,
    /// Cilium's, for the whole cluster.
    CiliumClusterwideNetworkPolicy,
    /// Calico's, staged: it enforces nothing.
    StagedGlobalNetworkPolicy,
    /// Calico's, of a namespace, staged.
    StagedNetworkPolicy,
    /// Calico's trial of a policy of Kubernetes.
    StagedKubernetesNetworkPolicy,
    /// Antrea's, for the whole cluster. Not evaluated.
    AntreaClusterNetworkPolicy,
    /// Antrea's, of a namespace. Not evaluated.
    AntreaNetworkPolicy,
}

/// What a rule does with what it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleAction {
    /// It lets it through.
    Allow,
    /// It drops it.
    Deny,
    /// It hands it on to the next tier.
    Pass,
    /// It logs it and goes on.
    Log,
}

/// From where to where, as the pod sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Ingress,
    Egress,
}

/// How much of the traffic a rule matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    All,
    Part,
    Nothing,
}

#[derive(Debug, Clone)]
pub(super) struct Rule {
    pub(super) action: RuleAction,
    pub(super) extent: Extent,
    /// What it matches, in the words of the object.
    pub(super) what: Box<str>,
    /// Of all that it matches, as the words are cut.
    pub(super) digest: u64,
    /// Its place in the list of the object, from 0.
    pub(super) index: u32,
}

/// What a policy does in one direction.
#[derive(Debug, Clone, Default)]
pub(super) struct Governed {
    pub(super) rules: Vec<Rule>,
    /// Whether what no rule takes is denied: at the end of the tier, or by being selected at all.
    pub(super) is_isolating: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Policy {
    pub(super) kind: PolicyKind,
    /// Empty if it is of the whole cluster.
    pub(super) namespace: String,
    pub(super) name: String,
    /// None if it is not known. Empty for what knows no tiers.
    pub(super) tier: Option<String>,
    /// Infinite if it has none: it is behind those that have one.
    pub(super) order: f64,
    /// All of it has to be so.
    pub(super) subject: Vec<Asked>,
    /// None if it has nothing to say about it.
    pub(super) ingress: Option<Governed>,
    pub(super) egress: Option<Governed>,
    /// Why nothing is known of what it does.
    pub(super) fault: Option<String>,
}

impl Policy {
    /// A policy that could do anything.
    pub(super) fn unreadable(kind: PolicyKind, namespace: &str, name: &str, why: String) -> Self {
        Self {
            kind,
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            tier: None,
            order: f64::INFINITY,
            subject: Vec::new(),
            ingress: Some(Governed { rules: Vec::new(), is_isolating: true }),
            egress: Some(Governed { rules: Vec::new(), is_isolating: true }),
            fault: Some(why),
        }
    }

    /// The name without the tier before it, as older versions of Calico have it.
    pub(super) fn bare_name(&self) -> &str {
        let tier = self.tier.as_deref().filter(|tier| self.kind.is_calico() && !tier.is_empty());
        let bare = tier.and_then(|tier| self.name.strip_prefix(tier)?.strip_prefix('.'));
        bare.unwrap_or(&self.name)
    }

    /// What it has in common with itself in the other group of Calico.
    pub(super) fn identity(&self) -> (PolicyKind, &str, Option<&str>, &str) {
        (self.kind, &self.namespace, self.tier.as_deref(), self.bare_name())
    }

    /// Whether it is known as a `NetworkPolicy` and no more.
    pub(super) fn could_be_calicos(&self) -> bool {
        self.kind == PolicyKind::NetworkPolicy && self.tier.is_none()
    }

    /// The names that it may be known by.
    pub(super) fn names(&self) -> impl Iterator<Item = String> {
        let bare = self.bare_name();
        let with_tier = self.tier.as_deref().map(|tier| format!("{tier}.{bare}"));
        [self.name.clone(), bare.to_owned()].into_iter().chain(with_tier)
    }

    /// Why it, or whom it selects, cannot be told.
    pub(super) fn advice(&self) -> Option<String> {
        let unreadable = |asked: &Asked| match asked {
            Asked::Unreadable(why) => Some(why.clone()),
            _ => None,
        };
        self.fault.clone().or_else(|| self.subject.iter().find_map(unreadable))
    }

    pub(super) fn governed(&self, way: Way) -> Option<&Governed> {
        match way {
            Way::Ingress => self.ingress.as_ref(),
            Way::Egress => self.egress.as_ref(),
        }
    }

    /// Whether a rule may do that to something.
    pub(super) fn may(&self, way: Way, action: RuleAction) -> bool {
        let Some(governed) = self.governed(way) else { return false };
        let does = |rule: &Rule| rule.action == action && rule.extent != Extent::Nothing;
        self.fault.is_some() || governed.rules.iter().any(does)
    }

    /// Whether its own rules let nothing through: the first that takes everything denies it, or nothing is taken.
    pub(super) fn denies_by_itself(&self, way: Way) -> bool {
        let Some(governed) = self.governed(way) else { return false };
        let passes = |rule: &Rule| {
            matches!(rule.action, RuleAction::Allow | RuleAction::Pass) && rule.extent != Extent::Nothing
        };
        let denies = |rule: &Rule| rule.action == RuleAction::Deny && rule.extent == Extent::All;
        let last = governed.rules.iter().position(denies).unwrap_or(governed.rules.len());
        !governed.rules.iter().take(last).any(passes)
            && (last < governed.rules.len() || governed.is_isolating)
    }
}

/// By kind, namespace and name.
impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.kind.name())?;
        if !self.namespace.is_empty() {
            write!(f, "{}/", self.namespace)?;
        }
        f.write_str(&self.name)
    }
}

impl PolicyKind {
    /// As the API server names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::GlobalNetworkPolicy => "GlobalNetworkPolicy",
            Self::CalicoNetworkPolicy | Self::NetworkPolicy | Self::AntreaNetworkPolicy => "NetworkPolicy",
            Self::AdminNetworkPolicy => "AdminNetworkPolicy",
            Self::BaselineAdminNetworkPolicy => "BaselineAdminNetworkPolicy",
            Self::ClusterNetworkPolicy | Self::AntreaClusterNetworkPolicy => "ClusterNetworkPolicy",
            Self::CiliumNetworkPolicy => "CiliumNetworkPolicy",
            Self::CiliumClusterwideNetworkPolicy => "CiliumClusterwideNetworkPolicy",
            Self::StagedGlobalNetworkPolicy => "StagedGlobalNetworkPolicy",
            Self::StagedNetworkPolicy => "StagedNetworkPolicy",
            Self::StagedKubernetesNetworkPolicy => "StagedKubernetesNetworkPolicy",
        }
    }

    /// By its kind or the name of its resource, in the group of its API. An empty group is any that has such a kind.
    pub(super) fn of(group: &str, kind: &str) -> Option<Self> {
        const KINDS: [(&str, &str, PolicyKind); 13] = [
            (CALICO, "GlobalNetworkPolicy", PolicyKind::GlobalNetworkPolicy),
            ("networking.k8s.io", "NetworkPolicy", PolicyKind::NetworkPolicy),
            (CALICO, "NetworkPolicy", PolicyKind::CalicoNetworkPolicy),
            (ADMIN, "AdminNetworkPolicy", PolicyKind::AdminNetworkPolicy),
            (ADMIN, "BaselineAdminNetworkPolicy", PolicyKind::BaselineAdminNetworkPolicy),
            (ADMIN, "ClusterNetworkPolicy", PolicyKind::ClusterNetworkPolicy),
            (CILIUM, "CiliumNetworkPolicy", PolicyKind::CiliumNetworkPolicy),
            (CILIUM, "CiliumClusterwideNetworkPolicy", PolicyKind::CiliumClusterwideNetworkPolicy),
            (CALICO, "StagedGlobalNetworkPolicy", PolicyKind::StagedGlobalNetworkPolicy),
            (CALICO, "StagedNetworkPolicy", PolicyKind::StagedNetworkPolicy),
            (CALICO, "StagedKubernetesNetworkPolicy", PolicyKind::StagedKubernetesNetworkPolicy),
            (ANTREA, "ClusterNetworkPolicy", PolicyKind::AntreaClusterNetworkPolicy),
            (ANTREA, "NetworkPolicy", PolicyKind::AntreaNetworkPolicy),
        ];
        let group = if group == CALICO_STORED { CALICO } else { group };
        KINDS
            .iter()
            .find(|(of, name, _)| (group.is_empty() || *of == group) && is_kind_or_resource(name, kind))
            .map(|(.., kind)| *kind)
    }

    pub(super) fn is_calico(self) -> bool {
        matches!(self, Self::GlobalNetworkPolicy | Self::CalicoNetworkPolicy) || self.is_staged()
    }

    pub(super) fn is_antrea(self) -> bool {
        matches!(self, Self::AntreaClusterNetworkPolicy | Self::AntreaNetworkPolicy)
    }

    pub(super) fn is_of_namespace(self) -> bool {
        matches!(
            self,
            Self::CalicoNetworkPolicy
                | Self::NetworkPolicy
                | Self::CiliumNetworkPolicy
                | Self::StagedNetworkPolicy
                | Self::StagedKubernetesNetworkPolicy
                | Self::AntreaNetworkPolicy
        )
    }

    pub(super) fn is_cilium(self) -> bool {
        matches!(self, Self::CiliumNetworkPolicy | Self::CiliumClusterwideNetworkPolicy)
    }

    pub(super) fn is_staged(self) -> bool {
        matches!(
            self,
            Self::StagedGlobalNetworkPolicy | Self::StagedNetworkPolicy | Self::StagedKubernetesNetworkPolicy
        )
    }

    /// Whether it is of `policy.networking.k8s.io`.
    pub(super) fn is_admin(self) -> bool {
        matches!(
            self,
            Self::AdminNetworkPolicy | Self::BaselineAdminNetworkPolicy | Self::ClusterNetworkPolicy
        )
    }
}

/// The group in which people see Calico's objects.
pub(super) const CALICO: &str = "projectcalico.org";
/// The group in which older versions of Calico keep them.
pub(super) const CALICO_STORED: &str = "crd.projectcalico.org";
const ADMIN: &str = "policy.networking.k8s.io";
const CILIUM: &str = "cilium.io";
const ANTREA: &str = "crd.antrea.io";

/// Whether it is the kind, or its plural in small letters as object refs have it.
fn is_kind_or_resource(kind: &str, word: &str) -> bool {
    let stem = kind.strip_suffix('y').unwrap_or(kind);
    let is_plural = || {
        let end = word.get(stem.len()..);
        end == Some("ies") && word.get(..stem.len()).is_some_and(|start| start.eq_ignore_ascii_case(stem))
    };
    word.eq_ignore_ascii_case(kind) || is_plural()
}
