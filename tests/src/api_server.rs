//! A client that speaks as an API server does: over TLS, by HTTP/2 where ALPN offers it, one connection for everything.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Bytes, Frame, Incoming};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;

use crate::authority::{Authority, Identity};
use crate::client::Response;

/// Longer than any answer takes; an API server gives up after half of it.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a connection begins with.
#[derive(Debug, Clone, Copy)]
pub struct Dial<'a> {
    /// Whom it trusts.
    pub trusts: &'a Authority,
    /// What it shows of itself.
    pub shows: Option<&'a Identity>,
    /// What it offers, the better first.
    pub offers: &'a [&'static str],
}

/// An open connection.
#[derive(Debug)]
pub struct ApiServer {
    runtime: Runtime,
    sender: Sender,
    certificate: Vec<u8>,
}

#[derive(Debug)]
enum Sender {
    Http1(http1::SendRequest<Sent>),
    Http2(http2::SendRequest<Sent>),
}

type Sent = BoxBody<Bytes, io::Error>;

/// A request whose body is still being sent.
#[derive(Debug)]
pub struct InFlight<'a> {
    of: &'a ApiServer,
    pieces: mpsc::Sender<Bytes>,
    answer: JoinHandle<io::Result<Response>>,
}

impl<'a> Dial<'a> {
    /// As an API server does it without a client certificate.
    pub fn new(trusts: &'a Authority) -> Self {
        Self { trusts, shows: None, offers: &["h2", "http/1.1"] }
    }

    /// Connects.
    pub fn open(self, to: SocketAddr) -> io::Result<ApiServer> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let connecting = async { tokio::time::timeout(PATIENCE, self.connect(to)).await? };
        let (sender, certificate) = runtime.block_on(connecting)?;
        Ok(ApiServer { runtime, sender, certificate })
    }

    async fn connect(self, to: SocketAddr) -> io::Result<(Sender, Vec<u8>)> {
        let stream = TcpStream::connect(to).await?;
        stream.set_nodelay(true)?;
        let name = ServerName::from(to.ip());
        let stream = TlsConnector::from(Arc::new(self.config())).connect(name, stream).await?;
        let (_, session) = stream.get_ref();
        let certificate = session.peer_certificates().and_then(|chain| Some(chain.first()?.to_vec()));
        let certificate = certificate.ok_or_else(|| io::Error::other("no certificate"))?;
        let is_http2 = session.alpn_protocol() == Some(b"h2");
        let io = TokioIo::new(stream);
        let sender = if is_http2 {
            let (sender, connection) =
                http2::handshake(TokioExecutor::new(), io).await.map_err(io::Error::other)?;
            tokio::spawn(connection);
            Sender::Http2(sender)
        } else {
            let (sender, connection) = http1::handshake(io).await.map_err(io::Error::other)?;
            tokio::spawn(connection);
            Sender::Http1(sender)
        };
        Ok((sender, certificate))
    }

    fn config(self) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        let own = CertificateDer::from_pem_slice(self.trusts.pem().as_bytes()).expect("a certificate in PEM");
        roots.add(own).expect("an authority");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the provider knows them")
            .with_root_certificates(roots);
        let mut config = match self.shows {
            Some(Identity { cert, key }) => {
                let cert = CertificateDer::from_pem_slice(cert.as_bytes()).expect("a certificate in PEM");
                let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("a key in PEM");
                builder.with_client_auth_cert(vec![cert], key).expect("they belong together")
            }
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = self.offers.iter().map(|name| name.as_bytes().to_vec()).collect();
        config
    }
}

impl ApiServer {
    /// Whether HTTP/2 was chosen.
    pub fn is_http2(&self) -> bool {
        matches!(self.sender, Sender::Http2(_))
    }

    /// The certificate that the other side has shown.
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// Posts a batch as an API server does it; `headers` are whole lines.
    pub fn post(&mut self, cluster: &str, headers: &[&str], body: &[u8]) -> io::Result<Response> {
        let body = Full::new(Bytes::copy_from_slice(body)).map_err(|never| match never {}).boxed();
        let request = batch(cluster, headers, None, body);
        self.ask(request)
    }

    /// GET.
    pub fn get(&mut self, target: &str, headers: &[&str]) -> io::Result<Response> {
        let body = Full::default().map_err(|never| match never {}).boxed();
        let builder = hyper::Request::get(format!("https://localhost{target}"));
        let request = with_headers(builder, headers).body(body).expect("a valid request");
        self.ask(request)
    }

    /// Begins to post a batch of that many bytes.
    pub fn begin(&mut self, cluster: &str, headers: &[&str], size: usize) -> InFlight<'_> {
        let (pieces, receiver) = mpsc::channel(16);
        let body = Pieces { receiver }.boxed();
        let request = batch(cluster, headers, Some(size), body);
        let answering = self.sender.send(request);
        let answer = self.runtime.spawn(read(answering));
        InFlight { of: self, pieces, answer }
    }

    fn ask(&mut self, mut request: hyper::Request<Sent>) -> io::Result<Response> {
        if let Sender::Http1(_) = self.sender {
            // HTTP/1.1 says where in a header, and asks for a path.
            let path = request.uri().path_and_query().expect("a target has a path").to_string();
            *request.uri_mut() = path.parse().expect("a path is a target");
            request.headers_mut().insert("host", hyper::header::HeaderValue::from_static("localhost"));
        }
        self.runtime.block_on(self.sender.ready())?;
        let answering = self.sender.send(request);
        self.runtime.block_on(read(answering))
    }
}

impl InFlight<'_> {
    /// Sends a part of the body.
    pub fn send(&self, piece: &[u8]) {
        let piece = Bytes::copy_from_slice(piece);
        self.of.runtime.block_on(self.pieces.send(piece)).expect("somebody reads the body");
    }

    /// Ends the body and waits for the answer.
    pub fn finish(self) -> io::Result<Response> {
        let Self { of, pieces, answer } = self;
        drop(pieces);
        of.runtime.block_on(answer)?
    }
}

impl Sender {
    /// After an answer HTTP/1.1 takes a moment until it takes the next request.
    async fn ready(&mut self) -> io::Result<()> {
        let ready = match self {
            Self::Http1(sender) => sender.ready().await,
            Self::Http2(sender) => sender.ready().await,
        };
        ready.map_err(io::Error::other)
    }

    fn send(
        &mut self,
        request: hyper::Request<Sent>,
    ) -> Pin<Box<dyn Future<Output = hyper::Result<hyper::Response<Incoming>>> + Send>> {
        match self {
            Self::Http1(sender) => Box::pin(sender.send_request(request)),
            Self::Http2(sender) => Box::pin(sender.send_request(request)),
        }
    }
}

async fn read(
    answering: Pin<Box<dyn Future<Output = hyper::Result<hyper::Response<Incoming>>> + Send>>,
) -> io::Result<Response> {
    let reading = async {
        let (head, body) = answering.await.map_err(io::Error::other)?.into_parts();
        let body = body.collect().await.map_err(io::Error::other)?.to_bytes().to_vec();
        let text =
            |value: &hyper::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = head.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        Ok(Response { status: head.status.as_u16(), headers, body })
    };
    tokio::time::timeout(PATIENCE, reading).await?
}

fn batch(cluster: &str, headers: &[&str], size: Option<usize>, body: Sent) -> hyper::Request<Sent> {
    let mut builder = hyper::Request::post(format!("https://localhost/v1/audit/{cluster}?timeout=30s"))
        .header("content-type", "application/json")
        .header("accept", "application/json, */*")
        .header("accept-encoding", "gzip")
        .header("user-agent", "Go-http-client/2.0");
    if let Some(size) = size {
        builder = builder.header("content-length", size);
    }
    with_headers(builder, headers).body(body).expect("a valid request")
}

fn with_headers(builder: hyper::http::request::Builder, headers: &[&str]) -> hyper::http::request::Builder {
    headers.iter().fold(builder, |builder, line| {
        let (name, value) = line.split_once(": ").expect("a header has a name and a value");
        builder.header(name, value)
    })
}

/// A body that a test sends piece by piece.
struct Pieces {
    receiver: mpsc::Receiver<Bytes>,
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.receiver.poll_recv(context).map(|piece| piece.map(|piece| Ok(Frame::data(piece))))
    }
}
