//! `server.json`: where the server that runs on this directory answers. There is one only while it does.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
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
    /// The URL of the health listener, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) health: Option<String>,
}

/// The URL by which this machine reaches a listener; one on every address is reached by this machine's own.
pub(crate) fn url_of(listen: SocketAddr, is_tls: bool) -> String {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    let scheme = if is_tls { "https" } else { "http" };
    format!("{scheme}://{}", SocketAddr::new(ip, listen.port()))
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

#[cfg(test)]
mod tests {
    use super::url_of;

    #[test]
    fn urls_that_this_machine_reaches() {
        fn check(address: &str, is_tls: bool, expected: &str) {
            assert_eq!(url_of(address.parse().unwrap(), is_tls), expected);
        }
        check("127.0.0.1:8585", false, "http://127.0.0.1:8585");
        check("0.0.0.0:80", false, "http://127.0.0.1:80");
        check("[::]:80", true, "https://[::1]:80");
        check("10.1.2.3:1", false, "http://10.1.2.3:1");
    }
}
