//! `taffrail quarantine show POD`: the story of one pod, the answer first.

use std::io::Write;
use std::process::ExitCode;

use jiff::tz::TimeZone;
use taffrail_event::{Actor, Timestamp};
use taffrail_query::TimeContext;

use super::containment::below;
use crate::args::{Output, QuarantineShowArgs};
use crate::cli::answer::{Answer, answer, note};
use crate::cli::coverage::{nothing_there, verdict, warnings};
use crate::cli::screen::Screen;
use crate::cli::source::Source;
use crate::cli::table::{self, Text, Tone, counted};
use crate::cli::times::{self, shown, zone_name};
use crate::exit::{NOTHING_FOUND, WrongUse};
use crate::read::{
    self, AttemptBody, ContainmentBody, QuarantineBody, QuarantinesAsk, RowBody, StoryAsk, StoryBody,
};

/// Runs the command.
pub(super) fn run(args: &QuarantineShowArgs) -> anyhow::Result<ExitCode> {
    let zone = times::zone(args.tz.as_deref())?;
    let context = TimeContext { now: Timestamp::now(), tz: zone.clone() };
    let (before, after) =
        (span("--before", &args.before, &context)?, span("--after", &args.after, &context)?);
    // Times without a zone mean the zone of whoever asks, which a server does not know.
    let since = args.since.as_deref().map(|text| times::time("--since", text, &context)).transpose()?;
    let since = since.map(|since| since.to_string());
    let source = Source::open(&args.target)?;
    answer(|out| {
        let clusters = clusters(&source, args)?;
        let [cluster] = clusters.as_slice() else {
            if clusters.is_empty() {
                note(&format!(
                    "pod {} of namespace {} was never seen under quarantine; `taffrail quarantine list` shows those that were",
                    args.pod, args.namespace
                ));
                return Ok(NOTHING_FOUND);
            }
            return Err(WrongUse(format!(
                "there are such pods in {}; choose with --cluster",
                clusters.join(", ")
            ))
            .into());
        };
        let ask = StoryAsk {
            cluster,
            namespace: &args.namespace,
            pod: &args.pod,
            since: since.as_deref(),
            before,
            after,
            cursor: None,
        };
        let body = source.quarantine_story(&ask)?;
        match args.output.format {
            Output::Json => out.json(&body)?,
            Output::Ndjson => each_row(&source, &ask, &body, &mut |row| out.json(row))?,
            Output::Table => {
                let screen = Screen::of(out, args.output.width);
                write(out, screen, &body, &zone)?;
            }
        }
        out.flush()?;
        if args.output.format == Output::Table {
            body.advice.iter().for_each(|advice| note(&format!("not sure: {advice}")));
            if body.events.is_empty() {
                note(nothing_there(&body.coverage));
            }
        }
        warnings(&body.coverage, &zone).iter().for_each(|warning| note(warning));
        Ok(verdict(true, body.coverage.partial))
    })
}

/// Calls `each` with every row, those of further pages too.
fn each_row(
    source: &Source,
    ask: &StoryAsk<'_>,
    first: &StoryBody,
    each: &mut dyn FnMut(&RowBody) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    first.events.iter().try_for_each(&mut *each)?;
    let mut next = first.next.clone();
    while let Some(cursor) = next {
        let page = source.quarantine_story(&StoryAsk { cursor: Some(&cursor), ..*ask })?;
        page.events.iter().try_for_each(&mut *each)?;
        next = page.next;
    }
    Ok(())
}

/// Where a pod of that name was under quarantine.
fn clusters(source: &Source, args: &QuarantineShowArgs) -> anyhow::Result<Vec<String>> {
    if let Some(cluster) = &args.cluster {
        return Ok(vec![cluster.clone()]);
    }
    let listed = source.quarantines(&QuarantinesAsk { cluster: None, namespace: Some(&args.namespace) })?;
    let of_pod = listed.quarantines.into_iter().filter(|quarantine| quarantine.object.name == args.pod);
    let mut clusters: Vec<String> = of_pod.map(|quarantine| quarantine.cluster).collect();
    clusters.sort();
    clusters.dedup();
    Ok(clusters)
}

fn span(option: &str, text: &str, context: &TimeContext) -> anyhow::Result<i64> {
    read::span(text, context)
        .ok_or_else(|| WrongUse(format!("{option} {text:?}: a stretch of time such as 15m or 2h")).into())
}

fn write(out: &mut Answer, screen: Screen, body: &StoryBody, zone: &TimeZone) -> anyhow::Result<()> {
    for quarantine in &body.quarantines {
        writeln!(out, "{}", in_words(quarantine, zone))?;
        for line in quarantine.containment.iter().flat_map(containment_in_words) {
            writeln!(out, "{line}")?;
        }
    }
    writeln!(out, "\nAttempts to connect, {} in all:\n", counted(body.attempts_total, "kind"))?;
    let attempt = |attempt: &AttemptBody| {
        let port = attempt.port.map(|port| format!("{port}/")).unwrap_or_default();
        let way = if attempt.direction == "egress" { "to" } else { "from" };
        let denied = Text::number(attempt.denied);
        vec![
            Text::new(format!("{way} {}", attempt.peer)),
            Text::new(format!("{port}{}", attempt.protocol)),
            Text::number(attempt.allowed),
            if attempt.denied > 0 { denied.tone(Tone::Bad) } else { denied },
            Text::number(attempt.observed),
            Text::new(shown(attempt.first, zone)),
            Text::new(shown(attempt.last, zone)),
        ]
    };
    let titles = ["PEER", "PORT", "ALLOWED", "DENIED", "SEEN", "FIRST", "LAST"];
    table::write(out, screen, &titles, body.attempts.iter().map(attempt))?;
    let mut phase = "";
    for rows in body.events.chunk_by(|a, b| a.phase == b.phase) {
        let Some(first) = rows.first() else { continue };
        let again = if phase.is_empty() { "" } else { "\n" };
        phase = &first.phase;
        writeln!(out, "{again}\n{}:\n", title(phase))?;
        let row = |row: &RowBody| {
            let spans = if row.spans_change { "~" } else { " " };
            vec![
                Text::new(format!("{spans}{}", shown(row.time, zone))),
                Text::new(row_in_words(row)),
                row.event.as_ref().map_or_else(|| Text::new(""), |event| Text::id(&event.id.to_string())),
            ]
        };
        table::write_list(out, screen, rows.iter().map(row))?;
    }
    let more = body.events_total - body.events.len() as u64;
    let more = if more == 0 {
        String::new()
    } else {
        format!("; {} more are shown by -o ndjson", counted(more, "row"))
    };
    note(&format!(
        "times are {}; ~ marks records of an interval that spans the change{more}",
        zone_name(zone)
    ));
    Ok(())
}

/// What happened; of many flows "412 flows to pod vote/vote-x, 80/tcp: denied by security.quarantine".
fn row_in_words(row: &RowBody) -> String {
    if let Some(event) = &row.event {
        return event.summary.clone();
    }
    let Some(flows) = &row.rolled_up else { return String::new() };
    let way = if flows.direction == "egress" { "to" } else { "from" };
    let port = flows.port.map(|port| format!("{port}/")).unwrap_or_default();
    let by = flows.policy.as_ref().map(|policy| format!(" by {policy}")).unwrap_or_default();
    format!(
        "{} {way} {}, {port}{}: {}{by}",
        counted(flows.flows, "flow"),
        flows.peer,
        flows.protocol,
        flows.effective_verdict
    )
}

fn title(phase: &str) -> &'static str {
    match phase {
        "before" => "Before",
        "quarantined" => "Under quarantine",
        _ => "After",
    }
}

/// What policies did to its traffic when the label was set. What they leave open is among the advice.
fn containment_in_words(containment: &ContainmentBody) -> Vec<String> {
    let title = match containment.contained {
        Some(true) => "When the label was set, the policies contained it:",
        Some(false) => "When the label was set, the policies did not contain it:",
        None => "Whether the policies contained it when the label was set is not known:",
    };
    below(title, &containment.sentences)
}

/// "pod default/attacker of cluster prod is under quarantine since ... (alice), denied by security.quarantine"
fn in_words(quarantine: &QuarantineBody, zone: &TimeZone) -> String {
    let QuarantineBody { cluster, object, since, until, by, released_by, deleted, policy, attempts, .. } =
        quarantine;
    let who = |actor: &Option<Actor>| actor.as_ref().map_or("somebody", |actor| &actor.name).to_owned();
    let pod = format!("pod {}/{} of cluster {cluster}", object.namespace, object.name);
    let since = shown(*since, zone);
    let lasted = match until {
        None => format!("{pod} is under quarantine since {since}, when {} set the label", who(by)),
        Some(until) => {
            let end = if *deleted { "deleted it" } else { "released it" };
            let until = shown(*until, zone);
            format!(
                "{pod} was under quarantine from {since}, when {} set the label, to {until}, when {} {end}",
                who(by),
                who(released_by)
            )
        }
    };
    let contained = match policy {
        Some(policy) => format!("{policy} denied its traffic"),
        None => "no flow record names a policy that denied its traffic".to_owned(),
    };
    format!("{lasted}; {contained}; {} meanwhile", counted(*attempts, "attempt"))
}
