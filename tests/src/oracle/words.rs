//! The words of a record.

use serde_json::Value;

/// Fields of a record that nobody searches by word.
const NOT_SEARCHED: [&str; 6] =
    ["kind", "apiVersion", "level", "stage", "requestReceivedTimestamp", "stageTimestamp"];

/// Parts of bodies that repeat the object or are new in every write.
const NOT_SEARCHED_IN_BODIES: [&str; 3] =
    ["managedFields", "kubectl.kubernetes.io/last-applied-configuration", "resourceVersion"];

/// Maps whose keys are searched too.
const WITH_KEYS: [&str; 7] =
    ["labels", "annotations", "matchLabels", "selector", "nodeSelector", "data", "stringData"];

/// The texts of a whole record.
pub(super) fn texts(record: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (name, value) in record.as_object().into_iter().flatten() {
        if NOT_SEARCHED.contains(&name.as_str()) {
            continue;
        }
        if name == "annotations" {
            found.extend(value.as_object().into_iter().flatten().map(|(key, _)| key.clone()));
        }
        let is_body = name == "requestObject" || name == "responseObject";
        collect(value, is_body, &mut found);
    }
    found
}

fn collect(value: &Value, keys_count: bool, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Number(number) => found.push(number.to_string()),
        Value::Array(elements) => elements.iter().for_each(|element| collect(element, keys_count, found)),
        Value::Object(members) => {
            for (key, value) in members {
                if NOT_SEARCHED_IN_BODIES.contains(&key.as_str()) {
                    continue;
                }
                if keys_count && WITH_KEYS.contains(&key.as_str()) {
                    found.extend(value.as_object().into_iter().flatten().map(|(key, _)| key.clone()));
                }
                collect(value, keys_count, found);
            }
        }
        Value::Bool(_) | Value::Null => {}
    }
}

/// Whether `word` (lower case) is one of the words of `text`.
pub fn has_word(text: &str, word: &str) -> bool {
    has_phrase(text, &[word])
}

/// Whether these words (lower case) stand next to each other in `text`.
pub fn has_phrase(text: &str, phrase: &[&str]) -> bool {
    let words: Vec<String> = text
        .split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    words.windows(phrase.len()).any(|window| window == phrase)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn texts_of_a_record() {
        let record = json!({
            "kind": "Event", "verb": "create",
            "requestObject": {"kind": "Pod", "metadata": {"labels": {"app": "web"}, "managedFields": [{"manager": "x"}]}},
            "annotations": {"a/b": "c"},
        });
        let mut found = texts(&record);
        found.sort();
        assert_eq!(found, ["Pod", "a/b", "app", "c", "create", "web"]);
        assert!(has_phrase("registry/shop/API:3", &["shop", "api"]));
        assert!(!has_phrase("registry", &["shop", "api"]));
    }
}
