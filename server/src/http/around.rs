//! What lies around every handler: the request's id, the problem document of whatever failed, a log line for what the
//! operator has to know, and the count of answers.

mod log_limit;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};

pub(crate) use self::log_limit::LogLimit;
use super::problem::{BEARER, Code, Problem};
use crate::metrics::{Metrics, RefusalLabels, RequestLabels};

/// The address of the client.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(pub(super) SocketAddr);

#[derive(Debug)]
struct Around {
    listener: &'static str,
    metrics: Arc<Metrics>,
    /// The same for all requests of one start.
    start: u32,
    count: AtomicU32,
    log_limit: LogLimit,
}

/// Puts it around a router.
pub(super) fn around(router: Router, listener: &'static str, metrics: Arc<Metrics>) -> Router {
    let around = Around {
        listener,
        metrics,
        start: start_id(),
        count: AtomicU32::new(0),
        log_limit: LogLimit::default(),
    };
    router.layer(from_fn_with_state(Arc::new(around), pass))
}

/// Adds what is answered where there is no path, and to methods other than `methods`.
pub(super) fn with_fallbacks(router: Router, methods: &'static str) -> Router {
    router
        .fallback(nothing_here)
        .method_not_allowed_fallback(move |method: Method| async move { other_method(&method, methods) })
}

async fn pass(State(around): State<Arc<Around>>, request: Request, next: Next) -> Response {
    let asked = Asked::of(&request);
    let mut response = next.run(request).await;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        let count = around.count.fetch_add(1, Ordering::Relaxed);
        let request_id = format!("{:08x}{count:08x}", around.start);
        if let Some(left_out) = around.log_limit.pass(problem.code().name(), Instant::now()) {
            asked.log(around.listener, &problem, &request_id, left_out);
        }
        if problem.code().is_about_access() {
            let labels = RefusalLabels { listener: around.listener, reason: problem.code().name() };
            around.metrics.refusals.get_or_create(&labels).inc();
        }
        response = problem.response(&request_id);
        if asked.is_by_script {
            leave_login_to_the_page(&mut response);
        }
    }
    let labels = RequestLabels { listener: around.listener, code: response.status().as_u16() };
    around.metrics.requests.get_or_create(&labels).inc();
    response
}

/// A browser that is told of HTTP Basic asks for a name and a password in a window of its own, above the page's form.
fn leave_login_to_the_page(response: &mut Response) {
    if response.status() == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(BEARER));
    }
}

/// What a log line says of a request. The query string may hold anything: it stays out.
struct Asked {
    method: Method,
    path: String,
    peer: Option<SocketAddr>,
    /// Whether a page asks, which says so by the header that pages use for it.
    is_by_script: bool,
}

impl Asked {
    fn of(request: &Request) -> Self {
        Self {
            method: request.method().clone(),
            path: request.uri().path().chars().take(200).collect(),
            peer: request.extensions().get::<Peer>().map(|peer| peer.0),
            is_by_script: request.headers().contains_key("x-requested-with"),
        }
    }

    fn log(&self, listener: &str, problem: &Problem, request_id: &str, left_out: u64) {
        let (code, status) = (problem.code(), problem.code().status());
        // A sender that is refused for good loses what it sent: somebody has to see it. A person's typing error in a
        // query concerns nobody else, and whoever is put off comes back.
        let brings_events =
            listener == super::ingest::LISTENER && matches!(self.method, Method::POST | Method::PUT);
        if (code.is_loss() && brings_events) || code.is_failed_login() {
            let peer = self.peer.map(|peer| peer.to_string()).unwrap_or_default();
            tracing::warn!(
                request_id, left_out, code = code.name(), method = %self.method, path = self.path, peer,
                "request refused: {}", problem.detail()
            );
        } else if status.is_server_error() && code != Code::Stopping {
            tracing::warn!(
                request_id,
                left_out,
                code = code.name(),
                path = self.path,
                "request failed: {}",
                problem.detail()
            );
        } else {
            tracing::info!(
                request_id,
                left_out,
                code = code.name(),
                path = self.path,
                "request not answered: {}",
                problem.detail()
            );
        }
    }
}

pub(super) async fn nothing_here(request: Request) -> Problem {
    let path: String = request.uri().path().chars().take(200).collect();
    Problem::new(Code::NotFound, format!("there is nothing at {path}"))
}

/// OPTIONS says what there is, without any permission for other sites (no CORS).
fn other_method(method: &Method, methods: &'static str) -> Response {
    if method == Method::OPTIONS {
        return (StatusCode::NO_CONTENT, [(header::ALLOW, HeaderValue::from_static(methods))])
            .into_response();
    }
    Problem::new(Code::MethodNotAllowed, format!("{method} is not taken here; use {methods}"))
        .allow(methods)
        .into_response()
}

/// Tells the requests of one start from those of another; nobody needs it to be secret.
fn start_id() -> u32 {
    let now = taffrail_event::Timestamp::now().micros() / 1000;
    u32::try_from(now & i64::from(u32::MAX)).unwrap_or_default()
}
