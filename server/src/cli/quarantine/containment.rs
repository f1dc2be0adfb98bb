//! Whether policies contain a pod, in words.

use serde_json::json;
use taffrail_query::containment::{PodSubject, Policies};
use taffrail_query::quarantine::QuarantineLabel;

use super::pod::{Pod, PodName};
use super::survey::Survey;

/// Stands for policies of which not even the names may be read. No policy can be called so.
const UNREAD: &str = "(not read)";

/// What the policies of a cluster do to a pod.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Contained {
    /// Whether all its traffic is denied; `None` if that cannot be known.
    pub(super) verdict: Option<bool>,
    /// The policy that does it, or what is in the way.
    pub(super) words: Vec<String>,
}

impl Contained {
    /// For a person, before it is so.
    pub(super) fn lines(&self) -> Vec<String> {
        self.below(match self.verdict {
            Some(true) => "It will be contained:",
            Some(false) => "It will not be contained:",
            None => "Whether it will be contained is not known:",
        })
    }

    /// For a person, when it is so.
    pub(super) fn present(&self) -> Vec<String> {
        self.below(match self.verdict {
            Some(true) => "It is contained:",
            Some(false) => "It is not contained:",
            None => "Whether it is contained is not known:",
        })
    }

    fn below(&self, title: &str) -> Vec<String> {
        below(title, &self.words)
    }
}

/// A title, and what belongs under it.
pub(super) fn below(title: &str, words: &[String]) -> Vec<String> {
    let words = words.iter().map(|words| format!("  {words}"));
    std::iter::once(title.to_owned()).chain(words).collect()
}

/// What the policies of a survey do to the pod once it carries the label.
pub(super) fn contained(
    survey: &Survey,
    name: &PodName,
    pod: Option<&Pod>,
    label: &QuarantineLabel,
) -> Contained {
    let mut policies = Policies::default();
    let mut words = Vec::new();
    for object in &survey.objects {
        // A policy that cannot be read counts as one that may do anything, and the walk notes it.
        policies.put(object.to_string().as_bytes());
    }
    for unread in &survey.unread {
        policies.put_unknown(&unread.of.full_name(), unread.namespace.as_deref().unwrap_or_default(), UNREAD);
    }
    let known = pod.map(|pod| pod.with(label));
    let alone = || json!({"metadata": {"namespace": name.namespace, "name": name.name, "labels": {&label.key: label.value}}});
    let subject = known.unwrap_or_else(alone).to_string();
    let Some(subject) = PodSubject::of_pod(subject.as_bytes()) else { return Contained::default() };
    let containment = policies.containment_of(&subject.subject());
    words.extend(containment.in_words());
    words.extend(containment.notes.iter().filter(|note| !note.contains(UNREAD)).cloned());
    words.extend(survey.unread_in_words());
    if pod.is_none() {
        words.push(format!("its labels other than {label} are not known, and policies may select by them"));
    }
    let verdict = containment.verdict().filter(|_| pod.is_some());
    Contained { verdict, words }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::cluster::Resource;
    use super::super::policies;
    use super::super::survey::Unread;
    use super::*;
    use crate::args::PolicyKind;

    fn check(objects: &[Value], unread: &[Resource], pod: Option<Value>, verdict: Option<bool>, said: &str) {
        let name = PodName { namespace: "shop".to_owned(), name: "web".to_owned() };
        let unread = unread.iter().map(|of| Unread { of: *of, namespace: None, why: "forbidden".to_owned() });
        let mut survey = Survey::default();
        survey.objects.extend_from_slice(objects);
        survey.unread.extend(unread);
        let pod = pod.map(Pod);
        let found = contained(&survey, &name, pod.as_ref(), &QuarantineLabel::default());
        assert_eq!(found.verdict, verdict, "{:#?}", found.words);
        assert!(found.words.iter().any(|words| words.contains(said)), "{said}: {:#?}", found.words);
        assert!(!found.words.iter().any(|words| words.contains(UNREAD)), "{:#?}", found.words);
    }

    #[test]
    fn what_is_not_known_is_never_said_to_be_contained() {
        let pod = || {
            Some(
                json!({"metadata": {"namespace": "shop", "name": "web", "labels": {"app": "web"}}, "spec": {}}),
            )
        };
        let of = |kind| {
            let objects = policies::objects(kind, &QuarantineLabel::default(), "shop");
            objects.into_iter().map(|object| object.object).collect::<Vec<_>>()
        };
        let calico = of(PolicyKind::Calico);
        check(&calico, &[], pod(), Some(true), "security.quarantine");
        check(&of(PolicyKind::Cilium), &[], pod(), Some(true), "quarantine");
        check(&of(PolicyKind::Networkpolicy), &[], pod(), Some(true), "shop/quarantine");
        check(&[], &[], pod(), Some(false), "");
        check(&calico, &[], None, None, "policies may select by them");
        check(
            &calico,
            &[Resource::CALICO_GLOBAL_POLICIES],
            pod(),
            None,
            "globalnetworkpolicies.projectcalico.org",
        );
        // Whatever Cilium has, what Calico denies is denied.
        check(&calico, &[Resource::CILIUM_POLICIES], pod(), Some(true), "ciliumnetworkpolicies.cilium.io");
        let mut host = pod().unwrap();
        host["spec"]["hostNetwork"] = json!(true);
        check(&calico, &[], Some(host), None, "network of its node");
    }
}
