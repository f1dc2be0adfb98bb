//! The ingest listener: `POST /v1/audit/{cluster}`, `POST /v1/flows/{cluster}`, and `POST /v1/deadletters/replay`.
//!
//! The body goes piece by piece to a blocking thread, which returns once all of it is durable. From then on it no longer
//! matters whether the sender still listens. `Content-Encoding` is not looked at: the first bytes of a body say how it is
//! compressed, and one that nobody can decompress becomes a dead letter instead of a lost batch.

mod body;
mod flows;
mod refusal;
mod replay;
mod turned_away;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State, rejection::PathRejection};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::post;
use taffrail_config::OWN_CLUSTER;
use taffrail_event::Key;
use taffrail_event::Timestamp;
use taffrail_ingest::{Intake, IntakeError, IntakeOrigin, Receipt, ReplayReport};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) use self::body::BodyReader;
use self::body::{pump, skip_rest};
use self::refusal::refusal;
pub(crate) use self::replay::{ReplayBody, is_wanted};
use self::turned_away::remember;
use super::access::Access;
use super::around::{Peer, around, with_fallbacks};
use super::openapi::{BODY, BROWSERS, FULL, LOGIN, PARAMETERS, SENDING, problems};
use super::problem::{Code, Problem};
use crate::serve::{Receipts, Watch};

/// The listener's name in metrics.
pub(super) const LISTENER: &str = "ingest";

/// Each request in flight holds a thread. API servers send 15 at once; this is room for a fleet of them.
pub(crate) const MAX_REQUESTS: usize = 160;

/// The journal position behind the last record of the request.
const POSITION: HeaderName = HeaderName::from_static("taffrail-position");

/// Takes one request. What is behind it: the intake, or a test's.
pub(crate) trait Receive: Send + Sync {
    /// Returns once everything in `body` is durable.
    fn receive(&self, origin: &IntakeOrigin, body: BodyReader) -> Result<Receipt, IntakeError>;

    /// Reads the dead letters that `wanted` names by id and cluster once more. What the report says is durable.
    fn replay(&self, wanted: &dyn Fn(Key, &str) -> bool) -> Result<ReplayReport, IntakeError>;
}

impl Receive for Intake {
    fn receive(&self, origin: &IntakeOrigin, body: BodyReader) -> Result<Receipt, IntakeError> {
        Self::receive(self, origin, body)
    }

    fn replay(&self, wanted: &dyn Fn(Key, &str) -> bool) -> Result<ReplayReport, IntakeError> {
        Self::replay(self, &|letter| wanted(letter.id, &letter.cluster))
    }
}

/// What the listener needs.
pub(crate) struct IngestState {
    pub(crate) intake: Arc<dyn Receive>,
    pub(crate) receipts: Receipts,
    pub(crate) watch: Arc<Watch>,
    pub(crate) access: Access,
    /// `ingest.read_timeout`.
    pub(crate) read_timeout: Duration,
    /// [`MAX_REQUESTS`] of them.
    pub(crate) slots: Arc<Semaphore>,
    /// So many requests that are refused are read to their end at a time, so that their senders see why.
    pub(crate) refusals: Arc<Semaphore>,
}

/// The routes of the listener.
pub(crate) fn router(state: Arc<IngestState>) -> Router {
    let metrics = Arc::clone(&state.receipts.metrics);
    let remembered = from_fn_with_state(Arc::clone(&state), remember);
    let (routes, _) = routes()
        .route("/v1/audit/{cluster}/", post(audit))
        .route("/v1/flows/{cluster}/", post(flows))
        .with_state(state)
        .split_for_parts();
    around(with_fallbacks(routes, "POST").layer(remembered), LISTENER, metrics)
}

/// What the listener takes and answers, for the document.
pub(super) fn documented() -> OpenApi {
    routes().into_openapi()
}

fn routes() -> OpenApiRouter<Arc<IngestState>> {
    OpenApiRouter::new().routes(routes!(audit)).routes(routes!(flows)).routes(routes!(replay::replay))
}

/// Audit events of one cluster, to keep.
///
/// 200 means that all of it is on the disk; anything else, that nothing was promised. A slash may stand at the end of the path, and
/// any query string behind it.
#[utoipa::path(
    post,
    path = "/v1/audit/{cluster}",
    operation_id = "sendAudit",
    tag = "sending",
    params((
        "cluster" = String, Path, pattern = "^[a-z0-9]([-a-z0-9._]{0,61}[a-z0-9])?$", min_length = 1, max_length = 63,
        description = "The cluster that the events are of. `taffrail` is none of them: its events are this program's own."
    )),
    request_body(
        content = Option<serde_json::Value>,
        content_type = "application/json",
        description = "An EventList, an Event, an array of either, or any of them one after the other; of any size and Content-Type, by gzip, Zstandard or plain. What cannot be decoded becomes a dead letter."
    ),
    responses(
        (
            status = 200,
            description = "All of it is durable.",
            headers(("Taffrail-Position" = String, description = "The journal position behind its last record."))
        ),
        AuditProblems
    ),
    security((), ("token" = []), ("basic" = []), ("certificate" = []))
)]
async fn audit(
    State(state): State<Arc<IngestState>>,
    cluster: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    receive(&state, cluster, request, |cluster, request| Ok(origin(cluster, request))).await
}

/// Network flows of one cluster, to keep.
///
/// One record a line, JSON or text; each is recognised by itself. 200 means that all of it is on the disk; anything else, that
/// nothing was promised. A slash may stand at the end of the path.
#[utoipa::path(
    post,
    path = "/v1/flows/{cluster}",
    operation_id = "sendFlows",
    tag = "sending",
    params(
        (
            "cluster" = String, Path, pattern = "^[a-z0-9]([-a-z0-9._]{0,61}[a-z0-9])?$", min_length = 1, max_length = 63,
            description = "The cluster that the flows are of. `taffrail` is none of them."
        ),
        ("format" = Option<String>, Query, max_length = 32, example = "calico.log", description = "The format of all records; else each is recognised."),
        ("node" = Option<String>, Query, max_length = 253, description = "The node that they come from, where they do not say."),
        (
            "node_started" = Option<String>, Query, max_length = 40,
            description = "When that node was started: dumps of /dev/kmsg and trace pipes count from there."
        ),
        (
            "offset" = Option<u64>, Query, maximum = 9_007_199_254_740_991_i64,
            description = "Where the first line stands in its file: the same line of text at another place is another packet."
        ),
        ("via" = Option<String>, Query, max_length = 6, pattern = "^(import)?$", description = "`import` if it is one.")
    ),
    request_body(
        content = Option<String>,
        content_type = "text/plain",
        description = "Records of any size and Content-Type, by gzip, Zstandard or plain. What cannot be read becomes a dead letter; what is no flow, like other lines of the kernel, is passed over."
    ),
    responses(
        (
            status = 200,
            description = "All of it is durable.",
            headers(("Taffrail-Position" = String, description = "The journal position behind its last record."))
        ),
        FlowProblems
    ),
    security((), ("token" = []), ("basic" = []), ("certificate" = []))
)]
async fn flows(
    State(state): State<Arc<IngestState>>,
    cluster: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    receive(&state, cluster, request, flows::origin).await
}

/// Takes the body of whoever is let in, and answers once it is durable.
async fn receive(
    state: &Arc<IngestState>,
    cluster: Result<Path<String>, PathRejection>,
    request: Request,
    origin: impl FnOnce(&str, &Request) -> Result<IntakeOrigin, Problem>,
) -> Result<Response, Problem> {
    let received = Timestamp::now();
    let headers = request.headers();
    refuse_browsers(headers)?;
    let admitted = admitted(state, &request, cluster)
        .and_then(|cluster| origin(&cluster, &request).map(|origin| (cluster, origin)));
    let (cluster, origin) = match admitted {
        Ok(admitted) => admitted,
        Err(problem) => {
            // Somebody has to see why it was refused. Whoever only tries logins gets no more of the time, and many who are let in
            // nowhere get no more of the connections.
            let is_worth_it = problem.code() != Code::TooManyLogins && !headers.contains_key(header::EXPECT);
            if is_worth_it && let Ok(_turn) = state.refusals.try_acquire() {
                skip_rest(request.into_body(), state.read_timeout).await;
            }
            return Err(problem);
        }
    };
    let Ok(slot) = Arc::clone(&state.slots).try_acquire_owned() else {
        // Who asks before sending has sent nothing, and reading would be the answer that it may.
        if !headers.contains_key(header::EXPECT) {
            skip_rest(request.into_body(), state.read_timeout).await;
        }
        let detail = "as many requests are in flight as may be";
        state.watch.refused(&cluster, detail);
        return Err(Problem::new(Code::TooManyRequests, detail).retry_after(1));
    };
    let received = take(state, origin, request.into_body(), slot, received).await;
    let receipt = received.map_err(|error| {
        match &error {
            IntakeError::TooLarge { .. } => state.watch.lost(&cluster, &error.to_string()),
            _ if error.is_passing() => state.watch.refused(&cluster, &error.to_string()),
            _ => {}
        }
        refusal(&error, &state.receipts)
    })?;
    Ok(acknowledge(&receipt))
}

problems!(AuditProblems: LOGIN, BROWSERS, SENDING, BODY, FULL);
problems!(FlowProblems: LOGIN, BROWSERS, SENDING, PARAMETERS, BODY, FULL);

/// The cluster, if whoever sends may send events of it.
fn admitted(
    state: &IngestState,
    request: &Request,
    cluster: Result<Path<String>, PathRejection>,
) -> Result<String, Problem> {
    let who = state.access.check(request)?;
    let cluster = cluster_name(cluster)?;
    if cluster == OWN_CLUSTER {
        let detail = format!(
            "{OWN_CLUSTER} names Taffrail's own records, which nobody sends; name the cluster of the events"
        );
        return Err(Problem::new(Code::ReservedCluster, detail));
    }
    who.may_send(&cluster)?;
    Ok(cluster)
}

/// Moves the body to a blocking thread and waits for what comes of it.
async fn take(
    state: &Arc<IngestState>,
    origin: IntakeOrigin,
    body: Body,
    slot: OwnedSemaphorePermit,
    received: Timestamp,
) -> Result<Receipt, IntakeError> {
    let (reader, pieces) = BodyReader::new();
    let thread_state = Arc::clone(state);
    // Not cancelled when the sender leaves: what it has sent whole is taken and counted.
    let taking = tokio::task::spawn_blocking(move || {
        let result = thread_state.intake.receive(&origin, reader);
        if let Ok(receipt) = &result {
            thread_state.receipts.note(&origin, receipt, received);
        }
        drop(slot);
        result
    });
    let rest = pump(body, pieces, state.read_timeout).await;
    let result = taking.await.unwrap_or_else(|error| Err(IntakeError::Failed(error.to_string())));
    if result.is_err()
        && let Some(rest) = rest
    {
        // A client that is still sending would see a broken connection instead of the answer.
        skip_rest(rest, state.read_timeout).await;
    }
    result
}

/// 200 with nothing in it: API servers resend for ever on a body or a media type that they cannot read.
fn acknowledge(receipt: &Receipt) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::OK;
    if let Ok(position) = HeaderValue::from_str(&receipt.position.to_string()) {
        response.headers_mut().insert(POSITION, position);
    }
    response
}

/// No sender is a web page; a page that posts here forges history with its visitor's network position.
fn refuse_browsers(headers: &HeaderMap) -> Result<(), Problem> {
    if headers.contains_key(header::ORIGIN) {
        return Err(Problem::new(
            Code::ForeignOrigin,
            "requests with an Origin header come from web pages, which have nothing to send here",
        ));
    }
    Ok(())
}

/// API servers send any query, and none that matters here; `taffrail import` says that it is one. One API server is told from
/// another by its address.
fn origin(cluster: &str, request: &Request) -> IntakeOrigin {
    let mut parameters = request.uri().query().unwrap_or_default().split('&');
    if parameters.any(|parameter| parameter == "via=import") {
        return IntakeOrigin::import(cluster);
    }
    let sender = request.extensions().get::<Peer>().map(|peer| peer.0.ip().to_canonical());
    IntakeOrigin::webhook(cluster, sender)
}

fn cluster_name(cluster: Result<Path<String>, PathRejection>) -> Result<String, Problem> {
    match cluster {
        Ok(Path(cluster)) if taffrail_config::is_cluster_name(&cluster) => Ok(cluster),
        _ => Err(Problem::new(
            Code::BadCluster,
            "the last part of the path has to name a cluster: up to 63 of a-z 0-9 - . _, with a letter or digit at both ends",
        )),
    }
}

#[cfg(test)]
mod tests;
