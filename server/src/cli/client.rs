//! How commands reach a server: its URL, over TLS if that says so, with the token that they were given.

mod trouble;

use std::path::Path;
use std::time::Duration;

use taffrail_config::{ClientSettings, Secret};
use ureq::http::{HeaderValue, Uri, header};
use ureq::typestate::{WithBody, WithoutBody};
use ureq::{Agent, RequestBuilder};

use crate::args::ReachArgs;
use crate::exit::WrongUse;
use crate::tls::{self, Trust};

pub(crate) use self::trouble::{API_PORT, INGEST_PORT, unreachable};

/// A server on the same machine or network answers within milliseconds.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Longer than any query may take by default, twice over; an API server would have given up after half of it.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(60);

/// An export may look through millions of events before the next one matches.
const READ_TIMEOUT: Duration = Duration::from_secs(120);

/// A server named on the command line.
#[derive(Debug)]
pub(crate) struct ServerUrl {
    /// Without a slash at its end.
    pub(crate) url: String,
    /// Its host, with the brackets of IPv6.
    pub(crate) host: String,
}

/// What is shown to servers, and which of them are trusted.
#[derive(Debug)]
pub(crate) struct Reach {
    authorization: Option<HeaderValue>,
    ca: Option<std::path::PathBuf>,
}

/// A client of one server.
#[derive(Debug)]
pub(crate) struct Client {
    agent: Agent,
    authorization: Option<HeaderValue>,
}

impl ServerUrl {
    /// Reads what was typed behind `--server`, which may leave out `http://`. `example` is an address for messages.
    pub(crate) fn parse(typed: &str, example: &str) -> Result<Self, WrongUse> {
        let wrong = |why: &str| WrongUse(format!("--server {typed}: {why}; write it as {example}"));
        let full = if typed.contains("://") { typed.to_owned() } else { format!("http://{typed}") };
        let url = full.trim_end_matches('/').to_owned();
        let uri: Uri = url.parse().map_err(|_| wrong("not a URL"))?;
        let Some(host) = uri.host().filter(|_| matches!(uri.scheme_str(), Some("http" | "https"))) else {
            return Err(wrong("not an http:// or https:// address"));
        };
        if uri.query().is_some() || !matches!(uri.path(), "" | "/") {
            return Err(wrong("name the server only, without a path"));
        }
        Ok(Self { host: host.to_owned(), url })
    }
}

impl Reach {
    /// What the options say, else the settings.
    pub(crate) fn new(args: &ReachArgs, settings: &ClientSettings) -> anyhow::Result<Self> {
        let token = args.token_file.as_ref().or(settings.token_file.as_ref());
        let authorization = token.map(|path| authorization(path)).transpose()?;
        Ok(Self { authorization, ca: args.ca.clone().or_else(|| settings.ca.clone()) })
    }

    /// A client of a server on `host`. Proxies are for other machines.
    pub(crate) fn client(&self, url: &ServerUrl) -> anyhow::Result<Client> {
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("taffrail/", env!("CARGO_PKG_VERSION")))
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_recv_response(Some(RESPONSE_TIMEOUT))
            .timeout_per_read(Some(READ_TIMEOUT));
        if is_this_machine(&url.host) {
            config = config.proxy(None);
        }
        // A proxy on the way to another machine may speak TLS, too.
        let trust = match &self.ca {
            Some(path) => Trust::File(path),
            None if url.url.starts_with("https:") || !is_this_machine(&url.host) => Trust::System,
            None => Trust::Nobody,
        };
        let tls = tls::client(trust).map_err(|error| WrongUse(format!("--ca: {error:#}")))?;
        config = config.tls_config(tls);
        Ok(Client { agent: config.build().new_agent(), authorization: self.authorization.clone() })
    }
}

impl Client {
    /// GET, with the token.
    pub(crate) fn get(&self, url: &str) -> RequestBuilder<WithoutBody> {
        match &self.authorization {
            Some(value) => self.agent.get(url).header(header::AUTHORIZATION, value.clone()),
            None => self.agent.get(url),
        }
    }

    /// POST, with the token.
    pub(crate) fn post(&self, url: &str) -> RequestBuilder<WithBody> {
        match &self.authorization {
            Some(value) => self.agent.post(url).header(header::AUTHORIZATION, value.clone()),
            None => self.agent.post(url),
        }
    }
}

fn authorization(path: &Path) -> anyhow::Result<HeaderValue> {
    let token = Secret::File(path.to_owned()).read(|_| None);
    let token = token.map_err(|error| WrongUse(format!("--token-file: {error}")))?;
    let value = [b"Bearer ", token.expose().trim_ascii()].concat();
    let mut value = HeaderValue::from_bytes(&value)
        .ok()
        .filter(|value| value.to_str().is_ok())
        .ok_or_else(|| WrongUse(format!("--token-file: {} holds no token", path.display())))?;
    value.set_sensitive(true);
    Ok(value)
}

/// Whether a host of a URL is this machine.
pub(crate) fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        fn check(typed: &str, expected: Option<(&str, &str)>) {
            let found = ServerUrl::parse(typed, "http://127.0.0.1:8585");
            let found = found.as_ref().ok().map(|found| (found.url.as_str(), found.host.as_str()));
            assert_eq!(found, expected, "{typed}");
        }
        check("127.0.0.1:8585", Some(("http://127.0.0.1:8585", "127.0.0.1")));
        check("http://audit.example.com/", Some(("http://audit.example.com", "audit.example.com")));
        check("https://audit.example.com", Some(("https://audit.example.com", "audit.example.com")));
        check("http://[::1]:8585", Some(("http://[::1]:8585", "[::1]")));
        check("ftp://audit.example.com", None);
        check("http://audit.example.com/api/v1", None);
        check("http://a b", None);
    }

    #[test]
    fn tokens_come_from_a_file_and_do_not_print() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("token");
        let args = ReachArgs { token_file: Some(path.clone()), ca: None };
        let read = || Reach::new(&args, &ClientSettings::default());
        assert!(read().unwrap_err().is::<WrongUse>(), "there is no file");
        std::fs::write(&path, "taf_hunter2\n").unwrap();
        let reach = read().unwrap();
        assert_eq!(reach.authorization.as_ref().unwrap(), "Bearer taf_hunter2");
        assert!(!format!("{reach:?}").contains("hunter2"), "{reach:?}");
        std::fs::write(&path, "two\nlines").unwrap();
        assert!(read().unwrap_err().is::<WrongUse>());
    }
}
