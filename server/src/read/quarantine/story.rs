//! The story of one pod, row by row.

use std::net::IpAddr;
use std::time::Instant;

use serde::{Deserialize, Serialize};
use taffrail_event::flow::{Endpoint, EndpointKind, ResolvedBy};
use taffrail_event::{Decoded, Event, FindingRecord, Gap, Origins, Timestamp, Via, ViaSet};
use taffrail_query::quarantine::{Attempt, Quarantine, QuarantineLabel};
use taffrail_query::{Search, TimeContext, TimeRange};
use utoipa::ToSchema;

use super::advice::advice;
use super::findings::Watched;
use super::gather::{Asker, pod, pod_life};
use super::owners::name_ends;
use super::policies::moments;
use super::rows::{self, MAX_ROWS, Row, RowBody, RowCursor, direction_name};
use super::{QuarantineBody, time_of};
use crate::read::coverage::Coverage;
use crate::read::error::ReadError;
use crate::read::events::took_ms;
use crate::read::history::nothing_of;
use crate::read::schema::{GapSchema, TimestampSchema};

/// Kinds of attempts that are shown at most: who looks through all ports of all addresses makes millions.
const MAX_ATTEMPTS: usize = 2000;

/// Asks for the story of a pod.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StoryAsk<'a> {
    pub(crate) cluster: &'a str,
    pub(crate) namespace: &'a str,
    pub(crate) pod: &'a str,
    /// Quarantines that ended before this are no part of it; absent: the last one is.
    pub(crate) since: Option<&'a str>,
    /// How long before the first one it begins, in microseconds.
    pub(crate) before: i64,
    /// How long after the last one it ends, in microseconds.
    pub(crate) after: i64,
    /// `next` of the page before.
    pub(crate) cursor: Option<&'a str>,
}

/// `GET /api/v1/quarantine/{cluster}/{namespace}/{pod}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct StoryBody {
    /// Those of the story, oldest first.
    pub(crate) quarantines: Vec<QuarantineBody>,
    /// Who tried to connect to whom, before, meanwhile and after; the first seen first.
    pub(crate) attempts: Vec<AttemptBody>,
    /// How many kinds of attempts there are in all; 2,000 are shown.
    pub(crate) attempts_total: u64,
    /// The rows, oldest first, 2,000 at most. Of more than 2,000 flows those of a peer, port and verdict in a minute are one row.
    pub(crate) events: Vec<RowBody>,
    /// How many rows there are in all.
    pub(crate) events_total: u64,
    /// What `cursor` has to be for the rows that follow; null at the end.
    pub(crate) next: Option<String>,
    /// Stretches of that time for which records are missing.
    #[schema(value_type = Vec<GapSchema>)]
    pub(crate) gaps: Vec<Gap>,
    /// What is missing to be sure, in plain words.
    pub(crate) advice: Vec<String>,
    pub(crate) coverage: Coverage,
    pub(crate) took_ms: u64,
}

/// Attempts to connect between the pod and one peer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Attempt)]
pub(crate) struct AttemptBody {
    /// The peer in words.
    pub(crate) peer: String,
    pub(crate) peer_ref: PeerBody,
    /// The port; null where there is none, or where no record says it.
    pub(crate) port: Option<u16>,
    pub(crate) protocol: String,
    /// Seen from the pod: egress, ingress.
    pub(crate) direction: String,
    /// Attempts that somebody let pass and nobody denied.
    pub(crate) allowed: u64,
    /// Attempts that somebody denied.
    pub(crate) denied: u64,
    /// Attempts that a log rule saw, and of which no record says what became.
    pub(crate) observed: u64,
    /// The first evidence; of an interval its start.
    #[schema(value_type = TimestampSchema)]
    pub(crate) first: Timestamp,
    /// The last evidence; of an interval its end.
    #[schema(value_type = TimestampSchema)]
    pub(crate) last: Timestamp,
}

/// Who a peer is, as far as records say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Peer)]
pub(crate) struct PeerBody {
    /// pod, host, service, `network_set`, private, public, unknown.
    pub(crate) kind: String,
    /// Its namespace; `""` where it has none.
    pub(crate) namespace: String,
    /// The pod, the Service at an address of its own, or what it is called otherwise; `""` where only the address is known.
    pub(crate) name: String,
    /// Its address; null where the source merged it away.
    #[schema(value_type = Option<String>)]
    pub(crate) ip: Option<IpAddr>,
    /// `namespace/name` of the Service that was asked for, by the record or by the one Service that led to the pod at that port.
    pub(crate) service: String,
    /// The names under which the address was looked up, with ` or ` between.
    pub(crate) domain: String,
}

/// The story of a pod.
pub(crate) fn story(
    search: &dyn Search,
    label: &QuarantineLabel,
    ask: &StoryAsk<'_>,
    context: &TimeContext,
    coverage: Coverage,
    deadline: Instant,
) -> Result<StoryBody, ReadError> {
    let started = Instant::now();
    let pod = pod(ask.cluster, ask.namespace, ask.pod);
    let life = pod_life(search, &pod, label)?;
    let chosen = chosen(life.quarantines(), ask, context)?;
    let Some((first, last)) = chosen.first().zip(chosen.last()) else {
        return Err(match life.quarantines() {
            [] => nothing_of(&pod),
            _ => ReadError::Parameter(
                "since lies after the end of the last quarantine; leave it out".to_owned(),
            ),
        });
    };
    let end = last.until.unwrap_or(context.now.max(last.since));
    let range =
        TimeRange { from: Some(first.since.plus_micros(-ask.before)), to: Some(end.plus_micros(ask.after)) };
    let cursor = ask.cursor.map(RowCursor::read).transpose()?;
    let mut asker = Asker::new(search, deadline);
    let mut flows = asker.flows(&pod, life.addresses(), range)?;
    let mut whole = None;
    if flows.flows.len() <= MAX_ROWS {
        let (each, events) = asker.whole_flows(&pod, life.addresses(), range)?;
        (flows, whole) = (each, Some(events));
    } else {
        flows.groups_span_their_flows();
    }
    flows.link();
    let unnamed = name_ends(&mut flows, &pod, &life, range, &mut asker)?;
    let history = asker.policy_history(ask.cluster, ask.namespace, context.now)?;
    let mut quarantines = Vec::with_capacity(chosen.len());
    let mut findings = asker.noted_findings(&pod, range)?;
    for quarantine in chosen {
        let moments = moments(&history, quarantine);
        let watched = Watched { pod: &pod, quarantine, all: chosen, moments: &moments, flows: &flows };
        quarantines.push(QuarantineBody::of(&watched));
        for found in watched.findings(&mut asker)? {
            let event = event_of(found);
            if findings.iter().all(|noted| noted.id != event.id) {
                findings.push(event);
            }
        }
    }
    // A policy may be older than anything else in the story.
    let until = TimeRange { from: None, to: range.to };
    let policies = asker.policy_writes(ask.cluster, &flows, until)?;
    let deeds = asker.deeds(&pod, range)?;
    let mut advice = advice(&life, &flows, &quarantines);
    advice.extend(unnamed.advice());
    let mut rows: Vec<Row> =
        policies.into_iter().chain(deeds).chain(findings).map(|event| Row::of_event(event, chosen)).collect();
    rows.extend(match whole {
        Some(events) => rows::each(&flows, events, chosen),
        None => rows::rolled_up(&mut flows, chosen),
    });
    let (events, events_total, next) = rows::page(rows, &flows, cursor);
    let attempts = flows.all_attempts();
    let attempts_total = attempts.len() as u64;
    let attempts = attempts.into_iter().take(MAX_ATTEMPTS).map(AttemptBody::of).collect();
    let coverage = coverage.about(range).partial(asker.is_partial());
    let gaps = coverage.gaps.clone();
    Ok(StoryBody {
        quarantines,
        attempts,
        attempts_total,
        events,
        events_total,
        next,
        gaps,
        advice,
        coverage,
        took_ms: took_ms(started),
    })
}

/// A finding that nobody has noted yet, as the event that it will be.
fn event_of(found: FindingRecord) -> Event {
    let origins = Origins {
        id: found.keys().request,
        cluster: found.cluster.clone(),
        received: found.time,
        via: ViaSet::of(Via::Taffrail),
        ..Origins::default()
    };
    Decoded::Finding(Box::new(found)).event(origins)
}

/// The quarantines that a story is about.
fn chosen<'q>(
    all: &'q [Quarantine],
    ask: &StoryAsk<'_>,
    context: &TimeContext,
) -> Result<&'q [Quarantine], ReadError> {
    let from = match ask.since {
        None => all.len().saturating_sub(1),
        Some(text) => {
            let since = time_of("since", text, context)?;
            all.partition_point(|quarantine| quarantine.until.is_some_and(|until| until <= since))
        }
    };
    Ok(all.get(from..).unwrap_or_default())
}

impl AttemptBody {
    fn of(attempt: Attempt) -> Self {
        let Attempt { peer, port, protocol, direction, allowed, denied, observed, first, last } = attempt;
        let direction = direction_name(direction);
        Self {
            peer: in_words(&peer),
            peer_ref: PeerBody::of(peer),
            port,
            protocol,
            direction: direction.to_owned(),
            allowed,
            denied,
            observed,
            first,
            last,
        }
    }
}

impl PeerBody {
    pub(super) fn of(peer: Endpoint) -> Self {
        let kind = match peer.kind {
            EndpointKind::Pod => "pod",
            EndpointKind::Host => "host",
            EndpointKind::Service => "service",
            EndpointKind::NetworkSet => "network_set",
            EndpointKind::Private => "private",
            EndpointKind::Public => "public",
            EndpointKind::Unknown => "unknown",
        };
        let domain = peer.domains().unwrap_or_default();
        let (namespace, name) = match (peer.kind, peer.service.split_once('/')) {
            (EndpointKind::Service, Some((namespace, name))) => (namespace.to_owned(), name.to_owned()),
            _ if peer.pod.is_empty() => (peer.namespace, peer.workload),
            _ => (peer.namespace, peer.pod),
        };
        Self { kind: kind.to_owned(), namespace, name, ip: peer.ip, service: peer.service, domain }
    }
}

/// "service vote/vote via pod vote-x", "Kubernetes API", "node node-1", "34.223.124.45 (neverssl.com)".
pub(super) fn in_words(peer: &Endpoint) -> String {
    let name = peer.in_words();
    let is_pod = peer.kind == EndpointKind::Pod && !peer.pod.is_empty();
    if peer.is_api_server() || peer.kind == EndpointKind::Service {
        return name;
    }
    match (peer.service.split_once('/'), is_pod) {
        // A Service leads to pods of its own namespace.
        (Some((namespace, _)), true) if namespace == peer.namespace => {
            format!("service {} via pod {}", peer.service, peer.pod)
        }
        (Some(_), _) => format!("service {} via {name}", peer.service),
        (None, true) => format!("pod {name}"),
        (None, false) if peer.kind == EndpointKind::Host && peer.resolved_by == ResolvedBy::Address => {
            format!("node {name}")
        }
        (None, false) => name,
    }
}
