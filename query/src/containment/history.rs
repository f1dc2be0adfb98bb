//! The policies of a cluster over time, from the writes of each, and what they did to a pod meanwhile.

use taffrail_event::{Event, Timestamp};

use super::{Containment, PodSubject, Policies};
use crate::history::{ObjectName, Replay};
use crate::search::Hit;

/// Resources whose objects decide what becomes of a pod's traffic, of whatever group.
pub const DECIDING: [&str; 11] = [
    "adminnetworkpolicies",
    "baselineadminnetworkpolicies",
    "ciliumclusterwidenetworkpolicies",
    "ciliumnetworkpolicies",
    "clusternetworkpolicies",
    "globalnetworkpolicies",
    "networkpolicies",
    "stagedglobalnetworkpolicies",
    "stagedkubernetesnetworkpolicies",
    "stagednetworkpolicies",
    "tiers",
];

/// The life of one of these objects, or of a namespace; of all that bore the name.
#[derive(Debug)]
pub struct PolicyLife {
    object: ObjectName,
    replay: Replay,
    states: Vec<(Event, State)>,
}

/// What an object was from a write on.
#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Whole(Vec<u8>),
    /// It is there, and its content was not recorded.
    Named,
    Gone,
}

impl PolicyLife {
    /// Of the objects with this name.
    pub fn new(object: ObjectName) -> Self {
        Self { replay: Replay::new(object.clone()), object, states: Vec::new() }
    }

    /// Takes the next write.
    pub fn take(&mut self, hit: &Hit) {
        let state = match self.replay.next(hit).after {
            Some(object) => State::Whole(object),
            None if self.replay.is_gone() => State::Gone,
            None => State::Named,
        };
        // What was refused or changed nothing leaves it as it was.
        let is_same = self.states.last().is_some_and(|(_, last)| *last == state && state != State::Named);
        if !is_same {
            self.states.push((hit.event.clone(), state));
        }
    }
}

/// The policies of a cluster over time.
#[derive(Debug, Default)]
pub struct PolicyHistory {
    lives: Vec<PolicyLife>,
    /// Time, life and state, by time.
    changes: Vec<(Timestamp, usize, usize)>,
}

/// What the policies did to a pod from a moment on.
#[derive(Debug)]
pub struct Moment<'h> {
    /// The write with which that began; `None` for what was so at the beginning.
    pub write: Option<&'h Event>,
    /// What they did.
    pub containment: Containment,
}

impl PolicyHistory {
    /// Of these objects.
    pub fn new(lives: Vec<PolicyLife>) -> Self {
        let changes = lives.iter().enumerate().flat_map(|(life, object)| {
            object.states.iter().enumerate().map(move |(state, (event, _))| (event.time, life, state))
        });
        let mut changes: Vec<_> = changes.collect();
        changes.sort_unstable();
        Self { lives, changes }
    }

    /// Whether any policy was seen up to then: else nothing can be said of what was not.
    pub fn has_policies(&self, until: Timestamp) -> bool {
        self.changes.iter().take_while(|(time, ..)| *time < until).any(|(_, life, _)| {
            let object = self.lives.get(*life).map(|life| life.object.resource.as_str());
            object.is_some_and(|resource| !matches!(resource, "tiers" | "namespaces"))
        })
    }

    /// What they did to the pod from the beginning of a stretch of time to its end: a moment for the beginning and one for each
    /// write, `limit` at most.
    pub fn moments(
        &self,
        pod: &PodSubject<'_>,
        from: Timestamp,
        to: Option<Timestamp>,
        limit: usize,
    ) -> Vec<Moment<'_>> {
        let start = self.changes.partition_point(|(time, ..)| *time <= from);
        let mut moments = vec![Moment { write: None, containment: self.policies(start).containment_of(pod) }];
        let within = self.changes.iter().enumerate().skip(start).take(limit.saturating_sub(1));
        for (at, (_, life, state)) in within.take_while(|(_, (time, ..))| to.is_none_or(|to| *time < to)) {
            let write =
                self.lives.get(*life).and_then(|life| life.states.get(*state)).map(|(event, _)| event);
            moments.push(Moment { write, containment: self.policies(at + 1).containment_of(pod) });
        }
        moments
    }

    /// As they were after so many changes.
    fn policies(&self, changes: usize) -> Policies {
        let mut newest: Vec<Option<usize>> = vec![None; self.lives.len()];
        for (_, life, state) in self.changes.iter().take(changes) {
            if let Some(place) = newest.get_mut(*life) {
                *place = Some(*state);
            }
        }
        let mut policies = Policies::default();
        for (life, state) in self.lives.iter().zip(newest) {
            let ObjectName { group, resource, namespace, name, .. } = &life.object;
            match state.and_then(|state| life.states.get(state)).map(|(_, state)| state) {
                Some(State::Whole(object)) => {
                    policies.put(object);
                }
                Some(State::Named) => policies.put_unknown(&format!("{resource}.{group}"), namespace, name),
                Some(State::Gone) | None => {}
            }
        }
        policies
    }
}

#[cfg(test)]
mod tests {
    use taffrail_event::{Key, Origins};

    use super::super::weakened;
    use super::*;

    const DENY: &str = r#"{"tier":"security","order":100,"selector":"quarantine == \"true\"","types":["Ingress","Egress"],"ingress":[{"action":"Deny"}],"egress":[{"action":"Deny"}]}"#;

    fn object(resource: &str, name: &str) -> ObjectName {
        ObjectName {
            cluster: "prod".to_owned(),
            group: "projectcalico.org".to_owned(),
            resource: resource.to_owned(),
            namespace: String::new(),
            name: name.to_owned(),
        }
    }

    /// CONSTRUCTED: a write at that second, after which the object has this spec.
    fn write(second: u32, verb: &str, resource: &str, kind: &str, name: &str, spec: &str) -> Hit {
        let body = format!(
            r#"{{"kind":"{kind}","apiVersion":"projectcalico.org/v3","metadata":{{"name":"{name}","uid":"u-{name}","resourceVersion":"{}"}},"spec":{spec}}}"#,
            second + 100
        );
        let record = format!(
            r#"{{"auditID":"{second}","stage":"ResponseComplete","verb":"{verb}","level":"RequestResponse","requestURI":"/apis/projectcalico.org/v3/{resource}/{name}",
            "user":{{"username":"alice"}},"objectRef":{{"resource":"{resource}","name":"{name}","apiGroup":"projectcalico.org","apiVersion":"v3"}},
            "responseStatus":{{"code":200}},"requestReceivedTimestamp":"2026-11-23T16:00:{second:02}.000000Z","stageTimestamp":"2026-11-23T16:00:{second:02}.000000Z",
            "responseObject":{body}}}"#,
        );
        let origins = Origins { id: Key(second.into()), cluster: "prod".to_owned(), ..Origins::default() };
        Hit { event: Event::decode(record.as_bytes(), origins).unwrap(), record: record.into_bytes() }
    }

    fn life(object: ObjectName, writes: &[Hit]) -> PolicyLife {
        let mut life = PolicyLife::new(object);
        writes.iter().for_each(|hit| life.take(hit));
        life
    }

    #[test]
    fn a_policy_that_is_deleted_contains_no_longer() {
        let policy = |second, verb| {
            write(second, verb, "globalnetworkpolicies", "GlobalNetworkPolicy", "security.quarantine", DENY)
        };
        let tier = write(1, "create", "tiers", "Tier", "security", r#"{"order":400}"#);
        let history = PolicyHistory::new(vec![
            life(object("tiers", "security"), &[tier]),
            life(
                object("globalnetworkpolicies", "security.quarantine"),
                &[policy(2, "create"), policy(10, "delete")],
            ),
        ]);
        let pod = PodSubject {
            namespace: "default",
            labels: [("quarantine".to_owned(), "true".to_owned())].into(),
            service_account: "",
            host_network: false,
        };
        let at =
            |second: i64| Timestamp::parse("2026-11-23T16:00:00Z").unwrap().plus_micros(second * 1_000_000);
        let moments = history.moments(&pod, at(5), None, 100);
        let [first, last] = moments.as_slice() else { panic!("two: {moments:?}") };
        assert!(first.containment.is_contained() && first.write.is_none());
        assert_eq!(first.containment.policy().as_deref(), Some("security.quarantine"));
        assert_eq!(last.write.map(|write| write.verb.as_str()), Some("delete"));
        assert!(weakened(&first.containment, &last.containment).is_some());
        // Nothing was there before.
        assert!(!history.moments(&pod, at(0), Some(at(1)), 100)[0].containment.is_contained());
        assert_eq!((history.has_policies(at(2)), history.has_policies(at(3))), (false, true));
        assert_eq!(history.moments(&pod, at(5), Some(at(10)), 100).len(), 1);
    }
}
