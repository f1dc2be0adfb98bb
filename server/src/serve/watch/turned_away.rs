//! Senders that are refused for good: what they send is lost, and only they and this list know of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use taffrail_event::Timestamp;
use utoipa::ToSchema;

use crate::read::schema::TimestampSchema;

/// Senders and reasons at most: strangers may try from many addresses.
const MAX_ENTRIES: usize = 100;

/// A sender that is refused, and will be again until somebody changes something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = TurnedAway)]
pub(crate) struct TurnedAwayBody {
    /// Its address.
    pub(crate) sender: String,
    /// The error code that it got.
    pub(crate) reason: String,
    /// What it was told last.
    pub(crate) detail: String,
    /// Where it sent to last.
    pub(crate) path: String,
    /// How often, since the start.
    pub(crate) requests: u64,
    #[schema(value_type = TimestampSchema)]
    pub(crate) last: Timestamp,
}

/// What is known of one of them.
#[derive(Debug)]
struct Entry {
    detail: String,
    path: String,
    requests: u64,
    last: Timestamp,
}

/// All of them, by sender and code.
#[derive(Debug, Default)]
pub(super) struct TurnedAway {
    entries: BTreeMap<(String, &'static str), Entry>,
}

impl TurnedAway {
    /// Counts a request. Where there are too many, the one that was not heard for longest is forgotten.
    pub(super) fn note(
        &mut self,
        sender: String,
        code: &'static str,
        detail: &str,
        path: &str,
        now: Timestamp,
    ) {
        let key = (sender, code);
        if self.entries.len() >= MAX_ENTRIES && !self.entries.contains_key(&key) {
            let oldest = self.entries.iter().min_by_key(|(_, entry)| entry.last).map(|(key, _)| key.clone());
            oldest.map(|key| self.entries.remove(&key));
        }
        let requests = self.entries.get(&key).map_or(0, |entry| entry.requests) + 1;
        let entry = Entry { detail: detail.to_owned(), path: path.to_owned(), requests, last: now };
        self.entries.insert(key, entry);
    }

    /// All of them, the newest first.
    pub(super) fn list(&self) -> Vec<TurnedAwayBody> {
        let bodies = self.entries.iter().map(|((sender, code), entry)| TurnedAwayBody {
            sender: sender.clone(),
            reason: (*code).to_owned(),
            detail: entry.detail.clone(),
            path: entry.path.clone(),
            requests: entry.requests,
            last: entry.last,
        });
        let mut bodies: Vec<_> = bodies.collect();
        bodies.sort_by_key(|body| std::cmp::Reverse(body.last));
        bodies
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_do_not_fill_the_memory() {
        let mut list = TurnedAway::default();
        let mut note = |sender: usize, at: i64| {
            list.note(sender.to_string(), "login_failed", "no", "/v1/audit/prod", Timestamp::from_micros(at));
        };
        (0..MAX_ENTRIES).for_each(|sender| note(sender, sender as i64));
        note(0, 1_000);
        note(MAX_ENTRIES, 1_001);
        let list = list.list();
        assert_eq!(list.len(), MAX_ENTRIES);
        assert_eq!((list[0].sender.as_str(), list[0].requests), ("100", 1));
        assert_eq!((list[1].sender.as_str(), list[1].requests), ("0", 2), "it is still there");
        assert!(list.iter().all(|body| body.sender != "1"), "it was silent for longest");
    }
}
