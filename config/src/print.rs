//! Settings as text: the YAML that loads them again, and what is legal but should stay visible.

use std::net::IpAddr;

use bytesize::ByteSize;

use crate::settings::Settings;
use crate::validate::{Exposed, exposed};

/// The settings as a YAML file that [`load`](crate::load) reads back. Secrets appear as where they come from.
#[must_use]
pub fn print(settings: &Settings) -> String {
    // Plain structs into memory: there is nothing to fail but a bug, which then shows here.
    serde_saphyr::to_string(settings)
        .unwrap_or_else(|error| format!("# settings cannot be written: {error}\n"))
}

/// What the settings permit that somebody should keep seeing: at start, in the status, in the UI.
#[must_use]
pub fn warnings(settings: &Settings) -> Vec<String> {
    let mut warnings = Vec::new();
    if settings.allow_insecure {
        let open: Vec<String> = exposed(settings)
            .map(|open| {
                let Exposed { path, listen, lacks, .. } = open;
                format!("allow_insecure: {path} {listen} can be reached by other machines without {lacks}")
            })
            .collect();
        if open.is_empty() {
            warnings.push("allow_insecure is on, but no listener needs it; remove it".to_owned());
        }
        warnings.extend(open);
    }
    for query in &settings.ingest.drop {
        warnings.push(format!(
            "ingest.drop: events that match `{query}` are not kept; `taffrail status` counts them"
        ));
    }
    for resource in &settings.redaction.off {
        warnings.push(format!(
            "redaction.off: {resource} are stored in the clear, with every secret they contain"
        ));
    }
    warnings.extend(no_room(settings));
    warnings.extend(in_the_clear(settings));
    warnings
}

/// The journal and the dead letters count in the limit, and removing splits makes neither of them smaller. Who sets a share has
/// none of the three in mind.
fn no_room(settings: &Settings) -> Option<String> {
    let limit = settings.index.retention.max_bytes.of(None)?;
    let (journal, letters) = (settings.journal.max_bytes, settings.ingest.dead_letter_bytes);
    (limit < journal.saturating_add(letters)).then(|| {
        format!(
            "index.retention.max_bytes: {} is less than the journal ({}, journal.max_bytes) and the dead letters ({}, \
             ingest.dead_letter_bytes) may take: should they do so, old events are removed until the index has no more than half of \
             it; raise it, or lower journal.max_bytes",
            rounded(limit),
            rounded(journal),
            rounded(letters)
        )
    })
}

/// Credentials of notifications that anybody on the way can read.
fn in_the_clear(settings: &Settings) -> impl Iterator<Item = String> {
    let exposed = settings.notify.iter().enumerate().filter_map(|(at, target)| {
        let server = target.url.strip_prefix("http://")?.split(['/', '?']).next()?;
        let is_shown = target.token.is_some() || !target.headers.is_empty();
        (is_shown && !is_this_machine(server)).then_some((at, server))
    });
    exposed.map(|(at, server)| {
        format!("notify[{at}].url: its token goes to http://{server} in the clear; use https:// if the receiver can")
    })
}

/// `server` is a host with or without a port.
fn is_this_machine(server: &str) -> bool {
    let host = match server.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => host,
        _ => server,
    };
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

fn rounded(bytes: u64) -> String {
    ByteSize(bytes).display().iec().to_string()
}
