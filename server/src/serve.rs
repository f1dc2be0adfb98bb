//! `taffrail serve`: opens the data directory, starts every task, and stops them in order.
//!
//! Order of a stop: not ready any more; accept nothing; answer what is in flight; take what is durable to the index and
//! commit; give the directory back. All of it within 25 seconds; a second signal ends the process at once, which loses
//! nothing, because nothing was acknowledged that is not in the journal.

mod freshness;
mod health;
mod live;
mod measured;
mod opened;
mod sources;
mod stop;
mod system;
mod watch;

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::Context;
use axum::Router;
use taffrail_config::Settings;
use taffrail_event::Timestamp;
use taffrail_ingest::{Intake, pipeline};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

pub(crate) use self::freshness::Freshness;
pub(crate) use self::health::{Cause, Health, Refusal};
pub(crate) use self::live::{Live, Missed};
use self::measured::Measured;
use self::opened::Opened;
pub(crate) use self::opened::redactor;
pub(crate) use self::sources::{LiveSource, Sources};
use self::stop::{Stops, run_until_stopped};
pub(crate) use self::system::disk_free;
pub(crate) use self::watch::Watch;
use crate::args::ServeArgs;
use crate::data_dir::{DataDir, ServerFile};
use crate::http::api::{self, About, ApiState, MAX_EXPORTS, MAX_TAILS};
use crate::http::ingest::{self, IngestState, MAX_REQUESTS};
use crate::http::{HostNames, Listener, Patience};
use crate::tasks::{StopFlag, TaskKind, Tasks};
use crate::{settings, telemetry};

/// Connections at once; each costs a file descriptor and its buffers.
const MAX_CONNECTIONS: usize = 512;

/// API servers keep an idle connection for 90 s: closing it before they do would meet a request now and then.
const IDLE: Duration = Duration::from_secs(120);

/// A sender that is silent for `ingest.read_timeout` in the middle of a request is gone; between requests it may rest
/// for as many times longer.
const IDLE_TIMEOUTS: u32 = 4;

/// What is in flight has so long to end, of the 25 s that a stop may take.
const GRACE: Duration = Duration::from_secs(10);

/// How often quiet splits are looked for, if `index.compact_after` is not shorter.
const COMPACTION_INTERVAL: Duration = Duration::from_secs(30);

/// Looking more often than this would only cost time.
const MIN_COMPACTION_INTERVAL: Duration = Duration::from_millis(100);

/// Blocking threads beside those of requests and queries: metrics, and tokio's own.
const SPARE_THREADS: usize = 16;

/// Runs the command.
pub(crate) fn run(args: &ServeArgs) -> anyhow::Result<ExitCode> {
    let settings = settings::load(&args.settings)?;
    telemetry::start(&settings.log)?;
    system::raise_open_files();
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
    let patience = |idle| Patience { idle, grace: GRACE };
    let ingest_idle = settings.ingest.read_timeout.saturating_mul(IDLE_TIMEOUTS);
    let api = Listener::bind("api", settings.api.listen, MAX_CONNECTIONS, patience(IDLE)).await?;
    let ingest =
        Listener::bind("ingest", settings.ingest.listen, MAX_CONNECTIONS, patience(ingest_idle)).await?;
    let server =
        ServerFile { pid: std::process::id(), api: url(api.address()), ingest: url(ingest.address()) };
    let stops =
        Stops { accepting: CancellationToken::new(), work: StopFlag::default(), drain: StopFlag::default() };
    let health = Arc::clone(&opened.health);
    let hosts = HostNames::of(api.address(), &system::machine_name());
    let (api_router, ingest_router) =
        routers(settings, dir, &opened, &server, hosts, stops.accepting.clone());
    let mut tasks = Tasks::default();
    tasks.spawn(TaskKind::ApiListener, api.run(api_router, stops.accepting.clone()));
    tasks.spawn(TaskKind::IngestListener, ingest.run(ingest_router, stops.accepting.clone()));
    start_threads(&mut tasks, &stops, settings, opened)?;
    dir.write_server(&server)?;
    announce(&server, &warnings(settings))?;
    run_until_stopped(tasks, stops, &health, dir).await
}

fn routers(
    settings: &Settings,
    dir: &DataDir,
    opened: &Opened,
    server: &ServerFile,
    hosts: HostNames,
    stopping: CancellationToken,
) -> (Router, Router) {
    let ingest = IngestState {
        intake: Arc::<Intake>::clone(&opened.intake),
        freshness: Arc::clone(&opened.freshness),
        sources: Arc::clone(&opened.sources),
        health: Arc::clone(&opened.health),
        watch: Arc::clone(&opened.watch),
        metrics: Arc::clone(&opened.metrics),
        read_timeout: settings.ingest.read_timeout,
        slots: Arc::new(Semaphore::new(MAX_REQUESTS)),
    };
    let about = About {
        started: Timestamp::now(),
        since: Instant::now(),
        data: dir.path().to_owned(),
        api: server.api.clone(),
        ingest: server.ingest.clone(),
        budget_bytes: settings.ingest.budget_bytes,
        warnings: warnings(settings),
    };
    let api = ApiState {
        search: Arc::clone(&opened.search),
        dead: Arc::clone(&opened.dead),
        journal: opened.journal.clone(),
        pipeline: Arc::clone(&opened.pipeline),
        in_flight: Arc::<Intake>::clone(&opened.intake),
        freshness: Arc::clone(&opened.freshness),
        sources: Arc::clone(&opened.sources),
        health: Arc::clone(&opened.health),
        watch: Arc::clone(&opened.watch),
        metrics: Arc::clone(&opened.metrics),
        about,
        levels: Mutex::default(),
        hosts,
        query_timeout: settings.api.query_timeout,
        queries: Arc::new(Semaphore::new(settings.api.max_concurrent_queries)),
        exports: Arc::new(Semaphore::new(MAX_EXPORTS)),
        live: Arc::clone(&opened.live),
        tails: Arc::new(Semaphore::new(MAX_TAILS)),
        stopping,
    };
    (api::router(Arc::new(api)), ingest::router(Arc::new(ingest)))
}

fn start_threads(
    tasks: &mut Tasks,
    stops: &Stops,
    settings: &Settings,
    opened: Opened,
) -> anyhow::Result<()> {
    let Opened {
        store,
        journal,
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
    let stop = stops.work.clone();
    let compacted = store.clone();
    let interval = settings.index.compact_after.clamp(MIN_COMPACTION_INTERVAL, COMPACTION_INTERVAL);
    tasks.spawn_thread(TaskKind::Compaction, move || {
        while !stop.wait(interval) {
            // It may be the disk, and then it comes right by itself: the next round tries again.
            if let Err(error) = compacted.compact_due(stop.as_atomic()) {
                tracing::warn!(%error, "compaction failed and will be tried again");
            }
        }
        Ok(())
    })?;
    let stop = stops.work.clone();
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

/// What the settings permit, repeated at every start and in the status.
fn warnings(settings: &Settings) -> Vec<String> {
    taffrail_config::warnings(settings)
}

/// One line for whoever started it; the log says the same to whoever reads logs.
fn announce(server: &ServerFile, warnings: &[String]) -> anyhow::Result<()> {
    for warning in warnings {
        tracing::warn!("{warning}");
    }
    tracing::info!(
        api = server.api,
        ingest = server.ingest,
        version = env!("CARGO_PKG_VERSION"),
        "listening"
    );
    let mut out = std::io::stdout().lock();
    let line =
        format!("taffrail answers at {} and takes events at {}/v1/audit/CLUSTER", server.api, server.ingest);
    // A closed standard output is no reason not to serve.
    writeln!(out, "{line}").and_then(|()| out.flush()).ok();
    Ok(())
}

/// The URL by which this machine reaches the address.
fn url(address: SocketAddr) -> String {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    format!("http://{}", SocketAddr::new(ip, address.port()))
}

#[cfg(test)]
mod tests {
    use super::url;

    #[test]
    fn urls_that_this_machine_reaches() {
        fn check(address: &str, expected: &str) {
            assert_eq!(url(address.parse().unwrap()), expected);
        }
        check("127.0.0.1:8585", "http://127.0.0.1:8585");
        check("0.0.0.0:80", "http://127.0.0.1:80");
        check("[::]:80", "http://[::1]:80");
        check("10.1.2.3:1", "http://10.1.2.3:1");
    }
}
