//! Through a server's ingest listener, in requests of a few hundred kilobytes, in the order of the files.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail};
use taffrail_config::Settings;
use taffrail_ingest::split::{Piece, Splitter};
use ureq::Body;
use ureq::http::{HeaderMap, Response, StatusCode};

use super::decoded;
use super::is_stdin;
use super::progress::Progress;
use super::report::{self, Sent};
use super::target::{ServerTarget, StatusBody};

/// Bytes of one request: much less would wait for the disk more often than need be.
const REQUEST_BYTES: usize = 512 * 1024;

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

/// Sends the files and says what became of them.
pub(super) fn import(
    settings: &Settings,
    server: &ServerTarget,
    cluster: &str,
    files: &[PathBuf],
) -> anyhow::Result<()> {
    let started = Instant::now();
    let bar = Progress::new();
    let total = total_bytes(files);
    let read = Rc::new(Cell::new(0));
    let mut sender = Sender {
        server,
        url: format!("{}/v1/audit/{cluster}", server.ingest),
        body: Vec::with_capacity(REQUEST_BYTES),
        sent: Sent::default(),
        end: None,
    };
    for path in files {
        let sent = send_file(path, settings.ingest.max_event_bytes, &mut sender, &read, &mut |sent| {
            bar.show(read.get(), total, sent.records);
        });
        sent.with_context(|| {
            format!(
                "{} was sent only in part ({} records in all are acknowledged); send it again: nothing is added twice",
                path.display(),
                sender.sent.records
            )
        })?;
    }
    bar.finish();
    let waiting = sender.wait_until_searchable()?;
    let sent = Sent { waiting, took: started.elapsed(), ..sender.sent };
    report::sent(&sent, cluster, &server.ingest)
}

fn send_file(
    path: &Path,
    max_event_bytes: u64,
    sender: &mut Sender<'_>,
    read: &Rc<Cell<u64>>,
    progress: &mut dyn FnMut(&Sent),
) -> anyhow::Result<()> {
    let mut splitter = Splitter::new(decoded::open(path, read)?, max_event_bytes);
    while let Some(piece) = splitter.next_piece()? {
        match piece {
            Piece::Item { bytes, .. } => sender.add(bytes)?,
            // Alone, so that it cannot swallow its neighbours. The server keeps it as a dead letter.
            Piece::Junk(junk) if !junk.excerpt.is_empty() => {
                sender.flush()?;
                sender.sent.broken += 1;
                sender.post(&junk.excerpt)?;
            }
            Piece::Junk(_) => {}
        }
        progress(&sender.sent);
    }
    sender.flush()
}

struct Sender<'a> {
    server: &'a ServerTarget,
    url: String,
    body: Vec<u8>,
    sent: Sent,
    /// The journal position behind the last acknowledged record.
    end: Option<u64>,
}

impl Sender<'_> {
    fn add(&mut self, item: &[u8]) -> anyhow::Result<()> {
        if !self.body.is_empty() && self.body.len() + item.len() > REQUEST_BYTES {
            self.flush()?;
        }
        self.body.extend_from_slice(item);
        self.body.push(b'\n');
        self.sent.records += 1;
        Ok(())
    }

    fn flush(&mut self) -> anyhow::Result<()> {
        if self.body.is_empty() {
            return Ok(());
        }
        let body = std::mem::take(&mut self.body);
        let posted = self.post(&body);
        self.body = body;
        self.body.clear();
        posted
    }

    /// Returns once it is acknowledged.
    fn post(&mut self, body: &[u8]) -> anyhow::Result<()> {
        let give_up = Instant::now() + PATIENCE;
        loop {
            let answer = self.server.agent.post(&self.url).content_type("application/json").send(body);
            let (retry, reason) = match answer {
                Ok(answer) if answer.status() == StatusCode::OK => {
                    self.sent.requests += 1;
                    self.sent.bytes += body.len() as u64;
                    self.end = position(answer.headers()).or(self.end);
                    return Ok(());
                }
                Ok(answer) if is_put_off(answer.status()) => {
                    self.sent.put_off += 1;
                    (retry_after(answer.headers()), problem(answer))
                }
                Ok(answer) => bail!("{} refused a request: {}", self.url, problem(answer)),
                Err(error) => (DEFAULT_RETRY, error.to_string()),
            };
            if Instant::now() + retry > give_up {
                bail!("{} took no request for {} s: {reason}", self.url, PATIENCE.as_secs());
            }
            tracing::warn!(reason, "the server takes nothing at the moment; waiting");
            std::thread::sleep(retry);
        }
    }

    /// How many records are not searchable yet when there is no more progress.
    fn wait_until_searchable(&self) -> anyhow::Result<Option<u64>> {
        let (Some(api), Some(end)) = (&self.server.api, self.end) else { return Ok(None) };
        let mut last = None;
        let mut give_up = Instant::now() + SEARCHABLE_PATIENCE;
        loop {
            let answer = self.server.agent.get(format!("{api}/api/v1/status")).call();
            let answer = answer.with_context(|| format!("cannot ask {api} whether all is searchable"))?;
            let status: StatusBody = serde_json::from_reader(answer.into_body().into_reader())
                .map_err(|_| anyhow!("the status of {api} is not understood"))?;
            let waiting = end.saturating_sub(status.journal.searchable);
            if waiting == 0 || Instant::now() >= give_up {
                return Ok(Some(waiting));
            }
            if last != Some(waiting) {
                last = Some(waiting);
                give_up = Instant::now() + SEARCHABLE_PATIENCE;
            }
            std::thread::sleep(SEARCHABLE_POLL);
        }
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

/// `None` if one of them has no size.
fn total_bytes(files: &[PathBuf]) -> Option<u64> {
    let size = |path: &PathBuf| {
        if is_stdin(path) {
            return None;
        }
        std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file).map(|metadata| metadata.len())
    };
    files.iter().map(size).sum()
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
