//! Requests to a server's ingest listener, each as often as it takes.

use std::fmt::Write;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail};
use taffrail_event::flow::{Context as FlowContext, FlowRecord, NotAFlow};
use taffrail_event::{Timestamp, WriteCounts};
use taffrail_ingest::FlowHints;
use ureq::http::{HeaderMap, Response, StatusCode};
use ureq::typestate::WithBody;
use ureq::{Body, RequestBuilder};

use crate::cli::client::INGEST_PORT;
use crate::cli::import::report::{Outcome, Sent};
use crate::cli::import::target::{ServerTarget, StatusBody};

/// How long the server may go on putting a request off, or be gone.
const PATIENCE: Duration = Duration::from_secs(300);

/// When to come back if the server does not say, or is gone.
const DEFAULT_RETRY: Duration = Duration::from_secs(1);

/// Longer waits are cut: what is in the way may be gone sooner.
const MAX_RETRY: Duration = Duration::from_secs(30);

/// How long to wait for what is searchable without any progress.
const SEARCHABLE_PATIENCE: Duration = Duration::from_secs(10);

const SEARCHABLE_POLL: Duration = Duration::from_millis(200);

/// What of an error is shown.
const MAX_PROBLEM_BYTES: u64 = 64 * 1024;

/// What was sent so far, and where to.
pub(super) struct Requests<'a> {
    server: &'a ServerTarget,
    url: String,
    flows_url: String,
    pub(super) sent: Sent,
    /// The journal position behind the last acknowledged record.
    end: Option<u64>,
    /// The server's counts before the first request, if it could be asked.
    before: Option<Counted>,
}

impl<'a> Requests<'a> {
    /// Of events of `cluster`. `hints`: what is known of flow records.
    pub(super) fn new(server: &'a ServerTarget, cluster: &str, hints: &FlowHints) -> Self {
        let url = format!("{}/v1/audit/{cluster}?via=import", server.ingest);
        let mut flows_url = format!("{}/v1/flows/{cluster}?via=import", server.ingest);
        if !hints.node.is_empty() {
            write!(flows_url, "&node={}", hints.node).ok();
        }
        if let Some(started) = hints.started {
            write!(flows_url, "&node_started={started}").ok();
        }
        let mut requests = Self { server, url, flows_url, sent: Sent::default(), end: None, before: None };
        requests.before = requests.status().ok().flatten().map(|status| Counted::of(&status));
        requests
    }

    /// Returns once it is acknowledged.
    pub(super) fn post_bytes(&mut self, body: &[u8]) -> anyhow::Result<()> {
        self.post(body.len() as u64, |request| Ok(request.send(body)))
    }

    /// Lines with flow records, which begin at `offset` of the input.
    pub(super) fn post_flows(&mut self, lines: &[u8], offset: u64) -> anyhow::Result<()> {
        let url = format!("{}&offset={offset}", self.flows_url);
        self.post_to(&url, lines.len() as u64, |request| Ok(request.send(lines)))?;
        let context = FlowContext { format: None, node: "", received: Timestamp::now(), started: None };
        for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()) {
            match FlowRecord::read(line, &context) {
                Ok(_) => self.sent.records += 1,
                Err(NotAFlow::Other { .. }) => {}
                Err(_) => self.sent.broken += 1,
            }
        }
        Ok(())
    }

    /// Returns once it is acknowledged. `send` sends the body of that size, as often as it takes.
    pub(super) fn post(
        &mut self,
        bytes: u64,
        send: impl FnMut(RequestBuilder<WithBody>) -> anyhow::Result<Result<Response<Body>, ureq::Error>>,
    ) -> anyhow::Result<()> {
        let url = self.url.clone();
        self.post_to(&url, bytes, send)
    }

    fn post_to(
        &mut self,
        url: &str,
        bytes: u64,
        mut send: impl FnMut(RequestBuilder<WithBody>) -> anyhow::Result<Result<Response<Body>, ureq::Error>>,
    ) -> anyhow::Result<()> {
        let give_up = Instant::now() + PATIENCE;
        loop {
            let answer = send(self.server.client.post(url).content_type("application/json"))?;
            let (retry, reason) = match answer {
                Ok(answer) if answer.status() == StatusCode::OK => {
                    self.sent.requests += 1;
                    self.sent.bytes += bytes;
                    self.end = position(answer.headers()).or(self.end);
                    return Ok(());
                }
                Ok(answer) if is_put_off(answer.status()) => {
                    self.sent.put_off += 1;
                    (retry_after(answer.headers()), problem(answer))
                }
                Ok(answer) => return Err(Refused::of(url, answer).into()),
                Err(error) => {
                    if let Some(error) = crate::tls::untrusted(url, &error) {
                        return Err(error);
                    }
                    (DEFAULT_RETRY, error.to_string())
                }
            };
            if Instant::now() + retry > give_up {
                bail!("{url} took no request for {} s: {reason}", PATIENCE.as_secs());
            }
            tracing::warn!(reason, "the server takes nothing at the moment; waiting");
            std::thread::sleep(retry);
        }
    }

    /// Waits until all is searchable or there is no more progress, and says what became of the records.
    pub(super) fn outcome(&self) -> anyhow::Result<Option<Outcome>> {
        let (Some(end), Some(before)) = (self.end, self.before) else { return Ok(None) };
        let mut last = None;
        let mut give_up = Instant::now() + SEARCHABLE_PATIENCE;
        loop {
            let Some(status) = self.status()? else { return Ok(None) };
            let counted = Counted::of(&status);
            let outcome = Outcome {
                waiting: end.saturating_sub(status.journal.searchable),
                counts: since(before.counts, counted.counts),
                dropped: counted.dropped.saturating_sub(before.dropped),
                folded_flows: counted.folded_flows.saturating_sub(before.folded_flows),
            };
            // What is counted is told a moment after it can be found.
            let is_done = outcome.waiting == 0 && outcome.seen() >= self.sent.records;
            if is_done || Instant::now() >= give_up {
                return Ok(Some(outcome));
            }
            if last != Some(outcome) {
                last = Some(outcome);
                give_up = Instant::now() + SEARCHABLE_PATIENCE;
            }
            std::thread::sleep(SEARCHABLE_POLL);
        }
    }

    /// `None` if nobody can be asked.
    fn status(&self) -> anyhow::Result<Option<StatusBody>> {
        let Some(api) = &self.server.api else { return Ok(None) };
        let answer = self.server.client.get(&format!("{api}/api/v1/status")).call();
        let answer = answer.with_context(|| format!("cannot ask {api} what became of the records"))?;
        let status = serde_json::from_reader(answer.into_body().into_reader())
            .map_err(|_| anyhow!("the status of {api} is not understood"))?;
        Ok(Some(status))
    }
}

/// A server that does not take what it is sent, now or later: the same once more is of no use.
#[derive(Debug, thiserror::Error)]
#[error("{url} refused the events: {detail}; {}", self.advice())]
pub(super) struct Refused {
    url: String,
    status: StatusCode,
    detail: String,
}

impl Refused {
    fn of(url: &str, answer: Response<Body>) -> Self {
        Self { url: url.to_owned(), status: answer.status(), detail: problem(answer) }
    }

    /// What to change.
    fn advice(&self) -> String {
        match self.status {
            StatusCode::UNAUTHORIZED => {
                "show a token that may send events of this cluster with --token-file FILE; `taffrail token new --name NAME --cluster CLUSTER` makes one".to_owned()
            }
            StatusCode::FORBIDDEN => {
                "name a cluster that the token is for with --cluster, or another token with --token-file".to_owned()
            }
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => format!(
                "--server has to be an address of a Taffrail server: that for sending events, whose port is {INGEST_PORT} if nothing else is set, or that of its API"
            ),
            StatusCode::PAYLOAD_TOO_LARGE => {
                "raise ingest.max_decompressed_bytes there, or the limit of the proxy on the way".to_owned()
            }
            _ => "see the server's log".to_owned(),
        }
    }
}

/// What the server has counted so far.
#[derive(Debug, Clone, Copy)]
struct Counted {
    counts: WriteCounts,
    dropped: u64,
    folded_flows: u64,
}

impl Counted {
    fn of(status: &StatusBody) -> Self {
        let dropped = status.ingest.drop.iter().map(|unwanted| unwanted.dropped).sum();
        Self { counts: status.index.counts, dropped, folded_flows: status.ingest.folded_flows }
    }
}

/// What was counted in between.
fn since(before: WriteCounts, after: WriteCounts) -> WriteCounts {
    WriteCounts {
        read: after.read.saturating_sub(before.read),
        kept: after.kept.saturating_sub(before.kept),
        folded: after.folded.saturating_sub(before.folded),
        duplicate: after.duplicate.saturating_sub(before.duplicate),
        held: after.held.saturating_sub(before.held),
        conflicts: after.conflicts.saturating_sub(before.conflicts),
        expired: after.expired.saturating_sub(before.expired),
    }
}

fn is_put_off(status: StatusCode) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS || status == StatusCode::SERVICE_UNAVAILABLE
}

fn retry_after(headers: &HeaderMap) -> Duration {
    let seconds = headers.get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
    seconds.map_or(DEFAULT_RETRY, Duration::from_secs).clamp(DEFAULT_RETRY, MAX_RETRY)
}

/// `partition:offset`.
fn position(headers: &HeaderMap) -> Option<u64> {
    let text = headers.get("taffrail-position")?.to_str().ok()?;
    text.rsplit_once(':')?.1.parse().ok()
}

/// What the server says of it.
fn problem(answer: Response<Body>) -> String {
    let status = answer.status();
    let body =
        answer.into_body().into_with_config().limit(MAX_PROBLEM_BYTES).read_to_vec().unwrap_or_default();
    let document: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
    match document["detail"].as_str() {
        Some(detail) => detail.to_owned(),
        None => status.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use ureq::http::HeaderValue;

    use super::*;

    #[test]
    fn when_to_come_back() {
        fn check(value: Option<&'static str>, seconds: u64) {
            let mut headers = HeaderMap::new();
            if let Some(value) = value {
                headers.insert("retry-after", HeaderValue::from_static(value));
            }
            assert_eq!(retry_after(&headers), Duration::from_secs(seconds), "{value:?}");
        }
        check(None, 1);
        check(Some("0"), 1);
        check(Some("7"), 7);
        check(Some("86400"), 30);
        check(Some("Wed, 21 Oct 2026 07:28:00 GMT"), 1);
    }

    #[test]
    fn a_refusal_says_what_to_change() {
        fn check(status: u16, expected: &str) {
            let status = StatusCode::from_u16(status).unwrap();
            let refused = Refused { url: "http://a".to_owned(), status, detail: "no".to_owned() };
            let text = refused.to_string();
            assert!(text.starts_with("http://a refused the events: no; "), "{text}");
            assert!(text.contains(expected) && !text.contains("again"), "{text}");
        }
        check(401, "--token-file");
        check(403, "--cluster");
        check(404, "8586");
        check(405, "8586");
        check(413, "max_decompressed_bytes");
    }

    #[test]
    fn positions() {
        fn check(value: &'static str, expected: Option<u64>) {
            let mut headers = HeaderMap::new();
            headers.insert("taffrail-position", HeaderValue::from_static(value));
            assert_eq!(position(&headers), expected, "{value}");
        }
        check("0:400", Some(400));
        check("400", None);
        check("0:x", None);
    }
}
