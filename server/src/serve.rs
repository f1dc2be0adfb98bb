//! `taffrail serve`: opens the data directory, starts every task, and stops them in order.
//!
//! Order of a stop: not ready any more; accept nothing; answer what is in flight; write down who read what, and what was missed; take what is durable
//! to the index and commit; give the directory back. All of it within 25 seconds; a second signal ends the process at once, which loses
//! nothing, because nothing was acknowledged that is not in the journal.

mod containment;
mod doors;
mod freshness;
mod health;
mod listeners;
mod live;
mod measured;
mod opened;
mod read_log;
mod receipts;
mod reload;
mod retention;
mod sources;
mod stop;
mod system;
mod tailing;
mod watch;

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use taffrail_config::{LogFormat, Settings};
use taffrail_ingest::pipeline;

use self::containment::ContainmentWatch;
pub(crate) use self::doors::Certificate;
use self::doors::Doors;
pub(crate) use self::freshness::Freshness;
pub(crate) use self::health::{Cause, Health, Refusal};
use self::listeners::{Parts, start as start_listeners};
pub(crate) use self::live::{Live, Missed};
use self::measured::Measured;
pub(crate) use self::opened::Opened;
pub(crate) use self::opened::redactor;
pub(crate) use self::read_log::{Read, ReadLog};
pub(crate) use self::receipts::Receipts;
use self::retention::Retention;
pub(crate) use self::sources::{LiveSource, Sources};
use self::stop::{Stops, run_until_stopped};
pub(crate) use self::system::{disk_free, disk_total, raise_open_files};
pub(crate) use self::watch::{GONE_MICROS, TurnedAwayBody, Watch};
use crate::args::ServeArgs;
use crate::data_dir::{DataDir, ServerFile};
use crate::http::api::{MAX_EXPORTS, MAX_TAILS};
use crate::http::ingest::MAX_REQUESTS;
use crate::settings::quarantine_label;
use crate::tasks::{TaskKind, Tasks};
use crate::watched::Follow;
use crate::{settings, telemetry};

/// How often quiet splits, and those to be removed, are looked for, if `index.compact_after` is not shorter.
const COMPACTION_INTERVAL: Duration = Duration::from_secs(30);

/// Looking more often than this would only cost time.
const MIN_COMPACTION_INTERVAL: Duration = Duration::from_millis(100);

/// Blocking threads beside those of requests and queries: metrics, and tokio's own.
const SPARE_THREADS: usize = 16;

/// Runs the command.
pub(crate) fn run(args: &ServeArgs) -> anyhow::Result<ExitCode> {
    let settings = settings::load(&args.settings)?;
    telemetry::start(&settings.log)?;
    raise_open_files();
    let (dir, lock) = DataDir::open(&settings.data)?;
    let opened = Opened::open(&dir, &settings)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(
            MAX_REQUESTS + settings.api.max_concurrent_queries + MAX_EXPORTS + MAX_TAILS + SPARE_THREADS,
        )
        .build()
        .context("cannot start the runtime")?;
    let served = runtime.block_on(serve(&settings, &dir, opened));
    // What still blocks a thread has no client any more.
    runtime.shutdown_background();
    drop(lock);
    served
}

async fn serve(settings: &Settings, dir: &DataDir, opened: Opened) -> anyhow::Result<ExitCode> {
    let doors = Doors::open(settings, &opened.metrics).await?;
    let (server, followed) = (doors.server_file(), doors.followed());
    let stops = Stops::default();
    let health = Arc::clone(&opened.health);
    let mut tasks = Tasks::default();
    let read_log = start_read_log(&mut tasks, &stops, settings, &opened)?;
    let warnings = taffrail_config::warnings(settings);
    let parts = Parts { settings, dir, opened: &opened, read_log, warnings: warnings.clone() };
    start_listeners(&mut tasks, &stops, doors, parts);
    start_threads(&mut tasks, &stops, settings, dir, opened, followed)?;
    dir.write_server(&server)?;
    announce(&server, &warnings, settings.log.format)?;
    run_until_stopped(tasks, stops, &health, dir).await
}

/// The log of who reads what, if it is wanted, with the thread that writes it.
fn start_read_log(
    tasks: &mut Tasks,
    stops: &Stops,
    settings: &Settings,
    opened: &Opened,
) -> anyhow::Result<Option<ReadLog>> {
    if !settings.api.audit_reads {
        return Ok(None);
    }
    let (log, writer) = ReadLog::new(Arc::clone(&opened.intake), Arc::clone(&opened.metrics));
    let stop = stops.write_out.clone();
    tasks.spawn_thread(TaskKind::ReadLog, move || {
        writer.run(&stop);
        Ok(())
    })?;
    Ok(Some(log))
}

fn start_threads(
    tasks: &mut Tasks,
    stops: &Stops,
    settings: &Settings,
    dir: &DataDir,
    opened: Opened,
    followed: Vec<Arc<dyn Follow>>,
) -> anyhow::Result<()> {
    follow_logs(tasks, stops, settings, dir, &opened)?;
    send_on(tasks, stops, &opened)?;
    if !followed.is_empty() {
        let stop = stops.work.clone();
        tasks.spawn_thread(TaskKind::Reload, move || {
            reload::run(&followed, &stop);
            Ok(())
        })?;
    }
    let Opened {
        store,
        journal,
        dead,
        search,
        intake,
        sources,
        watch,
        pipeline: status,
        health,
        live,
        metrics,
        ..
    } = opened;
    let mut retention = Retention {
        store: store.clone(),
        journal: journal.clone(),
        dead,
        data: dir.path().to_owned(),
        limit: settings.index.retention.max_bytes,
        is_over: false,
    };
    let stop = stops.work.clone();
    let compacted = store.clone();
    let interval = settings.index.compact_after.clamp(MIN_COMPACTION_INTERVAL, COMPACTION_INTERVAL);
    tasks.spawn_thread(TaskKind::Compaction, move || {
        while !stop.wait(interval) {
            // First: what goes need not be compacted before.
            retention.enforce();
            // It may be the disk, and then it comes right by itself: the next round tries again.
            if let Err(error) = compacted.compact_due(stop.as_atomic()) {
                tracing::warn!(%error, "compaction failed and will be tried again");
            }
        }
        Ok(())
    })?;
    if settings.quarantine.watch {
        let (search, intake) = (Arc::clone(&search), Arc::clone(&intake));
        let (label, settle) = (quarantine_label(settings), settings.quarantine.settle);
        let watch = ContainmentWatch::new(search, intake, label, settle);
        let stop = stops.work.clone();
        tasks.spawn_thread(TaskKind::Containment, move || watch.run(&stop))?;
    }
    // Until the last request has its answer: it may be a refusal.
    let stop = stops.write_out.clone();
    let (watched, data) = (Arc::clone(&search), settings.data.clone());
    tasks.spawn_thread(TaskKind::Watch, move || watch.run(&intake, &*watched, &sources, &data, &stop))?;
    let stop = stops.drain.clone();
    tasks.spawn_thread(TaskKind::Pipeline, move || {
        let mut sink = Measured::new(store.sink(), search, live, metrics);
        let result = pipeline::run(&journal, &mut sink, stop.as_atomic(), &status);
        if let Err(error) = &result {
            health.index_failed(&error.to_string());
        }
        Ok(result?)
    })
}

fn follow_logs(
    tasks: &mut Tasks,
    stops: &Stops,
    settings: &Settings,
    dir: &DataDir,
    opened: &Opened,
) -> anyhow::Result<()> {
    if settings.ingest.tail.is_empty() {
        return Ok(());
    }
    let (settings, checkpoints, stop) = (settings.clone(), dir.tail(), stops.work.clone());
    let (intake, receipts) = (Arc::clone(&opened.intake), opened.receipts());
    let status = Arc::clone(&opened.logs);
    tasks.spawn_thread(TaskKind::Tail, move || {
        tailing::follow(&settings, checkpoints, intake, receipts, &status, stop.as_atomic())
    })
}

fn send_on(tasks: &mut Tasks, stops: &Stops, opened: &Opened) -> anyhow::Result<()> {
    if opened.notify.is_empty() {
        return Ok(());
    }
    let (notify, feed, stop) = (Arc::clone(&opened.notify), opened.feed(), stops.work.clone());
    tasks.spawn_thread(TaskKind::Notify, move || notify.run(&feed, &stop))
}

/// One line for whoever started it; the log says the same to whoever reads logs. A collector of JSON takes both streams for one.
fn announce(server: &ServerFile, warnings: &[String], format: LogFormat) -> anyhow::Result<()> {
    for warning in warnings {
        tracing::warn!("{warning}");
    }
    tracing::info!(
        api = server.api,
        ingest = server.ingest,
        version = env!("CARGO_PKG_VERSION"),
        "listening"
    );
    if format == LogFormat::Json {
        return Ok(());
    }
    let mut out = std::io::stdout().lock();
    let line =
        format!("taffrail answers at {} and takes events at {}/v1/audit/CLUSTER", server.api, server.ingest);
    // A closed standard output is no reason not to serve.
    writeln!(out, "{line}").and_then(|()| out.flush()).ok();
    Ok(())
}
