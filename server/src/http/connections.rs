//! Accepts connections: bounded in number, bounded in patience, and let go of in order when the server stops.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::around::Peer;

/// What one connection may buffer of what it has read. Bodies go on in pieces of this size.
const READ_BUFFER_BYTES: usize = 128 * 1024;

/// Far more than any API server or browser sends; each has its own buffer until the head is complete.
const MAX_HEADERS: usize = 64;

/// How long accepting pauses when the system has no more file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How long a client may be silent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// Between requests, and until the head of a request is complete.
    pub(crate) idle: Duration,
    /// Requests in flight have so long to end when the server stops.
    pub(crate) grace: Duration,
}

/// A bound address that has not begun to accept.
#[derive(Debug)]
pub(crate) struct Listener {
    socket: TcpListener,
    address: SocketAddr,
    max_connections: usize,
    patience: Patience,
}

impl Listener {
    /// Binds the address.
    pub(crate) async fn bind(
        name: &str,
        address: SocketAddr,
        max_connections: usize,
        patience: Patience,
    ) -> anyhow::Result<Self> {
        let socket = TcpListener::bind(address)
            .await
            .with_context(|| format!("cannot listen on {address} ({name}.listen)"))?;
        let address = socket.local_addr().context("cannot ask for the address that is listened on")?;
        Ok(Self { socket, address, max_connections, patience })
    }

    /// The address, with the port that was given for port 0.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves `router` until `stop`, then until the requests in flight have their answers.
    pub(crate) async fn run(self, router: Router, stop: CancellationToken) -> anyhow::Result<()> {
        let Self { socket, max_connections, patience, .. } = self;
        let slots = Arc::new(Semaphore::new(max_connections));
        let graceful = GracefulShutdown::new();
        loop {
            // Without a slot nobody is accepted: who waits in the backlog costs nothing.
            let accepted = tokio::select! {
                () = stop.cancelled() => break,
                accepted = accept(&socket, &slots) => accepted,
            };
            match accepted {
                Ok((stream, peer, slot)) => {
                    tokio::spawn(serve(stream, peer, router.clone(), patience, graceful.watcher(), slot));
                }
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
        drop(socket);
        let in_flight = graceful.count();
        if tokio::time::timeout(patience.grace, graceful.shutdown()).await.is_err() {
            tracing::info!(in_flight, "connections that did not end in time are cut");
        }
        Ok(())
    }
}

async fn accept(
    socket: &TcpListener,
    slots: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let slot = Arc::clone(slots).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = socket.accept().await?;
    Ok((stream, peer, slot))
}

async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    patience: Patience,
    watcher: Watcher,
    _slot: OwnedSemaphorePermit,
) {
    // Answers are small and somebody waits for them; it only costs time where it cannot be set.
    stream.set_nodelay(true).ok();
    let service = router.map_request(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        request
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(patience.idle)
        .max_buf_size(READ_BUFFER_BYTES)
        .max_headers(MAX_HEADERS)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%peer, %error, "connection ended");
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

#[cfg(test)]
mod tests;
