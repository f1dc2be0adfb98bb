//! What to do about a server that cannot be reached, or is not the one that was meant.

use std::io;

use crate::tls::{tls_error, untrusted};

/// The port of the API if nothing else is set.
pub(crate) const API_PORT: u16 = 8585;

/// That of the ingest listener.
pub(crate) const INGEST_PORT: u16 = 8586;

const NAME: &str = "no machine is known here by that name: see whether it is spelt right and in the DNS, or write an IP address";

/// The error of a request to the server at `url`, with what to do next.
pub(crate) fn unreachable(url: &str, error: &ureq::Error) -> anyhow::Error {
    if let Some(error) = untrusted(url, error) {
        return error;
    }
    if matches!(error, ureq::Error::Timeout(_)) {
        return anyhow::anyhow!(
            "{url} did not answer in time; is it overloaded, or does something on the way drop packets?"
        );
    }
    let why = match error {
        // Without the word that says where the error comes from in the program.
        ureq::Error::Io(error) => error.to_string(),
        error => error.to_string(),
    };
    anyhow::anyhow!("cannot reach {url}: {why}; {}", next_step(url, error))
}

fn next_step(url: &str, error: &ureq::Error) -> &'static str {
    let is_https = url.starts_with("https:");
    match (error, tls_error(error)) {
        (ureq::Error::HostNotFound, _) => NAME,
        (ureq::Error::Io(error), None) if is_about_names(error) => NAME,
        (_, Some(rustls::Error::InvalidMessage(_))) if is_https => {
            "what listens there speaks no TLS: write http:// if that is what its settings say, or name another port"
        }
        (_, Some(_)) => "the log of the server says what is wrong with the TLS handshake",
        (ureq::Error::Io(error), None) if is_nobody_there(error) => {
            "start it with `taffrail serve`, or read its directory with --data"
        }
        _ if is_https => "is it a Taffrail server, and the right port?",
        _ => "if it speaks TLS, write https://; else it is no Taffrail server, or another port",
    }
}

/// The system's resolver has no kind of its own in [`io::ErrorKind`].
fn is_about_names(error: &io::Error) -> bool {
    error.to_string().contains("lookup address")
}

fn is_nobody_there(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionRefused, HostUnreachable, NetworkUnreachable};
    matches!(error.kind(), ConnectionRefused | HostUnreachable | NetworkUnreachable)
}

#[cfg(test)]
mod tests {
    use rustls::InvalidMessage;

    use super::*;

    #[test]
    fn each_failure_says_what_to_do_next() {
        fn check(url: &str, error: &ureq::Error, expected: &str) {
            let text = unreachable(url, error).to_string();
            assert!(text.starts_with("cannot reach") && text.contains(expected), "{text}");
        }
        let io = |kind: io::ErrorKind| ureq::Error::Io(kind.into());
        let (plain, tls) = ("http://a:8585", "https://a:8585");
        check(plain, &ureq::Error::HostNotFound, "the DNS");
        let lookup = io::Error::other("failed to lookup address information: Name or service not known");
        check(tls, &ureq::Error::Io(lookup), "the DNS");
        check(plain, &io(io::ErrorKind::ConnectionRefused), "`taffrail serve`");
        check(tls, &io(io::ErrorKind::ConnectionRefused), "`taffrail serve`");
        check(plain, &io(io::ErrorKind::ConnectionReset), "https://");
        check(plain, &io(io::ErrorKind::UnexpectedEof), "https://");
        check(tls, &io(io::ErrorKind::ConnectionReset), "right port");
        let no_tls = rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType);
        check(tls, &ureq::Error::Rustls(no_tls), "http://");
    }
}
