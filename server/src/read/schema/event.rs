//! The event, member by member as `taffrail_event::Event` writes it.

use std::collections::BTreeMap;

use taffrail_event::{ActorType, DeniedBy, Kind, OutcomeResult, Severity, Via};
use utoipa::ToSchema;
use utoipa::openapi::schema::{Array, ArrayBuilder, Object, OneOfBuilder, Schema};

use super::admission::AdmissionSchema;
use super::change::ChangeSchema;
use super::flow::FlowSchema;
use super::{GapSchema, KeySchema, TimestampSchema, null, words};

/// One event. Strings are never null (`""` = none), unknown numbers are.
#[derive(ToSchema)]
#[schema(as = Event)]
#[expect(dead_code, reason = "only its shape is used")]
pub(crate) struct EventSchema {
    id: KeySchema,
    /// When the request was received; the start of a flow or a gap.
    time: TimestampSchema,
    #[schema(schema_with = kind)]
    kind: Kind,
    /// The cluster it happened in.
    cluster: String,
    /// One line in plain words.
    summary: String,
    /// Who made the request; an object in every audit event, else null.
    actor: Option<ActorSchema>,
    /// The Kubernetes verb, or the lower-case HTTP method of a non-resource URL; a flow's verdict; `""` where nobody did anything.
    verb: String,
    /// The object, of a finding what it is about; null for a non-resource URL and where there is none.
    object: Option<ObjectRefSchema>,
    /// How it ended; an object in every audit event, else null.
    outcome: Option<OutcomeSchema>,
    /// Where the request came from; an object in every audit event, else null.
    client: Option<ClientSchema>,
    /// What it changed; an object in every audit event, else null.
    change: Option<ChangeSchema>,
    /// What admission webhooks did to the request; null where nothing is known of any.
    admission: Option<AdmissionSchema>,
    /// The audit record's own fields; null in events of other kinds.
    audit: Option<AuditSchema>,
    /// Who spoke to whom; null in events of other kinds.
    flow: Option<FlowSchema>,
    /// What is missing; null in events of other kinds.
    gap: Option<GapSchema>,
    /// What Taffrail found; null in events of other kinds.
    finding: Option<FindingSchema>,
    /// When the first copy was received.
    received: TimestampSchema,
    #[schema(schema_with = routes)]
    via: Vec<Via>,
}

/// What was found in other events.
#[derive(ToSchema)]
#[schema(as = Finding)]
#[expect(dead_code, reason = "only its shape is used")]
pub(crate) struct FindingSchema {
    /// The rule that found it, such as `quarantine.policy_deleted`.
    rule: String,
    #[schema(schema_with = severity)]
    severity: Severity,
    /// One line in plain words.
    title: String,
    /// What follows from which events, in plain words.
    reason: String,
    /// Ids of the events that show it.
    evidence: Vec<KeySchema>,
}

/// Who made a request.
#[derive(ToSchema)]
#[schema(as = Actor)]
#[expect(dead_code, reason = "only its shape is used")]
pub(crate) struct ActorSchema {
    /// `user.username`.
    name: String,
    /// The name that a rule of the configuration gives it; `""` if none does.
    display: String,
    #[schema(schema_with = actor_type)]
    r#type: ActorType,
    /// `user.groups`.
    groups: Vec<String>,
    /// `user.uid`.
    uid: String,
    /// The credential's id from `user.extra`.
    credential: String,
    /// The pod that the token of a service account was issued for; null where none is named.
    pod: Option<ActorPodSchema>,
    /// The node that the token was issued on; `""` = none.
    node: String,
    /// The identity it assumed by impersonation.
    r#as: Option<ImpersonatedSchema>,
}

/// The pod behind a service account.
#[derive(ToSchema)]
#[schema(as = ActorPod)]
#[expect(dead_code, reason = "only its shape is used")]
struct ActorPodSchema {
    /// Its namespace: that of the service account.
    namespace: String,
    /// Its name.
    name: String,
    /// Its `metadata.uid`.
    uid: String,
}

/// The identity that an actor assumed.
#[derive(ToSchema)]
#[schema(as = Impersonated)]
#[expect(dead_code, reason = "only its shape is used")]
struct ImpersonatedSchema {
    /// `impersonatedUser.username`.
    name: String,
    /// `impersonatedUser.groups`.
    groups: Vec<String>,
}

/// The object that a request is about, in Kubernetes' own words; `""` means none or unknown.
#[derive(ToSchema)]
#[schema(as = ObjectRef)]
#[expect(dead_code, reason = "only its shape is used")]
struct ObjectRefSchema {
    /// API group; the core group is `""`.
    group: String,
    /// API version.
    version: String,
    /// Plural resource name.
    resource: String,
    /// Subresource.
    subresource: String,
    /// Namespace; `""` for a Namespace itself and for cluster-scoped objects.
    namespace: String,
    /// Name.
    name: String,
    /// `metadata.uid`.
    uid: String,
    /// `metadata.resourceVersion` of the response, else the one that the request was based on.
    resource_version: String,
    /// The node that a pod runs on, or the node itself.
    node: String,
}

/// How a request ended.
#[derive(ToSchema)]
#[schema(as = Outcome)]
#[expect(dead_code, reason = "only its shape is used")]
struct OutcomeSchema {
    #[schema(schema_with = result)]
    result: OutcomeResult,
    /// `responseStatus.code`.
    code: Option<i64>,
    /// `responseStatus.reason`.
    reason: String,
    #[schema(schema_with = denied_by)]
    denied_by: Option<DeniedBy>,
}

/// Where a request came from. All of it but the last address is what the client says.
#[derive(ToSchema)]
#[schema(as = Client)]
#[expect(dead_code, reason = "only its shape is used")]
struct ClientSchema {
    /// The address that the API server itself saw: the last of `ips`.
    ip: String,
    /// `sourceIPs`: forwarded-for addresses first.
    ips: Vec<String>,
    /// `userAgent`.
    user_agent: String,
    /// The field manager that the request names; `""` if it names none.
    field_manager: String,
}

/// The audit record's own fields.
#[derive(ToSchema)]
#[schema(as = Audit)]
#[expect(dead_code, reason = "only its shape is used")]
struct AuditSchema {
    /// `auditID`: chosen by the client.
    id: String,
    /// `level`.
    level: String,
    /// `stage`.
    stage: String,
    /// `requestURI`.
    uri: String,
    /// From `requestReceivedTimestamp` to `stageTimestamp`.
    duration_ms: Option<i64>,
    /// Whether bodies are missing or cut.
    truncated: bool,
    /// `annotations`.
    annotations: BTreeMap<String, String>,
}

pub(crate) fn kind() -> Object {
    words("What the event is about.", Kind::ALL.map(Kind::name))
}

fn actor_type() -> Object {
    words("What kind of identity it is.", ActorType::ALL.map(ActorType::name))
}

fn result() -> Object {
    words("The result in one word.", OutcomeResult::ALL.map(OutcomeResult::name))
}

fn denied_by() -> Schema {
    let who = words("Who refused it.", DeniedBy::ALL.map(DeniedBy::name));
    Schema::OneOf(OneOfBuilder::new().item(null("It was not refused.")).item(who).build())
}

fn routes() -> Array {
    let route = words("A route.", Via::ALL.map(Via::name));
    ArrayBuilder::new().items(route).description(Some("Every route it came by.")).build()
}

fn severity() -> Object {
    words("How bad it is.", Severity::ALL.map(Severity::name))
}
