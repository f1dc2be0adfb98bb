//! Whether an answer is as the document says: for tests of the handlers.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{document, text};

/// Panics unless the document knows the path, the method, the status and the media type, and the body has the members that are
/// described and no other one.
pub(in crate::http) fn conforms(method: &str, target: &str, status: u16, media_type: &str, body: &Value) {
    let document: Value = serde_json::from_str(&text(&document())).unwrap();
    let path = target.split('?').next().unwrap();
    let Some(operation) = operation(&document, method, path) else {
        assert!(matches!(status, 404 | 405), "{method} {target} is not described and answered with {status}");
        return;
    };
    let response = &operation["responses"][status.to_string()];
    assert!(response.is_object(), "{method} {target}: {status} is not described");
    let media_type = media_type.split(';').next().unwrap();
    let content = &response["content"][media_type];
    assert!(content.is_object(), "{method} {target}: {status} is not described as {media_type}");
    let problem = mismatch(&document, &content["schema"], body, "body");
    assert_eq!(problem, None, "{method} {target}: {status} {body}");
}

/// The names of the query parameters of every GET below `/api`, with a path to ask.
pub(in crate::http) fn described_parameters() -> Vec<(String, BTreeSet<String>)> {
    let document: Value = serde_json::from_str(&text(&document())).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let below_api = paths.iter().filter(|(path, _)| path.starts_with("/api/"));
    let described = below_api.map(|(path, item)| {
        let parameters = item["get"]["parameters"].as_array().into_iter().flatten();
        let of_query = parameters.filter(|parameter| parameter["in"] == "query");
        let names = of_query.map(|parameter| parameter["name"].as_str().unwrap().to_owned());
        (path.replace("{id}", "00000000"), names.collect())
    });
    described.collect()
}

/// The query parameters below `/api` that are numbers: path, name, least and most.
pub(in crate::http) fn described_bounds() -> Vec<(String, String, [u64; 2])> {
    let document: Value = serde_json::from_str(&text(&document())).unwrap();
    let mut bounds = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for parameter in item["get"]["parameters"].as_array().into_iter().flatten() {
            let schema = &parameter["schema"];
            if schema["type"] == "integer" {
                let found = ["minimum", "maximum"].map(|bound| schema[bound].as_u64().unwrap());
                bounds.push((path.clone(), parameter["name"].as_str().unwrap().to_owned(), found));
            }
        }
    }
    bounds
}

/// The operation whose path has as many parts, each of them the same or a parameter.
fn operation<'a>(document: &'a Value, method: &str, path: &str) -> Option<&'a Value> {
    let fits = |pattern: &str| {
        let (pattern, path): (Vec<_>, Vec<_>) = (pattern.split('/').collect(), path.split('/').collect());
        let same = |(a, b): (&&str, &&str)| a == b || (a.starts_with('{') && !b.is_empty());
        pattern.len() == path.len() && pattern.iter().zip(&path).all(same)
    };
    let (_, item) = document["paths"].as_object()?.iter().find(|(pattern, _)| fits(pattern))?;
    item.get(method.to_lowercase())
}

/// Where and how `value` differs from its schema.
fn mismatch(document: &Value, schema: &Value, value: &Value, at: &str) -> Option<String> {
    let schema = resolved(document, schema);
    if let Some(choices) = schema["oneOf"].as_array() {
        let fitting = choices.iter().filter(|choice| mismatch(document, choice, value, at).is_none()).count();
        return (fitting != 1).then(|| format!("{at} fits {fitting} of {} choices: {value}", choices.len()));
    }
    if !types(&schema).is_none_or(|types| types.contains(&type_of(value))) {
        return Some(format!("{at} is {value}, not {:?}", types(&schema)));
    }
    if let Some(words) = schema["enum"].as_array()
        && !words.contains(value)
    {
        return Some(format!("{at} is {value}, none of {words:?}"));
    }
    match value {
        Value::Object(members) => object_mismatch(document, &schema, members, at),
        Value::Array(items) => (items.iter().enumerate())
            .find_map(|(index, item)| mismatch(document, &schema["items"], item, &format!("{at}[{index}]"))),
        _ => None,
    }
}

fn object_mismatch(
    document: &Value,
    schema: &Value,
    members: &Map<String, Value>,
    at: &str,
) -> Option<String> {
    let required = schema["required"].as_array().into_iter().flatten();
    if let Some(missing) = required.filter_map(Value::as_str).find(|name| !members.contains_key(*name)) {
        return Some(format!("{at}.{missing} is missing"));
    }
    if schema.as_object().is_none_or(Map::is_empty) {
        return None;
    }
    members.iter().find_map(|(name, member)| {
        let at = format!("{at}.{name}");
        match (schema["properties"].get(name), schema.get("additionalProperties")) {
            (Some(schema), _) | (None, Some(schema)) => mismatch(document, schema, member, &at),
            (None, None) => Some(format!("{at} is not described")),
        }
    })
}

/// The schema with its reference followed, and `allOf` made one.
fn resolved(document: &Value, schema: &Value) -> Value {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.strip_prefix("#/components/schemas/").unwrap();
        let target = &document["components"]["schemas"][name];
        assert!(target.is_object(), "{reference} leads nowhere");
        return resolved(document, target);
    }
    let Some(parts) = schema["allOf"].as_array() else { return schema.clone() };
    let mut whole = Value::Object(Map::new());
    for part in parts {
        merge(&mut whole, resolved(document, part));
    }
    whole
}

fn merge(whole: &mut Value, part: Value) {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => {
            for (name, value) in part {
                merge(whole.entry(name).or_insert(Value::Null), value);
            }
        }
        (Value::Array(whole), Value::Array(part)) => whole.extend(part),
        (whole, part) => *whole = part,
    }
}

fn types(schema: &Value) -> Option<Vec<&str>> {
    match &schema["type"] {
        Value::String(name) => Some(vec![name.as_str()]),
        Value::Array(names) => Some(names.iter().filter_map(Value::as_str).collect()),
        _ => None,
    }
    .map(|mut names: Vec<&str>| {
        // Every whole number is a number.
        if names.contains(&"number") {
            names.push("integer");
        }
        names
    })
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
