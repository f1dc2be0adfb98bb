//! `POST /v1/deadletters/replay`: dead letters once more, after a fix.
//!
//! On this listener, because it adds events: who may not send may not do this either.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use serde::{Deserialize, Serialize};
use taffrail_event::{Key, Timestamp};
use taffrail_ingest::{IntakeError, ReplayReport};
use utoipa::ToSchema;

use super::refusal::refusal;
use super::{IngestState, refuse_browsers};
use crate::http::openapi::{BROWSERS, FULL, LOGIN, PARAMETERS, problems};
use crate::http::parameters::Parameters;
use crate::http::problem::{Code, Problem};
use crate::read::schema::KeySchema;

/// Digits that an id must have at least, as for events.
const MIN_ID_DIGITS: usize = 8;

/// What became of them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub(crate) struct ReplayBody {
    /// Letters that are gone, because their records are in the journal.
    pub(crate) replayed: u64,
    /// The records.
    pub(crate) records: u64,
    /// Records that were not kept because of `ingest.drop`.
    pub(crate) dropped: u64,
    /// Letters that still are no events.
    pub(crate) still_dead: u64,
    /// Letters that hold only the beginning of their record.
    pub(crate) not_whole: u64,
    /// Why, for the first of those that still are no events.
    pub(crate) reasons: Vec<ReasonBody>,
}

/// What is in the way of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct ReasonBody {
    #[schema(value_type = KeySchema)]
    pub(crate) id: Key,
    pub(crate) reason: String,
}

impl From<ReplayReport> for ReplayBody {
    fn from(report: ReplayReport) -> Self {
        Self {
            replayed: report.replayed,
            records: report.records,
            dropped: report.dropped,
            still_dead: report.still_dead,
            not_whole: report.not_whole,
            reasons: report.reasons.into_iter().map(|(id, reason)| ReasonBody { id, reason }).collect(),
        }
    }
}

/// Dead letters read once more, after a fix.
///
/// 200 means that what it reports is on the disk. Where a login is asked for, it takes a sender's, and only letters of its
/// clusters are read.
#[utoipa::path(
    post,
    path = "/v1/deadletters/replay",
    operation_id = "replayDeadLetters",
    tag = "sending",
    params((
        "ids" = Option<String>, Query, max_length = 65_536, pattern = "^([0-9a-fA-F]{8,32}(,[0-9a-fA-F]{8,32})*)?$",
        description = "The first 8 or more digits of their ids, with commas between them; absent = all letters."
    )),
    responses((status = 200, description = "What became of them.", body = ReplayBody), ReplayProblems),
    security((), ("token" = []), ("basic" = []), ("certificate" = []))
)]
pub(super) async fn replay(
    State(state): State<Arc<IngestState>>,
    request: Request,
) -> Result<Json<ReplayBody>, Problem> {
    refuse_browsers(request.headers())?;
    let who = state.access.check(&request)?;
    let parameters = Parameters::read(request.uri().query(), &["ids"])?;
    let prefixes = parameters.get("ids").map(prefixes).transpose()?;
    let Ok(slot) = Arc::clone(&state.slots).try_acquire_owned() else {
        let detail = "as many requests are in flight as may be";
        return Err(Problem::new(Code::TooManyRequests, detail).retry_after(1));
    };
    let thread_state = Arc::clone(&state);
    let replaying = tokio::task::spawn_blocking(move || {
        let result = thread_state.intake.replay(&|id, cluster| {
            // Whose events they may not send, their letters they do not see either.
            who.may_send(cluster).is_ok() && is_wanted(prefixes.as_deref(), id)
        });
        if let Ok(report) = &result {
            thread_state.note_replay(report);
        }
        drop(slot);
        result
    });
    let report = replaying.await.unwrap_or_else(|error| Err(IntakeError::Failed(error.to_string())));
    report.map(|report| Json(report.into())).map_err(|error| refusal(&error, &state.receipts))
}

problems!(ReplayProblems: LOGIN, BROWSERS, PARAMETERS, FULL, &[Code::TooManyRequests]);

impl IngestState {
    fn note_replay(&self, report: &ReplayReport) {
        if let Some(end) = report.end {
            self.receipts.health.journal_works();
            // They came in long ago, and can be promised only from now on.
            self.receipts.freshness.acknowledged(end, Timestamp::now());
        }
        self.receipts.metrics.records.inc_by(report.records);
        tracing::info!(
            letters = report.replayed,
            records = report.records,
            still_dead = report.still_dead,
            not_whole = report.not_whole,
            "dead letters were replayed"
        );
    }
}

/// Beginnings of ids, as `4fa1c2d3,99aa11bb`.
fn prefixes(text: &str) -> Result<Vec<String>, Problem> {
    let prefix = |text: &str| {
        let is_id =
            (MIN_ID_DIGITS..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_id.then(|| text.to_ascii_lowercase()).ok_or_else(|| {
            let detail = format!("{text} is no id; give its first {MIN_ID_DIGITS} hex digits or more");
            Problem::new(Code::BadParameter, detail)
        })
    };
    text.split(',').map(prefix).collect()
}

/// Whether the letter of this id is named; without names all are.
pub(crate) fn is_wanted(prefixes: Option<&[String]>, id: Key) -> bool {
    let Some(prefixes) = prefixes else { return true };
    let id = id.to_string();
    prefixes.iter().any(|prefix| id.starts_with(prefix))
}
