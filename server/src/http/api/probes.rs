//! `/livez`, `/readyz` and `/metrics`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiState;
use crate::http::openapi::{ANYBODY, FULL, LOGIN, STORE, problems};
use crate::http::problem::{Code, Problem};
use crate::metrics::{OPENMETRICS, level};
use crate::serve::{Cause, Refusal, disk_free};

/// What anybody may ask who reaches the listener.
pub(in crate::http) fn probe_routes() -> OpenApiRouter<Arc<ApiState>> {
    OpenApiRouter::new().routes(routes!(livez)).routes(routes!(readyz))
}

/// Whether the process runs.
#[utoipa::path(
    get,
    path = "/livez",
    operation_id = "livez",
    tag = "process",
    responses((status = 200, description = "It does.", body = String, content_type = "text/plain"), LiveProblems)
)]
async fn livez() -> &'static str {
    "alive\n"
}

problems!(LiveProblems: ANYBODY);

/// Whether the process accepts and answers.
///
/// A replay in progress only shows in the coverage of answers.
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "readyz",
    tag = "process",
    responses((status = 200, description = "It does.", body = String, content_type = "text/plain"), ReadyProblems)
)]
async fn readyz(State(state): State<Arc<ApiState>>) -> Result<&'static str, Problem> {
    if state.health.is_stopping() {
        return Err(Problem::new(Code::Stopping, "the server stops").retry_after(5));
    }
    let Some(Refusal { cause, reason }) = state.health.refusal() else { return Ok("ready\n") };
    let (code, retry_after_s) = match cause {
        Cause::DiskFull => (Code::DiskFull, 10),
        Cause::JournalFull => (Code::JournalFull, 10),
        Cause::JournalFailed => (Code::JournalFailed, 30),
    };
    Err(Problem::new(code, reason).retry_after(retry_after_s))
}

problems!(ReadyProblems: ANYBODY, FULL, &[Code::Stopping]);

/// Measurements in the OpenMetrics text format.
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "metrics",
    tag = "process",
    responses(
        (status = 200, description = "The measurements.", body = String, content_type = "application/openmetrics-text"),
        MetricsProblems
    ),
    security((), ("token" = []), ("basic" = []), ("certificate" = []))
)]
pub(in crate::http) async fn metrics(State(state): State<Arc<ApiState>>) -> Result<Response, Problem> {
    let text = tokio::task::spawn_blocking(move || state.metrics_text());
    let text = text.await.map_err(|error| Problem::new(Code::Internal, error.to_string()))?;
    Ok(([(header::CONTENT_TYPE, OPENMETRICS)], text).into_response())
}

problems!(MetricsProblems: ANYBODY, LOGIN, STORE);

impl ApiState {
    fn metrics_text(&self) -> String {
        let metrics = &self.metrics;
        let progress = self.search.progress();
        metrics.set_indexed(self.pipeline.counts());
        metrics.set_dropped(&self.unwanted.list());
        metrics.set_tailed(&self.logs.all());
        metrics.set_notified(&self.notify.list(progress.searchable));
        metrics.budget_used.set(level(self.in_flight.held_bytes()));
        metrics.budget.set(level(self.about.budget_bytes));
        metrics.journal_bytes.set(level(self.journal.bytes()));
        metrics.journal_end.set(level(self.journal.end()));
        metrics.journal_durable.set(level(self.journal.durable()));
        metrics.searchable.set(level(progress.searchable));
        metrics.documents.set(level(progress.documents));
        metrics.splits.set(level(progress.splits));
        metrics.index_bytes.set(level(progress.bytes));
        metrics.state_cache.set(level(progress.state_cache_bytes));
        metrics.set_corrected(progress.corrected);
        metrics.set_removed(progress.removed_by_age, progress.removed_by_bytes);
        let room = self.room(&progress);
        metrics.retention_used.set(level(room.used_bytes));
        metrics.retention_limit.set(room.max_bytes.map_or(-1, level));
        metrics.lag.set(self.coverage().lag_ms as f64 / 1000.0);
        metrics.disk_free.set(disk_free(&self.about.data).map_or(-1, level));
        self.certificates.iter().for_each(|certificate| certificate.measure(metrics));
        metrics.text()
    }
}
