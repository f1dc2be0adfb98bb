//! What came from where: what the index remembers of every source, with what a running server has seen of it since its start.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use taffrail_event::{Gap, SourceSums, Timestamp};
use taffrail_ingest::tail::TailedLog;
use utoipa::ToSchema;

use super::schema::TimestampSchema;
use crate::serve::LiveSource;

/// One source.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub(crate) struct SourceBody {
    pub(crate) cluster: String,
    pub(crate) source: String,
    /// The route; `""` while nothing of it is indexed.
    pub(crate) via: String,
    /// Since it was first seen.
    pub(crate) records: u64,
    pub(crate) bytes: u64,
    pub(crate) bytes_per_day: u64,
    pub(crate) duplicates: u64,
    pub(crate) truncated: u64,
    #[schema(value_type = Option<TimestampSchema>)]
    pub(crate) first_event: Option<Timestamp>,
    #[schema(value_type = Option<TimestampSchema>)]
    pub(crate) last_event: Option<Timestamp>,
    #[schema(value_type = Option<TimestampSchema>)]
    pub(crate) first_received: Option<Timestamp>,
    #[schema(value_type = Option<TimestampSchema>)]
    pub(crate) last_received: Option<Timestamp>,
    /// How long the newest event of the last batch had taken to get here; negative if the source's clock is ahead.
    pub(crate) lag_ms: Option<i64>,
    /// How many gaps of it are known.
    pub(crate) gaps: u64,
    /// Since when it has been silent for longer than usual; null while it is not.
    #[schema(value_type = Option<TimestampSchema>)]
    pub(crate) silent_since: Option<Timestamp>,
    /// Since the start of the server: requests, dead letters, bodies that Taffrail cut, flow records that others stand for
    /// (`ingest.fold_flows`), what envelopes hold beside events.
    pub(crate) requests: u64,
    pub(crate) dead_letters: u64,
    pub(crate) cut: u64,
    pub(crate) folded_flows: u64,
    pub(crate) skipped: u64,
    /// Of the last minute.
    pub(crate) records_per_second: f64,
    /// Bytes of a followed log that are not durable yet; null for other sources.
    pub(crate) lag_bytes: Option<u64>,
    /// Why a followed log cannot be read; null while it can.
    pub(crate) trouble: Option<String>,
}

/// All of them, by cluster and name. `live` is what a running server saw, `tailed` how far it has read the logs that it
/// follows, `silent` the silences that last.
pub(crate) fn sources(
    known: Vec<SourceSums>,
    live: Vec<LiveSource>,
    tailed: Vec<TailedLog>,
    gaps: &[Gap],
    silent: &[Gap],
    now: Timestamp,
) -> Vec<SourceBody> {
    let mut bodies: BTreeMap<(String, String), SourceBody> = BTreeMap::new();
    for sums in known {
        bodies.insert((sums.cluster.clone(), sums.source.clone()), of_index(&sums, now));
    }
    for live in live {
        let body = bodies.entry((live.cluster.clone(), live.source.clone())).or_default();
        add_live(body, live);
    }
    for log in tailed {
        let body = bodies.entry((log.cluster.clone(), log.source.clone())).or_default();
        (body.cluster, body.source) = (log.cluster, log.source);
        (body.lag_bytes, body.trouble) = (Some(log.lag_bytes), log.trouble);
    }
    let is_of = |gap: &Gap, body: &SourceBody| gap.cluster == body.cluster && gap.source == body.source;
    let with_gaps = bodies.into_values().map(|mut body| {
        body.gaps = gaps.iter().filter(|gap| is_of(gap, &body)).count() as u64;
        body.silent_since = silent.iter().find(|gap| is_of(gap, &body)).map(|gap| gap.from);
        body
    });
    with_gaps.collect()
}

fn of_index(sums: &SourceSums, now: Timestamp) -> SourceBody {
    let has_events = sums.first_event <= sums.last_event;
    SourceBody {
        cluster: sums.cluster.clone(),
        source: sums.source.clone(),
        via: sums.via.name().to_owned(),
        records: sums.records,
        bytes: sums.bytes,
        bytes_per_day: sums.bytes_per_day(now),
        duplicates: sums.duplicates,
        truncated: sums.truncated,
        first_event: has_events.then_some(sums.first_event),
        last_event: has_events.then_some(sums.last_event),
        first_received: Some(sums.first_received),
        last_received: Some(sums.last_received),
        lag_ms: has_events.then_some(sums.lag_micros / 1000),
        ..SourceBody::default()
    }
}

/// What is received and not yet indexed counts by then only in `last_received`.
fn add_live(body: &mut SourceBody, live: LiveSource) {
    if body.source.is_empty() {
        (body.cluster, body.source) = (live.cluster, live.source);
        (body.records, body.bytes) = (live.records, live.bytes);
    }
    body.last_received = body.last_received.max(Some(live.last_received));
    body.requests = live.requests;
    body.dead_letters = live.dead_letters;
    body.cut = live.cut;
    body.folded_flows = live.folded_flows;
    body.skipped = live.skipped;
    body.records_per_second = live.records_per_second;
}

#[cfg(test)]
mod tests {
    use taffrail_event::{BatchSums, Via};

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn what_is_remembered_and_what_is_seen_are_one_source() {
        let mut known = SourceSums::new("prod", "webhook:10.0.0.1", Via::Webhook);
        let events = Some((at(90), at(99)));
        known.add(&BatchSums {
            received: at(100),
            records: 7,
            bytes: 70,
            duplicates: 2,
            truncated: 1,
            events,
        });
        let live = |source: &str, records| LiveSource {
            cluster: "prod".to_owned(),
            source: source.to_owned(),
            requests: 3,
            records,
            bytes: 10,
            dead_letters: 1,
            cut: 0,
            folded_flows: 0,
            skipped: 0,
            last_received: at(200),
            records_per_second: 0.5,
        };
        let gap = |source: &str, from| Gap {
            cluster: "prod".to_owned(),
            source: source.to_owned(),
            from: at(from),
            to: at(from + 1),
            lost: None,
            reason: String::new(),
        };
        let gaps = [gap("webhook:10.0.0.1", 10), gap("webhook:10.0.0.1", 150), gap("webhook", 20)];
        let live = vec![live("webhook:10.0.0.1", 4), live("webhook:10.0.0.2", 5)];
        let log = TailedLog {
            cluster: "prod".to_owned(),
            source: "file:/var/log/audit.log".to_owned(),
            lag_bytes: 5,
            open_files: 1,
            noise_lines: 0,
            trouble: Some("no permission".to_owned()),
        };
        let bodies = sources(vec![known], live, vec![log], &gaps, &gaps[1..2], at(300));
        let [log, first, second] = bodies.as_slice() else { panic!("{bodies:?}") };
        assert_eq!((first.records, first.duplicates, first.requests, first.gaps), (7, 2, 3, 2));
        assert_eq!((first.last_event, first.last_received), (Some(at(99)), Some(at(200))));
        assert_eq!((first.lag_ms, first.silent_since), (Some(1000), Some(at(150))));
        assert_eq!((log.lag_bytes, log.trouble.as_deref()), (Some(5), Some("no permission")));
        assert_eq!((first.lag_bytes, first.requests), (None, 3));
        assert_eq!((second.records, second.last_event, second.silent_since), (5, None, None));
    }
}
