//! The ingest listener with a fake intake behind it.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use axum::body::Bytes;
use axum::http::Method;
use http_body_util::BodyExt;
use hyper::body::Frame;
use serde_json::Value;
use tower::ServiceExt;

use super::*;
use crate::http::access::Role;
use crate::http::fakes::FakeIntake;
use crate::http::openapi::conforms;
use crate::metrics::Metrics;
use crate::serve::Receipts;

struct World {
    intake: Arc<FakeIntake>,
    state: Arc<IngestState>,
    router: Router,
}

impl World {
    fn new() -> Self {
        Self::with(Duration::from_secs(30), MAX_REQUESTS)
    }

    fn with(read_timeout: Duration, slots: usize) -> Self {
        let intake = Arc::new(FakeIntake::default());
        let state = Arc::new(IngestState {
            intake: Arc::<FakeIntake>::clone(&intake),
            receipts: Receipts {
                freshness: Arc::default(),
                sources: Arc::default(),
                health: Arc::default(),
                metrics: Arc::new(Metrics::new()),
            },
            watch: Arc::new(Watch::new(Duration::from_secs(90))),
            access: Access::open_to_all(Role::Sending),
            read_timeout,
            slots: Arc::new(Semaphore::new(slots)),
            refusals: Arc::new(Semaphore::new(slots)),
        });
        Self { intake, router: router(Arc::clone(&state)), state }
    }

    async fn send(&self, method: &str, target: &str, headers: &[(&str, &str)], body: Body) -> Response {
        let mut request = Request::builder().method(method).uri(target);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap()
    }

    async fn post(&self, body: Body) -> Response {
        self.send("POST", "/v1/audit/prod", &[], body).await
    }
}

async fn code(response: Response) -> (u16, String, Option<String>) {
    code_at("/v1/audit/prod", response).await
}

async fn code_at(target: &str, response: Response) -> (u16, String, Option<String>) {
    let status = response.status().as_u16();
    let retry = response.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let problem: Value = serde_json::from_slice(&body).unwrap_or_default();
    assert!(status < 400 || problem["request_id"].as_str().is_some_and(|id| id.len() == 16), "{problem}");
    let code = problem["code"].as_str().unwrap_or_default().to_owned();
    if status >= 400 && !matches!(code.as_str(), "not_found" | "method_not_allowed") {
        conforms("POST", target, status, "application/problem+json", &problem);
    }
    (status, code, retry)
}

/// A body whose pieces come as listed, then nothing more ever, or its end.
struct Pieces {
    pieces: Vec<io::Result<&'static [u8]>>,
    ends: bool,
}

impl hyper::body::Body for Pieces {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.pieces.is_empty() {
            return if self.ends { Poll::Ready(None) } else { Poll::Pending };
        }
        Poll::Ready(Some(self.pieces.remove(0).map(|bytes| Frame::data(Bytes::from_static(bytes)))))
    }
}

/// A byte now and then, for ever.
struct Trickle {
    every: tokio::time::Interval,
}

impl hyper::body::Body for Trickle {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.every.poll_tick(context).map(|_| Some(Ok(Frame::data(Bytes::from_static(b" ")))))
    }
}

/// So many pieces, each counted when it is read.
struct Counted {
    left: usize,
    read: Arc<AtomicUsize>,
}

impl hyper::body::Body for Counted {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let Some(left) = self.left.checked_sub(1) else { return Poll::Ready(None) };
        self.left = left;
        self.read.fetch_add(1, Ordering::Relaxed);
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b" ")))))
    }
}

#[tokio::test]
async fn t02_t04_success_is_an_empty_200_at_any_form_of_the_path() {
    let world = World::new();
    for target in ["/v1/audit/prod", "/v1/audit/prod/", "/v1/audit/prod?timeout=30s", "/v1/audit/prod/?x=%zz"]
    {
        let response = world.send("POST", target, &[], Body::from("{}")).await;
        assert_eq!(response.status(), 200, "{target}");
        assert_eq!(response.headers()["taffrail-position"], "0:7");
        assert_eq!(response.headers().get("content-type"), None);
        assert!(response.into_body().collect().await.unwrap().to_bytes().is_empty());
    }
    assert_eq!(world.intake.bodies.lock().unwrap().len(), 4);
    assert_eq!(world.state.receipts.metrics.records.get(), 8);
    assert_eq!(world.state.receipts.metrics.dead_letters.get(), 4);
    assert_eq!(world.state.receipts.sources.list()[0].requests, 4);
}

#[tokio::test]
async fn bodies_arrive_whole_whatever_their_headers_say() {
    async fn check(headers: &[(&str, &str)]) {
        let world = World::new();
        let pieces = vec![Ok(&b"one"[..]), Ok(&b""[..]), Ok(&b" two"[..]), Ok(&b" three"[..])];
        let body = Body::new(Pieces { pieces, ends: true });
        assert_eq!(world.send("POST", "/v1/audit/eu-1.a", headers, body).await.status(), 200);
        let expected = ("eu-1.a".to_owned(), b"one two three".to_vec());
        assert_eq!(*world.intake.bodies.lock().unwrap(), [expected]);
    }
    check(&[]).await;
    check(&[("Content-Encoding", "gzip"), ("Content-Type", "text/plain")]).await;
    // Not a reason to lose a batch: what cannot be decoded becomes a dead letter.
    for encoding in ["ZSTD", "deflate", "br", "gzip, gzip"] {
        check(&[("Content-Encoding", encoding)]).await;
    }
}

#[tokio::test]
async fn t05_only_wrong_callers_are_refused_and_nothing_redirects() {
    let world = World::new();
    let check = async |method: &str, target: &str, header: Option<(&str, &str)>, expected: (u16, &str)| {
        let headers: Vec<_> = header.into_iter().collect();
        let response = world.send(method, target, &headers, Body::from("{}")).await;
        assert!(response.headers().get("location").is_none());
        let (status, code, _) = code(response).await;
        assert_eq!((status, code.as_str()), expected, "{method} {target}");
    };
    check("GET", "/v1/audit/prod", None, (405, "method_not_allowed")).await;
    check("PUT", "/v1/audit/prod/", None, (405, "method_not_allowed")).await;
    check("OPTIONS", "/v1/audit/prod", None, (204, "")).await;
    for target in ["/", "/v1/audit", "/v1/audit/", "//v1/audit/prod", "/v1/audit/prod/x", "/livez"] {
        check("POST", target, None, (404, "not_found")).await;
    }
    for target in [
        "/v1/audit/UPPER",
        "/v1/audit/-x",
        "/v1/audit/a%2Fb",
        "/v1/audit/%ff",
        "/v1/audit//",
        "/v1/audit/a%20b/",
    ] {
        check("POST", target, None, (404, "bad_cluster")).await;
    }
    check("POST", "/v1/audit/prod", Some(("Origin", "https://evil.example")), (403, "foreign_origin")).await;
    assert!(world.intake.bodies.lock().unwrap().is_empty());
    // Each way to be wrong is remembered once, for the status.
    let known = world.state.watch.all_turned_away();
    let mut reasons: Vec<_> = known.iter().map(|sender| (sender.reason.as_str(), sender.requests)).collect();
    reasons.sort_unstable();
    assert_eq!(reasons, [("bad_cluster", 6), ("method_not_allowed", 1), ("not_found", 6)], "{known:?}");
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_one() {
    let world = World::new();
    let response = world.send(Method::GET.as_str(), "/v1/audit/prod", &[], Body::empty()).await;
    assert_eq!(response.headers()["allow"], "POST");
    let response = world.send(Method::OPTIONS.as_str(), "/v1/audit/prod", &[], Body::empty()).await;
    assert_eq!(response.headers()["allow"], "POST");
    assert_eq!(response.headers().get("access-control-allow-origin"), None);
}

#[tokio::test]
async fn every_refusal_says_when_to_come_back() {
    async fn check(error: IntakeError, status: u16, expected: &str, retry: Option<&str>) {
        let world = World::new();
        *world.intake.refusal.lock().unwrap() = Some(error);
        let pieces = (0..50).map(|_| Ok(&b"one"[..])).collect();
        let response = world.post(Body::new(Pieces { pieces, ends: true })).await;
        assert_eq!(code(response).await, (status, expected.to_owned(), retry.map(str::to_owned)));
        let is_in_the_way = ["disk_full", "journal_full", "journal_failed"].contains(&expected);
        assert_eq!(world.state.receipts.health.refusal().is_some(), is_in_the_way, "{expected}");
        // Whoever is told to come back is put off, and whoever is not has lost what it sent.
        assert_eq!(world.state.watch.refusals().requests, u64::from(retry.is_some()), "{expected}");
        assert_eq!(world.state.watch.all_turned_away().len(), usize::from(retry.is_none()), "{expected}");
        assert_eq!(world.post(Body::from("{}")).await.status(), 200);
        assert_eq!(world.state.receipts.health.refusal(), None);
    }
    check(IntakeError::Busy, 429, "too_many_requests", Some("1")).await;
    let full = || "not enough space".to_owned();
    check(IntakeError::DiskFull(full()), 503, "disk_full", Some("10")).await;
    check(IntakeError::JournalFull(full()), 503, "journal_full", Some("10")).await;
    check(IntakeError::Failed("fsync: EIO".to_owned()), 503, "journal_failed", Some("10")).await;
    check(IntakeError::TooLarge { limit: 1, ratio: 2 }, 413, "body_too_large", None).await;
}

#[tokio::test]
async fn t13_a_body_that_breaks_off_or_stops_is_no_success() {
    let world = World::with(Duration::from_millis(20), 1);
    let broken = vec![Ok(&b"one"[..]), Err(io::Error::other("reset"))];
    let response = world.post(Body::new(Pieces { pieces: broken, ends: true })).await;
    assert_eq!(code(response).await.1, "body_incomplete");
    let response = world.post(Body::new(Pieces { pieces: vec![Ok(b"one")], ends: false })).await;
    assert_eq!(code(response).await.1, "body_timeout");
    assert!(world.intake.bodies.lock().unwrap().is_empty());
    assert_eq!(world.post(Body::from("{}")).await.status(), 200, "the slot is free again");
}

#[tokio::test]
async fn a_sender_that_trickles_does_not_keep_its_slot() {
    let world = World::with(Duration::from_millis(100), 1);
    let trickle = Trickle { every: tokio::time::interval(Duration::from_millis(10)) };
    let sent = tokio::time::timeout(Duration::from_secs(20), world.post(Body::new(trickle))).await;
    assert_eq!(code(sent.expect("it is given up")).await.1, "body_timeout");
    assert_eq!(world.post(Body::from("{}")).await.status(), 200, "the slot is free again");
}

#[tokio::test]
async fn beyond_the_slots_senders_are_put_off() {
    let world = World::with(Duration::from_secs(30), 1);
    world.intake.gate.shut();
    let router = world.router.clone();
    let request = Request::post("/v1/audit/prod").body(Body::from("{}")).unwrap();
    let first = tokio::spawn(async move { router.oneshot(request).await.unwrap().status() });
    until(|| world.intake.bodies.lock().unwrap().len() == 1).await;
    let put_off = (429, "too_many_requests".into(), Some("1".into()));
    let read = Arc::new(AtomicUsize::new(0));
    let body = || Body::new(Counted { left: 50, read: Arc::clone(&read) });
    // Read to its end, or its sender would see a broken connection in place of the answer.
    assert_eq!(code(world.post(body()).await).await, put_off);
    assert_eq!(read.load(Ordering::Relaxed), 50);
    // Whoever asks first is not told to send.
    let expects = [("Expect", "100-continue")];
    assert_eq!(code(world.send("POST", "/v1/audit/prod", &expects, body()).await).await, put_off);
    assert_eq!(read.load(Ordering::Relaxed), 50);
    world.intake.gate.open();
    assert_eq!(first.await.unwrap(), 200);
}

#[tokio::test]
async fn strangers_do_not_keep_connections_busy() {
    let world = World::with(Duration::from_secs(30), 1);
    let read = Arc::new(AtomicUsize::new(0));
    let body = || Body::new(Counted { left: 50, read: Arc::clone(&read) });
    let refused = |body| world.send("POST", "/v1/audit/-x", &[], body);
    assert_eq!(code(refused(body()).await).await.0, 404);
    assert_eq!(read.load(Ordering::Relaxed), 50, "its sender has to see why");
    let _turn = world.state.refusals.try_acquire().unwrap();
    assert_eq!(code(refused(body()).await).await.0, 404);
    assert_eq!(read.load(Ordering::Relaxed), 50, "nobody's turn is left");
}

#[tokio::test]
async fn t13_leaving_after_the_request_undoes_nothing() {
    let world = World::new();
    world.intake.gate.shut();
    let router = world.router.clone();
    let request = Request::post("/v1/audit/prod").body(Body::from("{}")).unwrap();
    let sender = tokio::spawn(async move { router.oneshot(request).await.unwrap().status() });
    until(|| world.intake.bodies.lock().unwrap().len() == 1).await;
    sender.abort();
    assert!(sender.await.unwrap_err().is_cancelled());
    world.intake.gate.open();
    until(|| world.state.receipts.metrics.records.get() == 2).await;
}

async fn until(condition: impl Fn() -> bool) {
    let wait = async {
        while !condition() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), wait).await.expect("it comes to pass");
}

#[tokio::test]
async fn dead_letters_are_replayed_all_or_by_their_ids() {
    let world = World::new();
    let replay = "/v1/deadletters/replay";
    for (target, replayed) in [
        (replay.to_owned(), 2),
        (format!("{replay}?ids=ABCDEF01"), 1),
        (format!("{replay}?ids=abcdef01,12345678"), 2),
        (format!("{replay}?ids=ffffffff"), 0),
    ] {
        let response = world.send("POST", &target, &[], Body::empty()).await;
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let body: Value = serde_json::from_slice(&body).unwrap();
        conforms("POST", &target, 200, "application/json", &body);
        let body: ReplayBody = serde_json::from_value(body).unwrap();
        assert_eq!((body.replayed, body.records), (replayed, 2 * replayed), "{target}");
    }
    for (target, headers, expected) in [
        (format!("{replay}?ids=abcd"), [].as_slice(), (400, "bad_parameter")),
        (format!("{replay}?id=abcdef01"), &[], (400, "unknown_parameter")),
        (replay.to_owned(), &[("origin", "http://example.com")], (403, "foreign_origin")),
    ] {
        let (status, code, _) =
            code_at(&target, world.send("POST", &target, headers, Body::empty()).await).await;
        assert_eq!((status, code.as_str()), expected, "{target}");
    }
    *world.intake.refusal.lock().unwrap() = Some(IntakeError::DiskFull("no room".to_owned()));
    let (status, code, retry) = code_at(replay, world.send("POST", replay, &[], Body::empty()).await).await;
    assert_eq!((status, code.as_str(), retry.is_some()), (503, "disk_full", true));
}
