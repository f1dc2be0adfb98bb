//! `taffrail diff`: what one event changed, field by field and whole.

use std::io::Write;
use std::process::ExitCode;

use taffrail_event::ChangeType;

use super::answer::{answer, note};
use super::changed_fields;
use super::coverage::{verdict, warnings};
use super::source::Source;
use super::times::{self, shown, zone_name};
use super::visible::visible;
use super::webhooks;
use crate::args::{DiffArgs, Output};
use crate::exit::NOTHING_FOUND;

/// Runs the command.
pub(crate) fn run(args: &DiffArgs) -> anyhow::Result<ExitCode> {
    let zone = times::zone(args.tz.as_deref())?;
    let source = Source::open(&args.target)?;
    answer(|out| {
        let body = source.diff(&args.id)?;
        let change_type = body.change.as_ref().map_or(ChangeType::None, |change| change.change_type);
        let change = body.change.as_ref();
        let mut lines = change.map(|change| changed_fields::lines(change, usize::MAX)).unwrap_or_default();
        lines.extend(body.event.admission.as_ref().map(webhooks::lines).unwrap_or_default());
        if args.output.format == Output::Table {
            lines.iter().try_for_each(|line| writeln!(out, "{}", visible(line)))?;
        } else {
            out.json(&body)?;
        }
        out.flush()?;
        if args.output.format == Output::Table {
            let when = format!("{} ({})", shown(body.event.time, &zone), zone_name(&zone));
            note(&format!("{when}: {}", body.event.summary));
            for cause in &body.because {
                let guess = if cause.guess { "probably " } else { "" };
                note(&format!("  {guess}because {} ({})", cause.summary, shown(cause.time, &zone)));
            }
        }
        warnings(&body.coverage, &zone).iter().for_each(|warning| note(warning));
        match change_type {
            ChangeType::Delete if lines.is_empty() => {
                note("it deletes the object, and changes no field; `-o json` has what was deleted");
            }
            ChangeType::None if lines.is_empty() => {
                note("it changed nothing");
                return Ok(NOTHING_FOUND);
            }
            ChangeType::None | ChangeType::Create | ChangeType::Update | ChangeType::Delete => {}
        }
        Ok(verdict(true, body.coverage.partial))
    })
}
