//! Whoever can reach the listener without being an API server: honest senders must not notice, and memory stays bounded.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use taffrail_tests::{Connection, Load, LoadReport, Random, Server};

use crate::arguments::Arguments;
use crate::corpus::mebibytes;
use crate::table::Table;

const IDLE: usize = 1000;
const SLOW: usize = 200;
const GARBAGE_SENDERS: usize = 4;
const GARBAGE_BYTES: usize = 32 << 20;

/// What somebody does to the listener until it is told to stop; returns what it did.
type Attack = fn(SocketAddr, &AtomicBool) -> String;

/// Honest senders alone, then beside each attack.
pub(crate) fn measure(arguments: &Arguments, table: &mut Table) {
    let server = Server::builder().set("index.commit_interval", "1s").expect_log("").start();
    let honest = Load {
        connections: 4,
        duration: arguments.load.min(Duration::from_secs(20)),
        events_per_second: Some(2_000),
        requests: Load::requests_of(100),
    };
    let alone = honest.run(server.ingest_addr(), Some(server.api_addr()));
    table.note("2,000 events/s of honest senders alone", in_words(&alone, &server));
    let attacks: [(&str, Attack); 3] = [
        ("the same beside 1,000 idle connections", idle_connections),
        ("the same beside 200 senders of one byte a second", slow_senders),
        ("the same beside garbage, as much as goes through", garbage),
    ];
    for (what, attack) in attacks {
        let stop = AtomicBool::new(false);
        let ingest = server.ingest_addr();
        let (found, did) = thread::scope(|scope| {
            let attacker = scope.spawn(|| attack(ingest, &stop));
            let found = honest.run(ingest, Some(server.api_addr()));
            stop.store(true, Ordering::Relaxed);
            (found, attacker.join().expect("the attacker ends"))
        });
        let is_unharmed = found.refused == 0
            && found.events_per_second() >= 1_950.0
            && found.latency.percentile(99) < Duration::from_millis(500)
            && server.usage().peak_rss <= 512 << 20;
        let measured = format!("{}; {did}", in_words(&found, &server));
        table.add(what, "2,000 events/s, p99 < 500 ms, <= 512 MB", measured, is_unharmed);
    }
}

fn in_words(report: &LoadReport, server: &Server) -> String {
    format!(
        "{:.0} events/s, {} told to come back; latency {}; lag {}; {} at its peak",
        report.events_per_second(),
        report.refused,
        report.latency,
        report.lag,
        mebibytes(server.usage().peak_rss)
    )
}

/// Connections that say nothing; one that is closed is opened again.
fn idle_connections(to: SocketAddr, stop: &AtomicBool) -> String {
    let mut connections: Vec<Connection> = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        match (connections.len() < IDLE).then(|| Connection::open(to)) {
            Some(Ok(connection)) => connections.push(connection),
            _ => thread::sleep(Duration::from_millis(50)),
        }
    }
    format!("{} connections", connections.len())
}

/// Half of them take for ever to send the head of a request, half its body.
fn slow_senders(to: SocketAddr, stop: &AtomicBool) -> String {
    let sent = AtomicU64::new(0);
    thread::scope(|scope| {
        for number in 0..SLOW {
            let sent = &sent;
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let Ok(mut connection) = Connection::open(to) else { continue };
                    let begun = match number % 2 {
                        0 => connection.send(b"POST /v1/audit/slow HTTP/1.1\r\nHost: localhost\r\nX-Slow: "),
                        _ => connection.send_head("POST", "/v1/audit/slow", &["Content-Length: 100000"]),
                    };
                    while begun.is_ok() && !stop.load(Ordering::Relaxed) && connection.send(b"x").is_ok() {
                        sent.fetch_add(1, Ordering::Relaxed);
                        thread::sleep(Duration::from_secs(1));
                    }
                }
            });
        }
    });
    format!("{} bytes sent slowly", sent.load(Ordering::Relaxed))
}

/// Bytes that mean nothing, as bodies.
fn garbage(to: SocketAddr, stop: &AtomicBool) -> String {
    let mut random = Random::of_run("garbage");
    let body: Vec<u8> = (0..GARBAGE_BYTES / 8).flat_map(|_| random.next_u64().to_le_bytes()).collect();
    let (sent, started) = (AtomicU64::new(0), Instant::now());
    thread::scope(|scope| {
        for _ in 0..GARBAGE_SENDERS {
            let (sent, body) = (&sent, &body);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let Ok(mut connection) = Connection::open(to) else { continue };
                    let answered = connection
                        .send_request("POST", "/v1/audit/garbage", &[], body)
                        .and_then(|()| connection.read_response());
                    if answered.is_ok_and(|answer| answer.status == 200) {
                        sent.fetch_add(body.len() as u64, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    format!(
        "{:.0} MB/s of garbage",
        sent.load(Ordering::Relaxed) as f64 / 1e6 / started.elapsed().as_secs_f64()
    )
}
