//! `taffrail timeline --net`: one line per object, what is different at the end of the time from what was at its beginning.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Context;
use jiff::tz::TimeZone;
use serde::Serialize;
use taffrail_event::{Event, FieldChange, Timestamp};
use taffrail_query::history::{Net, NetChange, NetOutcome};

use super::answer::{answer, note};
use super::changed_fields::line;
use super::coverage::{verdict, warnings};
use super::event_row::short_name;
use super::question::Question;
use super::screen::Screen;
use super::search::nothing;
use super::source::Source;
use super::table::{self, Text, Tone, counted};
use super::times::{shown, zone_name};
use crate::args::{Output, SearchArgs};
use crate::read::{Coverage, ObjectBody};

/// What the API gives at once.
const MAX_PAGE: u64 = 1000;

/// Fields that are shown of an object; `-o json` has them all.
const MAX_FIELDS: usize = 12;

/// One object in JSON.
#[derive(Debug, Serialize)]
struct NetBody {
    object: ObjectBody,
    /// `created`, `changed`, `back` (as it was), `deleted`, `passed` (came and went) or `replaced`.
    net: &'static str,
    fields: Vec<FieldChange>,
    /// Whether there were changes beyond `fields`.
    cut: bool,
    actors: Vec<String>,
    changes: u64,
    first: Timestamp,
    last: Timestamp,
}

/// Runs the command: the changes that the question is about, added up.
pub(crate) fn run(args: &SearchArgs, question: &Question) -> anyhow::Result<ExitCode> {
    let source = Source::open(&args.target)?;
    answer(|out| {
        let (mut changes, coverage) = add_up(&source, question)?;
        let total = changes.len();
        if args.limit > 0 {
            changes.truncate(usize::try_from(args.limit)?);
        }
        match args.output.format {
            Output::Json => out.json(&changes.iter().map(NetBody::of).collect::<Vec<_>>())?,
            Output::Ndjson => changes.iter().try_for_each(|change| out.json(&NetBody::of(change)))?,
            Output::Table if changes.is_empty() => {}
            Output::Table => {
                let screen = Screen::of(out, args.output.width);
                let rows = changes.iter().flat_map(|change| rows(change, &question.zone));
                let time = format!("LAST ({})", zone_name(&question.zone));
                table::write(out, screen, &["OBJECT", "NET CHANGE", "WHO", "CHANGES", &time], rows)?;
            }
        }
        out.flush()?;
        warnings(&coverage, &question.zone).iter().for_each(|warning| note(warning));
        if changes.is_empty() {
            nothing::explain(&source, question)?.iter().for_each(|line| note(line));
        } else if args.output.format == Output::Table {
            let more = match total - changes.len() {
                0 => String::new(),
                left_out => format!("; {} left out, --limit 0 shows all", counted(left_out as u64, "object")),
            };
            note(&format!("{}{more}", counted(changes.len() as u64, "object")));
        }
        Ok(verdict(!changes.is_empty(), coverage.partial))
    })
}

fn add_up(source: &Source, question: &Question) -> anyhow::Result<(Vec<NetChange>, Coverage)> {
    let mut net = Net::default();
    let (mut cursor, mut is_partial): (Option<String>, bool) = (None, false);
    loop {
        let page = source.events(question, MAX_PAGE, cursor.as_deref())?;
        for event in &page.events {
            let event: Event =
                serde_json::from_str(event.get()).context("an event of the answer is not understood")?;
            net.take(&event);
        }
        is_partial |= page.coverage.partial;
        cursor = page.next;
        if cursor.is_none() {
            return Ok((net.finish(), Coverage { partial: is_partial, ..page.coverage }));
        }
    }
}

impl NetBody {
    fn of(change: &NetChange) -> Self {
        Self {
            object: ObjectBody::of(&change.object),
            net: change.outcome.name(),
            fields: change.fields.clone(),
            cut: change.is_cut,
            actors: change.actors.clone(),
            changes: change.changes,
            first: change.first,
            last: change.last,
        }
    }
}

fn rows(change: &NetChange, zone: &TimeZone) -> Vec<Vec<Text>> {
    let mut lines: Vec<String> = change.fields.iter().take(MAX_FIELDS).map(line).collect();
    match change.fields.len().saturating_sub(MAX_FIELDS) {
        0 if change.is_cut => lines.push("and more that is not known, or too long to list".to_owned()),
        0 => {}
        more => lines.push(format!("and {more} more; -o json has them")),
    }
    let told = match change.outcome {
        NetOutcome::Created => Some("created"),
        NetOutcome::Deleted => Some("deleted"),
        NetOutcome::Back => Some("changed, and back as it was"),
        NetOutcome::Passed => Some("created and deleted"),
        NetOutcome::Replaced => Some("deleted, and another one created"),
        NetOutcome::Changed => None,
    };
    lines.extend(told.map(str::to_owned));
    let tone = if change.outcome == NetOutcome::Back { Tone::Quiet } else { Tone::Plain };
    let who: Vec<_> = change.actors.iter().map(|actor| short_name(actor)).collect();
    let mut lines = lines.into_iter();
    let first = vec![
        Text::new(ObjectBody::of(&change.object).in_words()),
        Text::new(lines.next().unwrap_or_default()).tone(tone),
        Text::new(who.join(", ")),
        Text::number(change.changes),
        Text::new(shown(change.last, zone)),
    ];
    let rest = lines.map(|line| {
        vec![Text::new(""), Text::new(line).tone(tone), Text::new(""), Text::new(""), Text::new("")]
    });
    std::iter::once(first).chain(rest).collect()
}
