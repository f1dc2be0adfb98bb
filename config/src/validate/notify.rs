//! Rules about targets of notifications. The query is checked by whoever knows the language.

use crate::secret::Secret;
use crate::settings::is_cluster_name;
use crate::settings::notify::NotifySettings;

/// Each reads everything that comes in.
const MAX_TARGETS: usize = 16;

/// Nobody reads so many, but another program may. Each rewrites the checkpoint.
const MAX_PER_MINUTE: u32 = 1000;

/// Longer ones are refused on the way.
const MAX_URL_BYTES: usize = 4096;

/// Headers that say what the message is, or how it is carried.
const OWN_HEADERS: [&str; 9] = [
    "accept-encoding",
    "connection",
    "content-length",
    "content-type",
    "host",
    "idempotency-key",
    "te",
    "transfer-encoding",
    "user-agent",
];

pub(super) fn check(targets: &[NotifySettings], report: &mut impl FnMut(&str, String)) {
    if targets.len() > MAX_TARGETS {
        report("notify", format!("more than {MAX_TARGETS} targets, and each reads everything; list fewer"));
    }
    for (at, target) in targets.iter().enumerate() {
        let path = |field: &str| format!("notify[{at}].{field}");
        if let Some(message) = name_problem(target, targets.iter().take(at)) {
            report(&path("name"), message);
        }
        if target.query.trim().is_empty() {
            let message = "missing; say which events are sent, as in kind:finding or changed:metadata.labels";
            report(&path("query"), message.to_owned());
        }
        if let Some(message) = url_problem(&target.url) {
            report(&path("url"), message.to_owned());
        }
        for name in target.headers.keys() {
            if let Some(message) = header_problem(name, target.token.as_ref()) {
                report(&path(&format!("headers.{name}")), message.to_owned());
            }
        }
        if !(1..=MAX_PER_MINUTE).contains(&target.max_per_minute) {
            let message = format!(
                "{} is out of bounds; write a value from 1 to {MAX_PER_MINUTE}",
                target.max_per_minute
            );
            report(&path("max_per_minute"), message);
        }
        if !target.link.is_empty() && (url_problem(&target.link).is_some() || !target.link.contains("{id}")) {
            let message = "not a URL with {id} in it, as in https://taffrail.example.com/api/v1/events/{id}";
            report(&path("link"), message.to_owned());
        }
    }
}

fn name_problem<'a>(
    target: &NotifySettings,
    mut before: impl Iterator<Item = &'a NotifySettings>,
) -> Option<String> {
    let name = &target.name;
    if name.is_empty() {
        return Some("missing; give the target a name such as security-team".to_owned());
    }
    // It names a file, too.
    if !is_cluster_name(name) {
        return Some("not a name; up to 63 of a-z 0-9 - . _, with a letter or digit at both ends".to_owned());
    }
    let is_taken = before.any(|earlier| earlier.name == *name);
    is_taken.then(|| format!("{name} is the name of another target; each has its own"))
}

fn url_problem(url: &str) -> Option<&'static str> {
    if url.is_empty() {
        return Some("missing; write where to send, as in https://alertmanager.example.com");
    }
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let Some(rest) = rest else { return Some("not an http:// or https:// address") };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Some("a password has no place in a URL; name it in token or headers, as {file: PATH}");
    }
    let is_host = |authority: &str| !authority.is_empty() && !authority.starts_with(':');
    if !is_host(authority) || url.len() > MAX_URL_BYTES || !url.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Some("not a URL; write one as in https://alertmanager.example.com");
    }
    url.contains('#').then_some("nothing behind a # is sent to a server; leave it out")
}

fn header_problem(name: &str, token: Option<&Secret>) -> Option<&'static str> {
    // RFC 9110, section 5.6.2.
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_token) {
        return Some("not the name of a header");
    }
    if OWN_HEADERS.iter().any(|own| name.eq_ignore_ascii_case(own)) {
        return Some("set by taffrail itself; leave it out");
    }
    (token.is_some() && name.eq_ignore_ascii_case("authorization"))
        .then_some("token says the same; give one of the two")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The targets as YAML lists them; each problem by its beginning.
    #[track_caller]
    fn check(yaml: &str, expected: &[&str]) {
        let targets: Vec<NotifySettings> = serde_saphyr::from_str(yaml).unwrap();
        let mut found = Vec::new();
        super::check(&targets, &mut |path, message| found.push(format!("{path}: {message}")));
        assert_eq!(found.len(), expected.len(), "{found:#?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.starts_with(expected), "expected {expected:?}, found {found:?}");
        }
    }

    /// One good target, with these fields beside or instead of its own.
    #[track_caller]
    fn check_field(fields: &str, expected: &[&str]) {
        let own = [("name", "a"), ("query", "kind:gap"), ("url", "'http://h'")];
        let own = own.iter().filter(|(field, _)| !fields.starts_with(&format!("{field}:")));
        let own: String = own.map(|(field, value)| format!("{field}: {value}, ")).collect();
        check(&format!("[{{{own}{fields}}}]"), expected);
    }

    #[test]
    fn targets_that_can_be_reached() {
        check(
            "[{name: a, query: 'kind:gap', url: 'https://h/x?y=z'}, {name: b, query: '*', url: 'http://[::1]:9093'}]",
            &[],
        );
        check_field("token: {env: T}, headers: {X-Scope-OrgID: {file: /x}}, max_per_minute: 1000", &[]);
        check_field("link: 'https://h/e/{id}?x', format: alertmanager, from: start, ca: /ca.pem", &[]);
    }

    #[test]
    fn every_problem_is_reported() {
        check(
            "[{}, {name: a, query: x, url: 'http://h'}, {name: a, query: ' ', url: 'http://h', max_per_minute: 0}]",
            &[
                "notify[0].name: missing",
                "notify[0].query: missing",
                "notify[0].url: missing",
                "notify[2].name: a is the name of another",
                "notify[2].query: missing",
                "notify[2].max_per_minute: 0 is out of bounds",
            ],
        );
        let many: Vec<String> =
            (0..17).map(|at| format!("{{name: t{at}, query: x, url: 'http://h'}}")).collect();
        check(&format!("[{}]", many.join(", ")), &["notify: more than 16"]);
    }

    #[test]
    fn names_are_names_of_files() {
        for name in ["'../x'", "'.x'", "A", "a/b", "'a b'"] {
            check_field(&format!("name: {name}"), &["notify[0].name: not a name"]);
        }
    }

    #[test]
    fn addresses() {
        for (url, expected) in [
            ("ftp://h", "not an http://"),
            ("h:9093", "not an http://"),
            ("https://", "not a URL"),
            ("https://:9", "not a URL"),
            ("https:///x", "not a URL"),
            ("https://h/a b", "not a URL"),
            ("https://ä", "not a URL"),
            ("https://u:p@h/x", "a password has no place"),
            ("https://h/x#y", "nothing behind a #"),
        ] {
            check_field(&format!("url: '{url}'"), &[&format!("notify[0].url: {expected}")]);
        }
        for link in ["https://h/x", "h/{id}", "https://u:p@h/{id}"] {
            check_field(&format!("link: '{link}'"), &["notify[0].link: not a URL with {id}"]);
        }
    }

    #[test]
    fn headers_that_are_not_ours() {
        check_field(
            "headers: {'a b': {env: X}, Content-Type: {env: X}}",
            &["notify[0].headers.Content-Type: set by", "notify[0].headers.a b: not the name"],
        );
        check_field("headers: {authorization: {env: X}}", &[]);
        check_field(
            "token: {env: TOKEN}, headers: {authorization: {env: X}}",
            &["notify[0].headers.authorization: token says the same"],
        );
    }
}
