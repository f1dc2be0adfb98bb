//! Which keys there are, and which one was probably meant.

use serde_json::Value;

use crate::settings::Settings;
use crate::settings::actors::ActorSettings;
use crate::settings::notify::NotifySettings;
use crate::settings::redaction::RedactionRule;
use crate::settings::tail::TailSettings;

/// Two underscores, because one would take variables that Kubernetes sets for a service named taffrail.
pub(crate) const ENV_PREFIX: &str = "TAFFRAIL__";

/// Longer keys are no misspelling of ours.
const MAX_MISSPELT_CHARS: usize = 64;

/// Every key there is, as the tree of their defaults: an object is a section, and a list holds one element that
/// shows the shape of all.
pub(crate) fn tree() -> Value {
    let mut settings = Settings::default();
    settings.redaction.add.push(RedactionRule::default());
    settings.ingest.tail.push(TailSettings::default());
    settings.actors.push(ActorSettings::default());
    settings.notify.push(NotifySettings::default());
    // Serialising plain structs of strings and numbers into memory has no way to fail; an empty tree would refuse
    // every key, which the tests would see.
    serde_json::to_value(settings).unwrap_or(Value::Null)
}

/// The dotted path of every leaf below `tree`, in order.
pub(crate) fn leaves(tree: &Value) -> Vec<String> {
    fn walk(tree: &Value, path: &str, leaves: &mut Vec<String>) {
        match tree {
            // An empty one takes any keys.
            Value::Object(map) if !map.is_empty() => {
                for (key, value) in map {
                    let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                    walk(value, &path, leaves);
                }
            }
            _ => leaves.push(path.to_owned()),
        }
    }
    let mut found = Vec::new();
    walk(tree, "", &mut found);
    found
}

/// The environment variable of the setting at `path`.
pub(crate) fn env_name(path: &str) -> String {
    format!("{ENV_PREFIX}{}", path.replace('.', "__").to_ascii_uppercase())
}

/// The candidate that `written` is most likely a misspelling of.
pub(crate) fn nearest<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = written.chars().count();
    if length > MAX_MISSPELT_CHARS {
        return None;
    }
    let allowed = 2.max(length / 3);
    candidates
        .into_iter()
        .map(|candidate| (edits(written, candidate), candidate))
        .min_by_key(|(edits, _)| *edits)
        .filter(|(edits, candidate)| *edits <= allowed && *edits < candidate.chars().count())
        .map(|(_, candidate)| candidate)
}

/// Levenshtein's distance, without regard to case and to `-` for `_`.
fn edits(left: &str, right: &str) -> usize {
    let folded = |c: char| if c == '-' { '_' } else { c.to_ascii_lowercase() };
    let right: Vec<char> = right.chars().map(folded).collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (line, c) in left.chars().map(folded).enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for column in 0..right.len() {
            let replaced = diagonal + usize::from(right[column] != c);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::{edits, env_name, leaves, nearest, tree};

    fn check(written: &str, expected: Option<&str>) {
        let leaves = leaves(&tree());
        let names = leaves.iter().map(|path| path.rsplit('.').next().unwrap());
        assert_eq!(nearest(written, names), expected, "{written:?}");
    }

    #[test]
    fn nearest_keys() {
        check("listne", Some("listen"));
        check("Listen", Some("listen"));
        check("query-timeout", Some("query_timeout"));
        check("segment_size", Some("segment_bytes"));
        check("zz", None);
        check("", None);
        check("completely_different", None);
        check(&"listen".repeat(1000), None);
    }

    /// `| key | default | environment |` of every setting, as docs/configuration.md has it.
    #[test]
    fn the_documentation_lists_every_key() {
        let page = include_str!("../../docs/configuration.md");
        // The tables with another heading are not about settings.
        let mut is_about_settings = false;
        let documented: Vec<Vec<&str>> = page
            .lines()
            .filter(|line| {
                is_about_settings = line.starts_with("| key |") || is_about_settings && line.starts_with('|');
                is_about_settings && line.starts_with("| `")
            })
            .map(|line| line.split('|').skip(1).take(3).map(|cell| cell.trim().trim_matches('`')).collect())
            .collect();
        let tree = tree();
        let mut known = Vec::new();
        for path in leaves(&tree) {
            let default = tree.pointer(&format!("/{}", path.replace('.', "/"))).unwrap();
            let shown = match default {
                Value::String(text) => text.clone(),
                Value::Null | Value::Array(_) => "none".to_owned(),
                other => other.to_string(),
            };
            known.push(vec![path.clone(), shown, env_name(&path)]);
        }
        let below = |list: &str, tree: &Value, required: &[&str]| -> Vec<Vec<String>> {
            let fields = leaves(tree).into_iter().map(|field| {
                let default = match &tree[&field] {
                    _ if required.contains(&field.as_str()) => "required".to_owned(),
                    Value::String(text) if !text.is_empty() => text.clone(),
                    Value::Number(number) => number.to_string(),
                    _ => "none".to_owned(),
                };
                vec![format!("{list}[].{field}"), default, String::new()]
            });
            fields.collect()
        };
        let tail = below("ingest.tail", &tree["ingest"]["tail"][0], &["paths"]);
        let after_ingest = known.iter().rposition(|row| row[0].starts_with("ingest.")).unwrap() + 1;
        known.splice(after_ingest..after_ingest, tail);
        let rule = below("redaction.add", &tree["redaction"]["add"][0], &["name", "resources"]);
        let after_rules = known.iter().rposition(|row| row[0].starts_with("redaction.")).unwrap() + 1;
        known.splice(after_rules..after_rules, rule);
        let actor = below("actors", &tree["actors"][0], &[]);
        let after_actors = known.iter().position(|row| row[0] == "actors").unwrap() + 1;
        known.splice(after_actors..after_actors, actor);
        let target = below("notify", &tree["notify"][0], &["name", "query", "url"]);
        let after_notify = known.iter().position(|row| row[0] == "notify").unwrap() + 1;
        known.splice(after_notify..after_notify, target);
        assert_eq!(documented, known);
    }

    #[test]
    fn distance_is_a_metric_on_examples() {
        assert_eq!(edits("kitten", "sitting"), 3);
        assert_eq!(edits("", "abc"), 3);
        assert_eq!(edits("abc", ""), 3);
        assert_eq!(edits("a-b", "A_B"), 0);
    }
}
