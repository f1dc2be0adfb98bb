//! Which pods are or were under quarantine, and the story of one: who isolated it, whom it talked to, and every attempt since.

mod advice;
mod findings;
mod gather;
mod owners;
mod placed;
mod policies;
mod rows;
mod story;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Instant;

use serde::{Deserialize, Serialize};
use taffrail_event::flow::Verdict;
use taffrail_event::{Actor, FindingRecord, Timestamp};
use taffrail_query::history::ObjectName;
use taffrail_query::quarantine::{PodFlow, PodFlows, QuarantineLabel};
use taffrail_query::{Search, SearchError, TimeContext, TimeRange, parse_time};
use utoipa::ToSchema;

use self::findings::Watched;
use self::gather::{Asker, pod_life};
use self::placed::{LONGEST_INTERVAL_MICROS, is_in, place_of_flow};
use super::coverage::Coverage;
use super::error::ReadError;
use super::events::took_ms;
use super::object::ObjectBody;
use super::schema::{ActorSchema, TimestampSchema};
use findings::{ALLOWED_FLOW, NOT_CONTAINED};
use policies::moments;
pub(crate) use policies::{ContainmentBody, Histories};
pub(crate) use rows::RowBody;
pub(crate) use story::{AttemptBody, StoryAsk, StoryBody, story};

/// `GET /api/v1/quarantine`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct QuarantinesBody {
    /// The label that means quarantine, `key=value`.
    pub(crate) label: String,
    /// The newest first.
    pub(crate) quarantines: Vec<QuarantineBody>,
    pub(crate) coverage: Coverage,
    pub(crate) took_ms: u64,
}

/// Time during which a pod carried the label.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = Quarantine)]
pub(crate) struct QuarantineBody {
    pub(crate) cluster: String,
    /// The pod.
    pub(crate) object: ObjectBody,
    /// Its `metadata.uid`; `""` where no record says it.
    pub(crate) uid: String,
    /// When the label was set.
    #[schema(value_type = TimestampSchema)]
    pub(crate) since: Timestamp,
    /// When it was removed, or the pod was; null while it lasts.
    #[schema(value_type = Option<TimestampSchema>)]
    pub(crate) until: Option<Timestamp>,
    /// Who set the label.
    #[schema(value_type = Option<ActorSchema>)]
    pub(crate) by: Option<Actor>,
    /// Who ended it; null while it lasts.
    #[schema(value_type = Option<ActorSchema>)]
    pub(crate) released_by: Option<Actor>,
    /// Whether the pod was deleted, not released.
    pub(crate) deleted: bool,
    /// The policy that contains it by what is recorded of policies, else the one that denied its flows meanwhile; null where neither
    /// is known.
    pub(crate) policy: Option<String>,
    /// What the policies did to its traffic when the label was set; null where no policy is recorded.
    pub(crate) containment: Option<ContainmentBody>,
    /// Attempts to connect meanwhile, of the pod and to it.
    pub(crate) attempts: u64,
}

/// Every quarantine that is recorded, of pods of that cluster and namespace if they are given.
pub(crate) fn quarantines(
    search: &dyn Search,
    label: &QuarantineLabel,
    ask: &QuarantinesAsk<'_>,
    context: &TimeContext,
    coverage: Coverage,
    deadline: Instant,
) -> Result<QuarantinesBody, ReadError> {
    let started = Instant::now();
    let mut asker = Asker::new(search, deadline);
    let mut quarantines = Vec::new();
    let mut histories = Histories::default();
    for pod in asker.labelled_pods(label, ask.cluster, ask.namespace)? {
        if asker.is_late() {
            break;
        }
        let life = pod_life(search, &pod, label)?;
        let all = life.quarantines();
        let Some((first, last)) = all.first().zip(all.last()) else { continue };
        let from = first.since.plus_micros(-LONGEST_INTERVAL_MICROS);
        let range = TimeRange { from: Some(from), to: last.until };
        let mut flows = asker.flows(&pod, life.addresses(), range)?;
        flows.link();
        let history = histories.of(&pod, context.now, &mut asker)?;
        quarantines.extend(all.iter().map(|quarantine| {
            let moments = moments(history, quarantine);
            QuarantineBody::of(&Watched { pod: &pod, quarantine, all, moments: &moments, flows: &flows })
        }));
    }
    quarantines.sort_by(|a, b| (b.since, &a.object.name).cmp(&(a.since, &b.object.name)));
    let coverage =
        coverage.about(TimeRange { from: None, to: Some(context.now) }).partial(asker.is_partial());
    Ok(QuarantinesBody { label: label.to_string(), quarantines, coverage, took_ms: took_ms(started) })
}

/// Asks for quarantines.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct QuarantinesAsk<'a> {
    pub(crate) cluster: Option<&'a str>,
    pub(crate) namespace: Option<&'a str>,
}

impl QuarantineBody {
    fn of(watched: &Watched<'_>) -> Self {
        let Watched { pod, quarantine, all, moments, flows } = *watched;
        let containment = moments.first().map(|moment| ContainmentBody::of(&moment.containment));
        let ended = quarantine.ended_by.as_ref();
        let is_of_it = |flow: &PodFlow| is_in(place_of_flow(flow, all), quarantine);
        Self {
            cluster: pod.cluster.clone(),
            object: ObjectBody::of(pod),
            uid: quarantine.uid.clone(),
            since: quarantine.since,
            until: quarantine.until,
            by: quarantine.set_by.actor.clone(),
            released_by: ended.and_then(|event| event.actor.clone()),
            deleted: ended.is_some_and(|event| event.verb.starts_with("delete")),
            policy: containment
                .as_ref()
                .and_then(|containment| containment.policy.clone())
                .or_else(|| denying_policy(flows, is_of_it)),
            containment,
            attempts: flows
                .attempts(is_of_it)
                .iter()
                .map(|attempt| attempt.allowed + attempt.denied + attempt.observed)
                .sum(),
        }
    }
}

/// Pods that may have been under quarantine.
pub(crate) fn quarantined_pods(
    search: &dyn Search,
    label: &QuarantineLabel,
    deadline: Instant,
) -> Result<BTreeSet<ObjectName>, SearchError> {
    Asker::new(search, deadline).labelled_pods(label, None, None)
}

/// What should not be of the quarantines of a pod, and whether one of them lasts.
pub(crate) fn quarantine_findings(
    search: &dyn Search,
    label: &QuarantineLabel,
    pod: &ObjectName,
    histories: &mut Histories,
    deadline: Instant,
) -> Result<(Vec<FindingRecord>, bool), SearchError> {
    let life = pod_life(search, pod, label)?;
    let all = life.quarantines();
    let Some((first, last)) = all.first().zip(all.last()) else { return Ok((Vec::new(), false)) };
    let mut asker = Asker::new(search, deadline);
    let range = TimeRange { from: Some(first.since.plus_micros(-BEFORE_MICROS)), to: last.until };
    let mut flows = asker.flows(pod, life.addresses(), range)?;
    flows.link();
    let history = histories.of(pod, Timestamp::now(), &mut asker)?;
    let mut findings = Vec::new();
    for quarantine in all {
        let moments = moments(history, quarantine);
        let watched = Watched { pod, quarantine, all, moments: &moments, flows: &flows };
        findings.extend(watched.findings(&mut asker)?);
    }
    if asker.is_partial() {
        // What was only half looked at may be mistaken.
        findings.retain(|found| !can_be_disproved(found));
    }
    Ok((findings, last.until.is_none()))
}

/// Whether records that were not seen may disprove it: the other side's reporter denied the connection, or there was a policy after
/// all. What somebody did to a label or a policy is done.
pub(crate) fn can_be_disproved(found: &FindingRecord) -> bool {
    matches!(found.finding.rule.as_str(), ALLOWED_FLOW | NOT_CONTAINED)
}

/// So long before the label connections are looked for that were open already.
const BEFORE_MICROS: i64 = 3_600_000_000;

/// The policy by which most of these flows were denied.
fn denying_policy(flows: &PodFlows, is_one: impl Fn(&PodFlow) -> bool) -> Option<String> {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    let mut by_group: HashMap<u32, u64> = HashMap::new();
    for flow in flows.flows.iter().filter(|flow| flow.facts.verdict == Verdict::Denied && is_one(flow)) {
        *by_group.entry(flow.group).or_default() += 1;
    }
    for (group, count) in by_group {
        let policy = flows.groups.get(group as usize).and_then(|flow| flow.policy.as_ref());
        if let Some(policy) = policy {
            *counts.entry(policy.full_name()).or_default() += count;
        }
    }
    counts.into_iter().max_by_key(|(name, count)| (*count, Reverse(name.clone()))).map(|(name, _)| name)
}

/// A stretch of time such as `15m`, in microseconds: what lies between then and now. `None` if it is none.
pub(crate) fn span(text: &str, context: &TimeContext) -> Option<i64> {
    let time = parse_time(&format!("now-{text}"), context).ok()?;
    (time <= context.now).then(|| context.now.micros() - time.micros())
}

fn time_of(parameter: &'static str, text: &str, context: &TimeContext) -> Result<Timestamp, ReadError> {
    parse_time(text, context).map_err(|error| ReadError::Time { parameter, error })
}
