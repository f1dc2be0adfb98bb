//! Follows audit and flow logs while they are written, rotated, compressed and removed.
//!
//! One thread watches the directories and opens every file that it sees (`watch`, `look`), so that a file can be read to its
//! end whatever becomes of its name. Another reads them in order, in pieces of whole lines (`log`, `follow`, `lines`). Others
//! hand the pieces on, and wait as long as nothing is accepted: nothing is skipped. A piece is done when the journal has
//! it; then the checkpoint may move (`checkpoint`).
//!
//! Invariants: a checkpoint never says more than the journal has; nobody who writes a log is ever kept waiting; what may have
//! been missed is reported as a gap.

mod checkpoint;
mod content;
mod cri;
mod docker;
mod drops;
mod find;
mod fingerprint;
mod follow;
mod hand_on;
mod legacy;
mod lines;
mod log;
mod look;
mod names;
mod node;
mod status;
#[cfg(test)]
mod tests;
mod watch;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use taffrail_config::{IngestSettings, TailFrom, TailRecords};
use taffrail_event::{Gap, Position};

pub use status::{TailStatus, TailedLog};

use crate::error::{IngestError, IntakeError};
use crate::flows::FlowHints;
use crate::intake::{IntakeOrigin, Receipt};
use checkpoint::Checkpoints;
use find::LogPath;
use hand_on::Hands;
use log::Log;
use node::node_in;
use watch::{Inbox, watch};

/// How often files are asked whether they have grown.
const READ_INTERVAL: Duration = Duration::from_millis(50);

/// How often the status is renewed while there is much to read.
const STATUS_INTERVAL: Duration = Duration::from_millis(500);

/// What takes the lines: the intake, with whoever counts what it takes.
pub trait TailSink: Sync {
    /// Takes lines, and returns when all of them are durable.
    fn receive(&self, origin: &IntakeOrigin, lines: &[u8]) -> Result<Receipt, IntakeError>;

    /// Makes it known that lines may be missing, and returns when that is durable.
    fn report_gap(&self, gap: &Gap) -> Result<Position, IntakeError>;
}

/// Logs of one cluster on one machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TailSource {
    /// Absolute paths, with wildcards.
    pub patterns: Vec<String>,
    /// The cluster that they speak about.
    pub cluster: Arc<str>,
    /// The machine or API server that writes them; may be empty. `*`: what the first `*` of the pattern matched.
    pub node: String,
    /// Whether they hold flow records, and no audit events.
    pub has_flows: bool,
    /// Whether to begin behind what a log holds when it is seen for the first time.
    pub from_end: bool,
}

impl TailSource {
    fn origin(&self, log: &LogPath) -> IntakeOrigin {
        let path = log.current();
        let node = match self.node.as_str() {
            "*" => path.to_str().and_then(|path| node_in(&self.patterns, path)).unwrap_or_default(),
            node => node,
        };
        let source = match node {
            "" => format!("file:{}", path.display()),
            node => format!("file:{node}:{}", path.display()),
        };
        let hints = || FlowHints { node: node.into(), ..FlowHints::default() };
        IntakeOrigin { flows: self.has_flows.then(hints), ..IntakeOrigin::file(&self.cluster, &source) }
    }
}

/// What to follow.
#[derive(Debug, Clone)]
pub struct TailOptions {
    /// The logs. One that several name belongs to the first.
    pub sources: Vec<TailSource>,
    /// Where the checkpoints lie.
    pub dir: PathBuf,
    /// The longest line that is kept whole.
    pub max_line_bytes: u64,
}

impl TailOptions {
    /// From the settings. `cluster` is that of sources that name none.
    pub fn new(settings: &IngestSettings, cluster: &str, dir: PathBuf) -> Self {
        let sources = settings.tail.iter().map(|tail| TailSource {
            patterns: tail.paths.clone(),
            cluster: if tail.cluster.is_empty() { cluster } else { &tail.cluster }.into(),
            node: tail.node.clone(),
            has_flows: tail.records == TailRecords::Flows,
            from_end: tail.from == TailFrom::End,
        });
        Self { sources: sources.collect(), dir, max_line_bytes: settings.max_event_bytes }
    }
}

/// Follows the logs until `stop` is set. What the journal has by then is in the checkpoints when it returns.
pub fn run(
    options: &TailOptions,
    sink: &dyn TailSink,
    status: &TailStatus,
    stop: &AtomicBool,
) -> Result<(), IngestError> {
    let checkpoints = Checkpoints::open(&options.dir)?;
    let sources: Vec<_> = options.sources.iter().cloned().map(Arc::new).collect();
    let inbox = Inbox::default();
    // If this thread fails, the others end too.
    let ending = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let _end = SetAtEnd(&ending);
        scope.spawn(|| watch(&sources, &inbox, &ending));
        let hands = Hands::spawn(scope, sink, stop);
        let mut tail = Tail {
            options,
            sink,
            checkpoints,
            logs: BTreeMap::new(),
            hands,
            shown: None,
            gap_retry: None,
            cannot_save: false,
            warned_of_legacy: false,
        };
        while !stop.load(Ordering::Relaxed) {
            let has_read = tail.step(&inbox);
            tail.show(status, has_read);
            if !has_read && !tail.hands.wait(READ_INTERVAL) {
                inbox.wait(READ_INTERVAL);
            }
        }
        tail.end();
        tail.show(status, false);
    });
    Ok(())
}

struct SetAtEnd<'a>(&'a AtomicBool);

impl Drop for SetAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

struct Tail<'a> {
    options: &'a TailOptions,
    sink: &'a dyn TailSink,
    checkpoints: Checkpoints,
    logs: BTreeMap<LogPath, Log>,
    hands: Hands<LogPath>,
    shown: Option<Instant>,
    /// When to try again to report gaps.
    gap_retry: Option<Instant>,
    cannot_save: bool,
    warned_of_legacy: bool,
}

impl Tail<'_> {
    /// One piece of each log; whether there was any.
    fn step(&mut self, inbox: &Inbox) -> bool {
        for (path, (source, sighting)) in inbox.take() {
            let log = self.logs.entry(path).or_insert_with_key(|path| {
                let origin = source.origin(path);
                tracing::info!(source = &*origin.source, cluster = &*origin.cluster, "following a log");
                let max_line_bytes = self.options.max_line_bytes;
                Log::open(path.current(), origin, max_line_bytes, source.from_end, &self.checkpoints)
            });
            log.saw(sighting);
        }
        let mut has_read = false;
        for (path, log) in &mut self.logs {
            if let Some((file, piece)) = log.next_piece() {
                has_read = true;
                if piece.legacy > 0 && !std::mem::replace(&mut self.warned_of_legacy, true) {
                    tracing::warn!(
                        source = &*log.origin.source,
                        "the log is in the legacy format, which names no objects and has no bodies; set --audit-log-format=json"
                    );
                }
                let mut origin = log.origin.clone();
                if let Some(hints) = &mut origin.flows {
                    hints.offset = Some(piece.start);
                }
                self.hands.give(path.clone(), file, origin, piece);
            }
        }
        for (path, done) in self.hands.take_all() {
            if let Some(log) = self.logs.get_mut(&path) {
                log.done(done);
            }
        }
        self.report_gaps();
        self.save(false);
        self.logs.retain(|_, log| !log.is_over());
        has_read
    }

    fn report_gaps(&mut self) {
        if self.gap_retry.is_some_and(|retry| Instant::now() < retry) {
            return;
        }
        self.gap_retry = None;
        for log in self.logs.values_mut() {
            while let Some(gap) = log.gap() {
                if self.sink.report_gap(gap).is_err() {
                    // Whatever is in the way is in everybody's, and logged there.
                    self.gap_retry = Some(Instant::now() + Duration::from_secs(1));
                    return;
                }
                tracing::warn!(source = gap.source, from = %gap.from, to = %gap.to, "{}", gap.reason);
                taffrail_event::crash_point("tail.gap_reported");
                log.gap_reported();
            }
        }
    }

    fn save(&mut self, now: bool) {
        for log in self.logs.values_mut() {
            match log.save(&self.checkpoints, now) {
                Ok(()) => {}
                Err(error) if !self.cannot_save => {
                    self.cannot_save = true;
                    tracing::warn!(%error, "checkpoints of followed logs cannot be written; after a restart more is read again");
                }
                Err(_) => {}
            }
        }
    }

    /// Waits for what is in flight and writes the checkpoints.
    fn end(&mut self) {
        self.hands.finish();
        for (path, done) in self.hands.take_all() {
            if let Some(log) = self.logs.get_mut(&path) {
                log.done(done);
            }
        }
        self.save(true);
    }

    fn show(&mut self, status: &TailStatus, is_busy: bool) {
        if is_busy && self.shown.is_some_and(|shown| shown.elapsed() < STATUS_INTERVAL) {
            return;
        }
        self.shown = Some(Instant::now());
        status.set(self.logs.values().map(Log::status).collect());
    }
}
