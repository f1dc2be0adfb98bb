//! `/api/v1/events` and `/api/v1/events/{id}`.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use taffrail_query::Order;

use super::ApiState;
use crate::http::parameters::Parameters;
use crate::http::problem::{Code, Problem};
use crate::read::{Ask, DEFAULT_EVENTS, EventsAsk, MIN_ID_DIGITS, event, events};

/// The words of `order=`.
const ORDERS: &[(&str, Order)] = &[("asc", Order::Asc), ("desc", Order::Desc)];

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

pub(super) async fn one(
    State(state): State<Arc<ApiState>>,
    id: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    Parameters::read(query.as_deref(), &[])?;
    let Ok(Path(id)) = id else {
        let detail = format!("an id is 32 hex digits; {MIN_ID_DIGITS} are enough if they are unique");
        return Err(Problem::new(Code::BadParameter, detail));
    };
    state.ask("event", move |state, asked| event(&*state.search, &id, asked.coverage.clone())).await
}

/// The parameters that every question has.
pub(super) fn ask(parameters: &Parameters) -> Ask<'_> {
    Ask {
        query: parameters.get("q").unwrap_or_default(),
        from: parameters.get("from"),
        to: parameters.get("to"),
    }
}
