//! `/livez`, `/readyz` and `/metrics`.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::ApiState;
use crate::http::problem::{Code, Problem};
use crate::metrics::{OPENMETRICS, level};
use crate::serve::{Cause, Refusal, disk_free};

/// What anybody may ask who reaches the listener.
pub(in crate::http) fn routes() -> Router<Arc<ApiState>> {
    Router::new().route("/livez", get(livez)).route("/readyz", get(readyz))
}

/// The process runs.
async fn livez() -> &'static str {
    "alive\n"
}

/// The process accepts and answers. A replay in progress only shows in the coverage of answers.
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

pub(in crate::http) async fn metrics(State(state): State<Arc<ApiState>>) -> Result<Response, Problem> {
    let text = tokio::task::spawn_blocking(move || state.metrics_text());
    let text = text.await.map_err(|error| Problem::new(Code::Internal, error.to_string()))?;
    Ok(([(header::CONTENT_TYPE, OPENMETRICS)], text).into_response())
}

impl ApiState {
    fn metrics_text(&self) -> String {
        let metrics = &self.metrics;
        let progress = self.search.progress();
        metrics.set_indexed(self.pipeline.counts());
        metrics.set_dropped(&self.unwanted.list());
        metrics.set_tailed(&self.logs.all());
        metrics.budget_used.set(level(self.in_flight.held_bytes()));
        metrics.budget.set(level(self.about.budget_bytes));
        metrics.journal_bytes.set(level(self.journal.bytes()));
        metrics.journal_end.set(level(self.journal.end()));
        metrics.journal_durable.set(level(self.journal.durable()));
        metrics.searchable.set(level(progress.searchable));
        metrics.documents.set(level(progress.documents));
        metrics.splits.set(level(progress.splits));
        metrics.index_bytes.set(level(progress.bytes));
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
