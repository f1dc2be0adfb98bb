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
use super::visible::visible_json;
use crate::args::{BlameArgs, Output};
use crate::exit::NOTHING_FOUND;
use crate::read::BlameFieldBody;

/// Runs the command.
pub(crate) fn run(args: &BlameArgs) -> anyhow::Result<ExitCode> {
    let zone = times::zone(args.tz.as_deref())?;
    let source = Source::open(&args.target)?;
    answer(|out| {
        let Some(object) = object::find(&source, &args.object)? else {
            return Ok(object::not_known(&source, &args.object));
        };
        let body = source.blame(&object)?;
        let json = |text: String| if out.is_terminal() { visible_json(&text).into_owned() } else { text };
        let lines = match args.output.format {
            Output::Table => Vec::new(),
            Output::Json => vec![json(serde_json::to_string(&body)?)],
            Output::Ndjson => body
                .fields
                .iter()
                .map(|field| Ok(json(serde_json::to_string(field)?)))
                .collect::<anyhow::Result<_>>()?,
        };
        lines.iter().try_for_each(|line| writeln!(out, "{line}"))?;
        if args.output.format == Output::Table && !body.fields.is_empty() {
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
        Text::new(id.get(..8).unwrap_or(&id)).tone(Tone::Quiet),
    ]
}
