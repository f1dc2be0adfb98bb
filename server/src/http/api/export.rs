//! `/api/v1/export`: everything that matches, oldest first, as a stream of constant memory.

use std::io::{self, ErrorKind, Write};
use std::ops::ControlFlow;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{RawQuery, State};
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};
use hyper::body::Frame;
use taffrail_event::Event;
use taffrail_query::Search;
use tokio::runtime::Handle;
use tokio::sync::mpsc::error::SendTimeoutError;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use utoipa::ToSchema;

use super::ApiState;
use super::events::ask;
use crate::http::openapi::{ANYBODY, BUSY, LOGIN, PARAMETERS, QUESTION, QuestionParameters, problems};
use crate::http::parameters::Parameters;
use crate::http::problem::{Code, Problem};
use crate::read::schema::TimestampSchema;
use crate::read::{CsvWriter, Question};

/// Bytes of one piece of the stream.
const PIECE_BYTES: usize = 64 * 1024;

/// Pieces that wait for the client.
const PIECES: usize = 4;

/// A client that takes nothing for so long has gone, or holds an export's slot for no good.
const CLIENT_PATIENCE: Duration = Duration::from_secs(60);

/// Everything acknowledged before this time is in the export.
const COMPLETE_TO: HeaderName = HeaderName::from_static("taffrail-complete-to");

/// How many gaps `coverage` of the same question lists.
const GAPS: HeaderName = HeaderName::from_static("taffrail-gaps");

#[derive(Debug, Clone, Copy, ToSchema)]
#[schema(rename_all = "lowercase")]
enum Format {
    Ndjson,
    Csv,
}

const FORMATS: &[(&str, Format)] = &[("ndjson", Format::Ndjson), ("csv", Format::Csv)];

/// Everything that matches, oldest first, as a stream.
///
/// There is no limit on the number of events. A stream that fails ends without its final chunk.
#[utoipa::path(
    get,
    path = "/api/v1/export",
    operation_id = "export",
    tag = "events",
    params(
        QuestionParameters,
        (
            "format" = inline(Option<Format>), Query, example = "ndjson",
            description = "One event a line as JSON (if not given), or RFC 4180 with a header line."
        ),
    ),
    responses(
        (
            status = 200,
            description = "The events.",
            content((String = "application/x-ndjson"), (String = "text/csv")),
            headers(
                ("Taffrail-Complete-To" = TimestampSchema, description = "Everything acknowledged before this time is in it."),
                ("Taffrail-Gaps" = u64, description = "How many gaps are known in the stretch of time."),
            )
        ),
        ExportProblems
    ),
    security((), ("token" = []), ("basic" = []), ("certificate" = []))
)]
pub(super) async fn export(
    State(state): State<Arc<ApiState>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let parameters = Parameters::read(query.as_deref(), &["q", "from", "to", "format"])?;
    let format = parameters.choice("format", FORMATS, Format::Ndjson)?;
    let asked = state.asked();
    let question = ask(&parameters).resolve(&asked.context)?;
    let coverage = asked.coverage.about(question.range);
    let permit = Arc::clone(&state.exports).try_acquire_owned().map_err(|_| {
        Problem::new(Code::TooManyQueries, "as many exports run as may; come back when one has ended")
            .retry_after(10)
    })?;
    let (sender, receiver) = channel(PIECES);
    let handle = Handle::current();
    tokio::task::spawn_blocking(move || {
        let mut pieces = Pieces { buffer: Vec::with_capacity(PIECE_BYTES), sender, handle };
        if let Err(error) = write(&*state.search, &question, format, &mut pieces) {
            tracing::warn!(%error, "an export was cut off");
            pieces.fail(error);
        }
        drop(permit);
    });
    let (media_type, file) = match format {
        Format::Ndjson => ("application/x-ndjson", "events.ndjson"),
        Format::Csv => ("text/csv; charset=utf-8; header=present", "events.csv"),
    };
    let headers = [
        (header::CONTENT_TYPE, media_type.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{file}\"")),
        (COMPLETE_TO, coverage.complete_to.to_string()),
        (GAPS, coverage.gaps.len().to_string()),
    ];
    Ok((headers, Body::new(Stream { receiver })).into_response())
}

problems!(ExportProblems: ANYBODY, LOGIN, PARAMETERS, QUESTION, BUSY);

fn write(search: &dyn Search, question: &Question, format: Format, out: &mut Pieces) -> io::Result<()> {
    let sender = out.sender.clone();
    match format {
        Format::Ndjson => {
            walk(search, question, &sender, |event| {
                serde_json::to_writer(&mut *out, event)?;
                out.write_all(b"\n")
            })?;
        }
        Format::Csv => {
            let mut csv = CsvWriter::new(&mut *out)?;
            walk(search, question, &sender, |event| csv.write(event))?;
            csv.flush()?;
        }
    }
    if !out.buffer.is_empty() {
        out.send()?;
    }
    out.send()
}

fn walk(
    search: &dyn Search,
    question: &Question,
    client: &Sender<io::Result<Bytes>>,
    mut each: impl FnMut(&Event) -> io::Result<()>,
) -> io::Result<()> {
    let mut written = Ok(());
    let walked = search.walk(&question.query, question.range, &mut |event| {
        written = match event {
            Some(event) => each(&event),
            None if client.is_closed() => Err(client_left()),
            None => Ok(()),
        };
        if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    written?;
    walked.map_err(io::Error::other)
}

fn client_left() -> io::Error {
    io::Error::new(ErrorKind::BrokenPipe, "the client left")
}

/// Collects what is written into pieces of the stream. Blocks while the client is slow.
struct Pieces {
    buffer: Vec<u8>,
    sender: Sender<io::Result<Bytes>>,
    handle: Handle,
}

impl Pieces {
    fn send(&mut self) -> io::Result<()> {
        let piece = std::mem::replace(&mut self.buffer, Vec::with_capacity(PIECE_BYTES));
        let sent = self.handle.block_on(self.sender.send_timeout(Ok(piece.into()), CLIENT_PATIENCE));
        sent.map_err(|error| match error {
            SendTimeoutError::Timeout(_) => io::Error::new(ErrorKind::TimedOut, "the client takes nothing"),
            SendTimeoutError::Closed(_) => client_left(),
        })
    }

    /// Ends the stream without its final chunk, so that nobody takes a part for the whole.
    fn fail(&mut self, error: io::Error) {
        let sent = self.handle.block_on(self.sender.send_timeout(Err(error), CLIENT_PATIENCE));
        if sent.is_err() {
            tracing::debug!("the client of the export that was cut off had left");
        }
    }
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= PIECE_BYTES {
            self.send()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The pieces as a response body. It ends well only after an empty piece: a writer that is gone without one has failed.
struct Stream {
    receiver: Receiver<io::Result<Bytes>>,
}

impl hyper::body::Body for Stream {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.receiver.poll_recv(context).map(|piece| match piece {
            Some(Ok(piece)) if piece.is_empty() => None,
            Some(piece) => Some(piece.map(Frame::data)),
            None => Some(Err(io::Error::other("the export failed"))),
        })
    }
}
