//! `/api/v1/quarantine`: pods under quarantine, and the story of one.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use taffrail_event::Timestamp;
use taffrail_query::TimeContext;

use super::ApiState;
use crate::http::openapi::{ANYBODY, BUSY, LOGIN, OBJECT, PARAMETERS, STORE, TIME, problems};
use crate::http::parameters::{LONGEST_PART, Parameters, at_most};
use crate::http::problem::{Code, Problem};
use crate::read::{self, QuarantinesAsk, QuarantinesBody, StoryAsk, StoryBody, quarantines, story};

/// An hour.
const DEFAULT_SPAN: &str = "1h";

/// The quarantines that are recorded, the newest first.
///
/// A pod is under quarantine while it carries the label of the setting `quarantine.label` (`quarantine=true`), however that was set.
#[utoipa::path(
    get,
    path = "/api/v1/quarantine",
    operation_id = "quarantines",
    tag = "quarantine",
    params(
        ("cluster" = Option<String>, Query, max_length = 253, example = "prod", description = "Only of this cluster."),
        ("ns" = Option<String>, Query, max_length = 253, example = "shop", description = "Only of pods of this namespace."),
    ),
    responses((status = 200, description = "The quarantines.", body = QuarantinesBody), QuarantinesProblems),
    security((), ("token" = []), ("basic" = []), ("certificate" = []))
)]
pub(super) async fn list(
    State(state): State<Arc<ApiState>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let parameters = Parameters::read(query.as_deref(), &["cluster", "ns"])?;
    for part in ["cluster", "ns"] {
        parameters.at_most(part, LONGEST_PART)?;
    }
    state
        .ask("quarantine", move |state, asked| {
            let ask = QuarantinesAsk { cluster: parameters.get("cluster"), namespace: parameters.get("ns") };
            let label = &state.quarantine_label;
            quarantines(&*state.search, label, &ask, &asked.context, asked.coverage.clone(), asked.deadline)
        })
        .await
}

problems!(QuarantinesProblems: ANYBODY, LOGIN, PARAMETERS, BUSY, STORE);

/// The story of a pod that is or was under quarantine.
///
/// Who isolated it and by which policy, whom it talked to before, every attempt since, who had access to it meanwhile, and what is
/// missing to be sure.
#[utoipa::path(
    get,
    path = "/api/v1/quarantine/{cluster}/{namespace}/{pod}",
    operation_id = "quarantineStory",
    tag = "quarantine",
    params(
        ("cluster" = String, Path, max_length = 253, example = "prod", description = "The cluster of the pod."),
        ("namespace" = String, Path, max_length = 253, example = "default", description = "The namespace of the pod."),
        ("pod" = String, Path, max_length = 253, example = "attacker", description = "The name of the pod."),
        (
            "since" = Option<String>, Query, max_length = 200, example = "2026-11-23T16:00:00Z",
            description = "Quarantines that ended before are no part of it; if not given only the last one is."
        ),
        ("before" = Option<String>, Query, max_length = 20, example = "1h", description = "How long before the first quarantine it begins; 1h if not given."),
        (
            "cursor" = Option<String>, Query, max_length = 60, pattern = "^([0-9]{1,20}-[0-9]{1,20})?$",
            description = "Only the rows that come after this place: `next` of the page before."
        ),
        ("after" = Option<String>, Query, max_length = 20, example = "1h", description = "How long after the last one it ends; 1h if not given."),
    ),
    responses((status = 200, description = "The story.", body = StoryBody), StoryProblems),
    security((), ("token" = []), ("basic" = []), ("certificate" = []))
)]
pub(super) async fn one(
    State(state): State<Arc<ApiState>>,
    path: Result<Path<(String, String, String)>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let parameters = Parameters::read(query.as_deref(), &["since", "before", "after", "cursor"])?;
    let Ok(Path((cluster, namespace, pod))) = path else {
        return Err(Problem::new(
            Code::BadParameter,
            "a part of the path is not UTF-8; percent-encode it as UTF-8 bytes",
        ));
    };
    for (name, part) in [("cluster", &cluster), ("namespace", &namespace), ("pod", &pod)] {
        at_most(name, part, LONGEST_PART)?;
    }
    let (before, after) = (span(&parameters, "before")?, span(&parameters, "after")?);
    state
        .ask("quarantine_story", move |state, asked| {
            let since = parameters.get("since");
            let (cluster, namespace, pod) = (&*cluster, &*namespace, &*pod);
            let cursor = parameters.get("cursor");
            let ask = StoryAsk { cluster, namespace, pod, since, before, after, cursor };
            let label = &state.quarantine_label;
            story(&*state.search, label, &ask, &asked.context, asked.coverage.clone(), asked.deadline)
        })
        .await
}

problems!(StoryProblems: ANYBODY, LOGIN, PARAMETERS, TIME, OBJECT, BUSY, STORE);

/// A parameter that is a stretch of time, in microseconds.
fn span(parameters: &Parameters, name: &str) -> Result<i64, Problem> {
    let text = parameters.get(name).unwrap_or(DEFAULT_SPAN);
    read::span(text, &TimeContext::utc(Timestamp::now())).ok_or_else(|| {
        let detail = format!("{name} is {text:?}; it has to be a stretch of time such as 15m or 2h");
        Problem::new(Code::BadParameter, detail)
    })
}
