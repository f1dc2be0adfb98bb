//! From when to when an object said what it says of addresses.

use std::collections::BTreeSet;
use std::net::IpAddr;

use taffrail_event::{Confidence, Timestamp};

use super::claim::Claim;
use super::said::said;
use crate::history::{ObjectName, Replay};
use crate::search::Hit;

/// Time during which something was said of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// What.
    pub claim: Claim,
    /// From when.
    pub from: Timestamp,
    /// Until when; `None` while it is.
    pub to: Option<Timestamp>,
}

/// Walks over the writes of all objects that bore one name.
///
/// What a write set is said from then on, until one took it away, the object was deleted, or something was written of which
/// nobody knows what.
#[derive(Debug)]
pub struct Tenure<'a> {
    object: ObjectName,
    wanted: &'a BTreeSet<IpAddr>,
    replay: Replay,
    held: Vec<Held>,
    end: Timestamp,
}

impl<'a> Tenure<'a> {
    /// Of the objects with this name, as far as it concerns these addresses.
    pub fn new(object: ObjectName, wanted: &'a BTreeSet<IpAddr>) -> Self {
        let replay = Replay::new(object.clone());
        Self { object, wanted, replay, held: Vec::new(), end: Timestamp::default() }
    }

    /// Takes the next write.
    pub fn take(&mut self, hit: &Hit) {
        let event = &hit.event;
        let after = self.replay.next(hit).after;
        self.end = event.time;
        if self.replay.is_gone() {
            return self.say(Vec::new());
        }
        match (self.replay.confidence(), after) {
            (Confidence::Exact | Confidence::Patch, Some(state)) => {
                let mut claims = said(&self.object, &state);
                claims.retain(|claim| self.wanted.contains(&claim.ip));
                self.say(claims);
            }
            // Whoever is on the way out is there until it is gone.
            _ if is_farewell(&event.verb, event.object.as_ref().map_or("", |object| &object.subresource)) => {
            }
            _ => self.say(Vec::new()),
        }
    }

    /// Ends what is said with the last write that was taken: more were not read.
    pub fn break_off(&mut self) {
        self.say(Vec::new());
    }

    /// All that was said, and when.
    pub fn finish(self) -> Vec<Held> {
        self.held
    }

    fn say(&mut self, mut claims: Vec<Claim>) {
        let time = self.end;
        for held in self.held.iter_mut().filter(|held| held.to.is_none()) {
            match claims.iter().position(|claim| *claim == held.claim) {
                Some(place) => {
                    claims.swap_remove(place);
                }
                None => held.to = Some(time),
            }
        }
        self.held.extend(claims.into_iter().map(|claim| Held { claim, from: time, to: None }));
    }
}

fn is_farewell(verb: &str, subresource: &str) -> bool {
    verb.starts_with("delete") || subresource == "eviction"
}

#[cfg(test)]
mod tests {
    use taffrail_event::{Event, Key, Origins};

    use super::*;

    fn pod() -> ObjectName {
        ObjectName {
            cluster: "prod".to_owned(),
            group: String::new(),
            resource: "pods".to_owned(),
            namespace: "vote".to_owned(),
            name: "a".to_owned(),
        }
    }

    /// A write at that second; without an answer its content was not recorded.
    fn write(second: u32, verb: &str, uid: &str, status: Option<&str>) -> Hit {
        let answer = status.map_or(String::new(), |status| {
            format!(
                r#","responseObject":{{"kind":"Pod","apiVersion":"v1","metadata":{{"name":"a","namespace":"vote","uid":"{uid}","resourceVersion":"{}"}},"status":{status}}}"#,
                second + 100
            )
        });
        let level = if status.is_some() { "RequestResponse" } else { "Metadata" };
        let record = format!(
            r#"{{"auditID":"{second}","stage":"ResponseComplete","verb":"{verb}","level":"{level}","requestURI":"/api/v1/namespaces/vote/pods/a",
            "user":{{"username":"alice"}},"objectRef":{{"resource":"pods","namespace":"vote","name":"a","apiVersion":"v1"}},
            "responseStatus":{{"code":200}},"requestReceivedTimestamp":"2026-11-23T16:00:{second:02}.000000Z","stageTimestamp":"2026-11-23T16:00:{second:02}.000000Z"{answer}}}"#
        );
        let origins = Origins { id: Key(second.into()), cluster: "prod".to_owned(), ..Origins::default() };
        Hit { event: Event::decode(record.as_bytes(), origins).unwrap(), record: record.into_bytes() }
    }

    /// Last digits of the address, second from and to.
    fn check(writes: &[Hit], expected: &[(u8, i64, Option<i64>)]) {
        let wanted = ["10.0.0.1", "10.0.0.2"].map(|ip| ip.parse().unwrap()).into();
        let mut tenure = Tenure::new(pod(), &wanted);
        writes.iter().for_each(|hit| tenure.take(hit));
        let second = |time: Timestamp| time.micros() / 1_000_000 % 60;
        let found = tenure.finish().into_iter().map(|held| {
            let IpAddr::V4(ip) = held.claim.ip else { panic!("{held:?}") };
            (ip.octets()[3], second(held.from), held.to.map(second))
        });
        assert_eq!(found.collect::<Vec<_>>(), expected);
    }

    const NONE: Option<&str> = Some("{}");
    const ONE: Option<&str> = Some(r#"{"podIP":"10.0.0.1"}"#);
    const TWO: Option<&str> = Some(r#"{"podIP":"10.0.0.2"}"#);
    const OTHER: Option<&str> = Some(r#"{"podIP":"10.9.9.9"}"#);

    #[test]
    fn from_the_write_that_set_it_to_the_one_that_took_it_away() {
        check(&[write(1, "create", "u1", NONE), write(2, "patch", "u1", ONE)], &[(1, 2, None)]);
        check(
            &[write(2, "patch", "u1", ONE), write(3, "patch", "u1", ONE), write(4, "patch", "u1", TWO)],
            &[(1, 2, Some(4)), (2, 4, None)],
        );
        check(&[write(2, "patch", "u1", ONE), write(9, "delete", "u1", ONE)], &[(1, 2, Some(9))]);
        // Without the answer nobody knows whether it was gone at once.
        check(&[write(2, "patch", "u1", ONE), write(9, "delete", "u1", None)], &[(1, 2, None)]);
        check(&[write(2, "patch", "u1", OTHER)], &[]);
    }

    #[test]
    fn another_object_of_the_name_says_it_anew() {
        check(
            &[write(1, "create", "u1", ONE), write(5, "create", "u2", NONE), write(6, "patch", "u2", ONE)],
            &[(1, 1, Some(5)), (1, 6, None)],
        );
    }

    #[test]
    fn nothing_is_known_after_a_write_without_content() {
        check(
            &[write(1, "create", "u1", ONE), write(5, "patch", "u1", None), write(9, "patch", "u1", ONE)],
            &[(1, 1, Some(5)), (1, 9, None)],
        );
    }
}
