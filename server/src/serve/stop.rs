//! Waits for the reason to stop, then stops everything in order.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::health::Health;
use crate::data_dir::DataDir;
use crate::exit::{FAILED, FOUND};
use crate::tasks::{OnError, OnStop, StopFlag, Tasks};

/// Orchestrators send SIGKILL 30 s after SIGTERM.
const LIMIT: Duration = Duration::from_secs(25);

/// What tells the tasks to stop, by their rule.
#[derive(Debug, Default)]
pub(super) struct Stops {
    /// [`OnStop::FinishRequests`].
    pub(super) accepting: CancellationToken,
    /// [`OnStop::WriteOut`].
    pub(super) write_out: StopFlag,
    /// [`OnStop::LeaveOff`].
    pub(super) work: StopFlag,
    /// [`OnStop::Drain`].
    pub(super) drain: StopFlag,
    /// [`OnStop::Outlast`].
    pub(super) outlast: CancellationToken,
}

/// Runs until a signal comes or a task fails that the server cannot do without.
pub(super) async fn run_until_stopped(
    mut tasks: Tasks,
    stops: Stops,
    health: &Health,
    dir: &DataDir,
) -> anyhow::Result<ExitCode> {
    let mut signals = Signals::new()?;
    let failure = loop {
        tokio::select! {
            name = signals.next() => {
                tracing::info!(signal = name, "stopping; a second signal ends the process at once");
                break None;
            }
            (kind, result) = tasks.next() => {
                let error = result.err().unwrap_or_else(|| anyhow::anyhow!("it ended by itself"));
                tracing::error!(task = kind.name(), "failed: {error:#}");
                if kind.on_error() == OnError::StopServer {
                    break Some(error.context(format!("the {} failed", kind.name())));
                }
            }
        }
    };
    tokio::spawn(async move {
        let name = signals.next().await;
        tracing::info!(signal = name, "ending at once; what was acknowledged is in the journal");
        std::process::exit(FAILED.into());
    });
    stop_in_order(tasks, &stops, health).await;
    dir.remove_server()?;
    match failure {
        Some(error) => Err(error),
        None => {
            tracing::info!("stopped");
            Ok(ExitCode::from(FOUND))
        }
    }
}

async fn stop_in_order(mut tasks: Tasks, stops: &Stops, health: &Health) {
    let until = Instant::now() + LIMIT;
    health.stopping();
    stops.accepting.cancel();
    stops.work.set();
    let order = [OnStop::FinishRequests, OnStop::WriteOut, OnStop::Drain, OnStop::LeaveOff, OnStop::Outlast];
    for rule in order {
        match rule {
            OnStop::FinishRequests | OnStop::LeaveOff => {}
            // Nobody reads any more.
            OnStop::WriteOut => stops.write_out.set(),
            // Only now is everything that will be acknowledged in the journal.
            OnStop::Drain => stops.drain.set(),
            OnStop::Outlast => stops.outlast.cancel(),
        }
        if !tasks.ended(rule, until).await {
            tracing::warn!(?rule, "the stop took too long; what is not indexed yet is in the journal");
        }
    }
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> anyhow::Result<Self> {
        let listen = |kind| signal(kind).context("cannot listen for signals");
        Ok(Self { terminate: listen(SignalKind::terminate())?, interrupt: listen(SignalKind::interrupt())? })
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}
