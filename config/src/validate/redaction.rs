//! Rules about redaction rules. A rule that can never match is refused: its author believes that it protects.

use std::collections::HashSet;

use crate::settings::redaction::RedactionSettings;

pub(super) fn check(redaction: &RedactionSettings, report: &mut impl FnMut(&str, String)) {
    let mut names = HashSet::new();
    for (at, rule) in redaction.add.iter().enumerate() {
        let path = |field: &str| format!("redaction.add[{at}].{field}");
        if rule.name.trim().is_empty() {
            report(&path("name"), "missing; name the rule, for messages and metrics".to_owned());
        } else if !names.insert(&rule.name) {
            report(&path("name"), format!("{:?} names an earlier rule already; choose another", rule.name));
        }
        if rule.resources.is_empty() {
            report(
                &path("resources"),
                "missing; list resources such as secrets, or \"*\" for all".to_owned(),
            );
        }
        for (nth, resource) in rule.resources.iter().enumerate() {
            if resource != "*" && !is_resource(resource) {
                report(&path(&format!("resources[{nth}]")), not_a_resource(resource));
            }
        }
        if rule.paths.is_empty() && rule.env_names.is_empty() {
            report(&path("paths"), "the rule masks nothing; give it paths or env_names".to_owned());
        }
        for (nth, name) in rule.env_names.iter().enumerate() {
            if name.is_empty() || name.contains(|c: char| c == '=' || c.is_control()) {
                let message = "not the name of an environment variable; write one such as \"DB_*\"";
                report(&path(&format!("env_names[{nth}]")), message.to_owned());
            }
        }
    }
    for (at, resource) in redaction.off.iter().enumerate() {
        let path = format!("redaction.off[{at}]");
        if resource == "*" {
            report(&path, "name each resource; there is no switch for all".to_owned());
        } else if !is_resource(resource) {
            report(&path, not_a_resource(resource));
        }
    }
}

fn not_a_resource(resource: &str) -> String {
    format!(
        "{resource:?} is no resource; write the plural name and, if any, its group: secrets, foos.example.com"
    )
}

/// `plural`, `plural.group`, either with `/subresource`.
fn is_resource(resource: &str) -> bool {
    let name = |text: &str| {
        let mut labels = text.split('.');
        labels.all(|label| {
            !label.is_empty()
                && label
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        })
    };
    match resource.split_once('/') {
        Some((resource, subresource)) => name(resource) && name(subresource),
        None => name(resource),
    }
}
