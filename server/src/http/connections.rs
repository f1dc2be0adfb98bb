//! Accepts connections: bounded in number, bounded in patience, and let go of in order when the server stops.
//!
//! A listener with TLS speaks HTTP/2 or HTTP/1.1, as the client chooses in the handshake (ALPN); a plain one speaks
//! HTTP/1.1.

mod answering;
mod crowd;
mod handshake;
mod http2;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use self::answering::Answering;
use self::crowd::{Activity, Busy, Crowd};
pub(crate) use self::handshake::Tls;
use super::access::ClientCertificate;
use super::around::Peer;
use crate::data_dir::url_of;

/// What one connection may buffer of what it has read. Bodies go on in pieces of this size.
const READ_BUFFER_BYTES: usize = 128 * 1024;

/// Far more than any API server or browser sends; each has its own buffer until the head is complete.
const MAX_HEADERS: usize = 64;

/// How long accepting pauses when the system has no more file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How often somebody idle is looked for while all slots are taken.
const CROWD_PAUSE: Duration = Duration::from_millis(100);

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
    tls: Option<Tls>,
}

/// One connection, whatever it speaks.
struct Connection {
    peer: SocketAddr,
    router: Router,
    patience: Patience,
    stop: CancellationToken,
    activity: Arc<Activity>,
    /// Held until the connection has ended.
    watcher: Watcher,
    _slot: OwnedSemaphorePermit,
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
        Ok(Self { socket, address, max_connections, patience, tls: None })
    }

    /// The same with TLS, if there is any.
    pub(crate) fn with_tls(self, tls: Option<Tls>) -> Self {
        Self { tls, ..self }
    }

    /// The address, with the port that was given for port 0.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL by which this machine reaches it.
    pub(crate) fn url(&self) -> String {
        url_of(self.address, self.tls.is_some())
    }

    /// Serves `router` until `stop`, then until the requests in flight have their answers.
    pub(crate) async fn run(self, router: Router, stop: CancellationToken) -> anyhow::Result<()> {
        let Self { socket, max_connections, patience, tls, .. } = self;
        let slots = Arc::new(Semaphore::new(max_connections));
        let crowd = Crowd::default();
        let graceful = GracefulShutdown::new();
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => break,
                accepted = accept(&socket, &slots, &crowd) => accepted,
            };
            match accepted {
                Ok((stream, peer, slot)) => {
                    let (router, stop) = (router.clone(), stop.clone());
                    let (watcher, activity) = (graceful.watcher(), crowd.join(peer));
                    let connection =
                        Connection { peer, router, patience, stop, activity, watcher, _slot: slot };
                    tokio::spawn(serve(stream, connection, tls.clone()));
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

/// One at a time waits for a slot here; who waits in the backlog costs nothing.
async fn accept(
    socket: &TcpListener,
    slots: &Arc<Semaphore>,
    crowd: &Crowd,
) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let (stream, peer) = socket.accept().await?;
    loop {
        if let Ok(slot) = Arc::clone(slots).try_acquire_owned() {
            return Ok((stream, peer, slot));
        }
        crowd.make_room();
        let slot = Arc::clone(slots).acquire_owned();
        // Where all are busy, one may be idle by the next look.
        if let Ok(slot) = tokio::time::timeout(CROWD_PAUSE, slot).await {
            return Ok((stream, peer, slot.map_err(io::Error::other)?));
        }
    }
}

async fn serve(stream: TcpStream, connection: Connection, tls: Option<Tls>) {
    // Answers are small and somebody waits for them; it only costs time where it cannot be set.
    stream.set_nodelay(true).ok();
    let Some(tls) = tls else { return connection.http1(stream, None).await };
    // A client that takes its time for the handshake holds its own slot and nothing else.
    let handshake = tls.handshake(stream, connection.peer, &connection.stop);
    let done = tokio::select! {
        done = handshake => done,
        () = connection.activity.sent_away() => None,
    };
    let Some(stream) = done else { return };
    let certificate = ClientCertificate::of(&stream);
    if stream.get_ref().1.alpn_protocol() == Some(handshake::H2) {
        connection.http2(stream, certificate).await;
    } else {
        connection.http1(stream, certificate).await;
    }
}

impl Connection {
    async fn http1(
        self,
        stream: impl AsyncRead + AsyncWrite + Unpin + 'static,
        certificate: Option<ClientCertificate>,
    ) {
        let Self { peer, router, patience, activity, watcher, _slot, .. } = self;
        let noted = Arc::clone(&activity);
        let service = service_fn(move |request| {
            answer(router.clone(), peer, certificate.clone(), noted.busy(), request)
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(patience.idle)
            .max_buf_size(READ_BUFFER_BYTES)
            .max_headers(MAX_HEADERS)
            .serve_connection(TokioIo::new(stream), service);
        tokio::select! {
            ended = watcher.watch(connection) => {
                if let Err(error) = ended {
                    tracing::debug!(%peer, %error, "connection ended");
                }
            }
            () = activity.sent_away() => tracing::debug!(%peer, "an idle connection made room"),
        }
    }
}

/// Asks the router, which is told whose request it is.
async fn answer(
    router: Router,
    peer: SocketAddr,
    certificate: Option<ClientCertificate>,
    busy: Busy,
    mut request: Request<Incoming>,
) -> Result<Response<Answering>, Infallible> {
    request.extensions_mut().insert(Peer(peer));
    if let Some(certificate) = certificate {
        request.extensions_mut().insert(certificate);
    }
    let response = router.oneshot(request).await?;
    Ok(response.map(|body| Answering::new(body, busy)))
}

fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

#[cfg(test)]
mod tests;
