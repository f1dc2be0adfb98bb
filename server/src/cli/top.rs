//! `taffrail top`: the most frequent values of a field.

use std::io::Write;
use std::process::ExitCode;

use super::answer::{Answer, answer, note};
use super::coverage::{verdict, warnings};
use super::question::Question;
use super::screen::Screen;
use super::source::Source;
use super::table::{self, Text, Tone, grouped};
use crate::args::{Output, TopArgs};
use crate::read::{FacetsBody, MAX_FACETS};

/// Runs the command.
pub(crate) fn run(args: &TopArgs) -> anyhow::Result<ExitCode> {
    let question = Question::new(&args.query.text(), args.cluster.as_deref(), &args.range)?;
    let source = Source::open(&args.target)?;
    answer(|out| {
        let most = MAX_FACETS as u64;
        let limit = if args.limit == 0 { most } else { args.limit.min(most) };
        let facets = source.facets(&question, args.by, limit)?;
        write(out, args, &facets)?;
        out.flush()?;
        warnings(&facets.coverage, &question.zone).iter().for_each(|warning| note(warning));
        let found = !facets.buckets.is_empty();
        if !found {
            note(&format!("nothing found {} in {}", question.in_words(), source.name()));
        }
        Ok(verdict(found, facets.coverage.partial))
    })
}

fn write(out: &mut Answer, args: &TopArgs, facets: &FacetsBody) -> anyhow::Result<()> {
    match args.output.format {
        Output::Table if facets.buckets.is_empty() => {}
        Output::Table => {
            let screen = Screen::of(out, args.output.width);
            let title = facets.field.to_uppercase();
            table::write(out, screen, &[&title, "EVENTS", "SHARE"], rows(facets))?;
        }
        Output::Json => out.json(facets)?,
        Output::Ndjson => facets.buckets.iter().try_for_each(|bucket| out.json(bucket))?,
    }
    Ok(())
}

fn rows(facets: &FacetsBody) -> Vec<Vec<Text>> {
    let row = |value: Text, count: u64| {
        vec![value, Text::number(count), Text::new(share(count, facets.events)).right()]
    };
    let mut rows: Vec<_> = facets
        .buckets
        .iter()
        .map(|bucket| match bucket.value.as_str() {
            "" => row(Text::new("(none)").tone(Tone::Quiet), bucket.count),
            value => row(Text::new(value), bucket.count),
        })
        .collect();
    if facets.other > 0 {
        rows.push(row(Text::new("(others)").tone(Tone::Quiet), facets.other));
    }
    rows
}

/// Of all events found, in tenths of a percent; what is there at all is never shown as nothing.
fn share(count: u64, total: u64) -> String {
    let tenths = u128::from(count) * 1000 / u128::from(total.max(1));
    match tenths {
        0 if count > 0 => "<0.1 %".to_owned(),
        _ => format!("{}.{} %", grouped(u64::try_from(tenths / 10).unwrap_or(100)), tenths % 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::Coverage;
    use taffrail_event::Timestamp;

    #[test]
    fn counts_and_shares() {
        let facets: FacetsBody = serde_json::from_value(serde_json::json!({
            "field": "actor.name",
            "buckets": [
                {"value": "alice", "count": 1500}, {"value": "bob\u{1b}[1m", "count": 499}, {"value": "", "count": 1},
            ],
            "other": 1000,
            "events": 4000,
            "coverage": Coverage::new(Timestamp::default(), Timestamp::default(), Vec::new(), Vec::new()),
            "took_ms": 1,
        }))
        .unwrap();
        let mut out = Vec::new();
        let screen = Screen { width: 80, colour: false, is_terminal: false };
        table::write(&mut out, screen, &["ACTOR.NAME", "EVENTS", "SHARE"], rows(&facets)).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "\
ACTOR.NAME    EVENTS  SHARE
alice          1,500  37.5 %
bob\\u{1b}[1m     499  12.4 %
(none)             1  <0.1 %
(others)       1,000  25.0 %
"
        );
    }

    #[test]
    fn shares() {
        fn check(count: u64, total: u64, expected: &str) {
            assert_eq!(share(count, total), expected);
        }
        check(0, 0, "0.0 %");
        check(5, 5, "100.0 %");
        check(u64::MAX, u64::MAX, "100.0 %");
    }
}
