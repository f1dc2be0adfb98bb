//! The label that puts a pod under quarantine.

use std::fmt;

use taffrail_event::json::{self, Members};

/// A label with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuarantineLabel {
    /// Its key.
    pub key: String,
    /// The value that means quarantine.
    pub value: String,
}

impl Default for QuarantineLabel {
    fn default() -> Self {
        Self { key: "quarantine".to_owned(), value: "true".to_owned() }
    }
}

impl fmt::Display for QuarantineLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.key, self.value)
    }
}

impl QuarantineLabel {
    /// Whether an object, as JSON, carries it.
    pub fn is_on(&self, object: &[u8]) -> bool {
        let labels = json::member(object, "metadata").and_then(|metadata| json::member(metadata, "labels"));
        let labels = labels.unwrap_or_default();
        Members::of(labels).filter(|member| member.key == self.key).any(|member| {
            labels.get(member.value).and_then(json::string).is_some_and(|value| value == self.value)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_value_counts() {
        fn check(labels: &str, expected: bool) {
            let object = format!(r#"{{"metadata":{{"name":"a","labels":{labels}}}}}"#);
            assert_eq!(QuarantineLabel::default().is_on(object.as_bytes()), expected, "{labels}");
        }
        check(r#"{"app":"a","quarantine":"true"}"#, true);
        check(r#"{"quarantine":"false"}"#, false);
        check(r#"{"quarantine":true}"#, false);
        check(r#"{"other":"true"}"#, false);
        check("null", false);
        assert!(!QuarantineLabel::default().is_on(b"{}"));
    }
}
