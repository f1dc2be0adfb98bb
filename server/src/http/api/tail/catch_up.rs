//! What came while a client was away, and is not among the newest records in memory any more.
//!
//! The journal has it in its order, as long as it is kept: a client that comes back after a restart misses nothing and is shown
//! nothing twice. What the journal has given back is asked of the index, by the time of the events from a little before the
//! place on: some of it comes a second time, and what came later than that overlap is not in it. The client is told (`lag`).
//!
//! One blocking thread reads, a few messages ahead of its client, and ends when the client has gone.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use axum::response::sse::Event as Message;
use serde_json::json;
use taffrail_event::{RecordBatch, Timestamp};
use taffrail_ingest::journal::{Item, JournalError};
use taffrail_query::TimeRange;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinHandle;

use super::message;
use crate::http::api::ApiState;
use crate::read::{TailFilter, TailPlace};

/// Messages that wait for the client.
const AHEAD: usize = 32;

/// Events from the index at most.
const MAX_EVENTS: usize = 10_000;

/// Bytes of the journal that are read in one go.
const STEP_BYTES: usize = 1 << 20;

/// Reading what a client missed.
pub(super) struct CatchUp {
    messages: Receiver<Message>,
    task: JoinHandle<(TailFilter, TailPlace)>,
}

/// The client has gone.
struct Gone;

impl CatchUp {
    /// Reads from `place` on; the permit is held as long as that takes.
    pub(super) fn spawn(
        state: Arc<ApiState>,
        permit: Arc<OwnedSemaphorePermit>,
        filter: TailFilter,
        place: TailPlace,
    ) -> Self {
        let (client, messages) = channel(AHEAD);
        let task = tokio::task::spawn_blocking(move || {
            let mut reading = Reading { state, client, filter, place };
            // Nobody is there any more who could be told.
            reading.run().ok();
            drop(permit);
            (reading.filter, reading.place)
        });
        Self { messages, task }
    }

    /// The next message; `None` when all of them were taken.
    pub(super) async fn next(&mut self) -> Option<Message> {
        self.messages.recv().await
    }

    /// What the client was shown, and where it goes on.
    pub(super) async fn finish(self) -> Option<(TailFilter, TailPlace)> {
        match self.task.await {
            Ok(result) => Some(result),
            Err(error) => {
                tracing::error!(%error, "a tail ended in a panic");
                None
            }
        }
    }
}

struct Reading {
    state: Arc<ApiState>,
    client: Sender<Message>,
    filter: TailFilter,
    place: TailPlace,
}

impl Reading {
    fn run(&mut self) -> Result<(), Gone> {
        let journal = &self.state.journal;
        if (journal.first()..=journal.end()).contains(&self.place.position) {
            match self.read_journal() {
                Ok(result) => return result,
                Err(error) => {
                    tracing::warn!(%error, "a tail goes on in the index, as the journal cannot be read")
                }
            }
        }
        self.ask_index()
    }

    /// Up to where the newest records begin.
    fn read_journal(&mut self) -> Result<Result<(), Gone>, JournalError> {
        let mut reader = self.state.journal.reader(self.place.position)?;
        while !self.state.live.reaches(self.place.position) {
            let items = reader.next(STEP_BYTES, Duration::ZERO)?;
            // Only damage was left: the client is told that something is missing.
            if items.is_empty() {
                break;
            }
            for item in items {
                // What is damaged is a gap, which comes by itself.
                let Item::Frame(frame) = item else { continue };
                let next = frame.next();
                if let Ok(batch) = RecordBatch::decode(&frame.payload) {
                    for (place, event) in self.filter.events(frame.first, &batch, self.place.position) {
                        if let Err(gone) = self.tell(message(place, &event)) {
                            return Ok(Err(gone));
                        }
                    }
                    self.place.received = batch.origin.received;
                }
                self.place.position = self.place.position.max(next);
            }
            if self.client.is_closed() {
                return Ok(Err(Gone));
            }
            if self.place.position >= self.state.live.end() {
                break;
            }
        }
        Ok(Ok(()))
    }

    fn ask_index(&mut self) -> Result<(), Gone> {
        let from = self.place.resumes_from();
        // Before the search: what becomes searchable while it runs is among the newest records. Until it is through, a client
        // that is cut off comes back to where it was, so that is the id of every message.
        let searchable = self.state.search.progress().searchable;
        let after = TailPlace { position: searchable.min(self.state.live.end()), received: Timestamp::now() };
        self.tell(lag(from, false))?;
        let range = TimeRange { from: Some(from), to: None };
        let query = self.filter.query().clone();
        let search = Arc::clone(&self.state.search);
        let (mut told, mut result, mut last) = (0, Ok(()), from);
        let walked = search.walk(&query, range, &mut |event| {
            result = match event {
                Some(event) if self.filter.note(&event) => {
                    (told, last) = (told + 1, event.time);
                    self.tell(message(self.place, &event))
                }
                _ if self.client.is_closed() => Err(Gone),
                _ => Ok(()),
            };
            if result.is_err() || told >= MAX_EVENTS {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        result?;
        if let Err(error) = &walked {
            tracing::warn!(%error, "a tail could not go on where it was");
        }
        if walked.is_err() || told >= MAX_EVENTS {
            self.tell(lag(last, true))?;
        }
        self.place = after;
        Ok(())
    }

    fn tell(&self, message: Message) -> Result<(), Gone> {
        self.client.blocking_send(message).map_err(|_| Gone)
    }
}

/// `missed` is null: nobody knows whether anything is missing.
fn lag(from: Timestamp, is_cut: bool) -> Message {
    let data = json!({"missed": null, "from": from, "to": null, "cut": is_cut});
    Message::default().event("lag").data(data.to_string())
}
