//! `taffrail reindex`: the index rebuilt from its stored records, with today's fields, and today's rules of redaction and of actors.

use std::io::Write;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use taffrail_index::Store;
use taffrail_ingest::redact::Redactor;

use super::answer::answer;
use super::table::counted;
use crate::actors::actor_rules;
use crate::args::ReindexArgs;
use crate::data_dir::DataDir;
use crate::exit::FOUND;
use crate::serve::redactor;
use crate::{settings, telemetry};

/// Runs the command. No server may run on the directory meanwhile.
pub(crate) fn run(args: &ReindexArgs) -> anyhow::Result<ExitCode> {
    let settings = settings::load(&args.settings)?;
    telemetry::start_quietly(&settings.log)?;
    // Refuses a directory without data: there is nothing to rebuild, and nothing to be made.
    DataDir::existing(&settings.data)?;
    let (dir, lock) = DataDir::open(&settings.data)?;
    let redactor = redactor(&dir, &settings)?;
    let store = Store::open_to_rebuild(&dir.index(), &settings.index, &actor_rules(&settings))
        .with_context(|| format!("cannot open the index in {}", dir.path().display()))?;
    let started = Instant::now();
    let bar = ProgressBar::no_length();
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} splits  {eta} left") {
        bar.set_style(style);
    }
    let rebuilt = store.reindex(&|record| rewritten(&redactor, record), &mut |done, of| {
        bar.set_length(of as u64);
        bar.set_position(done as u64);
    });
    bar.finish_and_clear();
    let splits =
        rebuilt.context("reindexing stopped; the splits that are not rebuilt yet are as they were")?;
    drop(lock);
    let documents = store.search().progress().documents;
    answer(|out| {
        let (splits, documents) = (counted(splits as u64, "split"), counted(documents, "event"));
        let seconds = started.elapsed().as_secs_f64();
        writeln!(out, "rebuilt {splits} with {documents} in {seconds:.1} s")?;
        Ok(FOUND)
    })
}

/// The record under today's rules; `None` if they leave it as it is. What was masked stays masked.
fn rewritten(redactor: &Redactor, record: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(record.len());
    redactor.redact(record, &mut out).ok()?;
    (out != record).then_some(out)
}
