//! `taffrail tail`: events as they come, until somebody has seen enough.

mod messages;

use std::io::{BufRead, Write};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};

use self::messages::{Message, Messages};
use super::answer::{Answer, answer, note};
use super::event_row::EventRow;
use super::events_table::EventsTable;
use super::question::Question;
use super::screen::Screen;
use super::source::Source;
use super::table::grouped;
use super::visible::visible_json;
use crate::args::{Output, RangeArgs, TailArgs};
use crate::exit::FOUND;

/// A server that restarts is back within seconds.
const RECONNECT_AFTER: Duration = Duration::from_secs(1);

/// Runs the command.
pub(crate) fn run(args: &TailArgs) -> anyhow::Result<ExitCode> {
    let range = RangeArgs { tz: args.tz.clone(), ..RangeArgs::default() };
    let question = Question::new(&args.query.text(), args.cluster.as_deref(), &range)?;
    let source = Source::open(&args.target)?;
    answer(|out| {
        let mut tail = Tail::new(args, out, &source, &question)?;
        // The first failure is one; after that the server was there, and will be again.
        let mut stream = source.tail(&question, None)?;
        loop {
            match tail.follow(&mut stream, out)? {
                Ended::Enough => return Ok(FOUND),
                Ended::Lost(why) => note(&format!("the stream ended ({why}); trying to go on where it was")),
            }
            stream = loop {
                std::thread::sleep(RECONNECT_AFTER);
                match source.tail(&question, tail.last_id.as_deref()) {
                    Ok(stream) => break stream,
                    Err(error) if error.downcast_ref::<crate::exit::WrongUse>().is_some() => {
                        return Err(error);
                    }
                    Err(_) => {}
                }
            };
        }
    })
}

enum Ended {
    /// As many events as were asked for.
    Enough,
    /// By the server, or by the network.
    Lost(String),
}

struct Tail {
    last_id: Option<String>,
    /// Events still to show; `None` is no end.
    left: Option<u64>,
    writer: Writer,
}

enum Writer {
    Table(EventsTable),
    Ndjson { escape: bool },
}

impl Tail {
    fn new(args: &TailArgs, out: &mut Answer, source: &Source, question: &Question) -> anyhow::Result<Self> {
        let writer = match args.output.format {
            Output::Json | Output::Ndjson => Writer::Ndjson { escape: out.is_terminal() },
            Output::Table => {
                let several = args.cluster.is_none() && source.clusters()?.clusters.len() > 1;
                let screen = Screen::of(out, args.output.width);
                let mut table = EventsTable::new(screen, question.zone.clone(), several);
                table.begin(out)?;
                out.flush()?;
                Writer::Table(table)
            }
        };
        Ok(Self { last_id: None, left: (args.limit > 0).then_some(args.limit), writer })
    }

    fn follow(&mut self, stream: &mut dyn BufRead, out: &mut Answer) -> anyhow::Result<Ended> {
        for message in Messages::of(stream) {
            let Message { id, event, data } = match message {
                Ok(message) => message,
                Err(error) => return Ok(Ended::Lost(error.to_string())),
            };
            match event.as_str() {
                "event" => self.writer.write(&data, out)?,
                "lag" => note(&lag(&data)),
                _ => {}
            }
            self.last_id = id.or(self.last_id.take());
            if let Some(left) = self.left.as_mut().filter(|_| event == "event") {
                *left -= 1;
                if *left == 0 {
                    return Ok(Ended::Enough);
                }
            }
        }
        Ok(Ended::Lost("the server stopped".to_owned()))
    }
}

impl Writer {
    fn write(&mut self, event: &str, out: &mut Answer) -> anyhow::Result<()> {
        match self {
            Self::Table(table) => {
                let row: EventRow = serde_json::from_str(event).context("an event is not understood")?;
                table.page(out, &[row])?;
            }
            Self::Ndjson { escape: true } => writeln!(out, "{}", visible_json(event))?,
            Self::Ndjson { escape: false } => writeln!(out, "{event}")?,
        }
        // Somebody is watching.
        Ok(out.flush()?)
    }
}

/// What a `lag` message means for the person.
fn lag(data: &str) -> String {
    let body: serde_json::Value = serde_json::from_str(data).unwrap_or_default();
    let from = body["from"].as_str().unwrap_or("then");
    match body["missed"].as_u64() {
        Some(missed) => format!(
            "{} records came faster than this was read and were left out; `taffrail search --from {from}` has them",
            grouped(missed)
        ),
        None => {
            format!("what came since {from} is read from the index; some of it may have been shown before")
        }
    }
}

impl Source {
    fn tail(&self, question: &Question, last_id: Option<&str>) -> anyhow::Result<Box<dyn BufRead>> {
        match self {
            Self::Server(server) => server.events(&question.parameters(), last_id),
            Self::Directory(_) => {
                bail!(
                    "only a running server sees events as they come; start it with `taffrail serve`, or name it with --server"
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lag_in_words() {
        fn check(data: &str, expected: &str) {
            assert!(lag(data).contains(expected), "{}", lag(data));
        }
        check(
            r#"{"missed":1234,"from":"2026-11-23T16:00:00.000000Z","to":null}"#,
            "1,234 records came faster",
        );
        check(
            r#"{"missed":1234,"from":"2026-11-23T16:00:00.000000Z"}"#,
            "--from 2026-11-23T16:00:00.000000Z",
        );
        check(r#"{"missed":null,"from":"2026-11-23T16:00:00.000000Z"}"#, "since 2026-11-23T16:00:00.000000Z");
        check("nonsense", "since then");
    }
}
