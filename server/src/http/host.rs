//! Which names the API listener answers to: a page on another site must not reach it by a name of its own that
//! resolves to this machine (DNS rebinding).

use std::net::{IpAddr, SocketAddr};

use axum::extract::Request;
use axum::http::header;

use super::problem::{Code, Problem};

/// The names of a listener.
#[derive(Debug, Clone)]
pub(crate) struct HostNames {
    /// This machine's name, for a listener that other machines reach.
    machine: Option<String>,
    /// Over TLS a browser has compared the name with the certificate already: whoever rebinds a name has none for it.
    is_any_right: bool,
}

impl HostNames {
    /// The names of a listener bound to `address` on a machine of that name.
    pub(crate) fn of(address: SocketAddr, machine: &str) -> Self {
        let reachable = !address.ip().is_loopback() && !machine.is_empty();
        Self { machine: reachable.then(|| machine.to_ascii_lowercase()), is_any_right: false }
    }

    /// The same of a listener that speaks TLS.
    pub(crate) fn over_tls(self, is_tls: bool) -> Self {
        Self { is_any_right: is_tls, ..self }
    }

    /// Refuses a request that was meant for another name.
    pub(super) fn check(&self, request: &Request) -> Result<(), Problem> {
        let host = match request.headers().get(header::HOST) {
            Some(host) => host.to_str().ok(),
            None => request.uri().authority().map(|authority| authority.as_str()),
        };
        let Some(host) = host.and_then(without_port) else {
            return Err(Problem::new(Code::BadHost, "the request needs one valid Host header"));
        };
        if self.is_known(&host) {
            return Ok(());
        }
        Err(Problem::new(
            Code::WrongHost,
            format!("this server is not called {host}; use its IP address, localhost or the machine's name"),
        ))
    }

    /// Addresses are always right: rebinding needs a name.
    fn is_known(&self, host: &str) -> bool {
        self.is_any_right
            || host == "localhost"
            || host.parse::<IpAddr>().is_ok()
            || self.machine.as_deref() == Some(host)
    }
}

/// The host in lower case, without port, brackets and final dot. The port may differ: tunnels have their own.
fn without_port(host: &str) -> Option<String> {
    let name = if let Some(rest) = host.strip_prefix('[') {
        let (address, port) = rest.split_once(']')?;
        is_port(port.strip_prefix(':').unwrap_or(port)).then_some(address)?
    } else {
        match host.split_once(':') {
            Some((name, port)) => is_port(port).then_some(name)?,
            None => host,
        }
    };
    let name = name.strip_suffix('.').unwrap_or(name);
    (!name.is_empty()).then(|| name.to_ascii_lowercase())
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn check(listen: &str, host: &str, expected: Option<Code>) {
        let names = HostNames::of(listen.parse().unwrap(), "Harbour");
        let request = Request::builder().uri("/").header("Host", host).body(Body::empty()).unwrap();
        assert_eq!(names.check(&request).err().map(|problem| problem.code()), expected, "{host} on {listen}");
    }

    #[test]
    fn names() {
        for host in [
            "127.0.0.1:8585",
            "localhost",
            "LOCALHOST:1",
            "[::1]:8585",
            "10.0.0.7:80",
            "localhost.",
            "localhost:",
        ] {
            check("127.0.0.1:8585", host, None);
        }
        for host in ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:8585", "harbour"] {
            check("127.0.0.1:8585", host, Some(Code::WrongHost));
        }
        check("0.0.0.0:8585", "harbour:8585", None);
        check("0.0.0.0:8585", "evil.example", Some(Code::WrongHost));
        for host in ["", ":80", "[::1", "a:b:c", "host:port"] {
            check("127.0.0.1:8585", host, Some(Code::BadHost));
        }
    }

    #[test]
    fn over_tls_the_certificate_has_been_compared() {
        let names = HostNames::of("127.0.0.1:1".parse().unwrap(), "").over_tls(true);
        let check = |host: &str, expected: Option<Code>| {
            let request = Request::builder().uri("/").header("Host", host).body(Body::empty()).unwrap();
            assert_eq!(names.check(&request).err().map(|problem| problem.code()), expected, "{host}");
        };
        check("audit.example.com", None);
        check("a:b:c", Some(Code::BadHost));
    }

    #[test]
    fn no_host_is_refused() {
        let request = Request::builder().uri("/").body(Body::empty()).unwrap();
        let names = HostNames::of("127.0.0.1:1".parse().unwrap(), "");
        assert_eq!(names.check(&request).unwrap_err().code(), Code::BadHost);
    }
}
