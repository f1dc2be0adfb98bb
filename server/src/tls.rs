//! TLS: the listeners' certificates, and what commands trust.
//!
//! One provider of cryptography everywhere, ring: it builds with a C compiler alone.

mod certificate;
mod trouble;

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::sign::CertifiedKey;
use rustls::{InconsistentKeys, RootCertStore, ServerConfig};
use taffrail_config::TlsSettings;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use self::certificate::Facts;
pub(crate) use self::certificate::names;
pub(crate) use self::trouble::{tls_error, untrusted};
use crate::exit::WrongUse;
use crate::watched::Watched;

/// What a client may choose from, the better first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// TLS of a listener, as its files say.
#[derive(Debug)]
pub(crate) struct ServerTls {
    pub(crate) config: Arc<ServerConfig>,
    /// When the certificate ends, in seconds since 1970.
    pub(crate) not_after: i64,
}

/// TLS of the listener `name` (`api`, `ingest`), if it has any.
pub(crate) fn server(name: &str, settings: &TlsSettings) -> anyhow::Result<Option<Watched<ServerTls>>> {
    let TlsSettings { cert: Some(cert), key: Some(key), client_ca } = settings.clone() else {
        return Ok(None);
    };
    let name = format!("{name}.tls");
    let files = [Some(cert.clone()), Some(key.clone()), client_ca.clone()].into_iter().flatten().collect();
    let shown = name.clone();
    let load = move || server_tls(&shown, &cert, &key, client_ca.as_deref());
    let watched =
        Watched::open(&*name, files, load).map_err(|error| WrongUse(format!("{name}: {error:#}")))?;
    Ok(Some(watched))
}

/// Whom a command trusts to say who a server is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Trust<'a> {
    /// The authorities in this PEM file.
    File(&'a Path),
    /// Those that the system trusts. To read them takes some milliseconds.
    System,
    /// None: there is no TLS on the way.
    Nobody,
}

/// TLS of a client.
pub(crate) fn client(trust: Trust<'_>) -> anyhow::Result<TlsConfig> {
    let certificates: Vec<CertificateDer<'static>> = match trust {
        Trust::File(path) => certificates(path)?,
        // Some may be unreadable; those that are not may do.
        Trust::System => rustls_native_certs::load_native_certs().certs,
        Trust::Nobody => Vec::new(),
    };
    let roots: Vec<_> =
        certificates.iter().map(|certificate| Certificate::from_der(certificate).to_owned()).collect();
    Ok(TlsConfig::builder()
        .root_certs(RootCerts::new_with_certs(&roots))
        .unversioned_rustls_crypto_provider(provider())
        .build())
}

fn server_tls(name: &str, cert: &Path, key: &Path, client_ca: Option<&Path>) -> anyhow::Result<ServerTls> {
    let chain = certificates(cert)?;
    let key = PrivateKeyDer::from_pem_file(key)
        .with_context(|| format!("cannot read a private key in PEM from {}", key.display()))?;
    let facts = chain.first().map(|own| Facts::of(own)).transpose()?;
    let facts = facts.with_context(|| format!("{} holds no certificate", cert.display()))?;
    if !facts.has_alternative_names {
        tracing::warn!(
            "{name}.cert has no subject alternative name (SAN): API servers and browsers refuse it, whatever its common \
             name; issue it for the names and addresses by which the listener is reached"
        );
    }
    let builder = ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
    let builder = match client_ca {
        Some(path) => {
            let mut roots = RootCertStore::empty();
            for certificate in certificates(path)? {
                roots.add(certificate).with_context(|| format!("{} holds no authority", path.display()))?;
            }
            // A token is as good as a certificate: who shows neither is refused by the login.
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider())
                .allow_unauthenticated()
                .build()?;
            builder.with_client_cert_verifier(verifier)
        }
        None => builder.with_no_client_auth(),
    };
    let mut config =
        builder.with_single_cert(chain, key).context("certificate and key do not belong together")?;
    config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
    Ok(ServerTls { config: Arc::new(config), not_after: facts.not_after })
}

/// Whether the key is that of the first certificate, both in PEM. A key of a kind that is not known here may be.
pub(crate) fn belong_together(certificates: &str, key: &str) -> bool {
    let chain = CertificateDer::pem_slice_iter(certificates.as_bytes()).collect::<Result<Vec<_>, _>>();
    let (Ok(chain), Ok(key)) = (chain, PrivateKeyDer::from_pem_slice(key.as_bytes())) else { return true };
    let paired = CertifiedKey::from_der(chain, key, &provider());
    !matches!(paired, Err(rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch)))
}

/// The certificates of a PEM file, of which there is at least one.
fn certificates(path: &Path) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let found = read.with_context(|| format!("cannot read certificates in PEM from {}", path.display()))?;
    if found.is_empty() {
        return Err(anyhow!("{} holds no certificate", path.display()));
    }
    Ok(found)
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}
