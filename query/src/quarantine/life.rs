//! The life of a pod, write by write: when it carried the label, and which addresses it had.

use std::net::IpAddr;

use taffrail_event::json;
use taffrail_event::{Event, Timestamp};

use super::QuarantineLabel;
use crate::history::{ObjectName, Replay};
use crate::search::Hit;

/// Time during which a pod carried the label.
#[derive(Debug, Clone, PartialEq)]
pub struct Quarantine {
    /// `metadata.uid` of the pod; `""` where no record says it.
    pub uid: String,
    /// From when.
    pub since: Timestamp,
    /// The write that set the label, or with which it was first seen.
    pub set_by: Event,
    /// The pod after that write, as JSON.
    pub pod: Vec<u8>,
    /// Until when; `None` while it lasts.
    pub until: Option<Timestamp>,
    /// The write that ended it: the label removed, or the pod. `None` while it lasts.
    pub ended_by: Option<Event>,
}

/// Time during which a pod had an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address {
    /// The address.
    pub ip: IpAddr,
    /// From when.
    pub from: Timestamp,
    /// Until when; `None` while it has it.
    pub to: Option<Timestamp>,
}

impl Address {
    /// Whether the pod had it at that time.
    pub fn is_at(&self, time: Timestamp) -> bool {
        time >= self.from && self.to.is_none_or(|to| time < to)
    }
}

/// Walks over the writes of all pods that bore one name.
#[derive(Debug)]
pub struct PodLife {
    label: QuarantineLabel,
    replay: Replay,
    uid: String,
    quarantines: Vec<Quarantine>,
    addresses: Vec<Address>,
    is_known: bool,
}

impl PodLife {
    /// Of the pods with this name.
    pub fn new(pod: ObjectName, label: QuarantineLabel) -> Self {
        Self {
            label,
            replay: Replay::new(pod),
            uid: String::new(),
            quarantines: Vec::new(),
            addresses: Vec::new(),
            is_known: true,
        }
    }

    /// Takes the next write.
    pub fn take(&mut self, hit: &Hit) {
        let after = self.replay.next(hit).after;
        let event = &hit.event;
        let is_other = !self.uid.is_empty() && !self.replay.uid().is_empty() && self.uid != self.replay.uid();
        if is_other || self.replay.is_gone() {
            self.end(event);
        }
        self.replay.uid().clone_into(&mut self.uid);
        let Some(after) = after else {
            self.is_known &= self.replay.is_gone();
            return;
        };
        let is_on = self.label.is_on(&after);
        match (is_on, self.open()) {
            (true, None) => self.quarantines.push(Quarantine {
                uid: self.uid.clone(),
                since: event.time,
                set_by: event.clone(),
                pod: after.clone(),
                until: None,
                ended_by: None,
            }),
            (false, Some(open)) => {
                open.until = Some(event.time);
                open.ended_by = Some(event.clone());
            }
            _ => {}
        }
        self.note_addresses(&addresses_in(&after), event.time);
    }

    /// Whether every write said what the pod was after it. Else there may have been more than was seen.
    pub fn is_known(&self) -> bool {
        self.is_known
    }

    /// When the pods were under quarantine, oldest first.
    pub fn quarantines(&self) -> &[Quarantine] {
        &self.quarantines
    }

    /// Which addresses they had, oldest first.
    pub fn addresses(&self) -> &[Address] {
        &self.addresses
    }

    fn open(&mut self) -> Option<&mut Quarantine> {
        self.quarantines.last_mut().filter(|quarantine| quarantine.until.is_none())
    }

    /// The pod is gone, or was by then.
    fn end(&mut self, event: &Event) {
        if let Some(open) = self.open() {
            open.until = Some(event.time);
            open.ended_by = Some(event.clone());
        }
        self.note_addresses(&[], event.time);
    }

    fn note_addresses(&mut self, now: &[IpAddr], time: Timestamp) {
        for address in self.addresses.iter_mut().filter(|address| address.to.is_none()) {
            if !now.contains(&address.ip) {
                address.to = Some(time);
            }
        }
        for ip in now {
            if !self.addresses.iter().any(|address| address.to.is_none() && address.ip == *ip) {
                self.addresses.push(Address { ip: *ip, from: time, to: None });
            }
        }
    }
}

/// Those of `status.podIPs`, of old `status.podIP`.
fn addresses_in(pod: &[u8]) -> Vec<IpAddr> {
    let Some(status) = json::member(pod, "status") else { return Vec::new() };
    let parse = |text: &[u8]| json::string(text).and_then(|text| text.parse().ok());
    let list = json::member(status, "podIPs").unwrap_or_default();
    let mut addresses: Vec<IpAddr> =
        json::elements(list).filter_map(|element| parse(json::member(list.get(element)?, "ip")?)).collect();
    if let Some(ip) = json::member(status, "podIP").and_then(parse)
        && !addresses.contains(&ip)
    {
        addresses.push(ip);
    }
    addresses
}

#[cfg(test)]
mod tests {
    use taffrail_event::{Key, Origins};

    use super::*;

    fn pod() -> ObjectName {
        ObjectName {
            cluster: "prod".to_owned(),
            group: String::new(),
            resource: "pods".to_owned(),
            namespace: "default".to_owned(),
            name: "a".to_owned(),
        }
    }

    /// A write at that second, after which the pod is `object`.
    fn write(second: u32, verb: &str, uid: &str, rest: &str) -> Hit {
        let record = format!(
            r#"{{"auditID":"{second}","stage":"ResponseComplete","verb":"{verb}","level":"RequestResponse","requestURI":"/api/v1/namespaces/default/pods/a",
            "user":{{"username":"alice"}},"objectRef":{{"resource":"pods","namespace":"default","name":"a","apiVersion":"v1"}},
            "responseStatus":{{"code":200}},"requestReceivedTimestamp":"2026-11-23T16:00:{second:02}.000000Z","stageTimestamp":"2026-11-23T16:00:{second:02}.000000Z",
            "responseObject":{{"kind":"Pod","apiVersion":"v1","metadata":{{"name":"a","namespace":"default","uid":"{uid}","resourceVersion":"{}"{rest}}}}}"#,
            second + 100
        );
        let origins = Origins { id: Key(second.into()), cluster: "prod".to_owned(), ..Origins::default() };
        Hit { event: Event::decode(record.as_bytes(), origins).unwrap(), record: record.into_bytes() }
    }

    fn life(writes: &[Hit]) -> PodLife {
        let mut life = PodLife::new(pod(), QuarantineLabel::default());
        writes.iter().for_each(|hit| life.take(hit));
        life
    }

    fn seconds(life: &PodLife) -> Vec<(i64, Option<i64>)> {
        let second = |time: Timestamp| time.micros() / 1_000_000 % 60;
        life.quarantines().iter().map(|one| (second(one.since), one.until.map(second))).collect()
    }

    const ON: &str = r#","labels":{"quarantine":"true"}},"status":{"podIP":"10.0.0.1","podIPs":[{"ip":"10.0.0.1"},{"ip":"fd00::1"}]}"#;
    const OFF: &str = r#","labels":{"app":"a"}},"status":{}"#;

    #[test]
    fn set_removed_and_set_again() {
        let life = life(&[
            write(1, "create", "u1", OFF),
            write(2, "patch", "u1", ON),
            write(3, "patch", "u1", ON),
            write(4, "update", "u1", OFF),
            write(5, "patch", "u1", ON),
        ]);
        assert_eq!(seconds(&life), [(2, Some(4)), (5, None)]);
        assert_eq!(life.quarantines()[0].set_by.id, Key(2));
        assert!(life.is_known());
    }

    #[test]
    fn created_with_it_and_deleted() {
        let life = life(&[write(1, "create", "u1", ON), write(9, "delete", "u1", ON)]);
        assert_eq!(seconds(&life), [(1, Some(9))]);
    }

    #[test]
    fn another_pod_of_the_name_begins_anew() {
        let life = life(&[write(1, "create", "u1", ON), write(5, "create", "u2", OFF)]);
        assert_eq!(seconds(&life), [(1, Some(5))]);
    }

    #[test]
    fn addresses() {
        let life =
            life(&[write(1, "create", "u1", OFF), write(2, "patch", "u1", ON), write(9, "delete", "u1", ON)]);
        let second = |time: Timestamp| time.micros() / 1_000_000 % 60;
        let found: Vec<_> = life
            .addresses()
            .iter()
            .map(|address| (address.ip.to_string(), second(address.from), address.to.map(second)))
            .collect();
        assert_eq!(found, [("10.0.0.1".to_owned(), 2, Some(9)), ("fd00::1".to_owned(), 2, Some(9))]);
    }
}
