//! `/api/v1/tail`: events as they come, as server-sent events.
//!
//! The stream does nothing until its client takes something: a slow client costs no memory, and what it missed meanwhile it is
//! told (`lag`). Its id is a place in the journal. A client that comes back with `Last-Event-ID` goes on there if the newest
//! records reach back so far; if not, it catches up first ([`catch_up`]).

mod catch_up;

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderName};
use axum::response::sse::{Event as Message, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::json;
use taffrail_event::{Event, Timestamp};
use taffrail_query::TimeContext;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::Instant;

use self::catch_up::CatchUp;
use super::ApiState;
use crate::http::access::Who;
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
    Extension(who): Extension<Who>,
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
    let filter = TailFilter::new(question.query, state.actors.clone());
    let tail = Tail::new(state, who, filter, resumed, permit);
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
    who: Who,
    /// `None` while a blocking thread has it, and for good when that has panicked.
    filter: Option<TailFilter>,
    changes: watch::Receiver<u64>,
    place: TailPlace,
    /// Until the newest records reach back to `place`.
    catch_up: Option<CatchUp>,
    ready: VecDeque<Message>,
    /// When the credential is looked at next: whoever is not let in any more is not told any more.
    check: Instant,
    permit: Arc<OwnedSemaphorePermit>,
}

impl Tail {
    fn new(
        state: Arc<ApiState>,
        who: Who,
        filter: TailFilter,
        resumed: Option<TailPlace>,
        permit: OwnedSemaphorePermit,
    ) -> Self {
        let changes = state.live.watch();
        let start = TailPlace { position: state.live.end(), received: Timestamp::now() };
        let mut tail = Self {
            place: resumed.unwrap_or(start),
            // So that a client that is cut off before the first event can come back to here.
            ready: VecDeque::from([ping(resumed.unwrap_or(start))]),
            state,
            who,
            filter: Some(filter),
            changes,
            catch_up: None,
            check: Instant::now() + PING,
            permit: Arc::new(permit),
        };
        if resumed.is_some_and(|place| !tail.comes(place)) {
            let filter = tail.filter.take();
            tail.catch_up = filter.map(|filter| {
                CatchUp::spawn(Arc::clone(&tail.state), Arc::clone(&tail.permit), filter, tail.place)
            });
        }
        tail
    }

    /// Whether everything from this place on is among the newest records, or will be: after a start, what is in the journal
    /// and not in the index comes once more.
    fn comes(&self, place: TailPlace) -> bool {
        let (live, journal) = (&self.state.live, &self.state.journal);
        live.reaches(place.position) || (live.end()..=journal.end()).contains(&place.position)
    }

    /// The next message; `None` when the server stops.
    async fn next(&mut self) -> Option<Message> {
        loop {
            if Instant::now() >= self.check {
                self.check = Instant::now() + PING;
                if !self.state.access.still_knows(&self.who) {
                    return None;
                }
            }
            if let Some(message) = self.ready.pop_front() {
                return Some(message);
            }
            if self.catch_up.is_some() {
                self.wait_for_past().await?;
                continue;
            }
            // Marked before looking: what comes in between wakes up at once.
            self.changes.borrow_and_update();
            if self.look().await? {
                continue;
            }
            tokio::select! {
                () = self.state.stopping.cancelled() => return None,
                changed = self.changes.changed() => changed.ok()?,
                () = tokio::time::sleep(PING) => self.ready.push_back(ping(self.place)),
            }
        }
    }

    /// Waits for the next message of what came before; `None` when there is nothing to go on with.
    async fn wait_for_past(&mut self) -> Option<()> {
        let catch_up = self.catch_up.as_mut()?;
        tokio::select! {
            () = self.state.stopping.cancelled() => return None,
            message = catch_up.next() => match message {
                Some(message) => self.ready.push_back(message),
                None => {
                    let (filter, place) = self.catch_up.take()?.finish().await?;
                    (self.filter, self.place) = (Some(filter), place);
                    self.ready.push_back(ping(place));
                }
            },
            () = tokio::time::sleep(PING) => self.ready.push_back(ping(self.place)),
        }
        Some(())
    }

    /// Looks at the newest records; whether there were any. `None`: it cannot go on.
    async fn look(&mut self) -> Option<bool> {
        let taken = self.state.live.take(self.place.position, STEP);
        if let Some(missed) = taken.missed {
            self.ready.push_back(lag(self.place, missed));
        }
        let moved = taken.next != self.place.position;
        let from = self.place.position;
        let received = taken.batches.last().map(|(_, batch)| batch.origin.received);
        // Decoding is work for a blocking thread.
        let mut filter = self.filter.take()?;
        let worked = tokio::task::spawn_blocking(move || {
            let batches = taken.batches.iter();
            let found = batches.flat_map(|(offset, batch)| filter.events(*offset, batch, from));
            let messages: Vec<_> = found.map(|(place, event)| message(place, &event)).collect();
            (filter, messages)
        });
        match worked.await {
            Ok((filter, messages)) => {
                self.filter = Some(filter);
                self.ready.extend(messages);
            }
            Err(error) => {
                tracing::error!(%error, "a tail ended in a panic");
                return None;
            }
        }
        self.place = TailPlace { position: taken.next, received: received.unwrap_or(self.place.received) };
        Some(moved)
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
