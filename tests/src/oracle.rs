//! Answers queries by hand: a small second implementation over the recorded lines, slow and simple, that shares no code
//! with the program.

mod words;

use std::collections::HashMap;

use serde_json::Value;

pub use words::{has_phrase, has_word};

/// One request, as its best record tells it.
#[derive(Debug, Clone)]
pub struct Document {
    record: Value,
}

/// One document a request, out of records in any order.
pub fn fold<T: AsRef<[u8]>>(lines: &[T]) -> Vec<Document> {
    let mut best: HashMap<String, Document> = HashMap::new();
    for line in lines {
        let record = serde_json::from_slice(line.as_ref()).expect("the oracle reads valid JSON only");
        let document = Document { record };
        match best.get(&document.identity()) {
            Some(other) if other.rank() >= document.rank() => {}
            _ => {
                best.insert(document.identity(), document);
            }
        }
    }
    best.into_values().collect()
}

/// What tells requests apart, of an event as the API shows it; the same as [`Document::identity`].
pub fn identity_of(event: &Value) -> String {
    let text = |pointer| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    identity([text("/audit/id"), text("/time"), text("/actor/name"), text("/verb"), text("/audit/uri")])
}

fn identity(fields: [&str; 5]) -> String {
    fields.join(" | ")
}

impl Document {
    /// Audit id, time, user, verb and URI.
    pub fn identity(&self) -> String {
        identity([self.text("/auditID"), self.time(), self.user(), self.verb(), self.text("/requestURI")])
    }

    fn rank(&self) -> (u8, usize, bool) {
        let stage = match self.text("/stage") {
            "RequestReceived" => 0,
            "ResponseStarted" => 1,
            "ResponseComplete" => 2,
            _ => 3,
        };
        let bodies =
            ["requestObject", "responseObject"].iter().filter(|body| self.record.get(body).is_some()).count();
        (stage, bodies, self.text("/annotations/audit.k8s.io~1truncated") != "true")
    }

    /// The record.
    pub fn record(&self) -> &Value {
        &self.record
    }

    /// A string in the record, by its JSON pointer; `""` if there is none.
    pub fn text(&self, pointer: &str) -> &str {
        self.record.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    /// When the request came in, as text that sorts.
    pub fn time(&self) -> &str {
        self.text("/requestReceivedTimestamp")
    }

    /// Who made it.
    pub fn user(&self) -> &str {
        self.text("/user/username")
    }

    /// The verb.
    pub fn verb(&self) -> &str {
        self.text("/verb")
    }

    /// The resource's plural name.
    pub fn resource(&self) -> &str {
        self.text("/objectRef/resource")
    }

    /// The subresource.
    pub fn sub(&self) -> &str {
        self.text("/objectRef/subresource")
    }

    /// Whether it is about that namespace: something in it, or itself.
    pub fn in_namespace(&self, name: &str) -> bool {
        if self.resource() == "namespaces" {
            self.name() == name
        } else {
            self.text("/objectRef/namespace") == name
        }
    }

    /// The object's name; for a creation the one in the answer, because it may have been generated.
    pub fn name(&self) -> &str {
        let answered = self.text("/responseObject/metadata/name");
        let answer = self.text("/responseObject/kind");
        let is_object = !answer.ends_with("List") && !["", "Status", "Table"].contains(&answer);
        let asked = self.text("/objectRef/name");
        if self.has_object()
            && is_object
            && !answered.is_empty()
            && (asked.is_empty() || self.verb() == "create")
        {
            answered
        } else {
            asked
        }
    }

    /// Whether it is about a resource rather than some URL.
    pub fn has_object(&self) -> bool {
        self.record.get("objectRef").is_some()
    }

    /// The status code.
    pub fn code(&self) -> Option<i64> {
        self.record.pointer("/responseStatus/code")?.as_i64()
    }

    /// How it ended.
    pub fn result(&self) -> &'static str {
        match (self.text("/stage"), self.code()) {
            ("Panic", _) => "failed",
            (_, Some(401 | 403)) => "denied",
            (_, Some(400..)) => "failed",
            ("RequestReceived", _) => "pending",
            ("ResponseStarted", _) => "open",
            _ => "success",
        }
    }

    /// The kind of identity.
    pub fn user_type(&self) -> &'static str {
        let user = self.user();
        let is_account = user.starts_with("system:serviceaccount:");
        let in_kube_system = user.strip_prefix("system:serviceaccount:kube-system:");
        let odd_controllers = [
            "generic-garbage-collector",
            "horizontal-pod-autoscaler",
            "pod-garbage-collector",
            "root-ca-cert-publisher",
            "legacy-service-account-token-cleaner",
        ];
        match in_kube_system {
            Some(name) if name.ends_with("-controller") || odd_controllers.contains(&name) => "controller",
            _ if is_account => "serviceaccount",
            _ if user.is_empty() || user == "system:anonymous" => "anonymous",
            _ if user.starts_with("system:node:") => "node",
            _ if user.starts_with("system:") => "system",
            _ => "human",
        }
    }

    /// The addresses it came from.
    pub fn ips(&self) -> Vec<&str> {
        let ips = self.record.get("sourceIPs").and_then(Value::as_array);
        ips.into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// Every text that a bare word may find, but for the summary.
    pub fn texts(&self) -> Vec<String> {
        words::texts(&self.record)
    }

    /// Whether a bare word finds it.
    pub fn has_word(&self, word: &str) -> bool {
        self.texts().iter().any(|text| has_word(text, word))
    }

    /// Whether words next to each other find it.
    pub fn has_phrase(&self, phrase: &[&str]) -> bool {
        self.texts().iter().any(|text| has_phrase(text, phrase))
    }
}
