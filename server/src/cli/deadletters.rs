//! `taffrail deadletters`: what could not be decoded, and why; and once more, after a fix.

mod replay;

use std::io::Write;
use std::process::ExitCode;

use taffrail_ingest::DeadLetter;

use super::answer::{Answer, answer, note};
use super::bytes::bytes_in_words;
use super::dead_letters_page::DeadLettersPage;
use super::screen::Screen;
use super::source::Source;
use super::table::{self, Text, Tone};
use super::times;
use crate::args::{DeadlettersArgs, DeadlettersCommand, Output};
use crate::exit::{FOUND, NOTHING_FOUND, WrongUse};

/// Letters asked for at once.
const PAGE: u64 = 100;

/// Characters of an excerpt in the list; one letter by its id is shown whole.
const EXCERPT_CHARS: usize = 200;

/// Digits that an id must have at least.
const MIN_ID_DIGITS: usize = 8;

/// Runs the command.
pub(crate) fn run(args: &DeadlettersArgs) -> anyhow::Result<ExitCode> {
    if let Some(DeadlettersCommand::Replay(args)) = &args.command {
        return replay::run(args);
    }
    let prefix = args.id.as_deref().map(id_prefix).transpose()?;
    let zone = times::zone(args.tz.as_deref())?;
    let source = Source::open(&args.target)?;
    answer(|out| {
        let page = match &prefix {
            Some(prefix) => one(&source, prefix)?,
            None => list(&source, args.limit)?,
        };
        let letters = &page.deadletters;
        match args.output.format {
            Output::Table if prefix.is_some() => {
                letters.iter().try_for_each(|letter| whole(out, letter, &zone))?
            }
            Output::Table if letters.is_empty() => {}
            Output::Table => {
                let rows = letters.iter().map(|letter| row(letter, &zone));
                let titles = ["TIME", "CLUSTER", "SOURCE", "REASON", "SIZE", "EXCERPT", "ID"];
                let screen = Screen::of(out, args.output.width);
                table::write(out, screen, &titles, rows)?;
            }
            Output::Json => out.json(&page)?,
            Output::Ndjson => letters.iter().try_for_each(|letter| out.json(letter))?,
        }
        out.flush()?;
        if !letters.is_empty() {
            if args.output.format == Output::Table {
                note(&format!("times are {}; what is shown is masked", times::zone_name(&zone)));
            }
            return Ok(FOUND);
        }
        match &prefix {
            Some(prefix) => {
                note(&format!("no dead letter in {} has an id that begins with {prefix}", source.name()))
            }
            None => {
                note(&format!("no dead letters in {}: everything that came in was decoded", source.name()))
            }
        }
        Ok(NOTHING_FOUND)
    })
}

fn id_prefix(text: &str) -> anyhow::Result<String> {
    if (MIN_ID_DIGITS..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(text.to_ascii_lowercase());
    }
    let text = format!("{text} is no id; give its first {MIN_ID_DIGITS} hex digits or more");
    Err(WrongUse(text).into())
}

/// The newest ones as one page, whatever the number of pages it took.
fn list(source: &Source, limit: u64) -> anyhow::Result<DeadLettersPage> {
    let mut list = source.dead_letters(wanted(limit, 0), None)?;
    loop {
        let count = list.deadletters.len() as u64;
        let Some(cursor) = list.next.as_ref().filter(|_| limit == 0 || count < limit) else {
            return Ok(list);
        };
        let page = source.dead_letters(wanted(limit, count), Some(cursor))?;
        // A store that shrinks meanwhile must not keep this going for ever.
        let next = page.next.filter(|next| next != cursor);
        list.deadletters.extend(page.deadletters);
        list = DeadLettersPage { next, ..list };
    }
}

fn wanted(limit: u64, count: u64) -> u64 {
    if limit == 0 { PAGE } else { (limit - count).min(PAGE) }
}

fn one(source: &Source, prefix: &str) -> anyhow::Result<DeadLettersPage> {
    // Their store is bounded.
    let mut page = list(source, 0)?;
    page.deadletters.retain(|letter| letter.id.to_string().starts_with(prefix));
    let count = page.deadletters.len();
    if count > 1 {
        let text = format!("{count} dead letters have an id that begins with {prefix}; give more digits");
        return Err(WrongUse(text).into());
    }
    Ok(page)
}

fn row(letter: &DeadLetter, zone: &jiff::tz::TimeZone) -> Vec<Text> {
    let id = letter.id.to_string();
    let excerpt: String = letter.excerpt.chars().take(EXCERPT_CHARS).collect();
    vec![
        Text::new(times::shown(letter.time, zone)),
        Text::new(&letter.cluster),
        Text::new(&letter.source),
        Text::new(&letter.reason).tone(Tone::Notable),
        Text::new(bytes_in_words(letter.size)).right(),
        Text::new(excerpt).tone(Tone::Quiet),
        Text::id(&id),
    ]
}

fn whole(out: &mut Answer, letter: &DeadLetter, zone: &jiff::tz::TimeZone) -> anyhow::Result<()> {
    let lines = [
        ("id", letter.id.to_string()),
        ("time", format!("{} ({})", times::shown(letter.time, zone), times::zone_name(zone))),
        ("cluster", letter.cluster.clone()),
        ("source", letter.source.clone()),
        ("reason", letter.reason.clone()),
        ("size", bytes_in_words(letter.size)),
        ("sha256", letter.sha256.clone()),
    ];
    for (name, text) in lines {
        writeln!(out, "{name:<8} {}", super::visible::visible(&text))?;
    }
    writeln!(out, "excerpt, masked:\n{}", super::visible::visible_lines(&letter.excerpt))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use taffrail_event::{Key, Timestamp};

    use super::*;

    #[test]
    fn a_letter_is_a_line_and_is_not_obeyed() {
        let letter = DeadLetter {
            id: Key(0x4fa1_c2d3 << 96),
            time: Timestamp::parse("2026-11-23T16:11:23Z").unwrap(),
            cluster: "prod".to_owned(),
            source: "webhook".to_owned(),
            reason: "no auditID".to_owned(),
            size: 2048,
            sha256: "00".to_owned(),
            excerpt: "{\"x\":\"\x1b[2J\"\n}".to_owned(),
        };
        let mut out = Vec::new();
        let screen = Screen { width: 120, colour: false, is_terminal: false };
        let titles = ["TIME", "CLUSTER", "SOURCE", "REASON", "SIZE", "EXCERPT", "ID"];
        table::write(&mut out, screen, &titles, [row(&letter, &TimeZone::UTC)]).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "\
TIME                 CLUSTER  SOURCE   REASON      SIZE     EXCERPT              ID
2026-11-23 16:11:23  prod     webhook  no auditID  2.0 KiB  {\"x\":\"\\u{1b}[2J\"\\n}  4fa1c2d3
"
        );
    }

    #[test]
    fn ids() {
        assert_eq!(id_prefix("4FA1C2D3").unwrap(), "4fa1c2d3");
        for wrong in ["4fa1", "xyzxyzxyz", ""] {
            assert!(id_prefix(wrong).unwrap_err().is::<WrongUse>());
        }
    }
}
