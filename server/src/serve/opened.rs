//! Everything that lies in the data directory, opened and repaired.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use taffrail_config::{JournalSettings, Settings};
use taffrail_event::{ActorRules, RecordBatch, Timestamp};
use taffrail_index::Store;
use taffrail_ingest::journal::{Item, Journal, JournalOptions};
use taffrail_ingest::pipeline::PipelineStatus;
use taffrail_ingest::redact::{Redactor, load_or_create_key};
use taffrail_ingest::tail::TailStatus;
use taffrail_ingest::{DeadLetters, Intake, IntakeLimits};
use taffrail_query::Search;

use super::freshness::Freshness;
use super::health::Health;
use super::live::Live;
use super::receipts::Receipts;
use super::sources::Sources;
use super::watch::Watch;
use crate::actors::actor_rules;
use crate::data_dir::DataDir;
use crate::exit::WrongUse;
use crate::metrics::Metrics;
use crate::notify::{Feed, Notify};
use crate::unwanted::Unwanted;

/// The parts of a server, before they are wired.
pub(crate) struct Opened {
    pub(crate) store: Store,
    pub(crate) search: Arc<dyn Search>,
    pub(crate) journal: Journal,
    pub(crate) dead: Arc<DeadLetters>,
    pub(crate) intake: Arc<Intake>,
    pub(crate) unwanted: Arc<Unwanted>,
    pub(crate) actors: ActorRules,
    pub(crate) pipeline: Arc<PipelineStatus>,
    pub(crate) freshness: Arc<Freshness>,
    pub(crate) sources: Arc<Sources>,
    pub(crate) health: Arc<Health>,
    pub(crate) watch: Arc<Watch>,
    pub(crate) live: Arc<Live>,
    pub(crate) notify: Arc<Notify>,
    pub(crate) logs: Arc<TailStatus>,
    pub(crate) metrics: Arc<Metrics>,
}

impl Opened {
    /// Opens all of it. The caller holds the directory's lock.
    pub(crate) fn open(dir: &DataDir, settings: &Settings) -> anyhow::Result<Self> {
        let actors = actor_rules(settings);
        let unwanted = Unwanted::of(&settings.ingest, actors.clone())?;
        let redactor = Arc::new(redactor(dir, settings)?);
        let dead = Arc::new(DeadLetters::open(&dir.dead(), settings.ingest.dead_letter_bytes)?);
        let store = Store::open(&dir.index(), &settings.index, &actors)?;
        let search = store.search();
        let searchable = search.progress().searchable;
        let (journal, report) = Journal::open(&dir.journal(), options(&settings.journal), searchable)?;
        if report.torn_bytes > 0 {
            tracing::info!(bytes = report.torn_bytes, "an unfinished write at the journal's end was cut off");
        }
        let backlog = report.next.saturating_sub(searchable.max(report.first));
        tracing::info!(records = backlog, bytes = report.bytes, took = ?report.took, "journal opened");
        let freshness = Arc::new(Freshness::default());
        let waits_since = if backlog > 0 { Some(oldest(&journal, searchable)?) } else { None };
        if let Some(received) = waits_since {
            freshness.acknowledged(report.next, received);
        }
        let watch = Watch::new(settings.ingest.silence_after).going_on(dir.path(), &*search, waits_since);
        let live = Arc::new(Live::new(searchable));
        let feed = feed(&search, &journal, &live, &actors);
        let notify = Notify::open(&settings.notify, &feed, &dir.notify())?;
        let limits = IntakeLimits::from(&settings.ingest);
        let intake = Intake::new(journal.clone(), redactor, Arc::clone(&dead), limits);
        let intake = intake.with_filter(unwanted.filter()).folding_flows(settings.ingest.fold_flows);
        Ok(Self {
            store,
            search,
            journal,
            dead,
            intake: Arc::new(intake),
            unwanted,
            actors,
            pipeline: Arc::default(),
            freshness,
            sources: Arc::default(),
            health: Arc::default(),
            live,
            notify,
            watch: Arc::new(watch),
            logs: Arc::default(),
            metrics: Arc::new(Metrics::new()),
        })
    }

    /// Where notifications come from.
    pub(super) fn feed(&self) -> Feed {
        feed(&self.search, &self.journal, &self.live, &self.actors)
    }

    /// Everybody who has to know of a receipt.
    pub(super) fn receipts(&self) -> Receipts {
        Receipts {
            freshness: Arc::clone(&self.freshness),
            sources: Arc::clone(&self.sources),
            health: Arc::clone(&self.health),
            metrics: Arc::clone(&self.metrics),
        }
    }
}

fn feed(search: &Arc<dyn Search>, journal: &Journal, live: &Arc<Live>, actors: &ActorRules) -> Feed {
    Feed {
        search: Arc::clone(search),
        journal: journal.clone(),
        live: Arc::clone(live),
        actors: actors.clone(),
    }
}

/// The redaction rules with the installation's key.
pub(crate) fn redactor(dir: &DataDir, settings: &Settings) -> anyhow::Result<Redactor> {
    let key = match &settings.redaction.key {
        Some(secret) => secret.read(|name| std::env::var(name).ok())?.expose().to_vec(),
        None => load_or_create_key(dir.path()).with_context(|| {
            format!("cannot read or create the redaction key in {}", dir.path().display())
        })?,
    };
    // The key that is generated is long enough.
    Redactor::new(&settings.redaction, &key)
        .map_err(|error| WrongUse(format!("redaction.key: {error}")).into())
}

fn options(settings: &JournalSettings) -> JournalOptions {
    JournalOptions {
        segment_bytes: settings.segment_bytes,
        segment_max_age: settings.segment_max_age,
        max_bytes: settings.max_bytes,
        min_free_bytes: settings.min_free_bytes,
    }
}

/// When the first record was received that is not searchable yet. Where the journal cannot say, nothing is promised.
fn oldest(journal: &Journal, searchable: u64) -> anyhow::Result<Timestamp> {
    let items = journal.reader(searchable)?.next(1, Duration::ZERO)?;
    let first = items.iter().find_map(|item| match item {
        Item::Frame(frame) => RecordBatch::decode(&frame.payload).ok(),
        Item::Damage(_) => None,
    });
    Ok(first.map_or(Timestamp::default(), |batch| batch.origin.received))
}
