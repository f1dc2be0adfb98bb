//! `/api/v1/events` and `/api/v1/events/{id}`.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use taffrail_query::Order;

use super::ApiState;
use crate::http::openapi::{
    ANYBODY, BUSY, CURSOR, ID, LOGIN, PARAMETERS, QUESTION, QuestionParameters, STORE, problems,
};
use crate::http::parameters::Parameters;
use crate::http::problem::{Code, Problem};
use crate::read::schema::OrderSchema;
use crate::read::{Ask, DEFAULT_EVENTS, EventBody, EventsAsk, EventsBody, MIN_ID_DIGITS, event, events};

/// The words of `order=`.
const ORDERS: &[(&str, Order)] = &[("asc", Order::Asc), ("desc", Order::Desc)];

/// A page of events.
///
/// A walk by cursor returns every event that was there at its start exactly once.
#[utoipa::path(
    get,
    path = "/api/v1/events",
    operation_id = "events",
    tag = "events",
    params(
        QuestionParameters,
        ("order" = inline(Option<OrderSchema>), Query, description = "By (time, id): `desc` is newest first.", example = "desc"),
        (
            "limit" = Option<usize>, Query, minimum = 1, maximum = 1000, example = 100,
            description = "Events of the page; 100 if not given."
        ),
        (
            "cursor" = Option<String>, Query, max_length = 200,
            description = "`next` of the page before, unchanged, with the same query, times and order."
        ),
    ),
    responses((status = 200, description = "The page.", body = EventsBody), ListProblems),
    security((), ("token" = []), ("basic" = []), ("certificate" = []))
)]
pub(super) async fn list(
    State(state): State<Arc<ApiState>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let parameters = Parameters::read(query.as_deref(), &["q", "from", "to", "order", "limit", "cursor"])?;
    let order = parameters.choice("order", ORDERS, Order::Desc)?;
    let limit = parameters.number("limit", DEFAULT_EVENTS)?;
    state
        .ask("events", move |state, asked| {
            let ask = EventsAsk { ask: ask(&parameters), order, limit, cursor: parameters.get("cursor") };
            events(&*state.search, &ask, &asked.context, asked.coverage.clone(), asked.deadline)
        })
        .await
}

problems!(ListProblems: ANYBODY, LOGIN, PARAMETERS, QUESTION, CURSOR, BUSY, STORE);

/// One event with its record.
#[utoipa::path(
    get,
    path = "/api/v1/events/{id}",
    operation_id = "event",
    tag = "events",
    params((
        "id" = String, Path, pattern = "^[0-9a-fA-F]{8,32}$", min_length = 8, max_length = 32,
        description = "Its id, or the first 8 or more digits of it if they are unique."
    )),
    responses((status = 200, description = "The event.", body = EventBody), OneProblems),
    security((), ("token" = []), ("basic" = []), ("certificate" = []))
)]
pub(super) async fn one(
    State(state): State<Arc<ApiState>>,
    id: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    Parameters::read(query.as_deref(), &[])?;
    let id = id_of(id)?;
    state.ask("event", move |state, asked| event(&*state.search, &id, asked.coverage.clone())).await
}

problems!(OneProblems: ANYBODY, LOGIN, PARAMETERS, ID, BUSY, STORE);

/// The id that a path names.
pub(super) fn id_of(id: Result<Path<String>, PathRejection>) -> Result<String, Problem> {
    id.map(|Path(id)| id).map_err(|_| {
        let detail = format!("an id is 32 hex digits; {MIN_ID_DIGITS} are enough if they are unique");
        Problem::new(Code::BadParameter, detail)
    })
}

/// The parameters that every question has.
pub(super) fn ask(parameters: &Parameters) -> Ask<'_> {
    Ask {
        query: parameters.get("q").unwrap_or_default(),
        from: parameters.get("from"),
        to: parameters.get("to"),
    }
}
