//! The way of traffic through tiers, policies and rules, after `felix/calc/policy_sorter.go` and the rules that Felix
//! renders.
//!
//! Nothing is known of a single packet: a rule that asks for anything matches a part of the traffic. So the walk follows
//! two things: what no rule took so far, and what rules passed on to the next tier for a part.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::answer::{End, Passage, RuleRef};
use super::calico::Tier;
use super::policy::{Extent, Policy, Rule, RuleAction, Way};

/// A policy that selects the pod.
#[derive(Debug, Clone)]
pub(super) struct Chosen<'a> {
    pub(super) policy: &'a Policy,
    /// Why that, or what it does, cannot be told.
    pub(super) doubt: Option<String>,
}

/// What could not be evaluated, each thing once.
#[derive(Debug, Default)]
pub(super) struct Notes(Vec<String>);

impl Notes {
    /// Most of them: nobody reads more.
    const MAX: usize = 50;

    pub(super) fn add(&mut self, note: String) {
        if self.0.len() < Self::MAX && !self.0.contains(&note) {
            self.0.push(note);
        }
    }

    pub(super) fn finish(self) -> Vec<String> {
        self.0
    }
}

/// What becomes of the traffic of a pod that these policies select. `tier_of` knows the tiers that there are.
pub(super) fn passage(
    way: Way,
    chosen: &[Chosen<'_>],
    tier_of: impl Fn(&str) -> Option<Tier>,
    notes: &mut Notes,
) -> Passage {
    let mut walk = Walk::new(way, notes);
    let (mut known, mut unseen) = (BTreeMap::new(), BTreeMap::new());
    for one in chosen.iter().filter(|one| one.policy.governed(way).is_some()) {
        let Some(name) = &one.policy.tier else {
            walk.doubt(one);
            continue;
        };
        let tiers = if tier_of(name).is_some() { &mut known } else { &mut unseen };
        tiers.entry(name.as_str()).or_insert_with(Vec::new).push(one);
    }
    for (name, policies) in &mut unseen {
        policies.sort_by(|one, other| in_order(one.policy, other.policy));
        walk.expect_unseen(name, policies);
    }
    let mut known: Vec<(Tier, &str, Vec<&Chosen<'_>>)> =
        known.into_iter().filter_map(|(name, policies)| Some((tier_of(name)?, name, policies))).collect();
    known.sort_by(|(one, one_name, _), (other, other_name, _)| {
        order(one.order, other.order).then_with(|| one_name.cmp(other_name))
    });
    for (tier, _, policies) in &mut known {
        policies.sort_by(|one, other| in_order(one.policy, other.policy));
        walk.tier(Some(*tier), policies);
    }
    for policies in unseen.values() {
        walk.tier(None, policies);
    }
    walk.finish()
}

/// By order, and by name, namespace and kind among equals.
fn in_order(one: &Policy, other: &Policy) -> Ordering {
    let tie = |policy: &Policy| format!("{}/{}/{}", policy.name, policy.namespace, policy.kind.name());
    order(one.order, other.order).then_with(|| tie(one).cmp(&tie(other)))
}

fn order(one: f64, other: f64) -> Ordering {
    one.partial_cmp(&other).unwrap_or(Ordering::Equal)
}

struct Walk<'w> {
    way: Way,
    notes: &'w mut Notes,
    /// What became of all that no rule took for itself alone; none while it is under way.
    main: Option<Verdict>,
    /// What rules passed on for a part, under way to the next tier.
    aside: Vec<Aside>,
    /// By step, as a rule that passes on is known to let something through only at the end.
    earlier: Vec<(usize, RuleRef)>,
    /// Whether something that cannot be evaluated could let through what is denied.
    may_allow: bool,
    /// Whether something that cannot be evaluated could deny what is let through.
    may_deny: bool,
    step: usize,
}

struct Verdict {
    is_denied: bool,
    by: RuleRef,
    is_logged: bool,
}

struct Aside {
    step: usize,
    rule: RuleRef,
    /// Whether its policy selects the pod for sure.
    is_sure: bool,
}

impl<'w> Walk<'w> {
    fn new(way: Way, notes: &'w mut Notes) -> Self {
        Self {
            way,
            notes,
            main: None,
            aside: Vec::new(),
            earlier: Vec::new(),
            may_allow: false,
            may_deny: false,
            step: 0,
        }
    }

    /// Through one tier. None is a tier of which only the name is known: nobody knows what it does with the rest.
    fn tier(&mut self, tier: Option<Tier>, policies: &[&Chosen<'_>]) {
        if self.main.as_ref().is_some_and(|verdict| !verdict.is_denied) {
            return;
        }
        let mut inside = Inside { has_main: self.main.is_none(), aside: std::mem::take(&mut self.aside) };
        let mut isolating = Vec::new();
        let mut has_log = false;
        for one in policies {
            if inside.is_empty() {
                return;
            }
            if one.doubt.is_some() {
                self.doubt(one);
                self.may_deny |= tier.is_none_or(|tier| tier.denies);
                continue;
            }
            let Some(governed) = one.policy.governed(self.way) else { continue };
            if governed.is_isolating {
                isolating.push(one.policy);
            }
            let mut is_logged = false;
            for rule in &governed.rules {
                is_logged |= rule.action == RuleAction::Log && rule.extent == Extent::All;
                if self.rule(one.policy, rule, is_logged, &mut inside) == Then::LeaveTier {
                    return;
                }
            }
            has_log |= is_logged;
        }
        match (tier, RuleRef::of_default(self.way, isolating)) {
            (Some(tier), Some(by)) if tier.denies => {
                if inside.has_main {
                    self.main = Some(Verdict { is_denied: true, by, is_logged: has_log });
                }
            }
            (tier, by) => {
                self.may_deny |= tier.is_none() && by.is_some();
                self.aside.append(&mut inside.aside);
            }
        }
    }

    fn rule(&mut self, policy: &Policy, rule: &Rule, is_logged: bool, inside: &mut Inside) -> Then {
        self.step += 1;
        let of_rule = || RuleRef::of_rule(policy, rule);
        match (rule.action, rule.extent) {
            (_, Extent::Nothing) | (RuleAction::Log, _) | (RuleAction::Deny, Extent::Part) => {}
            (RuleAction::Allow, Extent::Part) if inside.is_sure() => {
                self.earlier.push((self.step, of_rule()))
            }
            (RuleAction::Allow, Extent::Part) => self.may_allow |= !inside.is_empty(),
            (RuleAction::Pass, Extent::Part) => {
                let is_sure = inside.is_sure();
                self.aside.push(Aside { step: self.step, rule: of_rule(), is_sure });
            }
            (RuleAction::Pass, Extent::All) => {
                self.aside.append(&mut inside.aside);
                return Then::LeaveTier;
            }
            (RuleAction::Allow, Extent::All) => {
                if inside.has_main {
                    self.main = Some(Verdict { is_denied: false, by: of_rule(), is_logged: false });
                } else {
                    self.let_through(std::mem::take(&mut inside.aside));
                }
                inside.clear();
            }
            (RuleAction::Deny, Extent::All) => {
                if inside.has_main {
                    self.main = Some(Verdict { is_denied: true, by: of_rule(), is_logged });
                }
                inside.clear();
            }
        }
        if inside.is_empty() { Then::LeaveTier } else { Then::GoOn }
    }

    /// A tier of which the place is not known: what it denies counts behind all others, what it allows before them.
    fn expect_unseen(&mut self, name: &str, policies: &[&Chosen<'_>]) {
        self.notes.add(format!("the order of the tier {name} is not known: no Tier of that name was seen"));
        let mut alone = Walk::new(self.way, self.notes);
        alone.tier(None, policies);
        let is_denied = alone.main.as_ref().map(|verdict| verdict.is_denied);
        let may_allow = is_denied == Some(false) || alone.may_allow || !alone.earlier.is_empty();
        let may_deny = is_denied == Some(true) || alone.may_deny;
        self.may_allow |= may_allow;
        self.may_deny |= may_deny;
    }

    /// Meets a policy of which it is not known whether it selects the pod or what it does.
    fn doubt(&mut self, one: &Chosen<'_>) {
        let why = one.doubt.as_deref().unwrap_or("its place is not known");
        self.notes.add(format!("{} cannot be evaluated: {why}", one.policy));
        self.may_allow |= one.policy.may(self.way, RuleAction::Allow);
        self.may_deny |= one.policy.may(self.way, RuleAction::Deny);
        let Some(governed) = one.policy.governed(self.way) else { return };
        for rule in governed.rules.iter().filter(|rule| rule.action == RuleAction::Pass) {
            let rule = RuleRef::of_rule(one.policy, rule);
            self.aside.push(Aside { step: self.step, rule, is_sure: false });
        }
    }

    fn let_through(&mut self, aside: Vec<Aside>) {
        for Aside { step, rule, is_sure } in aside {
            if is_sure {
                self.earlier.push((step, rule));
            } else {
                self.may_allow = true;
            }
        }
    }

    /// Behind the tiers are the profiles, which let everything through.
    fn finish(mut self) -> Passage {
        let aside = std::mem::take(&mut self.aside);
        if self.main.is_some() {
            self.let_through(aside);
        }
        self.earlier.sort_by_key(|(step, _)| *step);
        let is_denied = self.main.as_ref().is_some_and(|verdict| verdict.is_denied);
        let end = match is_denied {
            true if self.may_allow => End::Unknown,
            true => End::Denied,
            false if self.may_deny => End::Unknown,
            false => End::Open,
        };
        let (by, is_logged) = self.main.map_or((None, false), |main| (Some(main.by), main.is_logged));
        let earlier = self.earlier.into_iter().map(|(_, rule)| rule).collect();
        Passage { end, by, is_logged, earlier }
    }
}

/// What is still within a tier.
struct Inside {
    has_main: bool,
    aside: Vec<Aside>,
}

impl Inside {
    fn is_empty(&self) -> bool {
        !self.has_main && self.aside.is_empty()
    }

    fn is_sure(&self) -> bool {
        self.has_main || self.aside.iter().any(|aside| aside.is_sure)
    }

    fn clear(&mut self) {
        self.has_main = false;
        self.aside.clear();
    }
}

#[derive(PartialEq, Eq)]
enum Then {
    GoOn,
    LeaveTier,
}
