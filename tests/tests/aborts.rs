//! T13: clients that leave too early, or too late to matter.

use std::thread;

use taffrail_tests::{Connection, Server, samples, wait_until};

const TARGET: &str = "/v1/audit/prod?timeout=30s";

fn events() -> Vec<Vec<u8>> {
    samples::lines("audit/delete-finalizer-ssa-crd.jsonl.gz")
}

fn connect(server: &Server) -> Connection {
    Connection::open(server.ingest_addr()).expect("connect")
}

#[test]
fn t13_a_body_shorter_than_its_length_is_not_acknowledged() {
    let server = Server::spawn();
    let body = samples::event_list(&events());
    let mut connection = connect(&server);
    let length = format!("Content-Length: {}", body.len() + 10);
    connection.send_head("POST", TARGET, &[&length]).expect("send");
    connection.send(&body).expect("send");
    connection.finish_sending();
    // Whatever comes, it is not a success.
    if let Ok(answer) = connection.read_response() {
        assert!(answer.status >= 400, "{}", answer.status);
    }
    server.post_ok("prod", &body);
    server.api().wait_for_total("", 40);
}

#[test]
fn t13_an_abort_in_the_middle_harms_nobody() {
    let server = Server::spawn();
    let body = samples::event_list(&events());
    for (index, cut) in (0..body.len()).step_by(body.len() / 40).enumerate() {
        let mut connection = connect(&server);
        let length = format!("Content-Length: {}", body.len());
        connection.send_head("POST", TARGET, &[&length]).expect("send");
        connection.send(&body[..cut]).expect("send");
        if index % 2 == 0 { connection.close() } else { connection.reset() }
    }
    // The same request, whole: as an API server retries it.
    server.post_ok("prod", &body);
    server.api().wait_for_total("", 40);
    assert_eq!(server.api().read("/api/v1/deadletters", &[])["deadletters"], serde_json::json!([]));
}

#[test]
fn t13_an_abort_of_a_chunked_body_harms_nobody() {
    let server = Server::spawn();
    let body = samples::event_list(&events());
    let chunk = |part: &[u8]| [format!("{:x}\r\n", part.len()).as_bytes(), part, b"\r\n"].concat();
    let (first, second) = body.split_at(body.len() / 2);
    let mut connection = connect(&server);
    connection.send_head("POST", TARGET, &["Transfer-Encoding: chunked"]).expect("send");
    connection.send(&chunk(first)).expect("send");
    connection.reset();

    let mut connection = connect(&server);
    connection.send_head("POST", TARGET, &["Transfer-Encoding: chunked"]).expect("send");
    connection.send(&[chunk(first), chunk(second), b"0\r\n\r\n".to_vec()].concat()).expect("send");
    assert_eq!(connection.read_response().expect("an answer").status, 200);
    server.api().wait_for_total("", 40);
}

#[test]
fn t13_leaving_after_the_request_undoes_nothing() {
    let server = Server::spawn();
    let events = events();
    for (index, event) in events.iter().enumerate() {
        let mut connection = connect(&server);
        connection.send_request("POST", TARGET, &[], event).expect("send");
        if index % 2 == 0 {
            connection.close();
        }
        // Every second one is reset: perhaps before its bytes were read, and then it comes again.
        else {
            connection.reset();
            server.post_ok("prod", event);
        }
    }
    server.api().wait_for_total("", 40);
}

#[test]
fn t13_silent_clients_are_let_go_and_block_nobody() {
    let server = Server::builder().set("ingest.read_timeout", "300ms").start();
    let body = samples::event_list(&events());
    let length = format!("Content-Length: {}", body.len());
    let silent: Vec<_> = (0..50)
        .map(|_| {
            let mut connection = connect(&server);
            connection.send_head("POST", TARGET, &[&length]).expect("send");
            connection.send(&body[..100]).expect("send");
            connection
        })
        .collect();
    server.post_ok("prod", &body);
    thread::scope(|scope| {
        for mut connection in silent {
            scope.spawn(move || {
                if let Ok(answer) = connection.read_response() {
                    assert!(answer.status >= 400, "{}", answer.status);
                }
            });
        }
    });
    wait_until("no request holds memory any more", || {
        server.api().read("/api/v1/status", &[])["ingest"]["in_flight_bytes"] == 0
    });
    server.api().wait_for_total("", 40);
}
