//! One line per event as a colleague would say it, in a general form: who, what, which object, how it ended.

use crate::actor::{Actor, ActorType};
use crate::audit::{AuditRecord, Stage};
use crate::change::Change;
use crate::object::ObjectRef;
use crate::outcome::{DeniedBy, Outcome, OutcomeResult};
use crate::resource;

/// The summary of one event; names are cut to [`MAX_NAME_BYTES`], so it stays one line.
pub(crate) fn summary(
    audit: &AuditRecord<'_>,
    actor: &Actor,
    object: Option<&ObjectRef>,
    outcome: &Outcome,
    change: &Change,
) -> String {
    let _ = change;
    let who = who(actor);
    let what = what(audit, object);
    let words = verb_words(&audit.verb, object);
    let dry = if audit.is_dry_run() { " (dry run)" } else { "" };
    match outcome.result {
        OutcomeResult::Success => format!("{who} {} {what}{dry}", words.past),
        OutcomeResult::Denied if outcome.denied_by == Some(DeniedBy::Authn) => {
            format!("an unauthenticated caller was refused {} {what}{dry}", words.doing)
        }
        OutcomeResult::Denied => format!("{who} was refused {} {what}{dry}", words.doing),
        OutcomeResult::Failed => {
            format!("{who} failed {} {what}{dry}{}", words.doing, failure(audit, outcome))
        }
        OutcomeResult::Open => format!("{who} is {} {what}", words.doing),
        OutcomeResult::Pending => format!("{who} started {} {what}, no completion seen", words.doing),
    }
}

/// Names longer than this are cut: they come from clients.
const MAX_NAME_BYTES: usize = 256;

fn who(actor: &Actor) -> String {
    let name = match actor.actor_type {
        ActorType::Anonymous => "an anonymous caller".to_owned(),
        ActorType::Human
        | ActorType::ServiceAccount
        | ActorType::Controller
        | ActorType::Node
        | ActorType::System => one_line(short_name(&actor.name)),
    };
    match &actor.impersonated {
        Some(impersonated) => format!("{name} as {}", one_line(short_name(&impersonated.name))),
        None => name,
    }
}

/// `system:serviceaccount:ns:name` reads as `ns:name`, `system:node:n` as `n`; everything else is said whole.
fn short_name(name: &str) -> &str {
    name.strip_prefix("system:serviceaccount:").or_else(|| name.strip_prefix("system:node:")).unwrap_or(name)
}

struct VerbWords {
    past: String,
    doing: String,
}

fn verb_words(verb: &str, object: Option<&ObjectRef>) -> VerbWords {
    let subresource = object.map_or("", |object| object.subresource.as_str());
    let (past, doing) = match (verb, subresource) {
        (_, "exec") => ("opened a shell in", "opening a shell in"),
        (_, "attach") => ("attached to", "attaching to"),
        (_, "portforward") => ("forwarded a port to", "forwarding a port to"),
        (_, "log") => ("read the log of", "reading the log of"),
        (_, "proxy") => ("sent a request through", "sending a request through"),
        ("create", "eviction") => ("evicted", "evicting"),
        ("create", "binding") => ("scheduled", "scheduling"),
        ("create", "token") => ("issued a token for", "issuing a token for"),
        ("create" | "post", _) => ("created", "creating"),
        ("update" | "put", _) => ("updated", "updating"),
        ("patch", _) => ("patched", "patching"),
        ("delete", _) => ("deleted", "deleting"),
        ("deletecollection", _) => ("deleted all matching", "deleting all matching"),
        ("get", _) => ("read", "getting"),
        ("list", _) => ("listed", "listing"),
        ("watch", _) => ("watched", "watching"),
        ("", _) => ("requested", "requesting"),
        (other, _) => {
            let other = one_line(other);
            return VerbWords { past: format!("did {other} on"), doing: format!("doing {other} on") };
        }
    };
    VerbWords { past: past.to_owned(), doing: doing.to_owned() }
}

fn what(audit: &AuditRecord<'_>, object: Option<&ObjectRef>) -> String {
    let Some(object) = object.filter(|object| !object.resource.is_empty()) else {
        let path = audit.uri.split('?').next().unwrap_or_default();
        return one_line(path);
    };
    let many = object.name.is_empty() && matches!(audit.verb.as_ref(), "list" | "watch" | "deletecollection");
    let kind = if many { object.resource.clone() } else { resource::singular(&object.resource) };
    let kind = one_line(&kind);
    let part = match object.subresource.as_str() {
        "" | "exec" | "attach" | "portforward" | "log" | "proxy" | "eviction" | "binding" | "token" => {
            String::new()
        }
        other => format!("{} of ", one_line(other)),
    };
    let (namespace, name) = (one_line(&object.namespace), one_line(&object.name));
    match (namespace.as_str(), name.as_str()) {
        ("", "") => format!("{part}{kind}"),
        ("", name) => format!("{part}{kind} {name}"),
        (namespace, "") => format!("{part}{kind} in {namespace}"),
        (namespace, name) => format!("{part}{kind} {namespace}/{name}"),
    }
}

fn failure(audit: &AuditRecord<'_>, outcome: &Outcome) -> String {
    if audit.stage() == Stage::Panic {
        return " (the API server panicked)".to_owned();
    }
    match (outcome.code, outcome.reason.as_str()) {
        (Some(code), "") => format!(" ({code})"),
        (Some(code), reason) => format!(" ({code} {})", one_line(reason)),
        (None, _) => String::new(),
    }
}

/// The text without control characters, cut to [`MAX_NAME_BYTES`].
fn one_line(text: &str) -> String {
    let mut line: String =
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_NAME_BYTES).collect();
    if line.len() < text.len() {
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use crate::event::{Event, Origins};

    fn check(rest: &str, expected: &str) {
        let json = format!(r#"{{"auditID":"a","stage":"ResponseComplete",{rest}}}"#);
        assert_eq!(Event::decode(json.as_bytes(), &Origins::default()).unwrap().summary, expected, "{rest}");
    }

    #[test]
    fn general_form() {
        let deleted = r#""verb":"delete","objectRef":{"resource":"pods","namespace":"shop","name":"web-1"}"#;
        check(
            &format!(r#"{deleted},"user":{{"username":"alice"}},"responseStatus":{{"code":200}}"#),
            "alice deleted pod shop/web-1",
        );
        check(
            r#""verb":"get","user":{"username":"bob"},"objectRef":{"resource":"secrets","namespace":"shop","name":"db"},"responseStatus":{"code":403}"#,
            "bob was refused getting secret shop/db",
        );
        check(
            r#""verb":"list","user":{"username":"system:serviceaccount:shop:web"},"objectRef":{"resource":"pods"},"responseStatus":{"code":200}"#,
            "shop:web listed pods",
        );
        check(
            r#""verb":"create","user":{"username":"alice"},"impersonatedUser":{"username":"bob"},"objectRef":{"resource":"networkpolicies","namespace":"shop","name":"x"},"responseStatus":{"code":409,"reason":"AlreadyExists"}"#,
            "alice as bob failed creating networkpolicy shop/x (409 AlreadyExists)",
        );
        check(
            r#""verb":"patch","user":{"username":"alice"},"requestURI":"/x?dryRun=All","objectRef":{"resource":"deployments","subresource":"scale","namespace":"shop","name":"web"},"responseStatus":{"code":200}"#,
            "alice patched scale of deployment shop/web (dry run)",
        );
        check(
            r#""verb":"get","user":{},"requestURI":"/healthz?x=1","responseStatus":{"code":401}"#,
            "an unauthenticated caller was refused getting /healthz",
        );
    }

    #[test]
    fn control_characters_do_not_break_the_line() {
        check(
            r#""verb":"get","user":{"username":"a\nb"},"requestURI":"/x","responseStatus":{"code":200}"#,
            "a b read /x",
        );
    }
}
