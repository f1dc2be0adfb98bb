//! `/api/v1/histogram`, `/api/v1/facets` and `/api/v1/clusters`.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;

use super::ApiState;
use super::events::ask;
use crate::http::parameters::Parameters;
use crate::http::problem::{Code, Problem};
use crate::read::{self, DEFAULT_BUCKETS, DEFAULT_FACETS, DEFAULT_SPLIT, FacetsAsk, HistogramAsk};

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

pub(super) async fn clusters(
    State(state): State<Arc<ApiState>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    Parameters::read(query.as_deref(), &[])?;
    state.ask("clusters", |state, asked| read::clusters(&*state.search, asked.coverage.clone())).await
}
