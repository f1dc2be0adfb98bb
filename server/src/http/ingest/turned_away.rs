//! Remembers who is refused for good, for the status: whoever sends so loses what it sends.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;

use super::IngestState;
use crate::http::around::Peer;
use crate::http::problem::{Code, Problem};

/// What is kept of a path: it may hold anything.
const PATH_CHARS: usize = 200;

/// Lies around every handler, and inside of what answers with the problem.
pub(super) async fn remember(
    State(state): State<Arc<IngestState>>,
    request: Request,
    next: Next,
) -> Response {
    let sends = matches!(*request.method(), Method::POST | Method::PUT);
    let path: String = request.uri().path().chars().take(PATH_CHARS).collect();
    let peer = request.extensions().get::<Peer>().map(|peer| peer.0.ip().to_canonical());
    let response = next.run(request).await;
    if let Some(problem) = response.extensions().get::<Problem>()
        && sends
        && is_for_good(problem.code())
    {
        let sender = peer.map(|peer| peer.to_string()).unwrap_or_default();
        state.watch.turned_away(sender, problem.code().name(), problem.detail(), &path);
    }
    response
}

/// A page that posts here has no events to lose.
fn is_for_good(code: Code) -> bool {
    (code.is_loss() && code != Code::ForeignOrigin) || code.is_failed_login()
}
