//! Straight into the index of a directory.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use taffrail_config::Settings;
use taffrail_index::Store;
use taffrail_ingest::import::{ImportInput, ImportOptions, import as import_into};
use taffrail_ingest::{DeadLetters, FlowHints};

use super::progress::Progress;
use super::report;
use crate::actors::actor_rules;
use crate::data_dir::DataDir;
use crate::serve::redactor;
use crate::unwanted::Unwanted;

/// Imports the files and says what became of them. The caller holds the directory's lock.
pub(super) fn import(
    settings: &Settings,
    dir: &DataDir,
    cluster: &str,
    hints: FlowHints,
    files: &[PathBuf],
) -> anyhow::Result<ExitCode> {
    let redactor = redactor(dir, settings)?;
    let dead = DeadLetters::open(&dir.dead(), settings.ingest.dead_letter_bytes)?;
    let actors = actor_rules(settings);
    let store = Store::open(&dir.index(), &settings.index, &actors)
        .with_context(|| format!("cannot open the index in {}", dir.path().display()))?;
    let options = ImportOptions {
        cluster: cluster.into(),
        max_event_bytes: settings.ingest.max_event_bytes,
        flows: hints,
        filter: Unwanted::of(&settings.ingest, actors)?.filter(),
        fold_flows: settings.ingest.fold_flows,
    };
    let inputs: Vec<_> = files.iter().map(ImportInput::from_argument).collect();
    let bar = Progress::new();
    let mut sink = store.sink();
    let imported = import_into(&inputs, &options, &redactor, &dead, &mut *sink, &mut |now| {
        bar.show(now.bytes, now.total, now.records);
    });
    bar.finish();
    let report =
        imported.context("the import stopped; run it again: what is there already is not added twice")?;
    report::direct(&report, cluster, dir)
}
