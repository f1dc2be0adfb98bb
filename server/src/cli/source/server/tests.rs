use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::thread::JoinHandle;

use taffrail_config::ClientSettings;

use super::*;
use crate::args::ReachArgs;

fn server(address: SocketAddr) -> Server {
    let reach = Reach::new(&ReachArgs::default(), &ClientSettings::default()).unwrap();
    Server::new(&address.to_string(), &reach).unwrap()
}

/// Answers one request with these bytes, closes, and gives back the request line.
fn answering(response: impl Into<String>) -> (Server, JoinHandle<String>) {
    let response = response.into();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = server(listener.local_addr().unwrap());
    let thread = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
        let request = lines.next().unwrap().unwrap();
        assert!(lines.by_ref().any(|line| line.unwrap().is_empty()));
        stream.write_all(response.as_bytes()).unwrap();
        request
    });
    (server, thread)
}

fn streamed(response: &'static str) -> (anyhow::Result<()>, Vec<u8>) {
    let (server, _thread) = answering(response);
    let mut out = Vec::new();
    let result = server.stream("/api/v1/export", &[], &mut out);
    (result, out)
}

fn problem(status: &str, headers: &str, body: &str) -> anyhow::Error {
    let length = body.len();
    let response = format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\n\r\n{body}");
    let (server, _thread) = answering(response);
    server.json::<serde_json::Value>("/x", &[("q", "usr:ü".to_owned())]).unwrap_err()
}

#[test]
fn a_stream_without_its_final_chunk_is_incomplete() {
    let (whole, out) =
        streamed("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nabc\n\r\n0\r\n\r\n");
    whole.unwrap();
    assert_eq!(out, b"abc\n");
    for broken in [
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nabc\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\nabc\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc\n",
    ] {
        let (result, out) = streamed(broken);
        let error = result.unwrap_err();
        assert_eq!(out, b"abc\n", "{broken:?}");
        assert!(error.to_string().contains("incomplete"), "{error}");
        assert!(!error.is::<WrongUse>());
    }
}

#[test]
fn parameters_are_encoded() {
    let (server, thread) = answering("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}");
    let parameters = [("q", "user:\"a & b\" +ü".to_owned()), ("limit", "5".to_owned())];
    server.json::<serde_json::Value>("/api/v1/events", &parameters).unwrap();
    let request = thread.join().unwrap();
    assert!(request.starts_with("GET /api/v1/events?q=user"), "{request}");
    assert!(request.contains("%26") && request.contains("%2B") && request.contains("%C3%BC"), "{request}");
}

#[test]
fn problems_become_the_exit_code_that_fits() {
    let span = problem(
        "400 Bad Request",
        "",
        r#"{"code":"query_unknown_field","detail":"there is no field usr","span":{"start":0,"end":3},"hint":"write user"}"#,
    );
    assert!(span.is::<WrongUse>(), "{span}");
    assert_eq!(span.to_string(), "there is no field usr\n  usr:ü\n  ^^^\nhint: write user");
    let bad = problem("400 Bad Request", "", r#"{"detail":"limit is 5000"}"#);
    assert!(bad.is::<WrongUse>() && bad.to_string() == "limit is 5000", "{bad}");
    let refused = problem("401 Unauthorized", "", r#"{"code":"login_required","detail":"log in to read"}"#);
    assert!(!refused.is::<WrongUse>() && refused.to_string().contains("--token-file"), "{refused}");
    let busy = problem("429 Too Many Requests", "retry-after: 3\r\n", r#"{"detail":"later"}"#);
    assert!(!busy.is::<WrongUse>() && busy.to_string().contains("try again in 3 s"), "{busy}");
    let failed = problem("500 Internal Server Error", "", r#"{"title":"failed","request_id":"r1"}"#);
    assert!(!failed.is::<WrongUse>() && failed.to_string().contains("request r1"), "{failed}");
    let other_port = problem(
        "404 Not Found",
        "",
        r#"{"code":"not_found","detail":"there is nothing at /api/v1/events","request_id":"r1"}"#,
    );
    assert!(other_port.to_string().contains("8585"), "{other_port}");
    let foreign = problem("404 Not Found", "", "<html>");
    assert!(foreign.to_string().contains("is it a Taffrail API"), "{foreign}");
    let not_json = problem("200 OK", "", "<ht>");
    assert!(not_json.to_string().contains("is it a Taffrail API"), "{not_json}");
}

#[test]
fn nobody_there() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let server = server(port);
    assert!(!server.is_alive());
    let error = server.json::<serde_json::Value>("/x", &[]).unwrap_err();
    assert!(error.to_string().contains("taffrail serve"), "{error}");
}
