//! A flow, member by member as `taffrail_event::flow::Flow` writes it.

use taffrail_event::flow::{Format, Verdict};
use utoipa::ToSchema;
use utoipa::openapi::schema::Object;

use super::{TimestampSchema, words};

/// Traffic between two endpoints, as one record tells it. `source` is whoever opened the connection.
#[derive(ToSchema)]
#[schema(as = Flow)]
#[expect(dead_code, reason = "only its shape is used")]
pub(crate) struct FlowSchema {
    #[schema(schema_with = verdict)]
    verdict: Verdict,
    #[schema(schema_with = verdict)]
    effective_verdict: Verdict,
    /// What a new connection would get now, where the source re-evaluates its policies.
    pending_verdict: Option<String>,
    /// Where it was seen: source, destination, forwarder, unknown.
    reporter: String,
    /// Seen from the endpoint whose policy was asked: egress, ingress, unknown.
    direction: String,
    /// `tcp`, `udp`, `icmp`, or a number; `""` where the source does not say.
    protocol: String,
    /// The moment, or the start of the interval.
    start: TimestampSchema,
    /// The end of the interval; the start for moments.
    end: TimestampSchema,
    /// Length of the interval, 0 for moments.
    precision_s: u32,
    /// Whose clock told these times: `record`, `node_start` (counted from when the node was started), or `received`, where the
    /// record says nothing that could be used.
    clock: String,
    /// Connections; null where only packets are known.
    connections: Option<u64>,
    /// Those of them that were opened in the interval.
    connections_started: Option<u64>,
    /// Those of them that ended in the interval.
    connections_completed: Option<u64>,
    #[schema(schema_with = format)]
    format: Format,
    /// What the source merged: none, `no_source_port`, `pod_prefix`, `pod_prefix_no_ports`.
    aggregation: String,
    /// So many records that differ in their time alone were folded into this one on arrival (`ingest.fold_flows`); null where it stands
    /// for itself.
    folded: Option<u32>,
    /// Whether it was an answer; null where the source does not say.
    is_reply: Option<bool>,
    /// The node that saw it; `""` where nobody says.
    node: String,
    /// The policy that decided; null where the source names none.
    policy: Option<PolicySchema>,
    /// Whoever opened the connection.
    source: EndpointSchema,
    /// Whoever was to answer it.
    destination: EndpointSchema,
    /// What was asked of a name server; null in other flows.
    dns: Option<DnsSchema>,
}

/// The policy that decided about a flow.
#[derive(ToSchema)]
#[schema(as = FlowPolicy)]
#[expect(dead_code, reason = "only its shape is used")]
struct PolicySchema {
    /// The tier; `""` where the source has none.
    tier: String,
    /// Of a policy that belongs to a namespace, that; else `""`.
    namespace: String,
    /// The name; its beginning and `*` where a log prefix was cut.
    name: String,
    /// What kind of object it is.
    kind: String,
    /// What it said: allow, deny, pass, log.
    action: String,
    /// The rule, from 0; null where none of its rules matched, or where the source does not say.
    rule: Option<u32>,
    /// No rule matched: the tier's default action decided.
    is_tier_default: bool,
    /// Everything that was asked, in order, as the source writes it.
    trace: Vec<String>,
}

/// One side of a flow.
#[derive(ToSchema)]
#[schema(as = FlowEndpoint)]
#[expect(dead_code, reason = "only its shape is used")]
struct EndpointSchema {
    /// pod, host, service, `network_set`, private, public, unknown.
    kind: String,
    /// Its address; null where the source merged it away.
    ip: Option<String>,
    /// Its port; null for ICMP and where the source merged it away.
    port: Option<u16>,
    /// The pod's namespace.
    namespace: String,
    /// The pod's name; `""` where the source merged the pods of a controller.
    pod: String,
    /// The controller of the pods, or the name of the host, node or network set.
    workload: String,
    /// `key=value`; those that all merged pods share.
    labels: Vec<String>,
    /// Names under which the address was looked up.
    domain: Vec<String>,
    /// The Service that was asked for, `namespace/name`.
    service: String,
    /// Bytes that this side sent.
    bytes: Option<u64>,
    /// Packets that this side sent.
    packets: Option<u64>,
    /// How it is known who it is: record, address (who had it then, by what was audited), ambiguous (several had it then), none.
    resolved_by: String,
}

/// What was asked of a name server, and what it said.
#[derive(ToSchema)]
#[schema(as = FlowDns)]
#[expect(dead_code, reason = "only its shape is used")]
struct DnsSchema {
    /// The name.
    query: String,
    /// `A`, `AAAA`, ...
    query_type: String,
    /// `NoError`, `NXDomain`, ...
    rcode: String,
    /// The addresses and names of the answer.
    answers: Vec<String>,
    /// How often in the interval.
    count: Option<u64>,
}

fn verdict() -> Object {
    words("What became of it.", Verdict::ALL.map(Verdict::name))
}

fn format() -> Object {
    words("The format of the record.", Format::ALL.map(Format::name))
}
