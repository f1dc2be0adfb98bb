//! The TLS handshake, within a time.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;

use crate::tls::ServerTls;
use crate::watched::Watched;

/// What ALPN calls HTTP/2.
pub(super) const H2: &[u8] = b"h2";

/// API servers give a handshake as long.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// TLS of a listener.
#[derive(Debug, Clone)]
pub(crate) struct Tls {
    pub(crate) files: Arc<Watched<ServerTls>>,
    /// Counts handshakes that failed.
    pub(crate) failed: Counter,
}

impl Tls {
    /// `None` if the client is not understood, not trusted or too slow. With what the files say now: a connection keeps what
    /// it began with.
    pub(super) async fn handshake(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        stop: &CancellationToken,
    ) -> Option<TlsStream<TcpStream>> {
        let acceptor = TlsAcceptor::from(Arc::clone(&self.files.current().config));
        let done = tokio::select! {
            () = stop.cancelled() => return None,
            done = tokio::time::timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)) => done,
        };
        let error = match done {
            Ok(Ok(stream)) => return Some(stream),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "it took too long".to_owned(),
        };
        self.failed.inc();
        // Port scanners and clients without the authority do that all day; the metric says whether there is a pattern.
        tracing::debug!(%peer, error, "TLS handshake failed");
        None
    }
}
