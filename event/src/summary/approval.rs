//! Certificate signing requests: approved, denied, issued.

use super::line;
use super::phrase::{Phrase, Verb};
use super::place::{Place, Word};
use super::told::Told;

const APPROVED: Verb = Verb::new("approved", "approving");
const REJECTED: Verb = Verb::new("denied", "denying");
const ISSUED: Verb = Verb::new("issued the certificate of", "issuing the certificate of");

pub(super) const GROUP: &str = "certificates.k8s.io";

pub(super) fn phrase(told: &Told<'_>) -> Option<Phrase> {
    if !told.is(GROUP, "certificatesigningrequests") {
        return None;
    }
    match told.object.subresource.as_str() {
        "approval" => Some(Phrase::new(verdict(told)?, subject(told))),
        "status" if told.change.fields.iter().any(|field| field.path == "status.certificate") => {
            Some(Phrase::new(ISSUED, subject(told)))
        }
        _ => None,
    }
}

/// `certificatesigningrequest eve (for eve by kubernetes.io/kube-apiserver-client)`
fn subject(told: &Told<'_>) -> String {
    let details = details(told).map(|details| format!(" ({details})")).unwrap_or_default();
    format!("{}{details}", told.what())
}

/// Who asked, and which signer is to sign.
pub(super) fn details(told: &Told<'_>) -> Option<String> {
    let user = told.text_in_body(&["spec", "username"]);
    let signer = told.text_in_body(&["spec", "signerName"]);
    match (user.as_str(), signer.as_str()) {
        (_, "") => None,
        ("", signer) => Some(format!("signer {}", line::name(signer))),
        (user, signer) => {
            Some(format!("by {}, signer {}", line::name(super::who::short_name(user)), line::name(signer)))
        }
    }
}

/// By the condition that was added, or, where the state before is not known, the only one that there is.
fn verdict(told: &Told<'_>) -> Option<Verb> {
    let verb = |condition: &str| match condition {
        "Approved" => Some(APPROVED),
        "Denied" => Some(REJECTED),
        _ => None,
    };
    let added = told.change.fields.iter().find_map(|field| {
        let place = Place::of(&field.path);
        match place.words().as_slice() {
            [Word::M("status"), Word::M("conditions"), Word::K("type", condition), ..] => verb(condition),
            _ => None,
        }
    });
    let conditions = || told.in_body(&["status", "conditions"]).map(|list| line::list_at(list, &[]));
    added.or_else(|| match conditions()?.as_slice() {
        [only] => verb(&line::text_at(only, &["type"])),
        _ => None,
    })
}
