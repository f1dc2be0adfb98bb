//! What was sent and what was acknowledged, to hold the server to it.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

/// How far a request had come, as a rank: a better stage replaces a worse one.
pub(crate) fn stage_rank(stage: &str) -> u8 {
    match stage {
        "RequestReceived" => 1,
        "ResponseStarted" => 2,
        "ResponseComplete" => 3,
        "Panic" => 4,
        other => panic!("an unknown stage: {other}"),
    }
}

/// Requests by audit id, each with the best stage that was sent and the best one that was acknowledged.
#[derive(Debug, Default)]
pub struct Ledger {
    requests: Mutex<HashMap<String, Entry>>,
    /// Things that were acknowledged although they are no events.
    junk: Mutex<HashSet<String>>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    sent: u8,
    acknowledged: u8,
}

/// What the server has of what was promised.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// Documents.
    pub documents: usize,
    /// Broken promises that time does not mend: twice, invented, or not what was sent.
    pub wrong: Vec<String>,
    /// Acknowledged and not found, or only at an earlier stage than acknowledged.
    pub missing: Vec<String>,
}

impl Ledger {
    /// Notes that these records (audit id, stage rank) are about to be sent.
    pub(crate) fn sent(&self, records: &[(String, u8)]) {
        let mut requests = self.lock();
        for (audit_id, stage) in records {
            let entry = requests.entry(audit_id.clone()).or_default();
            entry.sent = entry.sent.max(*stage);
        }
    }

    /// Notes that the server has acknowledged them.
    pub(crate) fn acknowledged(&self, records: &[(String, u8)]) {
        let mut requests = self.lock();
        for (audit_id, stage) in records {
            let entry = requests.entry(audit_id.clone()).or_default();
            entry.acknowledged = entry.acknowledged.max(*stage);
        }
    }

    /// Notes that the server has acknowledged something that is no event, which has to become a dead letter.
    pub(crate) fn acknowledged_junk(&self, junk: &str) {
        self.junk.lock().unwrap_or_else(PoisonError::into_inner).insert(junk.to_owned());
    }

    /// Compares the dead letters with the junk that was acknowledged.
    pub fn check_dead_letters(&self, letters: &[Value], found: &mut Found) {
        let junk = self.junk.lock().unwrap_or_else(PoisonError::into_inner);
        let mut ids = HashSet::new();
        let mut excerpts = HashSet::new();
        for letter in letters {
            if !ids.insert(letter["id"].as_str().unwrap_or_default()) {
                found.wrong.push(format!("a dead letter stands twice: {letter}"));
            }
            excerpts.insert(letter["excerpt"].as_str().unwrap_or_default().trim());
        }
        for junk in junk.iter().filter(|junk| !excerpts.contains(junk.as_str())) {
            found.missing.push(format!("{junk}: acknowledged, and no dead letter"));
        }
    }

    /// What was sent and acknowledged by now.
    #[must_use]
    pub fn by_now(&self) -> Self {
        let junk = self.junk.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Self { requests: Mutex::new(self.lock().clone()), junk: Mutex::new(junk) }
    }

    /// How many requests have an acknowledged record.
    pub fn acknowledged_requests(&self) -> usize {
        self.lock().values().filter(|entry| entry.acknowledged > 0).count()
    }

    /// Compares all that the server has with what was sent for this cluster and acknowledged.
    pub fn check(&self, cluster: &str, events: &[Value]) -> Found {
        let requests = self.lock();
        let mut found = Found { documents: events.len(), ..Found::default() };
        let (mut ids, mut audit_ids) = (HashSet::new(), HashMap::new());
        for event in events {
            let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
            let (id, audit_id, stage) = (text("/id"), text("/audit/id"), text("/audit/stage"));
            if text("/cluster") != cluster {
                let other = text("/cluster");
                found
                    .wrong
                    .push(format!("{audit_id}: of {other}, whose sender took this server for its own"));
                continue;
            }
            if !ids.insert(id) {
                found.wrong.push(format!("{audit_id}: the id {id} stands twice, now as {event}"));
            }
            if audit_ids.insert(audit_id, stage_rank(stage)).is_some() {
                found.wrong.push(format!("{audit_id}: found twice"));
            }
            match requests.get(audit_id) {
                None => found.wrong.push(format!("{audit_id}: found, and never sent")),
                Some(entry) if stage_rank(stage) > entry.sent => {
                    found.wrong.push(format!("{audit_id}: found at {stage}, and never sent so"));
                }
                Some(_) => {}
            }
        }
        for (audit_id, entry) in requests.iter().filter(|(_, entry)| entry.acknowledged > 0) {
            let stage = audit_ids.get(audit_id.as_str()).copied().unwrap_or(0);
            if stage < entry.acknowledged {
                found
                    .missing
                    .push(format!("{audit_id}: acknowledged at {}, found at {stage}", entry.acknowledged));
            }
        }
        found
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn broken_promises_are_seen() {
        fn check(events: &[Value], wrong: usize, missing: usize) {
            let ledger = Ledger::default();
            ledger.sent(&[("a".to_owned(), 3), ("b".to_owned(), 1)]);
            ledger.acknowledged(&[("a".to_owned(), 3)]);
            let found = ledger.check("lab", events);
            assert_eq!((found.wrong.len(), found.missing.len()), (wrong, missing), "{found:?}");
        }
        fn event(id: u8, audit_id: &str, stage: &str) -> Value {
            json!({"cluster": "lab", "id": id.to_string(), "audit": {"id": audit_id, "stage": stage}})
        }
        check(&[event(1, "a", "ResponseComplete")], 0, 0);
        check(&[event(1, "a", "ResponseComplete"), event(2, "b", "RequestReceived")], 0, 0);
        check(&[], 0, 1);
        check(&[event(1, "a", "RequestReceived")], 0, 1);
        check(&[event(1, "a", "ResponseComplete"), event(2, "a", "ResponseComplete")], 1, 0);
        check(&[event(1, "a", "ResponseComplete"), event(2, "c", "ResponseComplete")], 1, 0);
        check(&[event(1, "a", "ResponseComplete"), event(2, "b", "ResponseComplete")], 1, 0);
    }
}
