//! What components write about themselves and others: Events, and the leases that show that they live.

use super::line;
use super::phrase::{Phrase, Verb};
use super::told::Told;
use crate::change::ChangeType;

const REPORTED: Verb = Verb::new("reported", "reporting");
const RENEWED: Verb = Verb::new("renewed", "renewing");
const TOOK: Verb = Verb::new("took", "taking");
const RELEASED: Verb = Verb::new("released", "releasing");

/// Messages are cut here.
const MAX_MESSAGE_BYTES: usize = 120;

pub(super) fn phrase(told: &Told<'_>) -> Option<Phrase> {
    let is_write = matches!(told.audit.verb.as_ref(), "create" | "update" | "patch");
    match (told.object.group.as_str(), told.object.resource.as_str()) {
        ("" | "events.k8s.io", "events") if is_write => event(told),
        ("coordination.k8s.io", "leases") if told.change.change_type == ChangeType::Update => lease(told),
        _ => None,
    }
}

/// `reported Scheduled for pod shop/web-1: Successfully assigned ...`
fn event(told: &Told<'_>) -> Option<Phrase> {
    let about = told.in_body(&["involvedObject"]).or_else(|| told.in_body(&["regarding"]))?;
    let reason = told.text_in_body(&["reason"]);
    let message = told
        .in_body(&["note"])
        .map_or_else(|| told.text_in_body(&["message"]), |_| told.text_in_body(&["note"]));
    let (namespace, name) = (line::text_at(about, &["namespace"]), line::text_at(about, &["name"]));
    let kind = line::short(&line::text_at(about, &["kind"]).to_lowercase());
    let namespace = if namespace.is_empty() { String::new() } else { format!("{}/", line::name(&namespace)) };
    let message = if message.is_empty() {
        String::new()
    } else {
        format!(": {}", line::cut(&message, MAX_MESSAGE_BYTES))
    };
    let reason = if reason.is_empty() { "something".to_owned() } else { line::short(&reason) };
    Some(Phrase::new(REPORTED, format!("{reason} for {kind} {namespace}{}{message}", line::name(&name))))
}

fn lease(told: &Told<'_>) -> Option<Phrase> {
    let is_of = |path: &str, name: &str| path == format!("spec.{name}");
    let fields = &told.change.fields;
    if fields.is_empty() || told.change.unseen_before {
        return None;
    }
    if let Some(holder) = fields.iter().find(|field| is_of(&field.path, "holderIdentity")) {
        let holder = holder.after.as_ref().map(|holder| holder.plain()).unwrap_or_default();
        return Some(match holder.as_ref() {
            "" | "null" => Phrase::new(RELEASED, told.what()),
            holder => Phrase::new(TOOK, format!("{} for {}", told.what(), line::short(holder))),
        });
    }
    let is_renewal = fields.iter().all(|field| is_of(&field.path, "renewTime"));
    is_renewal.then(|| Phrase::new(RENEWED, told.what()))
}
