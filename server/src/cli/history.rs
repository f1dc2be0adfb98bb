//! `taffrail history`: what became of one object, write by write.

mod related;

use std::io::Write;
use std::process::ExitCode;

use jiff::tz::TimeZone;
use taffrail_event::{Change, ChangeType, Confidence, Event};

use super::answer::{answer, note};
use super::changed_fields::lines;
use super::coverage::{verdict, warnings};
use super::event_row::EventRow;
use super::object;
use super::screen::Screen;
use super::source::Source;
use super::table::{self, Text, Tone, counted, grouped};
use super::times::{self, shown, zone_name};
use crate::args::{ChangesArgs, HistoryArgs, Output};
use crate::read::{HistoryBody, VersionBody};

/// Fields that are shown of a version; the rest is in its diff.
const MAX_FIELDS: usize = 8;

/// Runs the command.
pub(crate) fn run(args: &HistoryArgs) -> anyhow::Result<ExitCode> {
    let zone = times::zone(args.tz.as_deref())?;
    let source = Source::open(&args.target)?;
    answer(|out| {
        let Some(object) = object::find(&source, &args.object)? else {
            return Ok(object::not_known(&source, &args.object));
        };
        if args.related {
            return related::run(out, &source, args, &object, &zone);
        }
        let changes = args.changes;
        let mut body = source.whole_history(&object, changes)?;
        let total = body.versions.len();
        if !changes.with_status() && args.output.format == Output::Table {
            body.versions.retain(|version| !is_status_only(&version.event));
        }
        match args.output.format {
            Output::Json => out.json(&body)?,
            Output::Ndjson => body.versions.iter().try_for_each(|version| out.json(version))?,
            Output::Table => {
                if !body.versions.is_empty() {
                    let screen = Screen::of(out, args.output.width);
                    write(out, screen, &body, &zone)?;
                }
                note(&summary(&body, total, changes, &zone));
            }
        }
        out.flush()?;
        warnings(&body.coverage, &zone).iter().for_each(|warning| note(warning));
        Ok(verdict(total > 0, body.coverage.partial))
    })
}

/// By the path that it was written to where nothing else is known: a write of the status may change labels too.
fn is_status_only(event: &Event) -> bool {
    let is_status = event.object.as_ref().is_some_and(|object| object.subresource == "status");
    event
        .change
        .as_ref()
        .is_some_and(|change| change.is_status_only() || is_status && change.fields.is_empty())
}

fn write(out: &mut dyn Write, screen: Screen, body: &HistoryBody, zone: &TimeZone) -> anyhow::Result<()> {
    let mut rows = Vec::new();
    let mut uid = "";
    for version in &body.versions {
        if !uid.is_empty() && !version.uid.is_empty() && version.uid != uid {
            let text = Text::new("another object of the same name").tone(Tone::Quiet);
            rows.push(vec![Text::new(""), Text::new(""), Text::new(""), text]);
        }
        if !version.uid.is_empty() {
            uid = &version.uid;
        }
        rows.extend(version_rows(version, zone)?);
    }
    let time = format!("TIME ({})", zone_name(zone));
    Ok(table::write(out, screen, &["N", &time, "WHO", "WHAT", "ID"], rows)?)
}

fn version_rows(version: &VersionBody, zone: &TimeZone) -> anyhow::Result<Vec<Vec<Text>>> {
    let row = EventRow::of(&version.event)?;
    let (who, what) = row.sentence();
    let mut rows = vec![vec![
        Text::number(version.n),
        Text::new(shown(row.time, zone)),
        Text::new(who),
        Text::new(what),
        Text::id(&row.id),
    ]];
    let mut detail = |text: String, tone: Tone| {
        rows.push(vec![
            Text::new(""),
            Text::new(""),
            Text::new(""),
            Text::new(format!("  {text}")).tone(tone),
        ]);
    };
    if version.unseen_before {
        detail("a write before it was not recorded: some of this may be its doing".to_owned(), Tone::Notable);
    }
    // Of a creation the summary says what matters, and `at` has the whole object.
    let is_told = |change: &&Change| {
        change.confidence != Confidence::Unknown && change.change_type != ChangeType::Create
    };
    if let Some(change) = version.event.change.as_ref().filter(is_told) {
        lines(change, MAX_FIELDS).into_iter().for_each(|line| detail(line, Tone::Quiet));
    }
    Ok(rows)
}

fn summary(body: &HistoryBody, total: usize, changes: ChangesArgs, zone: &TimeZone) -> String {
    let left_out = total - body.versions.len();
    let word = if changes.with_no_ops() { "write" } else { "version" };
    let versions = if total == 0 { format!("no {word}") } else { counted(total as u64, word) };
    let versions = if changes.humans { format!("{versions} by people") } else { versions };
    let more = match left_out {
        0 => String::new(),
        count => format!(
            "; {} that changed nothing but the status are left out, --status shows them",
            grouped(count as u64)
        ),
    };
    let is_unknown = |version: &&VersionBody| {
        let change = version.event.change.as_ref();
        change.is_some_and(|change| {
            change.change_type == ChangeType::Update && change.confidence == Confidence::Unknown
        })
    };
    let unknown = match body.versions.iter().filter(is_unknown).count() as u64 {
        0 => String::new(),
        count => {
            format!(
                "; what {} of them changed is not known: nothing that was recorded shows it",
                grouped(count)
            )
        }
    };
    let object = object::in_words(&body.object);
    format!("{versions} of {object}, oldest first; times are {}{more}{unknown}", zone_name(zone))
}
