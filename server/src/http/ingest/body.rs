//! A request's body on its way from the connection to a blocking thread, a few pieces at a time.

use std::io::{self, ErrorKind, Read};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use http_body_util::BodyExt;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::{Instant, timeout};

/// Pieces on their way; each is at most what a connection buffers.
const PIECES: usize = 2;

/// How much of a refused body is read all the same, so that its sender sees the answer.
const MAX_SKIPPED_BYTES: usize = 16 << 20;

/// The time that this may take.
const MAX_SKIP: Duration = Duration::from_secs(5);

/// What the connection hands over.
#[derive(Debug)]
pub(super) enum Piece {
    Bytes(Bytes),
    /// The body ended where it should. Without it the sender has left.
    End,
    Failed(io::Error),
}

/// Reads what [`pump`] sends. Blocks.
#[derive(Debug)]
pub(crate) struct BodyReader {
    pieces: Receiver<Piece>,
    current: Bytes,
    is_at_end: bool,
}

impl BodyReader {
    /// The reader and where its pieces go in.
    pub(super) fn new() -> (Self, Sender<Piece>) {
        let (sender, pieces) = channel(PIECES);
        (Self { pieces, current: Bytes::new(), is_at_end: false }, sender)
    }
}

impl Read for BodyReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() && !self.is_at_end {
            match self.pieces.blocking_recv() {
                Some(Piece::Bytes(bytes)) => self.current = bytes,
                Some(Piece::End) => self.is_at_end = true,
                Some(Piece::Failed(error)) => return Err(error),
                None => {
                    return Err(io::Error::new(ErrorKind::UnexpectedEof, "the sender left in the middle"));
                }
            }
        }
        let taken = self.current.len().min(out.len());
        out[..taken].copy_from_slice(&self.current.split_to(taken));
        Ok(taken)
    }
}

/// Sends the body to its reader. Returns the rest of it if the reader has lost interest.
pub(super) async fn pump(mut body: Body, pieces: Sender<Piece>, patience: Duration) -> Option<Body> {
    loop {
        let piece = match timeout(patience, body.frame()).await {
            Err(_) => {
                let silent = format!("nothing came for {} s (ingest.read_timeout)", patience.as_secs_f32());
                Piece::Failed(io::Error::new(ErrorKind::TimedOut, silent))
            }
            Ok(None) => Piece::End,
            Ok(Some(Err(error))) => {
                Piece::Failed(io::Error::new(ErrorKind::UnexpectedEof, error.to_string()))
            }
            Ok(Some(Ok(frame))) => match frame.into_data() {
                Ok(bytes) => Piece::Bytes(bytes),
                // Trailers say nothing that matters.
                Err(_) => continue,
            },
        };
        let is_last = !matches!(piece, Piece::Bytes(_));
        if pieces.send(piece).await.is_err() {
            return (!body.is_end_stream()).then_some(body);
        }
        if is_last {
            return None;
        }
    }
}

/// Reads and forgets the rest, within limits.
pub(super) async fn skip_rest(mut body: Body, patience: Duration) {
    let give_up = Instant::now() + MAX_SKIP.min(patience);
    let mut skipped = 0;
    while skipped < MAX_SKIPPED_BYTES {
        match tokio::time::timeout_at(give_up, body.frame()).await {
            Ok(Some(Ok(frame))) => skipped += frame.data_ref().map_or(0, Bytes::len),
            _ => return,
        }
    }
}
