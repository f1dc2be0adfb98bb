//! A server as the source of answers: its HTTP API.

use std::io::{BufRead, BufReader, Read, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use ureq::Body;
use ureq::http::{Response, StatusCode};

use crate::cli::answer::note;
use crate::cli::client::{API_PORT, Client, Reach, ServerUrl, unreachable};
use crate::cli::query_problem::query_problem;
use crate::cli::visible::visible;
use crate::exit::{NotThere, WrongUse};

/// A default server is looked for before every command; nobody waits for one that is not there.
const PROBE_TIMEOUT: Duration = Duration::from_millis(500);

/// A thousand events with all their annotations stay far below it.
const MAX_BODY_BYTES: u64 = 512 << 20;

/// What an error is read up to: a problem document is a few hundred bytes.
const MAX_PROBLEM_BYTES: u64 = 64 << 10;

/// A server's API.
#[derive(Debug)]
pub(crate) struct Server {
    client: Client,
    url: String,
    is_introduced: AtomicBool,
}

/// Parameters of a request.
pub(crate) type Parameters<'a> = [(&'a str, String)];

/// An RFC 9457 problem document.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Problem {
    code: String,
    title: String,
    detail: String,
    request_id: String,
    hint: Option<String>,
    span: Option<Span>,
}

#[derive(Debug, Deserialize)]
struct Span {
    start: usize,
    end: usize,
}

impl Server {
    /// The server at `url`, which may leave out `http://`.
    pub(crate) fn new(url: &str, reach: &Reach) -> anyhow::Result<Self> {
        let url = ServerUrl::parse(url, "http://127.0.0.1:8585")?;
        Ok(Self { client: reach.client(&url)?, url: url.url, is_introduced: AtomicBool::new(false) })
    }

    /// Where it is.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Whether a server is there.
    pub(crate) fn is_alive(&self) -> bool {
        let request = self.client.get(&format!("{}/livez", self.url)).config();
        let response = request
            .timeout_connect(Some(PROBE_TIMEOUT))
            .timeout_global(Some(PROBE_TIMEOUT * 4))
            .build()
            .call();
        response.is_ok_and(|response| response.status() == StatusCode::OK)
    }

    /// The JSON answer of an endpoint.
    pub(crate) fn json<T: DeserializeOwned>(
        &self,
        path: &str,
        parameters: &Parameters<'_>,
    ) -> anyhow::Result<T> {
        let response = self.get(path, parameters)?;
        let body = response.into_body().into_with_config().limit(MAX_BODY_BYTES).read_to_vec();
        let body = body.with_context(|| format!("cannot read the answer of {}", self.url))?;
        serde_json::from_slice(&body).with_context(|| {
            format!("the answer of {} to {path} is not understood; is it a Taffrail API address?", self.url)
        })
    }

    /// The JSON answer of an endpoint; `None` if there is no such thing.
    pub(crate) fn json_if_there<T: DeserializeOwned>(
        &self,
        path: &str,
        parameters: &Parameters<'_>,
    ) -> anyhow::Result<Option<T>> {
        match self.json(path, parameters) {
            Err(error) if error.is::<NotThere>() => Ok(None),
            result => result.map(Some),
        }
    }

    /// Copies the answer of an endpoint to `out` as it comes, through `pass`.
    pub(crate) fn stream(
        &self,
        path: &str,
        parameters: &Parameters<'_>,
        out: &mut dyn Write,
    ) -> anyhow::Result<()> {
        let mut body = self.get(path, parameters)?.into_body().into_reader();
        let mut buffer = vec![0; 64 << 10];
        loop {
            // The end of a chunked body is a chunk of its own; without it reading fails.
            let count = body.read(&mut buffer).map_err(|error| {
                anyhow!(
                    "the stream from {} broke off, what was written is incomplete: {error}; try again, or ask for a shorter time range",
                    self.url
                )
            })?;
            match buffer.get(..count) {
                Some([]) | None => return Ok(()),
                Some(read) => out.write_all(read)?,
            }
        }
    }

    /// Events as they come, as server-sent events; after those that a message with `last_id` ended.
    pub(crate) fn events(
        &self,
        parameters: &Parameters<'_>,
        last_id: Option<&str>,
    ) -> anyhow::Result<Box<dyn BufRead>> {
        let headers: Vec<_> = last_id.iter().map(|id| ("last-event-id", *id)).collect();
        let body = self.get_with("/api/v1/tail", parameters, &headers)?.into_body();
        Ok(Box::new(BufReader::new(body.into_reader())))
    }

    fn get(&self, path: &str, parameters: &Parameters<'_>) -> anyhow::Result<Response<Body>> {
        self.get_with(path, parameters, &[])
    }

    fn get_with(
        &self,
        path: &str,
        parameters: &Parameters<'_>,
        headers: &[(&str, &str)],
    ) -> anyhow::Result<Response<Body>> {
        let pairs = parameters.iter().map(|(name, value)| (*name, value.as_str()));
        let mut request = self.client.get(&format!("{}{path}", self.url)).query_pairs(pairs);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.call().map_err(|error| unreachable(&self.url, &error))?;
        if response.status() == StatusCode::OK {
            self.introduce();
            return Ok(response);
        }
        let query = parameters.iter().find(|(name, _)| *name == "q").map_or("", |(_, query)| query);
        self.refused(response, query)
    }

    /// Says once that the answers are this server's: not before there are any.
    fn introduce(&self) {
        if !self.is_introduced.swap(true, Ordering::Relaxed) {
            note(&format!("answers come from server {}", self.url));
        }
    }

    fn refused(&self, response: Response<Body>, query: &str) -> anyhow::Result<Response<Body>> {
        let status = response.status();
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
        let retry_after = header("retry-after").map(str::to_owned);
        let body = response.into_body().into_with_config().limit(MAX_PROBLEM_BYTES).read_to_vec();
        let problem: Problem =
            body.ok().and_then(|body| serde_json::from_slice(&body).ok()).unwrap_or_default();
        if let Some(span) = &problem.span {
            let text = query_problem(query, span.start..span.end, &problem.detail, problem.hint.as_deref());
            return Err(WrongUse(text).into());
        }
        let said = if problem.detail.is_empty() { &problem.title } else { &problem.detail };
        let hint = problem.hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default();
        let text = visible(&format!("{said}{hint}")).into_owned();
        match status.as_u16() {
            400 | 414 if !text.is_empty() => Err(WrongUse(text).into()),
            404 if text.is_empty() => {
                bail!("{} has no such endpoint; is it a Taffrail API address of this version?", self.url)
            }
            404 if problem.code == "not_found" && said.starts_with("there is nothing at") => bail!(
                "{} does not answer questions; it may be the address for sending events, or for probes. Name that of the API, whose port is {API_PORT} if nothing else is set",
                self.url
            ),
            404 if problem.code == "not_found" => Err(NotThere(text).into()),
            401 | 403 if problem.code != "wrong_host" => bail!(
                "{} does not let you read: {text}; show a token with --token-file FILE, or read its directory with --data",
                self.url
            ),
            429 | 503 => {
                let when = retry_after.map_or("shortly".to_owned(), |seconds| format!("in {seconds} s"));
                bail!("{} is busy ({status}): {text}; try again {when}", self.url)
            }
            _ if problem.request_id.is_empty() => bail!("{} answered {status}: {text}", self.url),
            _ => {
                bail!("{} answered {status}: {text} (request {}, see its log)", self.url, problem.request_id)
            }
        }
    }
}

#[cfg(test)]
mod tests;
