//! `taffrail quarantine list`: the quarantines that are recorded.

use std::io::Write;
use std::process::ExitCode;

use jiff::tz::TimeZone;

use crate::args::{Output, QuarantineListArgs};
use crate::cli::answer::{Answer, answer, note};
use crate::cli::coverage::{nothing_there, verdict, warnings};
use crate::cli::screen::Screen;
use crate::cli::source::Source;
use crate::cli::table::{self, Text, Tone};
use crate::cli::times::{self, shown, zone_name};
use crate::read::{QuarantineBody, QuarantinesAsk};

/// Runs the command.
pub(super) fn run(args: &QuarantineListArgs) -> anyhow::Result<ExitCode> {
    let zone = times::zone(args.tz.as_deref())?;
    let source = Source::open(&args.target)?;
    answer(|out| {
        let ask = QuarantinesAsk { cluster: args.cluster.as_deref(), namespace: args.namespace.as_deref() };
        let body = source.quarantines(&ask)?;
        let is_there = !body.quarantines.is_empty();
        match args.output.format {
            Output::Json => out.json(&body)?,
            Output::Ndjson => body.quarantines.iter().try_for_each(|quarantine| out.json(quarantine))?,
            Output::Table if is_there => {
                let screen = Screen::of(out, args.output.width);
                write(out, screen, &body.quarantines, &zone)?;
                let open = body.quarantines.iter().filter(|quarantine| quarantine.until.is_none()).count();
                note(&format!("{open} of {} last; times are {}", body.quarantines.len(), zone_name(&zone)));
            }
            Output::Table => note(&format!(
                "no pod was seen with the label {}; {}",
                body.label,
                nothing_there(&body.coverage)
            )),
        }
        out.flush()?;
        warnings(&body.coverage, &zone).iter().for_each(|warning| note(warning));
        Ok(verdict(is_there, body.coverage.partial))
    })
}

fn write(
    out: &mut Answer,
    screen: Screen,
    quarantines: &[QuarantineBody],
    zone: &TimeZone,
) -> anyhow::Result<()> {
    let row = |quarantine: &QuarantineBody| {
        let pod = format!("{}/{}", quarantine.object.namespace, quarantine.object.name);
        let until = match quarantine.until {
            None => Text::new("lasts").tone(Tone::Bad),
            Some(until) => Text::new(shown(until, zone)),
        };
        let actor =
            |actor: &Option<taffrail_event::Actor>| actor.as_ref().map_or("", |actor| &actor.name).to_owned();
        let ended = match (&quarantine.released_by, quarantine.deleted) {
            (None, _) => String::new(),
            (Some(_), true) => format!("deleted by {}", actor(&quarantine.released_by)),
            (Some(_), false) => actor(&quarantine.released_by),
        };
        vec![
            Text::new(pod),
            Text::new(&quarantine.cluster).tone(Tone::Quiet),
            Text::new(shown(quarantine.since, zone)),
            Text::new(actor(&quarantine.by)),
            until,
            Text::new(ended),
            Text::new(quarantine.policy.as_deref().unwrap_or("")),
            Text::number(quarantine.attempts),
        ]
    };
    let titles = ["POD", "CLUSTER", "SINCE", "SET BY", "UNTIL", "ENDED BY", "DENIED BY", "ATTEMPTS"];
    Ok(table::write(out, screen, &titles, quarantines.iter().map(row))?)
}
