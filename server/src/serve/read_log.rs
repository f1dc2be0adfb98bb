//! Writes down who read what, as events of the cluster `taffrail`.
//!
//! A read never waits for this and never fails by it: notes go into a bounded queue, and a thread makes them durable in
//! batches, on the way that everything takes: redaction, journal, index. What does not fit into the queue is lost and counted.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use serde::Serialize;
use taffrail_config::OWN_CLUSTER;
use taffrail_event::{Timestamp, Via};
use taffrail_ingest::{Intake, IntakeError, IntakeOrigin};

use crate::metrics::Metrics;
use crate::tasks::StopFlag;

/// Reads that may wait, each of some kilobytes at most: seconds of the most that a server answers.
const QUEUE: usize = 4096;

/// Reads that are written together.
const BATCH: usize = 512;

/// How long the first of a batch waits for others.
const GATHER: Duration = Duration::from_millis(200);

/// How often the stop is looked for while nobody reads.
const IDLE: Duration = Duration::from_millis(250);

/// When to try again if the journal takes nothing.
const RETRY: Duration = Duration::from_secs(1);

/// Where notes of reads go.
#[derive(Debug)]
pub(crate) struct ReadLog {
    queue: SyncSender<Read>,
    metrics: Arc<Metrics>,
}

/// One read of the API.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) received: Timestamp,
    pub(crate) answered: Timestamp,
    /// The credential's name; `None` where nobody is asked.
    pub(crate) user: Option<String>,
    /// The client's address.
    pub(crate) peer: Option<String>,
    pub(crate) user_agent: String,
    /// Path and query.
    pub(crate) uri: String,
    /// The status of the answer.
    pub(crate) code: u16,
}

/// What writes the notes.
pub(super) struct Writer {
    queue: Receiver<Read>,
    intake: Arc<Intake>,
    metrics: Arc<Metrics>,
}

impl ReadLog {
    /// The log and what writes it.
    pub(super) fn new(intake: Arc<Intake>, metrics: Arc<Metrics>) -> (Self, Writer) {
        let (sender, receiver) = sync_channel(QUEUE);
        (Self { queue: sender, metrics: Arc::clone(&metrics) }, Writer { queue: receiver, intake, metrics })
    }

    /// Hands a read over.
    pub(crate) fn note(&self, read: Read) {
        if self.queue.try_send(read).is_err() {
            self.metrics.reads_lost.inc();
        }
    }
}

impl Writer {
    /// Writes until the stop, and then what is still in the queue.
    pub(super) fn run(self, stop: &StopFlag) {
        let mut batch = Vec::new();
        loop {
            let is_last = stop.wait(Duration::ZERO);
            match self.queue.recv_timeout(if is_last { Duration::ZERO } else { IDLE }) {
                Ok(first) => {
                    self.gather(first, &mut batch, is_last);
                    self.write(&batch, stop);
                }
                Err(RecvTimeoutError::Timeout) if !is_last => {}
                Err(_) => return,
            }
        }
    }

    fn gather(&self, first: Read, batch: &mut Vec<Read>, is_last: bool) {
        batch.clear();
        batch.push(first);
        let until = Instant::now() + if is_last { Duration::ZERO } else { GATHER };
        while batch.len() < BATCH {
            let left = until.saturating_duration_since(Instant::now());
            match self.queue.recv_timeout(left) {
                Ok(read) => batch.push(read),
                Err(_) => return,
            }
        }
    }

    /// As often as it takes, and until the stop. Meanwhile the queue fills.
    fn write(&self, batch: &[Read], stop: &StopFlag) {
        let (cluster, source) = (OWN_CLUSTER.into(), "api".into());
        let origin = IntakeOrigin { cluster, source, via: Via::Taffrail, flows: None };
        let written = body(batch).and_then(|body| {
            let mut is_told = false;
            loop {
                let error = match self.intake.receive(&origin, body.as_slice()) {
                    Ok(_) => return Ok(()),
                    Err(error) => error,
                };
                if !std::mem::replace(&mut is_told, true) {
                    tracing::warn!(%error, "who reads what cannot be written down at the moment");
                }
                if stop.wait(RETRY) {
                    return Err(error);
                }
            }
        });
        let count = batch.len() as u64;
        match written {
            Ok(()) => self.metrics.reads_logged.inc_by(count),
            Err(_) => self.metrics.reads_lost.inc_by(count),
        };
    }
}

/// Audit events, one a line, as an API server would write them of itself.
fn body(batch: &[Read]) -> Result<Vec<u8>, IntakeError> {
    let failed = |error: String| IntakeError::Failed(error);
    let mut body = Vec::new();
    for read in batch {
        let audit_id = random_uuid().map_err(|error| failed(error.to_string()))?;
        serde_json::to_writer(&mut body, &read.record(&audit_id))
            .map_err(|error| failed(error.to_string()))?;
        body.push(b'\n');
    }
    Ok(body)
}

/// An audit event (audit.k8s.io/v1).
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    kind: &'static str,
    api_version: &'static str,
    level: &'static str,
    #[serde(rename = "auditID")]
    audit_id: &'a str,
    stage: &'static str,
    #[serde(rename = "requestURI")]
    request_uri: &'a str,
    verb: &'static str,
    user: User<'a>,
    #[serde(rename = "sourceIPs")]
    source_ips: &'a [String],
    user_agent: &'a str,
    response_status: Status,
    request_received_timestamp: Timestamp,
    stage_timestamp: Timestamp,
}

#[derive(Debug, Serialize)]
struct User<'a> {
    username: &'a str,
}

#[derive(Debug, Serialize)]
struct Status {
    metadata: serde_json::Map<String, serde_json::Value>,
    code: u16,
}

impl Read {
    fn record<'a>(&'a self, audit_id: &'a str) -> Record<'a> {
        Record {
            kind: "Event",
            api_version: "audit.k8s.io/v1",
            level: "Metadata",
            audit_id,
            stage: "ResponseComplete",
            request_uri: &self.uri,
            verb: "get",
            // As Kubernetes calls somebody who did not log in.
            user: User { username: self.user.as_deref().unwrap_or("system:anonymous") },
            source_ips: self.peer.as_slice(),
            user_agent: &self.user_agent,
            response_status: Status { metadata: serde_json::Map::new(), code: self.code },
            request_received_timestamp: self.received,
            stage_timestamp: self.answered,
        }
    }
}

/// A version 4 UUID (RFC 9562).
fn random_uuid() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    let random = u128::from_be_bytes(bytes);
    let marked = random & !(0xf << 76) & !(0b11 << 62) | 0x4 << 76 | 0b10 << 62;
    let digits = format!("{marked:032x}");
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|range| digits.get(range).unwrap_or_default());
    Ok(parts.join("-"))
}

#[cfg(test)]
mod tests {
    use taffrail_event::{Event, Key, Origins, ViaSet};

    use super::*;

    fn read(user: Option<&str>) -> Read {
        Read {
            received: Timestamp::parse("2026-11-23T16:11:23.418577Z").unwrap(),
            answered: Timestamp::parse("2026-11-23T16:11:23.430577Z").unwrap(),
            user: user.map(str::to_owned),
            peer: Some("10.0.0.7".to_owned()),
            user_agent: "curl/8 \"x\"".to_owned(),
            uri: "/api/v1/events?q=user:alice".to_owned(),
            code: 200,
        }
    }

    fn decoded(read: Read) -> Event {
        let body = body(&[read]).unwrap();
        let origins = Origins {
            id: Key(1),
            cluster: OWN_CLUSTER.to_owned(),
            received: Timestamp::default(),
            via: ViaSet::of(Via::Taffrail),
            ..Origins::default()
        };
        Event::decode(&body, origins).unwrap()
    }

    #[test]
    fn a_read_is_an_audit_event() {
        let event = serde_json::to_value(decoded(read(Some("oncall")))).unwrap();
        assert_eq!(event["time"], "2026-11-23T16:11:23.418577Z");
        assert_eq!((&event["actor"]["name"], &event["actor"]["type"]), (&"oncall".into(), &"human".into()));
        assert_eq!(event["object"], serde_json::Value::Null);
        assert_eq!(event["outcome"]["code"], 200);
        assert_eq!(event["client"]["ip"], "10.0.0.7");
        assert_eq!(event["client"]["user_agent"], "curl/8 \"x\"");
        assert_eq!(event["audit"]["uri"], "/api/v1/events?q=user:alice");
        assert_eq!(event["audit"]["duration_ms"], 12);
        assert_eq!(event["via"], serde_json::json!(["taffrail"]));
        let anonymous = serde_json::to_value(decoded(read(None))).unwrap();
        assert_eq!(anonymous["actor"]["type"], "anonymous");
    }

    #[test]
    fn ids_are_random_uuids() {
        let (one, other) = (random_uuid().unwrap(), random_uuid().unwrap());
        assert_ne!(one, other);
        let dashes: Vec<usize> = one.match_indices('-').map(|(at, _)| at).collect();
        assert_eq!((one.len(), dashes), (36, vec![8, 13, 18, 23]), "{one}");
        assert_eq!(one.as_bytes()[14], b'4', "{one}");
        assert!(b"89ab".contains(&one.as_bytes()[19]), "{one}");
    }
}
