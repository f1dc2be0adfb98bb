//! The settings so far, as a tree, and what was wrong with the layers that were laid over it.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::error::Problem;
use crate::host::Host;
use crate::keys;
use crate::load::yaml;
use crate::settings::Settings;

/// Nobody writes as many rules by hand.
const MAX_LIST_ITEMS: usize = 1000;

pub(crate) struct Layers<'a> {
    known: &'a Value,
    tree: Value,
    problems: Vec<Problem>,
    origins: Vec<(String, String)>,
}

impl<'a> Layers<'a> {
    /// The defaults. Where the data lives is the one default that depends on the host.
    pub(crate) fn new(known: &'a Value, host: &Host) -> Self {
        let data = host.data().unwrap_or_default();
        let defaults = Settings { data, ..Settings::default() };
        let tree = serde_json::to_value(defaults).unwrap_or(Value::Null);
        Self { known, tree, problems: Vec::new(), origins: Vec::new() }
    }

    /// Lays the file's settings over the tree.
    pub(crate) fn file(&mut self, file: Map<String, Value>) {
        lay(self.known, &mut self.tree, Value::Object(file), &mut Place::default(), &mut self.problems);
    }

    /// Lays one environment variable over the tree.
    pub(crate) fn variable(&mut self, name: &str, text: &str) {
        /// Below a leaf that takes a map of its own: `TAFFRAIL__REDACTION__KEY__FILE`.
        static BELOW_LEAF: Value = Value::String(String::new());
        let mut keys = Vec::new();
        let mut known = self.known;
        for segment in name.strip_prefix(keys::ENV_PREFIX).unwrap_or(name).split("__") {
            let key = segment.to_ascii_lowercase();
            let below = match known {
                Value::Object(map) => map.get(&key),
                Value::Null => Some(&BELOW_LEAF),
                _ => None,
            };
            match below {
                Some(below) if segment == key.to_ascii_uppercase() => known = below,
                _ => return self.problems.push(unknown_variable(name, self.known)),
            }
            keys.push(key);
        }
        self.text(&keys, known, text, name.to_owned());
    }

    /// Lays one command line flag over the tree.
    pub(crate) fn flag(&mut self, path: &str, text: &str) {
        let keys: Vec<String> = path.split('.').map(str::to_owned).collect();
        let known = keys.iter().try_fold(self.known, |known, key| known.get(key)).unwrap_or(&Value::Null);
        self.text(&keys, known, text, "the command line".to_owned());
    }

    /// Lays a value that was written as plain text over the tree; what it is depends on the setting's default.
    fn text(&mut self, keys: &[String], known: &Value, text: &str, origin: String) {
        self.origins.push((keys.join("."), origin));
        let value = match known {
            Value::Bool(_) => text.parse().map_or_else(|_| json!(text), Value::Bool),
            Value::Number(_) => text.parse::<i64>().map_or_else(|_| json!(text), Value::from),
            Value::Array(_) => match yaml(text) {
                Ok(value) => value,
                Err(_) => {
                    let message = "not readable as YAML; write a list such as [a, b]";
                    return self.problems.push(Problem::new(keys.join("."), message));
                }
            },
            // A map, or the path or address itself: `[::1]:9000` is one, and would be broken YAML.
            Value::Null if keys.iter().all(|key| !matches!(key.as_str(), "file" | "env")) => match yaml(text)
            {
                Ok(value @ (Value::Object(_) | Value::Array(_) | Value::Null)) => value,
                _ => json!(text),
            },
            _ => json!(text),
        };
        let layer = keys.iter().rev().fold(value, |value, key| json!({ key.as_str(): value }));
        lay(self.known, &mut self.tree, layer, &mut Place::default(), &mut self.problems);
    }

    /// The settings with everything that was right, the problems, and which paths came from where.
    pub(crate) fn finish(mut self) -> (Settings, Vec<Problem>, Vec<(String, String)>) {
        let settings = Settings::deserialize(&self.tree).unwrap_or_else(|error| {
            self.problems.push(Problem::new("settings", error.to_string()));
            Settings::default()
        });
        (settings, self.problems, self.origins)
    }
}

/// Lays `layer` over `tree`, section by section, leaving out what is wrong.
fn lay(known: &Value, tree: &mut Value, layer: Value, place: &mut Place, problems: &mut Vec<Problem>) {
    match (known, layer) {
        // `api:` with nothing behind it: everything below was commented out.
        (_, Value::Null) => {}
        (Value::Object(known), Value::Object(layer)) => {
            for (key, value) in layer {
                match (known.get(&key), tree.get_mut(&key)) {
                    (Some(known), Some(tree)) => {
                        place.0.push(Step::Key(key));
                        lay(known, tree, value, place, problems);
                        place.0.pop();
                    }
                    _ => problems.push(unknown_key(&key, known, place)),
                }
            }
        }
        (Value::Object(known), _) => problems.push(not_a_section(known, place)),
        (known, value) => {
            let before = problems.len();
            check(known, &value, place, problems);
            if problems.len() == before {
                *tree = value;
            }
        }
    }
}

/// Reports what is wrong with a leaf: each element of a list, and each field of an element, on its own.
fn check(known: &Value, value: &Value, place: &mut Place, problems: &mut Vec<Problem>) {
    match (known, value) {
        (Value::Array(_), Value::Array(items)) if items.len() > MAX_LIST_ITEMS => {
            problems
                .push(Problem::new(place.path(), format!("more than {MAX_LIST_ITEMS} elements; list fewer")));
        }
        (Value::Array(shape), Value::Array(items)) => {
            for (at, item) in items.iter().enumerate() {
                place.0.push(Step::Index(at));
                check(shape.first().unwrap_or(&Value::Null), item, place, problems);
                place.0.pop();
            }
        }
        // Whoever writes the file chooses the keys.
        (Value::Object(known), Value::Object(fields)) if known.is_empty() => {
            for (key, value) in fields {
                place.0.push(Step::Key(key.clone()));
                check(&Value::String(String::new()), value, place, problems);
                place.0.pop();
            }
        }
        (Value::Object(known), _) if known.is_empty() => {
            problems.push(Problem::new(place.path(), "write keys with a value each, such as {key: value}"));
        }
        (Value::Object(known), Value::Object(fields)) => {
            for (key, value) in fields {
                match known.get(key) {
                    Some(known) => {
                        place.0.push(Step::Key(key.clone()));
                        check(known, value, place, problems);
                        place.0.pop();
                    }
                    None => problems.push(unknown_key(key, known, place)),
                }
            }
        }
        (Value::Object(known), _) => problems.push(not_a_section(known, place)),
        _ => {
            if let Err(error) = Settings::deserialize(place.around(value.clone())) {
                let message = match known {
                    Value::Bool(_) => "write true or false".to_owned(),
                    Value::Number(default) => format!("write a whole number such as {default}"),
                    Value::Array(_) => "write a list, such as [a, b]".to_owned(),
                    _ => error.to_string(),
                };
                problems.push(Problem::new(place.path(), message));
            }
        }
    }
}

fn unknown_key(key: &str, known: &Map<String, Value>, place: &Place) -> Problem {
    let all = keys::leaves(&keys::tree());
    let elsewhere = || all.iter().find(|path| path.rsplit('.').next() == Some(key)).map(String::as_str);
    let message = match keys::nearest(key, known.keys().map(String::as_str)).or_else(elsewhere) {
        Some(nearest) => format!("unknown key; did you mean {nearest}?"),
        None => format!("unknown key; the keys here are {}", names(known)),
    };
    let path = match place.path() {
        path if path.is_empty() => key.to_owned(),
        path => format!("{path}.{key}"),
    };
    Problem::new(path, message)
}

fn unknown_variable(name: &str, known: &Value) -> Problem {
    let all: Vec<String> = keys::leaves(known).iter().map(|path| keys::env_name(path)).collect();
    let message = match keys::nearest(name, all.iter().map(String::as_str)) {
        Some(nearest) => format!("no such setting; did you mean {nearest}?"),
        None => {
            "no such setting; `taffrail config print` shows all, joined by __ and in capitals here".to_owned()
        }
    };
    Problem::new(name, message)
}

fn not_a_section(known: &Map<String, Value>, place: &Place) -> Problem {
    Problem::new(place.path(), format!("takes keys of its own, not a value: {}", names(known)))
}

fn names(known: &Map<String, Value>) -> String {
    known.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// Where in the tree a value is.
#[derive(Default)]
struct Place(Vec<Step>);

enum Step {
    Key(String),
    Index(usize),
}

impl Place {
    fn path(&self) -> String {
        let mut path = String::new();
        for step in &self.0 {
            match step {
                Step::Key(key) if path.is_empty() => path.push_str(key),
                Step::Key(key) => path.push_str(&format!(".{key}")),
                Step::Index(at) => path.push_str(&format!("[{at}]")),
            }
        }
        path
    }

    /// Settings that hold `value` here and nothing else.
    fn around(&self, value: Value) -> Value {
        self.0.iter().rev().fold(value, |value, step| match step {
            Step::Key(key) => json!({ key.as_str(): value }),
            Step::Index(_) => json!([value]),
        })
    }
}
