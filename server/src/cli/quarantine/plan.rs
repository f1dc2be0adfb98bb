//! What is going to be done to a pod and what comes of it, in words. Nothing here asks a cluster.

use taffrail_query::quarantine::QuarantineLabel;

use super::containment::Contained;
use super::marks::{BY, REASON, SINCE};
use super::pod::{Pod, PodName};
use super::policies::PolicyObject;
use crate::args::PolicyKind;

/// What is done by `apply`.
#[derive(Debug)]
pub(super) struct ApplyPlan<'a> {
    pub(super) name: &'a PodName,
    /// The pod, if the caller may read it.
    pub(super) pod: Option<&'a Pod>,
    pub(super) label: &'a QuarantineLabel,
    pub(super) reason: &'a str,
    pub(super) by: Option<&'a str>,
    pub(super) asked_policy: Option<PolicyKind>,
    /// What is made before the label is set.
    pub(super) made: &'a [PolicyObject],
    /// As it will be.
    pub(super) contained: &'a Contained,
}

/// What is done by `release`.
#[derive(Debug)]
pub(super) struct ReleasePlan<'a> {
    pub(super) name: &'a PodName,
    pub(super) pod: Option<&'a Pod>,
    pub(super) label: &'a QuarantineLabel,
    /// What is removed after the label.
    pub(super) removed: &'a [PolicyObject],
    /// What stays, and why.
    pub(super) kept: &'a [String],
}

impl ApplyPlan<'_> {
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = vec![described(self.name, self.pod), String::new(), "To do:".to_owned()];
        lines.extend(self.made.iter().map(|object| format!("  create {}", object.in_words())));
        if self.sets_label() {
            lines.push(match self.pod.and_then(|pod| pod.label(&self.label.key)) {
                Some(before) => {
                    format!("  change label {} from {before} to {}", self.label.key, self.label.value)
                }
                None => format!("  set label {}", self.label),
            });
            lines.push(format!("  set annotation {REASON}: {}", self.reason));
            lines.push(format!("  set annotation {SINCE}: the time then"));
            lines.extend(self.by.map(|by| format!("  set annotation {BY}: {by}")));
        }
        lines.push(String::new());
        lines.extend(self.contained.lines());
        for caution in self.cautions() {
            lines.extend([String::new(), format!("Mind: {caution}")]);
        }
        lines
    }

    /// Whether it does not carry the label yet, as far as that is known.
    pub(super) fn sets_label(&self) -> bool {
        !self.pod.is_some_and(|pod| pod.is_isolated(self.label))
    }

    pub(super) fn cautions(&self) -> Vec<String> {
        let mut cautions = Vec::new();
        let mut mind = |text: &str| cautions.push(text.to_owned());
        if self.contained.verdict != Some(true) && self.asked_policy.is_none() {
            mind(
                "the label alone isolates nothing. --with-policy calico, cilium or networkpolicy makes a policy that denies what \
                 carries it; with --print it is only shown.",
            );
        }
        if self.asked_policy == Some(PolicyKind::Networkpolicy) {
            mind("a NetworkPolicy does something only where the network plugin enforces it.");
        }
        if let Some(pod) = self.pod {
            if pod.is_on_host_network() {
                mind(
                    "it uses the network of its node, to which no policy of pods applies: the label isolates nothing.",
                );
            }
            if pod.has_ended() {
                mind("it does not run any more: there is no traffic to deny.");
            }
            if pod.is_being_deleted() {
                mind("it is being deleted.");
            }
            if let Some(owner) = pod.owner() {
                mind(&format!(
                    "it belongs to {owner}: the label lasts as long as this pod, and the next one has none."
                ));
            }
        }
        mind(
            "connections that are open already can go on: Calico asks its policies when a connection begins.",
        );
        if self.contained.verdict != Some(false) {
            mind("DNS is denied as well, so that it finds no names any more.");
        }
        if *self.label != QuarantineLabel::default() {
            let known = QuarantineLabel::default();
            mind(&format!("`taffrail quarantine list` and `show` know pods by the label {known}."));
        }
        cautions
    }
}

impl ReleasePlan<'_> {
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = vec![described(self.name, self.pod)];
        lines.extend(self.pod.map(|pod| isolated(pod, self.label)));
        lines.extend([String::new(), "To do:".to_owned()]);
        lines.push(format!("  remove label {}", self.label.key));
        lines.push(format!("  remove annotations {REASON}, {SINCE}, {BY}"));
        lines.extend(self.removed.iter().map(|object| format!("  delete {}", object.in_words())));
        if !self.kept.is_empty() {
            lines.push(String::new());
        }
        lines.extend(self.kept.iter().map(|kept| format!("Stays: {kept}")));
        lines
    }
}

/// `pod default/attacker on node-1 (10.244.1.23), of replicaset attacker-5d4`
fn described(name: &PodName, pod: Option<&Pod>) -> String {
    let Some(pod) = pod else {
        return format!("pod {name}; its present state is not known, because you may not read it");
    };
    let node = pod.node().map(|node| format!(" on {node}")).unwrap_or_default();
    let ips = pod.ips().join(", ");
    let ips = if ips.is_empty() { ips } else { format!(" ({ips})") };
    let owner = pod.owner().map(|owner| format!(", of {owner}")).unwrap_or_default();
    format!("pod {name}{node}{ips}{owner}")
}

/// `under quarantine since 2026-11-23T16:24:54Z, by alice: crypto miner seen`
pub(super) fn isolated(pod: &Pod, label: &QuarantineLabel) -> String {
    let since = pod.annotation(SINCE).map(|since| format!(" since {since}")).unwrap_or_default();
    let by = pod.annotation(BY).map(|by| format!(", by {by}")).unwrap_or_default();
    let reason = pod.annotation(REASON).map(|reason| format!(": {reason}")).unwrap_or_default();
    if since.is_empty() && by.is_empty() && reason.is_empty() {
        return format!("it carries {label}; nothing on it says who set that, when, and why");
    }
    format!("under quarantine ({label}){since}{by}{reason}")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::policies;
    use super::*;

    fn name() -> PodName {
        PodName { namespace: "default".to_owned(), name: "attacker".to_owned() }
    }

    fn pod(more: Value) -> Pod {
        let mut pod =
            json!({"metadata": {}, "spec": {"nodeName": "node-1"}, "status": {"podIP": "10.244.1.23"}});
        json_patch(&mut pod, more);
        Pod(pod)
    }

    fn json_patch(value: &mut Value, more: Value) {
        match more {
            Value::Object(members) if value.is_object() => {
                members.into_iter().for_each(|(key, more)| json_patch(&mut value[&key], more));
            }
            more => *value = more,
        }
    }

    fn plan<'a>(
        name: &'a PodName,
        pod: Option<&'a Pod>,
        label: &'a QuarantineLabel,
        contained: &'a Contained,
    ) -> ApplyPlan<'a> {
        ApplyPlan {
            name,
            pod,
            label,
            reason: "miner",
            by: Some("alice"),
            asked_policy: None,
            made: &[],
            contained,
        }
    }

    fn contained(verdict: Option<bool>) -> Contained {
        Contained { verdict, words: vec!["because".to_owned()] }
    }

    #[test]
    fn everything_is_said_before_it_is_done() {
        let (name, label, contained) = (name(), QuarantineLabel::default(), contained(Some(true)));
        let made = policies::objects(PolicyKind::Calico, &label, "default");
        let pod = pod(json!({}));
        let plan = ApplyPlan { made: &made, ..plan(&name, Some(&pod), &label, &contained) };
        let expected = "\
pod default/attacker on node-1 (10.244.1.23)

To do:
  create tier security
  create globalnetworkpolicy security.quarantine
  set label quarantine=true
  set annotation taffrail.dev/quarantine-reason: miner
  set annotation taffrail.dev/quarantine-since: the time then
  set annotation taffrail.dev/quarantine-by: alice

It will be contained:
  because

Mind: connections that are open already can go on: Calico asks its policies when a connection begins.

Mind: DNS is denied as well, so that it finds no names any more.";
        assert_eq!(plan.lines().join("\n"), expected);
    }

    #[test]
    fn what_is_special_about_a_pod_is_said() {
        fn check(more: Value, expected: &str) {
            let (name, label, contained, pod) =
                (name(), QuarantineLabel::default(), contained(Some(true)), pod(more));
            let text = plan(&name, Some(&pod), &label, &contained).lines().join("\n");
            assert!(text.contains(expected), "{expected}: {text}");
        }
        check(json!({"spec": {"hostNetwork": true}}), "the label isolates nothing");
        check(json!({"status": {"phase": "Succeeded"}}), "does not run any more");
        check(json!({"metadata": {"deletionTimestamp": "2026-11-23T16:24:54Z"}}), "is being deleted");
        let owners = json!([{"kind": "ReplicaSet", "name": "web-5d4", "controller": true}]);
        check(json!({"metadata": {"ownerReferences": owners}}), "(10.244.1.23), of replicaset web-5d4\n");
        check(json!({"metadata": {"ownerReferences": owners}}), "the next one has none");
        check(
            json!({"metadata": {"labels": {"quarantine": "false"}}}),
            "change label quarantine from false to true",
        );
    }

    #[test]
    fn a_label_that_isolates_nothing_says_so() {
        let (name, label) = (name(), QuarantineLabel { key: "x".to_owned(), value: "y".to_owned() });
        for verdict in [Some(false), None] {
            let contained = contained(verdict);
            let text = plan(&name, None, &label, &contained).lines().join("\n");
            assert!(text.contains("the label alone isolates nothing"), "{text}");
            assert!(text.contains("its present state is not known"), "{text}");
            assert!(text.contains("know pods by the label quarantine=true"), "{text}");
        }
    }

    #[test]
    fn a_release_says_what_there_is() {
        let (name, label) = (name(), QuarantineLabel::default());
        let marks = json!({REASON: "miner", SINCE: "2026-11-23T16:24:54Z", BY: "alice"});
        let pod = pod(json!({"metadata": {"labels": {"quarantine": "true"}, "annotations": marks}}));
        let kept = ["policies".to_owned()];
        let plan = ReleasePlan { name: &name, pod: Some(&pod), label: &label, removed: &[], kept: &kept };
        let expected = "\
pod default/attacker on node-1 (10.244.1.23)
under quarantine (quarantine=true) since 2026-11-23T16:24:54Z, by alice: miner

To do:
  remove label quarantine
  remove annotations taffrail.dev/quarantine-reason, taffrail.dev/quarantine-since, taffrail.dev/quarantine-by

Stays: policies";
        assert_eq!(plan.lines().join("\n"), expected);
        let unmarked = Pod(json!({}));
        assert!(isolated(&unmarked, &label).contains("nothing on it says who"));
    }
}
