//! Rules that one setting's type cannot express: bounds, grammars, and settings that have to fit together.

mod access;
mod actors;
mod bounds;
mod notify;
mod quarantine;
mod redaction;
mod tail;

use std::net::SocketAddr;

pub(crate) use self::access::{Exposed, exposed};
pub use self::quarantine::is_label;
use crate::error::Problem;
use crate::settings::{OWN_CLUSTER, Settings, is_cluster_name};

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
    if settings.cluster == OWN_CLUSTER {
        report("cluster", "taffrail names this program's own records; choose another".to_owned());
    }
    if settings.log.filter.trim().is_empty() {
        report("log.filter", "empty; write a level such as info, or off".to_owned());
    }
    access::check(settings, &mut report);
    check_ports(settings, &mut report);
    bounds::check(settings, &mut report);
    redaction::check(&settings.redaction, &mut report);
    tail::check(&settings.ingest.tail, &mut report);
    actors::check(&settings.actors, &mut report);
    notify::check(&settings.notify, &mut report);
    quarantine::check(&settings.quarantine, &mut report);
    problems
}

/// No two listeners on one port.
fn check_ports(settings: &Settings, report: &mut impl FnMut(&str, String)) {
    let listeners = [
        ("api.listen", Some(settings.api.listen)),
        ("ingest.listen", Some(settings.ingest.listen)),
        ("health.listen", settings.health.listen),
    ];
    for (at, (path, listen)) in listeners.iter().enumerate() {
        for (other_path, other) in listeners.iter().take(at) {
            if let (Some(listen), Some(other)) = (listen, other)
                && clash(*other, *listen)
            {
                report(path, format!("{other_path} uses {other} already; choose another port"));
            }
        }
    }
}

/// Whether the second of two listeners would find its address taken.
fn clash(one: SocketAddr, other: SocketAddr) -> bool {
    let everywhere = |listen: SocketAddr| listen.ip().is_unspecified();
    one.port() != 0
        && one.port() == other.port()
        && (one.ip() == other.ip() || everywhere(one) || everywhere(other))
}
