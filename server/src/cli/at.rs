//! `taffrail at`: an object as it was.

use std::io::Write;
use std::process::ExitCode;

use serde_json::Value;
use taffrail_event::{Confidence, Timestamp};
use taffrail_query::TimeContext;

use super::answer::{answer, note};
use super::coverage::{verdict, warnings};
use super::object;
use super::source::Source;
use super::times::{self, shown, zone_name};
use crate::args::{AtArgs, Output};
use crate::exit::NOTHING_FOUND;
use crate::read::AtBody;

/// Runs the command.
pub(crate) fn run(args: &AtArgs) -> anyhow::Result<ExitCode> {
    let zone = times::zone(args.tz.as_deref())?;
    let context = TimeContext { now: Timestamp::now(), tz: zone.clone() };
    let time = match &args.time {
        Some(text) => times::time("TIME", text, &context)?,
        None => context.now,
    };
    let source = Source::open(&args.target)?;
    answer(|out| {
        let Some(object) = object::find(&source, &args.object)? else {
            return Ok(object::not_known(&source, &args.object));
        };
        let Some(body) = source.at(&object, time)? else {
            note(&format!(
                "nothing was recorded of {} until {} ({}); `taffrail history` shows since when",
                args.object.object,
                shown(time, &zone),
                zone_name(&zone)
            ));
            return Ok(NOTHING_FOUND);
        };
        match args.output.format {
            Output::Json | Output::Ndjson => out.json(&body)?,
            Output::Table => {
                without_managers(&body)?.iter().try_for_each(|state| out.json_text(state))?;
            }
        }
        out.flush()?;
        if args.output.format == Output::Table {
            let when = format!("{} ({})", shown(body.as_of.time, &zone), zone_name(&zone));
            note(&format!("as of {when}: {}", body.as_of.summary));
            worth(&body).into_iter().for_each(note);
        }
        warnings(&body.coverage, &zone).iter().for_each(|warning| note(warning));
        Ok(verdict(body.state.is_some() || body.deleted, body.coverage.partial))
    })
}

/// The object without `managedFields`, which say in thousands of words what `blame` says.
fn without_managers(body: &AtBody) -> anyhow::Result<Option<String>> {
    let Some(state) = &body.state else { return Ok(None) };
    let mut state: Value = serde_json::from_str(state.as_json())?;
    if let Some(metadata) = state.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("managedFields");
    }
    Ok(Some(serde_json::to_string_pretty(&state)?))
}

fn worth(body: &AtBody) -> Option<&'static str> {
    match (body.deleted, body.state.is_some(), body.confidence) {
        (true, _, Confidence::Exact) => Some("it was gone then"),
        (true, _, _) => {
            Some("most likely it was gone then: its deletion was accepted, what came of it was not recorded")
        }
        (false, false, _) => Some("what it was is not known: no record until then has it whole"),
        (false, true, Confidence::Exact) => None,
        (false, true, Confidence::Patch) => {
            Some("worked out from what was asked for: results were not recorded since the last whole state")
        }
        (false, true, Confidence::Partial | Confidence::Unknown) => Some(
            "there were writes since of which the content was not recorded: some of it may have been otherwise",
        ),
    }
}
