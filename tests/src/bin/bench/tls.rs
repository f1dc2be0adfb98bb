//! What TLS costs a sender: the same requests plainly, by HTTP/1.1 over TLS, and by HTTP/2 as API servers send them.

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use taffrail_tests::{Authority, Client, Dial, Load, Samples, Server, ServerBuilder, Usage};

use crate::arguments::Arguments;
use crate::corpus::mebibytes;
use crate::table::Table;

const CONNECTIONS: usize = 8;

/// Posts a body; returns the status.
type Post<'a> = Box<dyn FnMut(&[u8]) -> u16 + 'a>;

/// Opens a connection.
type Connect<'a> = &'a (dyn Fn(&Server) -> Post<'a> + Sync);

/// Each at the rate that is promised for plain HTTP, and as fast as it goes.
pub(crate) fn measure(arguments: &Arguments, table: &mut Table) {
    let authority = Authority::new();
    let plain = |server: &Server| -> Post<'_> {
        let mut client = Client::new(server.ingest_addr());
        Box::new(move |body| client.post("/v1/audit/load", body).expect("an answer").status)
    };
    let http1 = |server: &Server| secure(server, &authority, &["http/1.1"]);
    let http2 = |server: &Server| secure(server, &authority, &["h2"]);
    let ways: [(&str, bool, Connect<'_>); 3] =
        [("plain HTTP/1.1", false, &plain), ("TLS, HTTP/1.1", true, &http1), ("TLS, HTTP/2", true, &http2)];
    let duration = arguments.load.min(Duration::from_secs(20));
    for (what, is_secure, connect) in ways {
        let start = || if is_secure { start(&authority) } else { plain_server().start() };
        let promised = run(&start(), connect, duration, Some(10_000.0));
        let kept = promised.rate >= 9_900.0 && promised.latency.percentile(99) < Duration::from_millis(100);
        let name = format!("webhook at 10,000 events/s, {CONNECTIONS} connections, {what}");
        table.add(&name, "p99 < 100 ms", promised.to_string(), kept);
        let fastest = run(&start(), connect, duration, None);
        table.note(&format!("webhook as fast as it goes, {what}"), fastest.to_string());
    }
}

fn secure<'a>(server: &Server, authority: &'a Authority, offers: &'a [&'static str]) -> Post<'a> {
    let dial = Dial { offers, ..Dial::new(authority) };
    let mut sender = dial.open(server.ingest_addr()).expect("a handshake");
    Box::new(move |body| sender.post("load", &[], body).expect("an answer").status)
}

struct Found {
    rate: f64,
    bytes: f64,
    latency: Samples,
    usage: Usage,
    elapsed: Duration,
}

impl std::fmt::Display for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let cores = self.usage.cpu.as_secs_f64() / self.elapsed.as_secs_f64();
        write!(
            f,
            "{:.0} events/s ({:.0} MB/s); latency {}; {} at its peak, {cores:.2} cores",
            self.rate,
            self.bytes / 1e6,
            self.latency,
            mebibytes(self.usage.peak_rss)
        )
    }
}

fn run(server: &Server, connect: Connect<'_>, duration: Duration, rate: Option<f64>) -> Found {
    let generations = AtomicU32::new(0);
    let started = Instant::now();
    let sent: Vec<(u64, u64, Samples)> = thread::scope(|scope| {
        let threads: Vec<_> = (0..CONNECTIONS)
            .map(|_| scope.spawn(|| send(connect(server), &generations, duration, rate)))
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("a sender ends")).collect()
    });
    let elapsed = started.elapsed();
    let (mut events, mut bytes, mut latency) = (0, 0, Samples::default());
    for (more, size, samples) in sent {
        events += more;
        bytes += size;
        latency.merge(samples);
    }
    let per_second = |count: u64| count as f64 / elapsed.as_secs_f64();
    Found { rate: per_second(events), bytes: per_second(bytes), latency, usage: server.usage(), elapsed }
}

fn send(
    mut post: Post<'_>,
    generations: &AtomicU32,
    duration: Duration,
    rate: Option<f64>,
) -> (u64, u64, Samples) {
    let mut requests = Load::recorded_requests();
    let (mut events, mut bytes, mut latency) = (0, 0, Samples::default());
    let (started, mut due) = (Instant::now(), 0.0);
    while started.elapsed() < duration {
        let generation = generations.fetch_add(1, Ordering::Relaxed);
        for request in &mut requests {
            if let Some(rate) = rate {
                let now = started.elapsed().as_secs_f64();
                thread::sleep(Duration::from_secs_f64(f64::max(due - now, 0.0)));
                due = f64::max(due, now - 1.0) + request.events() as f64 * CONNECTIONS as f64 / rate;
            }
            request.renew(generation, 0);
            let begun = Instant::now();
            assert_eq!(post(request.bytes()), 200, "it is taken");
            latency.add(begun.elapsed());
            events += request.events() as u64;
            bytes += request.bytes().len() as u64;
            if started.elapsed() >= duration {
                break;
            }
        }
    }
    (events, bytes, latency)
}

fn start(authority: &Authority) -> Server {
    let own = authority.issue_for_loopback();
    let [cert, key] = [("tls.crt", &own.cert), ("tls.key", &own.key)].map(|(name, text)| {
        authority.write(name, text).to_str().expect("temporary paths are UTF-8").to_owned()
    });
    plain_server().set("ingest.tls.cert", &cert).set("ingest.tls.key", &key).start()
}

fn plain_server() -> ServerBuilder {
    Server::builder().set("index.commit_interval", "1s").expect_log("")
}
