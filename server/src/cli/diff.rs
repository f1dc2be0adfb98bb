//! `taffrail diff`: what one event changed, field by field and whole.

use std::io::Write;
use std::process::ExitCode;

use jiff::tz::TimeZone;

use super::answer::{answer, note};
use super::changed_fields;
use super::coverage::{verdict, warnings};
use super::source::Source;
use super::visible::visible;
use super::webhooks;
use crate::args::{DiffArgs, Output};
use crate::exit::NOTHING_FOUND;

/// Runs the command.
pub(crate) fn run(args: &DiffArgs) -> anyhow::Result<ExitCode> {
    let source = Source::open(&args.target)?;
    answer(|out| {
        let body = source.diff(&args.id)?;
        let mut found = true;
        match args.output.format {
            Output::Json | Output::Ndjson => out.json(&body)?,
            Output::Table => {
                let change = body.change.as_ref();
                let mut lines =
                    change.map(|change| changed_fields::lines(change, usize::MAX)).unwrap_or_default();
                lines.extend(body.admission.as_ref().map(webhooks::lines).unwrap_or_default());
                lines.iter().try_for_each(|line| writeln!(out, "{}", visible(line)))?;
                found = !lines.is_empty();
            }
        }
        out.flush()?;
        warnings(&body.coverage, &TimeZone::system()).iter().for_each(|warning| note(warning));
        if !found {
            note("this event changed no field");
            return Ok(NOTHING_FOUND);
        }
        Ok(verdict(true, body.coverage.partial))
    })
}
