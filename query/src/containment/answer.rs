//! What is said of a pod: whether its traffic is denied, by what, and what gets through before.

use std::fmt;

use super::policy::{Extent, Policy, PolicyKind, Rule, RuleAction, Way};

/// Most rules that a sentence each is spent on.
const MAX_TOLD: usize = 5;

/// What the policies of a cluster do to one pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Containment {
    /// What becomes of what comes to it.
    pub ingress: Passage,
    /// What becomes of what it sends.
    pub egress: Passage,
    /// What could not be evaluated, in plain words: advice, no claim.
    pub notes: Vec<String>,
}

/// What becomes of the traffic of a pod in one direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// What becomes of all that no earlier rule took.
    pub end: End,
    /// What decides that. If the end is not known: what would decide it, if nothing that cannot be evaluated does.
    pub by: Option<RuleRef>,
    /// Whether a rule that logs everything stands before that deny in the same policy; for the default deny of a tier,
    /// in a policy of that tier.
    pub is_logged: bool,
    /// Rules that would let some of the traffic pass before, in order of evaluation.
    pub earlier: Vec<RuleRef>,
}

/// The end of the traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It is denied.
    Denied,
    /// It is let through.
    Open,
    /// That depends on something that cannot be evaluated.
    Unknown,
}

/// A rule of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleRef {
    /// The kind of the policy.
    pub kind: PolicyKind,
    /// Its tier, for policies of Calico.
    pub tier: Option<String>,
    /// Its namespace; empty if it is of the whole cluster.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The rule's place in its list, from 0 as Calico counts in flow logs. None for what no rule takes: the default deny
    /// of the tier, or of the kind of policy.
    pub rule: Option<u32>,
    /// What it does.
    pub action: RuleAction,
    /// What it matches, in the words of the object; empty if that is everything.
    pub what: String,
    digest: u64,
}

impl RuleRef {
    pub(super) fn of_rule(policy: &Policy, rule: &Rule) -> Self {
        Self {
            kind: policy.kind,
            tier: policy.tier.clone().filter(|_| policy.kind.is_calico()),
            namespace: policy.namespace.clone(),
            name: policy.name.clone(),
            rule: Some(rule.index),
            action: rule.action,
            what: rule.what.to_string(),
            digest: rule.digest,
        }
    }

    /// The default deny of policies that select a pod. All of them do it: told is the last one that has no rules, as it
    /// says nothing else; else the last one.
    pub(super) fn of_default<'p>(way: Way, policies: impl IntoIterator<Item = &'p Policy>) -> Option<Self> {
        let is_rule = |rule: &Rule| rule.extent != Extent::Nothing;
        let has_rules = |policy: &Policy| policy.governed(way).is_some_and(|of| of.rules.iter().any(is_rule));
        let policy = policies
            .into_iter()
            .reduce(|last, next| if has_rules(next) && !has_rules(last) { last } else { next })?;
        Some(Self {
            kind: policy.kind,
            tier: policy.tier.clone().filter(|_| policy.kind.is_calico()),
            namespace: policy.namespace.clone(),
            name: policy.name.clone(),
            rule: None,
            action: RuleAction::Deny,
            what: String::new(),
            digest: 0,
        })
    }

    /// The policy by its namespace and name.
    fn policy(&self) -> String {
        match self.namespace.as_str() {
            "" => self.name.clone(),
            namespace => format!("{namespace}/{}", self.name),
        }
    }

    /// The policy by its kind, name and tier.
    fn policy_in_words(&self) -> String {
        let policy = format!("{} {}", self.kind.name(), self.policy());
        match &self.tier {
            Some(tier) => format!("{policy} (tier {tier})"),
            None => policy,
        }
    }

    /// Whether it is the same rule, wherever in its policy it stands.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let identity = |rule: &Self| (rule.kind, rule.action, rule.rule.is_some());
        identity(self) == identity(other)
            && (&self.namespace, &self.name, self.digest) == (&other.namespace, &other.name, other.digest)
    }
}

/// For a sentence. Rules are counted from 1 there.
impl fmt::Display for RuleRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.rule {
            Some(rule) => write!(f, "rule {} of {}", u64::from(rule) + 1, self.policy_in_words()),
            None => f.write_str(&self.policy_in_words()),
        }
    }
}

impl Containment {
    /// Whether all the traffic of the pod is denied for sure, both ways.
    pub fn is_contained(&self) -> bool {
        self.ingress.is_contained() && self.egress.is_contained()
    }

    /// The same, and `None` where that depends on what cannot be evaluated.
    pub fn verdict(&self) -> Option<bool> {
        let is_known = self.ingress.end != End::Unknown && self.egress.end != End::Unknown;
        is_known.then(|| self.is_contained())
    }

    /// The policy, or the two, that contain it: `security.quarantine`, `shop/quarantine`. None if it is not contained.
    pub fn policy(&self) -> Option<String> {
        let (ingress, egress) = match (&self.ingress.by, &self.egress.by) {
            (Some(ingress), Some(egress)) if self.is_contained() => (ingress.policy(), egress.policy()),
            _ => return None,
        };
        Some(if ingress == egress { ingress } else { format!("{ingress} and {egress}") })
    }

    /// Short sentences for people: what happens, and what gets through before. Not the notes.
    pub fn in_words(&self) -> Vec<String> {
        let mut sentences = self.ingress.in_words("ingress");
        sentences.extend(self.egress.in_words("egress"));
        sentences
    }
}

impl Passage {
    pub(super) fn ending(end: End) -> Self {
        Self { end, by: None, is_logged: false, earlier: Vec::new() }
    }

    /// Whether all of it is denied for sure.
    pub fn is_contained(&self) -> bool {
        self.end == End::Denied && self.earlier.is_empty()
    }

    fn in_words(&self, way: &str) -> Vec<String> {
        let mut sentences = vec![self.end_in_words(way)];
        if self.end != End::Open {
            let told = self.earlier.iter().take(MAX_TOLD);
            sentences.extend(told.map(|rule| format!("before that, {}", rule.as_hole(way))));
            let untold = self.earlier.len().saturating_sub(MAX_TOLD);
            if untold > 0 {
                sentences.push(format!("and {untold} more rules let some {way} pass"));
            }
        }
        sentences
    }

    fn end_in_words(&self, way: &str) -> String {
        match (self.end, &self.by) {
            (End::Denied, Some(by)) => format!("{way} is denied by {}", self.deny_in_words(by)),
            (End::Denied, None) => format!("{way} is denied"),
            (End::Open, Some(by)) => format!("{way} is open: {by} lets it pass"),
            (End::Open, None) => format!("{way} is open: no policy denies all of it"),
            (End::Unknown, Some(by)) if by.action == RuleAction::Deny => format!(
                "{way} would be denied by {}, but what cannot be evaluated could let it pass before",
                self.deny_in_words(by)
            ),
            (End::Unknown, _) => format!("whether {way} is denied depends on what cannot be evaluated"),
        }
    }

    /// `GlobalNetworkPolicy security.quarantine (tier security), rule 2, after it is logged`.
    pub(super) fn deny_in_words(&self, by: &RuleRef) -> String {
        let policy = by.policy_in_words();
        let logged = if self.is_logged { ", after it is logged" } else { "" };
        match by.rule {
            Some(rule) => format!("{policy}, rule {}{logged}", u64::from(rule) + 1),
            None => format!("default, as {policy} selects the pod{logged}"),
        }
    }
}

impl RuleRef {
    /// What gets through by it.
    pub(super) fn as_hole(&self, way: &str) -> String {
        let what = if self.what.is_empty() { String::new() } else { format!(" ({})", self.what) };
        match self.action {
            RuleAction::Pass => {
                format!("{self} passes some {way} on to tiers that do not deny it{what}")
            }
            _ => format!("{self} lets some {way} pass{what}"),
        }
    }
}
