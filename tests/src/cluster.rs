//! An API server of a test: it holds objects, refuses what it is told to, and remembers what it was asked.
//!
//! Its answers have the shape of recorded ones (`samples/audit/examples`); the objects are constructed.

mod answers;
mod objects;

use std::convert::Infallible;
use std::fmt::Write;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;

use self::objects::Objects;
use crate::authority::Authority;

/// The token that it accepts.
const TOKEN: &str = "token-of-alice";

/// A running API server with one user, alice.
#[derive(Debug)]
pub struct Cluster {
    state: Arc<Mutex<Objects>>,
    address: SocketAddr,
    authority: Option<Authority>,
    dir: TempDir,
    // Dropped last: it runs the server.
    _runtime: Runtime,
}

/// A request that it was sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// `PATCH`.
    pub method: String,
    /// `/api/v1/namespaces/default/pods/attacker`.
    pub path: String,
    /// Without the question mark.
    pub query: String,
    /// Of the body.
    pub content_type: String,
    /// Who is asking.
    pub user_agent: String,
    /// Null if there is none.
    pub body: Value,
}

impl Cluster {
    /// In the clear.
    pub fn start() -> Self {
        Self::with(None)
    }

    /// Over TLS, with a certificate of an authority that only its kubeconfig names.
    pub fn start_with_tls() -> Self {
        Self::with(Some(Authority::new()))
    }

    fn with(authority: Option<Authority>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("start a runtime");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("listen on loopback");
        let address = listener.local_addr().expect("a listener has an address");
        let state = Arc::new(Mutex::new(Objects::default()));
        let acceptor = authority.as_ref().map(acceptor);
        runtime.spawn(serve(listener, acceptor, Arc::clone(&state)));
        let dir = TempDir::with_prefix("taffrail-").expect("create a temporary directory");
        Self { state, address, authority, dir, _runtime: runtime }
    }

    /// Has the server serve a group that is not built in: `projectcalico.org/v3`.
    #[must_use]
    pub fn serving(self, group_version: &str) -> Self {
        self.state().serve(group_version);
        self
    }

    /// Adds an object.
    #[must_use]
    pub fn holding(self, object: Value) -> Self {
        self.state().put(object);
        self
    }

    /// Has the server answer requests of the method for that path with that code, or for all below it, if it ends with a
    /// slash.
    #[must_use]
    pub fn refusing(self, method: &str, path: &str, code: u16) -> Self {
        self.state().refuse(method, path, code);
        self
    }

    /// The object at a path, if it is there.
    pub fn object(&self, path: &str) -> Option<Value> {
        self.state().at(path)
    }

    /// Everything that it was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.state().asked.clone()
    }

    /// The requests that change something, in their order: `PATCH /api/v1/...`.
    pub fn writes(&self) -> Vec<String> {
        let asked = self.asked();
        let writes = asked.iter().filter(|asked| asked.method != "GET" && !asked.path.ends_with("reviews"));
        writes.map(|asked| format!("{} {}", asked.method, asked.path)).collect()
    }

    /// A kubeconfig of alice.
    pub fn kubeconfig(&self) -> PathBuf {
        self.kubeconfig_with("kubeconfig", &format!("{{token: {TOKEN}}}"))
    }

    /// A kubeconfig whose token has expired.
    pub fn expired_kubeconfig(&self) -> PathBuf {
        self.kubeconfig_with("expired", "{token: expired}")
    }

    /// A kubeconfig that gets its token from a program, as those of clouds do.
    pub fn exec_kubeconfig(&self) -> PathBuf {
        let credential = format!(
            r#"{{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{{"token":"{TOKEN}"}}}}"#
        );
        let user = format!(
            "{{exec: {{apiVersion: client.authentication.k8s.io/v1, command: /bin/echo, args: ['{credential}'], interactiveMode: Never}}}}"
        );
        self.kubeconfig_with("exec", &user)
    }

    fn kubeconfig_with(&self, name: &str, user: &str) -> PathBuf {
        let scheme = if self.authority.is_some() { "https" } else { "http" };
        let mut cluster = format!("server: '{scheme}://{}'", self.address);
        if let Some(authority) = &self.authority {
            let data = STANDARD.encode(authority.pem());
            write!(cluster, ", certificate-authority-data: {data}").expect("a string takes every write");
        }
        let text = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: test\n\
             clusters: [{{name: test, cluster: {{{cluster}}}}}]\n\
             contexts: [{{name: test, context: {{cluster: test, user: alice}}}}]\n\
             users: [{{name: alice, user: {user}}}]\n"
        );
        let path = self.dir.path().join(name);
        fs::write(&path, text).expect("write a kubeconfig");
        path
    }

    fn state(&self) -> MutexGuard<'_, Objects> {
        lock(&self.state)
    }
}

fn lock(state: &Mutex<Objects>) -> MutexGuard<'_, Objects> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn acceptor(authority: &Authority) -> TlsAcceptor {
    let identity = authority.issue_for_loopback();
    let cert = CertificateDer::from_pem_slice(identity.cert.as_bytes()).expect("a certificate in PEM");
    let key = PrivateKeyDer::from_pem_slice(identity.key.as_bytes()).expect("a key in PEM");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider knows them")
        .with_no_client_auth()
        .with_single_cert(vec![cert], key)
        .expect("they belong together");
    TlsAcceptor::from(Arc::new(config))
}

async fn serve(listener: TcpListener, acceptor: Option<TlsAcceptor>, state: Arc<Mutex<Objects>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let (acceptor, state) = (acceptor.clone(), Arc::clone(&state));
        tokio::spawn(async move {
            match acceptor {
                Some(acceptor) => speak(acceptor.accept(stream).await?, state).await,
                None => speak(stream, state).await,
            }
        });
    }
}

async fn speak(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    state: Arc<Mutex<Objects>>,
) -> io::Result<()> {
    let service = service_fn(move |request| answer(request, Arc::clone(&state)));
    let connection =
        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    connection.await.map_err(io::Error::other)
}

async fn answer(
    request: hyper::Request<Incoming>,
    state: Arc<Mutex<Objects>>,
) -> Result<hyper::Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let header = |name: &str| {
        let value = head.headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let asked = Asked {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        content_type: header("content-type"),
        user_agent: header("user-agent"),
        body: serde_json::from_slice(&body).unwrap_or_default(),
    };
    let is_alice = header("authorization") == format!("Bearer {TOKEN}");
    let (code, content_type, text) = lock(&state).answer(asked, is_alice);
    let response = hyper::Response::builder().status(code).header("content-type", content_type);
    Ok(response.body(Full::new(Bytes::from(text))).expect("a valid response"))
}
