//! `/api/v1/histogram`, `/api/v1/facets` and `/api/v1/clusters`.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;

use super::ApiState;
use super::events::ask;
use crate::http::openapi::{ANYBODY, BUSY, LOGIN, PARAMETERS, QUESTION, QuestionParameters, STORE, problems};
use crate::http::parameters::Parameters;
use crate::http::problem::{Code, Problem};
use crate::read::{
    self, ClustersBody, DEFAULT_BUCKETS, DEFAULT_FACETS, DEFAULT_SPLIT, FacetsAsk, FacetsBody, HistogramAsk,
    HistogramBody,
};

/// Events counted over time.
#[utoipa::path(
    get,
    path = "/api/v1/histogram",
    operation_id = "histogram",
    tag = "events",
    params(
        QuestionParameters,
        (
            "buckets" = Option<usize>, Query, minimum = 1, maximum = 2000, example = 100,
            description = "Stretches to count in; 100 if not given."
        ),
        (
            "split" = Option<String>, Query, max_length = 64, example = "verb",
            description = "A field to count by in every bucket: its 1,000 most frequent values; `kind` if not given."
        ),
    ),
    responses((status = 200, description = "The counts, empty buckets included.", body = HistogramBody), CountProblems),
    security((), ("token" = []), ("basic" = []), ("certificate" = []))
)]
pub(super) async fn histogram(
    State(state): State<Arc<ApiState>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let parameters = Parameters::read(query.as_deref(), &["q", "from", "to", "buckets", "split"])?;
    let buckets = parameters.number("buckets", DEFAULT_BUCKETS)?;
    state
        .ask("histogram", move |state, asked| {
            let split = parameters.get("split").unwrap_or(DEFAULT_SPLIT);
            let ask = HistogramAsk { ask: ask(&parameters), buckets, split };
            read::histogram(&*state.search, &ask, &asked.context, asked.coverage.clone(), asked.deadline)
        })
        .await
}

problems!(CountProblems: ANYBODY, LOGIN, PARAMETERS, QUESTION, BUSY, STORE);

/// The most frequent values of a field.
#[utoipa::path(
    get,
    path = "/api/v1/facets",
    operation_id = "facets",
    tag = "events",
    params(
        ("field" = String, Query, min_length = 1, max_length = 64, example = "actor.name", description = "The field to count by."),
        QuestionParameters,
        (
            "limit" = Option<usize>, Query, minimum = 1, maximum = 1000, example = 20,
            description = "Values at most; 20 if not given."
        ),
    ),
    responses((status = 200, description = "The values, the most frequent first.", body = FacetsBody), CountProblems),
    security((), ("token" = []), ("basic" = []), ("certificate" = []))
)]
pub(super) async fn facets(
    State(state): State<Arc<ApiState>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let parameters = Parameters::read(query.as_deref(), &["field", "q", "from", "to", "limit"])?;
    let limit = parameters.number("limit", DEFAULT_FACETS)?;
    let Some(field) = parameters.get("field").map(str::to_owned) else {
        return Err(Problem::new(
            Code::BadParameter,
            "field is missing; name what to count by, as field=actor.name",
        ));
    };
    state
        .ask("facets", move |state, asked| {
            let ask = FacetsAsk { ask: ask(&parameters), field: &field, limit };
            read::facets(&*state.search, &ask, &asked.context, asked.coverage.clone(), asked.deadline)
        })
        .await
}

/// The clusters that events came from.
#[utoipa::path(
    get,
    path = "/api/v1/clusters",
    operation_id = "clusters",
    tag = "events",
    responses((status = 200, description = "What is stored of each.", body = ClustersBody), ClustersProblems),
    security((), ("token" = []), ("basic" = []), ("certificate" = []))
)]
pub(super) async fn clusters(
    State(state): State<Arc<ApiState>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    Parameters::read(query.as_deref(), &[])?;
    state.ask("clusters", |state, asked| read::clusters(&*state.search, asked.coverage.clone())).await
}

problems!(ClustersProblems: ANYBODY, LOGIN, PARAMETERS, BUSY, STORE);
