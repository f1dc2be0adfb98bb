//! `taffrail blame`: an object as YAML, and beside each line who set it, when, and how sure that is.

mod yaml;

use std::io::Write;
use std::process::ExitCode;

use jiff::tz::TimeZone;
use taffrail_event::Confidence;
use unicode_width::UnicodeWidthStr;

use super::answer::{answer, note};
use super::coverage::{verdict, warnings};
use super::event_row::short_name;
use super::object;
use super::source::Source;
use super::table::{ID_DIGITS, counted};
use super::times::{self, shown, zone_name};
use super::visible::visible;
use crate::args::{BlameArgs, Output};
use crate::exit::NOTHING_FOUND;
use crate::read::BlameFieldBody;

/// Longer names are cut.
const MAX_WHO: usize = 32;

/// Runs the command.
pub(crate) fn run(args: &BlameArgs) -> anyhow::Result<ExitCode> {
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
                let shown: Vec<_> = body.fields.iter().filter(|field| args.all || !field.status).collect();
                write(out, &shown, &zone)?;
                if shown.len() < body.fields.len() {
                    let left_out = (body.fields.len() - shown.len()) as u64;
                    note(&format!("{} of the status left out; --all shows them", counted(left_out, "field")));
                }
            }
        }
        out.flush()?;
        warnings(&body.coverage, &zone).iter().for_each(|warning| note(warning));
        if body.fields.is_empty() {
            let why = if body.deleted { "is gone" } else { "has no fields that any record shows" };
            note(&format!(
                "{} {why}; `taffrail history` shows what is known",
                object::in_words(&body.object)
            ));
            return Ok(NOTHING_FOUND);
        }
        Ok(verdict(true, body.coverage.partial))
    })
}

/// The gutter: who, since when, how sure, with which event.
fn write(out: &mut dyn Write, fields: &[&BlameFieldBody], zone: &TimeZone) -> anyhow::Result<()> {
    let who = |field: &BlameFieldBody| match &field.actor {
        Some(actor) if !actor.display.is_empty() => cut(&visible(&actor.display)),
        Some(actor) => cut(&visible(&actor.name)),
        None => "(not seen)".to_owned(),
    };
    let widest = fields.iter().map(|field| who(field).width()).max().unwrap_or_default().max("WHO".len());
    let title = format!("SINCE ({})", zone_name(zone));
    let time = title.width().max("2026-11-23 16:11:23".len());
    let gutter = |who: &str, since: &str, sure: &str, id: &str| {
        format!("{}  {}  {sure:<7}  {id:<8} | ", padded(who, widest), padded(since, time))
    };
    writeln!(out, "{}", gutter("WHO", &title, "SURE", "EVENT").trim_end())?;
    let paths: Vec<_> = fields.iter().map(|field| (field.path.as_str(), field.value.as_ref())).collect();
    for line in yaml::lines(&paths) {
        let lead = match line.field.and_then(|index| fields.get(index)) {
            Some(field) => {
                let sure = match field.confidence {
                    Confidence::Exact => "",
                    other => other.name(),
                };
                let id = field.event_id.to_string();
                gutter(&who(field), &shown(field.time, zone), sure, id.get(..ID_DIGITS).unwrap_or(&id))
            }
            None => gutter("", "", "", ""),
        };
        writeln!(out, "{lead}{}", visible(&line.text))?;
    }
    Ok(())
}

/// Names of service accounts by their end, which tells them apart.
fn cut(name: &str) -> String {
    let short = short_name(name);
    match short.char_indices().nth(MAX_WHO) {
        Some((end, _)) => format!("{}…", short.get(..end).unwrap_or_default()),
        None => short.to_owned(),
    }
}

fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}
