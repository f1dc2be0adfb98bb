//! A request's body on its way from the connection to a blocking thread, a few pieces at a time.
//!
//! Each body on its way holds one of the slots that all senders share. So a sender may be slow, as slow as the slowest
//! link, but not slower: whoever trickles a byte now and then is told to come back, and the slot is free.

use std::io::{self, ErrorKind, Read};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use http_body_util::BodyExt;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::{Instant, timeout};

/// Pieces on their way; each is at most what a connection buffers.
const PIECES: usize = 2;

/// The least that a sender has to send on average over `ingest.read_timeout`: less than a modem does. A batch of 216 MB may
/// take 14 hours at that rate.
const MIN_BYTES_PER_S: u32 = 4096;

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
    let mut credit = Credit::new(patience);
    loop {
        let asked = Instant::now();
        let piece = match timeout(credit.left, body.frame()).await {
            Err(_) => Piece::Failed(io::Error::new(ErrorKind::TimedOut, credit.refusal())),
            Ok(None) => Piece::End,
            Ok(Some(Err(error))) => {
                Piece::Failed(io::Error::new(ErrorKind::UnexpectedEof, error.to_string()))
            }
            Ok(Some(Ok(frame))) => {
                let bytes = frame.into_data().ok();
                credit.came(asked.elapsed(), bytes.as_ref().map_or(0, Bytes::len));
                match bytes {
                    Some(bytes) => Piece::Bytes(bytes),
                    // Trailers say nothing that matters.
                    None => continue,
                }
            }
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

/// How long a sender may still be waited for. Waiting uses it up and bytes earn it back, up to where it began. The time in
/// which this side is not ready for more is not the sender's and does not count.
#[derive(Debug)]
struct Credit {
    most: Duration,
    left: Duration,
}

impl Credit {
    fn new(most: Duration) -> Self {
        Self { most, left: most }
    }

    fn came(&mut self, waited: Duration, bytes: usize) {
        let earned = Duration::from_secs_f64(bytes as f64 / f64::from(MIN_BYTES_PER_S));
        self.left = self.left.saturating_sub(waited).saturating_add(earned).min(self.most);
    }

    fn refusal(&self) -> String {
        format!(
            "less than {MIN_BYTES_PER_S} bytes a second came over {} s (ingest.read_timeout)",
            self.most.as_secs_f32()
        )
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_sender_slower_than_the_slowest_link_runs_out_of_credit() {
        /// A sender of `bytes` every `every_ms`; after how many of its pieces it is given up.
        fn check(bytes: usize, every_ms: u64, expected: Option<usize>) {
            let mut credit = Credit::new(Duration::from_secs(30));
            let every = Duration::from_millis(every_ms);
            let given_up = (0..100_000).find(|_| {
                let is_over = credit.left < every;
                credit.came(every, bytes);
                is_over
            });
            assert_eq!(given_up, expected, "{bytes} bytes every {every_ms} ms");
        }
        check(1, 29_000, Some(1));
        check(1, 1000, Some(30));
        check(0, 1000, Some(30));
        check(4096, 1000, None);
        check(4096, 1100, Some(290));
        check(16 << 10, 3900, None);
        check(128 << 10, 29_000, None);
        check(1 << 30, 31_000, Some(0));
    }
}
