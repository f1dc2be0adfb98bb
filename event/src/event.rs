//! The event as the API, the CLI and exports show it (DESIGN section 6).

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::actor::{Actor, ActorRules};
use crate::admission::Admission;
use crate::audit::{AuditRecord, NotAudit};
use crate::change::{Change, ChangeType, Version};
use crate::client::Client;
use crate::decoded::Decoded;
use crate::finding::{Finding, FindingRecord};
use crate::flow::Flow;
use crate::gap::Gap;
use crate::json::{self, Members};
use crate::key::Key;
use crate::object::{BodyMetadata, ObjectRef};
use crate::outcome::Outcome;
use crate::record::{Origin, RecordFlags, Via, ViaSet};
use crate::summary::summary;
use crate::time::Timestamp;
use crate::words;

/// What an event is about; the block of another kind is null.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A request to an API server.
    Audit,
    /// Traffic between two endpoints.
    Flow,
    /// A stretch of time for which a source lacks records.
    Gap,
    /// What Taffrail itself found in other events.
    Finding,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Audit, Self::Flow, Self::Gap, Self::Finding];

    /// The kind of a record with these flags.
    pub fn of(flags: RecordFlags) -> Self {
        if flags.contains(RecordFlags::GAP) {
            Self::Gap
        } else if flags.contains(RecordFlags::FINDING) {
            Self::Finding
        } else if flags.contains(RecordFlags::FLOW) {
            Self::Flow
        } else {
            Self::Audit
        }
    }

    /// The name in `kind`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Audit => "audit",
            Self::Flow => "flow",
            Self::Gap => "gap",
            Self::Finding => "finding",
        }
    }

    /// Whether Taffrail itself makes the records, so that they tell nothing of a source.
    pub fn is_own(self) -> bool {
        matches!(self, Self::Gap | Self::Finding)
    }
}

/// One event. Strings are never null (`""` = none), unknown numbers are `None`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// The request key (or, for a second record of one request and stage, its record key).
    pub id: Key,
    /// `requestReceivedTimestamp`; the start of a flow, a gap, or of what was found.
    pub time: Timestamp,
    /// What the event is about.
    pub kind: Kind,
    /// The cluster it happened in.
    pub cluster: String,
    /// One line in plain words.
    pub summary: String,
    /// Who made the request; an object in every audit event, else null.
    pub actor: Option<Actor>,
    /// The Kubernetes verb, or the lower-case HTTP method of a non-resource URL; a flow's verdict; `""` where nobody did anything.
    pub verb: String,
    /// The object, of a finding what it is about; null for a non-resource URL and where there is none.
    pub object: Option<ObjectRef>,
    /// How it ended; an object in every audit event, else null.
    pub outcome: Option<Outcome>,
    /// Where the request came from; an object in every audit event, else null.
    pub client: Option<Client>,
    /// What it changed; an object in every audit event, else null.
    pub change: Option<Change>,
    /// What admission webhooks did to the request; null where nothing is known of any.
    #[serde(default)]
    pub admission: Option<Admission>,
    /// The audit record's own fields; null in events of other kinds.
    pub audit: Option<Audit>,
    /// Who spoke to whom; null in events of other kinds.
    #[serde(default)]
    pub flow: Option<Arc<Flow>>,
    /// What is missing; null in events of other kinds.
    pub gap: Option<Gap>,
    /// What was found; null in events of other kinds.
    pub finding: Option<Box<Finding>>,
    /// When the first copy was received.
    pub received: Timestamp,
    /// Every route it came by.
    pub via: Vec<Via>,
}

/// The audit record's own fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audit {
    /// `auditID`: chosen by the client.
    pub id: String,
    /// `level`.
    pub level: String,
    /// `stage`.
    pub stage: String,
    /// `requestURI`.
    pub uri: String,
    /// From `requestReceivedTimestamp` to `stageTimestamp`.
    pub duration_ms: Option<i64>,
    /// Whether bodies are missing or cut: by the API server's own limit, or because the record was too large to keep.
    pub truncated: bool,
    /// `annotations`.
    pub annotations: BTreeMap<String, String>,
}

/// What the index knows of an event beside its record.
#[derive(Debug, Clone)]
pub struct Origins {
    /// The event's id.
    pub id: Key,
    /// The cluster.
    pub cluster: String,
    /// When the first copy was received.
    pub received: Timestamp,
    /// Every route it came by.
    pub via: ViaSet,
    /// Whether bodies were cut off because the record was too large to keep.
    pub is_cut: bool,
    /// What the event changed, where that follows from the states before it; else the record alone tells.
    pub change: Option<Change>,
    /// Who is who.
    pub actors: ActorRules,
}

impl Origins {
    /// Those of a record as it came, before the index knows what it follows from.
    pub fn of_record(id: Key, origin: &Origin, flags: RecordFlags, actors: &ActorRules) -> Self {
        Self {
            id,
            cluster: origin.cluster.to_string(),
            received: origin.received,
            via: ViaSet::of(origin.via),
            is_cut: flags.contains(RecordFlags::CUT),
            change: None,
            actors: actors.clone(),
        }
    }
}

impl Default for Origins {
    fn default() -> Self {
        Self {
            id: Key(0),
            cluster: String::new(),
            received: Timestamp::default(),
            via: ViaSet::default(),
            is_cut: false,
            change: None,
            actors: ActorRules::default(),
        }
    }
}

impl Event {
    /// Builds the event from the redacted record of an audit event.
    pub fn decode(record: &[u8], origins: Origins) -> Result<Self, NotAudit> {
        AuditRecord::decode(record).map(|audit| Self::of_audit(&audit, origins))
    }

    /// Builds the event from its decoded record.
    pub(crate) fn of_audit(audit: &AuditRecord<'_>, origins: Origins) -> Self {
        let response = audit.response_object.map(BodyMetadata::of).unwrap_or_default();
        let actor = Actor::of(audit, &origins.actors);
        let object = ObjectRef::of(audit, &response);
        let outcome = Outcome::of(audit);
        let change =
            origins.change.unwrap_or_else(|| Change::alone(audit, object.as_ref(), &outcome, &response));
        Self {
            id: origins.id,
            time: audit.time().unwrap_or(origins.received),
            kind: Kind::Audit,
            cluster: origins.cluster,
            summary: summary(audit, &actor, object.as_ref(), &outcome, &change),
            verb: audit.verb.clone().into_owned(),
            client: Some(Client::of(audit)),
            change: Some(change),
            admission: Admission::of(audit, object.as_ref()),
            audit: Some(Audit::of(audit, origins.is_cut)),
            actor: Some(actor),
            object,
            outcome: Some(outcome),
            flow: None,
            gap: None,
            finding: None,
            received: origins.received,
            via: origins.via.iter().collect(),
        }
    }

    /// Lists the fields of a creation, which no index keeps: they are in its record.
    pub fn list_created(&mut self, decoded: &Decoded<'_>) {
        let Some(change) = self.change.as_mut().filter(|change| change.change_type == ChangeType::Create)
        else {
            return;
        };
        if let Some(version) = decoded.audit().and_then(Version::of) {
            change.list_created(&version);
        }
    }

    /// The event that tells of a flow.
    pub(crate) fn of_flow(flow: Arc<Flow>, origins: Origins) -> Self {
        let event = Self::bare(Kind::Flow, flow.start, flow.summary(), &origins);
        let verb = flow.verdict.name().to_owned();
        Self { cluster: origins.cluster, verb, flow: Some(flow), ..event }
    }

    /// The event that tells of a gap.
    pub(crate) fn of_gap(gap: Gap, origins: &Origins) -> Self {
        let event = Self::bare(Kind::Gap, gap.from, gap.summary(), origins);
        Self { cluster: gap.cluster.clone(), gap: Some(gap), ..event }
    }

    /// The event that tells of a finding.
    pub(crate) fn of_finding(record: FindingRecord, origins: &Origins) -> Self {
        let FindingRecord { cluster, time, object, finding, .. } = record;
        let event = Self::bare(Kind::Finding, time, finding.title.clone(), origins);
        Self { cluster, object: Some(object), finding: Some(Box::new(finding)), ..event }
    }

    /// Nobody did anything, and there is nothing that it is about.
    fn bare(kind: Kind, time: Timestamp, summary: String, origins: &Origins) -> Self {
        Self {
            id: origins.id,
            time,
            kind,
            cluster: String::new(),
            summary,
            actor: None,
            verb: String::new(),
            object: None,
            outcome: None,
            client: None,
            change: None,
            admission: None,
            audit: None,
            flow: None,
            gap: None,
            finding: None,
            received: origins.received,
            via: origins.via.iter().collect(),
        }
    }

    /// Calls `each` with every text of the event that a bare word may find: summary, names, users, URI, agent,
    /// annotations, and the bodies of `record`, from which the event was decoded. Audit ids are found by their field only:
    /// every event has another one, and they would be most of the words.
    pub fn texts(&self, record: &[u8], each: impl FnMut(&str)) {
        match Decoded::of_kind(record, self.kind) {
            Ok(decoded) => self.texts_of(&decoded, each),
            Err(_) => self.texts_of(&Decoded::Audit(Box::default()), each),
        }
    }

    /// The same from the decoded record.
    pub fn texts_of(&self, decoded: &Decoded<'_>, mut each: impl FnMut(&str)) {
        for text in [&self.summary, &self.cluster, &self.verb] {
            each(text);
        }
        if let Some(gap) = &self.gap {
            each(&gap.source);
            each(&gap.reason);
        }
        if let Some(finding) = &self.finding {
            each(&finding.rule);
            each(&finding.reason);
        }
        if let Some(flow) = &self.flow {
            flow.texts(&mut each);
        }
        if let Some(actor) = &self.actor {
            each(&actor.name);
            each(&actor.display);
            each(&actor.uid);
            each(&actor.node);
            actor.pod.iter().for_each(|pod| each(&pod.name));
            actor.groups.iter().for_each(|group| each(group));
            if let Some(impersonated) = &actor.impersonated {
                each(&impersonated.name);
            }
        }
        if let Some(object) = &self.object {
            for text in
                [&object.group, &object.resource, &object.subresource, &object.namespace, &object.name]
            {
                each(text);
            }
            each(&object.uid);
        }
        if let Some(client) = &self.client {
            each(&client.user_agent);
            client.ips.iter().for_each(|ip| each(ip));
        }
        if let Some(outcome) = &self.outcome {
            each(&outcome.reason);
        }
        if let Some(audit) = &self.audit {
            each(&audit.uri);
            for (key, value) in &audit.annotations {
                each(key);
                each(value);
            }
        }
        for value in
            self.change.iter().flat_map(|change| &change.fields).filter_map(|field| field.before.as_ref())
        {
            words::body_texts(value.as_json().as_bytes(), &mut each);
        }
        let Some(audit) = decoded.audit() else { return };
        if let Some(message) = audit.response_status.and_then(|status| json::member(status, "message")) {
            each(&json::string(message).unwrap_or_default());
        }
        for body in [audit.request_object, audit.response_object].into_iter().flatten() {
            words::body_texts(body, &mut each);
        }
    }
}

impl Audit {
    fn of(audit: &AuditRecord<'_>, is_cut: bool) -> Self {
        let annotations = audit.annotations.unwrap_or_default();
        let duration = || {
            let (from, to) =
                (Timestamp::parse(&audit.request_received)?, Timestamp::parse(&audit.stage_time)?);
            // A clock that was set back between the two says nothing about how long it took.
            Some((to.micros() - from.micros()).div_euclid(1000)).filter(|duration| *duration >= 0)
        };
        Self {
            id: audit.audit_id.clone().into_owned(),
            level: audit.level.clone().into_owned(),
            stage: audit.stage.clone().into_owned(),
            uri: audit.uri.clone().into_owned(),
            duration_ms: duration(),
            truncated: is_cut || audit.is_truncated(),
            annotations: Members::of(annotations)
                .map(|member| {
                    (
                        member.key.into_owned(),
                        json::string(&annotations[member.value]).unwrap_or_default().into_owned(),
                    )
                })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(rest: &str) -> Event {
        let json = format!(r#"{{"auditID":"a","stage":"ResponseComplete",{rest}}}"#);
        Event::decode(json.as_bytes(), Origins::default()).unwrap()
    }

    #[test]
    fn serialises_as_the_contract_shows() {
        let event = event(
            r#""verb":"get","requestURI":"/healthz","user":{"username":"alice"},"sourceIPs":["10.0.0.1","203.0.113.10"],
            "requestReceivedTimestamp":"2026-11-23T16:11:23.418577Z","stageTimestamp":"2026-11-23T16:11:23.430577Z","responseStatus":{"code":200}"#,
        );
        let json = serde_json::to_value(&event).unwrap();
        assert_eq!(json["time"], "2026-11-23T16:11:23.418577Z");
        assert_eq!(json["object"], serde_json::Value::Null);
        assert_eq!(json["flow"], serde_json::Value::Null);
        assert_eq!(json["client"]["ip"], "203.0.113.10");
        assert_eq!(json["audit"]["duration_ms"], 12);
        assert_eq!(json["actor"]["as"], serde_json::Value::Null);
        assert_eq!(json["outcome"]["denied_by"], serde_json::Value::Null);
        assert_eq!(json["change"]["type"], "none");
        let back: Event = serde_json::from_value(json).unwrap();
        assert_eq!(back, event);
    }

    #[test]
    fn a_gap_is_an_event_of_its_own_kind() {
        let gap = Gap {
            cluster: "prod".to_owned(),
            source: "webhook".to_owned(),
            from: Timestamp::from_micros(1_000_000),
            to: Timestamp::from_micros(2_000_000),
            lost: Some(3),
            reason: "nobody spoke".to_owned(),
        };
        let record = gap.encode();
        let decoded = Decoded::of(&record, RecordFlags::GAP).unwrap();
        let event = decoded.event(Origins { cluster: "prod".to_owned(), ..Origins::default() });
        let json = serde_json::to_value(&event).unwrap();
        assert_eq!((&json["kind"], &json["time"]), (&"gap".into(), &"1970-01-01T00:00:01.000000Z".into()));
        assert_eq!((&json["gap"]["lost"], &json["gap"]["source"]), (&3.into(), &"webhook".into()));
        for absent in ["actor", "object", "outcome", "client", "change", "admission", "audit"] {
            assert_eq!(json[absent], serde_json::Value::Null, "{absent}");
        }
        assert_eq!(serde_json::from_value::<Event>(json).unwrap(), event);
        let mut words = Vec::new();
        event.texts(&record, |text| words.push(text.to_owned()));
        assert!(words.contains(&"nobody spoke".to_owned()), "{words:?}");
    }

    #[test]
    fn bytes_that_look_like_a_gap_are_none() {
        let forged = br#"{"auditID":"a","verb":"get","cluster":"","source":"x","from":"1970-01-01T00:00:01Z","to":"1970-01-01T00:00:02Z","lost":null,"reason":""}"#;
        assert_eq!(
            Decoded::of(forged, RecordFlags::default()).unwrap().event(Origins::default()).kind,
            Kind::Audit
        );
    }
}
