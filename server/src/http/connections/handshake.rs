//! The TLS handshake, within a time.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use prometheus_client::metrics::counter::Counter;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;

use crate::http::around::LogLimit;
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
    /// The listener's name.
    pub(crate) listener: &'static str,
    /// Counts handshakes that failed.
    pub(crate) failed: Counter,
    /// Shared by all connections of the listener.
    pub(crate) log_limit: Arc<LogLimit>,
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
        match done {
            Ok(Ok(stream)) => return Some(stream),
            Ok(Err(error)) => self.log(&error, peer),
            Err(_) => tracing::debug!(listener = self.listener, %peer, "a TLS handshake took too long"),
        }
        self.failed.inc();
        None
    }

    /// An API server that trusts another authority, or is not trusted itself, is to be found in the log. Whoever only knocks, as
    /// probes and scanners do all day, is not.
    fn log(&self, error: &io::Error, peer: SocketAddr) {
        let why = error.get_ref().and_then(|error| error.downcast_ref()).map(why);
        let left_out = why.and_then(|why| self.log_limit.pass(why, Instant::now()));
        match (why, left_out) {
            (Some(why), Some(left_out)) => {
                tracing::warn!(listener = self.listener, %peer, %error, left_out, "TLS handshake failed: {why}");
            }
            _ => tracing::debug!(listener = self.listener, %peer, %error, "TLS handshake failed"),
        }
    }
}

/// What is wrong, in the words of whoever runs the server.
fn why(error: &rustls::Error) -> &'static str {
    match error {
        rustls::Error::AlertReceived(_) => {
            "the client refuses this server's certificate; does it trust its authority, and is the name or address listed in it?"
        }
        rustls::Error::InvalidCertificate(_) => {
            "the client's certificate is from no authority in client_ca, or has ended"
        }
        rustls::Error::InvalidMessage(_) => "the client speaks no TLS; its URL has to begin with https://",
        _ => "the client and this server do not agree",
    }
}

#[cfg(test)]
mod tests {
    use rustls::{AlertDescription, CertificateError, InvalidMessage};

    use super::*;

    #[test]
    fn each_failure_says_whose_it_is() {
        fn check(error: &rustls::Error, expected: &str) {
            assert!(why(error).contains(expected), "{error}: {}", why(error));
        }
        check(&rustls::Error::AlertReceived(AlertDescription::UnknownCA), "refuses this server's");
        check(&rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer), "client_ca");
        check(&rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType), "https://");
        check(&rustls::Error::HandshakeNotComplete, "do not agree");
    }
}
