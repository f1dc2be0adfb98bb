//! What is recorded of a pod: its life, its flows, what was done to it and to the policies that contain it.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::time::Instant;

use taffrail_event::flow::{Flow, FlowFacts};
use taffrail_event::{Event, Key, Kind, words};
use taffrail_query::history::ObjectName;
use taffrail_query::quarantine::{Address, PodFlows, PodLife, QuarantineLabel};
use taffrail_query::{
    Field, FlowLimit, FlowsRequest, Found, FoundFlow, FoundFlows, Hit, Order, PageRequest, Query, Search,
    SearchError, TextPredicate, TimeRange,
};

/// Asks one question after the other until time is up.
pub(super) struct Asker<'a> {
    search: &'a dyn Search,
    deadline: Instant,
    is_partial: bool,
}

/// The life of all pods of that name.
pub(super) fn pod_life(
    search: &dyn Search,
    pod: &ObjectName,
    label: &QuarantineLabel,
) -> Result<PodLife, SearchError> {
    let mut life = PodLife::new(pod.clone(), label.clone());
    search.writes(pod, &mut |hit| {
        life.take(&hit);
        ControlFlow::Continue(())
    })?;
    Ok(life)
}

/// The pod of that name.
pub(super) fn pod(cluster: &str, namespace: &str, name: &str) -> ObjectName {
    ObjectName {
        cluster: cluster.to_owned(),
        group: String::new(),
        resource: "pods".to_owned(),
        namespace: namespace.to_owned(),
        name: name.to_owned(),
    }
}

impl<'a> Asker<'a> {
    pub(super) fn new(search: &'a dyn Search, deadline: Instant) -> Self {
        Self { search, deadline, is_partial: false }
    }

    /// Whether time was up, or there was more than is taken, before everything was read.
    pub(super) fn is_partial(&self) -> bool {
        self.is_partial
    }

    pub(super) fn search(&self) -> &'a dyn Search {
        self.search
    }

    pub(super) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Remembers that something is missing, if it is.
    pub(super) fn note_partial(&mut self, is_partial: bool) {
        self.is_partial |= is_partial;
    }

    /// Whether time is up. What is not asked any more is missing from the answer.
    pub(super) fn is_late(&mut self) -> bool {
        let is_late = Instant::now() >= self.deadline;
        self.is_partial |= is_late;
        is_late
    }

    /// Pods of which a write has the label's key in it: no other can have been under quarantine.
    pub(super) fn labelled_pods(
        &mut self,
        label: &QuarantineLabel,
        cluster: Option<&str>,
        namespace: Option<&str>,
    ) -> Result<BTreeSet<ObjectName>, SearchError> {
        let key = words::words(&label.key).map(|word| word.into_owned()).collect();
        let mut parts = vec![
            Query::is(Field::Resource, "pods"),
            Query::is(Field::StatusOnly, "true").negated(),
            Query::Text(TextPredicate::Phrase(key)),
        ];
        parts.extend(cluster.map(|cluster| Query::is(Field::Cluster, cluster)));
        parts.extend(namespace.map(|namespace| Query::is(Field::Namespace, namespace)));
        let mut pods = BTreeSet::new();
        self.walk(&Query::all_of(parts), TimeRange::default(), |event| {
            let pod = ObjectName::of(&event).filter(|object| object.group.is_empty());
            pods.extend(pod);
        })?;
        Ok(pods)
    }

    /// The newest events that answer to the query; there may be more than so many, or more than time allows.
    pub(super) fn newest(
        &mut self,
        query: Query,
        range: TimeRange,
        limit: usize,
        deadline: Instant,
    ) -> Result<Vec<Event>, SearchError> {
        let (order, after) = (Order::Desc, None);
        let page = self.search.page(&PageRequest { query, range, order, limit, after, deadline })?;
        self.is_partial |= page.more || page.partial;
        Ok(page.events)
    }

    /// Calls `each` with every write of the object, in their order. Whether that was all of them.
    pub(super) fn writes(
        &mut self,
        object: &ObjectName,
        limit: usize,
        deadline: Instant,
        mut each: impl FnMut(&Hit),
    ) -> Result<bool, SearchError> {
        let (mut taken, mut is_whole) = (0, true);
        self.search.writes(object, &mut |hit| {
            is_whole = taken < limit && Instant::now() < deadline;
            if !is_whole {
                return ControlFlow::Break(());
            }
            taken += 1;
            each(&hit);
            ControlFlow::Continue(())
        })?;
        self.is_partial |= !is_whole;
        Ok(is_whole)
    }

    /// The event with its record.
    pub(super) fn with_record(&self, event: &Event) -> Result<Option<Hit>, SearchError> {
        Ok(match self.search.find(&event.id.to_string())? {
            Found::One(hit) => Some(*hit),
            Found::None | Found::Many(_) => None,
        })
    }

    /// Flows of the pod by its name, or by an address that was its own then: as much of them as is counted.
    pub(super) fn flows(
        &mut self,
        pod: &ObjectName,
        addresses: &[Address],
        range: TimeRange,
    ) -> Result<PodFlows, SearchError> {
        let query = flows_of(pod, addresses);
        let FoundFlows { groups, flows, partial } =
            self.search.flows(&FlowsRequest { query, range, limit: LIMIT, deadline: self.deadline })?;
        self.is_partial |= partial;
        let groups = groups.into_iter().map(|group| group.flow).collect();
        Ok(PodFlows::of(pod, addresses, groups, flows))
    }

    /// The same flows whole: each is a group of its own, with its event at the same place.
    pub(super) fn whole_flows(
        &mut self,
        pod: &ObjectName,
        addresses: &[Address],
        range: TimeRange,
    ) -> Result<(PodFlows, Vec<Event>), SearchError> {
        let mut events = Vec::new();
        self.walk(&flows_of(pod, addresses), range, |event| events.push(event))?;
        events.retain(|event| event.flow.is_some());
        let groups: Vec<Flow> = events.iter().filter_map(|event| event.flow.as_deref().cloned()).collect();
        let found = |(group, flow): (u32, &Flow)| FoundFlow {
            group,
            start: flow.start,
            end: flow.end,
            facts: FlowFacts::of(flow),
        };
        let flows: Vec<FoundFlow> = (0..).zip(&groups).map(found).collect();
        Ok((PodFlows::of(pod, addresses, groups, flows), events))
    }

    /// The id of the first flow between the ends of `like` in that time for which the test holds.
    pub(super) fn first_flow(
        &mut self,
        pod: &ObjectName,
        like: &Flow,
        range: TimeRange,
        is_it: impl Fn(&Event) -> bool,
    ) -> Result<Option<Key>, SearchError> {
        let mut parts =
            vec![Query::is(Field::Cluster, &pod.cluster), Query::is(Field::Kind, Kind::Flow.name())];
        for (field, endpoint) in [(Field::Source, &like.source), (Field::Destination, &like.destination)] {
            parts.extend(endpoint.ip.map(|ip| Query::is(field, &ip.to_string())));
        }
        let mut found = None;
        self.walk(&Query::all_of(parts), range, |event| {
            if found.is_none() && is_it(&event) {
                found = Some(event.id);
            }
        })?;
        Ok(found)
    }

    /// What was found about the pod and noted.
    pub(super) fn noted_findings(
        &mut self,
        pod: &ObjectName,
        range: TimeRange,
    ) -> Result<Vec<Event>, SearchError> {
        let query = Query::all_of(vec![
            Query::is(Field::Cluster, &pod.cluster),
            Query::is(Field::Kind, Kind::Finding.name()),
            Query::is(Field::Namespace, &pod.namespace),
            Query::is(Field::Pod, &pod.name),
        ]);
        let mut findings = Vec::new();
        self.walk(&query, range, |event| findings.push(event))?;
        Ok(findings)
    }

    /// What else was done to the pod: its changes but for its status, shells and other access, and what was refused.
    pub(super) fn deeds(&mut self, pod: &ObjectName, range: TimeRange) -> Result<Vec<Event>, SearchError> {
        let is_one_of = |field: Field, values: &[&str]| {
            Query::any_of(values.iter().map(|value| Query::is(field, value)).collect())
        };
        let reads = is_one_of(Field::Verb, &["get", "list", "watch"]);
        // A shell is opened by a read.
        let access =
            Query::all_of(vec![Query::is(Field::Verb, "get"), is_one_of(Field::Subresource, &ACCESS)]);
        let query = Query::all_of(vec![
            Query::is(Field::Cluster, &pod.cluster),
            Query::is(Field::Kind, Kind::Audit.name()),
            Query::is(Field::Resource, "pods"),
            Query::is(Field::Namespace, &pod.namespace),
            Query::is(Field::Name, &pod.name),
            Query::is(Field::StatusOnly, "true").negated(),
            Query::any_of(vec![reads.negated(), access]),
        ]);
        let mut deeds = Vec::new();
        self.walk(&query, range, |event| deeds.push(event))?;
        Ok(deeds)
    }

    /// Writes of the policies of these names and of their tiers, up to the end.
    pub(super) fn policy_writes(
        &mut self,
        cluster: &str,
        flows: &PodFlows,
        range: TimeRange,
    ) -> Result<Vec<Event>, SearchError> {
        let one = |resources: &[&str], name: &str| {
            let resources = resources.iter().map(|resource| Query::is(Field::Resource, resource));
            Query::all_of(vec![Query::any_of(resources.collect()), Query::is(Field::Name, name)])
        };
        let named = flows.policies().into_iter().flat_map(|(name, tier)| {
            let tier = Some(tier).filter(|tier| !tier.is_empty()).map(|tier| one(&["tiers"], tier));
            tier.into_iter().chain([one(&POLICIES, name)])
        });
        let named: Vec<Query> = named.collect();
        if named.is_empty() {
            return Ok(Vec::new());
        }
        let query = Query::all_of(vec![
            Query::is(Field::Cluster, cluster),
            Query::is(Field::StatusOnly, "true").negated(),
            Query::any_of(
                ["create", "update", "patch", "delete"].map(|verb| Query::is(Field::Verb, verb)).to_vec(),
            ),
            Query::any_of(named),
        ]);
        let mut writes = Vec::new();
        self.walk(&query, range, |event| writes.push(event))?;
        Ok(without_write_through(writes))
    }

    fn walk(
        &mut self,
        query: &Query,
        range: TimeRange,
        mut each: impl FnMut(Event),
    ) -> Result<(), SearchError> {
        let (deadline, is_partial) = (self.deadline, &mut self.is_partial);
        let mut left = MAX_EVENTS;
        self.search.walk(query, range, &mut |event| {
            if let Some(event) = event {
                each(event);
                left -= 1;
            }
            if left > 0 && Instant::now() < deadline {
                return ControlFlow::Continue(());
            }
            *is_partial = true;
            ControlFlow::Break(())
        })
    }
}

/// Events of one kind that a story takes at most: they are held in memory.
const MAX_EVENTS: usize = 50_000;

/// Flows that are counted at most, of 48 bytes each, and groups of them.
const LIMIT: FlowLimit = FlowLimit { flows: 2_000_000, groups: 20_000 };

/// Flows that name the pod or one of its addresses: more than are its own.
pub(super) fn flows_of(pod: &ObjectName, addresses: &[Address]) -> Query {
    let by_name =
        Query::all_of(vec![Query::is(Field::Namespace, &pod.namespace), Query::is(Field::Pod, &pod.name)]);
    let ips: BTreeSet<String> = addresses.iter().map(|address| address.ip.to_string()).collect();
    let mut either = vec![by_name];
    either.extend(ips.iter().map(|ip| Query::is(Field::Ip, ip)));
    Query::all_of(vec![
        Query::is(Field::Cluster, &pod.cluster),
        Query::is(Field::Kind, Kind::Flow.name()),
        Query::any_of(either),
    ])
}

/// What opens a way into a pod.
const ACCESS: [&str; 5] = ["exec", "attach", "portforward", "log", "proxy"];

/// Kinds of objects that a policy of Calico, Kubernetes or Cilium may be.
const POLICIES: [&str; 6] = [
    "globalnetworkpolicies",
    "networkpolicies",
    "clusternetworkpolicies",
    "adminnetworkpolicies",
    "ciliumnetworkpolicies",
    "ciliumclusterwidenetworkpolicies",
];

/// Calico's API server writes what it is told once more, into its own resources, moments later.
pub(super) const WRITE_THROUGH_MICROS: i64 = 5_000_000;
const STORED_GROUP: &str = "crd.projectcalico.org";

/// Whether it is a write of what Calico keeps, not of what people see.
pub(super) fn is_stored(event: &Event) -> bool {
    event.object.as_ref().is_some_and(|object| object.group == STORED_GROUP)
}

fn without_write_through(writes: Vec<Event>) -> Vec<Event> {
    let is_told = |event: &Event| {
        let object = event.object.as_ref();
        writes.iter().any(|other| {
            let first = other.object.as_ref();
            other.verb == event.verb
                && first.is_some_and(|first| first.group == "projectcalico.org")
                && first.map(|first| (&first.resource, &first.name))
                    == object.map(|object| (&object.resource, &object.name))
                && (0..WRITE_THROUGH_MICROS).contains(&(event.time.micros() - other.time.micros()))
        })
    };
    let told_twice: Vec<bool> = writes.iter().map(|event| is_stored(event) && is_told(event)).collect();
    let mut told_twice = told_twice.into_iter();
    let mut writes = writes;
    writes.retain(|_| !told_twice.next().unwrap_or_default());
    writes
}
