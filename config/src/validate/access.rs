//! Rules about who may speak: what other machines can reach needs TLS and authentication.

use std::net::SocketAddr;

use crate::settings::Settings;
use crate::settings::access::{AuthSettings, TlsSettings};

/// A listener that has a login.
struct Listener<'a> {
    name: &'static str,
    listen: SocketAddr,
    tls: &'a TlsSettings,
    auth: &'a AuthSettings,
}

/// A listener that other machines can reach although something is missing.
pub(crate) struct Exposed {
    /// `api.listen`.
    pub(crate) path: String,
    pub(crate) listen: SocketAddr,
    /// `TLS`, `authentication`, or both.
    pub(crate) lacks: &'static str,
    /// The settings that would give it.
    missing: String,
}

pub(super) fn check(settings: &Settings, report: &mut impl FnMut(&str, String)) {
    for Listener { name, tls, auth, .. } in listeners(settings) {
        if tls.cert.is_some() != tls.key.is_some() {
            let (there, missing) = if tls.cert.is_some() { ("cert", "key") } else { ("key", "cert") };
            report(
                &format!("{name}.tls.{missing}"),
                format!("missing; {name}.tls.{there} is there, and TLS takes both"),
            );
        }
        if tls.client_ca.is_some() && !tls.is_on() {
            report(
                &format!("{name}.tls.client_ca"),
                format!("client certificates come with TLS; set {name}.tls.cert and {name}.tls.key"),
            );
        }
        if tls.client_ca.is_some() && !auth.is_on() {
            report(
                &format!("{name}.auth.file"),
                format!(
                    "missing; it says what each client certificate permits that {name}.tls.client_ca accepts"
                ),
            );
        }
    }
    if !settings.allow_insecure {
        for Exposed { path, listen, lacks, missing } in exposed(settings) {
            report(
                &path,
                format!(
                    "{listen} can be reached by other machines, and there is no {lacks}; set {missing}, listen on \
                     127.0.0.1 behind a proxy that has both, or accept the risk with allow_insecure: true"
                ),
            );
        }
    }
}

/// The listeners that other machines can reach without TLS and authentication.
pub(crate) fn exposed(settings: &Settings) -> impl Iterator<Item = Exposed> {
    listeners(settings).into_iter().filter_map(|Listener { name, listen, tls, auth }| {
        let tls_files = format!("{name}.tls.cert and {name}.tls.key");
        let (lacks, missing) = match (tls.is_on(), auth.is_on()) {
            _ if listen.ip().to_canonical().is_loopback() => return None,
            (true, true) => return None,
            (false, true) => ("TLS", tls_files),
            (true, false) => ("authentication", format!("{name}.auth.file")),
            (false, false) => ("TLS and authentication", format!("{tls_files}, and {name}.auth.file")),
        };
        Some(Exposed { path: format!("{name}.listen"), listen, lacks, missing })
    })
}

fn listeners(settings: &Settings) -> [Listener<'_>; 2] {
    let Settings { api, ingest, .. } = settings;
    [
        Listener { name: "api", listen: api.listen, tls: &api.tls, auth: &api.auth },
        Listener { name: "ingest", listen: ingest.listen, tls: &ingest.tls, auth: &ingest.auth },
    ]
}
