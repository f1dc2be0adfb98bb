//! A field's values in an event: the matcher and the index both read by this.

use taffrail_event::change::Change;
use taffrail_event::flow::{Endpoint, Format, Verdict};
use taffrail_event::{
    ActorType, ChangeType, Confidence, DeniedBy, Event, FieldChange, Kind, ObjectRef, OutcomeResult, Severity,
};

use super::Field;

impl Field {
    /// Calls `each` with every value as the event's JSON shows it; never with an empty one.
    pub fn texts(self, event: &Event, each: &mut dyn FnMut(&str)) {
        let mut each = |value: &str| {
            if !value.is_empty() {
                each(value);
            }
        };
        let object = event.object.as_ref();
        let (actor, outcome) = (event.actor.as_ref(), event.outcome.as_ref());
        let (client, audit) = (event.client.as_ref(), event.audit.as_ref());
        let flow = event.flow.as_deref();
        let mut of_object = |read: fn(&ObjectRef) -> &str| each(object.map_or("", read));
        match self {
            Self::Id => each(&event.id.to_string()),
            Self::Time => each(&event.time.to_string()),
            Self::Kind => each(event.kind.name()),
            Self::Cluster => each(&event.cluster),
            Self::Via => event.via.iter().for_each(|via| each(via.name())),
            // The user's own name comes first: events are counted by it.
            Self::ActorName => {
                actor.iter().flat_map(|actor| [&actor.name, &actor.display]).for_each(|name| each(name))
            }
            Self::ActorType => each(actor.map_or("", |actor| actor.actor_type.name())),
            Self::ActorAs => {
                let impersonated = actor.and_then(|actor| actor.impersonated.as_ref());
                each(impersonated.map_or("", |actor| &actor.name));
            }
            Self::ActorCredential => each(actor.map_or("", |actor| &actor.credential)),
            Self::ActorGroups => actor.iter().flat_map(|actor| &actor.groups).for_each(|group| each(group)),
            Self::Verb => each(&event.verb),
            Self::Group => of_object(|object| &object.group),
            Self::Resource => of_object(|object| &object.resource),
            Self::Subresource => of_object(|object| &object.subresource),
            Self::Namespace => {
                of_object(namespace);
                ends(event).for_each(|endpoint| each(&endpoint.namespace));
            }
            Self::Name => {
                of_object(|object| &object.name);
                ends(event).for_each(|endpoint| each(&endpoint.pod));
            }
            Self::Uid => of_object(|object| &object.uid),
            Self::ResourceVersion => of_object(|object| &object.resource_version),
            Self::Node => {
                of_object(|object| &object.node);
                each(flow.map_or("", |flow| &flow.node));
            }
            Self::Pod => {
                of_object(pod);
                ends(event).for_each(|endpoint| each(&endpoint.pod));
            }
            Self::Source => flow.iter().for_each(|flow| names(&flow.source, &mut each)),
            Self::Destination => flow.iter().for_each(|flow| names(&flow.destination, &mut each)),
            Self::Verdict => each(flow.map_or("", |flow| flow.verdict.name())),
            Self::EffectiveVerdict => each(flow.map_or("", |flow| flow.effective_verdict.name())),
            Self::Policy => {
                let policy = flow.and_then(|flow| flow.policy.as_ref());
                each(policy.map_or("", |policy| &policy.name));
                if let Some(policy) = policy.filter(|policy| !policy.namespace.is_empty()) {
                    each(&policy.full_name());
                }
            }
            Self::Protocol => each(flow.map_or("", |flow| &flow.protocol)),
            Self::Format => each(flow.map_or("", |flow| flow.format.name())),
            Self::Code | Self::Duration | Self::Port => {
                if let Some(number) = self.number(event) {
                    each(&number.to_string());
                }
            }
            Self::Rule => each(event.finding.as_ref().map_or("", |finding| &finding.rule)),
            Self::Severity => each(event.finding.as_ref().map_or("", |finding| finding.severity.name())),
            Self::Result => each(outcome.map_or("", |outcome| outcome.result.name())),
            Self::DeniedBy => {
                let denied_by = outcome.and_then(|outcome| outcome.denied_by);
                each(denied_by.map_or("", |denied_by| denied_by.name()));
            }
            Self::Reason => each(outcome.map_or("", |outcome| &outcome.reason)),
            Self::Ip => {
                client.iter().flat_map(|client| &client.ips).for_each(|ip| each(ip));
                ends(event).filter_map(|endpoint| endpoint.ip).for_each(|ip| each(&ip.to_string()));
            }
            Self::Agent => each(client.map_or("", |client| &client.user_agent)),
            Self::Change => each(event.change.as_ref().map_or("", |change| change.change_type.name())),
            Self::Confidence => {
                let confidence = event.change.as_ref().map(|change| change.confidence);
                each(confidence.map_or("", Confidence::name));
            }
            Self::StatusOnly => {
                let is_status_only = event.change.as_ref().is_some_and(Change::is_status_only);
                each(if is_status_only { "true" } else { "" });
            }
            Self::Changed => changed(event).for_each(|field| each(&field.path)),
            Self::Before => {
                let values = changed(event).filter_map(|field| field.before.as_ref());
                values.filter(|value| !value.is_null()).for_each(|value| each(&value.plain()));
            }
            Self::After => {
                let values = changed(event).filter_map(|field| field.after.as_ref());
                values.filter(|value| !value.is_null()).for_each(|value| each(&value.plain()));
            }
            Self::Member => {
                for member in event.change.iter().flat_map(|change| &change.members) {
                    each(&member.object.name);
                    each(&member.uid);
                }
            }
            Self::AuditId => each(audit.map_or("", |audit| &audit.id)),
            Self::Uri => each(audit.map_or("", |audit| &audit.uri)),
            Self::Level => each(audit.map_or("", |audit| &audit.level)),
            Self::Stage => each(audit.map_or("", |audit| &audit.stage)),
            Self::Truncated => each(audit.map_or("", |audit| if audit.truncated { "true" } else { "" })),
        }
    }

    /// Every value that the field can have, where that is a list that Taffrail itself decides; `None` where the cluster does.
    pub fn closed_values(self) -> Option<Vec<&'static str>> {
        match self {
            Self::Kind => Some(Kind::ALL.map(Kind::name).to_vec()),
            Self::Severity => Some(Severity::ALL.map(Severity::name).to_vec()),
            Self::ActorType => Some(ActorType::ALL.map(ActorType::name).to_vec()),
            Self::Verdict | Self::EffectiveVerdict => Some(Verdict::ALL.map(Verdict::name).to_vec()),
            Self::Format => Some(Format::ALL.map(Format::name).to_vec()),
            Self::Result => Some(OutcomeResult::ALL.map(OutcomeResult::name).to_vec()),
            Self::DeniedBy => Some(DeniedBy::ALL.map(DeniedBy::name).to_vec()),
            Self::Change => Some(ChangeType::ALL.map(ChangeType::name).to_vec()),
            Self::Confidence => Some(Confidence::ALL.map(Confidence::name).to_vec()),
            Self::Truncated | Self::StatusOnly => Some(vec!["true"]),
            _ => None,
        }
    }

    /// The value of a number or time field (microseconds); `None` where the event has none, and for other fields.
    pub fn number(self, event: &Event) -> Option<i64> {
        match self {
            Self::Time => Some(event.time.micros()),
            Self::Port => event.flow.as_ref()?.destination.port.map(i64::from),
            Self::Code => event.outcome.as_ref()?.code,
            Self::Duration => event.audit.as_ref()?.duration_ms,
            _ => None,
        }
    }
}

/// Both sides of a flow.
fn ends(event: &Event) -> impl Iterator<Item = &Endpoint> {
    event.flow.iter().flat_map(|flow| [&flow.source, &flow.destination])
}

/// What one side of a flow goes by.
fn names(endpoint: &Endpoint, each: &mut dyn FnMut(&str)) {
    if let Some(ip) = endpoint.ip {
        each(&ip.to_string());
    }
    each(&endpoint.pod);
    if !endpoint.pod.is_empty() {
        each(&format!("{}/{}", endpoint.namespace, endpoint.pod));
    }
    each(&endpoint.workload);
    endpoint.domain.iter().for_each(|domain| each(domain));
    each(&endpoint.service);
}

/// The fields that an event changed of an object that was there: what a creation is made of is no change.
fn changed(event: &Event) -> impl Iterator<Item = &FieldChange> {
    let change = event.change.iter().filter(|change| change.change_type != ChangeType::Create);
    change.flat_map(|change| &change.fields)
}

/// A Namespace lies in itself, as far as questions go.
fn namespace(object: &ObjectRef) -> &str {
    let is_namespace = object.group.is_empty() && object.resource == "namespaces";
    if is_namespace { &object.name } else { &object.namespace }
}

fn pod(object: &ObjectRef) -> &str {
    let is_pod = object.group.is_empty() && object.resource == "pods";
    if is_pod { &object.name } else { "" }
}
