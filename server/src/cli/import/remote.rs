//! Through a server's ingest listener, in requests of a few hundred kilobytes, in the order of the files.

mod requests;
mod sender;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use taffrail_config::Settings;
use taffrail_ingest::import::{ImportInput, Part, read_parts};
use taffrail_ingest::{FlowHints, IngestError};

use self::requests::{Refused, Requests};
use self::sender::Sender;
use super::is_stdin;
use super::progress::Progress;
use super::report::{self, Sent};
use super::target::ServerTarget;
use crate::cli::table::counted;

/// Of how many of the largest events (`ingest.max_event_bytes`) one that is larger may take the memory here. It is sent
/// whole, so that the server, which cuts it, also marks it as cut.
const HELD_EVENTS: u64 = 4;

/// Sends the files and says what became of them.
pub(super) fn import(
    settings: &Settings,
    server: &ServerTarget,
    cluster: &str,
    hints: &FlowHints,
    files: &[PathBuf],
) -> anyhow::Result<ExitCode> {
    let started = Instant::now();
    let bar = Progress::new();
    let total = total_bytes(files);
    let read = Arc::new(AtomicU64::new(0));
    let mut sender = Sender::new(Requests::new(server, cluster, hints));
    let max_item_bytes = settings.ingest.max_event_bytes.saturating_mul(HELD_EVENTS);
    for path in files {
        let sent = send_file(path, max_item_bytes, &mut sender, &read, &mut |sent| {
            bar.show(read.load(Ordering::Relaxed), total, sent.records);
        });
        sent.map_err(|error| {
            let (path, sent) = (path.display(), counted(sender.requests.sent.records, "record"));
            let what_next =
                if error.is::<Refused>() { "" } else { "; send it again: nothing is added twice" };
            error.context(format!("{path} was not sent whole (acknowledged in all: {sent}){what_next}"))
        })?;
    }
    bar.finish();
    let outcome = sender.requests.outcome()?;
    let sent = Sent { outcome, took: started.elapsed(), ..sender.requests.sent };
    report::sent(&sent, cluster, &server.ingest)
}

fn send_file(
    path: &Path,
    max_item_bytes: u64,
    sender: &mut Sender<'_>,
    read: &Arc<AtomicU64>,
    progress: &mut dyn FnMut(&Sent),
) -> anyhow::Result<()> {
    let input = ImportInput::from_argument(path);
    let sent = read_parts(&input, max_item_bytes, read, |part| {
        match part {
            Part::Lines(lines) => sender.lines(lines)?,
            Part::Flows { lines, offset } => sender.flows(lines, offset)?,
            Part::Item { bytes, cut } => {
                sender.requests.sent.cut += u64::from(cut);
                sender.add(bytes)?;
            }
            Part::Junk(junk) => sender.junk(&input, junk)?,
        }
        progress(&sender.requests.sent);
        anyhow::Ok(())
    });
    // Also when the file breaks off: what came before is worth as much.
    let flushed = if sent.as_ref().err().is_none_or(|error| error.is::<IngestError>()) {
        sender.flush()
    } else {
        Ok(())
    };
    sent.and(flushed)
}

/// `None` if one of them has no size.
fn total_bytes(files: &[PathBuf]) -> Option<u64> {
    let size = |path: &PathBuf| {
        if is_stdin(path) {
            return None;
        }
        std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file).map(|metadata| metadata.len())
    };
    files.iter().map(size).sum()
}
