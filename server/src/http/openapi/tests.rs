//! The document against the committed one, against the words of the house, and against what is served.

use std::collections::BTreeSet;

use serde_json::Value;

use super::*;

const METHODS: [&str; 7] = ["get", "put", "post", "delete", "options", "patch", "trace"];

fn generated() -> Value {
    serde_json::from_str(&text(&document())).unwrap()
}

/// Every operation with its path, as `GET /livez`.
fn operations(document: &Value) -> Vec<(String, &Value)> {
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let of_path = METHODS
            .iter()
            .filter_map(|method| Some((format!("{} {path}", method.to_uppercase()), item.get(*method)?)));
        operations.extend(of_path);
    }
    operations
}

#[test]
fn the_committed_document_is_the_generated_one() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/openapi.json");
    let text = text(&document());
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == text,
        "docs/openapi.json is not what the handlers say. Write it anew, and read the difference as a client would:\n\n    \
         UPDATE=1 cargo nextest run --workspace the_committed_document\n"
    );
}

#[test]
fn every_operation_is_described() {
    let document = generated();
    let mut ids = BTreeSet::new();
    for (name, operation) in operations(&document) {
        assert!(operation["summary"].as_str().is_some_and(|text| text.len() > 5), "{name} has no summary");
        assert_eq!(operation["tags"].as_array().map(Vec::len), Some(1), "{name} has a tag");
        assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{name} has an id of its own");
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.keys().any(|status| status.starts_with('2')), "{name}");
        assert!(responses.keys().any(|status| status.starts_with('4')), "{name}");
        for (status, response) in responses {
            assert!(response["description"].as_str().is_some_and(|text| !text.is_empty()), "{name} {status}");
            let is_problem = response["content"].get("application/problem+json").is_some();
            let is_unread = problems::TOO_LONG.iter().any(|unread| unread.as_str() == status);
            assert_eq!(is_problem, status.starts_with(['4', '5']) && !is_unread, "{name} {status}");
            let puts_off = matches!(status.as_str(), "429" | "503");
            assert_eq!(response["headers"].get("Retry-After").is_some(), puts_off, "{name} {status}");
        }
    }
}

#[test]
fn every_parameter_is_described_and_bounded() {
    let document = generated();
    for (name, operation) in operations(&document) {
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let name = format!("{name}: {}", parameter["name"]);
            assert!(parameter["description"].as_str().is_some_and(|text| text.len() > 10), "{name}");
            let schema = &parameter["schema"];
            let is_bounded =
                ["maxLength", "enum", "maximum", "oneOf"].iter().any(|bound| schema.get(*bound).is_some());
            let is_bounded = is_bounded || schema["type"] == "boolean";
            assert!(is_bounded, "{name} has no bound: {schema}");
        }
    }
}

#[test]
fn no_schema_is_left_over() {
    let document = generated();
    let text = document.to_string();
    for name in document["components"]["schemas"].as_object().unwrap().keys() {
        assert!(text.contains(&format!("\"#/components/schemas/{name}\"")), "nothing refers to {name}");
    }
}
