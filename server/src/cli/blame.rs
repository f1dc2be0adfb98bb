//! `taffrail blame`: who set each field of an object to what it is.

use std::io::Write;
use std::process::ExitCode;

use jiff::tz::TimeZone;
use taffrail_event::Confidence;

use super::answer::{answer, note};
use super::changed_fields::short;
use super::coverage::{verdict, warnings};
use super::object;
use super::screen::Screen;
use super::source::Source;
use super::table::{self, Text, Tone};
use super::times::{self, shown, zone_name};
use crate::args::{HistoryArgs, Output};
use crate::exit::NOTHING_FOUND;
use crate::read::BlameFieldBody;

/// Runs the command.
pub(crate) fn run(args: &HistoryArgs) -> anyhow::Result<ExitCode> {
    let zone = times::zone(args.tz.as_deref())?;
    let source = Source::open(&args.target)?;
    answer(|out| {
        let Some(object) = object::find(&source, &args.object)? else {
            return Ok(object::not_known(&source, &args.object));
        };
        let body = source.blame(&object)?;
        match args.output.format {
            Output::Json => out.json(&body)?,
            Output::Ndjson => body.fields.iter().try_for_each(|field| out.json(field))?,
            Output::Table if body.fields.is_empty() => {}
            Output::Table => {
                let screen = Screen::of(out, args.output.width);
                let time = format!("SINCE ({})", zone_name(&zone));
                let shown: Vec<_> = body.fields.iter().filter(|field| args.all || !field.status).collect();
                let rows = shown.iter().map(|field| row(field, &zone));
                table::write(out, screen, &["FIELD", "VALUE", "WHO", &time, "SURE", "EVENT"], rows)?;
                if shown.len() < body.fields.len() {
                    note(&format!(
                        "{} fields of the status are left out; --all shows them",
                        body.fields.len() - shown.len()
                    ));
                }
            }
        }
        out.flush()?;
        warnings(&body.coverage, &zone).iter().for_each(|warning| note(warning));
        if body.fields.is_empty() {
            note(&format!(
                "{} is gone, or no record has its fields; `taffrail history` shows what is known",
                object::in_words(&body.object)
            ));
            return Ok(NOTHING_FOUND);
        }
        Ok(verdict(true, body.coverage.partial))
    })
}

fn row(field: &BlameFieldBody, zone: &TimeZone) -> Vec<Text> {
    let id = field.event_id.to_string();
    let who = match &field.actor {
        Some(actor) if !actor.display.is_empty() => Text::new(&actor.display),
        Some(actor) => Text::new(&actor.name),
        None => Text::new("(before the first record)").tone(Tone::Quiet),
    };
    vec![
        Text::new(&field.path),
        Text::new(field.value.as_ref().map(short).unwrap_or_default()),
        who,
        Text::new(shown(field.time, zone)),
        match field.confidence {
            Confidence::Exact => Text::new(""),
            other => Text::new(other.name()).tone(Tone::Notable),
        },
        Text::id(&id),
    ]
}
