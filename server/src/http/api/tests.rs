//! The API listener with a fake store behind it.

use std::collections::BTreeSet;

use axum::body::Body;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use taffrail_config::ByteLimit;
use taffrail_event::{Decoded, Gap, Key, Kind, Origins, Via, ViaSet};
use taffrail_ingest::IntakeError;
use taffrail_ingest::journal::JournalOptions;
use taffrail_query::{Hit, SearchError};
use tempfile::TempDir;
use tower::ServiceExt;

use super::*;
use crate::http::access::Role;
use crate::http::fakes::{FakeIntake, FakeSearch, hit};
use crate::http::openapi::{conforms, described_bounds, described_parameters};

struct World {
    search: Arc<FakeSearch>,
    state: Arc<ApiState>,
    router: Router,
    _dir: TempDir,
}

impl World {
    fn new(search: FakeSearch) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let search = Arc::new(search);
        let store: Arc<dyn Search> = Arc::<FakeSearch>::clone(&search);
        let (journal, _) = Journal::open(&dir.path().join("journal"), JournalOptions::default(), 0).unwrap();
        let state = Arc::new(ApiState {
            search: store,
            dead: Arc::new(DeadLetters::open(&dir.path().join("dead"), 1 << 20).unwrap()),
            journal,
            pipeline: Arc::default(),
            in_flight: Arc::new(FakeIntake::default()),
            freshness: Arc::default(),
            sources: Arc::default(),
            logs: Arc::default(),
            notify: Arc::default(),
            health: Arc::default(),
            watch: Arc::new(Watch::new(Duration::from_secs(90))),
            metrics: Arc::new(Metrics::new()),
            unwanted: Arc::default(),
            actors: crate::actors::tests::robots(),
            quarantine_label: Default::default(),
            about: About {
                started: Timestamp::default(),
                since: Instant::now(),
                data: dir.path().to_owned(),
                api: "http://127.0.0.1:8585".to_owned(),
                ingest: "http://127.0.0.1:8586".to_owned(),
                budget_bytes: 1000,
                retention_limit: ByteLimit::Bytes(5000),
                warnings: vec!["redaction.off: secrets".to_owned()],
            },
            levels: std::sync::Mutex::default(),
            hosts: HostNames::of("127.0.0.1:8585".parse().unwrap(), "harbour"),
            access: Access::open_to_all(Role::Reading),
            read_log: None,
            followed: Vec::new(),
            certificates: Vec::new(),
            query_timeout: Duration::from_secs(10),
            queries: Arc::new(Semaphore::new(1)),
            exports: Arc::new(Semaphore::new(1)),
            live: Arc::new(Live::new(0)),
            tails: Arc::new(Semaphore::new(1)),
            stopping: CancellationToken::new(),
        });
        Self { search, router: router(Arc::clone(&state)), state, _dir: dir }
    }

    async fn send(&self, method: &str, target: &str, host: &str) -> Response {
        let request = Request::builder().method(method).uri(target).header("Host", host);
        self.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }

    async fn until_exports_ended(&self) {
        while self.state.exports.available_permits() == 0 {
            tokio::task::yield_now().await;
        }
    }

    async fn get(&self, target: &str) -> (u16, Value) {
        let response = self.send("GET", target, "localhost:8585").await;
        let status = response.status().as_u16();
        let media_type = response.headers()["content-type"].to_str().unwrap().to_owned();
        assert_eq!(media_type == "application/problem+json", status >= 400, "{target}");
        assert_eq!(response.headers()["cache-control"], "no-store");
        let body = text(response).await.unwrap();
        let body = serde_json::from_str(&body).unwrap_or(Value::String(body));
        conforms("GET", target, status, &media_type, &body);
        (status, body)
    }
}

async fn text(response: Response) -> Result<String, axum::Error> {
    let bytes = response.into_body().collect().await?.to_bytes();
    Ok(String::from_utf8(bytes.to_vec()).unwrap())
}

#[tokio::test]
async fn pages_lead_to_the_next() {
    let world = World::new(FakeSearch::with(5));
    let (status, first) = world.get("/api/v1/events?q=cluster:prod&limit=2").await;
    assert_eq!(status, 200, "{first}");
    let ids = |page: &Value| -> Vec<String> {
        page["events"]
            .as_array()
            .unwrap()
            .iter()
            .map(|event| event["id"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(ids(&first), [hit(4).event.id.to_string(), hit(3).event.id.to_string()]);
    assert_eq!(first["total"], json!({"value": 5, "exact": true}));
    assert!(first["took_ms"].is_u64());
    let next = first["next"].as_str().unwrap();
    let (_, second) = world.get(&format!("/api/v1/events?q=+cluster:prod&limit=3&cursor={next}")).await;
    assert_eq!(ids(&second).len(), 3);
    assert_eq!(second["next"], Value::Null);
    let (status, other) = world.get(&format!("/api/v1/events?q=verb:list&cursor={next}")).await;
    assert_eq!((status, &other["code"]), (400, &json!("bad_cursor")));
    let (_, oldest) = world.get("/api/v1/events?order=asc&limit=1&from=2026-11-23T16:11:02Z").await;
    assert_eq!(ids(&oldest), [hit(2).event.id.to_string()]);
}

#[tokio::test]
async fn every_answer_has_its_coverage() {
    let gap = |from: i64, to: i64| Gap {
        cluster: "prod".to_owned(),
        source: "journal".to_owned(),
        from: Timestamp::from_micros(from),
        to: Timestamp::from_micros(to),
        lost: Some(3),
        reason: "damaged".to_owned(),
    };
    let world = World::new(FakeSearch {
        gaps: vec![gap(0, 10), gap(20, 30)],
        is_partial: true,
        searchable: 5,
        ..FakeSearch::with(2)
    });
    for target in ["events", "histogram", "facets?field=verb"] {
        let (_, body) = world.get(&format!("/api/v1/{target}")).await;
        assert_eq!(body["coverage"]["partial"], true, "{target}");
        assert_eq!(body["coverage"]["lag_ms"], 0, "nothing waits");
        assert_eq!(body["coverage"]["gaps"].as_array().unwrap().len(), 2);
    }
    let (_, body) = world.get("/api/v1/events?from=1970-01-01T00:00:00.000015Z").await;
    assert_eq!(body["coverage"]["gaps"][0]["from"], "1970-01-01T00:00:00.000020Z", "the other lies outside");
    let received = Timestamp::now().plus_micros(-3_000_000);
    world.state.freshness.acknowledged(6, received);
    for target in ["events", "clusters", "deadletters", "status", &format!("events/{}", Key(0xabc))] {
        let (_, body) = world.get(&format!("/api/v1/{target}")).await;
        assert_eq!(body["coverage"]["complete_to"], received.to_string(), "{target}");
        assert!(body["coverage"]["lag_ms"].as_u64().unwrap() >= 3000, "{target}");
    }
}

#[tokio::test]
async fn wrong_requests() {
    let world = World::new(FakeSearch::with(3));
    let check = async |target: &str, status: u16, code: &str, part: &str| {
        let (found, problem) = world.get(target).await;
        assert_eq!((found, problem["code"].as_str()), (status, Some(code)), "{target}: {problem}");
        assert!(problem.to_string().contains(part), "{target}: {problem}");
    };
    check("/api/v1/events?q=usr:alice", 400, "query_unknown_field", r#""span":{"start":0,"end":3}"#).await;
    check("/api/v1/events?q=a%22b", 400, "query_unclosed_quote", "span").await;
    for limit in ["0", "1001", "-1", "many", "99999999999999999999"] {
        check(&format!("/api/v1/events?limit={limit}"), 400, "bad_parameter", "limit").await;
    }
    check("/api/v1/events?order=up", 400, "bad_parameter", "asc or desc").await;
    check("/api/v1/events?qurey=x", 400, "unknown_parameter", "qurey").await;
    check("/api/v1/events?limt=5", 400, "unknown_parameter", "did you mean limit?").await;
    check("/api/v1/events?q=a&q=b", 400, "unknown_parameter", "twice").await;
    check("/api/v1/events?from=never", 400, "bad_time", "from").await;
    check("/api/v1/events?from=now&to=now-1h", 400, "bad_parameter", "swap").await;
    check("/api/v1/events?cursor=AAAA", 400, "bad_cursor", "start again").await;
    check("/api/v1/events/zzzzzzzz", 400, "bad_parameter", "hex").await;
    check("/api/v1/events/0000000", 400, "bad_parameter", "8 or more").await;
    check("/api/v1/events/ffffffff", 404, "not_found", "ffffffff").await;
    check("/api/v1/events/%ff", 400, "bad_parameter", "hex").await;
    check("/api/v1/events/00000000?x=1", 400, "unknown_parameter", "takes none").await;
    check("/api/v1/histogram?buckets=0", 400, "bad_parameter", "buckets").await;
    check("/api/v1/histogram?split=uid", 400, "bad_parameter", "countable").await;
    check("/api/v1/facets", 400, "bad_parameter", "field").await;
    check("/api/v1/facets?field=nonsense", 400, "bad_parameter", "nonsense").await;
    check("/api/v1/facets?field=verb&limit=5000", 400, "bad_parameter", "limit").await;
    for cursor in ["x", "%2B7", "000000000000000000007"] {
        check(&format!("/api/v1/deadletters?cursor={cursor}"), 400, "bad_cursor", "next").await;
    }
    check("/api/v1/export?format=xml", 400, "bad_parameter", "ndjson or csv").await;
    check("/api/v1/export?q=(", 400, "query_missing_term", "span").await;
    check("/api/v1/events/", 404, "not_found", "nothing at").await;
    check("/api/v2", 404, "not_found", "nothing at").await;
}

#[tokio::test]
async fn one_event_with_its_record() {
    let mut search = FakeSearch::with(2);
    search.hits[1].record = vec![b'{', 0xff, b'}'];
    search.hits.push(hit(2));
    search.hits[2].event.id = Key(0xabd);
    let world = World::new(search);
    let (_, event) = world.get(&format!("/api/v1/events/{}", hit(1).event.id)).await;
    assert_eq!((&event["raw_base64"], event.get("raw")), (&json!("e/99"), None));
    assert_eq!(event["actor"]["name"], "user-1");
    let (_, event) =
        world.get(&format!("/api/v1/events/{}", hit(0).event.id.to_string().to_uppercase())).await;
    assert_eq!(event["raw"], String::from_utf8(hit(0).record).unwrap());
    let (status, problem) = world.get("/api/v1/events/00000000").await;
    assert_eq!((status, problem["code"].as_str()), (409, Some("ambiguous_id")));
    assert_eq!(problem["ids"], json!([Key(0xabc).to_string(), Key(0xabd).to_string()]));
}

#[tokio::test]
async fn every_kind_of_event_is_as_the_document_says() {
    // Constructed: every member that can be null is an object here.
    let record = br#"{"kind":"Event","auditID":"a1","level":"RequestResponse","stage":"ResponseComplete","verb":"delete",
        "requestURI":"/apis/apps/v1/namespaces/shop/deployments/web","user":{"username":"system:serviceaccount:shop:web","groups":["dev"],
            "extra":{"authentication.kubernetes.io/pod-name":["web-1"],"authentication.kubernetes.io/node-name":["node-1"]}},
        "impersonatedUser":{"username":"bob","groups":["ops"]},"sourceIPs":["10.0.0.1"],"userAgent":"kubectl",
        "objectRef":{"apiGroup":"apps","apiVersion":"v1","resource":"deployments","namespace":"shop","name":"web"},
        "responseStatus":{"code":403,"reason":"Forbidden"},"annotations":{"authorization.k8s.io/decision":"forbid",
            "failed-open.validating.webhook.admission.k8s.io/round_0_index_0":"policy.example.com",
            "patch.webhook.admission.k8s.io/round_0_index_0":"{\"webhook\":\"w\",\"configuration\":\"c\",\"patch\":[{\"op\":\"remove\",\"path\":\"/a\"}]}"},
        "requestReceivedTimestamp":"2026-11-23T16:11:23.418577Z","stageTimestamp":"2026-11-23T16:11:23.518577Z"}"#;
    let gap = Gap {
        cluster: "prod".to_owned(),
        source: "webhook".to_owned(),
        from: Timestamp::from_micros(1_000_000),
        to: Timestamp::from_micros(2_000_000),
        lost: Some(3),
        reason: "nobody spoke".to_owned(),
    };
    let hits = [(Kind::Audit, record.to_vec()), (Kind::Gap, gap.encode())].map(|(kind, record)| {
        let id = Key(u128::from(record.len() as u64) << 100);
        let origins = Origins {
            id,
            cluster: "prod".to_owned(),
            received: Timestamp::default(),
            via: ViaSet::of(Via::Taffrail),
            ..Origins::default()
        };
        Hit { event: Decoded::of_kind(&record, kind).unwrap().event(origins), record }
    });
    let targets = hits.clone().map(|hit| format!("/api/v1/events/{}", hit.event.id));
    let world = World::new(FakeSearch { hits: hits.to_vec(), gaps: vec![gap], ..FakeSearch::default() });
    for target in targets.iter().map(String::as_str).chain(["/api/v1/events"]) {
        // What it is held to, `get` says.
        assert_eq!(world.get(target).await.0, 200, "{target}");
    }
}

#[tokio::test]
async fn every_path_takes_the_parameters_that_are_described() {
    let world = World::new(FakeSearch::with(1));
    for (path, expected) in described_parameters() {
        let (_, problem) = world.get(&format!("{path}?no_such=1")).await;
        let detail = problem["detail"].as_str().unwrap_or_default();
        let known = detail.split_once("there are ").map_or("", |(_, known)| known);
        let known: BTreeSet<String> =
            known.split(", ").filter(|name| !name.is_empty()).map(str::to_owned).collect();
        assert_eq!(known, expected, "{path}: {problem}");
    }
}

#[tokio::test]
async fn every_number_has_the_bounds_that_are_described() {
    let world = World::new(FakeSearch::with(1));
    let check = async |path: &str, name: &str, value: u64, is_taken: bool| {
        let field = if path.ends_with("/facets") { "field=verb&" } else { "" };
        let (status, answer) = world.get(&format!("{path}?{field}{name}={value}")).await;
        // Of objects the store knows none.
        assert_eq!(status != 400, is_taken, "{path} {name}={value}: {answer}");
        assert!([200, 400, 404].contains(&status), "{answer}");
    };
    let bounds = described_bounds();
    assert!(!bounds.is_empty());
    for (path, name, [least, most]) in bounds {
        check(&path, &name, least, true).await;
        check(&path, &name, most, true).await;
        check(&path, &name, least - 1, false).await;
        check(&path, &name, most + 1, false).await;
    }
}

#[tokio::test]
async fn counts() {
    let world = World::new(FakeSearch::with(4));
    let (_, body) = world.get("/api/v1/histogram?q=user:user-0&split=verb").await;
    assert_eq!(
        body["buckets"],
        json!([{"time": "1970-01-01T00:00:00.000000Z", "count": 2, "split": {"b": 2, "a": 1}}])
    );
    assert_eq!(body["interval_ms"], 60_000);
    let (_, body) = world.get("/api/v1/facets?field=user").await;
    assert_eq!(body["field"], "actor.name", "the canonical name");
    assert_eq!((&body["buckets"], &body["other"]), (&json!([{"value": "x", "count": 4}]), &json!(3)));
    let (_, body) = world.get("/api/v1/clusters").await;
    assert_eq!(body["clusters"][0]["name"], "prod");
    let (_, body) = world.get("/api/v1/deadletters").await;
    assert_eq!(
        (&body["deadletters"], &body["next"], &body["totals"]["stored"]),
        (&json!([]), &Value::Null, &json!(0))
    );
    let (_, body) = world.get("/api/v1/status").await;
    assert_eq!(body["ingest"]["in_flight_bytes"], 42);
    assert_eq!((&body["journal"]["end"], &body["index"]["documents"]), (&json!(0), &json!(4)));
    assert_eq!(body["warnings"], json!(["redaction.off: secrets"]));
}

#[tokio::test]
async fn a_store_that_fails_says_so_without_its_secrets() {
    let world = World::new(FakeSearch {
        failure: Some(SearchError::Storage("/var/x: EIO".into())),
        ..FakeSearch::with(1)
    });
    for target in ["events", "events/00000000", "histogram", "facets?field=verb", "clusters", "status"] {
        let (status, problem) = world.get(&format!("/api/v1/{target}")).await;
        assert_eq!((status, problem["code"].as_str()), (500, Some("internal")), "{target}");
        assert!(!problem.to_string().contains("/var/x"));
    }
    assert_eq!(world.get("/livez").await.0, 200);
}

#[tokio::test]
async fn beyond_the_limit_queries_are_put_off() {
    let world = World::new(FakeSearch::with(1));
    world.search.gate.shut();
    let router = world.router.clone();
    let request = Request::get("/api/v1/events").header("Host", "localhost").body(Body::empty()).unwrap();
    let first = tokio::spawn(async move { router.oneshot(request).await.unwrap().status() });
    while world.state.queries.available_permits() > 0 {
        tokio::task::yield_now().await;
    }
    let response = world.send("GET", "/api/v1/events", "localhost").await;
    assert_eq!(
        (response.status().as_u16(), &response.headers()["retry-after"]),
        (429, &HeaderValue::from(1))
    );
    // The client leaves; its query counts until it has ended.
    first.abort();
    first.await.unwrap_err();
    assert_eq!(world.state.queries.available_permits(), 0);
    world.search.gate.open();
    while world.state.queries.available_permits() == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(world.get("/api/v1/events").await.0, 200);
}

#[tokio::test]
async fn exports() {
    let mut search = FakeSearch::with(9);
    search.hits[4].event.summary = "=cmd|' /C calc'!A0, \"x\"".to_owned();
    let world = World::new(search);
    let response = world.send("GET", "/api/v1/export?q=user:user-1", "localhost").await;
    assert_eq!(response.headers()["content-type"], "application/x-ndjson");
    assert!(response.headers().contains_key("taffrail-complete-to"));
    let lines: Vec<Value> =
        text(response).await.unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[0]["id"], hit(1).event.id.to_string(), "oldest first");

    world.until_exports_ended().await;
    let response = world.send("GET", "/api/v1/export?format=csv", "localhost").await;
    assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/csv"));
    let body = text(response).await.unwrap();
    assert!(body.starts_with("id,time,kind,cluster,summary,actor.name,"), "{body}");
    assert_eq!(body.matches("\r\n").count(), 10);
    assert!(body.contains(",\"'=cmd|' /C calc'!A0, \"\"x\"\"\","), "{body}");
    let columns = body.lines().next().unwrap().split(',').count();
    assert!(body.lines().all(|line| line.contains("calc") || line.split(',').count() == columns), "{body}");
}

#[tokio::test]
async fn an_export_that_fails_has_no_end() {
    for search in [
        FakeSearch { fails_at: Some(2), ..FakeSearch::with(3) },
        FakeSearch { panics_at: Some(2), ..FakeSearch::with(3) },
        FakeSearch { failure: Some(SearchError::Storage("gone".into())), ..FakeSearch::with(3) },
    ] {
        let world = World::new(search);
        let response = world.send("GET", "/api/v1/export", "localhost").await;
        assert_eq!(response.status(), 200);
        assert!(text(response).await.is_err());
        world.until_exports_ended().await;
    }
}

#[tokio::test]
async fn readiness_ends_with_the_stop_and_with_the_journal() {
    let world = World::new(FakeSearch::default());
    assert_eq!(world.get("/readyz").await.0, 200);
    for (error, code) in [
        (IntakeError::DiskFull("no room".to_owned()), "disk_full"),
        (IntakeError::JournalFull("no room".to_owned()), "journal_full"),
        (IntakeError::Failed("no room".to_owned()), "journal_failed"),
    ] {
        world.state.health.refused(&error);
        assert_eq!(world.get("/readyz").await.1["code"], code);
        let status = world.get("/api/v1/status").await.1;
        assert!(status["ingest"]["trouble"].as_str().is_some_and(|trouble| trouble.ends_with("no room")));
    }
    world.state.health.refused(&IntakeError::Busy);
    world.state.health.journal_works();
    assert_eq!(world.get("/readyz").await.0, 200);
    assert_eq!(world.get("/api/v1/status").await.1["ingest"]["trouble"], Value::Null);
    world.state.health.stopping();
    assert_eq!(world.get("/readyz").await.1["code"], "stopping");
    assert_eq!(world.get("/livez").await.0, 200);
}

#[tokio::test]
async fn pages_methods_and_names() {
    let world = World::new(FakeSearch::with(1));
    let (_, document) = world.get("/openapi.json").await;
    assert_eq!(document["paths"]["/openapi.json"]["get"]["operationId"], "openapi");
    let response = world.send("GET", "/metrics", "localhost").await;
    assert!(text(response).await.unwrap().contains("taffrail_index_documents 1"));
    let response = world.send("HEAD", "/api/v1/events", "localhost").await;
    assert_eq!(response.status(), 200);
    assert_eq!(text(response).await.unwrap(), "");
    let response = world.send("POST", "/api/v1/events", "localhost").await;
    assert_eq!(
        (response.status().as_u16(), &response.headers()["allow"]),
        (405, &HeaderValue::from_static("GET, HEAD"))
    );
    let response = world.send("OPTIONS", "/api/v1/events", "localhost").await;
    assert_eq!(response.status(), 204);
    assert_eq!(response.headers().get("access-control-allow-origin"), None);
    for (host, status) in [("evil.example", 403), ("a:b:c", 400), ("10.1.2.3:8585", 200)] {
        assert_eq!(world.send("GET", "/livez", host).await.status().as_u16(), status, "{host}");
    }
}
