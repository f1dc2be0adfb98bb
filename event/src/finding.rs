//! What Taffrail itself finds in the events: something that should not be so, with the events that show it. A record like any
//! other: durable in the journal, searchable in the index, on the timeline at the time of its evidence.

use serde::{Deserialize, Serialize};

use crate::key::{Key, Keys, one_key};
use crate::object::ObjectRef;
use crate::time::Timestamp;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The rule that found it, such as `quarantine.policy_deleted`.
    pub rule: String,
    /// How bad it is.
    pub severity: Severity,
    /// One line in plain words.
    pub title: String,
    /// What follows from which events, in plain words.
    pub reason: String,
    /// Ids of the events that show it.
    pub evidence: Vec<Key>,
}

/// How bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Low,
    /// To be looked at.
    Medium,
    /// To be looked at now.
    High,
    /// What was to be prevented happens.
    Critical,
}

impl Severity {
    /// Every severity.
    pub const ALL: [Self; 4] = [Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The name in the event's JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// A finding as journal and index hold it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingRecord {
    /// The cluster.
    pub cluster: String,
    /// When it began, by its evidence.
    pub time: Timestamp,
    /// The object that it is about.
    pub object: ObjectRef,
    /// Tells it from others of the same rule and object.
    pub subject: String,
    /// What was found.
    pub finding: Finding,
}

impl FindingRecord {
    /// The record's bytes.
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("strings and numbers are JSON")
    }

    /// Reads what [`FindingRecord::encode`] wrote; `None` for anything else.
    pub fn decode(record: &[u8]) -> Option<Self> {
        serde_json::from_slice(record).ok()
    }

    /// Its keys, which are one. Words, evidence and time are left out: what is found again is the same finding.
    pub fn keys(&self) -> Keys {
        let ObjectRef { resource, namespace, name, uid, .. } = &self.object;
        let texts = [&self.cluster, &self.finding.rule, resource, namespace, name, uid, &self.subject];
        one_key("finding", texts.into_iter().map(String::as_bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(title: &str, evidence: &[u128], subject: &str) -> FindingRecord {
        FindingRecord {
            cluster: "prod".to_owned(),
            time: Timestamp::from_micros(7),
            object: ObjectRef {
                resource: "pods".to_owned(),
                name: "attacker".to_owned(),
                ..ObjectRef::default()
            },
            subject: subject.to_owned(),
            finding: Finding {
                rule: "quarantine.allowed_flow".to_owned(),
                severity: Severity::Critical,
                title: title.to_owned(),
                reason: String::new(),
                evidence: evidence.iter().copied().map(Key).collect(),
            },
        }
    }

    #[test]
    fn round_trip() {
        let record = finding("a", &[1, 2], "10.0.0.1:80");
        assert_eq!(FindingRecord::decode(&record.encode()), Some(record));
        assert_eq!(FindingRecord::decode(br#"{"auditID":"a","verb":"get"}"#), None);
    }

    #[test]
    fn what_is_found_again_is_the_same() {
        let first = finding("a", &[1], "10.0.0.1:80").keys();
        assert_eq!(first, finding("b", &[1, 2], "10.0.0.1:80").keys());
        assert_ne!(first, finding("a", &[1], "10.0.0.2:80").keys());
    }
}
