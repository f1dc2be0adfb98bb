//! YAML of manifests, as JSON values.

use std::path::Path;

use serde_json::Value;

/// The documents of a YAML text; `name` says in a failure which it was.
pub fn documents(name: &str, text: &str) -> Vec<Value> {
    let read = serde_saphyr::from_multiple::<Value>(text);
    read.unwrap_or_else(|error| panic!("{name} is no YAML: {error}"))
}

/// The one document of a YAML text.
pub fn document(name: &str, text: &str) -> Value {
    let mut documents = documents(name, text);
    assert_eq!(documents.len(), 1, "{name} has {} documents", documents.len());
    documents.remove(0)
}

/// The one document of a YAML file.
pub fn file(path: &Path) -> Value {
    let name = path.display().to_string();
    document(&name, &std::fs::read_to_string(path).unwrap_or_else(|error| panic!("read {name}: {error}")))
}
