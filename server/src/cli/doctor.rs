//! `taffrail doctor`: each problem in one line, with its cause and its fix.

mod checks;
mod finding;
mod sources;
mod turned_away;

use std::io::Write;
use std::process::ExitCode;

use anyhow::Context;
use serde::Deserialize;
use taffrail_event::Timestamp;

use self::checks::findings;
use self::finding::Finding;
use super::answer::answer;
use super::screen::Screen;
use super::source::Source;
use super::status::view::Status;
use super::table::{self, Text, Tone};
use super::times::zone;
use crate::args::{Output, StatusArgs};
use crate::exit::{FOUND, NOTHING_FOUND};

/// Runs the command. The exit code is 0 if nothing is wrong, 1 if something is.
pub(crate) fn run(args: &StatusArgs) -> anyhow::Result<ExitCode> {
    let zone = zone(args.tz.as_deref())?;
    let source = Source::open(&args.target)?;
    answer(|out| {
        let body = source.status()?;
        let status = Status::deserialize(&body).context("the status is not understood")?;
        let findings = findings(&status, Timestamp::now(), &zone);
        match args.output.format {
            Output::Json => writeln!(out, "{}", serde_json::json!({ "findings": findings }))?,
            Output::Ndjson => {
                for finding in &findings {
                    writeln!(out, "{}", serde_json::to_string(finding)?)?;
                }
            }
            Output::Table => {
                let screen = Screen::of(out, args.output.width);
                write(&findings, screen, out)?;
            }
        }
        Ok(if findings.is_empty() { FOUND } else { NOTHING_FOUND })
    })
}

fn sentence(finding: &Finding) -> String {
    let Finding { problem, cause, fix, .. } = finding;
    let end = if cause.ends_with(['.', '?']) { "" } else { "." };
    format!("{problem}: {cause}{end} {fix}.")
}

fn write(findings: &[Finding], screen: Screen, out: &mut dyn Write) -> std::io::Result<()> {
    if findings.is_empty() {
        return writeln!(out, "nothing is wrong, as far as this can be seen from here");
    }
    let rows = findings.iter().map(|finding| {
        let tone = if finding.is_urgent { Tone::Bad } else { Tone::Notable };
        vec![
            Text::new(if finding.is_urgent { "problem" } else { "advice" }).tone(tone),
            Text::new(sentence(finding)),
        ]
    });
    table::write_list(out, screen, rows)
}
