//! The API listener: questions about what is stored, and about the process itself.
//!
//! Every question runs on a blocking thread, with a time limit, and only so many at once; what a client that left had
//! asked for ends by its time limit and counts until then.

mod counts;
mod deadletters;
mod events;
mod export;
mod history;
mod objects;
mod page;
pub(super) mod probes;
mod quarantine;
mod reads;
mod status;
mod tail;
mod timeline;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::{Next, from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use serde::Serialize;
use taffrail_event::{ActorRules, Timestamp};
use taffrail_ingest::journal::Journal;
use taffrail_ingest::pipeline::PipelineStatus;
use taffrail_ingest::tail::TailStatus;
use taffrail_ingest::{DeadLetters, Intake};
use taffrail_query::quarantine::QuarantineLabel;
use taffrail_query::{Search, TimeContext};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) use self::status::{About, CountedLevels};
pub(crate) use self::tail::MAX_TAILS;
use super::access::Access;
use super::around::{around, nothing_here, with_fallbacks};
use super::host::HostNames;
use super::openapi;
use super::problem::{Code, Problem};
use super::ui;
use crate::metrics::{Metrics, QueryLabels};
use crate::notify::Notify;
use crate::read::{Coverage, ReadError};
use crate::serve::{Certificate, Freshness, Health, Live, ReadLog, Sources, Watch};
use crate::unwanted::Unwanted;
use crate::watched::Follow;

const LISTENER: &str = "api";

/// Exports that run at once: each reads the whole index if it is asked to.
pub(crate) const MAX_EXPORTS: usize = 4;

/// What requests to the ingest listener hold at this moment.
pub(crate) trait InFlight: Send + Sync {
    /// Bytes of memory.
    fn held_bytes(&self) -> u64;
}

impl InFlight for Intake {
    fn held_bytes(&self) -> u64 {
        self.totals().held_bytes
    }
}

/// What the listener needs.
pub(crate) struct ApiState {
    pub(crate) search: Arc<dyn Search>,
    pub(crate) dead: Arc<DeadLetters>,
    pub(crate) journal: Journal,
    pub(crate) pipeline: Arc<PipelineStatus>,
    pub(crate) in_flight: Arc<dyn InFlight>,
    pub(crate) unwanted: Arc<Unwanted>,
    /// Who is who in events that come right from the journal.
    pub(crate) actors: ActorRules,
    /// What isolates a pod.
    pub(crate) quarantine_label: QuarantineLabel,
    pub(crate) freshness: Arc<Freshness>,
    pub(crate) sources: Arc<Sources>,
    pub(crate) logs: Arc<TailStatus>,
    pub(crate) notify: Arc<Notify>,
    pub(crate) health: Arc<Health>,
    pub(crate) watch: Arc<Watch>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) about: About,
    pub(crate) levels: CountedLevels,
    pub(crate) hosts: HostNames,
    pub(crate) access: Access,
    /// Where reads are written down, unless `api.audit_reads` is off.
    pub(crate) read_log: Option<ReadLog>,
    /// Of the listeners that have one.
    pub(crate) certificates: Vec<Certificate>,
    /// Files whose trouble the status shows.
    pub(crate) followed: Vec<Arc<dyn Follow>>,
    /// `api.query_timeout`.
    pub(crate) query_timeout: Duration,
    /// `api.max_concurrent_queries` of them.
    pub(crate) queries: Arc<Semaphore>,
    /// [`MAX_EXPORTS`] of them.
    pub(crate) exports: Arc<Semaphore>,
    pub(crate) live: Arc<Live>,
    /// [`MAX_TAILS`] of them.
    pub(crate) tails: Arc<Semaphore>,
    /// Ends what would go on for ever.
    pub(crate) stopping: CancellationToken,
}

/// The routes of the listener.
pub(crate) fn router(state: Arc<ApiState>) -> Router {
    let metrics = Arc::clone(&state.metrics);
    let noted = from_fn_with_state(Arc::clone(&state), reads::note);
    let login = from_fn_with_state(Arc::clone(&state), check_login);
    let routes = event_routes()
        .route_layer(noted)
        .merge(process_routes())
        .route_layer(login)
        .merge(open_routes())
        .with_state(Arc::clone(&state));
    let (routes, _) = routes.split_for_parts();
    let routes = with_fallbacks(routes, "GET, HEAD").fallback(screen);
    let named = routes.layer(from_fn_with_state(state, check_host));
    around(named, LISTENER, metrics).layer(map_response(keep_nothing))
}

/// What the listener takes and answers, for the document.
pub(super) fn documented() -> OpenApi {
    event_routes().merge(process_routes()).merge(open_routes()).into_openapi()
}

/// What shows something of the events: it takes a login, and is written down.
fn event_routes() -> OpenApiRouter<Arc<ApiState>> {
    OpenApiRouter::new()
        .routes(routes!(events::list))
        .routes(routes!(events::one))
        .routes(routes!(history::difference))
        .routes(routes!(objects::list))
        .routes(routes!(history::versions))
        .routes(routes!(history::state_at))
        .routes(routes!(history::blamed))
        .routes(routes!(history::relations))
        .routes(routes!(quarantine::list))
        .routes(routes!(quarantine::one))
        .routes(routes!(timeline::lanes))
        .routes(routes!(counts::histogram))
        .routes(routes!(counts::facets))
        .routes(routes!(counts::clusters))
        .routes(routes!(deadletters::list))
        .routes(routes!(export::export))
        .routes(routes!(tail::tail))
}

/// What shows something of the process: it takes a login.
fn process_routes() -> OpenApiRouter<Arc<ApiState>> {
    OpenApiRouter::new().routes(routes!(status::status)).routes(routes!(probes::metrics))
}

/// What anybody may ask.
fn open_routes() -> OpenApiRouter<Arc<ApiState>> {
    probes::probe_routes().routes(routes!(openapi::openapi)).routes(routes!(page::page))
}

/// What no route is for may be a screen of the UI, or a file of it.
async fn screen(request: Request) -> Response {
    match ui::answer(&request) {
        Some(response) => response,
        None => nothing_here(request).await.into_response(),
    }
}

/// Before anything else is looked at.
async fn check_host(State(state): State<Arc<ApiState>>, request: Request, next: Next) -> Response {
    match state.hosts.check(&request) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

/// Before whatever shows something of what is stored.
async fn check_login(State(state): State<Arc<ApiState>>, mut request: Request, next: Next) -> Response {
    match state.access.check(&request) {
        Ok(who) => {
            request.extensions_mut().insert(who);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

/// Nobody keeps an answer that does not say otherwise, or takes it for something else than it says it is.
async fn keep_nothing(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

impl ApiState {
    /// Asks the store, on a blocking thread and within the limits.
    async fn ask<T: Serialize + Send + 'static>(
        self: &Arc<Self>,
        endpoint: &'static str,
        question: impl FnOnce(&Self, &Asked) -> Result<T, ReadError> + Send + 'static,
    ) -> Result<Response, Problem> {
        let permit = Arc::clone(&self.queries).try_acquire_owned().map_err(|_| {
            let detail = "as many queries run as may (api.max_concurrent_queries)";
            Problem::new(Code::TooManyQueries, detail).retry_after(1)
        })?;
        let state = Arc::clone(self);
        let answer = tokio::task::spawn_blocking(move || {
            let started = Instant::now();
            let result = question(&state, &state.asked());
            let labels = QueryLabels { endpoint };
            state.metrics.queries.get_or_create(&labels).observe(started.elapsed().as_secs_f64());
            drop(permit);
            result
        });
        match answer.await {
            Ok(Ok(body)) => Ok(Json(body).into_response()),
            Ok(Err(error)) => Err(error.into()),
            Err(error) => {
                tracing::error!(%error, endpoint, "a query ended in a panic");
                Err(Problem::new(
                    Code::Internal,
                    "the query failed for a reason that is our mistake; the server's log says more",
                ))
            }
        }
    }

    fn asked(&self) -> Asked {
        // Before the search: what is acknowledged while it runs is not promised to be in the answer.
        Asked {
            context: TimeContext::utc(Timestamp::now()),
            coverage: self.coverage(),
            deadline: Instant::now() + self.query_timeout,
        }
    }

    fn coverage(&self) -> Coverage {
        let now = Timestamp::now();
        let searchable = self.search.progress().searchable;
        let mut gaps = self.search.gaps();
        for lasting in self.watch.lasting(now) {
            gaps.retain(|gap| !gap.is_same_hole(&lasting));
            gaps.push(lasting);
        }
        let complete_to = self.freshness.complete_to(searchable, now);
        Coverage::new(now, complete_to, gaps, self.search.removed())
    }
}

/// What belongs to the moment of a question.
struct Asked {
    context: TimeContext,
    coverage: Coverage,
    deadline: Instant,
}

#[cfg(test)]
mod tests;
