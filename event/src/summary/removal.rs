//! What is gone, or will be: deletions, evictions, whole collections, and namespaces on their way out.

use super::access::parameters;
use super::line;
use super::phrase::{DELETED, Phrase, Verb};
use super::told::Told;
use crate::change::ChangeType;
use crate::object::BodyMetadata;

const EVICTED: Verb = Verb::new("evicted", "evicting");
const FINISHED: Verb = Verb::new("finished deleting", "finishing deleting");
const FOUND_NONE: Verb = Verb::new("found no", "finding no");

pub(super) fn phrase(told: &Told<'_>) -> Phrase {
    if told.object.subresource == "eviction" {
        // No other command of kubectl evicts (`kubectl/pkg/drain`).
        let drain = if told.audit.user_agent.starts_with("kubectl/") { " (kubectl drain)" } else { "" };
        return Phrase::new(EVICTED, format!("{}{drain}", told.what()));
    }
    match told.audit.verb.as_ref() {
        "deletecollection" => collection(told),
        "delete" => Phrase::new(DELETED, format!("{}{}", told.what(), state(told))),
        // The write that took away what held the object; no delete is logged for what follows.
        _ => Phrase::new(FINISHED, format!("{} (gone)", told.what())),
    }
}

/// `deleted 4 configmaps in shop matching batch=x`
fn collection(told: &Told<'_>) -> Phrase {
    let mut selectors = Vec::new();
    for name in ["labelSelector", "fieldSelector"] {
        selectors.extend(
            parameters(told, name)
                .iter()
                .filter(|selector| !selector.is_empty())
                .map(|text| line::short(text)),
        );
    }
    let matching =
        if selectors.is_empty() { String::new() } else { format!(" matching {}", selectors.join(" and ")) };
    let all = told.all();
    let members = told.change.members.len();
    if told.has_effect() && told.change.change_type == ChangeType::None {
        return Phrase::new(FOUND_NONE, format!("{all}{matching} to delete"));
    }
    match members {
        0 => Phrase::new(DELETED, format!("all {all}{matching}")),
        1 => {
            let namespace = told.namespace();
            let place = if namespace.is_empty() { String::new() } else { format!(" in {namespace}") };
            let kind = line::name(&crate::resource::singular(&told.object.resource));
            Phrase::new(DELETED, format!("1 {kind}{place}{matching}"))
        }
        members => Phrase::new(DELETED, format!("{members} {all}{matching}")),
    }
}

/// What the answer says of the object: gone at once, or terminating and why.
fn state(told: &Told<'_>) -> String {
    let answer = told.answer().filter(|_| told.has_effect()).unwrap_or_default();
    let metadata = BodyMetadata::of(answer);
    if !metadata.is_terminating {
        return String::new();
    }
    if metadata.has_finalizers {
        let finalizers: Vec<_> = line::texts_at(answer, &["metadata", "finalizers"])
            .iter()
            .map(|text| line::short(text))
            .collect();
        return format!(" (terminating, held by {})", line::first_of(&finalizers));
    }
    if metadata.has_no_grace { " (gone)".to_owned() } else { " (terminating)".to_owned() }
}
