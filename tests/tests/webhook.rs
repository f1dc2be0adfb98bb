//! The webhook listener as an API server sees it (reference list: audit webhook, "Wire").

use taffrail_tests::{Client, Response, Server, samples};

fn one_event() -> Vec<u8> {
    samples::event_list(&[samples::example("label-quarantine-true")])
}

#[test]
fn t02_any_path_form_and_any_query_is_taken() {
    let server = Server::spawn();
    let mut client = server.ingest();
    for target in [
        "/v1/audit/prod",
        "/v1/audit/prod/",
        "/v1/audit/prod?timeout=30s",
        "/v1/audit/prod/?timeout=30s",
        "/v1/audit/prod?cluster=other&x=%zz",
    ] {
        let answer = client.post(target, &one_event()).expect("an answer");
        assert_eq!(answer.status, 200, "{target}: {}", answer.text());
    }
    server.api().wait_for_total("cluster:prod", 1);
    server.api().wait_for_total("", 1);
}

#[test]
fn t04_success_is_an_empty_200_without_content_type() {
    let server = Server::spawn();
    let answer = server.post("prod", &one_event());
    assert_eq!((answer.status, answer.body.len()), (200, 0));
    assert_eq!(answer.header("content-type"), None, "an odd one makes API servers resend");
    assert_eq!(answer.header("content-length"), Some("0"));
    assert!(answer.header("taffrail-position").is_some_and(|position| !position.is_empty()));
}

#[test]
fn t05_nothing_redirects() {
    let server = Server::builder().expect_log("request refused").start();
    let body = one_event();
    for addr in [server.ingest_addr(), server.api_addr()] {
        for target in [
            "/",
            "//",
            "/v1",
            "/v1/",
            "/v1/audit",
            "/v1/audit/",
            "/v1/audit//",
            "//v1/audit/prod",
            "/v1/audit/prod//",
            "/v1/audit/prod/x",
            "/v1/audit/../prod",
            "/V1/Audit/prod",
            "/v1/audit/UPPER",
            "/api/v1/events/",
        ] {
            for method in ["POST", "GET", "PUT", "HEAD", "OPTIONS"] {
                let answer = request_once(addr, method, target, &body);
                assert!(!(300..400).contains(&answer.status), "{method} {target}: {}", answer.status);
                assert_eq!(answer.header("location"), None, "{method} {target}");
            }
        }
    }
}

/// A client of its own each: what one request leaves behind must not reach the next.
fn request_once(to: std::net::SocketAddr, method: &str, target: &str, body: &[u8]) -> Response {
    if method == "HEAD" {
        let mut connection = taffrail_tests::Connection::open(to).expect("connect");
        connection.send_request(method, target, &[], b"").expect("send");
        return connection.read_response_head().expect("an answer");
    }
    let body = if method == "POST" || method == "PUT" { body } else { b"" };
    Client::new(to).request(method, target, &[], body).expect("an answer")
}

#[test]
fn only_wrong_callers_are_refused() {
    let server = Server::builder().expect_log("request refused").start();
    let check = |method: &str, target: &str, headers: &[&str], expected: u16| {
        let answer = server.ingest().request(method, target, headers, &one_event()).expect("an answer");
        assert_eq!(answer.status, expected, "{method} {target}: {}", answer.text());
    };
    check("GET", "/v1/audit/prod", &[], 405);
    check("PUT", "/v1/audit/prod", &[], 405);
    check("POST", "/v1/audit", &[], 404);
    check("POST", "/v2/audit/prod", &[], 404);
    check("POST", "/v1/audit/UPPER", &[], 404);
    check("POST", "/v1/audit/-x", &[], 404);
    check("POST", "/v1/audit/prod", &["Origin: https://evil.example"], 403);
    // Whatever the sender says of its body: API servers are not the only senders.
    check("POST", "/v1/audit/prod", &[], 200);
    check("POST", "/v1/audit/prod", &["Content-Type: text/plain"], 200);
    check("POST", "/v1/audit/prod", &["Content-Type: application/x-ndjson; charset=utf-8"], 200);
    server.api().wait_for_total("", 1);
}

#[test]
fn every_form_of_body_is_taken() {
    let server = Server::spawn();
    let events = samples::lines("audit/delete-finalizer-ssa-crd.jsonl.gz");
    let list = samples::event_list(&events);
    let array = [b"[", events.join(&b","[..]).as_slice(), b"]"].concat();
    let lines = events.join(&b"\n"[..]);
    let lists = [samples::event_list(&events[..40]), samples::event_list(&events[40..])].concat();
    for (cluster, body) in [("list", &list), ("array", &array), ("lines", &lines), ("lists", &lists)] {
        server.post_ok(cluster, body);
    }
    for event in &events {
        server.post_ok("single", event);
    }
    for cluster in ["list", "array", "lines", "lists", "single"] {
        server.api().wait_for_total(&format!("cluster:{cluster}"), 40);
    }
    assert_eq!(dead_letters(&server), 0);
}

#[test]
fn compressed_bodies_are_taken_and_bombs_are_not() {
    use std::io::Write;
    let server =
        Server::builder().set("ingest.max_decompressed_bytes", "64MiB").expect_log("expands").start();
    let body = samples::event_list(&samples::lines("audit/delete-finalizer-ssa-crd.jsonl.gz"));
    let gzip = |content: &[u8]| {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gzip.write_all(content).and_then(|()| gzip.finish()).expect("memory takes everything")
    };
    let zstd = |content: &[u8]| zstd::bulk::compress(content, 3).expect("memory takes everything");
    let post = |cluster: &str, encoding: &str, body: &[u8]| {
        let encoding = format!("Content-Encoding: {encoding}");
        let target = format!("/v1/audit/{cluster}");
        server.ingest().request("POST", &target, &[&encoding], body).expect("an answer").status
    };
    assert_eq!(post("gzip", "gzip", &gzip(&body)), 200);
    assert_eq!(post("zstd", "zstd", &zstd(&body)), 200);
    assert_eq!(post("members", "gzip", &[gzip(&body[..5000]), gzip(&body[5000..])].concat()), 200);
    for cluster in ["gzip", "zstd", "members"] {
        server.api().wait_for_total(&format!("cluster:{cluster}"), 40);
    }

    let bomb = vec![b' '; 256 << 20];
    assert_eq!(post("bomb", "gzip", &gzip(&bomb)), 413);
    assert_eq!(post("bomb", "zstd", &zstd(&bomb)), 413);
    assert!(server.usage().peak_rss < 512 << 20, "{:?}", server.usage());

    // Damaged: the same bytes would come five times, so it is taken, and kept as a dead letter.
    let mut damaged = gzip(&body);
    let middle = damaged.len() / 2;
    damaged[middle] ^= 0xff;
    assert_eq!(post("damaged", "gzip", &damaged), 200);
    assert!(dead_letters(&server) >= 1);
}

fn dead_letters(server: &Server) -> usize {
    let answer = server.api().read("/api/v1/deadletters", &[]);
    answer["deadletters"].as_array().expect("a list of dead letters").len()
}

#[test]
fn what_the_recorded_webhook_brought_is_found() {
    let server = Server::spawn();
    let requests = samples::requests("audit/webhook");
    for body in &requests {
        server.post_ok("lab", body);
    }
    let records: Vec<Vec<u8>> = requests
        .iter()
        .flat_map(|body| {
            let list: serde_json::Value = serde_json::from_slice(body).expect("recorded requests are valid");
            let items = list["items"].as_array().expect("a list has items").clone();
            items.into_iter().map(|item| serde_json::to_vec(&item).expect("JSON can be written"))
        })
        .collect();
    let expected = taffrail_tests::oracle::fold(&records);
    server.api().wait_for_total(
        "-result:pending",
        expected.iter().filter(|d| d.result() != "pending").count() as u64,
    );
}

#[test]
fn retried_and_truncated_recordings_are_found_once() {
    let server = Server::spawn();
    for folder in ["webhook-retries", "webhook-truncated"] {
        let requests = samples::requests(&format!("audit/{folder}"));
        let mut records = Vec::new();
        for body in &requests {
            server.post_ok(folder, body);
            let list: serde_json::Value = serde_json::from_slice(body).expect("recorded requests are valid");
            let items = list["items"].as_array().expect("a list has items");
            records.extend(items.iter().map(|item| serde_json::to_vec(item).expect("JSON can be written")));
        }
        let expected = taffrail_tests::oracle::fold(&records);
        let ended = expected.iter().filter(|document| document.result() != "pending").count() as u64;
        server.api().wait_for_total(&format!("cluster:{folder} kind:audit -result:pending"), ended);
    }
}
