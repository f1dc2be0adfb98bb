//! Tokens of service accounts.

use super::line;
use super::phrase::{Phrase, Verb};
use super::told::Told;
use crate::json;

const ISSUED: Verb = Verb::new("issued a token for", "issuing a token for");

pub(super) fn phrase(told: &Told<'_>) -> Option<Phrase> {
    if told.object.subresource != "token" || !told.is("", "serviceaccounts") || told.audit.verb != "create" {
        return None;
    }
    let mut facts = Vec::new();
    // Both bodies may be redacted down to their frame, but never these.
    let spec = told.in_body(&["spec"]).unwrap_or_default();
    let pod = line::text_at(spec, &["boundObjectRef", "name"]);
    if !pod.is_empty() {
        let kind = line::text_at(spec, &["boundObjectRef", "kind"]).to_lowercase();
        facts.push(format!("for {} {}", line::short(&kind), line::name(&pod)));
    }
    let audiences: Vec<_> =
        line::texts_at(spec, &["audiences"]).iter().map(|text| line::short(text)).collect();
    // A token of no audience of its own is one for the API server, whatever that calls itself.
    let is_asked =
        told.audit.request_object.is_some_and(|sent| !line::list_at(sent, &["spec", "audiences"]).is_empty());
    if is_asked && !audiences.is_empty() {
        facts.push(format!("audience {}", line::first_of(&audiences)));
    }
    if let Some(seconds) = line::at(spec, &["expirationSeconds"]).and_then(json::integer) {
        facts.push(format!("valid {}", time(seconds)));
    }
    let facts = if facts.is_empty() { String::new() } else { format!(" ({})", facts.join(", ")) };
    Some(Phrase::new(ISSUED, format!("{}{facts}", told.what())))
}

fn time(seconds: i64) -> String {
    match seconds {
        seconds if seconds > 0 && seconds % 86_400 == 0 => format!("{} d", seconds / 86_400),
        seconds if seconds > 0 && seconds % 3_600 == 0 => format!("{} h", seconds / 3_600),
        seconds if seconds > 0 && seconds % 60 == 0 => format!("{} min", seconds / 60),
        seconds => format!("{seconds} s"),
    }
}
