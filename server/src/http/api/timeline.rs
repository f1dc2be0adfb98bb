//! `/api/v1/timeline`: events side by side.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use taffrail_query::LaneBy;

use super::ApiState;
use super::events::ask;
use crate::http::openapi::{ANYBODY, BUSY, LOGIN, PARAMETERS, QUESTION, QuestionParameters, STORE, problems};
use crate::http::parameters::Parameters;
use crate::http::problem::Problem;
use crate::read::schema::LaneBySchema;
use crate::read::{DEFAULT_LANES, DEFAULT_PER_LANE, LanesAsk, TimelineBody, timeline};

/// Events side by side, one lane per object, actor, namespace or node.
///
/// Lanes that people touched come first, then those with refusals or errors of the server, then by their newest event.
#[utoipa::path(
    get,
    path = "/api/v1/timeline",
    operation_id = "timeline",
    tag = "events",
    params(
        QuestionParameters,
        ("by" = inline(Option<LaneBySchema>), Query, description = "What a lane stands for; `object` if not given.", example = "object"),
        (
            "lanes" = Option<usize>, Query, minimum = 1, maximum = 500, example = 50,
            description = "Lanes at most; 50 if not given. All together hold 50,000 events at most: many lanes hold fewer each."
        ),
        (
            "per_lane" = Option<usize>, Query, minimum = 1, maximum = 5000, example = 500,
            description = "Events of a lane at most, the newest; 500 if not given."
        ),
        (
            "objects" = Option<bool>, Query, example = true,
            description = "Whether lanes of objects say what controls them, and when they came to be and went; `false` if not given, as it has to be looked up."
        ),
    ),
    responses((status = 200, description = "The lanes, and all events counted over time.", body = TimelineBody), TimelineProblems),
    security((), ("token" = []), ("basic" = []), ("certificate" = []))
)]
pub(super) async fn lanes(
    State(state): State<Arc<ApiState>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let known = ["q", "from", "to", "by", "lanes", "per_lane", "objects"];
    let parameters = Parameters::read(query.as_deref(), &known)?;
    let by = parameters.choice("by", &LaneBy::ALL.map(|by| (by.name(), by)), LaneBy::Object)?;
    let lanes = parameters.number("lanes", DEFAULT_LANES)?;
    let per_lane = parameters.number("per_lane", DEFAULT_PER_LANE)?;
    let objects = parameters.choice("objects", &[("true", true), ("false", false)], false)?;
    state
        .ask("timeline", move |state, asked| {
            let ask = LanesAsk { ask: ask(&parameters), by, lanes, per_lane, objects };
            timeline(&*state.search, &ask, &asked.context, asked.coverage.clone(), asked.deadline)
        })
        .await
}

problems!(TimelineProblems: ANYBODY, LOGIN, PARAMETERS, QUESTION, BUSY, STORE);
