//! Certificates of a test: an authority and what it issues.

use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tempfile::TempDir;

/// An authority, and a directory for what it issues.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
    dir: TempDir,
}

/// A certificate with its key, in PEM.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The certificate.
    pub cert: String,
    /// Its private key.
    pub key: String,
}

impl Authority {
    /// A new one.
    pub fn new() -> Self {
        let mut params = params("taffrail tests", &[]);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("make a key");
        let pem = params.self_signed(&key).expect("sign a certificate").pem();
        let dir = TempDir::with_prefix("taffrail-tls-").expect("create a temporary directory");
        Self { issuer: Issuer::new(params, key), pem, dir }
    }

    /// A certificate for the common name and these alternative names.
    pub fn issue(&self, common: &str, alternative: &[&str]) -> Identity {
        let key = KeyPair::generate().expect("make a key");
        let cert = params(common, alternative).signed_by(&key, &self.issuer).expect("sign a certificate");
        Identity { cert: cert.pem(), key: key.serialize_pem() }
    }

    /// A certificate of a listener on this machine.
    pub fn issue_for_loopback(&self) -> Identity {
        self.issue("taffrail", &["127.0.0.1", "localhost"])
    }

    /// The authority's own certificate, in PEM.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// The file with the authority's certificate.
    pub fn file(&self) -> PathBuf {
        self.write("ca.pem", &self.pem)
    }

    /// Writes a file beside the others, as tools do that replace files whole.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let (path, new) = (self.dir.path().join(name), self.dir.path().join("new"));
        fs::write(&new, text).and_then(|()| fs::rename(&new, &path)).expect("write a file");
        path
    }

    /// Where the files lie.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

fn params(common: &str, alternative: &[&str]) -> CertificateParams {
    let names: Vec<String> = alternative.iter().map(|&name| name.to_owned()).collect();
    let mut params = CertificateParams::new(names).expect("names are valid");
    params.distinguished_name.push(DnType::CommonName, common);
    params
}
