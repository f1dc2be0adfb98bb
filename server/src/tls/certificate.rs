//! What stands in a certificate. The handshake has verified it; here it is only read.

use std::net::IpAddr;

use anyhow::anyhow;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;

/// What matters of a listener's own certificate.
#[derive(Debug)]
pub(super) struct Facts {
    /// Clients look for a server's name nowhere else.
    pub(super) has_alternative_names: bool,
    /// When it ends, in seconds since 1970.
    pub(super) not_after: i64,
}

impl Facts {
    pub(super) fn of(der: &[u8]) -> anyhow::Result<Self> {
        let certificate = parse(der).ok_or_else(|| anyhow!("the certificate cannot be read"))?;
        let not_after = certificate.validity().not_after.timestamp();
        Ok(Self { has_alternative_names: alternative_names(&certificate).next().is_some(), not_after })
    }
}

/// The names by which a client certificate is known: its common names, then its subject alternative names (DNS names,
/// e-mail addresses, URIs, IP addresses).
pub(crate) fn names(der: &[u8]) -> Vec<String> {
    let Some(certificate) = parse(der) else { return Vec::new() };
    let common = certificate.subject().iter_common_name().filter_map(|name| name.as_str().ok());
    common.map(str::to_owned).chain(alternative_names(&certificate)).collect()
}

fn parse(der: &[u8]) -> Option<X509Certificate<'_>> {
    X509Certificate::from_der(der).ok().map(|(_, certificate)| certificate)
}

fn alternative_names<'a>(certificate: &'a X509Certificate<'_>) -> impl Iterator<Item = String> + 'a {
    let extension = certificate.subject_alternative_name().ok().flatten();
    extension.into_iter().flat_map(|extension| &extension.value.general_names).filter_map(|name| match name {
        GeneralName::DNSName(name) | GeneralName::RFC822Name(name) | GeneralName::URI(name) => {
            Some((*name).to_owned())
        }
        GeneralName::IPAddress(bytes) => address(bytes).map(|address| address.to_string()),
        _ => None,
    })
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    if let Ok(bytes) = <[u8; 4]>::try_from(bytes) {
        return Some(IpAddr::from(bytes));
    }
    <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from)
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, DnType, KeyPair};

    use super::*;

    fn check(common: &str, alternative: &[&str], expected: &[&str]) {
        let names: Vec<String> = alternative.iter().map(|&name| name.to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.distinguished_name.remove(DnType::CommonName);
        params.distinguished_name.push(DnType::OrganizationName, "system:masters");
        params.distinguished_name.push(DnType::CommonName, common);
        let certificate = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        assert_eq!(names_of(&certificate), expected);
        let facts = Facts::of(certificate.der()).unwrap();
        assert_eq!(facts.has_alternative_names, !alternative.is_empty());
        assert!(facts.not_after > 1_800_000_000);
    }

    fn names_of(certificate: &rcgen::Certificate) -> Vec<String> {
        names(certificate.der())
    }

    #[test]
    fn names_are_common_and_alternative() {
        check("kube-apiserver", &[], &["kube-apiserver"]);
        check("a", &["b.example.com", "10.0.0.1", "::1"], &["a", "b.example.com", "10.0.0.1", "::1"]);
    }

    #[test]
    fn rubbish_has_no_names() {
        assert!(names(b"rubbish").is_empty());
        assert!(Facts::of(b"").is_err());
    }
}
