//! One line per event as a colleague would say it: who, did what, to which object, and how that ended.
//!
//! [`summary`] puts a sentence together of who (`who.rs`) and a phrase (`phrase.rs`). The phrase comes from the most telling
//! source that the record has:
//!
//! - a subresource or a request that stores nothing, by its URL and body: `access.rs`, `token.rs`, `review.rs`, `report.rs`;
//! - an object that is new or gone: `creation.rs` with `workload.rs`, `network.rs`, `rbac.rs`; `removal.rs`;
//! - the fields that changed, or, where nothing changed because the request failed, those that it asked for: `fields.rs` ranks
//!   what the modules of one subject each say of a field, `asked.rs` reads the request;
//! - else the verb: `verb.rs`.
//!
//! Invariants: it says nothing that the record and its change set do not prove; it is one line of at most
//! [`MAX_SUMMARY_BYTES`], whatever clients send; values that were redacted, and those of secrets, are not in it.

mod access;
mod approval;
mod asked;
mod container;
mod creation;
mod data;
mod endpoints;
mod fields;
mod general;
mod line;
mod metadata;
mod nested;
mod network;
mod node;
mod phrase;
mod place;
mod rbac;
mod removal;
mod report;
mod review;
mod rules;
mod token;
mod told;
mod verb;
mod who;
mod workload;

use crate::actor::Actor;
use crate::audit::{AuditRecord, Stage};
use crate::change::{Change, ChangeType};
use crate::object::ObjectRef;
use crate::outcome::{DeniedBy, Outcome, OutcomeResult};
pub(crate) use line::cut as one_line;
use phrase::Phrase;
use told::Told;

/// Longer summaries are cut.
pub(crate) const MAX_SUMMARY_BYTES: usize = 1024;

/// The summary of one event.
pub(crate) fn summary(
    audit: &AuditRecord<'_>,
    actor: &Actor,
    object: Option<&ObjectRef>,
    outcome: &Outcome,
    change: &Change,
) -> String {
    let who = who::who(actor);
    let is_dry_run = audit.is_dry_run();
    let phrase = match object.filter(|object| !object.resource.is_empty()) {
        Some(object) => phrase(&Told { audit, object, outcome, change, is_dry_run }),
        None => verb::on_path(audit),
    };
    let dry = if is_dry_run { " (dry run)" } else { "" };
    let sentence = match outcome.result {
        // The first words say that it had no effect: the end of a line may be cut where it is shown.
        OutcomeResult::Success if is_dry_run => format!("{who} tried {}{dry}", phrase.doing()),
        OutcomeResult::Success => format!("{who} {}", phrase.past()),
        OutcomeResult::Denied if outcome.denied_by == Some(DeniedBy::Authn) => {
            format!("an unauthenticated caller was refused {}{dry}", phrase.doing())
        }
        OutcomeResult::Denied => match who::wanted(audit) {
            Some(wanted) => format!("{who} was refused impersonating {wanted} ({}){dry}", phrase.doing()),
            None => format!("{who} was refused {}{}{dry}", phrase.doing(), refusal(outcome)),
        },
        OutcomeResult::Failed => format!("{who} failed {}{}{dry}", phrase.doing(), failure(audit, outcome)),
        OutcomeResult::Open => format!("{who} {}", phrase.going_on()),
        OutcomeResult::Pending => format!("{who} started {}, no completion seen", phrase.doing()),
    };
    line::cut(&sentence, MAX_SUMMARY_BYTES)
}

fn phrase(told: &Told<'_>) -> Phrase {
    if let Some(phrase) = access::phrase(told)
        .or_else(|| token::phrase(told))
        .or_else(|| review::phrase(told))
        .or_else(|| report::phrase(told))
    {
        return phrase;
    }
    if told.is_no_op() {
        return verb::phrase(told).and(", nothing changed");
    }
    if told.change.change_type == ChangeType::Delete || told.is_deletion() {
        return removal::phrase(told);
    }
    if told.change.change_type == ChangeType::Create || told.audit.verb == "create" {
        return creation::phrase(told);
    }
    approval::phrase(told).or_else(|| fields::phrase(told)).unwrap_or_else(|| verb::phrase(told))
}

/// Who refused, if it was not the authorizer, as it mostly is.
fn refusal(outcome: &Outcome) -> &'static str {
    match outcome.denied_by {
        Some(DeniedBy::Admission) => ", by admission",
        Some(DeniedBy::Quota) => ", over quota",
        Some(DeniedBy::Authn | DeniedBy::Authz) | None => "",
    }
}

fn failure(audit: &AuditRecord<'_>, outcome: &Outcome) -> String {
    if audit.stage() == Stage::Panic {
        return " (the API server panicked)".to_owned();
    }
    match (outcome.code, outcome.reason.as_str()) {
        (Some(code), "") => format!(" ({code})"),
        (Some(code), reason) => format!(" ({code} {})", line::short(reason)),
        (None, _) => String::new(),
    }
}

#[cfg(test)]
mod tests;
