//! Who may do what: role bindings and roles.

use super::fields::{Field, Rank, Said};
use super::line;
use super::phrase::{ADDED, GRANTED, Phrase, REMOVED, REVOKED};
use super::place::Word;
use super::told::Told;
use crate::json;

pub(super) const GROUP: &str = "rbac.authorization.k8s.io";

pub(super) fn said(told: &Told<'_>, field: Field<'_>) -> Option<Said> {
    if told.object.group != GROUP {
        return None;
    }
    let phrase = match field.words {
        [Word::M("subjects"), ..] => subjects_changed(told, field)?,
        [Word::M("rules"), ..] => rules_changed(told, field)?,
        _ => return None,
    };
    Some(Said { rank: Rank::Rights, phrase, covers: field.words.len() })
}

/// A binding as it was created: `granted cluster-admin to bob (clusterrolebinding breakglass)`.
pub(super) fn granted(told: &Told<'_>) -> Option<Phrase> {
    if told.object.group != GROUP || !told.object.resource.ends_with("rolebindings") {
        return None;
    }
    let subjects = subjects(told.in_body(&["subjects"]).unwrap_or_default());
    let role = role(told)?;
    let to = if subjects.is_empty() { "nobody".to_owned() } else { line::first_of(&subjects) };
    Some(Phrase::new(GRANTED, format!("{role} to {to} ({})", told.what())))
}

fn subjects_changed(told: &Told<'_>, field: Field<'_>) -> Option<Phrase> {
    let (before, after) = (subjects(field.before?), subjects(field.after?));
    let role = role(told)?;
    let added: Vec<_> = after.iter().filter(|subject| !before.contains(subject)).cloned().collect();
    let removed: Vec<_> = before.iter().filter(|subject| !after.contains(subject)).cloned().collect();
    let what = told.what();
    match (added.as_slice(), removed.as_slice()) {
        ([], []) => None,
        ([], removed) => {
            Some(Phrase::new(REVOKED, format!("{role} from {} ({what})", line::first_of(removed))))
        }
        (added, []) => Some(Phrase::new(GRANTED, format!("{role} to {} ({what})", line::first_of(added)))),
        (added, removed) => {
            let (added, removed) = (line::first_of(added), line::first_of(removed));
            Some(Phrase::new(GRANTED, format!("{role} to {added} instead of {removed} ({what})")))
        }
    }
}

/// The role that a binding is of.
fn role(told: &Told<'_>) -> Option<String> {
    let role = told.text_in_body(&["roleRef", "name"]);
    (!role.is_empty()).then(|| line::name(&role))
}

/// `bob`, `group developers`, `serviceaccount ci/deployer`
fn subjects(list: &[u8]) -> Vec<String> {
    let subject = |subject: &[u8]| {
        let name = line::name(&line::text_at(subject, &["name"]));
        match line::text_at(subject, &["kind"]).as_ref() {
            "Group" => format!("group {name}"),
            "ServiceAccount" => {
                let namespace = line::name(&line::text_at(subject, &["namespace"]));
                format!("serviceaccount {namespace}/{name}")
            }
            _ => name,
        }
    };
    json::elements(list).map(|range| subject(&list[range])).collect()
}

/// `allowed delete on pods, secrets in clusterrole debug`
fn rules_changed(told: &Told<'_>, field: Field<'_>) -> Option<Phrase> {
    let (before, after) = (rights(field.before?)?, rights(field.after?)?);
    let added: Vec<_> = after.iter().filter(|right| !before.contains(right)).collect();
    let removed: Vec<_> = before.iter().filter(|right| !after.contains(right)).collect();
    let what = told.what();
    match (added.as_slice(), removed.as_slice()) {
        ([], []) => None,
        ([], removed) => Some(Phrase::new(REMOVED, format!("{} from {what}", together(removed)?))),
        (added, []) => Some(Phrase::new(ADDED, format!("{} to {what}", together(added)?))),
        _ => None,
    }
}

/// The rights of a role as it was created: `get, list on pods, secrets`.
pub(super) fn rules(told: &Told<'_>) -> Option<String> {
    if told.object.group != GROUP || !matches!(told.object.resource.as_str(), "roles" | "clusterroles") {
        return None;
    }
    let rules = line::list_at(told.body()?, &["rules"]);
    let first = rules.first()?;
    let text = |keys: &[&str]| {
        keys.iter()
            .map(|key| line::texts_at(first, &[key]).join(", "))
            .find(|text| !text.is_empty())
            .map(|text| line::short(&text))
    };
    let what = text(&["resources", "nonResourceURLs"])?;
    let more = if rules.len() > 1 {
        format!(" and {}", line::count(rules.len() - 1, "more rule"))
    } else {
        String::new()
    };
    Some(format!("{} on {what}{more}", text(&["verbs"])?))
}

/// A verb, and the resource or URL that it may be used on.
type Right = (String, String);

/// So many rights are compared; roles of aggregated API groups have thousands.
const MAX_RIGHTS: usize = 400;

/// All rights of some rules; `None` if there are too many, or names limit them.
fn rights(rules: &[u8]) -> Option<Vec<Right>> {
    let mut rights = Vec::new();
    for range in json::elements(rules) {
        let rule = &rules[range];
        if line::at(rule, &["resourceNames"]).is_some() {
            return None;
        }
        let groups = line::texts_at(rule, &["apiGroups"]);
        for verb in line::texts_at(rule, &["verbs"]) {
            for resource in line::texts_at(rule, &["resources"]) {
                for group in &groups {
                    let group = if group.is_empty() { String::new() } else { format!(".{group}") };
                    rights.push((verb.clone().into_owned(), format!("{resource}{group}")));
                }
            }
            for url in line::texts_at(rule, &["nonResourceURLs"]) {
                rights.push((verb.clone().into_owned(), url.into_owned()));
            }
            if rights.len() > MAX_RIGHTS {
                return None;
            }
        }
    }
    Some(rights)
}

/// `delete on pods, secrets`: only where every verb goes with every resource.
fn together(rights: &[&Right]) -> Option<String> {
    let (mut verbs, mut resources) = (Vec::new(), Vec::new());
    for (verb, resource) in rights {
        if !verbs.contains(&verb.as_str()) {
            verbs.push(verb.as_str());
        }
        if !resources.contains(&resource.as_str()) {
            resources.push(resource.as_str());
        }
    }
    let is_product = verbs.len() * resources.len() == rights.len();
    is_product
        .then(|| format!("{} on {}", line::short(&verbs.join(", ")), line::short(&resources.join(", "))))
}
