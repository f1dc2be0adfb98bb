//! `taffrail history --related`: an object's changes among those of everything that has to do with it, oldest first.

use std::io::Write;

use jiff::tz::TimeZone;
use serde::Serialize;
use taffrail_event::Event;
use taffrail_query::history::ObjectName;

use super::is_status_only;
use crate::args::{HistoryArgs, Output};
use crate::cli::answer::{Answer, note};
use crate::cli::coverage::{verdict, warnings};
use crate::cli::event_row::EventRow;
use crate::cli::object;
use crate::cli::screen::Screen;
use crate::cli::source::Source;
use crate::cli::table::{self, Text, Tone, counted};
use crate::cli::times::{shown, zone_name};
use crate::read::ObjectBody;

/// One change of the object, or of one that has to do with it.
#[derive(Debug, Serialize)]
struct Row {
    object: ObjectBody,
    /// What the object has to do with the one asked about; `""` for that one.
    relation: String,
    event: Event,
}

/// Writes the changes of the object and of what has to do with it.
pub(super) fn run(
    out: &mut Answer,
    source: &Source,
    args: &HistoryArgs,
    object: &ObjectName,
    zone: &TimeZone,
) -> anyhow::Result<u8> {
    let related = source.related(object)?;
    let mut rows = Vec::new();
    let mut coverage = related.coverage.clone();
    let others = related.related.iter().map(|other| (&other.object, other.relation.as_str()));
    for (object, relation) in std::iter::once((&related.object, "")).chain(others) {
        let body = source.whole_history(&object.name_of(), args.changes)?;
        coverage.partial |= body.coverage.partial;
        rows.extend(body.versions.into_iter().map(|version| Row {
            object: object.clone(),
            relation: relation.to_owned(),
            event: version.event,
        }));
    }
    let total = rows.len();
    if !args.changes.with_status() {
        rows.retain(|row| !is_status_only(&row.event));
    }
    rows.sort_by_key(|row| (row.event.time, row.event.id));
    match args.output.format {
        Output::Json => out.json(&rows)?,
        Output::Ndjson => rows.iter().try_for_each(|row| out.json(row))?,
        Output::Table => {
            let screen = Screen::of(out, args.output.width);
            write(out, screen, &rows, zone)?;
        }
    }
    out.flush()?;
    if args.output.format == Output::Table {
        let left_out = (total - rows.len()) as u64;
        let more = match left_out {
            0 => String::new(),
            count => {
                format!("; {} of the status alone left out, --status shows them", counted(count, "change"))
            }
        };
        let others = counted(related.related.len() as u64, "object");
        note(&format!(
            "{} of {} and of {others} that have to do with it, oldest first; times are {}{more}",
            counted(rows.len() as u64, "change"),
            object::in_words(&related.object),
            zone_name(zone)
        ));
    }
    warnings(&coverage, zone).iter().for_each(|warning| note(warning));
    Ok(verdict(!rows.is_empty(), coverage.partial))
}

fn write(out: &mut dyn Write, screen: Screen, rows: &[Row], zone: &TimeZone) -> anyhow::Result<()> {
    let time = format!("TIME ({})", zone_name(zone));
    let rows = rows.iter().map(|row| {
        let event = EventRow::of(&row.event)?;
        let (who, what) = event.sentence();
        let relation = match row.relation.as_str() {
            "" => Text::new("itself"),
            other => Text::new(other.replace('_', " ")).tone(Tone::Quiet),
        };
        Ok(vec![
            Text::new(shown(event.time, zone)),
            relation,
            Text::new(who),
            Text::new(what),
            event.mark(),
            Text::id(&event.id),
        ])
    });
    let rows = rows.collect::<anyhow::Result<Vec<_>>>()?;
    Ok(table::write(out, screen, &[&time, "RELATION", "WHO", "WHAT", "RESULT", "ID"], rows)?)
}
