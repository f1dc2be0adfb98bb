//! A connection that speaks HTTP/2, as API servers do: all their batches in flight share one.

use std::sync::Arc;

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
        let Self { peer, router, patience, stop, activity, watcher: _watcher, _slot } = self;
        let noted = Arc::clone(&activity);
        let service = service_fn(move |request| {
            answer(router.clone(), peer, certificate.clone(), noted.busy(), request)
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
                () = activity.sent_away() => return,
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
