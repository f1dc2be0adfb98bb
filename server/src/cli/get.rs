//! `taffrail get`: the objects that there are, or were at a time, and who changed them last.

use std::process::ExitCode;

use jiff::tz::TimeZone;
use taffrail_event::Timestamp;
use taffrail_query::TimeContext;

use super::answer::{Answer, answer, note};
use super::coverage::{verdict, warnings};
use super::event_row::EventRow;
use super::object;
use super::screen::Screen;
use super::source::Source;
use super::table::{self, Text, Tone, counted, grouped};
use super::times::{self, shown, zone_name};
use crate::args::{GetArgs, Output};
use crate::exit::NOTHING_FOUND;
use crate::read::{Coverage, ListedObjectBody, MAX_OBJECTS, ObjectsAsk, ObjectsBody};

/// Runs the command.
pub(crate) fn run(args: &GetArgs) -> anyhow::Result<ExitCode> {
    let zone = times::zone(args.tz.as_deref())?;
    let context = TimeContext { now: Timestamp::now(), tz: zone.clone() };
    let at = match &args.at {
        Some(text) => times::time("--at", text, &context)?,
        None => context.now,
    };
    let source = Source::open(&args.target)?;
    answer(|out| {
        let found = match object::kind(&source, &args.kind)? {
            Some(resource) => list(&source, args, &resource, at)?,
            None => Listed::default(),
        };
        if found.objects.is_empty() {
            found.warn(&zone);
            note(&nothing(args, &source, &found, at, &zone));
            return Ok(if found.is_partial() { verdict(false, true) } else { NOTHING_FOUND });
        }
        write(out, args, &found, &zone)?;
        found.warn(&zone);
        Ok(verdict(true, found.is_partial()))
    })
}

/// What was found.
#[derive(Debug, Default)]
struct Listed {
    objects: Vec<ListedObjectBody>,
    /// Those that were deleted and are not shown.
    deleted: u64,
    has_more: bool,
    coverage: Option<Coverage>,
    took_ms: u64,
}

impl Listed {
    fn is_partial(&self) -> bool {
        self.coverage.as_ref().is_some_and(|coverage| coverage.partial)
    }

    fn warn(&self, zone: &TimeZone) {
        let warnings = self.coverage.iter().flat_map(|coverage| warnings(coverage, zone));
        warnings.for_each(|warning| note(&warning));
    }
}

fn list(source: &Source, args: &GetArgs, resource: &str, at: Timestamp) -> anyhow::Result<Listed> {
    let limit = if args.limit == 0 { usize::MAX } else { usize::try_from(args.limit)? };
    let at = at.to_string();
    let mut found = Listed::default();
    let mut cursor: Option<String> = None;
    loop {
        let page = source.objects(&ObjectsAsk {
            cluster: args.cluster.as_deref(),
            resource: Some(resource),
            namespace: args.namespace.as_deref(),
            name: args.name.as_deref(),
            at: Some(&at),
            limit: MAX_OBJECTS,
            cursor: cursor.as_deref(),
        })?;
        let partial = page.coverage.partial || found.is_partial();
        found.coverage = Some(Coverage { partial, ..page.coverage });
        found.took_ms += page.took_ms;
        for object in page.objects {
            if !args.all && object.is_gone() {
                found.deleted += 1;
            } else if found.objects.len() < limit {
                found.objects.push(object);
            } else {
                found.has_more = true;
            }
        }
        cursor = page.next;
        found.has_more |= cursor.is_some() && found.objects.len() >= limit;
        if cursor.is_none() || found.has_more {
            return Ok(found);
        }
    }
}

fn write(out: &mut Answer, args: &GetArgs, found: &Listed, zone: &TimeZone) -> anyhow::Result<()> {
    use std::io::Write;
    match args.output.format {
        Output::Json => {
            if let Some(coverage) = &found.coverage {
                let (objects, coverage) = (found.objects.clone(), coverage.clone());
                out.json(&ObjectsBody { objects, next: None, coverage, took_ms: found.took_ms })?;
            }
        }
        Output::Ndjson => found.objects.iter().try_for_each(|object| out.json(object))?,
        Output::Table => {
            let screen = Screen::of(out, args.output.width);
            let columns = Columns::of(args, &found.objects);
            let rows = found.objects.iter().map(|object| columns.row(object, zone));
            let rows = rows.collect::<anyhow::Result<Vec<_>>>()?;
            let titles = columns.titles(zone);
            let titles: Vec<_> = titles.iter().map(String::as_str).collect();
            table::write(out, screen, &titles, rows)?;
        }
    }
    out.flush()?;
    if args.output.format == Output::Table {
        note(&summary(args, found, zone));
    }
    Ok(())
}

/// The columns that say something.
#[derive(Debug, Clone, Copy)]
struct Columns {
    cluster: bool,
    namespace: bool,
    state: bool,
}

impl Columns {
    fn of(args: &GetArgs, objects: &[ListedObjectBody]) -> Self {
        let first = objects.first().map(|object| &object.object.cluster);
        Self {
            cluster: args.cluster.is_none()
                && objects.iter().any(|object| Some(&object.object.cluster) != first),
            namespace: args.namespace.is_none()
                && objects.iter().any(|object| !object.object.namespace.is_empty()),
            state: objects.iter().any(|object| object.state != "exists"),
        }
    }

    fn titles(self, zone: &TimeZone) -> Vec<String> {
        let optional = [(self.cluster, "CLUSTER"), (self.namespace, "NAMESPACE")];
        let optional =
            optional.into_iter().filter(|(is_shown, _)| *is_shown).map(|(_, title)| title.to_owned());
        let state = self.state.then(|| "STATE".to_owned());
        let last = format!("LAST CHANGE ({})", zone_name(zone));
        let rest = [last, "WHO".to_owned(), "WHAT".to_owned(), "ID".to_owned()];
        optional.chain(["NAME".to_owned()]).chain(state).chain(rest).collect()
    }

    fn row(self, listed: &ListedObjectBody, zone: &TimeZone) -> anyhow::Result<Vec<Text>> {
        let object = &listed.object;
        let mut row = Vec::new();
        row.extend(self.cluster.then(|| Text::new(&object.cluster)));
        row.extend(self.namespace.then(|| Text::new(&object.namespace)));
        row.push(Text::new(&object.name));
        row.extend(self.state.then(|| {
            let tone = if listed.state == "exists" { Tone::Quiet } else { Tone::Notable };
            Text::new(&listed.state).tone(tone)
        }));
        let event = EventRow::of(&listed.last_change)?;
        let (who, what) = event.sentence();
        row.extend([
            Text::new(shown(event.time, zone)),
            Text::new(who),
            Text::new(what),
            Text::id(&event.id),
        ]);
        Ok(row)
    }
}

fn summary(args: &GetArgs, found: &Listed, zone: &TimeZone) -> String {
    let more = if found.has_more { "; there are more, --limit 0 shows all" } else { "" };
    let deleted = match found.deleted {
        0 => String::new(),
        1 => "; 1 that was deleted is left out, --all shows it".to_owned(),
        count => format!("; {} that were deleted are left out, --all shows them", grouped(count)),
    };
    let when = args.at.as_ref().map(|at| format!(" at {at}")).unwrap_or_default();
    let count = counted(found.objects.len() as u64, "object");
    format!("{count}{when} of which writes were recorded{more}{deleted}; times are {}", zone_name(zone))
}

fn nothing(args: &GetArgs, source: &Source, found: &Listed, at: Timestamp, zone: &TimeZone) -> String {
    let name = args.name.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
    let place =
        args.namespace.as_ref().map(|namespace| format!(" in namespace {namespace}")).unwrap_or_default();
    let when = match args.at {
        Some(_) => format!(" until {} ({})", shown(at, zone), zone_name(zone)),
        None => String::new(),
    };
    match found.deleted {
        0 => format!(
            "no write of {}{name}{place}{when} is known in {}; what was only read, or not touched since recording began, is not listed",
            args.kind,
            source.name()
        ),
        count => format!(
            "none of {}{name}{place} is left{when}: {} deleted, --all shows them",
            args.kind,
            counted(count, "object")
        ),
    }
}
