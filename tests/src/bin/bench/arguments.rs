//! The command line.

use std::path::PathBuf;
use std::time::Duration;

pub(crate) const PARTS: [&str; 11] =
    ["import", "webhook", "post", "tls", "tail", "hostile", "queries", "history", "flows", "replay", "idle"];

/// What to measure.
#[derive(Debug)]
pub(crate) struct Arguments {
    /// Parts; all if empty.
    parts: Vec<String>,
    /// Events of the large data directory.
    pub(crate) events: u64,
    /// How long the webhook is under load.
    pub(crate) load: Duration,
    /// How often things that take seconds are repeated.
    pub(crate) rounds: usize,
    /// A document whose table is replaced.
    pub(crate) write: Option<PathBuf>,
}

impl Arguments {
    /// Reads the arguments; the usage text if they make no sense.
    pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut parsed = Self {
            parts: Vec::new(),
            events: 10_000_000,
            load: Duration::from_secs(60),
            rounds: 5,
            write: None,
        };
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(usage);
            match argument.as_str() {
                "--events" => parsed.events = value()?.replace('_', "").parse().map_err(|_| usage())?,
                "--seconds" => parsed.load = Duration::from_secs(value()?.parse().map_err(|_| usage())?),
                "--rounds" => parsed.rounds = value()?.parse().map_err(|_| usage())?,
                "--write" => parsed.write = Some(value()?.into()),
                part if PARTS.contains(&part) => parsed.parts.push(argument),
                _ => return Err(usage()),
            }
        }
        Ok(parsed)
    }

    /// Whether to measure this part.
    pub(crate) fn wants(&self, part: &str) -> bool {
        self.parts.is_empty() || self.parts.iter().any(|wanted| wanted == part)
    }
}

fn usage() -> String {
    format!(
        "usage: bench [PART...] [--events 10_000_000] [--seconds 60] [--rounds 5] [--write docs/benchmarks.md]\n\
         parts: {}; all of them if none is named\n\
         the data of --events is generated once, takes about 25 GB of input (streamed) and stays in target/bench-data",
        PARTS.join(", ")
    )
}
