//! Where an import goes: into a directory, or to the server that writes to it.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, anyhow};
use serde::Deserialize;
use taffrail_config::Settings;
use taffrail_event::WriteCounts;
use ureq::Agent;
use ureq::http::{StatusCode, Uri};

use crate::data_dir::{DataDir, Lock, LockError};
use crate::exit::WrongUse;

/// A server on the network answers within milliseconds.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// An API server would have given up after 30 s; a server under pressure answers at once that it is.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(60);

/// The two ways.
#[derive(Debug)]
pub(super) enum Target {
    /// Straight into the index; the lock keeps others out meanwhile.
    Directory(DataDir, Lock),
    /// Through its listeners.
    Server(ServerTarget),
}

/// A server that takes the events.
#[derive(Debug)]
pub(super) struct ServerTarget {
    pub(super) agent: Agent,
    /// The URL of its ingest listener.
    pub(super) ingest: String,
    /// The URL of its API, if known.
    pub(super) api: Option<String>,
}

/// Of a server's status, what matters here.
#[derive(Debug, Deserialize)]
pub(super) struct StatusBody {
    ingest: IngestBody,
    pub(super) journal: JournalBody,
    pub(super) index: IndexBody,
}

#[derive(Debug, Deserialize)]
struct IngestBody {
    url: String,
}

#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct IndexBody {
    /// What became of the records that it has read since its start.
    pub(super) counts: WriteCounts,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) struct JournalBody {
    pub(super) searchable: u64,
}

/// The server named, else the data directory, else the server that holds it.
pub(super) fn find(server: Option<&str>, settings: &Settings) -> anyhow::Result<Target> {
    if let Some(url) = server {
        return Ok(Target::Server(named(url)?));
    }
    match DataDir::open(&settings.data) {
        Ok((dir, lock)) => Ok(Target::Directory(dir, lock)),
        Err(error) if error.is::<LockError>() => Ok(Target::Server(holder(&settings.data, error)?)),
        Err(error) => Err(error),
    }
}

fn holder(path: &Path, error: anyhow::Error) -> anyhow::Result<ServerTarget> {
    let Some(server) = DataDir::existing(path)?.server()? else { return Err(error) };
    // It is this machine: a proxy has no place in between.
    let agent = agent(true);
    Ok(ServerTarget { agent, ingest: server.ingest, api: Some(server.api) })
}

/// The URL may be that of either listener.
fn named(url: &str) -> anyhow::Result<ServerTarget> {
    let wrong = |why: &str| WrongUse(format!("--server {url}: {why}; write it as http://127.0.0.1:8586"));
    let full = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
    let full = full.trim_end_matches('/').to_owned();
    let uri: Uri = full.parse().map_err(|_| wrong("not a URL"))?;
    let Some(host) = uri.host().filter(|_| uri.scheme_str() == Some("http")) else {
        return Err(wrong("not an http:// address").into());
    };
    if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
        return Err(wrong("name the server only, without a path").into());
    }
    let agent = agent(is_this_machine(host));
    let answer = agent.get(format!("{full}/api/v1/status")).call();
    let answer = answer.with_context(|| format!("cannot reach {full}"))?;
    if answer.status() != StatusCode::OK {
        return Ok(ServerTarget { agent, ingest: full, api: None });
    }
    let status: StatusBody = serde_json::from_reader(answer.into_body().into_reader())
        .map_err(|_| anyhow!("{full} is no Taffrail server"))?;
    // The server names its ingest listener as it sees itself: only the port is the same from here.
    let port = status.ingest.url.parse::<Uri>().ok().and_then(|uri| uri.port_u16());
    let port =
        port.ok_or_else(|| anyhow!("{full} does not say where it takes events; name its ingest address"))?;
    Ok(ServerTarget { agent, ingest: format!("http://{host}:{port}"), api: Some(full) })
}

fn agent(is_this_machine: bool) -> Agent {
    let mut config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .user_agent(concat!("taffrail/", env!("CARGO_PKG_VERSION")))
        .timeout_connect(Some(CONNECT_TIMEOUT))
        .timeout_recv_response(Some(RESPONSE_TIMEOUT));
    if is_this_machine {
        config = config.proxy(None);
    }
    config.build().new_agent()
}

fn is_this_machine(host: &str) -> bool {
    let ip = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback())
}
