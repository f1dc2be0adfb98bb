//! `/api/v1/objects`: which objects there are, or were at a time.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;

use super::ApiState;
use crate::http::openapi::{ANYBODY, BUSY, LOGIN, PARAMETERS, STORE, TIME, problems};
use crate::http::parameters::{LONGEST_NAME, LONGEST_PART, Parameters};
use crate::http::problem::Problem;
use crate::read::{DEFAULT_OBJECTS, ObjectsAsk, ObjectsBody, objects};

/// The objects of which writes were recorded.
///
/// What was only read, or was there before the first record, is not among them until somebody writes it.
#[utoipa::path(
    get,
    path = "/api/v1/objects",
    operation_id = "objects",
    tag = "objects",
    params(
        ("cluster" = Option<String>, Query, max_length = 253, example = "prod", description = "Only of this cluster."),
        (
            "resource" = Option<String>, Query, max_length = 253, example = "deployments.apps",
            description = "Only of this resource, as kubectl takes it; `pods.core` names the core group."
        ),
        ("ns" = Option<String>, Query, max_length = 253, example = "shop", description = "Only in this namespace, and the Namespace itself."),
        ("name" = Option<String>, Query, max_length = 1000, example = "web", description = "Only with this name."),
        (
            "at" = Option<String>, Query, max_length = 200, example = "2026-11-23T16:11:24Z",
            description = "As they were then: RFC 3339, `now-15m`, `-15m` or a date; now if not given."
        ),
        (
            "limit" = Option<usize>, Query, minimum = 1, maximum = 1000, example = 100,
            description = "Objects of the page; 100 if not given."
        ),
        (
            "cursor" = Option<String>, Query, max_length = 4000,
            description = "`next` of the page before, unchanged, with the same parameters."
        ),
    ),
    responses((status = 200, description = "The page.", body = ObjectsBody), ObjectsProblems),
    security((), ("token" = []), ("basic" = []), ("certificate" = []))
)]
pub(super) async fn list(
    State(state): State<Arc<ApiState>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let known = ["cluster", "resource", "ns", "name", "at", "limit", "cursor"];
    let parameters = Parameters::read(query.as_deref(), &known)?;
    let limit = parameters.number("limit", DEFAULT_OBJECTS)?;
    for part in ["cluster", "resource", "ns"] {
        parameters.at_most(part, LONGEST_PART)?;
    }
    parameters.at_most("name", LONGEST_NAME)?;
    state
        .ask("objects", move |state, asked| {
            let ask = ObjectsAsk {
                cluster: parameters.get("cluster"),
                resource: parameters.get("resource"),
                namespace: parameters.get("ns"),
                name: parameters.get("name"),
                at: parameters.get("at"),
                limit,
                cursor: parameters.get("cursor"),
            };
            objects(&*state.search, &ask, &asked.context, asked.coverage.clone(), asked.deadline)
        })
        .await
}

problems!(ObjectsProblems: ANYBODY, LOGIN, PARAMETERS, TIME, BUSY, STORE);
