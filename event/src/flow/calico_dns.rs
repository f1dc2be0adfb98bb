//! The DNS log of Calico Enterprise and Calico Cloud: which names a pod looked up. Fields as in "DNS log data types" of their
//! documentation; labels are a map here, unlike in the flow log.

use super::calico::precision;
use super::endpoint::Endpoint;
use super::format::{Format, NotAFlow};
use super::loose::Loose;
use super::{Aggregation, Clock, Dns, Flow, FlowRecord, Reporter, Verdict};
use crate::time::Timestamp;

pub(super) fn read(record: &Loose<'_>) -> Result<Flow, NotAFlow> {
    let (start, end) = interval(record)?;
    let source = pod(record, "client_");
    let destination = server(record);
    let merged = source.ip.is_none();
    Ok(Flow {
        verdict: Verdict::Observed,
        effective_verdict: Verdict::Observed,
        pending_verdict: None,
        reporter: Reporter::Source,
        direction: Reporter::Source.direction(),
        protocol: String::new(),
        start,
        end,
        precision_s: precision(start, end),
        clock: Clock::Record,
        connections: None,
        connections_started: None,
        connections_completed: None,
        format: Format::CalicoDns,
        aggregation: if merged { Aggregation::PodPrefix } else { Aggregation::NoSourcePort },
        folded: None,
        is_reply: None,
        node: record.text("host").into_owned(),
        policy: None,
        source,
        destination,
        dns: Some(dns(record)),
    })
}

fn dns(record: &Loose<'_>) -> Dns {
    let sets = record.list("rrsets").into_iter().flatten();
    Dns {
        query: record.text("qname").into_owned(),
        query_type: record.text("qtype").into_owned(),
        rcode: record.text("rcode").into_owned(),
        answers: sets.flat_map(|set| Loose::of(set).texts("rdata")).collect(),
        count: record.number("count"),
    }
}

/// The first of the servers that were asked; they are the pods of one Service.
fn server(record: &Loose<'_>) -> Endpoint {
    let first = record.list("servers").and_then(|mut servers| servers.next());
    first.map_or_else(Endpoint::default, |server| pod(&Loose::of(server), ""))
}

fn pod(record: &Loose<'_>, prefix: &str) -> Endpoint {
    let key = |rest: &str| format!("{prefix}{rest}");
    let ip: Option<std::net::IpAddr> = record.text(&key("ip")).parse().ok();
    let mut endpoint = ip.map(Endpoint::of_address).unwrap_or_default();
    let namespace = record.text(&key("namespace"));
    if !namespace.is_empty() {
        endpoint.name_pod(&record.text(&key("name")), &record.text(&key("name_aggr")));
        endpoint.namespace = namespace.into_owned();
        endpoint.labels = record.pairs(&key("labels"));
    }
    endpoint
}

/// Whether the record only counts what was left out, because the node had more than it logs.
pub(super) fn is_left_out(record: &Loose<'_>) -> bool {
    record.text("type") == "unlogged"
}

/// The record that counts what was left out.
pub(super) fn read_left_out(record: &Loose<'_>) -> Result<FlowRecord, NotAFlow> {
    let (from, to) = interval(record)?;
    let reason = "the node looked up more names than dnsLogsFilePerNodeLimit lets it log".to_owned();
    Ok(FlowRecord::Lost { from, to, lost: record.number("count"), reason })
}

fn interval(record: &Loose<'_>) -> Result<(Timestamp, Timestamp), NotAFlow> {
    let time = |key| Timestamp::parse(&record.text(key));
    let missing = NotAFlow::Incomplete { format: Format::CalicoDns, missing: "start_time" };
    let start = time("start_time").ok_or(missing)?;
    Ok((start, time("end_time").filter(|end| *end >= start).unwrap_or(start)))
}
