//! A load generator that costs little beside what it loads: recorded requests, whose ids and times are written in place,
//! sent over plain connections.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use crate::api::Api;
use crate::client::Client;
use crate::percentile::Samples;
use crate::samples;
use crate::template::Template;

/// What to send, and how fast.
#[derive(Debug, Clone)]
pub struct Load {
    /// Connections, each with one request at a time.
    pub connections: usize,
    /// For how long.
    pub duration: Duration,
    /// Events a second over all connections; as fast as it goes if there is none.
    pub events_per_second: Option<u32>,
    /// Requests to send over and over, each time with fresh events.
    pub requests: Vec<Template>,
}

/// What was sent.
#[derive(Debug, Clone, Default)]
pub struct LoadReport {
    /// Events acknowledged.
    pub events: u64,
    /// Requests acknowledged.
    pub requests: u64,
    /// Bytes of acknowledged requests.
    pub bytes: u64,
    /// Requests that were told to come back.
    pub refused: u64,
    /// How long it took.
    pub elapsed: Duration,
    /// From the first byte of a request to its answer, of acknowledged ones.
    pub latency: Samples,
    /// From the answer until the API found an event of the request.
    pub lag: Samples,
}

/// Finds acknowledged events through the API, one after the other, and notes how long each took.
#[derive(Debug, Default)]
pub struct Probe {
    next: Mutex<Option<(String, Instant)>>,
}

impl Load {
    /// The recorded webhook requests as they are: up to 400 events each.
    pub fn recorded_requests() -> Vec<Template> {
        samples::requests("audit/webhook").iter().map(|body| Template::of(body)).collect()
    }

    /// The same events in requests of `size`.
    pub fn requests_of(size: usize) -> Vec<Template> {
        let lines = samples::lines("audit/scenario.jsonl.gz");
        lines.chunks(size).map(|lines| Template::of(&samples::event_list(lines))).collect()
    }

    /// Sends to `ingest`; with `api`, looks for what was acknowledged all the while.
    pub fn run(&self, ingest: SocketAddr, api: Option<SocketAddr>) -> LoadReport {
        let probe = Probe::default();
        let done = AtomicBool::new(false);
        let place = AtomicUsize::new(0);
        let started = Instant::now();
        let mut report = LoadReport::default();
        thread::scope(|scope| {
            let prober = api.map(|api| {
                scope.spawn({
                    let (probe, done) = (&probe, &done);
                    move || probe.run(api, done)
                })
            });
            let threads: Vec<_> = (0..self.connections)
                .map(|_| {
                    let (probe, place) = (&probe, &place);
                    scope.spawn(move || self.send(ingest, place, started, probe))
                })
                .collect();
            for thread in threads {
                report.merge(thread.join().expect("a sender ends"));
            }
            report.elapsed = started.elapsed();
            done.store(true, Ordering::Relaxed);
            if let Some(prober) = prober {
                report.lag = prober.join().expect("the probe ends");
            }
        });
        report
    }

    /// Sends the next request that no connection has sent, and so on: what one API server sends over several connections
    /// arrives nearly in order.
    fn send(&self, ingest: SocketAddr, place: &AtomicUsize, started: Instant, probe: &Probe) -> LoadReport {
        let mut report = LoadReport::default();
        let mut client = Client::new(ingest);
        let mut requests = self.requests.clone();
        let recorded_from = requests.iter().map(Template::first_time).min().unwrap_or_default();
        let (mut due, share) = (0.0, self.connections as f64);
        // A process that starts again must not send what another one sent.
        let first_generation = seconds_since_1970() << 12;
        while started.elapsed() < self.duration {
            let place = place.fetch_add(1, Ordering::Relaxed);
            let generation =
                first_generation + u32::try_from(place / requests.len()).expect("nobody sends that long");
            let index = place % requests.len();
            let request = &mut requests[index];
            if let Some(rate) = self.events_per_second {
                let now = started.elapsed().as_secs_f64();
                due = f64::max(due, now - 1.0);
                thread::sleep(Duration::from_secs_f64(f64::max(due - now, 0.0)));
                due += request.events() as f64 * share / f64::from(rate);
            }
            request.renew(generation, micros_since_1970() - recorded_from);
            let begun = Instant::now();
            let answer =
                client.post("/v1/audit/load", request.bytes()).expect("the server answers under load");
            match answer.status {
                200 => {
                    report.latency.add(begun.elapsed());
                    report.requests += 1;
                    report.events += request.events() as u64;
                    report.bytes += request.bytes().len() as u64;
                    probe.offer(request);
                }
                429 | 503 => {
                    report.refused += 1;
                    thread::sleep(Duration::from_millis(200));
                }
                status => panic!("an answer that no API server understands: {status} {}", answer.text()),
            }
        }
        report
    }
}

impl LoadReport {
    /// Acknowledged events a second.
    pub fn events_per_second(&self) -> f64 {
        self.events as f64 / self.elapsed.as_secs_f64()
    }

    fn merge(&mut self, other: Self) {
        self.events += other.events;
        self.requests += other.requests;
        self.bytes += other.bytes;
        self.refused += other.refused;
        self.latency.merge(other.latency);
    }
}

impl Probe {
    /// Offers an acknowledged request, of which one completed event will be looked for if nothing else is.
    fn offer(&self, request: &Template) {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        if next.is_none()
            && let Some(audit_id) = request.completed_audit_id()
        {
            *next = Some((audit_id.to_owned(), Instant::now()));
        }
    }

    fn run(&self, api: SocketAddr, done: &AtomicBool) -> Samples {
        let api = Api::new(api);
        let mut lags = Samples::default();
        while !done.load(Ordering::Relaxed) {
            let Some((audit_id, acknowledged)) = self.take() else {
                thread::sleep(Duration::from_millis(1));
                continue;
            };
            let query = format!("auditid:{audit_id}");
            // One that is still not found at the end counts with the time that it has been missing.
            while !done.load(Ordering::Relaxed) {
                let page = api.read("/api/v1/events", &[("q", &query), ("limit", "1")]);
                if page["events"].get(0).is_some() {
                    break;
                }
                thread::sleep(Duration::from_millis(20));
            }
            lags.add(acknowledged.elapsed());
            // What was acknowledged while this one was looked for is old by now.
            self.take();
        }
        lags
    }

    fn take(&self) -> Option<(String, Instant)> {
        self.next.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

fn micros_since_1970() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("the clock is past 1970");
    i64::try_from(since.as_micros()).expect("the clock is before the year 290000")
}

fn seconds_since_1970() -> u32 {
    u32::try_from(micros_since_1970() / 1_000_000 % (1 << 20)).expect("reduced to 20 bits")
}
