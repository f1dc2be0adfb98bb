//! `/api/v1/tail`: events as they come, as server-sent events.
//!
//! The stream does nothing until its client takes something: a slow client costs no memory, and what it missed meanwhile it is
//! told (`lag`). Its id is a place in the journal. A client that comes back with `Last-Event-ID` goes on there if the newest
//! records reach back so far; if not, the index is asked for what came since, which may repeat events under their ids.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderName};
use axum::response::sse::{Event as Message, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::json;
use taffrail_event::{Event, Timestamp};
use taffrail_query::{TimeContext, TimeRange};
use tokio::sync::{OwnedSemaphorePermit, watch};

use super::ApiState;
use crate::http::openapi::{ANYBODY, BUSY, CURSOR, LOGIN, PARAMETERS, QUESTION, problems};
use crate::http::parameters::Parameters;
use crate::http::problem::{Code, Problem};
use crate::read::{Ask, TailFilter, TailPlace};
use crate::serve::Missed;

/// Tails at once: each decodes everything that comes in.
pub(crate) const MAX_TAILS: usize = 32;

/// Nothing in between takes a connection for dead that speaks so often.
const PING: Duration = Duration::from_secs(15);

/// Records looked at in one go.
const STEP: usize = 2000;

/// Events from the index at most, when a client comes back.
const MAX_RESUMED: usize = 10_000;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Proxies that buffer would make a live stream a dead one.
const NO_BUFFERING: (HeaderName, &str) = (HeaderName::from_static("x-accel-buffering"), "no");

/// Events as they come, as server-sent events.
///
/// Goes on until the client leaves. The names of messages are `event`, `lag` and `ping`.
#[utoipa::path(
    get,
    path = "/api/v1/tail",
    operation_id = "tail",
    tag = "events",
    params(
        (
            "q" = Option<String>, Query, max_length = 65_536, example = "verb:delete",
            description = "The question, in the query language; absent = everything."
        ),
        (
            "Last-Event-ID" = Option<String>, Header, max_length = 64, pattern = "^[0-9]+--?[0-9]+$",
            description = "The id of the last message seen: the stream goes on there."
        ),
    ),
    responses((status = 200, description = "The stream.", body = String, content_type = "text/event-stream"), TailProblems),
    security((), ("token" = []), ("basic" = []), ("certificate" = []))
)]
pub(super) async fn tail(
    State(state): State<Arc<ApiState>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let parameters = Parameters::read(query.as_deref(), &["q"])?;
    let ask = Ask { query: parameters.get("q").unwrap_or_default(), from: None, to: None };
    let question = ask.resolve(&TimeContext::utc(Timestamp::now()))?;
    let resumed = resumed(&headers)?;
    let permit = Arc::clone(&state.tails).try_acquire_owned().map_err(|_| {
        Problem::new(Code::TooManyQueries, "as many tails run as may; come back when one has ended")
            .retry_after(10)
    })?;
    let tail = Tail::new(state, TailFilter::new(question.query), resumed, permit);
    let messages = stream::unfold(tail, |mut tail| async move {
        let message = tail.next().await?;
        Some((Ok::<_, Infallible>(message), tail))
    });
    Ok(([NO_BUFFERING], Sse::new(messages)).into_response())
}

problems!(TailProblems: ANYBODY, LOGIN, PARAMETERS, QUESTION, CURSOR, BUSY);

fn resumed(headers: &HeaderMap) -> Result<Option<TailPlace>, Problem> {
    let Some(id) = headers.get(LAST_EVENT_ID) else { return Ok(None) };
    let place = id.to_str().ok().and_then(|id| id.parse().ok());
    let wrong = || Problem::new(Code::BadCursor, "Last-Event-ID is none that this server has given out");
    place.map(Some).ok_or_else(wrong)
}

/// One client's stream.
struct Tail {
    state: Arc<ApiState>,
    /// `None` only while a blocking thread has it.
    filter: Option<TailFilter>,
    changes: watch::Receiver<u64>,
    place: TailPlace,
    /// Whether the index has to be asked for what came since `place`.
    asks_index: bool,
    ready: VecDeque<Message>,
    _permit: OwnedSemaphorePermit,
}

impl Tail {
    fn new(
        state: Arc<ApiState>,
        filter: TailFilter,
        resumed: Option<TailPlace>,
        permit: OwnedSemaphorePermit,
    ) -> Self {
        let changes = state.live.watch();
        let start = TailPlace { position: state.live.end(), received: Timestamp::now() };
        let asks_index = resumed.is_some_and(|place| !state.live.reaches(place.position));
        let place = resumed.unwrap_or(start);
        // So that a client that is cut off before the first event can come back to here.
        let ready = VecDeque::from([ping(place)]);
        Self { state, filter: Some(filter), changes, place, asks_index, ready, _permit: permit }
    }

    /// The next message; `None` when the server stops.
    async fn next(&mut self) -> Option<Message> {
        loop {
            if let Some(message) = self.ready.pop_front() {
                return Some(message);
            }
            if self.asks_index {
                self.asks_index = false;
                self.ask_index().await;
                continue;
            }
            // Marked before looking: what comes in between wakes up at once.
            self.changes.borrow_and_update();
            if self.look().await {
                continue;
            }
            tokio::select! {
                () = self.state.stopping.cancelled() => return None,
                changed = self.changes.changed() => changed.ok()?,
                () = tokio::time::sleep(PING) => self.ready.push_back(ping(self.place)),
            }
        }
    }

    /// Looks at the newest records; whether there were any.
    async fn look(&mut self) -> bool {
        let taken = self.state.live.take(self.place.position, STEP);
        if let Some(missed) = taken.missed {
            self.ready.push_back(lag(self.place, missed));
        }
        let moved = taken.next != self.place.position;
        let from = self.place.position;
        let received = taken.batches.last().map(|(_, batch)| batch.origin.received);
        let found = self
            .filtered(move |filter| {
                let found =
                    taken.batches.iter().flat_map(|(offset, batch)| filter.events(*offset, batch, from));
                found.map(|(place, event)| message(place, &event)).collect()
            })
            .await;
        self.ready.extend(found);
        self.place = TailPlace { position: taken.next, received: received.unwrap_or(self.place.received) };
        moved
    }

    /// Asks the index for what the newest records do not reach back to.
    async fn ask_index(&mut self) {
        let from = self.place.resumes_from();
        // What comes from here on is not looked for in the index.
        self.place = TailPlace { position: self.state.live.end(), received: Timestamp::now() };
        let (search, place) = (Arc::clone(&self.state.search), self.place);
        let messages = self
            .filtered(move |filter| {
                let range = TimeRange { from: Some(from), to: None };
                let (mut messages, mut is_cut) = (Vec::new(), false);
                let query = filter.query().clone();
                let walked = search.walk(&query, range, &mut |event| {
                    let Some(event) = event else { return ControlFlow::Continue(()) };
                    if filter.note(&event) {
                        messages.push(message(place, &event));
                    }
                    is_cut = messages.len() >= MAX_RESUMED;
                    if is_cut { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
                });
                if let Err(error) = &walked {
                    tracing::warn!(%error, "a tail could not go on where it was");
                }
                messages.insert(0, resumed_late(from, is_cut || walked.is_err()));
                messages
            })
            .await;
        self.ready.extend(messages);
    }

    /// Lends the filter to a blocking thread: decoding is work.
    async fn filtered(
        &mut self,
        work: impl FnOnce(&mut TailFilter) -> Vec<Message> + Send + 'static,
    ) -> Vec<Message> {
        let Some(mut filter) = self.filter.take() else { return Vec::new() };
        let worked = tokio::task::spawn_blocking(move || {
            let messages = work(&mut filter);
            (filter, messages)
        });
        match worked.await {
            Ok((filter, messages)) => {
                self.filter = Some(filter);
                messages
            }
            Err(error) => {
                tracing::error!(%error, "a tail ended in a panic");
                Vec::new()
            }
        }
    }
}

fn message(place: TailPlace, event: &Event) -> Message {
    Message::default().event("event").id(place.to_string()).data(json!(event).to_string())
}

fn ping(place: TailPlace) -> Message {
    Message::default()
        .event("ping")
        .id(place.to_string())
        .data(json!({ "time": Timestamp::now() }).to_string())
}

fn lag(place: TailPlace, missed: Missed) -> Message {
    let data = json!({"missed": missed.records, "from": place.received, "to": missed.until});
    Message::default().event("lag").data(data.to_string())
}

/// `missed` is null: nobody knows whether anything is missing.
fn resumed_late(from: Timestamp, is_cut: bool) -> Message {
    let data = json!({"missed": null, "from": from, "to": null, "cut": is_cut});
    Message::default().event("lag").data(data.to_string())
}
