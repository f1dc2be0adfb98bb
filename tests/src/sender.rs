//! Senders that behave like API servers under stress: every form of request, stages apart, resends of what was
//! acknowledged, and retries of the same bytes until something answers.

use std::collections::{HashMap, VecDeque};
use std::io::Write;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::client::Client;
use crate::ledger::{Ledger, stage_rank};
use crate::random::Random;
use crate::samples;
use crate::template::Template;

const DAY_MICROS: i64 = 86_400_000_000;
const RESENDABLE: usize = 20;
const PAUSE: Duration = Duration::from_millis(5);

/// Recorded requests with all their stages, in order, as templates.
#[derive(Debug)]
pub struct RequestPool {
    requests: Vec<Vec<(u8, Template)>>,
    next_number: AtomicU32,
}

impl RequestPool {
    /// The requests of `scenario.jsonl` whose records are at most `max_bytes` each.
    pub fn recorded(max_bytes: usize) -> Self {
        let mut requests: Vec<Vec<(u8, Template)>> = Vec::new();
        let mut by_audit_id: HashMap<String, usize> = HashMap::new();
        for line in samples::lines("audit/scenario.jsonl.gz") {
            let event: serde_json::Value = serde_json::from_slice(&line).expect("the scenario is valid JSON");
            let text = |name: &str| event[name].as_str().unwrap_or_default();
            let template = Template::of(&line);
            if template.audit_ids().len() != 1 || line.len() > max_bytes {
                continue;
            }
            let stage = (stage_rank(text("stage")), template);
            match by_audit_id.get(text("auditID")) {
                Some(index) => requests[*index].push(stage),
                None => {
                    by_audit_id.insert(text("auditID").to_owned(), requests.len());
                    requests.push(vec![stage]);
                }
            }
        }
        Self { requests, next_number: AtomicU32::new(0) }
    }

    /// One of several days around one that moves on: windows are begun, become quiet, are compacted, and are reopened.
    fn days_later(&self, random: &mut Random) -> i64 {
        let moving = self.next_number.load(Ordering::Relaxed) / 200 % 30;
        i64::from(moving) + i64::try_from(random.below(4)).expect("few days")
    }

    /// A request that nobody has sent before, as records of its stages, `shift` microseconds later than recorded.
    fn fresh(&self, random: &mut Random, shift: i64) -> VecDeque<Record> {
        let number = self.next_number.fetch_add(1, Ordering::Relaxed);
        let stages = random.pick(&self.requests);
        stages
            .iter()
            .map(|(stage, template)| {
                let mut template = template.clone();
                template.renew(number, shift);
                let audit_id = template.audit_ids().next().expect("one id each").to_owned();
                Record { audit_id, stage: *stage, bytes: template.bytes().to_vec() }
            })
            .collect()
    }
}

#[derive(Debug, Clone)]
struct Record {
    audit_id: String,
    stage: u8,
    bytes: Vec<u8>,
}

/// One client. Several run at once, each in its thread.
#[derive(Debug)]
pub struct Sender {
    pool: Arc<RequestPool>,
    ledger: Arc<Ledger>,
    random: Random,
    /// The path to post to.
    target: String,
    /// Later stages of requests whose first ones are sent.
    unfinished: VecDeque<Record>,
    acknowledged: VecDeque<Batch>,
}

#[derive(Debug, Clone)]
struct Batch {
    records: Vec<(String, u8)>,
    /// An item that is no event.
    junk: Option<String>,
    headers: Vec<&'static str>,
    body: Vec<u8>,
}

impl Sender {
    /// A sender of fresh requests of a cluster.
    pub fn new(cluster: &str, pool: Arc<RequestPool>, ledger: Arc<Ledger>, random: Random) -> Self {
        let target = format!("/v1/audit/{cluster}");
        Self { pool, ledger, random, target, unfinished: VecDeque::new(), acknowledged: VecDeque::new() }
    }

    /// Sends until `stop`. `listener` is where the server listens at the moment, if it does. What is being sent when
    /// `stop` comes is sent to its end if the server answers.
    pub fn run(&mut self, listener: &Mutex<Option<SocketAddr>>, stop: &AtomicBool) {
        while !stop.load(Ordering::Relaxed) {
            let batch = self.next_batch();
            self.ledger.sent(&batch.records);
            if deliver(&batch, &self.target, listener, stop) {
                self.ledger.acknowledged(&batch.records);
                if let Some(junk) = &batch.junk {
                    self.ledger.acknowledged_junk(junk);
                }
                if self.acknowledged.len() == RESENDABLE {
                    self.acknowledged.pop_front();
                }
                self.acknowledged.push_back(batch);
                // No faster than an index that is killed all the time can follow.
                thread::sleep(Duration::from_millis(self.random.below(200) as u64));
            }
        }
    }

    fn next_batch(&mut self) -> Batch {
        if !self.acknowledged.is_empty() && self.random.chance(15) {
            return self.acknowledged[self.random.below(self.acknowledged.len())].clone();
        }
        let mut records = Vec::new();
        let from_before = self.random.below(self.unfinished.len() + 1);
        records.extend(self.unfinished.drain(..from_before));
        let shift = self.pool.days_later(&mut self.random) * DAY_MICROS;
        for _ in 0..=self.random.below(20) {
            let mut stages = self.pool.fresh(&mut self.random, shift);
            if self.random.chance(30) {
                records.extend(stages.pop_front());
                self.unfinished.extend(stages);
            } else {
                records.extend(stages);
            }
        }
        self.encode(&records)
    }

    fn encode(&mut self, records: &[Record]) -> Batch {
        let number = self.pool.next_number.fetch_add(1, Ordering::Relaxed);
        let junk = self.random.chance(10).then(|| format!("no event number {number}"));
        let mut lines: Vec<&[u8]> = records.iter().map(|record| record.bytes.as_slice()).collect();
        if let Some(junk) = &junk {
            lines.insert(self.random.below(lines.len() + 1), junk.as_bytes());
        }
        let mut body = match self.random.below(3) {
            0 => samples::event_list(&lines),
            1 => lines.join(&b"\n"[..]),
            _ => [b"[", lines.join(&b","[..]).as_slice(), b"]"].concat(),
        };
        let mut headers = vec!["Content-Type: application/json"];
        match self.random.below(10) {
            0 => {
                let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
                gzip.write_all(&body).and_then(|()| gzip.try_finish()).expect("memory takes everything");
                body = gzip.finish().expect("memory takes everything");
                headers.push("Content-Encoding: gzip");
            }
            1 => {
                body = zstd::bulk::compress(&body, 1).expect("memory takes everything");
                headers.push("Content-Encoding: zstd");
            }
            _ => {}
        }
        let records = records.iter().map(|record| (record.audit_id.clone(), record.stage)).collect();
        Batch { records, junk, headers, body }
    }
}

/// Sends the same bytes until they are acknowledged; false if `stop` came first.
fn deliver(batch: &Batch, target: &str, listener: &Mutex<Option<SocketAddr>>, stop: &AtomicBool) -> bool {
    loop {
        let to = *listener.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(to) = to {
            let answer = Client::new(to).request("POST", target, &batch.headers, &batch.body);
            match answer {
                Ok(answer) if answer.status == 200 => return true,
                Ok(answer) => assert!(
                    matches!(answer.status, 429 | 503) && answer.header("retry-after").is_some(),
                    "an answer that is neither 200 nor come back later: {} {}",
                    answer.status,
                    answer.text(),
                ),
                // Killed in the middle.
                Err(_) => {}
            }
        }
        if stop.load(Ordering::Relaxed) {
            return false;
        }
        thread::sleep(PAUSE);
    }
}
