//! A day of events in less than a day: the events of every simulated hour are dated within it and sent as fast as they are
//! taken, and after each hour the server's memory, backlog and disk are looked at.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use taffrail_tests::{Client, Load, Server, Template, disk_usage};

/// Requests at once.
const CONNECTIONS: u32 = 2;

/// Events of a request: about what an API server sends at these rates.
const REQUEST: usize = 400;

/// The segments that are written at the moment.
const JOURNAL_AT_REST: u64 = 130 << 20;

/// With more than this in the journal, senders wait: a day is not a burst.
const BACKLOG: u64 = 200_000;

/// A day of so many hours. With a `folder` it is kept there, and a run that was stopped goes on after its last whole hour.
pub(crate) fn run(rate: u32, hours: u32, folder: Option<PathBuf>) {
    let mut builder = Server::builder()
        .set("index.commit_interval", "1s")
        // Starts of requests wait by the clock of arrival, which here runs a hundred times slower than that of the events.
        .set("index.hold", "2s")
        .expect_log("");
    if let Some(folder) = &folder {
        builder = builder.data(folder.join("data"));
    }
    let server = builder.start();
    let notes = folder.map(|folder| folder.join("day"));
    let mut day = notes.as_deref().and_then(Day::noted).unwrap_or_else(|| Day::new(hours));
    println!("{hours} hours at {rate} events/s, from hour {} on", day.done + 1);
    println!(
        "| hour | events | taken in | waited for the index | RSS | peak RSS | disk |\n|---|---|---|---|---|---|---|"
    );
    let mut senders: Vec<Sender> = (0..CONNECTIONS).map(|_| Sender::new(&server)).collect();
    let place = AtomicUsize::new(day.place);
    while day.done < hours {
        let started = Instant::now();
        let from = day.first + i64::from(day.done) * HOUR;
        let waited = thread::scope(|scope| {
            let hours: Vec<_> = senders
                .iter_mut()
                .map(|sender| {
                    scope.spawn(|| {
                        sender.hour(&server, &place, from, f64::from(rate) / f64::from(CONNECTIONS))
                    })
                })
                .collect();
            hours.into_iter().map(|hour| hour.join().expect("a sender ends")).max().unwrap_or_default()
        });
        let took = started.elapsed();
        wait_for_the_index(&server, 0);
        day.done += 1;
        day.place = place.load(Ordering::Relaxed);
        if let Some(notes) = &notes {
            day.note(notes);
        }
        let usage = server.usage();
        println!(
            "| {} | {} | {took:.1?} | {waited:.1?} and {:.1?} at its end | {} MiB | {} MiB | {} MiB |",
            day.done,
            day.events(rate),
            started.elapsed().saturating_sub(took),
            usage.rss >> 20,
            usage.peak_rss >> 20,
            disk_usage(server.data()) >> 20,
        );
    }
    let started = Instant::now();
    while journal_bytes(&server) > JOURNAL_AT_REST && started.elapsed() < Duration::from_secs(240) {
        thread::sleep(Duration::from_secs(1));
    }
    let (usage, disk) = (server.usage(), disk_usage(server.data()) >> 20);
    println!("at rest after {:.0?}: {} MiB RSS, {disk} MiB on disk", started.elapsed(), usage.rss >> 20);
    let total = server.api().read("/api/v1/status", &[])["index"]["documents"].clone();
    println!("{total} documents of about {} events", day.events(rate));
}

/// How far it has come.
struct Day {
    /// When it began, in microseconds since 1970.
    first: i64,
    /// Whole hours.
    done: u32,
    /// The next request.
    place: usize,
}

impl Day {
    /// One that ends about now.
    fn new(hours: u32) -> Self {
        Self { first: now_micros() - i64::from(hours) * HOUR, done: 0, place: 0 }
    }

    fn noted(path: &Path) -> Option<Self> {
        let text = fs::read_to_string(path).ok()?;
        let mut words = text.split_whitespace();
        let first = words.next()?.parse().ok()?;
        Some(Self { first, done: words.next()?.parse().ok()?, place: words.next()?.parse().ok()? })
    }

    fn note(&self, path: &Path) {
        fs::write(path, format!("{} {} {}\n", self.first, self.done, self.place)).expect("note the hour");
    }

    fn events(&self, rate: u32) -> u64 {
        u64::from(self.done) * u64::from(rate) * 3600
    }
}

fn journal_bytes(server: &Server) -> u64 {
    server.api().read("/api/v1/status", &[])["journal"]["bytes"].as_u64().unwrap_or_default()
}

const HOUR: i64 = 3_600_000_000;

struct Sender {
    client: Client,
    requests: Vec<Template>,
}

impl Sender {
    fn new(server: &Server) -> Self {
        Self { client: Client::new(server.ingest_addr()), requests: Load::requests_of(REQUEST) }
    }

    /// Sends its share of the events of an hour that begins at `from`, the next request that no sender has sent at a time;
    /// returns for how long it waited for the index.
    fn hour(&mut self, server: &Server, place: &AtomicUsize, from: i64, rate: f64) -> Duration {
        let (mut sent, mut waited) = (0.0, Duration::ZERO);
        while sent < rate * 3600.0 {
            let place = place.fetch_add(1, Ordering::Relaxed);
            let next = place % self.requests.len();
            let generation = u32::try_from(place / self.requests.len()).expect("a day has fewer");
            let request = &mut self.requests[next];
            let at = from + (sent / rate * 1e6) as i64;
            request.renew(generation, at - request.first_time());
            let answer = self.client.post("/v1/audit/day", request.bytes()).expect("the server answers");
            assert_eq!(answer.status, 200, "{}", answer.text());
            sent += request.events() as f64;
            if next == 0 {
                waited += wait_for_the_index(server, BACKLOG);
            }
        }
        waited
    }
}

fn wait_for_the_index(server: &Server, backlog_allowed: u64) -> Duration {
    let started = Instant::now();
    let backlog = || {
        let status = server.api().read("/api/v1/status", &[]);
        let number = |name: &str| status["journal"][name].as_u64().unwrap_or_default();
        number("end").saturating_sub(number("searchable"))
    };
    while backlog() > backlog_allowed {
        thread::sleep(Duration::from_millis(100));
    }
    started.elapsed()
}

fn now_micros() -> i64 {
    let since =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("the clock is past 1970");
    i64::try_from(since.as_micros()).expect("the clock is before the year 290000")
}
