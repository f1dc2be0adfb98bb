//! `/api/v1/objects/{cluster}/{group}/{resource}/{namespace}/{name}/...` and `/api/v1/events/{id}/diff`.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use taffrail_query::history::ObjectName;

use super::ApiState;
use super::events::id_of;
use crate::http::openapi::{ANYBODY, BUSY, ID, LOGIN, OBJECT, PARAMETERS, QUESTION, STORE, TIME, problems};
use crate::http::parameters::{LONGEST_NAME, LONGEST_PART, Parameters, at_most};
use crate::http::problem::{Code, Problem};
use crate::read::{
    AtBody, BlameBody, DEFAULT_VERSIONS, DiffBody, HistoryAsk, HistoryBody, RelatedBody, at, blame, diff,
    history, of_parts, related_to,
};

type Segments = Result<Path<(String, String, String, String, String)>, PathRejection>;

/// The versions of an object, oldest first.
///
/// All objects that bore this name, one after the other.
#[utoipa::path(
    get,
    path = "/api/v1/objects/{cluster}/{group}/{resource}/{namespace}/{name}/history",
    operation_id = "history",
    tag = "objects",
    params(
        ObjectParameters,
        (
            "q" = Option<String>, Query, max_length = 10000, example = "by:human -statusonly:true",
            description = "Only versions whose write this query finds; absent = all of them."
        ),
        (
            "no_ops" = Option<bool>, Query,
            description = "Whether writes that changed nothing are shown too; if not given they are not."
        ),
        (
            "limit" = Option<usize>, Query, minimum = 1, maximum = 1000, example = 100,
            description = "Versions of the page; 100 if not given."
        ),
        (
            "cursor" = Option<String>, Query, max_length = 32, pattern = "^[0-9a-f]{32}$",
            description = "`next` of the page before."
        ),
    ),
    responses((status = 200, description = "The versions.", body = HistoryBody), HistoryProblems),
    security((), ("token" = []), ("basic" = []), ("certificate" = []))
)]
pub(super) async fn versions(
    State(state): State<Arc<ApiState>>,
    path: Segments,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let parameters = Parameters::read(query.as_deref(), &["q", "no_ops", "limit", "cursor"])?;
    let limit = parameters.number("limit", DEFAULT_VERSIONS)?;
    let no_ops = parameters.choice("no_ops", &[("true", true), ("false", false)], false)?;
    let object = object(path)?;
    state
        .ask("history", move |state, asked| {
            let (query, cursor) = (parameters.get("q").unwrap_or_default(), parameters.get("cursor"));
            let ask = HistoryAsk { query, no_ops, limit, cursor };
            history(&*state.search, &object, &ask, &asked.context, asked.coverage.clone())
        })
        .await
}

problems!(HistoryProblems: ANYBODY, LOGIN, PARAMETERS, QUESTION, OBJECT, BUSY, STORE);

/// An object as it was at a time.
#[utoipa::path(
    get,
    path = "/api/v1/objects/{cluster}/{group}/{resource}/{namespace}/{name}/at",
    operation_id = "at",
    tag = "objects",
    params(
        ObjectParameters,
        (
            "time" = Option<String>, Query, max_length = 200, example = "2026-11-23T16:11:24Z",
            description = "RFC 3339, `now-15m`, `-15m` or a date; now if not given. What was written then is included."
        ),
    ),
    responses((status = 200, description = "The object.", body = AtBody), AtProblems),
    security((), ("token" = []), ("basic" = []), ("certificate" = []))
)]
pub(super) async fn state_at(
    State(state): State<Arc<ApiState>>,
    path: Segments,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let parameters = Parameters::read(query.as_deref(), &["time"])?;
    let object = object(path)?;
    state
        .ask("at", move |state, asked| {
            at(&*state.search, &object, parameters.get("time"), &asked.context, asked.coverage.clone())
        })
        .await
}

problems!(AtProblems: ANYBODY, LOGIN, PARAMETERS, TIME, OBJECT, BUSY, STORE);

/// Who set each field of an object to what it is.
#[utoipa::path(
    get,
    path = "/api/v1/objects/{cluster}/{group}/{resource}/{namespace}/{name}/blame",
    operation_id = "blame",
    tag = "objects",
    params(ObjectParameters),
    responses((status = 200, description = "Field by field.", body = BlameBody), BlameProblems),
    security((), ("token" = []), ("basic" = []), ("certificate" = []))
)]
pub(super) async fn blamed(
    State(state): State<Arc<ApiState>>,
    path: Segments,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    Parameters::read(query.as_deref(), &[])?;
    let object = object(path)?;
    state.ask("blame", move |state, asked| blame(&*state.search, &object, asked.coverage.clone())).await
}

problems!(BlameProblems: ANYBODY, LOGIN, PARAMETERS, OBJECT, BUSY, STORE);

/// What has to do with an object.
///
/// Its owners and what it owns, the ConfigMaps, Secrets and ServiceAccount of its pods, their node, and the autoscalers, Services
/// and NetworkPolicies that are about them, as their newest recorded states say.
#[utoipa::path(
    get,
    path = "/api/v1/objects/{cluster}/{group}/{resource}/{namespace}/{name}/related",
    operation_id = "related",
    tag = "objects",
    params(ObjectParameters),
    responses((status = 200, description = "Its relations.", body = RelatedBody), RelatedProblems),
    security((), ("token" = []), ("basic" = []), ("certificate" = []))
)]
pub(super) async fn relations(
    State(state): State<Arc<ApiState>>,
    path: Segments,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    Parameters::read(query.as_deref(), &[])?;
    let object = object(path)?;
    state
        .ask("related", move |state, asked| {
            related_to(&*state.search, &object, &asked.context, asked.coverage.clone(), asked.deadline)
        })
        .await
}

problems!(RelatedProblems: ANYBODY, LOGIN, PARAMETERS, BUSY, STORE);

/// What an event changed, whole.
///
/// Lists cut long values and leave out fields after the 100th; here nothing is cut.
#[utoipa::path(
    get,
    path = "/api/v1/events/{id}/diff",
    operation_id = "diff",
    tag = "events",
    params((
        "id" = String, Path, pattern = "^[0-9a-fA-F]{8,32}$", min_length = 8, max_length = 32,
        description = "Its id, or the first 8 or more digits of it if they are unique."
    )),
    responses((status = 200, description = "Both states and the change.", body = DiffBody), DiffProblems),
    security((), ("token" = []), ("basic" = []), ("certificate" = []))
)]
pub(super) async fn difference(
    State(state): State<Arc<ApiState>>,
    id: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    Parameters::read(query.as_deref(), &[])?;
    let id = id_of(id)?;
    state.ask("diff", move |state, asked| diff(&*state.search, &id, asked.coverage.clone())).await
}

problems!(DiffProblems: ANYBODY, LOGIN, PARAMETERS, ID, BUSY, STORE);

/// The object that a path names.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "only its shape is used")]
struct ObjectParameters {
    /// The name of the cluster.
    #[param(min_length = 1, max_length = 253, example = "prod")]
    cluster: String,
    /// API group; `core` for the core one.
    #[param(min_length = 1, max_length = 253, example = "apps")]
    group: String,
    /// The plural name of the resource.
    #[param(min_length = 1, max_length = 253, example = "deployments")]
    resource: String,
    /// Namespace; `_` for what has none.
    #[param(min_length = 1, max_length = 253, example = "shop")]
    namespace: String,
    /// The object's name.
    #[param(min_length = 1, max_length = 1000, pattern = "^.+$", example = "web")]
    name: String,
}

fn object(path: Segments) -> Result<ObjectName, Problem> {
    let Ok(Path((cluster, group, resource, namespace, name))) = path else {
        let detail = "a part of the path is not UTF-8; percent-encode it as UTF-8 bytes";
        return Err(Problem::new(Code::BadParameter, detail));
    };
    let parts =
        [("cluster", &cluster), ("group", &group), ("resource", &resource), ("namespace", &namespace)];
    for (part, value) in parts {
        at_most(part, value, LONGEST_PART)?;
    }
    at_most("name", &name, LONGEST_NAME)?;
    Ok(of_parts([cluster, group, resource, namespace, name]))
}
