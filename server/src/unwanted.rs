//! `ingest.drop`: records that match one of its queries are acknowledged and not kept.
//!
//! The queries mean what they mean in a search: the same parser, the same matcher, on the record as the journal would hold
//! it. Each counts what it dropped; a record that several match is the first one's.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};
use taffrail_config::{ConfigError, IngestSettings, Problem};
use taffrail_event::{ActorRules, Decoded, Origin, Origins, RecordFlags, Timestamp};
use taffrail_ingest::Filter;
use taffrail_query::{Query, TimeContext, parse};
use utoipa::ToSchema;

use crate::cli::query_problem;

/// The queries of `ingest.drop`.
#[derive(Debug, Default)]
pub(crate) struct Unwanted {
    queries: Vec<UnwantedQuery>,
    /// Who is who: queries mean what they mean in a search.
    actors: ActorRules,
}

#[derive(Debug)]
struct UnwantedQuery {
    text: String,
    query: Query,
    dropped: AtomicU64,
}

/// One of them, as the status shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct UnwantedBody {
    pub(crate) query: String,
    /// Records dropped since the start.
    pub(crate) dropped: u64,
}

impl Unwanted {
    /// Reads the queries.
    ///
    /// # Errors
    /// With every query that cannot be used, as problems of the configuration.
    pub(crate) fn of(settings: &IngestSettings, actors: ActorRules) -> Result<Arc<Self>, ConfigError> {
        let (mut queries, mut problems) = (Vec::new(), Vec::new());
        for (at, text) in settings.drop.iter().enumerate() {
            match read(text) {
                Ok(query) => {
                    queries.push(UnwantedQuery { text: text.clone(), query, dropped: AtomicU64::new(0) });
                }
                Err(message) => {
                    problems.push(Problem { path: format!("ingest.drop[{at}]"), message, origin: None });
                }
            }
        }
        if problems.is_empty() {
            Ok(Arc::new(Self { queries, actors }))
        } else {
            Err(ConfigError::Invalid { problems })
        }
    }

    /// For the intake; `None` if nothing is dropped, so that nothing is asked either.
    pub(crate) fn filter(self: &Arc<Self>) -> Option<Arc<dyn Filter>> {
        (!self.queries.is_empty()).then(|| Arc::<Self>::clone(self) as Arc<dyn Filter>)
    }

    /// What each has dropped so far.
    pub(crate) fn list(&self) -> Vec<UnwantedBody> {
        let body = |unwanted: &UnwantedQuery| UnwantedBody {
            query: unwanted.text.clone(),
            dropped: unwanted.dropped.load(Ordering::Relaxed),
        };
        self.queries.iter().map(body).collect()
    }
}

impl Filter for Unwanted {
    fn drops(&self, record: &[u8], flags: RecordFlags, origin: &Origin) -> bool {
        // What is no event becomes a dead letter, whatever anybody wishes.
        let Ok(decoded) = Decoded::of(record, flags) else { return false };
        let id = decoded.keys(&origin.cluster).request;
        let event = decoded.event(Origins::of_record(id, origin, flags, &self.actors));
        let unwanted = self.queries.iter().find(|unwanted| unwanted.query.matches(&event, record));
        if let Some(unwanted) = unwanted {
            unwanted.dropped.fetch_add(1, Ordering::Relaxed);
        }
        unwanted.is_some()
    }
}

fn read(text: &str) -> Result<Query, String> {
    // Times that count from now count from the start.
    match parse(text, &TimeContext::utc(Timestamp::now())) {
        Ok(Query::All) => {
            Err("matches everything, so that nothing would be kept; name what is dropped".to_owned())
        }
        Ok(query) => Ok(query),
        Err(error) => Err(query_problem(text, error.span.clone(), &error.message, error.hint.as_deref())),
    }
}

#[cfg(test)]
mod tests {
    use taffrail_event::Via;

    use super::*;

    fn unwanted(queries: &[&str]) -> Result<Arc<Unwanted>, ConfigError> {
        let drop = queries.iter().map(|query| (*query).to_owned()).collect();
        Unwanted::of(&IngestSettings { drop, ..IngestSettings::default() }, crate::actors::tests::robots())
    }

    fn check(queries: &[&str], expected: &[u64]) {
        let record = br#"{"auditID":"a","stage":"ResponseComplete","verb":"get","requestURI":"/healthz","user":{"username":"system:kube-probe"},"responseStatus":{"code":200},"requestReceivedTimestamp":"2026-11-23T16:00:00.000000Z"}"#;
        let origin = Origin {
            cluster: "prod".into(),
            source: "webhook".into(),
            via: Via::Webhook,
            received: Timestamp::default(),
        };
        let unwanted = unwanted(queries).unwrap();
        let drops = unwanted.drops(record, RecordFlags::default(), &origin);
        let dropped: Vec<u64> = unwanted.list().iter().map(|body| body.dropped).collect();
        assert_eq!((drops, dropped.as_slice()), (expected.contains(&1), expected), "{queries:?}");
    }

    #[test]
    fn queries_mean_what_they_mean_in_a_search() {
        check(&["verb:get uri:/healthz"], &[1]);
        check(&["verb:list", "user:system:kube-probe -ns:*"], &[0, 1]);
        check(&["verb:get", "code:200"], &[1, 0]);
        check(&["cluster:lab verb:get", "via:import"], &[0, 0]);
        check(&["by:system", "by:controller user:Probe"], &[0, 1]);
    }

    #[test]
    fn nothing_is_asked_where_nothing_is_dropped() {
        assert!(unwanted(&[]).unwrap().filter().is_none());
        assert!(unwanted(&["verb:get"]).unwrap().filter().is_some());
    }

    #[test]
    fn every_wrong_query_is_reported_with_its_place() {
        let ConfigError::Invalid { problems } = unwanted(&["verb:get", "usr:x", " "]).unwrap_err() else {
            panic!("the queries are what is wrong")
        };
        let paths: Vec<_> = problems.iter().map(|problem| problem.path.as_str()).collect();
        assert_eq!(paths, ["ingest.drop[1]", "ingest.drop[2]"]);
        assert!(problems[0].message.contains("\n  usr:x\n  ^^^\nhint: "), "{}", problems[0].message);
        assert!(problems[1].message.contains("matches everything"), "{}", problems[1].message);
    }
}
