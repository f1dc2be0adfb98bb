//! Kills the server over and over while senders post, and holds it to what it acknowledged.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::binary::Binary;
use crate::ledger::{Found, Ledger};
use crate::random::Random;
use crate::sender::{RequestPool, Sender};
use crate::server::Server;
use crate::wait::waited_for;

const SENDERS: usize = 3;

/// A point that a run does not reach in this time is given up, and the server killed from outside.
const REACHED_WITHIN: Duration = Duration::from_secs(4);

/// How a run of the server ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// Killed from outside, this long after the process was started.
    After(Duration),
    /// Kills itself at a crash point when it comes there for the `nth` time, counted from 1.
    At {
        /// The point.
        point: String,
        /// Which visit.
        nth: usize,
    },
    /// Asked to stop, and killed this long after.
    WhileStopping(Duration),
}

/// One data directory, many deaths.
#[derive(Debug)]
pub struct Campaign {
    server: Server,
    /// Its own, so that what another campaign sent to a port that is now this server's shows up as that.
    cluster: String,
    pool: Arc<RequestPool>,
    ledger: Arc<Ledger>,
    random: Random,
    report: KillReport,
}

/// What a campaign did.
#[derive(Debug, Clone, Default)]
pub struct KillReport {
    /// Deaths.
    pub kills: usize,
    /// How many of them at which crash point.
    pub at: BTreeMap<String, usize>,
    /// Requests with an acknowledged record, all of them found.
    pub acknowledged: usize,
}

impl Campaign {
    /// A fresh directory.
    pub fn new(mut random: Random) -> Self {
        let number = random.next_u64();
        let listen = own_address(number);
        let server = Server::builder()
            .binary(Binary::Crash)
            .set("api.listen", &listen)
            .set("ingest.listen", &listen)
            // Everything that happens once an hour in real life happens several times a second.
            .set("journal.segment_bytes", "256KiB")
            .set("index.commit_interval", "40ms")
            .set("index.compact_after", "300ms")
            .set("index.hold", "500ms")
            .stopped();
        Self {
            server,
            cluster: format!("crash-{number:016x}"),
            pool: Arc::new(RequestPool::recorded(16 << 10)),
            ledger: Arc::default(),
            random: random.fork(),
            report: KillReport::default(),
        }
    }

    /// Lets the server meet each fate in turn under load, starts it once more, and checks every promise.
    pub fn round(&mut self, fates: &[Fate]) {
        let target = Mutex::new(None);
        let stop = AtomicBool::new(false);
        let mut senders: Vec<_> = (0..SENDERS)
            .map(|_| {
                let (pool, ledger) = (Arc::clone(&self.pool), Arc::clone(&self.ledger));
                Sender::new(&self.cluster, pool, ledger, self.random.fork())
            })
            .collect();
        thread::scope(|scope| {
            let stop_at_end = StopAtEnd(&stop);
            let threads: Vec<_> =
                senders.iter_mut().map(|sender| scope.spawn(|| sender.run(&target, &stop))).collect();
            for fate in fates {
                self.meet(fate, &target);
                assert!(threads.iter().all(|thread| !thread.is_finished()), "a sender got a wrong answer");
            }
            self.server.set_env("FAILPOINTS", None);
            self.server.start();
            set(&target, Some(self.server.ingest_addr()));
            drop(stop_at_end);
        });
        self.check();
        self.server.stop();
        self.server.assert_calm();
    }

    /// What was done so far.
    pub fn report(&self) -> &KillReport {
        &self.report
    }

    /// A fate of any kind.
    pub fn any_fate(&mut self, points: &[String]) -> Fate {
        let random = &mut self.random;
        let millis = |random: &mut Random, most| Duration::from_millis(random.below(most) as u64);
        match random.below(10) {
            0 => Fate::WhileStopping(millis(random, 60)),
            // Within its start and its replay.
            1 | 2 => Fate::After(millis(random, 60)),
            3..=5 => Fate::After(millis(random, 1500)),
            _ => Fate::At { point: random.pick(points).clone(), nth: 1 + random.below(6) },
        }
    }

    fn meet(&mut self, fate: &Fate, target: &Mutex<Option<SocketAddr>>) {
        let failpoints = match fate {
            Fate::At { point, nth: 1 } => Some(format!("{point}=return")),
            Fate::At { point, nth } => Some(format!("{point}={}*off->return", nth - 1)),
            _ => None,
        };
        self.server.set_env("FAILPOINTS", failpoints.as_deref());
        let started = Instant::now();
        let status = match self.server.launch() {
            Err(status) => status,
            Ok(()) => {
                set(target, Some(self.server.ingest_addr()));
                let status = self.die(fate, started);
                set(target, None);
                status
            }
        };
        let stopped = status.success() || status.signal() == Some(Signal::TERM.as_raw());
        if stopped && matches!(fate, Fate::WhileStopping(_)) {
            return;
        }
        assert_eq!(
            status.signal(),
            Some(Signal::KILL.as_raw()),
            "it was to be killed ({fate:?}) and ended by itself: {status}\n{}",
            self.server.log().tail(),
        );
        self.report.kills += 1;
    }

    fn die(&mut self, fate: &Fate, started: Instant) -> ExitStatus {
        match fate {
            Fate::After(time) => thread::sleep(time.saturating_sub(started.elapsed())),
            Fate::WhileStopping(time) => {
                self.server.signal(Signal::TERM);
                thread::sleep(*time);
            }
            Fate::At { point, .. } => {
                while started.elapsed() < REACHED_WITHIN {
                    if let Some(status) = self.server.ended() {
                        *self.report.at.entry(point.clone()).or_default() += 1;
                        return status;
                    }
                    thread::sleep(Duration::from_millis(2));
                }
            }
        }
        if let Some(status) = self.server.ended() {
            return status;
        }
        self.server.signal(Signal::KILL);
        self.server.wait()
    }

    /// Acknowledged is stored, once; nothing else is there. The latter also while it still catches up.
    fn check(&mut self) {
        self.look();
        self.server.api().wait_until_searchable();
        let mut last = Found::default();
        let in_time = waited_for(|| {
            last = self.look();
            last.missing.is_empty()
        });
        assert!(in_time, "missing: {}", self.broken(&last, &last.missing));
        self.report.acknowledged = self.ledger.acknowledged_requests();
    }

    fn look(&self) -> Found {
        let compare = || {
            let mut found = self.ledger.check(&self.cluster, &self.server.api().exported(""));
            self.ledger.check_dead_letters(&self.server.api().dead_letters(), &mut found);
            found
        };
        let found = compare();
        if !found.wrong.is_empty() {
            let lasts = if compare().wrong.is_empty() { "no longer so" } else { "still so" };
            panic!("wrong, and {lasts} at the next look: {}", self.broken(&found, &found.wrong));
        }
        found
    }

    fn broken(&self, found: &Found, promises: &[String]) -> String {
        let first: Vec<_> = promises.iter().take(20).map(String::as_str).collect();
        format!(
            "{} of {} documents in {}\n{}\n{}",
            promises.len(),
            found.documents,
            self.server.data().display(),
            first.join("\n"),
            self.server.log().tail(),
        )
    }
}

impl KillReport {
    /// Adds what another campaign did.
    pub fn add(&mut self, other: &Self) {
        self.kills += other.kills;
        self.acknowledged += other.acknowledged;
        for (point, kills) in &other.at {
            *self.at.entry(point.clone()).or_default() += kills;
        }
    }
}

/// Stops the senders also when the test fails, so that it ends.
struct StopAtEnd<'a>(&'a AtomicBool);

impl Drop for StopAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A loopback address that most likely nobody else uses: senders try a port again and again, and a port of 127.0.0.1 that
/// was one campaign's may be given to another one's server.
fn own_address(number: u64) -> String {
    let [_, _, a, b, c, ..] = number.to_be_bytes();
    format!("127.{a}.{b}.{}:0", 1 + c % 254)
}

fn set(target: &Mutex<Option<SocketAddr>>, to: Option<SocketAddr>) {
    *target.lock().unwrap_or_else(PoisonError::into_inner) = to;
}
