//! A connection that speaks HTTP/2, as API servers do: all their batches in flight share one.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, sleep_until};

use super::{ClientCertificate, Connection, answer};

/// Requests of one connection at once. API servers set no limit of their own.
const MAX_STREAMS: u32 = 200;

/// What a sender may send ahead, for each request and for all of them: batches have tens of megabytes, and with the usual
/// 64 KiB each of them would wait for hundreds of round trips.
const STREAM_WINDOW_BYTES: u32 = 4 << 20;
const CONNECTION_WINDOW_BYTES: u32 = 16 << 20;

/// Far more than the head of any honest request.
const MAX_HEADER_LIST_BYTES: u32 = 64 << 10;

impl Connection {
    pub(super) async fn http2(
        self,
        stream: impl AsyncRead + AsyncWrite + Unpin,
        certificate: Option<ClientCertificate>,
    ) {
        // The watcher and the slot are held until the end of this.
        let Self { peer, router, patience, stop, watcher: _watcher, _slot } = self;
        let activity = Arc::new(Activity::new());
        let noted = Arc::clone(&activity);
        let service = service_fn(move |request| {
            let busy = Busy::new(&noted);
            let answer = answer(router.clone(), peer, certificate.clone(), request);
            async move {
                let answer = answer.await;
                drop(busy);
                answer
            }
        });
        let mut connection = std::pin::pin!(
            http2::Builder::new(TokioExecutor::new())
                .timer(TokioTimer::new())
                .max_concurrent_streams(MAX_STREAMS)
                .initial_stream_window_size(STREAM_WINDOW_BYTES)
                .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
                .max_header_list_size(MAX_HEADER_LIST_BYTES)
                .serve_connection(TokioIo::new(stream), service)
        );
        let (mut is_stopping, mut is_closing) = (false, false);
        let mut look = Instant::now() + patience.idle;
        loop {
            tokio::select! {
                ended = connection.as_mut() => {
                    if let Err(error) = ended {
                        tracing::debug!(%peer, %error, "connection ended");
                    }
                    return;
                }
                () = stop.cancelled(), if !is_stopping => {
                    is_stopping = true;
                    connection.as_mut().graceful_shutdown();
                }
                () = sleep_until(look) => match activity.idle_since() {
                    Some(since) if since.elapsed() < patience.idle => look = since + patience.idle,
                    // It has been told to go, and does not.
                    Some(_) if is_closing => return,
                    Some(_) => {
                        // What is still being sent may end.
                        connection.as_mut().graceful_shutdown();
                        is_closing = true;
                        look = Instant::now() + patience.idle;
                    }
                    None => look = Instant::now() + patience.idle,
                },
            }
        }
    }
}

/// When a connection was last of use. HTTP/1.1 has a timeout for that; in HTTP/2 silence is allowed.
#[derive(Debug)]
struct Activity {
    in_flight: AtomicUsize,
    last: Mutex<Instant>,
}

impl Activity {
    fn new() -> Self {
        Self { in_flight: AtomicUsize::new(0), last: Mutex::new(Instant::now()) }
    }

    /// Since when no request is in a handler; `None` while one is.
    fn idle_since(&self) -> Option<Instant> {
        let last = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
        (self.in_flight.load(Ordering::Acquire) == 0).then_some(last)
    }
}

/// A request in its handler. A client that resets it drops it.
struct Busy(Arc<Activity>);

impl Busy {
    fn new(activity: &Arc<Activity>) -> Self {
        activity.in_flight.fetch_add(1, Ordering::AcqRel);
        Self(Arc::clone(activity))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        *self.0.last.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        self.0.in_flight.fetch_sub(1, Ordering::AcqRel);
    }
}
