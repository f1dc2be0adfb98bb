//! `/api/v1/deadletters`.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use serde::Serialize;
use taffrail_ingest::{DeadLetter, DeadLetterTotals};
use taffrail_query::SearchError;

use super::ApiState;
use crate::http::parameters::Parameters;
use crate::http::problem::{Code, Problem};
use crate::read::{Coverage, ReadError};

/// Each has an excerpt of up to 64 KiB.
const MAX_LETTERS: usize = 1000;
const DEFAULT_LETTERS: usize = 100;

/// What could not be decoded, newest first.
#[derive(Debug, Serialize)]
struct DeadLettersBody {
    deadletters: Vec<DeadLetter>,
    next: Option<String>,
    totals: DeadLetterTotals,
    coverage: Coverage,
}

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
        Some(text) => Some(text.parse::<u64>().map_err(|_| {
            Problem::new(
                Code::BadCursor,
                "the cursor is not from this list; pass `next` of the page before unchanged",
            )
        })?),
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
