//! An answer on its way: it holds its connection until the client has all of it.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use hyper::body::{Frame, SizeHint};

use super::crowd::Busy;

/// The body of an answer, which may be a stream that goes on for hours after its handler has returned.
pub(super) struct Answering {
    body: Body,
    busy: Busy,
}

impl Answering {
    /// The first piece is the client's to ask for.
    pub(super) fn new(body: Body, mut busy: Busy) -> Self {
        busy.waits_for_client();
        Self { body, busy }
    }
}

impl hyper::body::Body for Answering {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = hyper::body::Body::poll_frame(Pin::new(&mut self.body), context);
        // Asked for the next piece only when it can send one: until then this side waits for the client.
        if polled.is_pending() {
            self.busy.waits_for_us();
        } else {
            self.busy.waits_for_client();
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        hyper::body::Body::is_end_stream(&self.body)
    }

    fn size_hint(&self) -> SizeHint {
        hyper::body::Body::size_hint(&self.body)
    }
}
