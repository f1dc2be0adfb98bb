//! `taffrail deadletters replay`: by the server that writes to the directory, else here.

use std::io::Write;
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;

use anyhow::{Context, anyhow, bail};
use taffrail_config::Settings;
use taffrail_ingest::pipeline;
use ureq::http::StatusCode;

use super::id_prefix;
use crate::args::ReplayArgs;
use crate::cli::answer::answer;
use crate::cli::client::{Reach, unreachable};
use crate::cli::import::target::{self, ServerTarget, Target};
use crate::cli::table::{counted, grouped};
use crate::data_dir::DataDir;
use crate::exit::{FOUND, NOTHING_FOUND};
use crate::http::ingest::{ReplayBody, is_wanted};
use crate::serve::Opened;
use crate::{settings, telemetry};

/// Each letter is decoded, and there may be hundreds of megabytes of them.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(600);

/// What of an error is shown.
const MAX_PROBLEM_BYTES: u64 = 64 * 1024;

/// Runs the command.
pub(super) fn run(args: &ReplayArgs) -> anyhow::Result<ExitCode> {
    let settings = settings::load(&args.settings)?;
    telemetry::start_quietly(&settings.log)?;
    let ids = args.ids.iter().map(|id| id_prefix(id)).collect::<anyhow::Result<Vec<_>>>()?;
    let ids = (!args.all).then_some(ids);
    if args.server.is_none() {
        // Refuses a directory without data: there is nothing to replay, and nothing to be made.
        DataDir::existing(&settings.data)?;
    }
    let reach = Reach::new(&args.reach, &settings.client)?;
    let (report, place) = match target::find(args.server.as_deref(), &settings, &reach)? {
        Target::Directory(dir, lock) => {
            let report = here(&dir, &settings, ids.as_deref())?;
            drop(lock);
            (report, dir.path().display().to_string())
        }
        Target::Server(server) => (by_server(&server, ids.as_deref())?, server.ingest),
    };
    answer(|out| {
        write(out, &report, &place)?;
        Ok(if report == ReplayBody::default() { NOTHING_FOUND } else { FOUND })
    })
}

fn here(dir: &DataDir, settings: &Settings, ids: Option<&[String]>) -> anyhow::Result<ReplayBody> {
    let opened = Opened::open(dir, settings)?;
    let report = opened.intake.replay(&|letter| is_wanted(ids, letter.id))?;
    // It takes what is durable to the index, and ends because it is asked to.
    let mut sink = opened.store.sink();
    pipeline::run(&opened.journal, &mut *sink, &AtomicBool::new(true), &opened.pipeline).context(
        "what was replayed is in the journal, but could not be indexed; `taffrail serve` does that",
    )?;
    Ok(report.into())
}

fn by_server(server: &ServerTarget, ids: Option<&[String]>) -> anyhow::Result<ReplayBody> {
    let mut request = server.client.post(&format!("{}/v1/deadletters/replay", server.ingest));
    if let Some(ids) = ids {
        request = request.query("ids", ids.join(","));
    }
    let request = request.config().timeout_recv_response(Some(PATIENCE)).build();
    let answer = request.send_empty().map_err(|error| unreachable(&server.ingest, &error))?;
    let status = answer.status();
    if status == StatusCode::OK {
        return serde_json::from_reader(answer.into_body().into_reader())
            .map_err(|_| anyhow!("the answer of {} is not understood", server.ingest));
    }
    let body =
        answer.into_body().into_with_config().limit(MAX_PROBLEM_BYTES).read_to_vec().unwrap_or_default();
    let problem: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
    bail!(
        "{} answered {status}: {}",
        server.ingest,
        problem["detail"].as_str().unwrap_or("is it a Taffrail ingest address of this version?")
    )
}

fn write(out: &mut dyn Write, report: &ReplayBody, place: &str) -> std::io::Result<()> {
    if *report == ReplayBody::default() {
        return writeln!(out, "no such dead letter in {place}");
    }
    writeln!(
        out,
        "replayed {} in {place}: {} in the journal",
        counted(report.replayed, "dead letter"),
        counted(report.records, "record")
    )?;
    if report.dropped > 0 {
        writeln!(out, "  {} dropped: named by ingest.drop", counted(report.dropped, "record"))?;
    }
    if report.not_whole > 0 {
        let count = grouped(report.not_whole);
        writeln!(out, "  {count} hold only the beginning of their record; the source has to send it again")?;
    }
    if report.still_dead > 0 {
        writeln!(out, "  {} still are no events:", grouped(report.still_dead))?;
    }
    for one in &report.reasons {
        writeln!(out, "    {}  {}", one.id, one.reason)?;
    }
    if let Some(more @ 1..) = report.still_dead.checked_sub(report.reasons.len() as u64) {
        writeln!(out, "    and {} more", grouped(more))?;
    }
    Ok(())
}
