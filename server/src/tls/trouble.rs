//! What to do about a server that cannot be trusted, in words of whoever runs it.

use std::error::Error;
use std::io;

use rustls::CertificateError;

/// That the server at `url` cannot be trusted, and what to do, if that is why `error` came.
pub(crate) fn untrusted(url: &str, error: &ureq::Error) -> Option<anyhow::Error> {
    advice(error).map(|advice| anyhow::anyhow!("cannot trust {url}: {advice}"))
}

fn advice(error: &(dyn Error + 'static)) -> Option<&'static str> {
    let rustls::Error::InvalidCertificate(error) = tls_error(error)? else { return None };
    Some(match error {
        CertificateError::UnknownIssuer => {
            "its certificate comes from no authority that is trusted here; name the authority's with --ca FILE"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "its certificate does not list this name or address; use one that it lists, or make a certificate that has it as a subject alternative name"
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "its certificate has ended; replace it, it is read again while the server runs"
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "its certificate is not valid yet; compare the clocks of both machines"
        }
        // webpki's errors come in a box of their own, and the crate is not one of ours.
        CertificateError::Other(other) if other.0.to_string().contains("CaUsedAsEndEntity") => {
            "its certificate is that of an authority, as `openssl req -x509` makes it; make one with -addext basicConstraints=critical,CA:FALSE, or sign one with the authority"
        }
        _ => return None,
    })
}

/// The error of TLS in a chain of causes; `io::Error` hides what it holds from the chain.
fn tls_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<rustls::Error>() {
            return Some(found);
        }
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = match inner {
            Some(inner) => Some(inner as &(dyn Error + 'static)),
            None => match error.downcast_ref::<ureq::Error>() {
                Some(ureq::Error::Io(error)) => Some(error),
                Some(ureq::Error::Rustls(error)) => return Some(error),
                _ => error.source(),
            },
        };
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_is_found_where_it_hides() {
        fn check(error: &ureq::Error, expected: Option<&str>) {
            let found = advice(error);
            assert_eq!(
                found.map(|text| expected.is_some_and(|word| text.contains(word))),
                expected.map(|_| true)
            );
        }
        let unknown = || rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer);
        check(&ureq::Error::Rustls(unknown()), Some("--ca FILE"));
        check(&ureq::Error::Io(io::Error::new(io::ErrorKind::InvalidData, unknown())), Some("--ca FILE"));
        check(&ureq::Error::Io(io::Error::other("reset")), None);
        check(&ureq::Error::Rustls(rustls::Error::HandshakeNotComplete), None);
    }
}
