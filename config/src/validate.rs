//! Rules that one setting's type cannot express: bounds, grammars, and settings that have to fit together.

mod bounds;
mod redaction;

use std::net::SocketAddr;

use crate::error::Problem;
use crate::settings::{Settings, is_cluster_name};

/// Everything wrong with settings that each have the right type.
pub(crate) fn validate(settings: &Settings) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut report = |path: &str, message: String| problems.push(Problem::new(path, message));
    if settings.data.as_os_str().is_empty() {
        report("data", "no data directory, and no home directory to put one in; name one".to_owned());
    }
    if !is_cluster_name(&settings.cluster) {
        let message = "not a cluster name; up to 63 of a-z 0-9 - . _, with a letter or digit at both ends";
        report("cluster", message.to_owned());
    }
    if settings.log.filter.trim().is_empty() {
        report("log.filter", "empty; write a level such as info, or off".to_owned());
    }
    for (path, listen) in exposed(settings) {
        if !settings.allow_insecure {
            report(path, refusal(listen));
        }
    }
    if clash(settings.api.listen, settings.ingest.listen) {
        let message = format!("api.listen uses {} already; choose another port", settings.api.listen);
        report("ingest.listen", message);
    }
    bounds::check(settings, &mut report);
    redaction::check(&settings.redaction, &mut report);
    problems
}

/// The listeners that other machines can reach.
pub(crate) fn exposed(settings: &Settings) -> impl Iterator<Item = (&'static str, SocketAddr)> {
    [("api.listen", settings.api.listen), ("ingest.listen", settings.ingest.listen)]
        .into_iter()
        .filter(|(_, listen)| !listen.ip().to_canonical().is_loopback())
}

fn refusal(listen: SocketAddr) -> String {
    format!(
        "{listen} can be reached by other machines, and there is no TLS or authentication yet; listen on 127.0.0.1 \
         behind a proxy that has both, or accept the risk with allow_insecure: true"
    )
}

/// Whether the second of two listeners would find its address taken.
fn clash(one: SocketAddr, other: SocketAddr) -> bool {
    let everywhere = |listen: SocketAddr| listen.ip().is_unspecified();
    one.port() != 0
        && one.port() == other.port()
        && (one.ip() == other.ip() || everywhere(one) || everywhere(other))
}
