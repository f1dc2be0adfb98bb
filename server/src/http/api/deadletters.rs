//! `/api/v1/deadletters`.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use serde::Serialize;
use taffrail_ingest::{DeadLetter, DeadLetterTotals};
use taffrail_query::SearchError;
use utoipa::ToSchema;

use super::ApiState;
use crate::http::openapi::{ANYBODY, BUSY, CURSOR, LOGIN, PARAMETERS, STORE, problems};
use crate::http::parameters::Parameters;
use crate::http::problem::{Code, Problem};
use crate::read::schema::{DeadLetterSchema, DeadLetterTotalsSchema};
use crate::read::{Coverage, ReadError};

/// Each has an excerpt of up to 64 KiB.
const MAX_LETTERS: usize = 1000;
const DEFAULT_LETTERS: usize = 100;

/// What could not be decoded, newest first.
#[derive(Debug, Serialize, ToSchema)]
struct DeadLettersBody {
    #[schema(value_type = Vec<DeadLetterSchema>)]
    deadletters: Vec<DeadLetter>,
    next: Option<String>,
    #[schema(value_type = DeadLetterTotalsSchema)]
    totals: DeadLetterTotals,
    coverage: Coverage,
}

/// What could not be decoded.
#[utoipa::path(
    get,
    path = "/api/v1/deadletters",
    operation_id = "deadletters",
    tag = "events",
    params(
        (
            "limit" = Option<usize>, Query, minimum = 1, maximum = 1000, example = 100,
            description = "Letters of the page; 100 if not given."
        ),
        (
            "cursor" = Option<String>, Query, max_length = 20, pattern = "^[0-9]*$",
            description = "`next` of the page before, unchanged."
        ),
    ),
    responses((status = 200, description = "The page, newest first.", body = DeadLettersBody), DeadLettersProblems),
    security((), ("token" = []), ("basic" = []), ("certificate" = []))
)]
pub(super) async fn list(
    State(state): State<Arc<ApiState>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let parameters = Parameters::read(query.as_deref(), &["limit", "cursor"])?;
    let limit = parameters.number("limit", DEFAULT_LETTERS)?;
    if !(1..=MAX_LETTERS).contains(&limit) {
        let detail =
            format!("limit is {limit}; it goes from 1 to {MAX_LETTERS}, and `next` leads to the rest");
        return Err(Problem::new(Code::BadParameter, detail));
    }
    let cursor = match parameters.get("cursor") {
        None => None,
        Some(text) => Some(position(text)?),
    };
    state
        .ask("deadletters", move |state, asked| {
            let page = state.dead.list(limit, cursor);
            let page = page.map_err(|error| ReadError::Search(SearchError::Storage(error.to_string())))?;
            Ok(DeadLettersBody {
                deadletters: page.letters,
                next: page.next.map(|next| next.to_string()),
                totals: state.dead.totals(),
                coverage: asked.coverage.clone(),
            })
        })
        .await
}

problems!(DeadLettersProblems: ANYBODY, LOGIN, PARAMETERS, CURSOR, BUSY, STORE);

/// The position that a cursor is: `next` writes it without a sign or zeros before it.
fn position(cursor: &str) -> Result<u64, Problem> {
    let position = cursor.parse().ok().filter(|position: &u64| position.to_string() == cursor);
    position.ok_or_else(|| {
        let detail = "the cursor is not from this list; pass `next` of the page before unchanged";
        Problem::new(Code::BadCursor, detail)
    })
}
