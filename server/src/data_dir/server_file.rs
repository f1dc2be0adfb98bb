//! `server.json`: where the server that runs on this directory answers. There is one only while it does.

use std::path::Path;

use anyhow::Context;
use serde::{Deserialize, Serialize};

use super::{read_file, replace_file};

const FILE: &str = "server.json";

/// A running server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ServerFile {
    /// Its process.
    pub(crate) pid: u32,
    /// The URL of the API listener, as reached from this machine: `http://127.0.0.1:8585`.
    pub(crate) api: String,
    /// The URL of the ingest listener, likewise.
    pub(crate) ingest: String,
}

pub(super) fn read(dir: &Path) -> anyhow::Result<Option<ServerFile>> {
    let path = dir.join(FILE);
    let Some(content) = read_file(&path)? else { return Ok(None) };
    let server =
        serde_json::from_slice(&content).with_context(|| format!("{} is damaged", path.display()))?;
    Ok(Some(server))
}

pub(super) fn write(dir: &Path, server: &ServerFile) -> anyhow::Result<()> {
    replace_file(dir, FILE, &serde_json::to_vec(server)?)
}

pub(super) fn remove(dir: &Path) -> anyhow::Result<()> {
    let path = dir.join(FILE);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}
