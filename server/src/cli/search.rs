//! `taffrail search`: events that match.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Context;
use taffrail_query::Order;

use super::answer::{Answer, answer, note};
use super::coverage::{verdict, warnings};
use super::event_row::EventRow;
use super::events_page::EventsPage;
use super::events_table::EventsTable;
use super::question::Question;
use super::screen::Screen;
use super::source::Source;
use super::table::grouped;
use super::times::zone_name;
use super::visible::visible_json;
use crate::args::{Output, SearchArgs};

use crate::read::{Coverage, TotalBody};

pub(super) mod nothing;

/// What the API gives at once.
const MAX_PAGE: u64 = 1000;

/// Runs the command.
pub(crate) fn run(args: &SearchArgs) -> anyhow::Result<ExitCode> {
    let question = Question::new(&args.query.text(), args.cluster.as_deref(), &args.range)?;
    list(args, &question)
}

/// Lists the events that the question is about.
pub(crate) fn list(args: &SearchArgs, question: &Question) -> anyhow::Result<ExitCode> {
    let source = Source::open(&args.target)?;
    answer(|out| {
        let mut writer = EventsWriter::new(args, out, &source, question)?;
        let seen = walk(&source, question, args.limit, |page, is_first| writer.page(out, page, is_first))?;
        writer.end(out, &seen)?;
        out.flush()?;
        finish(args, &source, question, &seen)
    })
}

/// What a walk over the pages came across.
#[derive(Debug, Default)]
struct Seen {
    events: u64,
    total: Option<TotalBody>,
    next: Option<String>,
    coverage: Option<Coverage>,
    took_ms: u64,
}

fn walk(
    source: &Source,
    question: &Question,
    limit: u64,
    mut each: impl FnMut(&EventsPage, bool) -> anyhow::Result<()>,
) -> anyhow::Result<Seen> {
    let mut seen = Seen::default();
    loop {
        let wanted = if limit == 0 { MAX_PAGE } else { (limit - seen.events).min(MAX_PAGE) };
        let page = source.events(question, wanted, seen.next.as_deref())?;
        each(&page, seen.total.is_none())?;
        seen.events += page.events.len() as u64;
        seen.total.get_or_insert(page.total);
        seen.took_ms += page.took_ms;
        let partial = page.coverage.partial || seen.coverage.is_some_and(|coverage| coverage.partial);
        seen.coverage = Some(Coverage { partial, ..page.coverage });
        seen.next = page.next;
        if seen.next.is_none() || page.events.is_empty() || seen.events == limit {
            return Ok(seen);
        }
    }
}

/// Writes pages in the form asked for, one at a time, so that memory does not grow with their number.
enum EventsWriter {
    Table(EventsTable),
    Json { escape: bool },
    Ndjson { escape: bool },
}

impl EventsWriter {
    fn new(args: &SearchArgs, out: &Answer, source: &Source, question: &Question) -> anyhow::Result<Self> {
        let escape = out.is_terminal();
        Ok(match args.output.format {
            Output::Json => Self::Json { escape },
            Output::Ndjson => Self::Ndjson { escape },
            Output::Table => {
                let several = args.cluster.is_none() && source.clusters()?.clusters.len() > 1;
                let screen = Screen::of(out, args.output.width);
                Self::Table(EventsTable::new(screen, question.zone.clone(), several))
            }
        })
    }

    fn page(&mut self, out: &mut Answer, page: &EventsPage, is_first: bool) -> anyhow::Result<()> {
        match self {
            Self::Table(table) if !page.events.is_empty() => {
                let rows = page.events.iter().map(|event| serde_json::from_str(event.get()));
                let rows: Vec<EventRow> =
                    rows.collect::<Result<_, _>>().context("an event of the answer is not understood")?;
                table.page(out, &rows)?;
            }
            Self::Table(_) => {}
            Self::Json { escape } => {
                if is_first {
                    write!(out, "{{\"events\":[")?;
                }
                for (index, event) in page.events.iter().enumerate() {
                    let comma = if is_first && index == 0 { "" } else { "," };
                    write!(out, "{comma}")?;
                    write_json(out, event.get(), *escape)?;
                }
            }
            Self::Ndjson { escape } => {
                for event in &page.events {
                    write_json(out, event.get(), *escape)?;
                    writeln!(out)?;
                }
            }
        }
        Ok(())
    }

    fn end(&self, out: &mut Answer, seen: &Seen) -> anyhow::Result<()> {
        let Self::Json { escape } = self else { return Ok(()) };
        let next = serde_json::to_string(&seen.next)?;
        let total = serde_json::to_string(&seen.total)?;
        let coverage = serde_json::to_string(&seen.coverage)?;
        let took = seen.took_ms;
        let end =
            format!("],\"next\":{next},\"total\":{total},\"coverage\":{coverage},\"took_ms\":{took}}}\n");
        write_json(out, &end, *escape)
    }
}

fn write_json(out: &mut Answer, json: &str, escape: bool) -> anyhow::Result<()> {
    let json = if escape { visible_json(json) } else { json.into() };
    Ok(out.write_all(json.as_bytes())?)
}

/// Says what the answer is worth, and with which code the process ends.
fn finish(args: &SearchArgs, source: &Source, question: &Question, seen: &Seen) -> anyhow::Result<u8> {
    let found = seen.events > 0;
    let partial = seen.coverage.as_ref().is_some_and(|coverage| coverage.partial);
    if found && args.output.format == Output::Table {
        note(&count(seen, question.order, &zone_name(&question.zone)));
    }
    let coverage = seen.coverage.iter();
    coverage.flat_map(|coverage| warnings(coverage, &question.zone)).for_each(|warning| note(&warning));
    match (found, partial) {
        (true, _) => {}
        (false, true) => note("nothing found in the time there was: there may be events"),
        (false, false) => nothing::explain(source, question)?.iter().for_each(|line| note(line)),
    }
    Ok(verdict(found, partial))
}

fn count(seen: &Seen, order: Order, zone: &str) -> String {
    let order = match order {
        Order::Asc => "oldest first",
        Order::Desc => "newest first",
    };
    let shown = grouped(seen.events);
    let total = seen.total.unwrap_or(TotalBody { value: seen.events, exact: false });
    let least = if total.exact { "" } else { "at least " };
    match seen.next {
        Some(_) => format!(
            "{shown} of {least}{} events, {order}; --limit 0 shows all; times are {zone}",
            grouped(total.value.max(seen.events))
        ),
        None if seen.events == 1 => format!("1 event; times are {zone}"),
        None => format!("{shown} events, {order}; times are {zone}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_in_words() {
        fn check(events: u64, total: u64, exact: bool, more: bool, expected: &str) {
            let total = Some(TotalBody { value: total, exact });
            let seen = Seen { events, total, next: more.then(String::new), ..Seen::default() };
            assert_eq!(count(&seen, Order::Desc, "UTC"), expected);
        }
        check(1, 1, true, false, "1 event; times are UTC");
        check(20, 20, true, false, "20 events, newest first; times are UTC");
        check(100, 1234, true, true, "100 of 1,234 events, newest first; --limit 0 shows all; times are UTC");
        let least = "100 of at least 1,000,000 events, newest first; --limit 0 shows all; times are UTC";
        check(100, 1_000_000, false, true, least);
    }
}
