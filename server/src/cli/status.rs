//! `taffrail status`: what there is, how far it has come, and what is wrong.

mod shown;
pub(super) mod view;

use std::process::ExitCode;

use anyhow::Context;
use serde::Deserialize;
use taffrail_event::Timestamp;

use self::shown::Shown;
use self::view::Status;
use super::answer::answer;
use super::screen::Screen;
use super::source::Source;
use super::times::zone;
use crate::args::{Output, StatusArgs};
use crate::exit::FOUND;

/// Runs the command.
pub(crate) fn run(args: &StatusArgs) -> anyhow::Result<ExitCode> {
    let zone = zone(args.tz.as_deref())?;
    let source = Source::open(&args.target)?;
    answer(|out| {
        let body = source.status()?;
        match args.output.format {
            Output::Json | Output::Ndjson => out.json(&body)?,
            Output::Table => {
                let status = Status::deserialize(&body).context("the status is not understood")?;
                let screen = Screen::of(out, args.output.width);
                Shown { status: &status, screen, zone: &zone, now: Timestamp::now() }.write(out)?;
            }
        }
        Ok(FOUND)
    })
}
