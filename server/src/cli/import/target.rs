//! Where an import goes: into a directory, or to the server that writes to it.

use std::path::Path;

use anyhow::{anyhow, bail};
use serde::Deserialize;
use taffrail_config::Settings;
use taffrail_event::WriteCounts;
use ureq::http::{StatusCode, Uri};

use crate::cli::client::{Client, INGEST_PORT, Reach, ServerUrl, unreachable};
use crate::data_dir::{DataDir, Lock, LockError};
use crate::unwanted::UnwantedBody;

/// How an ingest address is written, for messages.
const EXAMPLE: &str = "http://127.0.0.1:8586";

/// The two ways.
#[derive(Debug)]
pub(in crate::cli) enum Target {
    /// Straight into the index; the lock keeps others out meanwhile.
    Directory(DataDir, Lock),
    /// Through its listeners.
    Server(ServerTarget),
}

/// A server that takes the events.
#[derive(Debug)]
pub(in crate::cli) struct ServerTarget {
    pub(in crate::cli) client: Client,
    /// The URL of its ingest listener.
    pub(in crate::cli) ingest: String,
    /// The URL of its API, if known.
    pub(in crate::cli) api: Option<String>,
}

/// Of a server's status, what matters here.
#[derive(Debug, Deserialize)]
pub(super) struct StatusBody {
    pub(super) ingest: IngestBody,
    pub(super) journal: JournalBody,
    pub(super) index: IndexBody,
}

#[derive(Debug, Deserialize)]
pub(super) struct IngestBody {
    url: String,
    /// A server of an earlier release drops nothing.
    #[serde(default)]
    pub(super) drop: Vec<UnwantedBody>,
    /// Nor does it fold flows.
    #[serde(default)]
    pub(super) folded_flows: u64,
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
pub(in crate::cli) fn find(
    server: Option<&str>,
    settings: &Settings,
    reach: &Reach,
) -> anyhow::Result<Target> {
    if let Some(url) = server {
        return Ok(Target::Server(named(url, reach)?));
    }
    match DataDir::open(&settings.data) {
        Ok((dir, lock)) => Ok(Target::Directory(dir, lock)),
        Err(error) if error.is::<LockError>() => Ok(Target::Server(holder(&settings.data, error, reach)?)),
        Err(error) => Err(error),
    }
}

fn holder(path: &Path, error: anyhow::Error, reach: &Reach) -> anyhow::Result<ServerTarget> {
    let Some(server) = DataDir::existing(path)?.server()? else { return Err(error) };
    let client = reach.client(&ServerUrl::parse(&server.ingest, EXAMPLE)?)?;
    Ok(ServerTarget { client, ingest: server.ingest, api: Some(server.api) })
}

/// The URL may be that of either listener.
fn named(typed: &str, reach: &Reach) -> anyhow::Result<ServerTarget> {
    let ServerUrl { url: full, host } = ServerUrl::parse(typed, EXAMPLE)?;
    let client = reach.client(&ServerUrl { url: full.clone(), host: host.clone() })?;
    let answer = client.get(&format!("{full}/api/v1/status")).call();
    let answer = answer.map_err(|error| unreachable(&full, &error))?;
    match answer.status() {
        StatusCode::OK => {}
        // The ingest listener has nothing at this path, whoever asks.
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => bail!(
            "{full} is the address for questions, and does not say without a credential for reading where events go: \
             name the ingest address, whose port is {INGEST_PORT} if nothing else is set"
        ),
        _ => return Ok(ServerTarget { client, ingest: full, api: None }),
    }
    let status: StatusBody = serde_json::from_reader(answer.into_body().into_reader())
        .map_err(|_| anyhow!("{full} is no Taffrail server"))?;
    // The server names its ingest listener as it sees itself: only the port is the same from here.
    let ingest: Option<Uri> = status.ingest.url.parse().ok();
    let ingest =
        ingest.as_ref().and_then(|uri| Some(format!("{}://{host}:{}", uri.scheme_str()?, uri.port_u16()?)));
    let ingest = ingest
        .ok_or_else(|| anyhow!("{full} does not say where it takes events; name its ingest address"))?;
    let client = reach.client(&ServerUrl { url: ingest.clone(), host })?;
    Ok(ServerTarget { client, ingest, api: Some(full) })
}
