//! Which objects may have had the addresses, and what their writes say.
//!
//! Each step asks for many addresses at once, and all of them together take [`LONGEST`] at most: what they did not find by then has
//! no name, and the story says that it is partial.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::{Duration, Instant};

use taffrail_event::flow::{API_SERVER, Format};
use taffrail_event::{Event, words};
use taffrail_query::history::ObjectName;
use taffrail_query::owners::{LookedUp, MAX_AGE_MICROS, Owners, Tenure};
use taffrail_query::quarantine::{Address, Side};
use taffrail_query::{Field, Query, SearchError, TextPredicate, TimeRange};

use crate::read::quarantine::gather::{Asker, flows_of};

const LONGEST: Duration = Duration::from_secs(2);

/// Addresses, pods or nodes in one question.
const AT_ONCE: usize = 50;

/// Events that one question brings.
const MAX_EVENTS: usize = 1000;

/// Objects looked at for one address: an address is given to the next only when it is free, so older ones do not have it any more.
const MAX_OBJECTS_OF_ADDRESS: usize = 8;

/// Objects of which the writes are read.
const MAX_OBJECTS: usize = 400;

/// Writes of one object that are read.
const MAX_WRITES: usize = 2000;

/// A kubelet reports its node's status every five minutes, addresses included, whether or not it changed.
const NODES_REPORT_MICROS: i64 = 900_000_000;

pub(super) struct LookUp<'l, 'a> {
    pub(super) owners: Owners,
    cluster: &'l str,
    wanted: &'l BTreeSet<IpAddr>,
    /// The time of the story.
    range: TimeRange,
    /// Up to its end: what an address was before is told by older events.
    until: TimeRange,
    asker: &'l mut Asker<'a>,
    deadline: Instant,
    /// Those that were looked at.
    seen: BTreeSet<ObjectName>,
}

impl<'l, 'a> LookUp<'l, 'a> {
    pub(super) fn new(
        cluster: &'l str,
        wanted: &'l BTreeSet<IpAddr>,
        range: TimeRange,
        asker: &'l mut Asker<'a>,
    ) -> Self {
        let deadline = asker.deadline().min(Instant::now() + LONGEST);
        let until = TimeRange { from: None, to: range.to };
        let (owners, seen) = (Owners::default(), BTreeSet::new());
        Self { owners, cluster, wanted, range, until, asker, deadline, seen }
    }

    /// The API server's own objects have names that everybody knows.
    pub(super) fn api_server(&mut self) -> Result<(), SearchError> {
        if self.wanted.is_empty() {
            return Ok(());
        }
        let (namespace, name) = API_SERVER;
        for (group, resource) in [("", "services"), ("", "endpoints"), ("discovery.k8s.io", "endpointslices")]
        {
            self.read(&ObjectName {
                cluster: self.cluster.to_owned(),
                group: group.to_owned(),
                resource: resource.to_owned(),
                namespace: namespace.to_owned(),
                name: name.to_owned(),
            })?;
        }
        Ok(())
    }

    /// Pods and nodes get their addresses by a change of their status, which the index finds by its value.
    pub(super) fn by_what_was_set(&mut self) -> Result<(), SearchError> {
        let wanted: Vec<IpAddr> = self.wanted.iter().copied().collect();
        for some in wanted.chunks(AT_ONCE) {
            let values: Vec<String> = some.iter().map(IpAddr::to_string).collect();
            let query = Query::all_of(vec![
                self.of_cluster(),
                one_of(Field::Resource, &["pods", "nodes"]),
                Query::any_of(values.iter().map(|value| Query::is(Field::After, value)).collect()),
            ]);
            let mut objects: BTreeMap<&str, BTreeSet<ObjectName>> = BTreeMap::new();
            for event in self.ask(query, self.until)? {
                let Some(object) = core_object(&event) else { continue };
                for value in values.iter().filter(|value| has_set(&event, value)) {
                    let of_value = objects.entry(value).or_default();
                    if of_value.len() < MAX_OBJECTS_OF_ADDRESS {
                        of_value.insert(object.clone());
                    }
                }
            }
            let objects: BTreeSet<ObjectName> = objects.into_values().flatten().collect();
            let (nodes, pods) = objects.into_iter().partition(|object| object.resource == "nodes");
            self.read_nodes(nodes, &[])?;
            self.read_all(&pods)?;
        }
        Ok(())
    }

    /// Services, endpoints and new nodes have their addresses from the beginning or in lists: their writes are gone through by words.
    pub(super) fn by_what_was_written(&mut self, wanted: &BTreeSet<IpAddr>) -> Result<(), SearchError> {
        let wanted: Vec<String> = wanted.intersection(self.wanted).map(IpAddr::to_string).collect();
        for some in wanted.chunks(AT_ONCE) {
            let listed = Query::all_of(vec![
                self.of_cluster(),
                one_of(Field::Resource, &["services", "endpoints", "endpointslices"]),
                one_of(Field::Verb, &WRITES),
            ]);
            let found = self.ask(that_say(some, &listed), self.until)?;
            self.read_all(&found.iter().filter_map(ObjectName::of).collect())?;
            let node = Query::all_of(vec![self.of_cluster(), Query::is(Field::Resource, "nodes")]);
            let new = Query::all_of(vec![node.clone(), Query::is(Field::Change, "create")]);
            let mut reports = self.ask(that_say(some, &new), self.until)?;
            let reported = Query::all_of(vec![node, one_of(Field::Verb, &WRITES)]);
            reports.extend(self.ask(that_say(some, &reported), self.around_the_beginning())?);
            let nodes = reports.iter().filter_map(core_object).collect();
            self.read_nodes(nodes, &reports)?;
        }
        Ok(())
    }

    /// What led to these pods: endpoints name the pods behind them.
    pub(super) fn services_of(&mut self, pods: &BTreeSet<(String, String)>) -> Result<(), SearchError> {
        let pods: Vec<&(String, String)> = pods.iter().collect();
        for some in pods.chunks(AT_ONCE) {
            let that_name = some.iter().map(|(namespace, name)| {
                Query::all_of(vec![
                    self.of_cluster(),
                    one_of(Field::Resource, &["endpoints", "endpointslices"]),
                    Query::is(Field::Namespace, namespace),
                    one_of(Field::Verb, &WRITES),
                    phrase(name),
                ])
            });
            let query = Query::any_of(that_name.collect());
            let found = self.ask(query, self.until)?;
            self.read_all(&found.iter().filter_map(ObjectName::of).collect())?;
        }
        Ok(())
    }

    /// What the pod looked up before the story begins; what it looked up later is among its flows.
    pub(super) fn names(&mut self, pod: &ObjectName, addresses: &[Address]) -> Result<LookedUp, SearchError> {
        let mut names = LookedUp::default();
        let Some(from) = self.range.from.filter(|_| !self.wanted.is_empty()) else { return Ok(names) };
        let query =
            Query::all_of(vec![flows_of(pod, addresses), Query::is(Field::Format, Format::CalicoDns.name())]);
        let before = TimeRange { from: Some(from.plus_micros(-MAX_AGE_MICROS)), to: Some(from) };
        for event in self.ask(query, before)? {
            let flow = event.flow.as_deref();
            let flow = flow.filter(|flow| Side::of_flow(flow, pod, addresses) == Some(Side::Source));
            flow.into_iter().for_each(|flow| names.take(flow));
        }
        Ok(names)
    }

    fn of_cluster(&self) -> Query {
        Query::is(Field::Cluster, self.cluster)
    }

    fn around_the_beginning(&self) -> TimeRange {
        let from = self.range.from.map(|from| from.plus_micros(-NODES_REPORT_MICROS));
        let to = self.range.from.map(|from| from.plus_micros(NODES_REPORT_MICROS));
        TimeRange { from, to: [to, self.range.to].into_iter().flatten().min() }
    }

    fn ask(&mut self, query: Query, range: TimeRange) -> Result<Vec<Event>, SearchError> {
        if self.is_late() {
            return Ok(Vec::new());
        }
        self.asker.newest(query, range, MAX_EVENTS, self.deadline)
    }

    fn is_late(&mut self) -> bool {
        let is_late = Instant::now() >= self.deadline;
        if is_late {
            self.asker.note_partial(true);
        }
        is_late
    }

    fn read_all(&mut self, objects: &BTreeSet<ObjectName>) -> Result<(), SearchError> {
        objects.iter().try_for_each(|object| self.read(object))
    }

    fn read(&mut self, object: &ObjectName) -> Result<(), SearchError> {
        if !self.is_new(object) {
            return Ok(());
        }
        let mut tenure = Tenure::new(object.clone(), self.wanted);
        let is_whole = self.asker.writes(object, MAX_WRITES, self.deadline, |hit| tenure.take(hit))?;
        if !is_whole {
            tenure.break_off();
        }
        self.owners.add(tenure.finish());
        Ok(())
    }

    /// A node is written every few minutes for as long as it lives: of its writes only those are read that can tell.
    fn read_nodes(&mut self, nodes: BTreeSet<ObjectName>, reports: &[Event]) -> Result<(), SearchError> {
        let nodes: Vec<ObjectName> = nodes.into_iter().filter(|node| self.is_new(node)).collect();
        for some in nodes.chunks(AT_ONCE) {
            let names: Vec<&str> = some.iter().map(|node| node.name.as_str()).collect();
            let telling = Query::any_of(vec![
                one_of(Field::Change, &["create", "delete"]),
                Query::is(Field::Changed, "status.addresses"),
            ]);
            let query = Query::all_of(vec![
                self.of_cluster(),
                Query::is(Field::Resource, "nodes"),
                one_of(Field::Name, &names),
                telling,
            ]);
            let mut events = self.ask(query, self.until)?;
            events.extend(reports.iter().cloned());
            events.sort_by_key(|event| (event.time, event.id));
            events.dedup_by_key(|event| event.id);
            for node in some {
                let mut tenure = Tenure::new(node.clone(), self.wanted);
                for event in events.iter().filter(|event| node.is_written_by(event)) {
                    if let Some(hit) = self.asker.with_record(event)? {
                        tenure.take(&hit);
                    }
                }
                self.owners.add(tenure.finish());
            }
        }
        Ok(())
    }

    /// Whether the object is to be looked at, and has not been yet.
    fn is_new(&mut self, object: &ObjectName) -> bool {
        if self.seen.contains(object) {
            return false;
        }
        if self.seen.len() >= MAX_OBJECTS {
            self.asker.note_partial(true);
            return false;
        }
        if self.is_late() {
            return false;
        }
        self.seen.insert(object.clone())
    }
}

const WRITES: [&str; 3] = ["create", "update", "patch"];

/// Events of that kind with one of these addresses in their text. What narrows stands before each of them: texts are read.
fn that_say(addresses: &[String], kind: &Query) -> Query {
    let that_say = addresses.iter().map(|ip| Query::all_of(vec![kind.clone(), phrase(ip)]));
    Query::any_of(that_say.collect())
}

fn phrase(text: &str) -> Query {
    Query::Text(TextPredicate::Phrase(words::words(text).map(|word| word.into_owned()).collect()))
}

fn one_of(field: Field, values: &[&str]) -> Query {
    Query::any_of(values.iter().map(|value| Query::is(field, value)).collect())
}

fn core_object(event: &Event) -> Option<ObjectName> {
    ObjectName::of(event).filter(|object| object.group.is_empty())
}

fn has_set(event: &Event, value: &str) -> bool {
    let fields = event.change.iter().flat_map(|change| &change.fields);
    fields.filter_map(|field| field.after.as_ref()).any(|after| after.plain() == value)
}
