//! Questions: who am I, whose is this token, may they do that. They are written as creations but store nothing.

use super::line;
use super::phrase::{Phrase, Verb};
use super::told::Told;

const ASKED: Verb = Verb::new("asked", "asking");
const CHECKED: Verb = Verb::new("checked", "checking");

pub(super) fn phrase(told: &Told<'_>) -> Option<Phrase> {
    if told.audit.verb != "create" {
        return None;
    }
    let phrase = match (told.object.group.as_str(), told.object.resource.as_str()) {
        ("authentication.k8s.io", "selfsubjectreviews") => Phrase::new(ASKED, "who they are"),
        ("authentication.k8s.io", "tokenreviews") => {
            let user = told.text_in_body(&["status", "user", "username"]);
            let user = if user.is_empty() { String::new() } else { format!(" of {}", line::name(&user)) };
            Phrase::new(CHECKED, format!("a token{user}"))
        }
        ("authorization.k8s.io", "selfsubjectrulesreviews") => {
            let namespace = told.text_in_body(&["spec", "namespace"]);
            let namespace =
                if namespace.is_empty() { String::new() } else { format!(" in {}", line::name(&namespace)) };
            Phrase::new(ASKED, format!("what they may do{namespace}"))
        }
        ("authorization.k8s.io", "selfsubjectaccessreviews") => Phrase::new(ASKED, may(told, "they")),
        ("authorization.k8s.io", "subjectaccessreviews" | "localsubjectaccessreviews") => {
            let user = told.text_in_body(&["spec", "user"]);
            Phrase::new(ASKED, may(told, if user.is_empty() { "somebody" } else { &user }))
        }
        _ => return None,
    };
    Some(phrase)
}

/// `whether bob may delete pods in shop: no`
fn may(told: &Told<'_>, who: &str) -> String {
    let text = |keys: &[&str]| line::short(&told.text_in_body(keys));
    let attribute = |key: &str| text(&["spec", "resourceAttributes", key]);
    let verb = attribute("verb");
    let what = if verb.is_empty() {
        let path = text(&["spec", "nonResourceAttributes", "path"]);
        let verb = text(&["spec", "nonResourceAttributes", "verb"]);
        if path.is_empty() { "do something".to_owned() } else { format!("{verb} {path}") }
    } else {
        let (resource, subresource) = (attribute("resource"), attribute("subresource"));
        let (namespace, name) = (attribute("namespace"), attribute("name"));
        let part = |before: &str, text: &str| {
            if text.is_empty() { String::new() } else { format!("{before}{text}") }
        };
        format!(
            "{verb} {resource}{}{}{}",
            part("/", &subresource),
            part(" ", &name),
            part(" in ", &namespace)
        )
    };
    let answer = match told.in_body(&["status", "allowed"]) {
        Some(b"true") if told.is_success() => ": yes",
        Some(_) if told.is_success() => ": no",
        _ => "",
    };
    format!("whether {} may {what}{answer}", line::name(who))
}
