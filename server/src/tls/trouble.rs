//! What to do about a server that cannot be trusted, in words of whoever runs it.

use rustls::CertificateError;

/// That the server at `url` cannot be trusted, and what to do, if that is why `error` came.
pub(crate) fn untrusted(url: &str, error: &ureq::Error) -> Option<anyhow::Error> {
    advice(error).map(|advice| anyhow::anyhow!("cannot trust {url}: {advice}"))
}

fn advice(error: &ureq::Error) -> Option<&'static str> {
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

/// The error of TLS, if it is one.
pub(crate) fn tls_error(error: &ureq::Error) -> Option<&rustls::Error> {
    match error {
        ureq::Error::Rustls(error) => Some(error),
        ureq::Error::Io(error) => error.get_ref()?.downcast_ref(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::io;

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
