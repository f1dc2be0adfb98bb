//! Rules about rules of actors. One that can never fit, or gives nothing, is refused: its author believes that it does something.

use crate::settings::actors::ActorSettings;

/// Names are shorter.
const MAX_FORM_BYTES: usize = 512;

/// More is no name.
const MAX_NAME_BYTES: usize = 256;

pub(super) fn check(actors: &[ActorSettings], report: &mut impl FnMut(&str, String)) {
    for (at, rule) in actors.iter().enumerate() {
        let path = |field: &str| format!("actors[{at}].{field}");
        for (field, form) in forms(rule) {
            if let Some(message) = form_problem(form) {
                report(&path(&field), message);
            }
        }
        for (key, form) in &rule.extra {
            if form.is_empty() {
                report(&path(&extra(key)), "empty; write a form, or \"*\" for any value".to_owned());
            }
        }
        if rule.user.is_empty() && rule.group.is_empty() && rule.extra.is_empty() {
            report(
                &path("user"),
                "the rule says of nobody who is meant; give it user, group or extra".to_owned(),
            );
        } else if let Some(earlier) = actors.iter().take(at).position(|earlier| takes_all(earlier, rule)) {
            let message = format!("actors[{earlier}] fits everybody whom this rule fits, and comes first");
            report(&path("user"), message);
        }
        if rule.r#type.is_none() && rule.name.is_empty() {
            report(&path("name"), "the rule says nothing of whom it fits; give it name or type".to_owned());
        }
        if let Some(message) = name_problem(rule) {
            report(&path("name"), message);
        }
    }
}

/// The forms of a rule, with their fields.
fn forms(rule: &ActorSettings) -> impl Iterator<Item = (String, &str)> {
    let own = [("user", &rule.user), ("group", &rule.group)];
    let extra = rule.extra.iter().map(|(key, form)| (extra(key), form.as_str()));
    own.into_iter().map(|(field, form)| (field.to_owned(), form.as_str())).chain(extra)
}

/// A key of `extra` as a part of a path.
fn extra(key: &str) -> String {
    format!("extra[{key:?}]")
}

fn form_problem(form: &str) -> Option<String> {
    if form.len() > MAX_FORM_BYTES {
        return Some(format!("longer than {MAX_FORM_BYTES} bytes; no user has such a name"));
    }
    form.contains(char::is_control).then(|| "no control character can stand here".to_owned())
}

/// Whether every user whom `rule` fits has been taken by the `earlier` one, as far as that is plain to see.
fn takes_all(earlier: &ActorSettings, rule: &ActorSettings) -> bool {
    let is_any = |form: &str| form.is_empty() || form.bytes().all(|byte| byte == b'*');
    let is_anybody = is_any(&earlier.user) && earlier.group.is_empty() && earlier.extra.is_empty();
    let is_same = earlier.user.to_lowercase() == rule.user.to_lowercase()
        && earlier.group == rule.group
        && earlier.extra == rule.extra;
    (is_anybody && !earlier.user.is_empty()) || is_same
}

fn name_problem(rule: &ActorSettings) -> Option<String> {
    let name = &rule.name;
    if name.len() > MAX_NAME_BYTES {
        return Some(format!("longer than {MAX_NAME_BYTES} bytes; names stand in lines with much else"));
    }
    if name.contains(char::is_control) {
        return Some("no control character can stand here".to_owned());
    }
    let stars = [&rule.user].into_iter().chain(rule.extra.values());
    let stars: usize = stars.map(|form| form.matches('*').count()).sum();
    let mut rest = name.as_str();
    while let Some((_, after)) = rest.split_once('{') {
        let inside =
            after.split_once('}').filter(|(inside, _)| inside.bytes().all(|byte| byte.is_ascii_digit()));
        let star = inside.and_then(|(star, after)| Some((star.parse::<usize>().ok()?, after)));
        match star {
            Some((star, after)) if (1..=stars).contains(&star) => rest = after,
            Some((star, _)) => {
                let there = match stars {
                    0 => "no *".to_owned(),
                    1 => "one *".to_owned(),
                    stars => format!("{stars} of them"),
                };
                return Some(format!(
                    "{{{star}}} is what a * stands for, counted from 1; user and extra have {there}"
                ));
            }
            None => return Some("in braces stands the number of a *, as in {1}".to_owned()),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rules as YAML lists them; each problem by its beginning.
    #[track_caller]
    fn check(yaml: &str, expected: &[&str]) {
        let rules: Vec<ActorSettings> = serde_saphyr::from_str(yaml).unwrap();
        let mut found = Vec::new();
        super::check(&rules, &mut |path, message| found.push(format!("{path}: {message}")));
        assert_eq!(found.len(), expected.len(), "{found:#?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.starts_with(expected), "expected {expected:?}, found {found:?}");
        }
    }

    #[test]
    fn rules_that_do_something() {
        check("[{user: 'arn:aws:sts::*:assumed-role/Admin/*', name: '{2}', type: human}]", &[]);
        check("[{group: 'oidc:*', type: serviceaccount}]", &[]);
        check("[{extra: {sessionName: '*', arn: '*/ci/*'}, name: 'CI {3} ({1})'}]", &[]);
        check("[{user: a, type: human}, {user: '*', group: b, type: human}, {user: '*', type: system}]", &[]);
    }

    #[test]
    fn rules_that_do_nothing() {
        check("[{name: x}]", &["actors[0].user: the rule says of nobody"]);
        check("[{user: a}]", &["actors[0].name: the rule says nothing"]);
        check(
            "[{user: '*', type: human}, {user: a, type: node}]",
            &["actors[1].user: actors[0] fits everybody"],
        );
        check(
            "[{user: A, type: human}, {user: a, type: node}]",
            &["actors[1].user: actors[0] fits everybody"],
        );
        check("[{extra: {'a.io/b': ''}, type: human}]", &["actors[0].extra[\"a.io/b\"]: empty"]);
        let long = format!("[{{user: {}, type: human}}]", "a".repeat(513));
        check(&long, &["actors[0].user: longer than 512 bytes"]);
        check(
            "[{user: \"a\\nb\", group: \"\\0\", name: \"\\t\"}]",
            &["actors[0].user: no control", "actors[0].group: no control", "actors[0].name: no control"],
        );
    }

    #[test]
    fn names_of_stars_that_are_there() {
        check(
            "[{user: 'a*', name: '{2}'}]",
            &["actors[0].name: {2} is what a * stands for, counted from 1; user and extra have one *"],
        );
        check(
            "[{user: a, name: '{1}'}]",
            &["actors[0].name: {1} is what a * stands for, counted from 1; user and extra have no *"],
        );
        check(
            "[{user: 'a**', name: '{0}'}]",
            &["actors[0].name: {0} is what a * stands for, counted from 1; user and extra have 2 of them"],
        );
        check("[{user: '*', name: '{user}'}]", &["actors[0].name: in braces"]);
        check("[{user: '*', name: '{1'}]", &["actors[0].name: in braces"]);
        check("[{user: '*', name: '{+1}'}]", &["actors[0].name: in braces"]);
        check("[{user: '*', name: 'a} {1} }'}]", &[]);
        check("[{user: '*', name: '{'}]", &["actors[0].name: in braces"]);
        check("[{group: '*', name: '{1}'}]", &["actors[0].name: {1} is"]);
        check(&format!("[{{user: a, name: {}}}]", "n".repeat(257)), &["actors[0].name: longer than 256"]);
    }
}
