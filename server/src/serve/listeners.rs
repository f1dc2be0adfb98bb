//! Wires the listeners to what they serve, and starts them.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use taffrail_config::Settings;
use taffrail_event::Timestamp;
use taffrail_ingest::Intake;
use tokio::sync::Semaphore;

use super::doors::Doors;
use super::opened::Opened;
use super::read_log::ReadLog;
use super::stop::Stops;
use super::system;
use crate::data_dir::DataDir;
use crate::http::api::{self, About, ApiState, MAX_EXPORTS, MAX_TAILS};
use crate::http::ingest::{self, IngestState, MAX_REQUESTS};
use crate::http::{HostNames, health};
use crate::settings::quarantine_label;
use crate::tasks::{TaskKind, Tasks};

/// So many requests that are refused are read to their end at a time.
const MAX_REFUSALS: usize = 32;

/// What the listeners serve.
pub(super) struct Parts<'a> {
    pub(super) settings: &'a Settings,
    pub(super) dir: &'a DataDir,
    pub(super) opened: &'a Opened,
    pub(super) read_log: Option<ReadLog>,
    pub(super) warnings: Vec<String>,
}

/// Starts all of them.
pub(super) fn start(tasks: &mut Tasks, stops: &Stops, doors: Doors, parts: Parts<'_>) {
    let (server, followed) = (doors.server_file(), doors.followed());
    let Parts { settings, dir, opened, read_log, warnings } = parts;
    let Doors { api, ingest, health: probes } = doors;
    let ingest_router = ingest::router(Arc::new(IngestState {
        intake: Arc::<Intake>::clone(&opened.intake),
        receipts: opened.receipts(),
        watch: Arc::clone(&opened.watch),
        access: ingest.access,
        read_timeout: settings.ingest.read_timeout,
        slots: Arc::new(Semaphore::new(MAX_REQUESTS)),
        refusals: Arc::new(Semaphore::new(MAX_REFUSALS)),
    }));
    let about = About {
        started: Timestamp::now(),
        since: Instant::now(),
        data: dir.path().to_owned(),
        api: server.api,
        ingest: server.ingest,
        budget_bytes: settings.ingest.budget_bytes,
        retention_limit: settings.index.retention.max_bytes,
        warnings,
    };
    let names = HostNames::of(api.listener.address(), &system::machine_name());
    let state = Arc::new(ApiState {
        search: Arc::clone(&opened.search),
        dead: Arc::clone(&opened.dead),
        journal: opened.journal.clone(),
        pipeline: Arc::clone(&opened.pipeline),
        in_flight: Arc::<Intake>::clone(&opened.intake),
        unwanted: Arc::clone(&opened.unwanted),
        actors: opened.actors.clone(),
        quarantine_label: quarantine_label(settings),
        freshness: Arc::clone(&opened.freshness),
        sources: Arc::clone(&opened.sources),
        health: Arc::clone(&opened.health),
        watch: Arc::clone(&opened.watch),
        logs: Arc::clone(&opened.logs),
        notify: Arc::clone(&opened.notify),
        metrics: Arc::clone(&opened.metrics),
        about,
        levels: Mutex::default(),
        hosts: names.over_tls(settings.api.tls.is_on()),
        access: api.access,
        read_log,
        certificates: [api.certificate, ingest.certificate].into_iter().flatten().collect(),
        followed,
        query_timeout: settings.api.query_timeout,
        queries: Arc::new(Semaphore::new(settings.api.max_concurrent_queries)),
        exports: Arc::new(Semaphore::new(MAX_EXPORTS)),
        live: Arc::clone(&opened.live),
        tails: Arc::new(Semaphore::new(MAX_TAILS)),
        stopping: stops.accepting.clone(),
    });
    if let Some(probes) = probes {
        let router = health::router(Arc::clone(&state));
        tasks.spawn(TaskKind::HealthListener, probes.run(router, stops.outlast.clone()));
    }
    tasks.spawn(TaskKind::ApiListener, api.listener.run(api::router(state), stops.accepting.clone()));
    tasks.spawn(TaskKind::IngestListener, ingest.listener.run(ingest_router, stops.accepting.clone()));
}
