//! `/api/v1/status`: what the process is, what came in, how far it has come.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{RawQuery, State};
use axum::response::Response;
use serde::Serialize;
use taffrail_config::ByteLimit;
use taffrail_event::{Timestamp, WriteCounts};
use taffrail_ingest::DeadLetterTotals;
use taffrail_query::Progress;
use utoipa::ToSchema;

use super::{ApiState, Asked};
use crate::http::openapi::{ANYBODY, BUSY, LOGIN, PARAMETERS, STORE, problems};
use crate::http::parameters::Parameters;
use crate::http::problem::Problem;
use crate::notify::NotifyBody;
use crate::read::schema::{DeadLetterTotalsSchema, TimestampSchema, WriteCountsSchema};
use crate::read::{
    ClusterBody, Coverage, LevelsBody, ReadError, RoomBody, SourceBody, clusters, levels, sources,
};
use crate::serve::{TurnedAwayBody, disk_free};
use crate::unwanted::UnwantedBody;

/// How long a count of audit levels is good for.
const LEVELS_COUNT_FOR: Duration = Duration::from_secs(30);

/// The last count of audit levels, and when it was made.
pub(crate) type CountedLevels = Mutex<Option<(Instant, Vec<LevelsBody>)>>;

/// What does not change while the process runs.
#[derive(Debug, Clone)]
pub(crate) struct About {
    pub(crate) started: Timestamp,
    pub(crate) since: Instant,
    pub(crate) data: std::path::PathBuf,
    pub(crate) api: String,
    pub(crate) ingest: String,
    pub(crate) budget_bytes: u64,
    /// `index.retention.max_bytes`.
    pub(crate) retention_limit: ByteLimit,
    /// What the settings permit that somebody should keep seeing.
    pub(crate) warnings: Vec<String>,
}

/// The body.
#[derive(Debug, Serialize, ToSchema)]
struct StatusBody {
    version: &'static str,
    #[schema(value_type = TimestampSchema)]
    started: Timestamp,
    uptime_s: u64,
    data: String,
    warnings: Vec<String>,
    api: ApiBody,
    ingest: IngestBody,
    journal: JournalBody,
    index: IndexBody,
    #[schema(value_type = DeadLetterTotalsSchema)]
    dead_letters: DeadLetterTotals,
    retention: RoomBody,
    disk: DiskBody,
    clusters: Vec<ClusterBody>,
    sources: Vec<SourceBody>,
    levels: Vec<LevelsBody>,
    /// Where events are sent on to.
    notify: Vec<NotifyBody>,
    /// Of the listeners that speak TLS.
    certificates: Vec<CertificateBody>,
    coverage: Coverage,
}

#[derive(Debug, Serialize, ToSchema)]
struct ApiBody {
    url: String,
}

#[derive(Debug, Serialize, ToSchema)]
struct IngestBody {
    url: String,
    in_flight_bytes: u64,
    budget_bytes: u64,
    /// What is acknowledged and not kept.
    drop: Vec<UnwantedBody>,
    /// Flow records since the start that others stand for, because of `ingest.fold_flows`.
    folded_flows: u64,
    /// Why nothing is accepted; null while it is.
    trouble: Option<String>,
    /// Requests that were told to come back, since the start.
    refused: u64,
    #[schema(value_type = Option<TimestampSchema>)]
    last_refused: Option<Timestamp>,
    /// Senders that are refused for good: what they send is lost.
    turned_away: Vec<TurnedAwayBody>,
}

#[derive(Debug, Serialize, ToSchema)]
struct CertificateBody {
    listener: &'static str,
    #[schema(value_type = TimestampSchema)]
    not_after: Timestamp,
}

#[derive(Debug, Serialize, ToSchema)]
struct JournalBody {
    first: u64,
    end: u64,
    durable: u64,
    searchable: u64,
    bytes: u64,
    /// Why it does not give back what is indexed; null while it does.
    trouble: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
struct IndexBody {
    documents: u64,
    splits: u64,
    bytes: u64,
    #[schema(value_type = Option<TimestampSchema>)]
    last_commit: Option<Timestamp>,
    /// What became of the records read since the start.
    #[schema(value_type = WriteCountsSchema)]
    counts: WriteCounts,
    /// Why nothing becomes searchable; null while it does.
    trouble: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
struct DiskBody {
    free_bytes: Option<u64>,
}

/// What runs, what came in, and how far it has come.
#[utoipa::path(
    get,
    path = "/api/v1/status",
    operation_id = "status",
    tag = "process",
    responses((status = 200, description = "The status.", body = StatusBody), StatusProblems),
    security((), ("token" = []), ("basic" = []), ("certificate" = []))
)]
pub(super) async fn status(
    State(state): State<Arc<ApiState>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    Parameters::read(query.as_deref(), &[])?;
    state.ask("status", |state, asked| state.status(asked)).await
}

problems!(StatusProblems: ANYBODY, LOGIN, PARAMETERS, BUSY, STORE);

impl ApiState {
    fn warnings(&self) -> Vec<String> {
        let troubles = self.followed.iter().filter_map(|files| files.trouble());
        self.about.warnings.iter().cloned().chain(troubles).collect()
    }

    /// How much of the room that the data may take it has taken.
    pub(super) fn room(&self, progress: &Progress) -> RoomBody {
        let elsewhere = self.journal.bytes() + self.dead.totals().bytes;
        RoomBody::new(progress, elsewhere, self.about.retention_limit, &self.about.data)
    }

    fn status(&self, asked: &Asked) -> Result<StatusBody, ReadError> {
        let about = &self.about;
        let progress = self.search.progress();
        let now = asked.context.now;
        let clusters = clusters(&*self.search, asked.coverage.clone())?;
        let silent = self.watch.lasting(now);
        let live = self.sources.list();
        let folded_flows = live.iter().map(|source| source.folded_flows).sum();
        let sources =
            sources(self.search.sources(), live, self.logs.all(), &clusters.coverage.gaps, &silent, now);
        let refused = self.watch.refusals();
        let certificates = self.certificates.iter().map(|certificate| {
            let (listener, not_after) = certificate.ends();
            CertificateBody { listener, not_after }
        });
        let certificates = certificates.collect();
        let levels = self.levels(&clusters.clusters, asked)?;
        Ok(StatusBody {
            version: env!("CARGO_PKG_VERSION"),
            started: about.started,
            uptime_s: about.since.elapsed().as_secs(),
            data: about.data.display().to_string(),
            warnings: self.warnings(),
            api: ApiBody { url: about.api.clone() },
            ingest: IngestBody {
                url: about.ingest.clone(),
                in_flight_bytes: self.in_flight.held_bytes(),
                budget_bytes: about.budget_bytes,
                drop: self.unwanted.list(),
                folded_flows,
                trouble: self.health.refusal().map(|refusal| refusal.reason),
                refused: refused.requests,
                last_refused: refused.last,
                turned_away: self.watch.all_turned_away(),
            },
            journal: JournalBody {
                first: self.journal.first(),
                end: self.journal.end(),
                durable: self.journal.durable(),
                searchable: progress.searchable,
                bytes: self.journal.bytes(),
                trouble: self.pipeline.journal_trouble(),
            },
            index: IndexBody {
                documents: progress.documents,
                splits: progress.splits,
                bytes: progress.bytes,
                last_commit: progress.last_commit,
                // Those that wait now, not those that ever did.
                counts: WriteCounts { held: progress.counts.held, ..self.pipeline.counts() },
                trouble: self.health.index().or_else(|| self.pipeline.trouble()),
            },
            dead_letters: self.dead.totals(),
            retention: self.room(&progress),
            disk: DiskBody { free_bytes: disk_free(&about.data) },
            clusters: clusters.clusters,
            sources,
            levels,
            notify: self.notify.list(progress.searchable),
            certificates,
            coverage: clusters.coverage,
        })
    }

    /// Counted anew when the last count is [`LEVELS_COUNT_FOR`] old: whoever watches the status asks every few seconds.
    fn levels(&self, clusters: &[ClusterBody], asked: &Asked) -> Result<Vec<LevelsBody>, ReadError> {
        let mut counted = self.levels.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, levels)) = &*counted
            && at.elapsed() < LEVELS_COUNT_FOR
        {
            return Ok(levels.clone());
        }
        let levels = levels(&*self.search, clusters, asked.context.now, asked.deadline)?;
        *counted = Some((Instant::now(), levels.clone()));
        Ok(levels)
    }
}
